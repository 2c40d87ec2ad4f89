"""Level reading: nonsense fails it, catalogued or not, and DL4J's rule in weaker arithmetic passes it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from agreement.other_arithmetics import ArithmeticBackend, FaithfulArray, FusingArray, OtherArray
from dl4j_backends.interface import ALL_CAPABILITIES, CORRECTLY_ROUNDED, Accuracy, Backend, Network, Session
from dl4j_conformance.cases.case import Case
from dl4j_conformance.execution.observe import observe
from dl4j_conformance.execution.oracle_backend import OracleBackend, resolve
from dl4j_conformance.judging import reading
from dl4j_conformance.judging.fixture import Fixture
from dl4j_conformance.judging.kill_matrix import Row
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.outer_check import Standing, claims, has_escapes, standing
from dl4j_conformance.judging.rounding import bounded_model, reading_model
from dl4j_conformance.judging.verdict import Result
from dl4j_conformance.running.run import run
from dl4j_oracle.arithmetic.intervals import Intervals
from dl4j_oracle.misreadings import by_id
from dl4j_oracle.profile import DL4J_0_8_0
from dl4j_oracle.updaters import ADAM, RMSPROP, Call, Memory, UpdateRule, adam
from golden_fixtures import every_fixture, fixtures_by_id, kill_matrix
from mutants.wrong_formulas import WRONG_FORMULAS

_SHAPES = ("first-step", "three-steps", "lengths", "settings")


def _plain(updater: str, dtype: str) -> list[Fixture]:
    return [fixtures_by_id()[f"{updater}-{shape}-{dtype}"] for shape in _SHAPES]


def _judged(backend: Backend, fixtures: list[Fixture]) -> list[Result]:
    return list(run([backend], fixtures, kill_matrix().row, Level.READING))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", WRONG_FORMULAS)
def test_a_wrong_formula_outside_of_the_catalogue_fails(name: str, dtype: str) -> None:
    backend = WRONG_FORMULAS[name]
    results = _judged(backend, _plain(backend.updater, dtype)[1::2])
    assert not any(result.fails(Level.STRUCTURE) for result in results)
    assert any(result.fails(Level.READING) for result in results)


def test_no_misreading_is_looked_at_if_a_value_is_beyond_the_rounding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "outcome_of", None)
    (result,) = _judged(WRONG_FORMULAS["adagrad: from .1"], _plain("adagrad", "float32")[:1])
    assert result.fails(Level.READING)
    assert result.killed == frozenset()


def test_there_are_many_of_them() -> None:
    assert len(WRONG_FORMULAS) >= 30
    assert {formula.updater for formula in WRONG_FORMULAS.values()} == {
        "sgd",
        "adam",
        "adagrad",
        "rmsprop",
        "nesterovs",
        "adadelta",
    }


# --- right formulas in weaker arithmetic


def _rounded(values: np.ndarray, digits: int) -> np.ndarray:
    """Each value with so many digits, where that is finite: no exponent is lost."""
    with np.errstate(all="ignore"):
        significand, exponent = np.frexp(values.astype("float64"))
        kept = np.ldexp(np.round(np.ldexp(significand, digits)), exponent - digits)
    return np.where(np.isfinite(kept), kept, values).astype(values.dtype)


class HalfArray(OtherArray):
    """Every result is rounded to as many digits as float16 has in float32, and float32 in float64."""

    def _new(self, values: np.ndarray) -> Any:
        return super()._new(_rounded(values, 11 if values.dtype == np.float32 else 24))


class Bfloat16Array(OtherArray):
    """Every result is rounded to the 8 digits of bfloat16."""

    def _new(self, values: np.ndarray) -> Any:
        return super()._new(_rounded(values, 8))


@dataclass(frozen=True)
class Reordered:
    """The oracle with another formula of one updater, which is equal on paper."""

    updater: str
    step: UpdateRule
    name: str = "reordered"
    capabilities: frozenset[str] = ALL_CAPABILITIES

    def open(self, network: Network) -> Session:
        record = replace({"adam": ADAM, "rmsprop": RMSPROP}[self.updater], step=self.step)
        return OracleBackend(replace(DL4J_0_8_0, id="reordered", **{self.updater: record})).open(network)


def _adam_with_hats(g: Any, memory: Memory, call: Call) -> tuple[Any, Memory]:
    """The paper's order: both averages are corrected, and epsilon with them, so as to stay equal."""
    s, t = call.settings, call.iteration + 1
    _, after = adam(g, memory, call)
    correction = (1 - s.adam_var_decay.fast_pow(t)).sqrt()
    m = after.view["m"] / (1 - s.adam_mean_decay.fast_pow(t))
    return m * call.learning_rate / ((after.view["v"].sqrt() + s.epsilon) / correction), after


def _rmsprop_rate_last(g: Any, memory: Memory, call: Call) -> tuple[Any, Memory]:
    c = memory.view["c"] + (g * g - memory.view["c"]) * (1 - call.settings.rms_decay)
    return g / (c.sqrt() + call.settings.epsilon) * call.learning_rate, replace(memory, view={"c": c})


_RIGHT: dict[str, tuple[Any, tuple[str, ...]]] = {
    "float16 inside float32": (ArithmeticBackend("half", HalfArray), ("float32",)),
    "float32 inside float64": (ArithmeticBackend("half", HalfArray, ("float64",)), ("float64",)),
    "bfloat16, declared": (
        ArithmeticBackend("bfloat16", Bfloat16Array, accuracy=Accuracy(reading_digits=8)),
        ("float32",),
    ),
    "fused": (ArithmeticBackend("fused", FusingArray, ("float32", "float64")), ("float32", "float64")),
    "divisions off by an ulp": (ArithmeticBackend("one ulp off", FaithfulArray), ("float32",)),
    "updates off by 1e-5": (ArithmeticBackend("1e-5 off", factor=1 + 1e-5), ("float32",)),
    "adam with hats": (Reordered("adam", _adam_with_hats), ("float32", "float64")),
    "rmsprop, rate last": (Reordered("rmsprop", _rmsprop_rate_last), ("float32", "float64")),
}


@pytest.mark.parametrize("name", _RIGHT)
def test_a_right_formula_in_weaker_arithmetic_passes(name: str) -> None:
    backend, dtypes = _RIGHT[name]
    updaters = [backend.updater] if isinstance(backend, Reordered) else ["sgd", "adam", "adagrad", "rmsprop"]
    fixtures = [fixture for dtype in dtypes for updater in updaters for fixture in _plain(updater, dtype)]
    results = _judged(backend, fixtures)
    assert [result.case.id for result in results if result.fails(Level.READING)] == []


def test_half_the_digits_pass_all_over() -> None:
    """LBFGS' corrections are left out: quotients of differences that cancel have no half of the digits."""
    half = ArithmeticBackend("half", HalfArray)
    plain = [f for f in every_fixture() if not f.case.id.startswith("directions-corrections-")]
    results = _judged(half, [f for f in plain if f.case.dtype == "float32"][::25])
    assert sum(result.fails(Level.BOUNDED) for result in results) > 20
    assert [result.case.id for result in results if result.fails(Level.READING)] == []


def test_fewer_digits_than_declared_fail() -> None:
    undeclared = ArithmeticBackend("bfloat16", Bfloat16Array)
    assert any(result.fails(Level.READING) for result in _judged(undeclared, _plain("adam", "float32")))


# --- what is claimed, and what is killed


def _intervals(*ends: tuple[float, float, bool]) -> Intervals:
    low, high, nan = zip(*ends, strict=True)
    return Intervals(np.array(low), np.array(high), np.array(nan))


def test_an_enclosure_claims_something_if_it_knows_the_leading_digit() -> None:
    some = _intervals(
        (1, 1.9, False), (-1.9, -1, False), (0, 0, False), (np.inf, np.inf, False), (np.inf, -np.inf, True)
    )
    assert claims(some).all()
    none = _intervals((1, 2.1, False), (-1, 1, False), (0, 1, False), (1, np.inf, False), (1, 1.5, True))
    assert not claims(none).any()


def test_where_nothing_is_claimed_nonsense_does_not_pass() -> None:
    """With an L2 that cancels the update, the enclosures of reading hold zero: DL4J's value, its double, minus it."""
    fixture = fixtures_by_id()["sgd-first-step-float32"]
    network, operation = fixture.case.network, fixture.case.script[0]
    gradient = np.array([0.1, 0.1], "float32")
    weight = np.array([-0.0999999, -0.0999999], "float32")
    network = replace(
        network,
        conf={"updater": "SGD", "learning_rate": 1.0, "use_regularization": True, "mini_batch": False},
        layers=[{"n_in": 2, "n_out": 1, "l2": 1.0}],
        params={"0_W": weight, "0_b": np.array([0], "float32")},
    )
    case = replace(
        fixture.case,
        network=network,
        script=(replace(operation, gradients={"0_W": gradient, "0_b": np.array([0], "float32")}),),
    )
    right = observe(OracleBackend(), case)
    wrong = replace(
        right,
        steps=(replace(right.steps[0], updates={key: -value for key, value in right.steps[0].updates.items()}),),
    )
    model = reading_model("float32", CORRECTLY_ROUNDED)
    places = [(0, "0_W", 0), (0, "0_W", 1)]
    assert standing(case, wrong, ALL_CAPABILITIES, model, places) is Standing.NO_CLAIM
    (result,) = run([_Answering(wrong)], [Fixture(case, right)], lambda case: {}, Level.READING)
    assert result.fails(Level.READING)


@dataclass(frozen=True)
class _Answering:
    """A backend that answers what it is given."""

    outcome: Any
    name: str = "answering"
    capabilities: frozenset[str] = ALL_CAPABILITIES

    def open(self, network: Network) -> Session:
        session = OracleBackend().open(network)
        session.update = lambda *given: self.outcome.steps[0]  # type: ignore[method-assign]
        return session


def test_outputs_exclude_only_what_cannot_give_them_at_that_rounding() -> None:
    """Epsilon at every step is off by 1e-5 in AdaGrad: eleven digits do not tell it from DL4J."""
    half = ArithmeticBackend("half", HalfArray)
    (result,) = _judged(half, [fixtures_by_id()["inverse-adagrad-float32"]])
    assert result.fails(Level.BOUNDED)
    assert not result.fails(Level.READING)
    got, model = observe(half, result.case), reading_model("float32", Accuracy())
    assert result.killed
    for id_ in result.killed:
        assert has_escapes(result.case, got, ALL_CAPABILITIES, model, by_id(id_).rules)
    assert "adagrad-epsilon-every-step" in result.kills.keys() - result.killed


def test_a_misreading_fails_reading_though_it_is_within_the_rounding() -> None:
    """It explains at level bounded what DL4J's rule explains with eleven digits."""
    results = _judged(resolve("misreading:adagrad-epsilon-every-step"), _plain("adagrad", "float32"))
    failing = [result for result in results if result.fails(Level.BOUNDED)]
    assert failing
    assert all(result.fails(Level.READING) for result in failing)


def test_the_rounding_is_the_smaller_number_of_digits() -> None:
    assert (
        reading_model("float32", Accuracy(reading_digits=53)).addition == bounded_model("float32", Accuracy()).addition
    )
    assert float(reading_model("float64", Accuracy()).addition.relative) == 2.0**-24
    assert float(reading_model("float32", Accuracy(reading_digits=8)).addition.relative) == 2.0**-8


def test_how_far_apart_misreadings_are_changes_no_verdict() -> None:
    """Misreadings that are farther from DL4J than the outputs are not computed. Levels and kills stay the same."""
    backend = ArithmeticBackend("half", HalfArray, ("float32", "float64"))
    some = every_fixture()[::60]

    def unknown(case: Case) -> Row:
        row = kill_matrix().row(case)
        return {id_: {where: replace(kill, apart=None) for where, kill in kills.items()} for id_, kills in row.items()}

    saving = list(run([backend], some, kill_matrix().row, Level.READING))
    computing = list(run([backend], some, unknown, Level.READING))
    assert sum(len(result.evidence.far) for result in saving if result.evidence) > 100
    for one, other in zip(saving, computing, strict=True):
        assert [one.fails(level) for level in Level] == [other.fails(level) for level in Level]
        assert one.killed == other.killed
