"""The golden fixtures and their kill matrix, read from a folder."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path
from typing import Any, overload

import dl4j_fixtures
from dl4j_conformance.cases import case as case_module
from dl4j_conformance.cases.case import UPDATERS, Case
from dl4j_conformance.cases.json_form import CaseError
from dl4j_conformance.execution import outcome
from dl4j_conformance.judging import kill_matrix as kills
from dl4j_conformance.judging.fixture import Fixture
from dl4j_conformance.judging.kill_matrix import KillMatrix, Rows
from dl4j_conformance.judging.reach import Reach, is_reach
from dl4j_fixtures import Recording

#: The fixtures that are read at once.
_AT_ONCE = 50


@dataclass(frozen=True)
class Selection:
    """The cases to run."""

    #: A pattern of ids such as ``adam-*``; None selects all.
    glob: str | None = None
    #: An updater that a layer has; None selects all.
    updater: str | None = None

    def has_id(self, id_: str) -> bool:
        """Return whether cases of this id may be selected."""
        return self.glob is None or fnmatchcase(id_, self.glob)

    def has(self, case: Case) -> bool:
        """Return whether ``case`` is selected."""
        return self.has_id(case.id) and (self.updater is None or self.updater in case.updaters)


def fixtures(selection: Selection, folder: Path = dl4j_fixtures.DATA) -> list[Fixture]:
    """Return the selected fixtures in ``folder``; raises :class:`dl4j_fixtures.FixtureError`."""
    with _nothing_collected():
        return list(_read(selection, folder))


class FixturesInTurn(Sequence[Fixture]):
    """The selected fixtures in a folder, of which the first can be used before the others are read.

    Files are checked at once, and read when they are needed: whatever is asked for then raises
    :class:`dl4j_fixtures.FixtureError` if a file is what the manifest says, and makes no sense.
    """

    def __init__(self, selection: Selection, folder: Path = dl4j_fixtures.DATA) -> None:
        """Check the files; raises :class:`dl4j_fixtures.FixtureError` if one has been changed."""
        dl4j_fixtures.check(folder)
        dl4j_fixtures.recorded(folder, ())
        self._folder = folder
        self._kept: list[Fixture] = []
        self._rest = _read(selection, folder)
        #: None: only the cases themselves tell which updaters they have.
        self._listed = None if selection.updater else sum(map(selection.has_id, dl4j_fixtures.ids(folder)))

    def __len__(self) -> int:
        if self._listed is not None:
            return self._listed
        return len(self._all())

    def __iter__(self) -> Iterator[Fixture]:
        number = 0
        while number < len(self._kept) or self._read_on():
            yield self._kept[number]
            number += 1

    @overload
    def __getitem__(self, index: int) -> Fixture: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Fixture]: ...
    def __getitem__(self, index: int | slice) -> Fixture | Sequence[Fixture]:
        return self._all()[index]

    def _all(self) -> list[Fixture]:
        while self._read_on():
            pass
        return self._kept

    def _read_on(self) -> bool:
        """Read some more; return whether there were any."""
        with _nothing_collected():
            read = list(islice(self._rest, _AT_ONCE))
        self._kept += read
        if not read and self._listed not in (None, len(self._kept)):
            raise dl4j_fixtures.FixtureError(
                f"{self._folder}: the manifest names {self._listed} cases, and the files have {len(self._kept)}"
            )
        return bool(read)


def _read(selection: Selection, folder: Path) -> Iterator[Fixture]:
    files = dl4j_fixtures.manifest(folder)["files"]
    beside = [name for name, entry in files.items() if any(map(selection.has_id, entry["cases"]))]
    recorded = dl4j_fixtures.recorded(folder, beside)
    reaches = _reaches(folder)
    for data in dl4j_fixtures.load(folder=folder, has=selection.has_id):
        fixture = read_fixture(data, recorded.get(dl4j_fixtures.asked(data)), reaches.get(data["id"], ()))
        if selection.has(fixture.case):
            yield fixture


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Spare the garbage collector what is read in the block: all of it stays, and it took a fifth of a run."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


@dataclass(frozen=True)
class Inventory:
    """The topic of every case in a folder of fixtures, by id, and a hash by which it is known again."""

    topics: Mapping[str, str]
    hash: str


def inventory(folder: Path = dl4j_fixtures.DATA) -> Inventory:
    """Return what the manifest says of the fixtures; raises :class:`dl4j_fixtures.FixtureError`."""
    manifest = dl4j_fixtures.manifest(folder)
    topics = {id_: entry["topic"] for entry in manifest["files"].values() for id_ in entry["cases"]}
    return Inventory(topics, dl4j_fixtures.canonical_hash(manifest))


#: The fewest cases that have to run, by type and updater.
Floors = Mapping[str, Mapping[str, int]]


def floors(selection: Selection, selected: Sequence[Fixture], *, recorded: bool = False) -> Floors:
    """Return the floors of a selection: its cases that ask for no capability, and one where there is none of these.

    Of all fixtures these are the manifest's floors. Cases that are selected by an updater are its own: those that have
    another updater too promise nothing of that one, nor of a backend that has only the first. ``recorded`` asks for
    recordings too: cases without one cannot run at level recorded.
    """
    found: dict[str, Counter[str]] = {}
    for fixture in selected:
        case = fixture.case
        updaters = set(case.updaters) & set(UPDATERS)
        is_plain = not case.required_capabilities and (fixture.recorded is not None or not recorded)
        counter = found.setdefault(case.dtype, Counter())
        for updater in updaters if selection.updater is None else {selection.updater}:
            counter[updater] += is_plain and (selection.updater is None or set(case.updaters) == {updater})
    return {dtype: {updater: max(1, n) for updater, n in counter.items()} for dtype, counter in found.items()}


def _reaches(folder: Path) -> Mapping[str, Reach]:
    reaches = dl4j_fixtures.reach(folder)
    for id_, reach in reaches.items():
        if not is_reach(reach):
            raise dl4j_fixtures.FixtureError(f"{folder}: reach.json: case {id_}: is no reach of rounding")
    return reaches


def read_fixture(data: Mapping[str, Any], recording: Recording | None = None, reach: Reach = ()) -> Fixture:
    """Return a fixture from its JSON data; raises :class:`dl4j_fixtures.FixtureError` if it makes no sense."""
    try:
        case = case_module.from_json(data)
        recorded = outcome.read_outcome(recording.outcome, case) if recording else None
        return Fixture(case, outcome.read_outcome(data.get("expected"), case), recorded, reach)
    except CaseError as error:
        raise dl4j_fixtures.FixtureError(f"case {data.get('id')}: {error}") from error


def kill_matrix(folder: Path = dl4j_fixtures.DATA) -> KillMatrix:
    """Return the kill matrix of the fixtures; raises :class:`dl4j_fixtures.FixtureError`."""
    rows = dl4j_fixtures.kills(folder)
    try:
        return KillMatrix({id_: kills.from_json(row) for id_, row in rows.items()})
    except (AttributeError, TypeError, ValueError) as error:
        raise dl4j_fixtures.FixtureError(f"{folder}: kills.json: {error}") from error


def stored_rows(folder: Path = dl4j_fixtures.DATA) -> Rows:
    """Return the rows of the kill matrix, read as they are asked for; raises :class:`dl4j_fixtures.FixtureError`."""
    rows = dl4j_fixtures.kills(folder)
    for id_, row in rows.items():
        if not kills.is_row(row):
            raise dl4j_fixtures.FixtureError(f"{folder}: kills.json: case {id_}: is no row of the kill matrix")
    return lambda case: kills.from_json(rows.get(case.id, {}))
