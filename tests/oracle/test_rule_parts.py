"""Rules made of DL4J's parts are DL4J's rules, bit for bit; misreadings of different parts combine."""

from __future__ import annotations

import math
import struct
from dataclasses import astuple, fields, replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dl4j_oracle import (
    configuration,
    keys,
    learning_rate,
    momentum,
    normalization,
    parameters,
    regularization,
    updaters,
)
from dl4j_oracle.arithmetic.ieee import IeeeArithmetic, IeeeArray, IeeeScalar
from dl4j_oracle.arithmetic.interface import Array, Scalar
from dl4j_oracle.configuration import GlobalConfiguration, LayerConfiguration, LayerType, Updater
from dl4j_oracle.errors import Dl4jError
from dl4j_oracle.learning_rate import PolicySettings
from dl4j_oracle.misreadings import by_id, together
from dl4j_oracle.misreadings.parts import decomposed

NORMALIZATIONS = (
    normalization.renormalize_l2_per_layer,
    normalization.renormalize_l2_per_param_type,
    normalization.clip_l2_per_layer,
    normalization.clip_l2_per_param_type,
)
POLICIES = (
    learning_rate.exponential,
    learning_rate.inverse,
    learning_rate.step,
    learning_rate.poly,
    learning_rate.sigmoid,
    learning_rate.torch_step,
    learning_rate.schedule,
)
DOUBLE = IeeeArithmetic("float64")
NAN = math.nan

_dtypes = st.sampled_from(("float32", "float64"))
_singles = st.sampled_from((0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, NAN, 2.0**-149, 2.0**100)) | st.floats(width=32)
_values = st.sampled_from((0.0, -0.0, 1.0, 5e-324, 1e200, -1e308)) | st.floats() | st.floats(-10, 10)
_scalars = _values.map(DOUBLE.scalar)
_arrays = st.lists(_singles | st.floats(-10, 10, width=32), min_size=1, max_size=5)
_counts = st.integers(0, 12) | st.integers(0, 2**31 - 1)
_schedules = st.dictionaries(st.integers(0, 12), _scalars, max_size=4)


def _made(rule: Any) -> Any:
    """The same rule, made of its parts."""
    parts = decomposed(rule)
    assert parts is not rule
    return parts.rule()


def _bits(value: Array | Scalar) -> bytes:
    if isinstance(value, Array):
        return IeeeArray.own(value).values.tobytes()
    return struct.pack("<d", IeeeScalar.own(value).value)


@pytest.mark.parametrize("rule", NORMALIZATIONS)
@given(st.lists(_arrays, max_size=3), _values, _dtypes)
@example([[1e200], [2e200, 1.0]], 1.0, "float64")
@example([[0.0], [-0.0, 0.0]], 0.0, "float32")
def test_normalization(rule: Any, values: list[list[float]], threshold: float, dtype: str) -> None:
    arithmetic = IeeeArithmetic(dtype)
    gradients = {str(i): arithmetic.array(some) for i, some in enumerate(values)}
    expected = rule(gradients, arithmetic.scalar(threshold), arithmetic)
    made = _made(rule)(gradients, arithmetic.scalar(threshold), arithmetic)
    assert [(name, _bits(g)) for name, g in made.items()] == [(name, _bits(g)) for name, g in expected.items()]


@pytest.mark.parametrize("name", ["W", "b", "vb", "vb_1", "mean", "var", "beta", "x"])
@given(st.sampled_from(LayerType), st.booleans())
def test_what_is_normalised(name: str, layer_type: LayerType, pretrain: bool) -> None:
    layer = LayerConfiguration(layer_type, pretrain=pretrain)
    assert _made(normalization.is_normalized)(name, layer) == normalization.is_normalized(name, layer)


@pytest.mark.parametrize("rule", POLICIES)
@given(st.tuples(_scalars, _scalars, _scalars, _scalars, _scalars), _counts, st.integers(-1, 12), _schedules)
def test_policies(
    rule: Any, given_: tuple[Scalar, ...], count: int, iterations: int, schedule: dict[int, Scalar]
) -> None:
    lr, decay_rate, power, steps, initial = given_
    settings = PolicySettings(decay_rate, power, steps, iterations, schedule, DOUBLE, initial)
    assert _bits(_made(rule)(lr, count, settings)) == _bits(rule(lr, count, settings))


@given(_scalars, _counts, _schedules, _scalars)
def test_momentum(mu: Scalar, count: int, schedule: dict[int, Scalar], initial: Scalar) -> None:
    rule = momentum.scheduled_momentum
    assert _bits(_made(rule)(mu, count, schedule, initial)) == _bits(rule(mu, count, schedule, initial))


@pytest.mark.parametrize("rule", [regularization.add_l1, regularization.add_l2])
@given(st.lists(st.tuples(_singles, _singles), max_size=5), _values, _values, _dtypes)
def test_penalties(rule: Any, values: list[tuple[float, float]], coefficient: float, rate: float, dtype: str) -> None:
    a = IeeeArithmetic(dtype)
    g, w = a.array([x for x, _ in values]), a.array([y for _, y in values])
    expected = rule(g, w, a.scalar(coefficient), a.scalar(rate))
    assert _bits(_made(rule)(g, w, a.scalar(coefficient), a.scalar(rate))) == _bits(expected)


@given(_arrays, _values, _dtypes)
def test_division(values: list[float], batch_size: float, dtype: str) -> None:
    a = IeeeArithmetic(dtype)
    rule = regularization.divide_by_batch_size
    assert _bits(_made(rule)(a.array(values), a.scalar(batch_size))) == _bits(
        rule(a.array(values), a.scalar(batch_size))
    )


def _settings(cls: type) -> st.SearchStrategy[Any]:
    floats = {field.name: st.just(NAN) | _values for field in fields(cls) if field.type == "float"}
    return st.builds(cls, updater=st.sampled_from(Updater), **floats)


@given(_settings(LayerConfiguration), _settings(GlobalConfiguration))
def test_inheritance(layer: LayerConfiguration, common: GlobalConfiguration) -> None:
    expected = configuration.inherit(layer, common, updaters.defaults_of)
    made = _made(configuration.inherit)(layer, common, updaters.defaults_of)
    assert repr(astuple(made)) == repr(astuple(expected))


@given(_settings(LayerConfiguration), st.sampled_from(LayerType), st.booleans())
def test_parameters(layer: LayerConfiguration, layer_type: LayerType, pretrain: bool) -> None:
    layer = replace(layer, type=layer_type, n_in=3, n_out=2, pretrain=pretrain, frozen=not pretrain)
    assert repr(_made(parameters.parameters)(layer)) == repr(tuple(parameters.parameters(layer)))


@given(st.sampled_from(("0_W", "1_a_b", "-1_W", "+1_W", " 0_W", "W", "", "_", "x_W", "2_W")) | st.text("0_-+ x"))
def test_keys(key: str) -> None:
    def of(rule: Any) -> object:
        try:
            return rule(key, 2)
        except Dl4jError as error:
            return error.kind, error.message

    assert of(_made(keys.split_at_first_underscore)) == of(keys.split_at_first_underscore)


@pytest.mark.parametrize("updater", Updater)
def test_defaults(updater: Updater) -> None:
    assert repr(_made(updaters.defaults_of)(updater)) == repr(dict(updaters.defaults_of(updater)))


def test_a_count_and_a_start_combine() -> None:
    both = together([by_id("exponential-one-later"), by_id("exponential-closed-form")]).rules.exponential.rule
    half, two, eight = (DOUBLE.scalar(value) for value in (0.5, 2.0, 8.0))
    settings = PolicySettings(half, two, two, 1, {}, DOUBLE, eight)
    assert _bits(both(two, 2, settings)) == _bits(DOUBLE.scalar(1.0))


def test_a_factor_and_a_scope_combine() -> None:
    pair = [by_id("clip-per-layer-to-unit"), by_id("clip-per-layer-per-parameter")]
    gradients = {"W": DOUBLE.array([3.0, 4.0]), "b": DOUBLE.array([2.0])}
    clipped = together(pair).rules.clip_l2_per_layer(gradients, DOUBLE.scalar(2.0), DOUBLE)
    assert [IeeeArray.own(g).values.tolist() for g in clipped.values()] == [[0.6, 0.8], [2.0]]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("l2-scaled-by-rate", "l2-halved"),
        ("l2-scaled-by-rate", "l2-subtracted"),
        ("poly-unit-power", "poly-closed-form"),
        ("step-whole", "step-continuous"),
        ("torchstep-forwards", "torchstep-from-one"),
        ("schedule-nearest-lower", "schedule-not-kept"),
        ("renormalize-per-param-type-root-mean-square", "renormalize-per-param-type-guarded"),
        ("clip-per-param-type-multiplies", "clip-per-param-type-per-layer"),
        ("division-multiplies", "division-at-least-one"),
        ("norm-of-the-network", "clip-per-layer-norm-plus-epsilon"),
        ("rates-decay-without-gradient", "rates-of-frozen-layers-decay"),
        ("split-at-last-underscore", "index-by-python"),
        ("momentum-one-later", "momentum-not-kept"),
        ("centers-penalized", "beta-as-bias"),
        ("convolution-weights-first", "recurrent-weights-last"),
        ("bias-rate-is-global", "bias-penalized-like-weights"),
        ("adadelta-default-rho-095", "adadelta-default-epsilon-1e-05"),
    ],
)
def test_different_aspects_combine(first: str, second: str) -> None:
    assert together([by_id(first), by_id(second)]).id == f"{first}+{second}"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("renormalize-per-layer-epsilon", "renormalize-per-layer-guarded"),
        ("exponential-ignored", "exponential-one-later"),
        ("beta-as-bias", "scale-and-shift-penalized"),
        ("index-by-python", "digits-only"),
        ("poly-schedule", "poly-closed-form"),
        ("bias-rate-is-global", "bias-rate-ignored"),
        ("adadelta-default-rho-095", "adadelta-default-rho-09"),
    ],
)
def test_the_same_aspect_conflicts(first: str, second: str) -> None:
    assert by_id(first).conflicts_with(by_id(second))
