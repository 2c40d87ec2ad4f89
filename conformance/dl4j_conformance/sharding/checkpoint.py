"""A checkpoint: a folder with a file for each finished shard, each written whole or not at all.

A manifest, such as ``sweep.json``, says which work it belongs to. A shard's file carries its hash: one that was changed
is not trusted.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic

from dl4j_backends import strict_json
from dl4j_conformance.sharding.running import T
from dl4j_fixtures import destination


class CheckpointError(Exception):
    """A folder that cannot be the checkpoint of this work; the message says why."""


@dataclass(frozen=True)
class Form(Generic[T]):
    """The work that a checkpoint is of, such as ``sweep``, and the form in which it keeps what a shard has found."""

    work: str
    to_json: Callable[[T], Mapping[str, Any]]
    #: Raises ``ValueError``, ``KeyError``, ``TypeError`` or ``AttributeError`` for anything else.
    from_json: Callable[[Mapping[str, Any]], T]


@dataclass(frozen=True)
class Checkpoint(Generic[T]):
    """The finished shards of the work with this ``identity``, in ``folder``."""

    folder: Path
    identity: str
    form: Form[T]

    def open(self, settings: Mapping[str, Any]) -> None:
        """Make the folder, or see that it is this work's. Raises :class:`CheckpointError`, and OSError."""
        manifest = self.folder / f"{self.form.work}.json"
        if manifest.exists():
            self._check(manifest)
        elif self.folder.exists() and any(self.folder.iterdir()):
            raise CheckpointError(
                f"{self.folder}: is no checkpoint of a {self.form.work}: name an empty or a new folder"
            )
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
                f"{self.folder}: belongs to another {self.form.work} ({manifest} has its settings and its backend): "
                "give those, or name another folder"
            )

    def missing(self, shards: Iterable[int], known: Callable[[int, T], object]) -> tuple[list[int], tuple[str, ...]]:
        """Return the shards that are not finished, and in words the files that are damaged.

        ``known`` is told every finished shard and what was found in it. Raises OSError.
        """
        waiting, damaged = [], []
        for shard in shards:
            try:
                found = self.read(shard)
            except CheckpointError as error:
                damaged.append(str(error))
                found = None
            if found is None:
                waiting.append(shard)
            else:
                known(shard, found)
        return waiting, tuple(damaged)

    def read(self, shard: int) -> T | None:
        """Return what was found in a shard; None if it is not finished.

        Raise :class:`CheckpointError` if its file was changed or is damaged: the shard has to be done again.
        """
        file = self._file(shard)
        try:
            text = file.read_bytes()
        except FileNotFoundError:
            return None
        try:
            record = json.loads(text)
            content = record["found"]
            if record["sha256"] != self._hash(shard, content):
                raise ValueError("it was changed")
            return self.form.from_json(content)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise CheckpointError(f"{file}: is damaged: shard {shard} is done again") from None

    def write(self, shard: int, found: T) -> None:
        """Keep what was found in a finished shard. Raises OSError."""
        content = self.form.to_json(found)
        record = {"sha256": self._hash(shard, content), "found": content}
        destination(self._file(shard)).write(strict_json.compact(record).encode())

    def remove(self) -> None:
        """Remove the folder, when the work is complete. Raises OSError."""
        shutil.rmtree(self.folder)

    @property
    def _shards(self) -> Path:
        return self.folder / "shards"

    def _file(self, shard: int) -> Path:
        return self._shards / f"{shard:08}.json"

    def _hash(self, shard: int, content: Mapping[str, Any]) -> str:
        signed = strict_json.compact([self.identity, shard, content], sort_keys=True)
        return hashlib.sha256(signed.encode()).hexdigest()
