"""The plan of ``run --dl4j VERSION`` for versions after 0.8.0."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import click

import dl4j_fixtures
from dl4j_backends.addresses import UnknownAddressError
from dl4j_backends.block_interface import BLOCK_VERSIONS, BlockBackend
from dl4j_backends.interface import Backend, BackendUnavailableError
from dl4j_backends.stdio.options import WireOptions
from dl4j_conformance.cases.block_case import UPDATER_CLASSES
from dl4j_conformance.cli.run_options import Output, Request
from dl4j_conformance.cli.run_plan import Plan, fixtures_readable
from dl4j_conformance.deviations.expectations import Expectations
from dl4j_conformance.execution.block_session import OracleBlockBackend
from dl4j_conformance.execution.oracle_backend import resolve, resolve_blocks
from dl4j_conformance.execution.other_version import Backend080, BlocksOfOtherVersion
from dl4j_conformance.judging.block_fixture import BlockFixture
from dl4j_conformance.judging.block_verdict import DECLARATION
from dl4j_conformance.judging.fixture import Declaration
from dl4j_conformance.judging.kill_matrix import no_row
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Result
from dl4j_conformance.reporting.summary import Summary
from dl4j_conformance.running.block_run import BlockRun
from dl4j_conformance.vectors.block_fixtures import block_fixtures
from dl4j_conformance.vectors.fixtures import Floors, Inventory, Selection
from dl4j_fixtures import canonical_hash
from dl4j_oracle.blocks.misreadings import BlockMisreading, block_catalogue, block_misreading_by_id
from dl4j_oracle.clauses import VERSIONS
from dl4j_oracle.suggestion import did_you_mean


@dataclass(frozen=True)
class BlockPlan(Plan):
    """The fixtures of a later version, by which every backend is judged."""

    fixtures: Sequence[BlockFixture] = ()
    #: The runs so far: the last one is that of the backend at hand.
    runs: list[BlockRun] = field(default_factory=list)

    @cached_property
    def floors(self) -> Floors:
        """One case of each updater and type, of which there are no capabilities."""
        found: dict[str, dict[str, int]] = {}
        for fixture in self.fixtures:
            if fixture.recorded is not None or self.claimed is not Level.RECORDED:
                found.setdefault(fixture.case.dtype, {}).update(dict.fromkeys(fixture.case.updaters, 1))
        return found

    def declaration(self, backend: Any) -> Declaration:
        """Return what a backend declares: nothing."""
        return DECLARATION

    def results(self, backends: Sequence[Any]) -> Generator[Result, None, None]:
        """Yield the results of a backend."""
        self.runs.append(BlockRun(backends[0], self.fixtures, self.claimed))
        return self.runs[-1].results()

    def diagnose(self, summary: Summary) -> None:
        """Look for the version or the misreadings that explain the failures."""
        summary.follows = self.runs[-1].follows()
        if not summary.follows:
            summary.diagnosis = self.runs[-1].diagnosis()


def resolved(address: str, version: str, options: WireOptions) -> BlockBackend:
    """Return the backend at an address that is asked for networks of ``version``.

    A backend that implements other versions alone is asked in the words of one of them. Raises UnknownAddressError and
    BackendUnavailableError.
    """
    name, _, parameters = address.partition(":")
    if name == "misreading":
        return OracleBlockBackend(_misreading(parameters, version).block_rules)
    asked, found = in_words(address, None, options)
    if asked == VERSIONS[0]:
        return Backend080(found)
    return found if version in _implemented(address, found) else BlocksOfOtherVersion(found, asked)


def in_words(address: str, version: str | None, options: WireOptions) -> tuple[str, Any]:
    """Return the version in whose words a backend can be asked, which may be given, and the backend itself.

    Raises as :func:`resolved` does.
    """
    name, _, parameters = address.partition(":")
    if parameters.startswith("dl4j=") and name in ("oracle", "numpy"):
        own = parameters.removeprefix("dl4j=")
        if own not in VERSIONS:
            raise UnknownAddressError(f"{address}: the version is one of {', '.join(VERSIONS)}")
        if version not in (None, own):
            raise UnknownAddressError(f"{address} is asked in the words of {own}, not of {version}")
        return own, (resolve if own == VERSIONS[0] else resolve_blocks)(name, options)
    if version == VERSIONS[0]:
        return version, resolve(address, options)
    try:
        found = resolve_blocks(address, options)
    except BackendUnavailableError as reason:
        return VERSIONS[0], _of_0_8_0(address, version, options, reason)
    implemented = _implemented(address, found)
    if version not in (None, *implemented):
        raise BackendUnavailableError(f"{address} implements DL4J {', '.join(implemented)}, and not {version}")
    return version or implemented[-1], found


def _of_0_8_0(address: str, version: str | None, options: WireOptions, reason: BackendUnavailableError) -> Backend:
    """Return the backend of 0.8.0 at an address that has none of later versions, for that ``reason``."""
    if version:
        raise reason
    try:
        return resolve(address, options)
    except BackendUnavailableError:
        raise reason from None


def _implemented(address: str, backend: BlockBackend) -> Sequence[str]:
    """Return the later versions that a backend implements: those of the plainer addresses are all of them."""
    own = "".join(version for version in BLOCK_VERSIONS if address.endswith(f":dl4j={version}"))
    named = {own} if own else getattr(backend, "versions", BLOCK_VERSIONS)
    return [version for version in BLOCK_VERSIONS if version in named]


def _misreading(id_: str, version: str) -> BlockMisreading:
    try:
        return block_misreading_by_id(version, id_)
    except KeyError:
        ids = [misreading.id for misreading in block_catalogue(version)]
        hint = did_you_mean(id_, ids, f"`dl4j-conformance list misreadings --dl4j {version}` shows them all")
        raise UnknownAddressError(f"unknown misreading {id_!r} of DL4J {version}: {hint}") from None


def planned_blocks(request: Request, output: Output) -> BlockPlan:
    """Return the plan of a request.

    Raises:
        UnreadableError: if the fixtures cannot be read.
        click.UsageError: if no case is selected, or an option has no meaning for later versions.

    """
    version = request.version
    for option, is_given in (
        ("--network", request.model_file is not None),
        ("--folder", request.folder != dl4j_fixtures.DATA),
        ("--deviations", request.deviations is not None),
        ("--write-deviations", output.skeleton_file is not None),
    ):
        if is_given:
            raise click.UsageError(f"{option} is of DL4J 0.8.0: there is none for {version} yet")
    with fixtures_readable():
        every = block_fixtures(version)
    names = {name.upper(): name for name in UPDATER_CLASSES} | {"NONE": "NoOp"}
    selection = replace(request.selection, updater=names.get((request.updater or "").upper()))
    selected = [one for one in every if selection.has_id(one.case.id) and _has(selection, one)]
    if not selected:
        word = (request.glob or "").strip("*").lower()
        ids = [fixture.case.id for fixture in every]
        hint = did_you_mean(
            word, ids, f"`dl4j-conformance list cases --dl4j {version}` shows them all", most=3, written=str
        )
        raise click.UsageError(f"no case of DL4J {version} is selected; {hint}")
    topics = {fixture.case.id: fixture.case.topic for fixture in every}
    described = Inventory(topics, canonical_hash(topics))
    shown = [fixture.shown for fixture in selected]
    stopping = request.most_failures, request.stopping_option
    return BlockPlan(
        shown, described, Expectations(), no_row, selection, Level(request.claimed), *stopping, fixtures=selected
    )


def _has(selection: Selection, fixture: BlockFixture) -> bool:
    return selection.updater is None or selection.updater in fixture.case.updaters
