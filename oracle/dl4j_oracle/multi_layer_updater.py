"""A network's updater: ``org.deeplearning4j.nn.updater.MultiLayerUpdater``, in any arithmetic, under any profile."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

from dl4j_oracle.arithmetic import Arithmetic, Array, Scalar
from dl4j_oracle.clauses import clause
from dl4j_oracle.configuration import read_description
from dl4j_oracle.errors import ConfigurationError, Dl4jError
from dl4j_oracle.layer_updater import LayerUpdater
from dl4j_oracle.profile import DL4J_0_8_0, Rules
from dl4j_oracle.state_layout import Block

#: No state was given: it is initialised. (A given state may be None, Java's null.)
INITIALIZE = object()


@dataclass(frozen=True)
class Description:
    """A network as plain data: global and per-layer settings, and parameters by key (``0_W``), flat.

    Each parameter's values stand as in the network's parameter vector (clauses PARAM-1, PARAM-2, PARAM-5).

    With a ``gradient_view`` its gradients are views of one array, see :meth:`MultiLayerUpdater.arrays`.
    """

    conf: Mapping[str, Any]
    layers: Sequence[Mapping[str, Any]]
    params: Mapping[str, Sequence[float]]
    gradient_view: bool = False


class MultiLayerUpdater:
    """The updater of a network, constructed with a fresh state or with the given one.

    ``arithmetic`` is the given one under the profile's rule for NaN scalars: gradients are made with it.

    Raises :class:`ConfigurationError` for a description that does not fit together, :class:`Dl4jError` where
    DL4J's build or the constructor throws.
    """

    def __init__(
        self,
        description: Description,
        arithmetic: Arithmetic,
        rules: Rules = DL4J_0_8_0,
        state: Sequence[float] | object | None = INITIALIZE,
    ) -> None:
        self._rules = rules
        self.arithmetic = arithmetic.with_nan_scalar(rules.nan_scalar)
        conf, given = read_description(description.conf, description.layers)
        for index in range(len(given)):
            rules.validate(conf, f"layer{index}")
        layers = [rules.inherit(layer, conf, rules.updater_defaults) for layer in given]
        lengths = {f"{i}_{p.name}": p.length for i, layer in enumerate(layers) for p in rules.parameters(layer)}
        _check_params(description.params, lengths)
        self._views = _views(lengths) if description.gradient_view else {}
        self.layers = [
            LayerUpdater(layer, conf, self._weights(description.params, i), rules, self.arithmetic)
            for i, layer in enumerate(layers)
        ]
        if state is not INITIALIZE:
            self._construct_with(state)  # type: ignore[arg-type]

    def _weights(self, params: Mapping[str, Sequence[float]], layer: int) -> dict[str, Array]:
        prefix = f"{layer}_"
        return {
            key.removeprefix(prefix): self.arithmetic.array(values)
            for key, values in params.items()
            if key.startswith(prefix)
        }

    @clause("STATE-6")
    def _construct_with(self, state: Sequence[float] | None) -> None:
        """The constructor with a state array: what it accepts is not initialised."""
        if self._rules.accepts_state(None if state is None else len(state), self.state_size):
            self.assign(self.arithmetic.array(state or ()))

    @clause("ARITH-5")
    def arrays(self, gradients: Mapping[str, Sequence[float]]) -> dict[str, Array]:
        """Gradients for :meth:`update`: each an array of its own, or a view where ``MultiLayerNetwork`` has it.

        In training every gradient of a parameter is a view of ``flattenedGradients``, in the order of the parameters.
        """
        return {
            key: self.arithmetic.view(values, self._views[key].start)
            if key in self._views and len(values) == len(self._views[key])
            else self.arithmetic.array(values)
            for key, values in gradients.items()
        }

    @clause("MLU-1", "MLU-2", "LAYER-7")
    def update(self, gradients: Mapping[str, Array], iteration: int, batch_size: int) -> dict[str, Array]:
        """``MultiLayerUpdater.update``: every key's array after the call. Raises :class:`Dl4jError`.

        A layer without keys is updated with no gradients; of two keys for one parameter the later counts.
        """
        owners: list[dict[str, str]] = [{} for _ in self.layers]
        for key in gradients:
            index, name = self._rules.split_key(key, len(self.layers))
            owners[index][name] = key
        results = dict(gradients)
        for layer, keys in zip(self.layers, owners, strict=True):
            own = {name: gradients[key] for name, key in keys.items()}
            updated = layer.update(own, iteration, batch_size)
            results |= {keys[name]: array for name, array in updated.items()}
        return results

    @property
    def state_size(self) -> int:
        """Length of the state view."""
        return sum(block.length for block in self.blocks())

    @property
    def state(self) -> Array | None:
        """The state view, or None if no updater has state."""
        blocks = self.blocks()
        if not blocks:
            return None
        views = [self.layers[b.layer].updaters[b.parameter].memory.view[b.name] for b in blocks]
        return self.arithmetic.join(views)

    @clause("STATE-7")
    def set_state(self, state: Sequence[float]) -> None:
        """``setStateViewArray``: copies into the view. What left the view (NESTEROVS' velocity) is not changed."""
        size = self.state_size
        if not size:
            raise Dl4jError("NullPointerException", "the network has no updater state")
        if len(state) != size:
            raise Dl4jError(
                "IllegalStateException",
                f"Invalid input: view arrays differ in length. Expected length {size}, got length {len(state)}",
            )
        self.assign(self.arithmetic.array(state))

    def clone(self) -> MultiLayerUpdater:
        """``MultiLayerNetwork.clone`` and the updater of the new network."""
        twin = copy.copy(self)
        twin.layers = [layer.clone() for layer in self.layers]
        return twin

    def set_params(self, params: Mapping[str, Sequence[float]]) -> None:
        """The network's parameters have changed, as training changes them."""
        for index, layer in enumerate(self.layers):
            layer.weights = self._weights(params, index)

    def set_learning_rate(self, key: str, learning_rate: float) -> None:
        """``conf.setLearningRateByParam`` on a layer: seen by the updaters only when a policy pushes it."""
        index, name = self._rules.split_key(key, len(self.layers))
        self.layers[index].learning_rates[name] = self.arithmetic.scalar(learning_rate)

    @property
    def learning_rates(self) -> dict[str, Scalar]:
        """The learning rate of every parameter, by key."""
        return {
            f"{i}_{name}": rate for i, layer in enumerate(self.layers) for name, rate in layer.learning_rates.items()
        }

    @property
    def momentum(self) -> dict[str, Scalar]:
        """The momentum of every layer, by index."""
        return {str(i): layer.momentum for i, layer in enumerate(self.layers)}

    def assign(self, state: Array) -> None:
        """Copy an array of the view's length into the view."""
        start = 0
        for block in self.blocks():
            updater = self.layers[block.layer].updaters[block.parameter]
            part = self.arithmetic.slice(state, start, start + block.length)
            view = {**updater.memory.view, block.name: part}
            updater.memory = replace(updater.memory, view=view)
            start += block.length

    def blocks(self) -> Sequence[Block]:
        """The parts of the state view, in order."""
        return self._rules.state_layout(
            [
                Block(i, p.name, name, p.length)
                for i, layer in enumerate(self.layers)
                for p in layer.parameters.values()
                for name in layer.updaters[p.name].rule.state
            ]
        )


def _views(lengths: Mapping[str, int]) -> dict[str, range]:
    """Where every parameter stands in an array of them all."""
    ends = list(accumulate(lengths.values()))
    return {key: range(end - length, end) for (key, length), end in zip(lengths.items(), ends, strict=True)}


def _check_params(params: Mapping[str, Sequence[float]], lengths: Mapping[str, int]) -> None:
    if not lengths:
        raise ConfigurationError("layers", "no parameters: DL4J cannot initialise such a network")
    for key in params:
        if key not in lengths:
            raise ConfigurationError(f"params.{key}", f"no such parameter; the network has {', '.join(lengths)}")
    for key, length in lengths.items():
        if key not in params:
            raise ConfigurationError(f"params.{key}", "missing")
        if len(params[key]) != length:
            raise ConfigurationError(f"params.{key}", f"has {len(params[key])} values, needs {length}")
