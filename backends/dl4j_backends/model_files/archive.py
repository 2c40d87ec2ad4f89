"""The zips that ``ModelSerializer`` writes: their entries, read within limits, and written.

Nothing is unpacked into folders. Entries that nobody asks for are not read: ``preprocessor.bin``, ``normalizer.bin``
and ``updater.bin`` hold serialized Java objects, which could run code.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import BinaryIO

from dl4j_backends.model_files.errors import ModelFileError

CONFIGURATION = "configuration.json"
COEFFICIENTS = "coefficients.bin"
UPDATER_STATE = "updaterState.bin"
#: The state as DL4J 0.4 wrote it: a serialized Java object.
OLD_UPDATER = "updater.bin"

#: How many entries an archive may have, and how many bytes its list of them.
_MOST_ENTRIES = 100
_MOST_LISTED = 1 << 16
#: An entry may be so large, or so many times as large as it is compressed. Trained numbers hardly shrink.
_ALWAYS_ALLOWED = 64 << 20
_MOST_RATIO = 20
_ENCRYPTED = 1

_END = struct.Struct("<4s4H2LH")
_LOCATOR_LENGTH = 20


class Archive:
    """The entries of a zip; raises :class:`ModelFileError` if it is none, or no honest one."""

    def __init__(self, file: BinaryIO) -> None:
        self._length = _checked_length(file)
        with _as_model_file_errors():
            self._zip = zipfile.ZipFile(file)
        entries = self._zip.infolist()
        name, count = Counter(entry.filename for entry in entries).most_common(1)[0] if entries else ("", 0)
        if count > 1:
            raise ModelFileError(f"has {count} entries with the name {name[:100]!r}: readers differ in which they take")
        for entry in entries:
            _check_name(entry.filename)
        self._entries = {entry.filename: entry for entry in entries}

    @property
    def names(self) -> Sequence[str]:
        """The names of the entries."""
        return tuple(self._entries)

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def read(self, name: str, always_allowed: int = _ALWAYS_ALLOWED) -> bytes:
        """Return the bytes of an entry. Raises :class:`ModelFileError` if it is missing, damaged, or a zip bomb.

        So many bytes are ``always_allowed``, and more if they are few times those of the compressed entry.
        """
        if name not in self._entries:
            found = ", ".join(repr(entry[:100]) for entry in self._entries) or "nothing"
            raise ModelFileError(f"is missing: the archive has {found}")
        entry = self._entries[name]
        if entry.flag_bits & _ENCRYPTED:
            raise ModelFileError("is encrypted")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ModelFileError(f"is compressed by method {entry.compress_type}, which Java does not read")
        # The size that is listed may be anything.
        most = max(always_allowed, _MOST_RATIO * min(entry.compress_size, self._length))
        if entry.file_size > most:
            raise ModelFileError(
                f"unpacks to {entry.file_size:,} bytes from {entry.compress_size:,}, as in a zip bomb: more than"
                f" {always_allowed >> 20} MiB, and more than {_MOST_RATIO} times as many"
            )
        with _as_model_file_errors(), self._zip.open(entry) as file:
            # It never gives more than the size that is listed, and notices what is missing by the checksum.
            return file.read(entry.file_size + 1)


def write_archive(entries: Mapping[str, bytes]) -> bytes:
    """Return a zip of entries by name, the same for the same entries: with no time of their own."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in entries.items():
            archive.writestr(zipfile.ZipInfo(name), raw, zipfile.ZIP_DEFLATED)
    return written.getvalue()


def is_archive(file: BinaryIO) -> bool:
    """Return whether a file begins as zips do; it is read from its beginning again after that."""
    file.seek(0)
    begins = file.read(2) == b"PK"
    file.seek(0)
    return begins


def _checked_length(file: BinaryIO) -> int:
    """Return the length of a zip. Raises :class:`ModelFileError` if its list of entries is larger than any model's.

    Python's reader takes all of the list into memory, however long it is.
    """
    length = file.seek(0, io.SEEK_END)
    start = max(0, length - _END.size - 0xFFFF - _LOCATOR_LENGTH)
    file.seek(start)
    tail = file.read(length - start)
    file.seek(0)
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or place + _END.size > len(tail):
        raise ModelFileError("is no complete zip: its list of entries is missing, as after a download that was cut off")
    _, _, _, _, count, listed, _, _ = _END.unpack_from(tail, place)
    has_locator = tail[max(0, place - _LOCATOR_LENGTH) :].startswith(b"PK\x06\x07")
    if has_locator or count > _MOST_ENTRIES or listed > _MOST_LISTED:
        raise ModelFileError(f"is no zip of a model: it has more than {_MOST_ENTRIES} entries, or more than 4 GiB")
    return length


def _check_name(name: str) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name or not name:
        raise ModelFileError(f"has an entry with the name {name[:100]!r}, which leads out of the archive")


@contextmanager
def _as_model_file_errors() -> Iterator[None]:
    """Raise what :mod:`zipfile` raises for damaged archives as :class:`ModelFileError`."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error, OSError, ValueError) as error:
        raise ModelFileError(f"is damaged: {error}") from error
    except (NotImplementedError, RuntimeError) as error:
        raise ModelFileError(f"cannot be read: {error}") from error
