"""Backends that are wrong in a way that nobody listed: neither the catalogue of misreadings nor ``wrong_backends``.

``run`` has to fail them all and to say what is wrong first. Addresses: ``python:mutants.unseen_backends:NAME``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from dl4j_backends.interface import ALL_CAPABILITIES, Network, Observation
from dl4j_conformance.execution.oracle_backend import OracleBackend
from dl4j_conformance.execution.oracle_session import OracleSession
from dl4j_oracle import configuration, updaters
from dl4j_oracle.arithmetic.interface import Array, Scalar
from dl4j_oracle.network.multi_layer_updater import MultiLayerUpdater
from dl4j_oracle.profile import DL4J_0_8_0
from dl4j_oracle.updaters import Call, Memory


@dataclass(frozen=True)
class Unseen:
    """What is wrong, the backend, and what a first divergence may be called."""

    sentence: str
    backend: Any
    intermediates: frozenset[str]


class _Changed:
    """The oracle with something done to the network, to what an update is given, or to what it gives."""

    name = "unseen"
    capabilities = ALL_CAPABILITIES

    def __init__(
        self,
        network: Callable[[Network], Network] = lambda network: network,
        given: Callable[[int, int], tuple[int, int]] = lambda iteration, batch_size: (iteration, batch_size),
        seen: Callable[[Observation], Observation] = lambda seen: seen,
        **rules: Any,
    ) -> None:
        self._network, self._given, self._seen = network, given, seen
        self._oracle = OracleBackend(replace(DL4J_0_8_0, id="unseen", **rules))

    def open(self, network: Network) -> Any:
        return _ChangedSession(self._oracle.open(self._network(network)).updater, self._given, self._seen)


class _ChangedSession(OracleSession):
    """A session whose updates, and those of its clones, are given or give something else."""

    def __init__(
        self,
        updater: MultiLayerUpdater,
        given: Callable[[int, int], tuple[int, int]],
        seen: Callable[[Observation], Observation],
    ) -> None:
        super().__init__(updater)
        self._changed, self._seen = given, seen

    def with_updater(self, updater: MultiLayerUpdater) -> Self:
        return type(self)(updater, self._changed, self._seen)

    def update(self, gradients: Mapping[str, np.ndarray], iteration: int, batch_size: int) -> Observation:
        return self._seen(super().update(gradients, *self._changed(iteration, batch_size)))


def _updates(change: Callable[[str, np.ndarray], np.ndarray]) -> Callable[[Observation], Observation]:
    return lambda seen: replace(seen, updates={key: change(key, array) for key, array in seen.updates.items()})


def _without_last(seen: Observation) -> Observation:
    return replace(seen, updates={k: np.append(a[:-1], a[-1:] * 0) for k, a in seen.updates.items()})


def _first_layers_rate(network: Network) -> Network:
    rate = network.layers[0].get("learning_rate", network.conf.get("learning_rate", 0.1))
    return replace(network, layers=tuple({**layer, "learning_rate": rate} for layer in network.layers))


def _swapped(seen: Observation) -> Observation:
    if seen.state is None or len(seen.state) < 4:
        return seen
    return replace(seen, state=np.concatenate([seen.state[:-2], seen.state[-1:], seen.state[-2:-1]]))


def _hypotenuse(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    s, t = call.settings, call.iteration + 1
    _, after = updaters.adam(g, memory, call)
    alphat = call.learning_rate * (1 - s.adam_var_decay.fast_pow(t)).sqrt() / (1 - s.adam_mean_decay.fast_pow(t))
    return after.view["m"] * alphat / (after.view["v"] + s.epsilon * s.epsilon).sqrt(), after


def _late_momentum(momentum: Scalar, iteration: int, schedule: Mapping[int, Scalar], initial: Scalar) -> Scalar:
    return schedule.get(iteration - 1, momentum)


def _epsilon_doubled(layer: Any, common: Any, defaults: Any) -> Any:
    built = configuration.inherit(layer, common, defaults)
    return replace(built, epsilon=2 * built.epsilon)


def _bias_l2_halved(layer: Any, common: Any, defaults: Any) -> Any:
    built = configuration.inherit(layer, common, defaults)
    return replace(built, l2_bias=built.l2_bias / 2)


def _slow_start(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """The first moment's weight is 1/10 whatever the decay."""
    s = call.settings
    m = memory.view["m"] * s.adam_mean_decay + g * call.arithmetic.scalar(0.1001)
    _, after = updaters.adam(g, memory, call)
    t = call.iteration + 1
    alphat = call.learning_rate * (1 - s.adam_var_decay.fast_pow(t)).sqrt() / (1 - s.adam_mean_decay.fast_pow(t))
    return m * alphat / (after.view["v"].sqrt() + s.epsilon), replace(after, view={**after.view, "m": m})


def _step(updater: updaters.GradientUpdater, step: updaters.UpdateRule) -> updaters.GradientUpdater:
    return replace(updater, step=step)


_STATE = frozenset({"m", "v", "msg", "msdx", "h", "c"})

UNSEEN: dict[str, Unseen] = {
    "batch_off_by_one": Unseen(
        "The batch has one example more.", _Changed(given=lambda t, size: (t, size + 1)), frozenset({"update"})
    ),
    "first_layers_rate": Unseen(
        "Every layer has the first one's rate.", _Changed(network=_first_layers_rate), frozenset({"learning rate"})
    ),
    "state_swapped": Unseen("The last two state values are swapped.", _Changed(seen=_swapped), _STATE),
    "adam_hypotenuse": Unseen(
        "Adam divides by the hypotenuse of sqrt(v) and epsilon.",
        _Changed(adam=_step(updaters.ADAM, _hypotenuse)),
        frozenset({"update"}),
    ),
    "half_precision": Unseen(
        "Updates are rounded to half precision.",
        _Changed(seen=_updates(lambda _, a: a.astype("float16").astype(a.dtype))),
        frozenset({"update"}),
    ),
    "last_element_skipped": Unseen(
        "The last update of every parameter is zero.", _Changed(seen=_without_last), frozenset({"update"})
    ),
    "late_momentum": Unseen(
        "The momentum schedule is one step late.", _Changed(momentum_policy=_late_momentum), frozenset({"momentum"})
    ),
    "epsilon_doubled": Unseen(
        "Epsilon is doubled.", _Changed(inherit=_epsilon_doubled), frozenset({"update", "state", *_STATE})
    ),
    "bias_l2_halved": Unseen("Half of L2 for biases.", _Changed(inherit=_bias_l2_halved), frozenset({"update"})),
    "adam_weight_constant": Unseen(
        "Adam's first weight is 0.1001.", _Changed(adam=_step(updaters.ADAM, _slow_start)), frozenset({"m"})
    ),
    "scaled": Unseen(
        "Updates are 1.001 times too large.",
        _Changed(seen=_updates(lambda _, a: a * np.asarray(1.001, a.dtype))),
        frozenset({"update"}),
    ),
    "thousandfold": Unseen(
        "Updates are a thousand times too large.",
        _Changed(seen=_updates(lambda _, a: a * np.asarray(1000, a.dtype))),
        frozenset({"update"}),
    ),
}

globals().update({name: unseen.backend for name, unseen in UNSEEN.items()})
