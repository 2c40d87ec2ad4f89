"""The options of commands whose work is done in shards: who does it, and where what is finished is kept."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from dl4j_backends.addresses import UnknownAddressError
from dl4j_backends.interface import Backend, BackendUnavailableError
from dl4j_backends.stdio.options import WireOptions
from dl4j_conformance.cli.exit_code import CouldNotRunError, NotWrittenError, UnreadableError
from dl4j_conformance.cli.path_type import PathType
from dl4j_conformance.execution.oracle_backend import resolve
from dl4j_conformance.sharding.checkpoint import Checkpoint, CheckpointError
from dl4j_conformance.sharding.running import Judge, Runner, T

jobs_option = click.option(
    "--jobs", type=click.IntRange(1, 4096), default=1, show_default=True, help="Workers of this machine."
)
scheduler_option = click.option(
    "--scheduler", metavar="ADDRESS", help="The Dask scheduler whose workers do it: tcp://HOST:8786."
)
#: The folder of a checkpoint.
FOLDER = PathType(file_okay=False, path_type=Path)


@dataclass(frozen=True)
class Workers:
    """The options that decide who judges the shards."""

    jobs: int
    scheduler: str | None

    def runner(self, backend: str, options: WireOptions, judge: Judge[T], until: float = math.inf) -> Runner[T] | None:
        """Return what runs shards on Dask's workers, until a time of the monotonic clock; None if this process does it.

        Raises ``click.ClickException``.
        """
        if self.jobs == 1 and self.scheduler is None:
            return None
        if self.jobs > 1 and self.scheduler is not None:
            raise click.UsageError("--jobs starts workers here, and --scheduler has its own: give one of them")
        try:
            from dl4j_conformance.sharding.cluster import Cluster, on_cluster
        except ModuleNotFoundError as error:
            if error.name not in ("dask", "distributed"):
                raise
            option = "--scheduler" if self.scheduler else f"--jobs {self.jobs}"
            raise CouldNotRunError(
                f"{option}: distributed is not installed: pip install 'dl4j-conformance[cluster]'"
            ) from error
        return on_cluster(Cluster(self.scheduler, self.jobs, until), backend, options, judge)


def resolved(address: str, options: WireOptions) -> Backend:
    """Return the backend at an address. Raises ``click.ClickException``."""
    try:
        return resolve(address, options)
    except UnknownAddressError as error:
        raise click.UsageError(str(error)) from error
    except BackendUnavailableError as error:
        raise CouldNotRunError(f"not run: {address}: {error}") from error


def opened(checkpoint: Checkpoint[T], settings: Mapping[str, Any]) -> Checkpoint[T]:
    """Return a checkpoint, made or found, with these settings in its manifest. Raises ``click.ClickException``."""
    try:
        checkpoint.open(settings)
    except CheckpointError as error:
        raise UnreadableError(str(error)) from error
    except OSError as error:
        raise NotWrittenError(f"--checkpoint {checkpoint.folder}: {error.strerror}") from error
    return checkpoint
