"""Hypothesis strategies: configurations, networks and whole cases."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from dl4j_backends import interface
from dl4j_backends.interface import ALL_CAPABILITIES, Network, Search
from dl4j_conformance.cases.case import UPDATERS, Case
from dl4j_conformance.cases.drawn.values import Draw, arrays, draw_arrays
from dl4j_conformance.cases.operations import (
    Average,
    Clone,
    CloneUpdater,
    Compare,
    Freeze,
    Iterate,
    Operation,
    Restore,
    SetLearningRate,
    SetState,
    Switch,
    Update,
    can_be_laid_out,
    can_freeze,
    is_searching,
)
from dl4j_conformance.cases.parameter_lengths import parameter_lengths, state_size
from dl4j_conformance.cases.values import DTYPES, Floats
from dl4j_oracle.configuration import GradientNormalization, LearningRatePolicy, Updater
from dl4j_oracle.learning_rate import POLICIES
from dl4j_oracle.updaters import defaults_of

NORMALIZATIONS = tuple(str(strategy) for strategy in GradientNormalization)
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
def settings(*usual: float) -> SearchStrategy[float]:
    """A hyper-parameter: a usual value, an edge, or anything from 0 to 1."""
    return st.one_of(st.sampled_from((*usual, 0.0, 1.0)), st.floats(0, 1, allow_subnormal=False))


@cache
def schedules() -> SearchStrategy[dict[str, float]]:
    """A schedule from iterations (as JSON keys) to values."""
    return st.dictionaries(st.integers(0, 12).map(str), settings(0.5), max_size=3)


#: Types with several parameters per pair of units: they are drawn small.
_OTHER_WEIGHTED = (
    "embedding",
    "convolution",
    "graves_lstm",
    "graves_bidirectional_lstm",
    "center_loss_output",
    "variational_autoencoder",
)
_LAYER_TYPES = (*("dense",) * 18, *("auto_encoder", "batch_normalization", "activation") * 2, *_OTHER_WEIGHTED)
_SMALL = st.integers(1, 3)


@cache
@st.composite
def layers(draw: DrawFn, updater: str | None = None, previous: int | None = None) -> dict[str, Any]:
    """A layer with a configuration for its updater; sizes around ND4J's changes of summation order.

    ``previous`` is the number of outputs below, which batch normalisation has to take over.
    """
    kind = draw(st.sampled_from(_LAYER_TYPES))
    if kind in ("batch_normalization", "activation") and previous is None:
        kind = "dense"
    chosen = updater or draw(_UPDATERS)
    layer: dict[str, Any] = {"updater": chosen}
    if kind != "dense":
        layer["type"] = kind
    if kind in _OTHER_WEIGHTED:
        layer["n_in"], layer["n_out"] = draw(_SMALL), draw(_SMALL)
    elif kind in ("dense", "auto_encoder"):
        layer["n_out"] = draw(st.sampled_from((1, 2, 3, 4, 7)))
        length = draw(st.sampled_from([n for n in LENGTHS if n % layer["n_out"] == 0]))
        layer["n_in"] = length // layer["n_out"]
    elif kind == "batch_normalization":
        layer["n_out"] = previous
    optional: dict[str, SearchStrategy[Any]] = {
        "frozen": st.integers(0, 5).map(lambda n: n == 0),
        **({"pretrain": st.booleans()} if kind in ("auto_encoder", "variational_autoencoder") else {}),
        **_layer_settings(chosen),
    }
    for name in draw(_subsets(tuple(optional))):
        layer[name] = draw(optional[name])
    return layer


@cache
def _subsets(names: tuple[str, ...]) -> SearchStrategy[list[str]]:
    """Any of ``names``, in one draw."""
    return st.integers(0, (1 << len(names)) - 1).map(
        lambda bits: [name for i, name in enumerate(names) if bits >> i & 1]
    )


@cache
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
        **{name: _UPDATER_SETTINGS[name] for name in _settings_of(updater)},
    }


_EPSILONS = st.sampled_from((1e-8, 1e-6, 1e-4, 1e-3, 0.0, 1e-45, 1.0))
_UPDATER_SETTINGS: dict[str, SearchStrategy[Any]] = {
    "adam_mean_decay": settings(0.9),
    "adam_var_decay": settings(0.999),
    "epsilon": _EPSILONS,
    "rho": settings(0.95, 0.9),
    "momentum": settings(0.9, 0.5),
    "momentum_schedule": schedules(),
    "rms_decay": settings(0.95, 0.9),
}


def _settings_of(updater: str) -> list[str]:
    """Return the names of the settings that an updater reads."""
    read = list(defaults_of(Updater(updater)))
    return [*read, "momentum_schedule"] if "momentum" in read else read


_POLICY_SETTINGS: dict[str, SearchStrategy[Any]] = {
    "lr_policy_decay_rate": settings(0.5, 0.9, 0.99, 1.1, 2.0),
    "lr_policy_power": st.sampled_from((0.5, 0.75, 1.0, 2.0, 3.0, 0.0, -1.0)),
    "lr_policy_steps": st.sampled_from((1.0, 2.0, 2.5, 7.0, 12.0, -10.0, 0.0)),
    "learning_rate_schedule": schedules(),
}


@cache
@st.composite
def configurations(draw: DrawFn, searches: bool = False) -> dict[str, Any]:
    """Global settings with a complete learning-rate policy."""
    conf: dict[str, Any] = {
        "use_regularization": draw(st.booleans()),
        "mini_batch": draw(st.booleans()),
        "num_iterations": draw(st.sampled_from((1, 1, 3, 10))),
    }
    if searches:
        conf["optimization_algo"] = "LINE_GRADIENT_DESCENT"
    if searches or draw(st.integers(0, 3)) == 3:
        conf |= {"step_function": draw(_STEP_FUNCTIONS), "iteration_count": draw(st.sampled_from((1, 7, -1)))}
    inherited = _layer_settings(draw(_UPDATERS))
    # Each with a chance of one in eight.
    thrice = [set(draw(_subsets(tuple(inherited)))) for _ in range(3)]
    for name in inherited:
        if all(name in chosen for chosen in thrice):
            conf[name] = draw(inherited[name])
    # Without a policy, which is DL4J's default, other code is run: a third of all networks have none.
    policy = draw(st.sampled_from((LearningRatePolicy.NONE,) * 4 + tuple(POLICIES)[1:]))
    if policy is LearningRatePolicy.NONE:
        return conf
    conf["lr_policy"] = str(policy)
    read = POLICIES[policy].reads
    # Poly gets a decay rate too, which it does not read.
    for name in ("lr_policy_decay_rate", *read) if policy is LearningRatePolicy.POLY else read:
        conf[name] = draw(_POLICY_SETTINGS[name])
    return conf


@cache
@st.composite
def networks(
    draw: DrawFn,
    dtype: str | None = None,
    updater: str | None = None,
    max_layers: int = 3,
    capabilities: frozenset[str] = ALL_CAPABILITIES,
) -> Network:
    """A network with its parameters, and now and then a given state if the ``capabilities`` allow for it."""
    kind = dtype or draw(_DTYPES)
    described: list[dict[str, Any]] = []
    previous = None
    for _ in range(draw(st.integers(1, max_layers))):
        described.append(draw(layers(updater, previous)))
        previous = described[-1].get("n_out", previous)
    # DL4J refuses to freeze an output layer.
    described[-1].pop("frozen", None)
    is_bare = interface.LAYER in capabilities and len(described) == 1 and draw(st.integers(0, 4)) == 4
    vertices: tuple[str, ...] = ()
    chain: tuple[str, ...] = ()
    if interface.GRAPH in capabilities and not is_bare and draw(st.integers(0, 5)) == 5:
        vertices = tuple(draw(_VERTICES)[: len(described)])
        chain = draw(st.sampled_from(((), tuple(draw(st.permutations(vertices))))))
        # What a frozen vertex does to the others is backpropagation's.
        for layer in described:
            layer.pop("frozen", None)
    named = vertices or tuple(map(str, range(len(described))))
    lengths = {
        parameter if is_bare else f"{name}_{parameter}": length
        for name, layer in zip(named, described, strict=True)
        for parameter, length in parameter_lengths(layer).items()
    }
    size = state_size(described, [parameter_lengths(layer) for layer in described])
    searches = {interface.OPTIMIZER, interface.LINE_SEARCH} <= capabilities and draw(st.integers(0, 9)) == 9
    searches = searches and all(layer.get("type") != "center_loss_output" for layer in described)
    has_state = size > 0 and interface.STATE_IN in capabilities and draw(st.integers(0, 9)) == 9
    return Network(
        dtype=kind,
        conf=draw(configurations(searches)),
        layers=tuple(described),
        params=draw_arrays(draw, kind, lengths),
        has_state=has_state,
        state=np.abs(draw(arrays(kind, size))) if has_state else None,
        gradient_view=interface.GRADIENT_VIEW in capabilities and not is_bare and draw(st.booleans()),
        vertices=vertices,
        is_bare=is_bare,
        chain=chain,
    )


def can_iterate(network: Network, capabilities: frozenset[str]) -> bool:
    """Whether its optimiser can be run."""
    return interface.OPTIMIZER in capabilities and (not network.is_bare or can_be_laid_out(network))


_DTYPES = st.sampled_from(DTYPES)
_VERTICES = st.permutations(("a", "a_W", "a_W_W", "out", "dense_1", "0", "zz", "b_vb"))
_UPDATERS = st.sampled_from(UPDATERS)
_EXCESSES = st.sampled_from((0, 0, 0, -1, 1))
FIRST_ITERATIONS = st.sampled_from((0, 0, 0, 1, -1, 5, 1000))
_STEPS = st.sampled_from((1.0, 0.5, 0.1, -0.25, 0.0, 1e-300, 1e30, math.inf, math.nan))
_SCORES = st.sampled_from((1.0, 1.0, 1.00001, 0.5, 0.0, 1e-10, math.inf, math.nan))
_STEP_FUNCTIONS = st.sampled_from(("NegativeGradient", "NegativeDefault", "Gradient", "Default"))
_BATCH_SIZES = st.sampled_from((1, 1, 4, 7, 32, 0))


def draw_update(draw: Draw, network: Network, iteration: int) -> Update:
    """An update with most of the network's gradients, and now and then one that it does not know."""
    keys = tuple(network.params)
    left_out = set(draw(_subsets(keys))) & set(draw(_subsets(keys))) & set(draw(_subsets(keys)))
    lengths = {key: len(network.params[key]) for key in keys if key not in left_out}
    gradients = draw_arrays(draw, network.dtype, lengths)
    if draw(st.integers(0, 24)) == 24:
        gradients[draw(odd_keys(network.params))] = draw(arrays(network.dtype, 2))
    return Update(gradients, iteration, draw(_BATCH_SIZES))


def draw_iteration(draw: Draw, network: Network) -> Iterate:
    """An iteration, with most of the network's gradients; now and then its score stalls."""
    if not is_searching(network):
        return Iterate(_draw_gradients(draw, network), draw(_SCORES), draw(_BATCH_SIZES))
    after = Search(draw(_STEPS), _draw_gradients(draw, network), draw(_SCORES))
    return Iterate(_draw_gradients(draw, network), draw(_SCORES), draw(_BATCH_SIZES), after)


def _draw_gradients(draw: Draw, network: Network) -> Mapping[str, Floats]:
    """Gradients of parameters, in some order. A search, and a layer alone, need all of them to make a direction."""
    if is_searching(network) or network.is_bare:
        keys = draw(st.permutations(sorted(network.params))) if network.is_bare else network.params
        return draw_arrays(draw, network.dtype, {key: len(network.params[key]) for key in keys})
    update = draw_update(draw, network, 0)
    return {key: array for key, array in update.gradients.items() if key in network.params}


def draw_state(draw: Draw, network: Network) -> SetState:
    """A state set from outside, now and then of another length than the view's."""
    size = state_size(network.layers, [parameter_lengths(layer) for layer in network.layers])
    # A layer alone takes a longer view, and what a shorter one breaks before it fails cannot be seen.
    length = max(1, size + abs(draw(_EXCESSES)) if network.is_bare else size + draw(_EXCESSES))
    return SetState(np.abs(draw(arrays(network.dtype, length))))


def draw_rate(draw: Draw, network: Network) -> SetLearningRate:
    """A learning rate set from outside."""
    return SetLearningRate(draw(st.sampled_from(sorted(network.params))), draw(settings(0.3)))


def draw_average(draw: Draw, networks: int) -> Average:
    """An average with some of the script's ``networks``."""
    others = draw(st.lists(st.integers(0, networks - 1), min_size=1, max_size=3))
    return Average(tuple(others), draw(st.booleans()))


@cache
@st.composite
def cases(
    draw: DrawFn,
    dtype: str | None = None,
    updater: str | None = None,
    max_layers: int = 3,
    max_steps: int = 5,
    capabilities: frozenset[str] = ALL_CAPABILITIES,
) -> Case:
    """A whole case: network, updates, and between them now and then an operation that the ``capabilities`` allow."""
    network = draw(networks(dtype, updater, max_layers, capabilities))
    first = draw(FIRST_ITERATIONS)
    script: list[Operation] = []
    clones = 0
    iterates = can_iterate(network, capabilities) and (is_searching(network) or draw(st.integers(0, 3)) == 3)
    for step in range(draw(st.integers(1, max_steps))):
        script.append(draw_iteration(draw, network) if iterates else draw_update(draw, network, first + step))
        match draw(st.integers(0, 23)):
            case 20 if interface.SERIALIZATION in capabilities and not network.is_bare:
                script.append(Restore(draw(st.booleans())))
                clones += 1
            case 21 if interface.FREEZE in capabilities and can_freeze(network):
                script.append(Freeze(draw(st.integers(0, len(network.layers) - 1))))
            case 22 if interface.AGGREGATION in capabilities:
                script.append(CloneUpdater())
            case 23 if interface.AGGREGATION in capabilities and network.is_bare:
                script.append(draw_average(draw, clones + 1))
            case 16 | 17 if interface.STATE_IN in capabilities:
                script.append(draw_state(draw, network))
            case 18 if interface.SET_LEARNING_RATE in capabilities:
                script.append(draw_rate(draw, network))
            case 19 if interface.CLONE in capabilities:
                script.append(Clone())
                clones += 1
            case 14 if clones and interface.EQUALITY in capabilities:
                script.append(Compare(draw(st.integers(0, clones))))
            case 15 if clones:
                script.append(Switch(draw(st.integers(0, clones))))
    return Case("drawn", network, tuple(script), provenance="hypothesis")


def odd_keys(parameters: Collection[str]) -> SearchStrategy[str]:
    """A key of :data:`ODD_KEYS` that the network with these parameters does not have."""
    return st.sampled_from([key for key in ODD_KEYS if key not in parameters])
