"""The plan of a run: the fixtures, the claim and what is declared, by which every backend is judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import click

import dl4j_fixtures
from dl4j_conformance.cli.exit_code import UnreadableError
from dl4j_conformance.cli.run_options import Request
from dl4j_conformance.deviations.expectations import Expectations, read_expectations
from dl4j_conformance.deviations.file import DeviationsError
from dl4j_conformance.judging.fixture import Fixture
from dl4j_conformance.judging.kill_matrix import Rows
from dl4j_conformance.judging.level import Level
from dl4j_conformance.vectors.fixtures import Floors, Inventory, fixtures, floors, inventory, stored_rows
from dl4j_oracle.suggestion import did_you_mean


@dataclass(frozen=True)
class Plan:
    """The fixtures and the claim by which every backend is judged."""

    selected: Sequence[Fixture]
    inventory: Inventory
    expected: Expectations
    rows: Rows
    floors: Floors
    claimed: Level
    max_fail: int | None
    #: The option that asks for it.
    stopping_option: str

    @property
    def is_whole(self) -> bool:
        """Return whether all fixtures are selected."""
        return len(self.selected) == len(self.inventory.topics)


def planned(request: Request) -> Plan:
    """Return the plan of a request.

    Raises:
        UnreadableError: if the fixtures or the deviations cannot be read.
        click.UsageError: if no case is selected.

    """
    selection, folder = request.selection, request.folder
    try:
        selected = fixtures(selection, folder)
        described = inventory(folder)
        rows = stored_rows(folder)
    except dl4j_fixtures.FixtureError as error:
        raise UnreadableError(f"{error}\n`dl4j-conformance fixtures verify` lists everything.") from error
    if not selected:
        glob = f" matches {request.glob!r}" if request.glob else ""
        updater = f" has a layer with {selection.updater}" if selection.updater else ""
        raise click.UsageError(f"no case{' and'.join(filter(None, (glob, updater)))}; {_meant(request)}")
    claimed = Level(request.claimed)
    try:
        declared = request.deviations
        expected = read_expectations(declared, selected, described.topics) if declared else Expectations()
    except DeviationsError as error:
        raise UnreadableError(str(error)) from error
    promising = [fixture for fixture in selected if fixture.case.id not in expected.by_case]
    promised = floors(selection, promising, recorded=claimed is Level.RECORDED)
    return Plan(selected, described, expected, rows, promised, claimed, request.most_failures, request.stopping_option)


def _meant(request: Request) -> str:
    """Return the ids that are most like the pattern that matches none, whose letters are all small."""
    word = (request.glob or "").strip("*").lower()
    ids = dl4j_fixtures.ids(request.folder)
    return did_you_mean(word, ids, "`dl4j-conformance list cases` shows them all", most=3, written=str)
