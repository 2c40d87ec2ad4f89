"""Files of JSON objects, one per line, gzipped or not."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

from dl4j_backends.bounded_file import FileError, open_regular
from dl4j_backends.bounded_json import MOST, MOST_BYTES, JsonError, LimitError, Size, has_half_pairs, parse

_GZIPPED = b"\x1f\x8b"
#: Each line may become a case, with all that the suite makes of it.
_MOST_LINES = 100_000


class UnreadableFileError(Exception):
    """A file that is not what it should be; the message names file and line."""


def json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the number of each line that is not blank, and its object; raises :class:`UnreadableFileError`.

    The file is within the limits of :mod:`dl4j_backends.bounded_json` as a whole, when it is decompressed.
    """
    return ((number, data) for number, _, data in numbered_lines(path, MOST))


def numbered_lines(
    path: Path, most: Size, most_lines: int = _MOST_LINES
) -> Iterator[tuple[int, bytes, dict[str, Any]]]:
    """Yield the number of each line that is not blank, its bytes, and its object.

    Raises :class:`UnreadableFileError`, also if the file is larger than ``most``, or has more than ``most_lines``.
    """
    number, size = 1, Size()
    try:
        for number, line in enumerate(_lines(path), 1):
            size += Size.of(line)
            size.check(most)
            if number > most_lines:
                raise LimitError(f"has too many lines: {most_lines:,} are allowed")
            if line.strip():
                yield number, line, _object(line)
    except FileError as error:
        raise UnreadableFileError(f"{path}: {error}") from error
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableFileError(f"{path}:{number}: cannot be read: {error}") from error
    except JsonError as error:
        raise UnreadableFileError(f"{path}:{number}: {error}") from error


def _lines(path: Path) -> Iterator[bytes]:
    """Yield the lines of the file, decompressed if need be; one that is too long is cut where it is."""
    with open_regular(path) as file:
        gzipped = file.read(len(_GZIPPED)) == _GZIPPED
        file.seek(0)
        lines = cast(IO[bytes], gzip.GzipFile(fileobj=file)) if gzipped else file
        while line := lines.readline(MOST_BYTES + 1):
            yield line


def _object(line: bytes) -> dict[str, Any]:
    data = parse(line)
    if not isinstance(data, dict):
        raise JsonError("must be a JSON object")
    if has_half_pairs(line, data):
        raise JsonError("has text with half a surrogate pair")
    return data
