"""The options of ``run``, in groups, and the commands that a report names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import click

import dl4j_fixtures
from dl4j_backends.stdio.options import WireOptions
from dl4j_conformance.cli.options import Connection
from dl4j_conformance.judging.level import Level
from dl4j_conformance.reporting.commands import Commands
from dl4j_conformance.reporting.text import Detail
from dl4j_conformance.vectors.fixtures import Selection
from dl4j_fixtures import Destination
from dl4j_oracle.clauses import VERSIONS


@dataclass(frozen=True)
class Request:
    """The options that say which fixtures are run, and what the backends claim."""

    version: str
    glob: str | None
    updater: str | None
    model_file: Path | None
    folder: Path
    claimed: str
    deviations: Path | None
    max_fail: int | None
    first_only: bool

    @property
    def most_failures(self) -> int | None:
        """Return the number of failing cases after which the run stops, if there is one."""
        return 1 if self.first_only else self.max_fail

    @property
    def stopping_option(self) -> str:
        """Return the option that says so."""
        return "-x" if self.first_only else "--max-fail"

    @property
    def selection(self) -> Selection:
        """Return the selected cases."""
        return Selection(self.glob, self.updater.upper() if self.updater else None)


@dataclass(frozen=True)
class Adapters(Connection):
    """The options of backends in processes of their own, several of which may run at once."""

    jobs: int
    strict_wire: bool

    @property
    def wire_options(self) -> WireOptions:
        """Return them as the backends take them."""
        return replace(super().wire_options, strict=self.strict_wire)


@dataclass(frozen=True)
class Output:
    """The options of what a run prints and writes."""

    style: str
    report: Destination | None
    skeleton_file: Destination | None
    quiet: bool
    verbose: bool

    @property
    def detail(self) -> Detail:
        """Return how much is printed; raises :class:`click.UsageError`."""
        if self.quiet and self.verbose:
            raise click.UsageError("--quiet and --verbose contradict each other")
        return Detail.QUIET if self.quiet else Detail.VERBOSE if self.verbose else Detail.USUAL


def commands_of(address: str, request: Request, adapters: Adapters) -> Commands:
    """Return the commands that stand for this run; options that have their usual value are left out."""
    are_installed = request.folder == dl4j_fixtures.DATA
    folder = () if are_installed else ("--folder", str(request.folder))
    network = ("--network", str(request.model_file)) if request.model_file else ()
    version = () if request.version == VERSIONS[0] else ("--dl4j", request.version)
    return Commands(
        address,
        adapters.options,
        (
            *version,
            *folder,
            *network,
            *(() if request.claimed == Level.BIT_EXACT else ("--level", request.claimed)),
            *(("--strict-wire",) if adapters.strict_wire else ()),
        ),
        (
            *(("--case", request.glob) if request.glob else ()),
            *(("--updater", request.updater) if request.updater else ()),
            *(("--deviations", str(request.deviations)) if request.deviations else ()),
        ),
        are_installed and not version,
        network,
    )
