"""Strict JSON (RFC 8259), as which everything of this project is written; :mod:`dl4j_backends.bounded_json` reads it.

JSON has no number for NaN and the infinities. They are the strings ``"NaN"``, ``"Infinity"`` and ``"-Infinity"``. UTF-8
has no half of a surrogate pair: it is written as U+FFFD.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

_SURROGATE = re.compile("[\ud800-\udfff]")
#: Characters at which readers of lines may break them, though JSON does not.
_LINE_BREAK = re.compile("[\x85\u2028\u2029]")


def compact(data: Any, *, sort_keys: bool = False) -> str:
    """Return ``data`` as JSON in one line without white space."""
    layout: dict[str, Any] = {"sort_keys": sort_keys, "separators": (",", ":"), "ensure_ascii": False}
    try:
        text = json.dumps(data, allow_nan=False, **layout)
    except ValueError:
        return json.dumps(_plain(data), allow_nan=False, **layout)
    # Most data are plain, and their recursion in C is many times faster.
    text = json.dumps(_plain(data), **layout) if _SURROGATE.search(text) else text
    return _LINE_BREAK.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def indented(data: Any) -> str:
    """Return ``data`` as JSON for people: one entry per line, in ASCII."""
    return json.dumps(_plain(data), indent=1, allow_nan=False)


def _plain(data: Any) -> Any:
    """Return ``data`` in values that JSON has."""
    match data:
        case str():
            return _SURROGATE.sub("\ufffd", data)
        case float() if not math.isfinite(data):
            return "NaN" if math.isnan(data) else "Infinity" if data > 0 else "-Infinity"
        case Mapping():
            return {_plain(key): _plain(value) for key, value in data.items()}
        case list() | tuple():
            return [_plain(value) for value in data]
        case _:
            return data
