"""The options of ``run`` for declared deviations: the file that is read, and the skeleton that is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from dl4j_conformance.cli.options import OUTPUT
from dl4j_conformance.cli.path_type import PathType
from dl4j_conformance.cli.terminal import say
from dl4j_conformance.deviations.skeleton import Judged, skeleton
from dl4j_conformance.judging.fixture import Fixture
from dl4j_conformance.judging.level import Level
from dl4j_conformance.reporting.summary import Summary
from dl4j_fixtures import Destination

deviations_option = click.option(
    "--deviations",
    type=PathType(path_type=Path),
    metavar="FILE.toml",
    help="Cases that are known to fail, and which must run. `docs deviations` explains them.",
)


def _new_file(context: click.Context, parameter: click.Parameter, value: Destination | None) -> Destination | None:
    """Return the destination, which is no file yet: nobody's reasons are lost."""
    if value and value.mode is not None:
        raise click.BadParameter(f"{value.path}: is there already; write another file, and move over what you need")
    return value


write_deviations_option = click.option(
    "--write-deviations",
    "skeleton_file",
    type=OUTPUT,
    callback=_new_file,
    metavar="FILE.toml",
    help="Write a file that declares what fails, or did not run. It must not be there yet.",
)


@dataclass(frozen=True)
class SkeletonFile:
    """The file that ``--write-deviations`` writes when a run has ended."""

    place: Destination
    cases: Sequence[Fixture]
    topics: Mapping[str, str]
    claimed: Level

    def write(self, found: Summary) -> bool:
        """Write what fails in a run that has come to its end, or say why not. Return whether writing went wrong."""
        path, idle = self.place.path, found.idle
        if found.stopped_by or found.unavailable:
            say(f"--write-deviations {path}: not written: the run did not come to its end", err=True)
            return False
        if not found.unexpected and not idle:
            say(f"--write-deviations {path}: not written: there is nothing to declare", err=True)
            return False
        judged = Judged([fixture.case for fixture in self.cases], self.topics, found.kills, self.claimed)
        text = skeleton(found.unexpected, idle, found.diagnosis, judged)
        try:
            self.place.write(text.encode())
        except OSError as error:
            say(f"--write-deviations {path}: {error.strerror}", err=True)
            return True
        say(f"{path} declares {len(found.unexpected)} failing cases and {len(idle)} that did not run", err=True)
        return False
