"""Weaker arithmetic fails level bounded, passes it if it is declared, and is proposed to be declared by ``run``."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from agreement.other_arithmetics import (
    ArithmeticBackend,
    Float32Scalars,
    OtherArithmetic,
    faithful_undeclared,
    float32_scalars,
    float32_scalars_undeclared,
    flushing_undeclared,
    reciprocal_undeclared,
)
from dl4j_backends.interface import ALL_CAPABILITIES, Accuracy, Backend
from dl4j_conformance.cli.main import cli
from dl4j_conformance.diagnosis.declarations import propose
from dl4j_conformance.execution.oracle_backend import OracleBackend, resolve
from dl4j_conformance.judging.fixture import Fixture
from dl4j_conformance.judging.kill_matrix import Observable
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Result
from dl4j_conformance.reporting import machine
from dl4j_conformance.running.run import run
from dl4j_oracle.arithmetic import java
from dl4j_oracle.misreadings import by_id
from golden_fixtures import every_fixture, fixtures_by_id, kill_matrix
from mutants.wrong_formulas import WRONG_FORMULAS


def _fixtures(*prefixes: str) -> list[Fixture]:
    return [f for f in every_fixture() if f.case.id.startswith(prefixes)]


def _judged(backend: Backend, fixtures: list[Fixture]) -> list[Result]:
    return list(run([backend], fixtures, kill_matrix().row, Level.BOUNDED))


def _words(results: list[Result]) -> str | None:
    proposal = propose([result.differing for result in results if result.differing])
    return proposal.words if proposal else None


def _nudged_power(x: float, y: float) -> float:
    exact = java.power(x, y)
    return exact if java.is_special_power(x, y) else exact * (1 + 3 * 2.0**-52)


power_off = ArithmeticBackend(
    "pow three ulps off",
    dtypes=("float64",),
    arithmetic=lambda dtype, kind: OtherArithmetic(dtype, kind=kind, java_math=java.JavaMath(power=_nudged_power)),
)

_WEAK: dict[str, tuple[ArithmeticBackend, Accuracy, tuple[str, ...], str]] = {
    "float32 scalars": (
        float32_scalars_undeclared,
        Accuracy(scalars="float32"),
        ("adam-settings", "adam-three", "inverse-adam", "nesterovs-settings", "sigmoid-", "poly-", "rmsprop-se"),
        "scalars=float32",
    ),
    "reciprocal": (
        reciprocal_undeclared,
        Accuracy(reciprocal_batch_size=True),
        ("division-none", "limit-float32-batch-size", "l1-l2"),
        "reciprocal_batch_size=true",
    ),
    "reciprocal and float32 scalars": (
        replace(reciprocal_undeclared, arithmetic=Float32Scalars, dtypes=("float32",)),
        Accuracy(reciprocal_batch_size=True, scalars="float32"),
        ("division-none", "limit-float32-batch-size", "adam-settings", "inverse-adam"),
        "reciprocal_batch_size=true, scalars=float32",
    ),
    "pow": (
        power_off,
        Accuracy(power_ulps=4),
        ("exponential-sgd", "exponential-adam", "inverse-sgd", "step-sgd"),
        "power_ulps=4",
    ),
    "division": (faithful_undeclared, Accuracy(division_ulps=1.0), ("adam-t", "division-"), "division_ulps=1"),
    "flush": (flushing_undeclared, Accuracy(flush_to_zero=True), ("sgd-", "none-"), "flush_to_zero=true"),
}


@pytest.mark.parametrize("name", _WEAK)
def test_weak_arithmetic_fails_bounded_unless_it_is_declared(name: str) -> None:
    backend, accuracy, prefixes, words = _WEAK[name]
    results = _judged(backend, _fixtures(*prefixes))
    assert any(result.fails(Level.BOUNDED) for result in results)
    assert _words(results) == words
    declared = _judged(replace(backend, accuracy=accuracy), _fixtures(*prefixes))
    assert [result.case.id for result in declared if result.fails(Level.BOUNDED)] == []


@pytest.mark.parametrize("name", sorted(WRONG_FORMULAS)[::4])
def test_for_a_wrong_formula_nothing_is_proposed(name: str) -> None:
    backend = WRONG_FORMULAS[name]
    assert _words(_judged(backend, _fixtures(f"{backend.updater}-"))) is None


def test_for_a_wrong_formula_in_weak_arithmetic_nothing_is_proposed() -> None:
    scaled = replace(float32_scalars_undeclared, factor=1.001)
    assert _words(_judged(scaled, _fixtures("adam-settings", "inverse-adam"))) is None


def test_where_nothing_fails_nothing_is_proposed() -> None:
    assert propose([]) is None
    assert _words(_judged(resolve("numpy"), _fixtures("adam-"))) is None


_WEAKEST = Accuracy(4.0, 4.0, True, "float32", 64.0, 64.0, 4.0, True)


class _Declared:
    """A misreading that declares the weakest arithmetic."""

    name = "declared"
    capabilities = ALL_CAPABILITIES
    accuracy = _WEAKEST

    def __init__(self, misreading: str) -> None:
        self.open = OracleBackend(by_id(misreading).rules).open


@pytest.mark.parametrize(
    "misreading",
    ["adam-no-correction", "adagrad-from-zero", "rmsprop-epsilon-inside-root", "l2-doubled", "sgd-negated"],
)
def test_no_declaration_turns_a_misreading_into_a_pass(misreading: str) -> None:
    """A case that kills it by more than the declared arithmetic can be off goes on to fail level bounded."""
    rows = {id_: row[misreading] for id_, row in kill_matrix().rows.items() if misreading in row}
    beyond = [id_ for id_, row in rows.items() if row.get(Observable.UPDATES, None) and _margin(row) > 1e8]
    chosen = [fixtures_by_id()[id_] for id_ in sorted(beyond)[:: max(1, len(beyond) // 6)]]
    results = _judged(_Declared(misreading), chosen)
    assert results
    assert all(result.fails(Level.BOUNDED) for result in results)
    assert not any(misreading in result.killed for result in results)


def _margin(row: Any) -> float:
    return float(row[Observable.UPDATES].margin)


def test_what_a_declaration_allows_excludes_nothing() -> None:
    """The port holds settings in float32, as the misreading does: its outputs do not exclude that."""
    fixtures = _fixtures("inverse-sgd", "adam-settings", "nesterovs-t")
    results = _judged(float32_scalars, fixtures)
    killed = frozenset().union(*(result.killed for result in results))
    assert not any(result.fails(Level.BOUNDED) for result in results)
    assert "settings-float32" not in killed
    assert "nesterovs-attached-view" in killed


def test_run_prints_and_reports_the_proposal() -> None:
    address = "python:agreement.other_arithmetics:float32_scalars_undeclared"
    arguments = ["run", address, "--in-process", "--case", "adam-settings-*", "--level", "bounded"]
    shown = CliRunner().invoke(cli, arguments).stdout
    assert "declare scalars=float32: then all bounded cases pass" in shown
    document = json.loads(CliRunner().invoke(cli, [*arguments, "--format", "json"]).stdout)
    Draft202012Validator(machine.schema()).validate(document)
    assert document["backends"][0]["declaration"] == {"scalars": "float32"}


def test_at_a_lower_level_nothing_is_proposed() -> None:
    """Cases that fail bounded alone are no failures there, so nobody knows what explains them."""
    address = "python:agreement.other_arithmetics:sloppy"
    arguments = ["run", address, "--in-process", "--case", "adam-settings-*", "--level", "reading", "--format", "json"]
    assert json.loads(CliRunner().invoke(cli, arguments).stdout)["backends"][0]["declaration"] is None


def test_declarations_are_checked() -> None:
    for wrong in ({"scalars": "float16"}, {"power_ulps": 0.5}, {"reciprocal_batch_size": 1}, {"reading_digits": 5}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            Accuracy(**wrong)
