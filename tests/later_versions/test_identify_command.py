"""``identify`` says which version each part of a backend follows, and why."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner, Result

from dl4j_conformance.cases.version_cases import PARTS, version_cases
from dl4j_conformance.cli.main import cli
from dl4j_conformance.diagnosis.identification import identified
from dl4j_conformance.execution.block_session import OracleBlockBackend
from dl4j_oracle.blocks.profile import DL4J_0_9_1, DL4J_1_0_0_M2_1
from dl4j_oracle.clauses import VERSIONS


def identify(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["identify", *arguments])


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("backend", ["oracle", "numpy"])
def test_each_version_is_found(backend: str, version: str) -> None:
    result = identify(backend, "--dl4j", version, "--format", "json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["versions"] == [version]
    assert found["sentence"] == f"{backend} follows DL4J {version}"
    assert all(version in part["versions"] for part in found["parts"])


def test_every_part_has_a_case() -> None:
    cases = list(version_cases())
    assert {case.part for case in cases} == set(PARTS)
    assert len({case.id for case in cases}) == len(cases)


def test_a_port_that_mixes_versions_is_told_which() -> None:
    """Updaters as 0.9.1, division as 1.0.0-M2.1."""
    mixed = replace(DL4J_1_0_0_M2_1, updaters=dict(DL4J_0_9_1.updaters), setting=DL4J_0_9_1.setting)
    mixed = replace(mixed, nan_in_updater=DL4J_0_9_1.nan_in_updater)
    found = identified(OracleBlockBackend(mixed), "1.0.0-M2.1")
    versions = {part.name: part.versions for part in found.parts}
    assert found.versions == ()
    assert versions["updaters"] == ("0.9.1",)
    assert versions["division"] == versions["normalization"] == ("1.0.0-M2.1",)


def test_evidence() -> None:
    result = identify("numpy:dl4j=0.9.1")
    assert result.exit_code == 0, result.output
    lines = {line.split("\t")[0]: line for line in result.stdout.splitlines()}
    assert "bias-rate-float64: step 0, 0_b[0] is" in lines["learning rates"]
    assert "0.8.0 or 0.9.1" in lines["division"]


def test_mistakes() -> None:
    assert identify("nunpy").exit_code == 2
    refused = identify("numpy:dl4j=0.9.1", "--dl4j", "0.8.0")
    assert refused.exit_code == 2
    assert "is asked in the words of 0.9.1" in refused.stderr
