"""The JSON Schemas of both directions, which ship with this package. jsonschema is imported only when it is needed."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

_FOLDER = Path(__file__).parent / "schema"


def problem(direction: str, message: Any) -> str | None:
    """Return what in ``message`` breaks the schema of ``direction``, with its place; None if nothing does.

    ``direction`` is ``requests`` or ``replies``.
    """
    error = best_match(_validator(direction).iter_errors(message))
    return f"{error.json_path}: {error.message[:200]}" if error else None


@cache
def _validator(direction: str) -> Draft202012Validator:
    path = _FOLDER / f"{direction}.schema.json"
    return Draft202012Validator(json.loads(path.read_text(encoding="utf-8")))
