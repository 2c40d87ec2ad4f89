"""Hypothesis strategies: values, configurations, networks and whole cases.

Values are drawn exponent first, then a pattern of mantissa bits, so that tiny, moderate and huge numbers are
equally likely; atoms at the edges of the formats and of the formulae are mixed in.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from dl4j_backends.interface import Network
from dl4j_conformance.case import UPDATERS, Case, Operation, SetLearningRate, SetState, Update
from dl4j_conformance.values import DTYPES, Floats

#: Mantissa digits (without the hidden one), exponent range of normal numbers.
_FORMATS = {"float32": (23, -126, 127), "float64": (52, -1022, 1023)}

NORMALIZATIONS = (
    "None",
    "RenormalizeL2PerLayer",
    "RenormalizeL2PerParamType",
    "ClipElementWiseAbsoluteValue",
    "ClipL2PerLayer",
    "ClipL2PerParamType",
)
POLICIES = ("None", "Exponential", "Inverse", "Poly", "Sigmoid", "Step", "TorchStep", "Schedule", "Score")
#: Keys that a network does not have, malformed ones among them.
ODD_KEYS = (
    "W",
    "",
    "_",
    "_W",
    "a_W",
    "0_q",
    "0__",
    "0_",
    "-1_W",
    "+0_q",
    "99_W",
    "0_vb",
    "3000000000_W",
    "-_b",
)
LENGTHS = (1, 2, 3, 4, 6, 7, 16, 21, 22, 23, 24, 25, 27, 28, 31, 32, 33, 40, 64)


@cache
def atoms(dtype: str) -> tuple[float, ...]:
    """Values at edges: zeros, subnormals, neighbours of 1, the largest, infinities, NaN, and DL4J's epsilons."""
    info = np.finfo(dtype)
    kind = info.dtype.type
    tiny, huge, one = kind(info.smallest_subnormal), kind(info.max), kind(1)
    finite = [
        kind(0),
        tiny,
        kind(info.smallest_normal),
        np.nextafter(kind(info.smallest_normal), kind(0)),
        np.nextafter(one, kind(0)),
        one,
        np.nextafter(one, kind(2)),
        # Their squares are the smallest and largest that exist: a step further under- or overflows.
        np.sqrt(kind(info.smallest_normal)),
        np.sqrt(huge),
        huge,
        *(kind(x) for x in (1e-8, 1e-6, 1e-5, 1e-4, 0.5, 3, 4)),
    ]
    return (*(float(x) for x in finite), *(-float(x) for x in finite), math.inf, -math.inf, math.nan)


@st.composite
def numbers(draw: DrawFn, dtype: str, low: int | None = None, high: int | None = None) -> float:
    """A finite value of ``dtype`` with an exponent from ``low`` to ``high`` (default: all, subnormals included)."""
    digits, emin, emax = _FORMATS[dtype]
    exponent = draw(st.integers(emin - digits if low is None else low, emax if high is None else high))
    pattern = draw(
        st.one_of(
            st.sampled_from((0, 1, (1 << digits) - 1, 1 << (digits - 1))),
            st.integers(0, (1 << digits) - 1),
        )
    )
    sign = draw(st.sampled_from((1, -1)))
    return float(np.dtype(dtype).type(sign * math.ldexp(1 + pattern / (1 << digits), exponent)))


def edge_values(dtype: str) -> SearchStrategy[float]:
    """Anything a gradient may hold."""
    return st.one_of(st.sampled_from(atoms(dtype)), numbers(dtype))


@st.composite
def arrays(draw: DrawFn, dtype: str, length: int) -> Floats:
    """An array of one flavour: around one magnitude, any finite values, edge values, or zeros."""
    flavour = draw(st.sampled_from(("moderate", "magnitude", "finite", "edge", "zeros")))
    if flavour == "zeros":
        return np.zeros(length, dtype)
    center = draw(st.integers(_FORMATS[dtype][1], _FORMATS[dtype][2] - 8)) if flavour == "magnitude" else 0
    elements: Mapping[str, SearchStrategy[float]] = {
        "moderate": numbers(dtype, -12, 6),
        "magnitude": numbers(dtype, center, center + 8),
        "finite": numbers(dtype),
        "edge": edge_values(dtype),
    }
    # A few drawn values, spread by a drawn seed: large arrays stay cheap to draw and to shrink.
    pool = draw(st.lists(elements[flavour], min_size=1, max_size=6))
    seed = draw(st.integers(0, 1 << 16)) if length > len(pool) else 0
    chosen = np.random.default_rng(seed).permutation(np.resize(np.arange(len(pool)), length))
    return np.array([pool[i] for i in chosen], dtype)


def settings(*usual: float) -> SearchStrategy[float]:
    """A hyper-parameter: a usual value, an edge, or anything from 0 to 1."""
    return st.one_of(st.sampled_from((*usual, 0.0, 1.0)), st.floats(0, 1, allow_subnormal=False))


def schedules() -> SearchStrategy[dict[str, float]]:
    """A schedule from iterations (as JSON keys) to values."""
    return st.dictionaries(st.integers(0, 12).map(str), settings(0.5), max_size=3)


@st.composite
def layers(draw: DrawFn, updater: str | None = None, previous: int | None = None) -> dict[str, Any]:
    """A layer with a configuration for its updater; sizes around ND4J's changes of summation order.

    ``previous`` is the number of outputs below, which batch normalisation has to take over.
    """
    kind = draw(st.sampled_from(("dense",) * 6 + ("auto_encoder", "batch_normalization", "activation")))
    if kind in ("batch_normalization", "activation") and previous is None:
        kind = "dense"
    chosen = updater or draw(st.sampled_from(UPDATERS))
    layer: dict[str, Any] = {"updater": chosen}
    if kind != "dense":
        layer["type"] = kind
    if kind in ("dense", "auto_encoder"):
        layer["n_out"] = draw(st.sampled_from((1, 2, 3, 4, 7)))
        length = draw(st.sampled_from([n for n in LENGTHS if n % layer["n_out"] == 0]))
        layer["n_in"] = length // layer["n_out"]
    elif kind == "batch_normalization":
        layer["n_out"] = previous
    optional: dict[str, SearchStrategy[Any]] = {
        "frozen": st.integers(0, 5).map(lambda n: n == 0),
        **({"pretrain": st.booleans()} if kind == "auto_encoder" else {}),
        **_layer_settings(chosen),
    }
    for name, strategy in optional.items():
        if draw(st.booleans()):
            layer[name] = draw(strategy)
    return layer


def _layer_settings(updater: str) -> dict[str, SearchStrategy[Any]]:
    """What a layer may set, or the network for all layers."""
    return {
        "learning_rate": st.one_of(settings(0.1, 0.01), st.just(1e-30)),
        "bias_learning_rate": settings(0.02),
        "gradient_normalization": st.sampled_from(NORMALIZATIONS),
        "gradient_normalization_threshold": st.sampled_from((1.0, 0.0, -1.0, 0.5, 5.0, 1e-3, "Infinity", "NaN")),
        "l1": settings(0.01),
        "l2": settings(1e-4),
        "l1_bias": settings(0.01),
        "l2_bias": settings(0.02),
        **_UPDATER_SETTINGS.get(updater, {}),
    }


_EPSILONS = st.sampled_from((1e-8, 1e-6, 1e-4, 1e-3, 0.0, 1e-45, 1.0))
_UPDATER_SETTINGS: dict[str, dict[str, SearchStrategy[Any]]] = {
    "ADAM": {"adam_mean_decay": settings(0.9), "adam_var_decay": settings(0.999), "epsilon": _EPSILONS},
    "ADADELTA": {"rho": settings(0.95, 0.9), "epsilon": _EPSILONS},
    "NESTEROVS": {"momentum": settings(0.9, 0.5), "momentum_schedule": schedules()},
    "ADAGRAD": {"epsilon": _EPSILONS},
    "RMSPROP": {"rms_decay": settings(0.95, 0.9), "epsilon": _EPSILONS},
}


@st.composite
def configurations(draw: DrawFn) -> dict[str, Any]:
    """Global settings with a complete learning-rate policy."""
    conf: dict[str, Any] = {
        "use_regularization": draw(st.booleans()),
        "mini_batch": draw(st.booleans()),
        "num_iterations": draw(st.sampled_from((1, 1, 3, 10))),
    }
    for name, strategy in _layer_settings(draw(st.sampled_from(UPDATERS))).items():
        if draw(st.integers(0, 7)) == 0:
            conf[name] = draw(strategy)
    policy = draw(st.sampled_from(POLICIES))
    if policy == "None":
        return conf
    conf["lr_policy"] = policy
    if policy == "Schedule":
        conf["learning_rate_schedule"] = draw(schedules())
    else:
        conf["lr_policy_decay_rate"] = draw(settings(0.5, 0.9, 0.99, 1.1, 2.0))
    if policy in ("Inverse", "Poly"):
        conf["lr_policy_power"] = draw(st.sampled_from((0.5, 0.75, 1.0, 2.0, 3.0, 0.0, -1.0)))
    if policy in ("Step", "Sigmoid", "TorchStep"):
        conf["lr_policy_steps"] = draw(st.sampled_from((1.0, 2.0, 2.5, 7.0, 12.0, -10.0, 0.0)))
    return conf


def parameter_lengths(layer: Mapping[str, Any]) -> dict[str, int]:
    """Names and lengths of a layer's parameters, in DL4J's order."""
    n_in, n_out = layer.get("n_in", 0), layer.get("n_out", 0)
    match layer.get("type", "dense"):
        case "dense":
            return {"W": n_in * n_out, "b": n_out}
        case "auto_encoder":
            return {"W": n_in * n_out, "b": n_out, "vb": n_in}
        case "batch_normalization":
            return {"gamma": n_out, "beta": n_out, "mean": n_out, "var": n_out}
        case _:
            return {}


@st.composite
def cases(
    draw: DrawFn,
    dtype: str | None = None,
    updater: str | None = None,
    max_layers: int = 3,
    max_steps: int = 5,
) -> Case:
    """A whole case: network, gradients, and now and then a state or learning rate set from outside."""
    kind = dtype or draw(st.sampled_from(DTYPES))
    described: list[dict[str, Any]] = []
    previous = None
    for _ in range(draw(st.integers(1, max_layers))):
        described.append(draw(layers(updater, previous)))
        previous = described[-1].get("n_out", previous)
    # DL4J refuses to freeze an output layer.
    described[-1].pop("frozen", None)
    lengths = {
        f"{i}_{name}": length for i, layer in enumerate(described) for name, length in parameter_lengths(layer).items()
    }
    size = state_size(described, lengths)
    has_state = size > 0 and draw(st.integers(0, 9)) == 0
    network = Network(
        dtype=kind,
        conf=draw(configurations()),
        layers=tuple(described),
        params={key: draw(arrays(kind, length)) for key, length in lengths.items()},
        has_state=has_state,
        state=np.abs(draw(arrays(kind, size))) if has_state else None,
    )
    first = draw(st.sampled_from((0, 0, 0, 1, -1, 5, 1000)))
    script: list[Operation] = []
    for step in range(draw(st.integers(1, max_steps))):
        keys = [key for key in lengths if draw(st.integers(0, 9)) > 0]
        gradients = {key: draw(arrays(kind, lengths[key])) for key in keys}
        if draw(st.integers(0, 24)) == 0:
            gradients[draw(odd_keys(lengths))] = draw(arrays(kind, 2))
        script.append(Update(gradients, first + step, draw(st.sampled_from((1, 1, 4, 7, 32, 0)))))
        if size and draw(st.integers(0, 9)) == 0:
            script.append(SetState(np.abs(draw(arrays(kind, size)))))
        if lengths and draw(st.integers(0, 9)) == 0:
            script.append(SetLearningRate(draw(st.sampled_from(sorted(lengths))), draw(settings(0.3))))
    return Case("drawn", network, tuple(script), provenance="hypothesis")


def odd_keys(lengths: Mapping[str, int]) -> SearchStrategy[str]:
    """A key of :data:`ODD_KEYS` that the network with these parameters does not have."""
    return st.sampled_from([key for key in ODD_KEYS if key not in lengths])


_STATE_ARRAYS = {"NESTEROVS": 1, "ADAGRAD": 1, "RMSPROP": 1, "ADAM": 2, "ADADELTA": 2}


def state_size(described: list[dict[str, Any]], lengths: Mapping[str, int]) -> int:
    """Length of the state view of layers with these parameters."""
    return sum(
        _STATE_ARRAYS.get(described[int(key.partition("_")[0])]["updater"], 0) * length
        for key, length in lengths.items()
        if not key.endswith(("_mean", "_var"))
    )
