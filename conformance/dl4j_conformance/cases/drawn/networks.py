"""Hypothesis strategies: configurations and networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from dl4j_backends import interface
from dl4j_backends.interface import ALL_CAPABILITIES, Network
from dl4j_backends.topology import Topology
from dl4j_conformance.cases.case import UPDATERS
from dl4j_conformance.cases.drawn.topologies import topologies
from dl4j_conformance.cases.drawn.values import arrays, draw_arrays
from dl4j_conformance.cases.drawn.words import draw_words
from dl4j_conformance.cases.operations import SEARCHING
from dl4j_conformance.cases.parameter_lengths import parameter_lengths, state_size
from dl4j_conformance.cases.values import DTYPES
from dl4j_oracle.configuration import GradientNormalization, LearningRatePolicy, Updater
from dl4j_oracle.learning_rate import POLICIES
from dl4j_oracle.updaters import defaults_of

NORMALIZATIONS = tuple(str(strategy) for strategy in GradientNormalization)
#: Around ND4J's changes of summation order: lanes from 22, and threads from 64, with and without a rest.
LENGTHS = (1, 2, 3, 4, 6, 7, 16, 21, 22, 23, 24, 25, 27, 28, 31, 32, 33, 40, 64, 65, 70, 98, 101, 131)

#: Lengths beyond those, whose norms several threads sum in another order, most with elements left over.
LONG = (65, 300)

#: Iterations just before those that 16 bits, float32 and an int cannot hold; a script has fewer than 40 after them.
LATE_ITERATIONS = ((1 << 15) - 1, (1 << 16) - 1, 1 << 24, (1 << 31) - 42)

#: More layers than have one digit. They are copies of those that were drawn, if these have few values.
MANY_LAYERS = (11, 13)
_FEW_VALUES = 40


@cache
def settings(*usual: float) -> SearchStrategy[float]:
    """Draw a hyper-parameter: a usual value, an edge, or any from 0 to 1."""
    return st.one_of(st.sampled_from((*usual, 0.0, 1.0)), st.floats(0, 1, allow_subnormal=False))


@cache
def schedules() -> SearchStrategy[dict[str, float]]:
    """Draw a schedule from iterations (as JSON keys) to values."""
    return st.dictionaries(st.one_of(_EARLY, _EARLY, _LATE).map(str), settings(0.5), max_size=3)


_EARLY = st.integers(0, 12)
_LATE = st.builds(int.__add__, st.sampled_from(LATE_ITERATIONS), st.integers(0, 4))


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
_LONG = st.integers(*LONG)
_NORMALIZATIONS = st.sampled_from(NORMALIZATIONS)
_NORMS = st.sampled_from([strategy for strategy in NORMALIZATIONS if "L2" in strategy])
_SMALL = st.integers(1, 3)


@cache
@st.composite
def layers(
    draw: DrawFn, updater: str | None = None, previous: int | None = None, chained: bool = False
) -> dict[str, Any]:
    """Draw a layer with settings for its updater; sizes lie around ND4J's changes of summation order.

    ``previous`` is the number of outputs below, which batch normalisation has to take over, and every layer of a
    network that is ``chained``.
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
        is_long = draw(st.integers(0, 5)) == 5
        length = draw(_LONG if is_long else _short(layer["n_out"]))
        layer["n_in"] = length // layer["n_out"]
        if is_long:
            layer["gradient_normalization"] = draw(_NORMS)
    elif kind == "batch_normalization":
        layer["n_out"] = previous
    if chained and previous is not None and "n_in" in layer:
        layer["n_in"] = previous
    optional: dict[str, SearchStrategy[Any]] = {
        "frozen": st.integers(0, 5).map(lambda n: n == 0),
        **({"pretrain": st.booleans()} if kind in ("auto_encoder", "variational_autoencoder") else {}),
        **_layer_settings(chosen),
    }
    for name in draw(subsets(tuple(optional))):
        layer.setdefault(name, draw(optional[name]))
    return layer


@cache
def _short(outputs: int) -> SearchStrategy[int]:
    """Draw a length of :data:`LENGTHS` that so many outputs divide."""
    return st.sampled_from([length for length in LENGTHS if length % outputs == 0])


def _copied(described: list[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    """Return ``count`` layers: those described, and copies of them with learning rates of their own."""
    copies = range(len(described), count)
    return [*described, *({**described[i % len(described)], "learning_rate": 0.1 + i / 16} for i in copies)]


@cache
def subsets(names: tuple[str, ...]) -> SearchStrategy[list[str]]:
    """Draw some of ``names``, in one draw."""
    return st.integers(0, (1 << len(names)) - 1).map(
        lambda bits: [name for i, name in enumerate(names) if bits >> i & 1]
    )


@cache
def _layer_settings(updater: str) -> dict[str, SearchStrategy[Any]]:
    """Draw the settings that a layer may have, or the network for all layers."""
    return {
        "learning_rate": st.one_of(settings(0.1, 0.01), st.just(1e-30)),
        "bias_learning_rate": settings(0.02),
        "gradient_normalization": _NORMALIZATIONS,
        "gradient_normalization_threshold": st.sampled_from(_THRESHOLDS),
        "l1": settings(0.01),
        "l2": settings(1e-4),
        "l1_bias": settings(0.01),
        "l2_bias": settings(0.02),
        **{name: _UPDATER_SETTINGS[name] for name in _settings_of(updater)},
    }


#: Float32 rounds some of them.
_THRESHOLDS = (1.0, 0.0, -1.0, 0.5, 0.3, 0.7, 1 / 3, 5.0, 1e-3, "Infinity", "NaN")
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
    "lr_policy_power": st.sampled_from((0.5, 0.7, 0.75, 1.0, 2.0, 3.0, 0.0, -1.0)),
    "lr_policy_steps": st.sampled_from((1.0, 2.0, 2.1, 2.5, 7.0, 12.0, -10.0, 0.0)),
    "learning_rate_schedule": schedules(),
}


@cache
@st.composite
def configurations(draw: DrawFn, searches: bool = False) -> dict[str, Any]:
    """Global settings with a complete learning-rate policy."""
    conf: dict[str, Any] = {
        "use_regularization": draw(st.booleans()),
        "mini_batch": draw(st.booleans()),
        "num_iterations": draw(st.sampled_from((1, 1, 3, 10, (1 << 24) + 1))),
    }
    if searches:
        conf["optimization_algo"] = "LINE_GRADIENT_DESCENT"
    if searches or draw(st.integers(0, 3)) == 3:
        conf |= {"step_function": draw(_STEP_FUNCTIONS), "iteration_count": draw(_COUNTS)}
    inherited = _layer_settings(draw(_UPDATERS))
    # Each with a chance of one in eight.
    thrice = [set(draw(subsets(tuple(inherited)))) for _ in range(3)]
    for name in inherited:
        if all(name in chosen for chosen in thrice):
            conf[name] = draw(inherited[name])
    return conf | draw(configured_policies())


@cache
@st.composite
def configured_policies(draw: DrawFn) -> dict[str, Any]:
    """Draw a learning-rate policy with all that it reads.

    Without a policy, which is DL4J's default, other code is run: a third have none.
    """
    policy = draw(st.sampled_from((LearningRatePolicy.NONE,) * 4 + tuple(POLICIES)[1:]))
    if policy is LearningRatePolicy.NONE:
        return {}
    read = POLICIES[policy].reads
    # Poly gets a decay rate too, which it does not read.
    names = ("lr_policy_decay_rate", *read) if policy is LearningRatePolicy.POLY else read
    return {"lr_policy": str(policy), **{name: draw(_POLICY_SETTINGS[name]) for name in names}}


@cache
@st.composite
def descriptions(
    draw: DrawFn,
    updater: str | None = None,
    max_layers: int = 3,
    chained: bool = False,
    searches: bool = False,
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Draw the global settings and the layers of a network; a third have words about every setting."""
    described: list[dict[str, Any]] = []
    previous = None
    for _ in range(draw(st.integers(1, max_layers))):
        described.append(draw(layers(updater, previous, chained)))
        previous = described[-1].get("n_out", previous)
    is_few = sum(sum(parameter_lengths(layer).values()) for layer in described) <= _FEW_VALUES
    if max_layers > 1 and is_few and not chained and draw(st.integers(0, 9)) == 9:
        described = _copied(described, draw(_MANY_LAYERS))
    # DL4J refuses to freeze an output layer.
    described[-1].pop("frozen", None)
    conf = draw(configurations(searches))
    return draw(reworded(conf, described)) if draw(st.integers(0, 2)) == 2 else (conf, described)


@st.composite
def reworded(
    draw: DrawFn, conf: Mapping[str, Any], described: Sequence[Mapping[str, Any]]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Draw anew what a network and its layers, which name their updaters, say about every setting."""
    settings_by_updater = {updater: _layer_settings(updater) for updater in UPDATERS}
    return draw_words(draw, conf, described, settings_by_updater, _POLICY_SETTINGS)


@cache
@st.composite
def networks(
    draw: DrawFn,
    dtype: str | None = None,
    updater: str | None = None,
    max_layers: int = 3,
    capabilities: frozenset[str] = ALL_CAPABILITIES,
) -> Network:
    """Draw a network with its parameters, and now and then a given state if the ``capabilities`` allow for it."""
    kind = dtype or draw(_DTYPES)
    chained = interface.UNCHAINED not in capabilities
    can_search = {interface.OPTIMIZER, interface.LINE_SEARCH} <= capabilities
    searches = can_search and draw(st.integers(0, 9)) >= 8
    conf, described = draw(descriptions(updater, max_layers, chained, searches))
    if "optimization_algo" in conf and interface.SEARCH_DIRECTIONS in capabilities:
        conf["optimization_algo"] = draw(st.sampled_from(SEARCHING))
    if "optimization_algo" in conf and interface.BACKTRACKING in capabilities and draw(st.integers(0, 2)):
        conf["max_num_line_search_iterations"] = draw(st.sampled_from((5, 5, 3, 1, 0, 20)))
    is_standalone_layer = interface.LAYER in capabilities and len(described) == 1 and draw(st.integers(0, 4)) == 4
    vertices: tuple[str, ...] = ()
    chain: tuple[str, ...] = ()
    topology: Topology | None = None
    if interface.GRAPH in capabilities and not is_standalone_layer and draw(st.integers(0, 5)) == 5:
        vertices = (*draw(_VERTICES), *_MORE_VERTICES)[: len(described)]
        any_shape = interface.TOPOLOGY in capabilities
        if any_shape and not chained and draw(st.booleans()):
            topology = draw(topologies(vertices))
        elif not chained:
            chain = draw(st.sampled_from(((), tuple(draw(st.permutations(vertices))))))
        if not any_shape:
            for layer in described:
                layer.pop("frozen", None)
    named = vertices or tuple(map(str, range(len(described))))
    lengths = {
        parameter if is_standalone_layer else f"{name}_{parameter}": length
        for name, layer in zip(named, described, strict=True)
        for parameter, length in parameter_lengths(layer).items()
    }
    size = state_size(described, [parameter_lengths(layer) for layer in described], conf.get("updater", "SGD"))
    has_state = size > 0 and interface.STATE_IN in capabilities and draw(st.integers(0, 9)) == 9
    return Network(
        dtype=kind,
        conf=conf,
        layers=tuple(described),
        params=draw_arrays(draw, kind, lengths),
        has_state=has_state,
        state=np.abs(draw(arrays(kind, size))) if has_state else None,
        gradient_view=interface.GRADIENT_VIEW in capabilities and not is_standalone_layer and draw(st.booleans()),
        vertices=vertices,
        is_standalone_layer=is_standalone_layer,
        chain=chain,
        topology=topology,
    )


_DTYPES = st.sampled_from(DTYPES)
_VERTICES = st.permutations(("a", "a_W", "a_W_W", "out", "dense_1", "0", "zz", "b_vb"))
_MORE_VERTICES = ("v10", "v9", "v2", "v11", "10")
_MANY_LAYERS = st.integers(*MANY_LAYERS)
_COUNTS = st.sampled_from((1, 7, -1, *LATE_ITERATIONS))
_UPDATERS = st.sampled_from(UPDATERS)
_STEP_FUNCTIONS = st.sampled_from(("NegativeGradient", "NegativeDefault", "Gradient", "Default"))
