"""Hypothesis strategies: types, sizes, normalization and updaters of layers whose updaters work in blocks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from dl4j_conformance.cases.drawn.networks import LENGTHS, LONG, NORMALIZATIONS, settings
from dl4j_conformance.cases.drawn.values import Draw

_TYPES = ("dense",) * 8 + ("auto_encoder", "batch_normalization")
_SMALL = st.sampled_from((1, 2, 3, 4, 7))
_LONG = st.integers(*LONG)

#: Few values, so that layers share their rates, and their blocks.
RATES = st.one_of(st.sampled_from((0.1, 0.1, 0.5, 1e-30, 0.0, "NaN")), settings(0.1, 0.01))
UPDATER_SETTINGS: dict[str, SearchStrategy[Any]] = {
    "learning_rate": RATES,
    "momentum": settings(0.9, 0.5),
    "beta1": settings(0.9),
    "beta2": settings(0.999),
    "rho": settings(0.95, 0.9),
    "rms_decay": settings(0.95, 0.9),
    "epsilon": st.sampled_from((1e-8, 1e-6, 1e-3, 0.0, 1e-45, 1.0)),
}

#: The threshold is of any layer that clips; of those below zero one strategy is refused by 1.0.0.
NORMALIZATION_SETTINGS: dict[str, SearchStrategy[Any]] = {
    "gradient_normalization": st.sampled_from(NORMALIZATIONS),
    "gradient_normalization_threshold": st.sampled_from(
        (1.0, 0.5, 0.3, 0.7, 1 / 3, 5.0, 1e-3, 1e-30, 0.0, -1.0, "Infinity", "NaN")
    ),
}


_ONE_IN_FOUR = st.integers(0, 3).map(lambda n: n == 3)


def draw_some(draw: Draw, strategies: Mapping[str, SearchStrategy[Any]]) -> dict[str, Any]:
    """Draw some settings, each with a chance of one in four."""
    return {name: draw(strategy) for name, strategy in strategies.items() if draw(_ONE_IN_FOUR)}


@cache
@st.composite
def layer_sizes(draw: DrawFn) -> dict[str, Any]:
    """Draw a layer's type and sizes; norms of its arrays, and of its slice, lie around changes of summation order."""
    type_ = draw(st.sampled_from(_TYPES))
    if type_ == "batch_normalization":
        return {"type": type_, "n_out": draw(st.one_of(_SMALL, st.sampled_from((6, 8, 23, 32))))}
    n_out = draw(_SMALL)
    is_long = draw(st.integers(0, 7)) == 7
    length = draw(_LONG if is_long else st.sampled_from(LENGTHS))
    layer = {"n_in": max(1, length // n_out), "n_out": n_out}
    return layer if type_ == "dense" else {"type": type_, **layer}
