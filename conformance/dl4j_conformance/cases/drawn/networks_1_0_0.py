"""Hypothesis strategies: descriptions of networks of DL4J 1.0.0-M2.1."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from dl4j_conformance.cases.drawn.block_layers import NORMALIZATION_SETTINGS, UPDATER_SETTINGS, draw_some, layer_sizes
from dl4j_conformance.cases.drawn.networks import settings, subsets
from dl4j_conformance.cases.drawn.schedules_1_0_0 import schedules
from dl4j_oracle.blocks.iupdater import DEFAULTS, UpdaterClass
from dl4j_oracle.blocks.network_configuration import Kind

#: AdaBelief, which is refused, has one chance in eighty.
_CLASSES = tuple(class_ for class_ in UpdaterClass if class_ is not UpdaterClass.ADA_BELIEF) * 8 + (
    UpdaterClass.ADA_BELIEF,
)
_COEFFICIENTS = st.one_of(st.sampled_from((0.1, 0.0, -0.1, 1e-4)), settings(0.01))
_REGULARIZATION: dict[str, SearchStrategy[Any]] = {
    "l1": _COEFFICIENTS,
    "l2": _COEFFICIENTS,
    "l1_bias": _COEFFICIENTS,
    "l2_bias": _COEFFICIENTS,
    "weight_decay": _COEFFICIENTS,
    "weight_decay_bias": _COEFFICIENTS,
    "weight_decay_apply_lr": st.booleans(),
    "weight_decay_bias_apply_lr": st.booleans(),
}


@cache
@st.composite
def _updaters(draw: DrawFn) -> dict[str, Any]:
    """Draw an updater object; its rate and momentum may follow schedules."""
    type_ = draw(st.sampled_from(_CLASSES))
    updater: dict[str, Any] = {"type": str(type_)}
    updater |= {name: draw(UPDATER_SETTINGS[name]) for name in draw(subsets(tuple(DEFAULTS[type_])))}
    for name in ("learning_rate", "momentum"):
        if name in DEFAULTS[type_] and draw(st.booleans()):
            updater[f"{name}_schedule"] = draw(schedules())
    return updater


@cache
@st.composite
def _regularizations(draw: DrawFn) -> dict[str, Any]:
    """Draw an entry of a list of regularizations."""
    kind = draw(st.sampled_from(tuple(Kind)))
    coefficient = draw(st.one_of(_COEFFICIENTS, _COEFFICIENTS, schedules()))
    described: dict[str, Any] = {"type": str(kind), "coefficient": coefficient}
    if kind is Kind.WEIGHT_DECAY:
        described["apply_lr"] = draw(st.booleans())
    return described


_LISTS = st.lists(_regularizations(), max_size=3)


@cache
@st.composite
def _layers(draw: DrawFn) -> dict[str, Any]:
    """Draw a layer; a third have no updater of their own."""
    layer = draw(layer_sizes())
    if "type" not in layer and draw(st.integers(0, 3)) == 3:
        layer["has_layer_norm"] = True
    if layer.get("type") == "batch_normalization" and draw(st.booleans()):
        layer["use_log_std"] = draw(st.booleans())
    if draw(st.integers(0, 2)):
        layer["updater"] = draw(_updaters())
    if draw(st.integers(0, 3)) == 3:
        layer["bias_updater"] = draw(_updaters())
    layer |= draw_some(draw, {**_REGULARIZATION, **NORMALIZATION_SETTINGS})
    for name in ("regularization", "regularization_bias"):
        if draw(st.integers(0, 4)) == 4:
            layer[name] = draw(_LISTS)
    return layer


@cache
@st.composite
def descriptions(draw: DrawFn) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Draw the settings of a network and its layers. Layers are often alike, so that they share blocks."""
    layers = [draw(_layers()) for _ in range(draw(st.integers(1, 3)))]
    if draw(st.integers(0, 2)) == 2:
        layers.append(dict(layers[-1]))
    conf: dict[str, Any] = {"mini_batch": draw(st.booleans())}
    if draw(st.booleans()):
        conf["updater"] = draw(_updaters())
    if draw(st.integers(0, 3)) == 3:
        conf["bias_updater"] = draw(_updaters())
    return conf | draw_some(draw, {**_REGULARIZATION, **NORMALIZATION_SETTINGS}), layers
