"""Hypothesis strategies: descriptions of networks of DL4J 0.9.1."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from dl4j_conformance.cases.drawn.block_layers import (
    NORMALIZATION_SETTINGS,
    RATES,
    UPDATER_SETTINGS,
    draw_some,
    layer_sizes,
)
from dl4j_conformance.cases.drawn.networks import configured_policies, schedules, settings, subsets
from dl4j_oracle.blocks.configuration_0_9_1 import EnumUpdater
from dl4j_oracle.blocks.iupdater import DEFAULTS, UpdaterClass

_CLASSES = (
    UpdaterClass.SGD,
    UpdaterClass.ADAM,
    UpdaterClass.ADA_MAX,
    UpdaterClass.ADA_DELTA,
    UpdaterClass.NESTEROVS,
    UpdaterClass.NADAM,
    UpdaterClass.ADA_GRAD,
    UpdaterClass.RMS_PROP,
    UpdaterClass.NO_OP,
)
#: One name in forty is CUSTOM, which is refused.
_NAMES = (*(str(name) for name in EnumUpdater if name is not EnumUpdater.CUSTOM),) * 4 + ("CUSTOM",)
_LAYER: dict[str, SearchStrategy[Any]] = {
    "learning_rate": RATES,
    "bias_learning_rate": st.one_of(st.just(0.1), settings(0.02)),
    "learning_rate_schedule": schedules(),
    "momentum": UPDATER_SETTINGS["momentum"],
    "momentum_schedule": schedules(),
    "adam_mean_decay": UPDATER_SETTINGS["beta1"],
    "adam_var_decay": UPDATER_SETTINGS["beta2"],
    "rho": UPDATER_SETTINGS["rho"],
    "rms_decay": UPDATER_SETTINGS["rms_decay"],
    "epsilon": UPDATER_SETTINGS["epsilon"],
    "l1": settings(0.01),
    "l2": settings(1e-4),
    "l1_bias": settings(0.01),
    "l2_bias": settings(0.02),
    **NORMALIZATION_SETTINGS,
}


@cache
@st.composite
def _objects(draw: DrawFn) -> dict[str, Any]:
    """Draw an updater object."""
    type_ = draw(st.sampled_from(_CLASSES))
    updater: dict[str, Any] = {"type": str(type_)}
    updater |= {name: draw(UPDATER_SETTINGS[name]) for name in draw(subsets(tuple(DEFAULTS[type_])))}
    if type_ is UpdaterClass.NESTEROVS:
        if draw(st.integers(0, 2)) == 2:
            updater["momentum_schedule"] = draw(schedules())
        if draw(st.integers(0, 2)) == 2:
            updater["builder"] = True
    return updater


_UPDATERS = st.one_of(st.sampled_from(_NAMES), _objects())


@cache
@st.composite
def _layers(draw: DrawFn) -> dict[str, Any]:
    """Draw a layer; a third have no updater of their own."""
    layer = draw(layer_sizes())
    if draw(st.integers(0, 2)):
        layer["updater"] = draw(_UPDATERS)
    return layer | draw_some(draw, _LAYER)


@cache
@st.composite
def descriptions(draw: DrawFn) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Draw the settings of a network and its layers. Layers are often alike, so that they share blocks."""
    layers = [draw(_layers()) for _ in range(draw(st.integers(1, 3)))]
    if draw(st.integers(0, 2)) == 2:
        layers.append(dict(layers[-1]))
    conf: dict[str, Any] = {
        "use_regularization": draw(st.booleans()),
        "mini_batch": draw(st.booleans()),
        "num_iterations": draw(st.sampled_from((1, 1, 3, 10, (1 << 24) + 1))),
    }
    optional = {"updater": _UPDATERS, "learning_rate": RATES, "bias_learning_rate": settings(0.02)}
    conf |= {name: draw(optional[name]) for name in draw(subsets(tuple(optional)))}
    conf |= draw(configured_policies())
    # One in twenty lacks a setting that its policy may need.
    if draw(st.integers(0, 19)) == 19:
        for name in [name for name in conf if name.startswith("lr_policy_") or name == "learning_rate_schedule"]:
            del conf[name]
    return conf, layers
