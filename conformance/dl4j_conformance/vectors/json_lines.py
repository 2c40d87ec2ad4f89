"""Files of JSON objects, one per line, gzipped or not."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_GZIPPED = b"\x1f\x8b"


class UnreadableFileError(Exception):
    """A file that is not what it should be; the message names file and line."""


def json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the number of each line that is not blank, and its object; raises :class:`UnreadableFileError`."""
    number = 0
    try:
        with path.open("rb") as file:
            opened: Any = gzip.open if file.read(2) == _GZIPPED else open
        with opened(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    data = json.loads(line)
                    if not isinstance(data, dict):
                        raise UnreadableFileError(f"{path}:{number}: must be a JSON object")
                    yield number, data
    except (OSError, EOFError, ValueError, RecursionError) as error:
        raise UnreadableFileError(f"{path}:{number or 1}: {error}") from error
