"""A second exact evaluation, in fractions, of what has no roots: it shares nothing with the oracle but the clauses.

SGD, NONE and NESTEROVS, penalties, division, and the learning-rate policies with rational results.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dl4j_oracle.arithmetic import reals
from dl4j_oracle.arithmetic.exact import ExactArithmetic, ExactArray, ExactScalar
from dl4j_oracle.network.multi_layer_updater import MultiLayerUpdater
from dl4j_oracle.network.network_description import Description

PREC = 4000
numbers = st.floats(-100, 100).filter(lambda x: x == 0 or abs(x) > 1e-6)
fractions_of_one = st.floats(0, 1).filter(lambda x: x == 0 or x > 1e-6)


def _policy(conf: dict[str, Any], lr: Fraction, t: int) -> Fraction:
    d = Fraction(conf.get("lr_policy_decay_rate", 0))
    match conf.get("lr_policy"):
        case "Exponential":
            return lr * d**t
        case "Inverse":
            return lr / (1 + d * t) ** int(conf["lr_policy_power"])
        case "Step":
            return lr * d ** floor(Fraction(t) / Fraction(conf["lr_policy_steps"]))
        case "TorchStep":
            return lr * d if t > 1 and Fraction(conf["lr_policy_steps"]) % t == 0 else lr
        case "Poly":
            return lr * (1 - Fraction(t, conf["num_iterations"])) ** int(conf["lr_policy_power"])
        case _:
            return lr


@st.composite
def policies(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from((None, "Exponential", "Inverse", "Step", "TorchStep", "Poly")))
    conf: dict[str, Any] = {"use_regularization": True}
    if kind:
        conf |= {"lr_policy": kind, "lr_policy_decay_rate": draw(st.sampled_from((0.5, 0.9, 1.1, 2.0)))}
    if kind in ("Inverse", "Poly"):
        conf["lr_policy_power"] = float(draw(st.integers(1, 3)))
    if kind == "Poly":
        conf["num_iterations"] = draw(st.integers(1, 9))
    if kind in ("Step", "TorchStep"):
        conf["lr_policy_steps"] = draw(st.sampled_from((1.0, 2.0, 2.5, 6.0, 7.0)))
    return conf


@given(
    st.sampled_from(("SGD", "NONE", "NESTEROVS")),
    policies(),
    st.lists(st.tuples(numbers, numbers), min_size=1, max_size=5),
    st.tuples(numbers, numbers),
    st.tuples(fractions_of_one, fractions_of_one, fractions_of_one, fractions_of_one),
    st.integers(1, 9),
)
def test_exact_agrees_with_fractions(
    updater: str,
    conf: dict[str, Any],
    gradients: list[tuple[float, float]],
    weights: tuple[float, float],
    settings: tuple[float, float, float, float],
    batch: int,
) -> None:
    rate, momentum, l1, l2 = settings
    layer = {
        "n_in": 2,
        "n_out": 1,
        "updater": updater,
        "learning_rate": rate,
        "momentum": momentum,
        "l1": l1,
        "l2": l2,
    }
    arithmetic = ExactArithmetic(PREC)
    network = MultiLayerUpdater(Description(conf, [layer], {"0_W": weights, "0_b": [0.0]}), arithmetic)
    lr, velocity = Fraction(rate), [Fraction(0)] * 2
    mu = Fraction(momentum)
    for t, gradient in enumerate(gradients):
        lr = _policy(conf, lr, t)
        got = network.update({"0_W": arithmetic.array(gradient)}, t, batch)["0_W"]
        assert isinstance(got, ExactArray)
        for i, g in enumerate(map(Fraction, gradient)):
            update = g
            if updater == "SGD":
                update = g * lr
            elif updater == "NESTEROVS":
                new = velocity[i] * mu - g * lr
                update = velocity[i] * mu - (1 + mu) * new
                velocity[i] = new
            w = Fraction(weights[i])
            update += w * Fraction(l2) + ((w > 0) - (w < 0)) * Fraction(l1)
            _assert_is(got.values[i], update / batch)
    stored = network.learning_rates["0_W"]
    assert isinstance(stored, ExactScalar)
    _assert_is(stored.value, lr)


def _assert_is(value: reals.Real, truth: Fraction) -> None:
    """The interval holds the truth and is as narrow as its precision allows."""
    if isinstance(value, float):
        assert value == 0
        assert truth == 0
        return
    low, high = (reals.to_fraction(reals.Interval(end, end)) for end in (value.low, value.high))
    assert low <= truth <= high
    assert high - low <= max(abs(high), abs(low), Fraction(1, 10**9)) * Fraction(1, 2 ** (PREC - 100))
