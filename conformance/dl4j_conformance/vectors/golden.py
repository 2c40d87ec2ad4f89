"""Golden fixtures: a case, the bits the evaluation model expects, and the exact values to 40 digits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dl4j_fixtures
from dl4j_conformance.cases import case as case_module
from dl4j_conformance.cases import values
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.handwritten import topics
from dl4j_conformance.cases.operations import CaseError, Operation
from dl4j_conformance.cases.values import DTYPES
from dl4j_conformance.execution import outcome
from dl4j_conformance.execution.networks import Networks
from dl4j_conformance.execution.observe import observe
from dl4j_conformance.execution.oracle_backend import OracleBackend, description, given_state
from dl4j_conformance.execution.oracle_script import perform
from dl4j_conformance.judging import kill_matrix as kills
from dl4j_oracle.arithmetic import reals
from dl4j_oracle.arithmetic.decimals import to_decimal
from dl4j_oracle.arithmetic.exact import ExactArithmetic, ExactArray, ExactScalar
from dl4j_oracle.arithmetic.interface import Array, Scalar
from dl4j_oracle.arithmetic.reals import Real
from dl4j_oracle.errors import Dl4jError
from dl4j_oracle.network.dispatch import updater_of
from dl4j_oracle.network.multi_layer_updater import MultiLayerUpdater
from dl4j_oracle.network.optimize import optimize
from dl4j_oracle.optimizer import Backpropagated, Iterated
from dl4j_oracle.profile import DEFAULT_RULES

EXACT_DIGITS = 40

#: Of so many rows of the kill matrix one is computed to check them.
_CHECKED = 5

#: The topic of cases that came from fuzzing.
PROMOTED = "promoted"

#: What stands at the head of every fixture file.
ABOUT = {
    "profile": DEFAULT_RULES.id,
    "model": "ieee, operation by operation; norms in ND4J 0.8.0's native order with one thread",
    "generator": "dl4j-conformance fixtures regenerate",
}


@dataclass(frozen=True)
class ExactStep:
    """Decimals of the exact values after one operation; empty after one that throws."""

    updates: Mapping[str, list[str]] = field(default_factory=dict)
    state: list[str] | None = None
    learning_rates: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, list[str]] = field(default_factory=dict)


def exact_steps(case: Case, digits: int) -> tuple[ExactStep, ...]:
    """What the formulae mean, to ``digits`` significant digits; none if the construction throws.

    Raises :class:`dl4j_oracle.errors.UndecidedError` for a value that no working precision decides.
    """
    return reals.decided(lambda prec: _exact_steps(case, ExactArithmetic(prec), digits))


def fixture(case: Case) -> dict[str, Any]:
    """The fixture of ``case`` as JSON data, hash included."""
    expected = outcome.to_json(observe(OracleBackend(), case))
    for step, exact in zip(expected.get("steps", ()), exact_steps(case, EXACT_DIGITS), strict=True):
        _add_exact(step, exact)
    _leave_out_repetitions(expected.get("steps", ()))
    data = {**case_module.to_json(case), "expected": expected}
    return {**data, "hash": dl4j_fixtures.content_hash(data)}


def _add_exact(step: dict[str, Any], exact: ExactStep) -> None:
    for key, decimals in exact.updates.items():
        step["updates"][key]["exact"] = decimals
    for key, decimals in exact.params.items():
        step["params"][key]["exact"] = decimals
    if exact.state is not None:
        step["state"]["exact"] = exact.state
    for key, decimal in exact.learning_rates.items():
        rate = step["learning_rates"][key]
        # The double's own value, to so many digits: its bits say it already.
        if decimal != to_decimal(reals.from_float(values.double_from_json(rate)), EXACT_DIGITS):
            rate["exact"] = decimal


def _leave_out_repetitions(steps: Sequence[dict[str, Any]]) -> None:
    """State, rates and momentum stand where they change: :func:`outcome.from_json` carries them on."""
    for name in ("state", "learning_rates", "momentum"):
        last = None
        for step in steps:
            if step.get(name) is not None and step[name] == last:
                del step[name]
            last = step.get(name, last)


def _exact_steps(case: Case, arithmetic: ExactArithmetic, digits: int) -> tuple[ExactStep, ...]:
    try:
        updater = updater_of(description(case.network), arithmetic, state=given_state(case.network))
    except Dl4jError:
        return ()
    networks = Networks(_ExactNetwork(updater))
    return tuple(_exact_step(networks, operation, digits) for operation in case.script)


@dataclass
class _ExactNetwork:
    """A network in the exact arithmetic. An update shows its updates and no parameters, an iteration both."""

    updater: MultiLayerUpdater

    def update(self, gradients: Mapping[str, Sequence[float]], iteration: int, batch_size: int) -> Iterated:
        updates = self.updater.update(self.updater.arrays(gradients), iteration, batch_size)
        return Iterated(updates, {}, {}, None, iteration)

    def iterate(self, given: Backpropagated[Sequence[float]], batch_size: int) -> Iterated:
        return optimize(self.updater, given.with_gradients(self.updater.views), batch_size)

    def average(self, others: Sequence[_ExactNetwork], combined: bool) -> None:
        self.updater.average([other.updater for other in others], combined)

    def with_updater(self, updater: MultiLayerUpdater) -> _ExactNetwork:
        return _ExactNetwork(updater)


def _exact_step(networks: Networks[_ExactNetwork], operation: Operation, digits: int) -> ExactStep:
    def decimal(value: Real) -> str:
        return to_decimal(value, digits)

    try:
        seen = perform(networks, operation, _ExactNetwork.update, _ExactNetwork.iterate)
    except Dl4jError:
        return ExactStep()
    updater = networks.current.updater
    state = None if updater.state is None else _decimals(updater.state, decimal)
    if seen is None:
        return ExactStep(state=state)
    return ExactStep(
        {key: _decimals(array, decimal) for key, array in seen.updates.items()},
        state,
        {key: decimal(_value(rate)) for key, rate in updater.learning_rates.items()},
        {key: _decimals(array, decimal) for key, array in seen.params.items()},
    )


def _decimals(array: Array, decimal: Callable[[Real], str]) -> list[str]:
    return [decimal(value) for value in ExactArray.own(array).values]


def _value(scalar: Scalar) -> Real:
    return ExactScalar.own(scalar).value


def every_row(cases: Iterable[Case]) -> dict[str, Any]:
    """The kill matrix of ``cases`` as JSON data, computed anew."""
    return {id_: kills.to_json(row) for id_, row in kills.matrix(cases).rows.items()}


def some_rows(folder: Path) -> Callable[[Iterable[Case]], dict[str, Any]]:
    """The same, where only every fifth row is computed and the others are those that stand in ``folder``."""

    def rows(cases: Iterable[Case]) -> dict[str, Any]:
        stored, every = dl4j_fixtures.kills(folder), list(cases)
        anew = [case for number, case in enumerate(every) if number % _CHECKED == 0 or case.id not in stored]
        return {case.id: stored[case.id] for case in every if case.id in stored} | every_row(anew)

    return rows


def all_files(
    folder: Path, progress: Callable[[str], object], rows: Callable[[Iterable[Case]], dict[str, Any]] = every_row
) -> dict[str, bytes]:
    """Every fixture file and the manifest, computed anew, and the kill matrix; ``progress`` is called with each topic.

    Promoted cases are read from ``folder``, where they have their only source.
    """
    every = {**topics(), **promoted(folder)}
    computed = {}
    for topic, cases in every.items():
        progress(topic)
        computed[topic] = [fixture(case) for case in cases]
    progress("kills")
    return rendered(computed, rows(case for cases in every.values() for case in cases))


def rendered(computed: Mapping[str, Sequence[Mapping[str, Any]]], rows: Mapping[str, Any]) -> dict[str, bytes]:
    """The files of fixtures and their kill matrix."""
    return dl4j_fixtures.render(computed, ABOUT, rows)


def promoted(folder: Path) -> dict[str, tuple[Case, ...]]:
    """The topic of promoted cases, as they stand in ``folder``; nothing if there are none.

    Raises :class:`dl4j_fixtures.FixtureError`.
    """
    found: list[Case] = []
    for dtype in DTYPES:
        path = folder / f"{PROMOTED}-{dtype}.json"
        if path.is_file():
            found += _cases_of(path)
    return {PROMOTED: tuple(found)} if found else {}


def _cases_of(path: Path) -> list[Case]:
    content = dl4j_fixtures.parse(path.read_bytes(), path)
    try:
        return [case_module.from_json(data) for data in content["cases"]]
    except (CaseError, KeyError, TypeError) as error:
        raise dl4j_fixtures.FixtureError(f"{path}: {error}") from error
