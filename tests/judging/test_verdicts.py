"""The verdicts of level bounded are those of exact arithmetic: values are placed around the edges of random steps.

A step is one element's update, with what it leaves in the state. Each part judges its steps once as ``run`` does and
once with the exact enclosure alone, and counts by which of the three routes the verdicts came.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from dl4j_backends.interface import ALL_CAPABILITIES, CORRECTLY_ROUNDED, Accuracy, Network, Observation
from dl4j_conformance.cases.case import UPDATERS, Case
from dl4j_conformance.cases.drawn.networks import NORMALIZATIONS
from dl4j_conformance.cases.drawn.values import atoms
from dl4j_conformance.cases.operations import Update
from dl4j_conformance.cases.parameter_lengths import state_size
from dl4j_conformance.execution.enclosed_script import (
    ExactTrajectory,
    exact_interval,
    float64_intervals,
    in_float64,
)
from dl4j_conformance.execution.outcome import by_key
from dl4j_conformance.judging.enclosure_check import EnclosureCheck, Position
from dl4j_conformance.judging.rounding import bounded_model
from dl4j_oracle.arithmetic import intervals, reals
from dl4j_oracle.arithmetic.exact_intervals import ExactInterval
from dl4j_oracle.errors import UndecidedError
from dl4j_oracle.profile import DL4J_0_8_0
from sampling import sample

PARTS = 28
STEPS = 100_000
_ELEMENTS = 60
_POOL = 4000
_WEAK = Accuracy(division_ulps=1.0, square_root_ulps=1.5, flush_to_zero=True)


def _array(random: np.random.Generator, dtype: str, length: int, flavour: str) -> np.ndarray:
    """Moderate values, any magnitude, or edges of the type."""
    info = np.finfo(dtype)
    match flavour:
        case "moderate":
            values = random.normal(size=length) * 2.0 ** random.integers(-8, 4)
        case "any":
            exponents = random.uniform(info.minexp - info.nmant, info.maxexp - 1, length)
            values = np.exp2(exponents) * random.choice((-1, 1), length)
        case _:
            values = random.choice(atoms(dtype), length)
    return values.astype(dtype)


def _layer(random: np.random.Generator, updater: str, normalization: str, length: int) -> dict[str, Any]:
    return {
        "updater": updater,
        "n_in": length,
        "n_out": 1,
        "learning_rate": float(random.choice((0.1, 1.0, 1e-3, random.random()))),
        "gradient_normalization": normalization,
        "gradient_normalization_threshold": float(random.choice((1.0, 0.5, 1e-3, 5.0))),
        "epsilon": float(random.choice((1e-8, 1e-6, 1e-3, 0.0))),
        "momentum": float(random.choice((0.9, 0.5, random.random()))),
        "rho": float(random.choice((0.95, random.random()))),
        "rms_decay": float(random.choice((0.95, random.random()))),
        "l1": float(random.choice((0.0, 0.01))),
        "l2": float(random.choice((0.0, 1e-4, random.random()))),
    }


def _conf(random: np.random.Generator) -> dict[str, Any]:
    policies: tuple[dict[str, Any], ...] = (
        {},
        {"lr_policy": "Exponential", "lr_policy_decay_rate": 0.9},
        {"lr_policy": "Inverse", "lr_policy_decay_rate": 0.9, "lr_policy_power": 0.75},
        {"lr_policy": "Poly", "lr_policy_decay_rate": 0.9, "lr_policy_power": 0.5},
        {"lr_policy": "Sigmoid", "lr_policy_decay_rate": 0.9, "lr_policy_steps": 3.0},
    )
    policy = policies[random.integers(len(policies))]
    return {"use_regularization": bool(random.integers(2)), "num_iterations": 20, **policy}


def _case(random: np.random.Generator, part: int, length: int) -> Case:
    """One layer, with a state that is given, so that it is as random as the gradients."""
    dtype = ("float32", "float64")[part % 2]
    updater = str(random.choice(UPDATERS))
    normalization = str(random.choice(NORMALIZATIONS)) if random.integers(3) == 0 else "None"
    layer = _layer(random, updater, normalization, length)
    flavour = str(random.choice(("moderate", "moderate", "moderate", "any", "edges"), p=(0.3, 0.3, 0.2, 0.15, 0.05)))
    params = {"0_W": _array(random, dtype, length, flavour), "0_b": _array(random, dtype, 1, "moderate")}
    size = state_size([layer], [{"W": length, "b": 1}])
    state = np.abs(_array(random, dtype, size, flavour)) if size else None
    network = Network(dtype, _conf(random), (layer,), params, has_state=size > 0, state=state)
    gradients = {"0_W": _array(random, dtype, length, flavour), "0_b": _array(random, dtype, 1, "moderate")}
    update = Update(gradients, int(random.choice((0, 1, 7))), int(random.choice((1, 3, 32))))
    return Case("random", network, (update,))


def _cut(case: Case, chosen: np.ndarray) -> Case:
    """The same with some of the weights only."""
    network, (update,) = case.network, case.script
    assert isinstance(update, Update)
    layer = {**network.layers[0], "n_in": len(chosen)}
    params = {**network.params, "0_W": network.params["0_W"][chosen]}
    gradients = {**update.gradients, "0_W": update.gradients["0_W"][chosen]}
    state = network.state
    if state is not None:
        length = len(network.params["0_W"])
        arrays = len(state) // (length + 1)
        weights, biases = state[: arrays * length].reshape(arrays, length), state[arrays * length :]
        state = np.concatenate([weights[:, chosen].ravel(), biases])
    cut = Network(network.dtype, network.conf, (layer,), params, network.has_state, state)
    # Twice: the second step begins with what was seen after the first.
    script = (Update(gradients, update.iteration, update.batch_size),) * 2
    return Case("random", cut, script)


def _near_edges(case: Case, accuracy: Accuracy, random: np.random.Generator) -> np.ndarray:
    """Weights with a value of the type between the inner and the outer enclosure of their update, and others."""
    model = bounded_model(case.dtype, accuracy)
    others = random.choice(_POOL, _ELEMENTS, replace=False)
    try:
        outer, inner = (
            float64_intervals(by_key(in_float64(case, model, read, DL4J_0_8_0).perform(case.script[0]))["0_W"])  # type: ignore[arg-type]
            for read in (intervals.outer, intervals.inner)
        )
    except UndecidedError:
        return others
    with np.errstate(all="ignore"):
        ends = np.stack([outer.low, outer.high]).astype(case.dtype)
        seen = [np.nextafter(ends, to) for to in np.array((-np.inf, np.inf), case.dtype)]
    between = [outer.contains(x) & ~inner.contains(x) for values in (ends, *seen) for x in values]
    near = np.flatnonzero(np.any(between, axis=0))
    return np.unique(np.concatenate([random.permutation(near)[: _ELEMENTS // 2], others]))[:_ELEMENTS]


def _value(found: ExactInterval, dtype: str, random: np.random.Generator) -> float:
    """A value of the type: in the middle, or a few ulps in or out of one of the ends."""
    if random.integers(12) == 0 or found.is_nan:
        return float(random.choice((np.nan, 0.0, np.inf, -np.inf)))
    low, high = found.doubles
    end, outwards = (low, -np.inf) if random.integers(2) else (high, np.inf)
    with np.errstate(all="ignore"):
        if random.integers(3) == 0:
            return float(np.dtype(dtype).type(low / 2 + high / 2))
        value = np.dtype(dtype).type(end)
        steps = int(random.choice((0, 0, 1, -1, 1, -1, 2, -2, 3, -3, 6)))
        for _ in range(abs(steps)):
            value = np.nextafter(value, np.dtype(dtype).type(outwards if steps > 0 else -outwards))
    return float(value)


def _verdicts_agree(case: Case, accuracy: Accuracy, random: np.random.Generator) -> Counter[str]:
    """Judge values around the edges of every set, step by step."""
    routes: Counter[str] = Counter()
    check = EnclosureCheck(case, ALL_CAPABILITIES, DL4J_0_8_0, accuracy)
    for number in range(len(case.script)):
        enclosed = reals.decided(lambda prec, number=number: check.exact.after(number, prec))
        assert enclosed is not None
        exact = by_key(enclosed)
        seen: dict[str, np.ndarray] = {}
        for key, found in exact.items():
            if "." not in key:
                values = [_value(exact_interval(found, i), case.dtype, random) for i in range(len(found))]  # type: ignore[arg-type]
                seen[key] = np.array(values, case.dtype)
        escapes, unclaimed, asked = len(check.escapes), check.unclaimed, set()

        def decide(number: int, key: str, index: int, value: float, asked: set[Any] = asked) -> Any:
            asked.add((key, index))
            return ExactTrajectory.decide(check.exact, number, key, index, value)

        check.exact.decide = decide  # type: ignore[method-assign]
        updates = {key: array for key, array in seen.items() if key != "state"}
        check.step(number, Observation(updates=updates, state=seen.get("state")))
        judged_exactly = frozenset(asked)
        reference = {
            (key, index): _reference(check.exact, number, key, index, value)
            for key, values in seen.items()
            for index, value in enumerate(values.tolist())
        }
        outside = {place for place, position in reference.items() if position is Position.OUTSIDE}
        open_ = {place for place, position in reference.items() if position is None}
        unclaimable = sum(position is Position.NO_CLAIM for position in reference.values())
        assert {(e.key, e.index) for e in check.escapes[escapes:]} - open_ == outside
        assert check.unclaimed - unclaimed == unclaimable + len(open_ & judged_exactly)
        routes["undecided"] += len(open_)
        routes["exactly"] += len(judged_exactly)
        routes["outside"] += len(outside - judged_exactly)
        routes["inside"] += len(reference.keys() - outside - judged_exactly)
        routes["steps"] += sum(key != "state" for key, _ in reference)
    return routes


def _reference(exact: ExactTrajectory, number: int, key: str, index: int, value: float) -> Position | None:
    """The verdict of exact arithmetic alone; None where it does not come to one at any precision."""
    try:
        interval, inside = ExactTrajectory.decide(exact, number, key, index, value)
    except UndecidedError:
        return None
    return Position.NO_CLAIM if interval.no_claim else Position.INSIDE if inside else Position.OUTSIDE


@pytest.mark.parametrize("part", sample(range(PARTS), 4))
def test_verdicts_are_those_of_exact_arithmetic(part: int) -> None:
    random = np.random.default_rng(part)
    routes: Counter[str] = Counter()
    while routes["steps"] < STEPS / PARTS:
        accuracy = _WEAK if random.integers(5) == 0 else CORRECTLY_ROUNDED
        case = _case(random, part, _POOL)
        routes += _verdicts_agree(_cut(case, _near_edges(case, accuracy, random)), accuracy, random)
    for route in ("exactly", "outside", "inside"):
        assert routes[route] > routes["steps"] / 20, routes
    assert routes["undecided"] < routes["steps"] / 500, routes
