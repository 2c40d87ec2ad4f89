"""The plan of a run: the fixtures, the claim and what is declared, by which every backend is judged."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property, partial
from pathlib import Path

import click

import dl4j_fixtures
from dl4j_backends.interface import Backend
from dl4j_conformance.cli.exit_code import UnreadableError
from dl4j_conformance.cli.network_option import network_in
from dl4j_conformance.cli.run_options import Request
from dl4j_conformance.deviations.expectations import Expectations, read_expectations
from dl4j_conformance.deviations.file import DeviationsError
from dl4j_conformance.execution.observe import observe
from dl4j_conformance.execution.oracle_backend import OracleBackend
from dl4j_conformance.judging import kill_matrix
from dl4j_conformance.judging.fixture import Declaration, Fixture
from dl4j_conformance.judging.kill_matrix import Rows
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Result
from dl4j_conformance.reporting.summary import Summary
from dl4j_conformance.running.run import run
from dl4j_conformance.vectors.fixtures import (
    FixturesInTurn,
    Floors,
    Inventory,
    Selection,
    floors,
    inventory,
    stored_rows,
)
from dl4j_oracle.suggestion import did_you_mean


@dataclass(frozen=True)
class Plan:
    """The fixtures and the claim by which every backend is judged."""

    selected: Sequence[Fixture]
    inventory: Inventory
    expected: Expectations
    rows: Rows
    selection: Selection
    claimed: Level
    max_fail: int | None
    #: The option that asks for it.
    stopping_option: str

    @cached_property
    def floors(self) -> Floors:
        """The fewest cases that have to run; those that are declared to fail promise nothing."""
        promising = [fixture for fixture in self.selected if fixture.case.id not in self.expected.by_case]
        return floors(self.selection, promising, recorded=self.claimed is Level.RECORDED)

    def declaration(self, backend: Backend) -> Declaration:
        """Return what a backend declares. Raises :class:`dl4j_backends.interface.BackendUnavailableError`."""
        return Declaration.of(backend)

    def results(self, backends: Sequence[Backend]) -> Generator[Result, None, None]:
        """Yield the results of a backend, of which these are instances."""
        return run(backends, self.selected, self.rows, self.claimed)

    def diagnose(self, summary: Summary) -> None:
        """Look for the misreadings that explain the failures."""
        summary.diagnose(self.claimed)

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
    with fixtures_readable():
        selected, described, rows = _on_network(request) if request.model_file else _golden(selection, folder)
        has_none = not selected
    if has_none:
        glob = f" matches {request.glob!r}" if request.glob else ""
        updater = f" has a layer with {selection.updater}" if selection.updater else ""
        raise click.UsageError(f"no case{' and'.join(filter(None, (glob, updater)))}; {_meant(request)}")
    claimed = Level(request.claimed)
    try:
        declared = request.deviations
        with fixtures_readable():
            expected = read_expectations(declared, selected, described.topics) if declared else Expectations()
    except DeviationsError as error:
        raise UnreadableError(str(error)) from error
    stopping = request.most_failures, request.stopping_option
    return Plan(selected, described, expected, rows, selection, claimed, *stopping)


_Vectors = tuple[Sequence[Fixture], Inventory, Rows]


def _golden(selection: Selection, folder: Path) -> _Vectors:
    """Return the fixtures; raises :class:`dl4j_fixtures.FixtureError`."""
    return FixturesInTurn(selection, folder), inventory(folder), _in_time(partial(stored_rows, folder))


def _on_network(request: Request) -> _Vectors:
    """Return cases drawn on a model's network, in the place of fixtures. Raises :class:`UnreadableError`."""
    # Hypothesis takes a while to load.
    from dl4j_conformance.cases.drawn.of_network import cases_of

    assert request.model_file  # noqa: S101 - it is asked for
    every = cases_of(network_in(request.model_file))
    described = Inventory({case.id: "model" for case in every}, "")
    oracle = OracleBackend()
    selected = [Fixture(case, observe(oracle, case)) for case in every if request.selection.has(case)]
    return selected, described, kill_matrix.row if request.claimed == Level.READING else kill_matrix.no_row


@contextmanager
def fixtures_readable() -> Iterator[None]:
    """Raise :class:`UnreadableError` if fixtures that are read in the block cannot be used."""
    try:
        yield
    except dl4j_fixtures.FixtureError as error:
        raise UnreadableError(f"{error}\n`dl4j-conformance fixtures verify` lists everything.") from error


def _in_time(read: Callable[[], Rows]) -> Rows:
    """Return rows that are read when the first is asked for: a run shows that it has begun before that."""
    kept = cache(read)
    return lambda case: kept()(case)


def _meant(request: Request) -> str:
    """Return the ids that are most like the pattern that matches none, whose letters are all small."""
    if request.model_file:
        return "the cases on a network are model-000, model-001 and so on"
    word = (request.glob or "").strip("*").lower()
    ids = dl4j_fixtures.ids(request.folder)
    return did_you_mean(word, ids, "`dl4j-conformance list cases` shows them all", most=3, written=str)
