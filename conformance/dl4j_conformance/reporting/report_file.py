"""Report files: written line by line, sealed by hashes, and read back strictly.

A file has a header, results and a footer for each backend of the run. The last field of a footer is the SHA-256 of all
bytes of the file before it, so that a file that was cut off or changed is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, TypeVar

from dl4j_backends import strict_json
from dl4j_conformance.reporting.records import FORMAT_VERSION, Footer, Header, Result
from dl4j_conformance.reporting.stored_results import MOST, MOST_KEPT, MOST_LINES, StoredResults
from dl4j_conformance.reporting.strict_records import RecordError, record
from dl4j_conformance.vectors.json_lines import UnreadableFileError, numbered_lines
from dl4j_fixtures import Destination

T = TypeVar("T")

#: The beginning of the last field of a footer.
_SEAL = '"sha256":"'
_DIGITS = 64


class ReportFile:
    """A report file, which stands in its place when it is complete. The one of an earlier run is removed at the start.

    Once it cannot be written, ``error`` says why, and the rest is dropped: the run goes on.
    """

    def __init__(self, place: Destination) -> None:
        self._place = place
        self._stack = ExitStack()
        self._file: BinaryIO | None = None
        self._hash = hashlib.sha256()
        self.error: OSError | None = None

    def __enter__(self) -> ReportFile:
        with self._errors_kept():
            self._place.clear()
            self._file = self._stack.enter_context(self._place.open())
        return self

    def write(self, line: Mapping[str, Any]) -> None:
        """Append one JSON line."""
        self._append(strict_json.compact(line) + "\n")

    def seal(self, footer: Mapping[str, Any]) -> None:
        """Append a footer with ``sha256``, the hash of everything before it in the file."""
        text = f"{strict_json.compact(footer)[:-1]},{_SEAL}"
        sealed = self._hash.copy()
        sealed.update(text.encode())
        self._append(f'{text}{sealed.hexdigest()}"}}\n')

    def _append(self, line: str) -> None:
        # At once: a standard stream may be the file, and what others print goes between two writes.
        if self._file and not self.error:
            with self._errors_kept():
                self._hash.update(line.encode())
                self._file.write(line.encode())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._errors_kept():
            self._stack.__exit__(*((OSError, self.error, None) if self.error else (kind, error, trace)))

    @contextmanager
    def _errors_kept(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.error = error


@dataclass(frozen=True)
class Report:
    """The report on one backend; many results stay in the file, and each look at them reads it."""

    header: Header
    results: Sequence[Result]
    footer: Footer


def read_report(path: Path) -> tuple[Report, ...]:
    """Return the reports of a file, one for each backend of the run; raises :class:`UnreadableFileError`.

    The message names file and line. A file that was cut off, changed, or written by another version is refused before
    anything is returned, however long it is.
    """
    found: list[Report] = []
    header: Header | None = None
    results = _Gathering(path, 0)
    number, hash_ = 0, hashlib.sha256()
    for number, line, data in numbered_lines(path, MOST, MOST_LINES):
        kind, where = data.pop("type", None), f"{path}:{number}"
        match kind:
            case "header" if header is None:
                header, results = _header(data, where), _Gathering(path, number + 1)
                if found and len(found) == found[0].header.parts:
                    raise UnreadableFileError(f"{where}: begins another report: give each as a file of its own")
                if header.part != len(found) + 1 or (found and header.parts != found[0].header.parts):
                    raise UnreadableFileError(f"{where}: is part {header.part} of {header.parts} in another's place")
            case "result" if header:
                results.add(_read(Result, data, where), line)
            case "footer" if header:
                _check_seal(line, data, hash_, where)
                found.append(Report(header, results.gathered(), _read(Footer, data, where)))
                header = None
            case "header" | "result" | "footer":
                raise UnreadableFileError(f"{where}: a {kind} stands in another line's place")
            case _:
                raise UnreadableFileError(f"{where}: is no line of a report: {_ADVICE}")
        hash_.update(line)
    if header or not found or len(found) < found[0].header.parts:
        raise UnreadableFileError(f"{path}:{number or 1}: is cut off: the last line is no footer of the last backend")
    return tuple(found)


class _Gathering:
    """The results of a report while it is read from a file: all of them, or where they stand if they are many."""

    def __init__(self, path: Path, first: int) -> None:
        self._path, self._first = path, first
        self._kept: list[Result] = []
        self._number = 0
        self._hash = hashlib.sha256()

    def add(self, result: Result, line: bytes) -> None:
        """Add the result on a line."""
        self._number += 1
        self._hash.update(line)
        if self._number <= MOST_KEPT:
            self._kept.append(result)
        else:
            self._kept.clear()

    def gathered(self) -> Sequence[Result]:
        """Return the results."""
        if self._number <= MOST_KEPT:
            return tuple(self._kept)
        return StoredResults(self._path, self._first, self._number, self._hash.hexdigest())


_ADVICE = "`dl4j-conformance run BACKEND --report FILE.jsonl` writes one"


def _header(data: Mapping[str, Any], where: str) -> Header:
    if (found := data.get("format_version")) != FORMAT_VERSION:
        raise UnreadableFileError(
            f"{where}: is a report of format version {found!r:.20}, and this suite reads {FORMAT_VERSION}: {_ADVICE}"
        )
    return _read(Header, data, where)


def _check_seal(line: bytes, data: dict[str, Any], before: hashlib._Hash, where: str) -> None:
    """Take the hash out of a footer; raise :class:`UnreadableFileError` unless it is that of everything before it."""
    head, seal, tail = line.rpartition(_SEAL.encode())
    if tail.endswith(b"\r\n"):
        raise UnreadableFileError(f"{where}: ends in CR LF: something has changed the ends of the lines, as git may")
    if not seal or len(tail) != _DIGITS + len('"}\n') or not tail.endswith(b'"}\n'):
        raise UnreadableFileError(f"{where}: is cut off: the footer does not end with its hash")
    hashed = before.copy()
    hashed.update(head + seal)
    if data.pop("sha256", None) != hashed.hexdigest():
        raise UnreadableFileError(f"{where}: the hash in the footer is another: this line or one before was changed")


def _read(kind: type[T], data: Mapping[str, Any], where: str) -> T:
    try:
        return record(kind, data)
    except RecordError as error:
        raise UnreadableFileError(f"{where}: {error}") from error
