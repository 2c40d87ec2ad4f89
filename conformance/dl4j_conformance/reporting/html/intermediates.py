"""The intermediates of a failing case, computed from the case and from the values that the report has."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import dl4j_fixtures
from dl4j_backends.bits import double_of_hex
from dl4j_backends.interface import LEARNING_RATES, MOVES_PARAMS, STATE_OUT, Observation
from dl4j_conformance.cases.values import Floats, ValuesError, from_hex
from dl4j_conformance.diagnosis.explanation import ExplainedStep, Intermediate, explain
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.judging.fixture import Fixture
from dl4j_conformance.reporting.intermediate_cells import COLUMNS, of_backend
from dl4j_conformance.reporting.records import Finding, Result, Value
from dl4j_conformance.reporting.report_file import Report
from dl4j_conformance.vectors.fixtures import inventory, read_fixture

#: Elements of an array that are shown, and as many that differ; rows of a case.
_ELEMENTS, _MOST_ROWS = 2, 240
_DIGITS = 17


@dataclass(frozen=True)
class Row:
    """One element of an intermediate; ``mark`` says how the backend's value differs, if it does."""

    cells: tuple[str, ...]
    mark: str


@dataclass(frozen=True)
class Step:
    """One operation of the script, in words."""

    words: str
    rows: tuple[Row, ...]
    error: str


@dataclass(frozen=True)
class Intermediates:
    """The intermediates of a case, step by step. ``steps`` has not all if ``left_out`` is not 0."""

    columns: tuple[str, ...]
    steps: tuple[Step, ...]
    left_out: int
    #: Whether the report has everything in which the backend's values differ.
    is_whole: bool


def fixtures_of(report: Report, ids: Collection[str]) -> Mapping[str, Fixture]:
    """Return the installed fixtures with these ids; none if the report was made with others."""
    try:
        if inventory().hash != report.header.fixtures:
            return {}
        return {data["id"]: read_fixture(data) for data in dl4j_fixtures.load(has=lambda id_: id_ in ids)}
    except dl4j_fixtures.FixtureError:
        return {}


def intermediates(fixture: Fixture, result: Result, capabilities: Collection[str]) -> Intermediates:
    """Return the intermediates of a failing case, beside the values of a backend with these ``capabilities``."""
    is_whole = result.differences == len(result.findings) and all(isinstance(one.got, Value) for one in result.findings)
    got = _shown(_patched(fixture, result.findings), capabilities)
    explained = explain(fixture.case, _DIGITS, got, _ELEMENTS)
    steps: list[Step] = []
    rows = 0
    for step in explained.steps:
        if rows >= _MOST_ROWS:
            break
        steps.append(_step(step, is_whole=is_whole))
        rows += len(steps[-1].rows)
    return Intermediates((*COLUMNS, "this backend"), tuple(steps), len(explained.steps) - len(steps), is_whole)


def _step(step: ExplainedStep, *, is_whole: bool) -> Step:
    rows = []
    for found in step.intermediates:
        for index in found.shown(_ELEMENTS):
            seen = of_backend(found, index)
            cells = [cell(found, index) for cell in COLUMNS.values()]
            rows.append(Row((*cells, seen if is_whole or seen != "=" else ""), _mark(found, index)))
    return Step(step.operation.words, tuple(rows), f"DL4J throws {step.error}" if step.error else "")


def _mark(found: Intermediate, index: int) -> str:
    if index in found.outside:
        return "more than rounding"
    return "by rounding" if index in found.differing else ""


def _shown(outcome: Outcome, capabilities: Collection[str]) -> Outcome:
    """Return as much of an outcome as a backend with these capabilities shows."""
    hidden: dict[str, Any] = {}
    if STATE_OUT not in capabilities:
        hidden["state"] = None
    if LEARNING_RATES not in capabilities:
        hidden |= {"learning_rates": {}, "momentum": {}}
    if MOVES_PARAMS in capabilities:
        hidden["updates"] = None
    return replace(outcome, steps=tuple(replace(step, **hidden) for step in outcome.steps))


def _patched(fixture: Fixture, findings: Sequence[Finding]) -> Outcome:
    """Return the expected outcome with the values of findings in place of its own; those that do not fit are left."""
    steps = list(fixture.expected.steps)
    for finding in findings:
        if isinstance(finding.got, Value) and 0 <= finding.step < len(steps):
            steps[finding.step] = _with(steps[finding.step], finding, finding.got.bits)
    return replace(fixture.expected, steps=tuple(steps))


def _with(step: Observation, finding: Finding, bits: str) -> Observation:
    kind, _, key = finding.key.partition(".")

    def change(array: Floats | None) -> Floats | None:
        return _changed(array, finding.index, bits)

    match kind:
        case "state":
            return replace(step, state=change(step.state))
        case "params":
            return replace(step, params=_in(step.params, key, change))
        case "learning_rates":
            return replace(step, learning_rates=_in(step.learning_rates, key, lambda double: _double(double, bits)))
        case "momentum":
            return replace(step, momentum=_in(step.momentum, key, lambda double: _double(double, bits)))
        case _:
            return replace(step, updates=_in(step.updates or {}, finding.key, change))


def _in(known: Mapping[str, Any], key: str, change: Callable[[Any], Any]) -> dict[str, Any]:
    return {**known, key: change(known[key])} if key in known else dict(known)


def _changed(array: Floats | None, index: int | None, bits: str) -> Floats | None:
    """Return a copy of a 1-D array of either dtype with other bits at an index."""
    if array is None or index is None or not 0 <= index < len(array):
        return array
    changed = np.array(array)
    try:
        changed[index] = from_hex([bits], str(array.dtype))[0]
    except ValuesError:
        return array
    return changed


def _double(double: float, bits: str) -> float:
    try:
        return double_of_hex(bits)
    except ValuesError:
        return double
