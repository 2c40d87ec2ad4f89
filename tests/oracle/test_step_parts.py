"""The parts of the updaters' steps: together they are DL4J's step in every bit, and each can be changed alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl4j_oracle import updaters
from dl4j_oracle.arithmetic.enclosed_scalar import EnclosedScalar
from dl4j_oracle.arithmetic.enclosure import EnclosureArithmetic
from dl4j_oracle.arithmetic.error_model import error_model
from dl4j_oracle.arithmetic.ieee import IeeeArithmetic, IeeeArray, IeeeScalar
from dl4j_oracle.configuration import Updater
from dl4j_oracle.misreadings import by_id, together
from dl4j_oracle.misreadings.parts import changed, decomposed
from dl4j_oracle.network.multi_layer_updater import MultiLayerUpdater
from dl4j_oracle.network.network_description import Description
from dl4j_oracle.network.traced_updater import TracedUpdater
from dl4j_oracle.profile import DL4J_0_8_0, Rules
from dl4j_oracle.updaters import UPDATERS, Call, GradientUpdater, Memory, UpdaterSettings, UpdateRule

#: Doubles of every magnitude, and values that settings have.
_DOUBLES = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, 1e-8, 0.9, 0.999, np.nan, np.inf, 5e-324]), st.floats(), st.floats(0.0, 1.0)
)
_ELEMENTS = st.one_of(
    st.sampled_from([0.0, -0.0, np.nan, np.inf, -np.inf, float(np.float32(1e-45))]),
    st.floats(width=32),
    st.floats(-4.0, 4.0, width=32),
)


@dataclass(frozen=True)
class _Run:
    """Steps with these gradients from a state, whose arrays have the same values."""

    dtype: str
    gradients: list[list[float]]
    state: list[float]
    iteration: int
    rate: float
    momentum: float
    settings: list[float]

    def of(self, updater: GradientUpdater, step: UpdateRule) -> list[dict[str, bytes | None]]:
        """Return the bits of the updates and of all that is remembered."""
        arithmetic, seen = IeeeArithmetic(self.dtype), []
        scalar = arithmetic.scalar
        settings = UpdaterSettings(*map(scalar, self.settings))
        memory = Memory({name: arithmetic.array(self.state) for name in updater.state})
        for later, gradient in enumerate(self.gradients):
            call = Call(self.iteration + later, scalar(self.rate), scalar(self.momentum), settings, arithmetic)
            update, memory = step(arithmetic.array(gradient), memory, call)
            unseen = {f"unseen {name}": array for name, array in memory.unseen.items()}
            arrays = {**memory.view, **unseen, "velocity": memory.velocity, "update": update}
            seen.append({name: _bits(array) for name, array in arrays.items()})
        return seen


def _bits(array: Any) -> bytes | None:
    return None if array is None else IeeeArray.own(array).values.tobytes()


@st.composite
def _runs(draw: st.DrawFn) -> _Run:
    length = draw(st.sampled_from([1, 3]))
    array = st.lists(_ELEMENTS, min_size=length, max_size=length)
    return _Run(
        draw(st.sampled_from(["float32", "float64"])),
        draw(st.lists(array, min_size=2, max_size=2)),
        draw(array),
        draw(st.one_of(st.integers(0, 1000), st.sampled_from([-1, 2**31 - 3, -(2**31)]))),
        draw(_DOUBLES),
        draw(_DOUBLES),
        draw(st.lists(_DOUBLES, min_size=5, max_size=5)),
    )


@pytest.mark.parametrize("updater", UPDATERS.values(), ids=lambda updater: updater.name)
@given(run=_runs())
def test_the_parts_make_the_step_of_dl4j(updater: GradientUpdater, run: _Run) -> None:
    made = decomposed(updater.step).rule()
    assert made is not updater.step
    assert run.of(updater, made) == run.of(updater, updater.step)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("rmsprop-epsilon-constant", "rmsprop-epsilon-inside-root"),
        ("adagrad-epsilon-inside-root", "adagrad-epsilon-every-step"),
        ("adam-epsilon-corrected", "adam-t-from-zero"),
        ("adadelta-no-epsilon-above", "adadelta-old-average"),
        ("nesterovs-classical", "nesterovs-attached-view"),
        ("nesterovs-dampened", "nesterovs-state-one-step-late"),
        ("adam-amsgrad", "adam-state-one-step-late"),
        ("adam-epsilon-corrected", "adam-counts-its-steps"),
        ("adagrad-epsilon-1e-07", "adagrad-epsilon-inside-root"),
        ("nesterovs-classical-rate-outside", "nesterovs-dampened"),
        ("nesterovs-classical-rate-outside", "nesterovs-attached-view"),
        ("sgd-negated", "sgd-rate-twice"),
    ],
)
def test_readings_of_one_step_are_true_together(first: str, second: str) -> None:
    """Neither is lost: the port that has both differs from DL4J and from ports that have one of them."""
    one, other = by_id(first), by_id(second)
    (name,) = one.fields
    gradients = [[1.0, -2.0, 0.5], [0.5, 0.25, 3.0]]
    run = _Run("float64", gradients, [0.25, 0.5, 9.0], 3, 0.125, 0.75, [0.9, 0.99, 0.95, 0.9, 0.01])
    ports = [getattr(rules, name) for rules in (DL4J_0_8_0, one.rules, other.rules, together([one, other]).rules)]
    found = [run.of(updater, updater.step) for updater in ports]
    assert all(found[i] != found[j] for i in range(4) for j in range(i))


def test_scalars_of_the_array_type_show_in_float32_alone() -> None:
    """Both are true of Keras' Adam: rounded powers change the correction by more than the array's rounding."""
    both = together([by_id("adam-scalars-of-array-type"), by_id("adam-epsilon-corrected")])
    assert by_id("adam-scalars-of-array-type").types == ("float32",)
    assert both.types == ("float32", "float64")
    for dtype, differs in (("float32", True), ("float64", False)):
        run = _Run(dtype, [[1.0, -2.0, 0.5]], [0.25, 0.5, 9.0], 3, 0.125, 0.75, [0.9, 0.999, 0.95, 0.9, 1e-8])
        step = by_id("adam-scalars-of-array-type").rules.adam.step
        assert (run.of(UPDATERS[Updater.ADAM], step) != run.of(UPDATERS[Updater.ADAM], updaters.adam)) is differs


@pytest.mark.parametrize(
    ("id_", "exponents"),
    [
        ("adam-counts-its-steps", [1, 1, 1, 1, 2, 2, 2, 2]),
        ("adam-one-count-for-layer", [1, 2, 1, 2, 3, 4, 3, 4]),
        ("adam-one-count-for-network", [1, 2, 3, 4, 5, 6, 7, 8]),
    ],
)
def test_what_an_exponent_counts(id_: str, exponents: list[int]) -> None:
    """Two layers of two parameters are updated twice, at iterations 5 and 9."""
    seen: list[int] = []

    def recorded(call: Call) -> int:
        seen.append(by_id(id_).changes["adam.step.exponent"](call))
        return seen[-1]

    layer = {"n_in": 1, "n_out": 1, "updater": "ADAM"}
    keys = ["0_W", "0_b", "1_W", "1_b"]
    rules = changed(DL4J_0_8_0, {"adam.step.exponent": recorded})
    network = MultiLayerUpdater(
        Description({}, [layer] * 2, {key: [1.0] for key in keys}), IeeeArithmetic("float64"), rules
    )
    for iteration in (5, 9):
        network.update(network.arrays({key: [1.0] for key in keys}), iteration, 1)
    assert seen == exponents


def test_a_start_value_goes_with_a_changed_step() -> None:
    """As in RMSProp of Keras and Optax."""
    both = together([by_id("rmsprop-from-zero"), by_id("rmsprop-epsilon-inside-root")]).rules.rmsprop
    assert both.initial is by_id("rmsprop-from-zero").rules.rmsprop.initial
    assert both.step is not UPDATERS[both.name].step


@pytest.mark.parametrize(
    ("id_", "more"),
    [
        ("adam-epsilon-inside-root", set()),
        ("adam-nadam", {"mean"}),
        ("adadelta-old-average", set()),
        ("nesterovs-classical", set()),
        ("adagrad-no-root", set()),
        ("rmsprop-centered", {"average"}),
    ],
)
def test_a_trace_has_the_names_of_the_step(id_: str, more: set[str]) -> None:
    reading = by_id(id_)
    (name,) = reading.fields
    assert _intermediates(name, reading.rules) == _intermediates(name, DL4J_0_8_0) | more


def _intermediates(updater: str, rules: Rules) -> set[str]:
    layer = {"n_in": 1, "n_out": 2, "updater": updater.upper(), "rho": 0.9}
    traced = TracedUpdater(
        Description({}, [layer], {"0_W": [1.0, 2.0], "0_b": [0.5, 0.25]}), IeeeArithmetic("float64"), rules
    )
    traced.update({"0_W": [3.0, 4.0], "0_b": [1.0, 1.0]}, 0, 1)
    return {named.name for named in traced.intermediates}


@pytest.mark.parametrize(
    ("value", "expected"), [(0.9, 15099494 / 2**24), (1 / 3, 11184811 / 2**25), (1e-46, 0.0), (1e39, math.inf)]
)
def test_a_stored_scalar_is_rounded_once_to_nearest(value: float, expected: float) -> None:
    """Where it meets an array, an implementation may use the double as it is; a variable has its own type."""
    ieee = IeeeArithmetic("float32")
    assert IeeeScalar.own(ieee.stored(ieee.scalar(value))).value == expected
    arithmetic = EnclosureArithmetic(error_model("float32"))
    enclosed = EnclosedScalar.own(arithmetic.stored(arithmetic.scalar(value))).value
    assert enclosed.low == enclosed.high == expected
