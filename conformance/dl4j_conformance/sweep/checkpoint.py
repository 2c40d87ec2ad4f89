"""The checkpoint of a sweep: a folder with a file for each finished shard, each written whole or not at all.

``sweep.json`` says which sweep it belongs to. A shard's file carries its hash: one that was changed is not trusted.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dl4j_backends import strict_json
from dl4j_conformance.sweep.tally import Tally
from dl4j_fixtures import destination

_MANIFEST = "sweep.json"


class CheckpointError(Exception):
    """A folder that cannot be the checkpoint of this sweep; the message says why."""


@dataclass(frozen=True)
class Checkpoint:
    """The finished shards of the sweep with this ``identity``, in ``folder``."""

    folder: Path
    identity: str

    def open(self, settings: Mapping[str, Any]) -> None:
        """Make the folder, or see that it is this sweep's. Raises :class:`CheckpointError`, and OSError."""
        manifest = self.folder / _MANIFEST
        if manifest.exists():
            self._check(manifest)
        elif self.folder.exists() and any(self.folder.iterdir()):
            raise CheckpointError(f"{self.folder}: is no checkpoint of a sweep: name an empty or a new folder")
        self._shards.mkdir(parents=True, exist_ok=True)
        if not manifest.exists():
            content = {"identity": self.identity, **settings}
            destination(manifest).write((strict_json.indented(content) + "\n").encode())

    def _check(self, manifest: Path) -> None:
        try:
            found = json.loads(manifest.read_bytes())["identity"]
        except (ValueError, KeyError, TypeError):
            raise CheckpointError(f"{manifest}: is damaged: remove the folder, or name another") from None
        if found != self.identity:
            raise CheckpointError(
                f"{self.folder}: belongs to another sweep ({manifest} has its settings and its backend): "
                "give those, or name another folder"
            )

    def read(self, shard: int) -> Tally | None:
        """Return the tally of a shard; None if it is not finished.

        Raise :class:`CheckpointError` if its file was changed or is damaged: the shard has to be done again.
        """
        file = self._file(shard)
        try:
            text = file.read_bytes()
        except FileNotFoundError:
            return None
        try:
            record = json.loads(text)
            content = record["tally"]
            if record["sha256"] != self._hash(shard, content):
                raise ValueError("it was changed")
            return Tally.from_json(content)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise CheckpointError(f"{file}: is damaged: shard {shard} is done again") from None

    def write(self, shard: int, tally: Tally) -> None:
        """Keep the tally of a finished shard. Raises OSError."""
        content = tally.to_json()
        record = {"sha256": self._hash(shard, content), "tally": content}
        destination(self._file(shard)).write(strict_json.compact(record).encode())

    def remove(self) -> None:
        """Remove the folder, when the sweep is complete. Raises OSError."""
        shutil.rmtree(self.folder)

    @property
    def _shards(self) -> Path:
        return self.folder / "shards"

    def _file(self, shard: int) -> Path:
        return self._shards / f"{shard:08}.json"

    def _hash(self, shard: int, content: Mapping[str, Any]) -> str:
        signed = strict_json.compact([self.identity, shard, content], sort_keys=True)
        return hashlib.sha256(signed.encode()).hexdigest()
