"""``run --dl4j`` judges by the fixtures of a version, names misreadings, and says which version a backend follows."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner, Result

from dl4j_backends.block_interface import BLOCK_VERSIONS
from dl4j_conformance.cli.main import cli
from dl4j_conformance.execution.block_outcome import observe_blocks
from dl4j_conformance.execution.block_session import OracleBlockBackend
from dl4j_conformance.execution.oracle_backend import OracleBackend
from dl4j_conformance.execution.other_version import Backend080
from dl4j_conformance.judging.block_verdict import judge_blocks
from dl4j_conformance.judging.level import Level
from dl4j_conformance.running.block_run import BlockRun
from dl4j_conformance.vectors.block_fixtures import block_fixtures
from dl4j_oracle.blocks.misreadings import block_misreading_by_id, block_together
from dl4j_oracle.misreadings import by_id

NEW = "1.0.0-M2.1"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["run", *arguments])


@pytest.mark.parametrize("version", BLOCK_VERSIONS)
def test_numpy_conforms(version: str) -> None:
    result = run("numpy", "--dl4j", version)
    assert result.exit_code == 0, result.output
    assert f"numpy conforms to DL4J {version}: {len(block_fixtures(version))} of" in result.stdout
    assert "100 % of" in result.stdout


def test_a_recording_that_differs_fails_level_recorded_alone() -> None:
    fixture = next(one for one in block_fixtures(NEW) if one.case.id == "adam-settings-float64")
    other = observe_blocks(
        OracleBlockBackend(block_misreading_by_id(NEW, "adam-without-correction").block_rules), fixture.case
    )
    found = judge_blocks(replace(fixture, recorded=other), fixture.expected)
    assert found.fails(Level.RECORDED)
    assert not found.fails(Level.BIT_EXACT)
    assert not judge_blocks(fixture, fixture.expected).findings


def test_json() -> None:
    result = run("numpy", "--dl4j", NEW, "--case", "nadam-*", "--format", "json")
    assert result.exit_code == 0, result.output
    (found,) = json.loads(result.stdout)["backends"]
    assert {cell["updater"] for cell in found["table"]} == {"Nadam"}
    assert found["total"]["failed"] == 0
    assert found["values"]["compared"] == found["values"]["bit_identical"] > 0


@pytest.mark.parametrize(
    ("version", "id_", "glob"),
    [
        (NEW, "division-last", "batch-*"),
        (NEW, "poly-falls", "schedule-*"),
        (NEW, "adagrad-quotient-first", "adagrad-*"),
        ("0.9.1", "penalties-before-updater", "penalty-*"),
        ("0.9.1", "block-per-parameter", "block-*"),
    ],
)
def test_a_misreading_fails_and_is_named(version: str, id_: str, glob: str) -> None:
    result = run(f"misreading:{id_}", "--dl4j", version, "--case", glob)
    assert result.exit_code == 1, result.output
    assert f"{id_}: {block_misreading_by_id(version, id_).sentence}" in result.stdout
    assert f"does not conform to DL4J {version}" in result.stdout


def test_two_misreadings_are_named_together() -> None:
    """Two mistakes of a port are found, though many cases show both."""
    ids = ("division-last", "penalties-after-updater")
    rules = block_together([block_misreading_by_id(NEW, id_) for id_ in ids]).block_rules
    chosen = [one for one in block_fixtures(NEW) if one.case.id.startswith(("batch-", "penalty-"))]
    judged = BlockRun(OracleBlockBackend(rules), chosen, Level.BIT_EXACT)
    assert sum(result.is_failure for result in judged.results()) > len(chosen) / 2
    diagnosis = judged.diagnosis()
    assert diagnosis is not None
    assert {reading.misreading.id for reading in diagnosis.readings} == set(ids)
    assert diagnosis.explained == diagnosis.failing


def test_a_backend_of_another_version_is_told_so_in_one_sentence() -> None:
    result = run("numpy:dl4j=0.8.0", "--dl4j", NEW, "--case", "[bpnr]*-float64", "--quiet")
    assert result.exit_code == 1, result.output
    (line,) = result.stdout.splitlines()
    assert line.startswith(f"numpy:dl4j=0.8.0 does not conform to DL4J {NEW}: ")
    assert ". It follows DL4J 0.8.0: in " in line
    other = run("numpy:dl4j=0.9.1", "--dl4j", NEW, "--case", "[bpnr]*-float32", "--quiet")
    assert other.exit_code == 1, other.output
    assert "It follows DL4J 0." in other.stdout


def test_a_backend_that_does_not_know_the_version_is_told_so() -> None:
    """Optimizers of other libraries follow no version, and are of 0.8.0."""
    chosen = [one for one in block_fixtures(NEW) if one.case.id.startswith("sgd-edges")]
    judged = BlockRun(Backend080(OracleBackend(by_id("sgd-rate-twice").rules)), chosen, Level.BIT_EXACT)
    assert all(result.is_failure for result in judged.results())
    assert judged.follows() == "It implements DL4J 0.8.0, in whose words it was asked"
    unknown = run("numpy:dl4j=0.8.0", "--dl4j", NEW, "--case", "amsgrad-*")
    assert unknown.exit_code == 4, unknown.output
    assert "unsupported: 0.8.0 has no AMSGrad" in unknown.stdout


def test_levels() -> None:
    """A last bit fails level bit-exact alone, a value outside of its enclosure level bounded too."""
    fixture = next(one for one in block_fixtures(NEW) if one.case.id == "adagrad-settings-float64")
    rounded = block_misreading_by_id(NEW, "adagrad-quotient-first").block_rules
    found = judge_blocks(fixture, observe_blocks(OracleBlockBackend(rounded), fixture.case))
    assert found.fails(Level.BIT_EXACT)
    assert not found.fails(Level.BOUNDED)
    wrong = block_misreading_by_id(NEW, "adagrad-history-of-zero").block_rules
    assert judge_blocks(fixture, observe_blocks(OracleBlockBackend(wrong), fixture.case)).fails(Level.STRUCTURE)
    fixture = next(one for one in block_fixtures(NEW) if one.case.id == "rmsprop-settings-float64")
    wrong = block_misreading_by_id(NEW, "rmsprop-epsilon-inside").block_rules
    found = judge_blocks(fixture, observe_blocks(OracleBlockBackend(wrong), fixture.case))
    assert found.fails(Level.READING)
    assert not found.fails(Level.STRUCTURE)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("numpy", "--case", "no-such-case"), "no case of DL4J 1.0.0-M2.1 is selected"),
        (("numpy", "--network", "pyproject.toml"), "--network is of DL4J 0.8.0"),
        (("numpy", "--jobs", "2"), "--jobs is of DL4J 0.8.0"),
        (("misreading:divison-last",), "division-last"),
        (("numpy:dl4j=0.7.0",), "the version is one of 0.8.0, 0.9.1, 1.0.0-M2.1"),
    ],
)
def test_mistakes_of_the_command_line(arguments: tuple[str, ...], message: str) -> None:
    result = run(*arguments, "--dl4j", NEW)
    assert result.exit_code == 2, result.output
    assert message in result.stderr
