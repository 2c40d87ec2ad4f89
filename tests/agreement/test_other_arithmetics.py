"""Whole backends in other arithmetics, through ``run --level bounded``: right ones conform, weaker ones must say so."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from agreement.other_arithmetics import ArithmeticBackend, faithful, flushing, fused, wide
from dl4j_backends.interface import Accuracy
from dl4j_conformance.cli.main import cli
from dl4j_conformance.judging.kill_matrix import no_row
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Status
from dl4j_conformance.reporting import machine
from dl4j_conformance.running.run import run
from golden_fixtures import every_fixture
from sampling import sample


def _summary(name: str, *arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(
        cli, ["run", f"python:agreement.other_arithmetics:{name}", "--in-process", "--format", "json", *arguments]
    )
    document = json.loads(result.stdout)
    Draft202012Validator(machine.schema()).validate(document)
    (summary,) = document["backends"]
    return dict(summary)


@pytest.mark.parametrize("backend", [fused, wide, faithful, flushing], ids=lambda backend: backend.name)
def test_conforms_at_level_bounded(backend: ArithmeticBackend) -> None:
    statuses = Counter(found.status for found in run([backend], sample(every_fixture(), 5), no_row, Level.BOUNDED))
    assert statuses[Status.FAILED] == 0
    assert statuses[Status.PASSED] > 100


@pytest.mark.parametrize(
    ("name", "glob"),
    [
        ("faithful_undeclared", "division-none-float32"),
        ("flushing_undeclared", "*subnormal-float32"),
        ("sloppy", "adam-first-step-float32"),
        ("sloppy_and_weak", "adam-first-step-float32"),
    ],
)
def test_what_is_not_declared_fails(name: str, glob: str) -> None:
    assert _summary(name, "--level", "bounded", "--case", glob)["total"]["failed"] > 0


def test_level_bit_exact_is_judged_as_before() -> None:
    assert _summary("faithful", "--case", "division-none-float32")["total"]["failed"] == 1


def test_reports_say_what_is_declared() -> None:
    summary = _summary("faithful", "--case", "sgd-first-step-float32")
    assert summary["accuracy"] == asdict(Accuracy(1.0, 1.0))
    for style in ("pretty", "markdown"):
        arguments = [
            "run",
            "python:agreement.other_arithmetics:faithful",
            "--format",
            style,
            "--case",
            "sgd-first-step-float32",
        ]
        shown = CliRunner().invoke(cli, arguments).stdout
        assert "bounded allows what the backend declares: division within 1 ulp, square root within 1 ulp" in shown
    assert "declares" not in CliRunner().invoke(cli, ["run", "numpy", "--case", "sgd-first-step-float32"]).stdout


def test_nobody_declares_more_than_ieee_754() -> None:
    with pytest.raises(ValueError, match="division_ulps must be"):
        Accuracy(division_ulps=0.25)
