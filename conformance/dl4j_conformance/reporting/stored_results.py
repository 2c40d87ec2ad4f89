"""Results that stay in the file of their report: there may be more than the memory holds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import overload

from dl4j_backends.bounded_json import Size
from dl4j_conformance.reporting.records import Result
from dl4j_conformance.reporting.strict_records import record
from dl4j_conformance.vectors.json_lines import UnreadableFileError, numbered_lines

#: The largest file that is read, and its most lines: memory does not grow with them.
MOST = Size(64 << 30, 1 << 40, 1 << 40, 1 << 40)
MOST_LINES = 100_000_000
#: Results of one report that are kept in memory.
MOST_KEPT = 10_000


@dataclass(frozen=True)
class StoredResults(Sequence[Result]):
    """The results on ``number`` lines of a file from line ``first`` on, read again each time they are asked for.

    The lines were checked before, and ``sha256`` is their hash. Raises :class:`UnreadableFileError` if the file is
    another by then.
    """

    path: Path
    first: int
    number: int
    sha256: str

    def __len__(self) -> int:
        return self.number

    def __iter__(self) -> Iterator[Result]:
        hash_, left = hashlib.sha256(), self.number
        try:
            for number, line, data in numbered_lines(self.path, MOST, MOST_LINES):
                if number >= self.first and left:
                    hash_.update(line)
                    left -= 1
                    data.pop("type", None)
                    yield record(Result, data)
                if not left:
                    break
        except (UnreadableFileError, ValueError):
            left = -1
        if left or hash_.hexdigest() != self.sha256:
            raise UnreadableFileError(f"{self.path}: was changed while it was read")

    @overload
    def __getitem__(self, index: int) -> Result: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Result]: ...

    def __getitem__(self, index: int | slice) -> Result | Sequence[Result]:
        places = range(self.number)[index]
        if isinstance(places, range):
            return tuple(self[place] for place in places)
        return next(islice(iter(self), places, None))
