"""The fixtures of 0.9.1 and 1.0.0-M2.1 cover their clauses, kill every misreading, and are those of the oracle."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

import dl4j_fixtures
from dl4j_backends.block_interface import BLOCK_VERSIONS
from dl4j_conformance.cases.later_versions import cases
from dl4j_conformance.cli.main import cli
from dl4j_conformance.execution.block_outcome import observe_blocks
from dl4j_conformance.execution.block_session import OracleBlockBackend
from dl4j_conformance.judging.block_comparison import block_differences
from dl4j_conformance.judging.block_kills import block_row
from dl4j_conformance.vectors.block_fixtures import block_fixtures, regenerated, stored
from dl4j_oracle.blocks.misreadings import block_catalogue, block_misreading_by_id
from dl4j_oracle.clauses import clauses, every_clause
from sampling import sample

#: The least number of cases of each type that kill a misreading.
_LEAST = 3
#: The pages about later versions.
_PAGES = ("14-blocks", "15-native", "16-schedules")


@pytest.mark.parametrize("version", BLOCK_VERSIONS)
def test_every_clause_of_later_versions_has_a_case(version: str) -> None:
    cited = {clause for fixture in block_fixtures(version) for clause in fixture.case.clauses}
    assert cited <= {clause.id for clause in every_clause()}
    assert {clause.id for clause in clauses(version) if clause.page in _PAGES} <= cited


@pytest.mark.parametrize("version", BLOCK_VERSIONS)
def test_fixtures_are_the_cases_and_what_the_oracle_makes_of_them(version: str) -> None:
    fixtures = block_fixtures(version)
    assert [fixture.case.id for fixture in fixtures] == [case.id for case in cases(version)]
    assert len({fixture.case.id for fixture in fixtures}) == len(fixtures)
    for fixture in sample(list(fixtures), 40):
        assert not block_differences(fixture.expected, observe_blocks(OracleBlockBackend(), fixture.case))


@pytest.mark.parametrize("version", BLOCK_VERSIONS)
def test_every_fixture_was_recorded_on_the_jars_and_is_what_they_gave(version: str) -> None:
    """The expected outcome itself stands for a recording that is equal to it."""
    assert [fixture.case.id for fixture in block_fixtures(version) if fixture.recorded is not fixture.expected] == []


@pytest.mark.parametrize("version", BLOCK_VERSIONS)
def test_each_misreading_is_killed_by_three_cases_of_each_type(version: str) -> None:
    kills: Counter[tuple[str, str]] = Counter()
    for fixture in block_fixtures(version):
        kills.update((id_, fixture.case.dtype) for id_ in fixture.kills)
    few = {
        (misreading.id, dtype): kills[misreading.id, dtype]
        for misreading in block_catalogue(version)
        for dtype in misreading.types
        if kills[misreading.id, dtype] < _LEAST
    }
    assert few == {}


def test_the_catalogue_of_later_versions() -> None:
    ids = {misreading.id for version in BLOCK_VERSIONS for misreading in block_catalogue(version)}
    assert len(ids) >= 60
    known = {clause.id for clause in every_clause()}
    for version in BLOCK_VERSIONS:
        for misreading in block_catalogue(version):
            assert misreading.sentence.endswith(".")
            assert misreading.references
            assert all(misreading.references)
            assert set(misreading.clauses) <= known


@pytest.mark.parametrize("version", BLOCK_VERSIONS)
def test_stored_kills_are_those_that_are_computed(version: str) -> None:
    for fixture in sample(list(block_fixtures(version)), 6):
        assert block_row(fixture.case, fixture.expected) == fixture.kills


@pytest.mark.parametrize("version", BLOCK_VERSIONS)
def test_a_misreading_that_is_killed_does_otherwise(version: str) -> None:
    """Each misreading differs in the first case that is said to kill it."""
    first = {}
    for fixture in block_fixtures(version):
        for id_ in fixture.kills:
            first.setdefault(id_, fixture)
    for id_, fixture in first.items():
        rules = block_misreading_by_id(version, id_).block_rules
        assert block_differences(fixture.expected, observe_blocks(OracleBlockBackend(rules), fixture.case)), id_


@pytest.mark.parametrize("version", BLOCK_VERSIONS)
def test_the_stored_file_is_what_regenerate_writes(version: str) -> None:
    """If not: ``dl4j-conformance fixtures regenerate --dl4j VERSION``. The kills are those that are stored."""
    kills = {fixture.case.id: fixture.kills for fixture in block_fixtures(version)}
    folder = dl4j_fixtures.LATER_VERSIONS
    fresh = regenerated(version, folder, lambda found: iter([kills[case.id] for case in found]))
    assert fresh == stored(version, folder)


def test_regenerate_checks_and_finds_a_changed_file(tmp_path: Path) -> None:
    """A copy with one changed bit differs, and is not written by --check."""
    lines = stored("0.9.1", dl4j_fixtures.LATER_VERSIONS).decode().splitlines()
    record = json.loads(lines[0])
    first = record["dl4j"]["steps"][0]["updates"]["0_W"]
    first[0] = f"{int(first[0], 16) ^ 1:0{len(first[0])}x}"
    path = tmp_path / "0.9.1.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join([json.dumps(record), *lines[1:]]).encode() + b"\n"))
    before = path.read_bytes()
    fresh = regenerated("0.9.1", tmp_path, lambda found: iter([{} for _ in found]))
    assert fresh.splitlines()[0] != json.dumps(record).encode()
    assert path.read_bytes() == before


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "0.9.1.jsonl.gz").write_bytes(gzip.compress(b'{"version": "0.9.1"}\n'))
    with pytest.raises(dl4j_fixtures.FixtureError, match="is no fixture"):
        block_fixtures("0.9.1", tmp_path)


def test_size() -> None:
    """Together they are at most a megabyte."""
    sizes = [path.stat().st_size for path in dl4j_fixtures.LATER_VERSIONS.glob("*.gz")]
    assert len(sizes) == len(BLOCK_VERSIONS)
    assert sum(sizes) < 1_000_000


def test_lists() -> None:
    listed = CliRunner().invoke(cli, ["list", "misreadings", "--dl4j", "1.0.0-M2.1"])
    assert listed.exit_code == 0, listed.output
    assert "division-last\tNATIVE-14" in listed.stdout
    shown = CliRunner().invoke(cli, ["list", "cases", "--dl4j", "0.9.1", "--clause", "BLOCK-3"])
    assert "block-bias-rate-float32" in shown.stdout
    counted = CliRunner().invoke(cli, ["list", "clauses", "--dl4j", "1.0.0-M2.1"])
    assert "SCHED-10\t0 cases" not in counted.stdout
