"""Whole backends in other arithmetics, through ``run --level bounded``: right ones conform, weaker ones must say so."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from dl4j_backends.interface import Accuracy
from dl4j_conformance.cli.main import cli
from dl4j_conformance.reporting import machine


def _summary(name: str, *arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(
        cli, ["run", f"python:agreement.other_arithmetics:{name}", "--in-process", "--format", "json", *arguments]
    )
    document = json.loads(result.stdout)
    Draft202012Validator(machine.schema()).validate(document)
    (summary,) = document["backends"]
    return dict(summary)


@pytest.mark.parametrize(("name", "least"), [("fused", 1100), ("wide", 550), ("faithful", 550), ("flushing", 550)])
def test_conforms_at_level_bounded(name: str, least: int) -> None:
    total = _summary(name, "--level", "bounded")["total"]
    assert total["failed"] == 0
    assert total["passed"] > least


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
