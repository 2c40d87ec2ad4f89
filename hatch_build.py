"""The build hook for wheels: it packs the fixtures, which would be two thirds of a wheel, into one archive."""

from __future__ import annotations

import io
import lzma
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_DATA = Path("fixtures", "dl4j_fixtures", "data")
#: Where dl4j_fixtures.archive looks for it.
_ARCHIVE = "dl4j_fixtures/data/files.tar.xz"
#: For text: the place of a byte among four says nothing, the byte before it much.
_FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": 1 << 26, "pb": 0, "lc": 4}]


class FixturesArchive(BuildHookInterface):  # type: ignore[type-arg]
    """The archive, made in a folder of its own for as long as the wheel is built."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the archive to the wheel; an editable installation reads the files of the checkout."""
        if version == "editable":
            return
        self._folder = tempfile.TemporaryDirectory()
        path = Path(self._folder.name, "files.tar.xz")
        path.write_bytes(lzma.compress(_packed(Path(self.root, _DATA)), filters=_FILTERS))
        build_data["force_include"][str(path)] = _ARCHIVE

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the folder."""
        if version != "editable":
            self._folder.cleanup()


def _packed(folder: Path) -> bytes:
    """Return all JSON files below ``folder`` in a tar file: the same files always give the same bytes."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path in sorted(folder.rglob("*.json")):
            entry = tarfile.TarInfo(path.relative_to(folder).as_posix())
            entry.size = path.stat().st_size
            with path.open("rb") as file:
                archive.addfile(entry, file)
    return content.getvalue()
