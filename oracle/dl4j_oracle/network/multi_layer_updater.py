"""A network's updater: ``org.deeplearning4j.nn.updater.MultiLayerUpdater``, in any arithmetic, under any profile.

Every array is 1-D, of the network's dtype and of the updater's arithmetic; ``IeeeArray.own`` and its kin take it back.

Arrays are 1-D, of the network's dtype.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Self

from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Scalar
from dl4j_oracle.clauses import clause
from dl4j_oracle.configuration import GlobalConfiguration, LayerConfiguration, own_conf, read_description
from dl4j_oracle.equality import Comparison, layers_are_equal
from dl4j_oracle.errors import Dl4jError
from dl4j_oracle.network.layer_updater import LayerUpdater
from dl4j_oracle.network.network_description import (
    INITIALIZE,
    Description,
    check_params,
    is_output_layer,
    places_of,
)
from dl4j_oracle.optimizer import Gradients, OptimizerState, StepFunction
from dl4j_oracle.profile import DEFAULT_RULES, Rules
from dl4j_oracle.state_layout import Block


class MultiLayerUpdater:
    """The updater of a network, constructed with a new state or with ``state`` (1-D, as the view is laid out).

    ``arithmetic`` is the given one under the profile's rule for NaN scalars. Raises
    :class:`~dl4j_oracle.errors.ConfigurationError` for a description whose parts do not fit together, and
    :class:`~dl4j_oracle.errors.Dl4jError` where DL4J's build or the constructor throws.
    """

    is_graph = False
    #: Whether ``hashCode`` depends on the updater's content (clause EQ-5).
    hashes_content = False
    #: Whether there is one array of all gradients, which backpropagation overwrites.
    has_array_of_all_gradients = True
    #: Whether the state stands in a view; the clone of an updater has none (clause STATE-12).
    has_view = True

    def __init__(
        self,
        description: Description,
        arithmetic: Arithmetic,
        rules: Rules = DEFAULT_RULES,
        state: Sequence[float] | object | None = INITIALIZE,
    ) -> None:
        self.rules = rules
        self.arithmetic = arithmetic.with_nan_scalar(rules.nan_scalar)
        conf, given = read_description(description.conf, description.layers)
        layers = list(given) if conf.built else self._built(conf, given)
        self.names = self._names_of(description)
        lengths = {self.key(i, p.name): p.length for i, layer in enumerate(layers) for p in rules.parameters(layer)}
        check_params(description.params, lengths)
        self._order = self._order_of(description)
        self._places = places_of(
            {self.key(i, p.name): p.length for i in self._order for p in rules.parameters(layers[i])}
        )
        self._has_gradient_view = description.gradient_view
        self.conf = conf
        self._output_layers = {i for i in self._outputs_of(description) if is_output_layer(given[i])}
        self.layers = [
            LayerUpdater(
                layer, own_conf(layer, conf), self._weights(description.params, i, layer), rules, self.arithmetic
            )
            for i, layer in enumerate(layers)
        ]
        self.optimizer = OptimizerState(conf.iteration_count)
        if state is not INITIALIZE:
            self._construct_with(state)  # type: ignore[arg-type]

    def _built(self, conf: GlobalConfiguration, given: Sequence[LayerConfiguration]) -> list[LayerConfiguration]:
        """Return layers as DL4J's build leaves them. Raises Dl4jError for settings that it refuses."""
        for index in range(len(given)):
            self.rules.validate(conf, f"layer{index}")
        return [self.rules.inherit(layer, conf, self.rules.updater_defaults) for layer in given]

    def _weights(
        self, params: Mapping[str, Sequence[float]], layer: int, configuration: LayerConfiguration
    ) -> dict[str, Array]:
        return {
            p.name: self.arithmetic.array(params[self.key(layer, p.name)]) for p in self.rules.parameters(configuration)
        }

    @clause("STATE-6")
    def _construct_with(self, state: Sequence[float] | None) -> None:
        """Run the constructor that takes a state array: an accepted one is not initialised."""
        if self.rules.accepts_state(None if state is None else len(state), self.state_size):
            self.assign(self.arithmetic.array(() if state is None else state))

    @clause("ARITH-5")
    def arrays(self, gradients: Mapping[str, Sequence[float]]) -> dict[str, Array]:
        """Return gradients for :meth:`update`, each an array of its own, or a view if the description says so.

        In training every gradient is a view of ``MultiLayerNetwork.flattenedGradients``, in the order of parameters.
        """
        return {
            key: self._view(key, values) if self._has_gradient_view else self.arithmetic.array(values)
            for key, values in gradients.items()
        }

    def views(self, gradients: Mapping[str, Sequence[float]]) -> dict[str, Array]:
        """Return gradients for :func:`~dl4j_oracle.network.optimize.optimize`: views, as in training."""
        return {key: self._view(key, values) for key, values in gradients.items()}

    def _view(self, key: str, values: Sequence[float]) -> Array:
        place = self._places.get(key)
        if place is None or len(values) != len(place):
            return self.arithmetic.array(values)
        return self.arithmetic.view(values, place.start)

    @property
    def decays_by_score(self) -> bool:
        """True if ``applyLearningRateScoreDecay`` changes learning rates."""
        return self.rules.decays_by_score(self.is_graph)

    @property
    def variables(self) -> list[str]:
        """The gradient keys of all parameters, in the order in which configurations register them (clause OPT-12)."""
        return [self.key(index, name) for index, layer in enumerate(self.layers) for name in layer.variables]

    @clause("OPT-12", "OPT-24")
    def laid_out_at_first(self, updates: Gradients) -> Array:
        """Return updates as the first line search lays them out (``Gradient.gradient`` with the variables' names)."""
        given = {key: updates[key] for key in self.variables if key in updates}
        return self.arithmetic.join(list(self.laid_out(given).values()))

    def laid_out(self, arrays: Gradients) -> Gradients:
        """Return arrays (by key, each 1-D, of the network's dtype) as ND4J flattens them anew: centers by columns."""
        places = {key: self._place(key) for key in arrays}
        return {key: layer.laid_out(name, arrays[key]) for key, (layer, name) in places.items()}

    def stepped(self, step: StepFunction, params: Gradients, updates: Gradients) -> Gradients:
        """Return the parameters after a step (all by key, each 1-D and of the network's dtype). Raises Dl4jError."""
        return self.rules.stepped(step, params, updates, self.arithmetic)

    def vector(self, arrays: Gradients) -> Array:
        """Return parameters or gradients (by key, each 1-D) as the vector that optimizers see."""
        return self.arithmetic.join(list(arrays.values()))

    def parts(self, vector: Array, like: Gradients) -> dict[str, Array]:
        """Return the parts of such a vector, which belong to the arrays of ``like`` (by key, each 1-D).

        The last ones are shorter, or empty, if the vector is.
        """
        parts, start = {}, 0
        for key, one in like.items():
            stop = min(start + len(one), len(vector))
            parts[key] = self.arithmetic.slice(vector, min(start, stop), stop)
            start += len(one)
        return parts

    def flattened(self, updates: Gradients) -> Gradients:
        """Return the array of all gradients, part by part: a parameter without an update keeps its part."""
        return {
            key: updates[key] if key in updates and len(updates[key]) == len(place) else self._without_gradient(key)
            for key, place in self._places.items()
        }

    @clause("OPT-7")
    def _without_gradient(self, key: str) -> Array:
        zeros = self.arithmetic.full(len(self._places[key]), self.arithmetic.scalar(0.0))
        return self.rules.without_gradient(self.optimizer.flattened_gradients.get(key, zeros), self.arithmetic)

    @clause("MLU-1", "MLU-2", "LAYER-7")
    def update(self, gradients: Mapping[str, Array], iteration: int, batch_size: int) -> dict[str, Array]:
        """Return the array of every key after ``MultiLayerUpdater.update``. Raises Dl4jError.

        ``gradients`` maps keys to arrays, in DL4J's order of them. A layer without keys is updated with no gradients;
        of two keys for one parameter the later counts. What was done before an exception stays done.
        """
        results = dict(gradients)
        before = [layer.snapshot() for layer in self.layers] if self.rules.rolls_back() else ()
        steps = sum(layer.steps for layer in self.layers)
        try:
            for layer, keys in self._turns(gradients):
                own = {name: gradients[key] for name, key in keys.items()}
                others = partial(self._to_normalize, layer, gradients, iteration, batch_size)
                layer.steps_elsewhere = steps - layer.steps
                updated = layer.update(own, iteration, batch_size, others)
                steps = layer.steps_elsewhere + layer.steps
                results |= {key: updated[name] for name, key in keys.items() if name in updated}
        except Dl4jError:
            for layer, snapshot in zip(self.layers, before, strict=False):
                layer.restore(snapshot)
            raise
        return results

    def _to_normalize(
        self, layer: LayerUpdater, gradients: Mapping[str, Array], iteration: int, batch_size: int
    ) -> dict[str, Array]:
        """Return what the layers but ``layer`` normalise, by key."""
        return {
            keys[name]: g
            for other, keys in self._turns(gradients)
            if other is not layer
            for name, g in other.to_normalize(
                {name: gradients[key] for name, key in keys.items()}, iteration, batch_size
            ).items()
        }

    def _turns(self, keys: Iterable[str]) -> Iterator[tuple[LayerUpdater, dict[str, str]]]:
        """Yield the layers in the order in which they are updated, with their keys by parameter."""
        owners: list[dict[str, str]] = [{} for _ in self.layers]
        for key in keys:
            index, name = self.rules.split_key(key, len(self.layers))
            owners[index][name] = key
        yield from zip(self.layers, owners, strict=True)

    def _names_of(self, description: Description) -> Sequence[str]:
        """Return the names of the layers: their indices."""
        return tuple(str(index) for index in range(len(description.layers)))

    def _order_of(self, description: Description) -> Sequence[int]:
        """Return the indices of the layers in the order in which their parameters lie in the arrays of them all."""
        return range(len(description.layers))

    def _outputs_of(self, description: Description) -> Sequence[int]:
        """Return the indices of the layers that give the outputs of the network."""
        return (len(description.layers) - 1,)

    def backpropagated(self, gradients: Gradients) -> Gradients:
        """Return those of the ``gradients`` (1-D, of the network's dtype) that backpropagation gives.

        Raises Dl4jError.
        """
        return gradients

    def key(self, layer: int, parameter: str) -> str:
        """Return the gradient key of a parameter, such as ``0_W``."""
        return f"{self.names[layer]}_{parameter}"

    def _place(self, key: str) -> tuple[LayerUpdater, str]:
        """Return the layer that ``key`` names, and the name of the parameter. Raises Dl4jError."""
        index, name = self.rules.split_key(key, len(self.layers))
        return self.layers[index], name

    @property
    def state_size(self) -> int:
        """The length of the state view."""
        return sum(block.length for block in self.blocks())

    @property
    def state(self) -> Array | None:
        """The state view, or None if no updater has state (``MultiLayerUpdater.getStateViewArray``)."""
        blocks = self.blocks()
        if not blocks or not self.has_view:
            return None
        views = [self.layers[b.layer].updaters[b.parameter].memory.view[b.name] for b in blocks]
        return self.arithmetic.join(views)

    @clause("STATE-7")
    def set_state(self, state: Sequence[float]) -> None:
        """Copy ``state`` (1-D, of the view's length) into the view: ``setStateViewArray``. Raises Dl4jError.

        State that has left the view, which is NESTEROVS' velocity, is not changed.
        """
        size = self.state_size
        if not size or not self.has_view:
            raise Dl4jError("NullPointerException", "the network has no updater state")
        if len(state) != size:
            raise Dl4jError(
                "IllegalStateException",
                f"Invalid input: view arrays differ in length. Expected length {size}, got length {len(state)}",
            )
        self.assign(self.arithmetic.array(state))
        for layer in self.layers:
            for updater in layer.updaters.values():
                updater.memory = self.rules.assigned(updater.memory)

    def clone(self) -> Self:
        """Return the updater of ``MultiLayerNetwork.clone``'s network."""
        twin = copy.copy(self)
        twin.layers = [layer.clone(self.has_view) for layer in self.layers]
        for layer, is_frozen in zip(twin.layers, self._frozen_in_clone(), strict=True):
            layer.freeze(is_frozen)
        twin.optimizer = self.rules.cloned_optimizer(self.optimizer, self.is_graph)
        twin.has_view = True
        return twin

    def _frozen_in_clone(self) -> Sequence[bool]:
        return self.rules.frozen_in_clone([layer.is_frozen for layer in self.layers])

    @clause("STATE-11")
    def restored(self, with_updater: bool) -> Self:
        """Return the updater of the network that is written and read back. Raises Dl4jError.

        ``ModelSerializer.writeModel`` and ``restoreMultiLayerNetwork``, each with or without the updater's state.
        """
        self.rules.check_reading([layer.type for layer in self.layers])
        twin = copy.copy(self)
        twin.layers = [layer.restored(with_updater and self.has_view) for layer in self.layers]
        twin.optimizer = self.rules.restored_optimizer(self.optimizer)
        twin.has_view = True
        return twin

    @clause("LAYER-8")
    def freeze(self, layer: int) -> None:
        """Put ``new FrozenLayer(layer)`` in the place of the layer. Raises Dl4jError for an output layer."""
        self.rules.check_freezing(layer in self._output_layers)
        self.layers[layer].freeze(True)

    def end_pretraining(self, layer: int) -> None:
        """Run ``conf().setPretrain(false)`` of a layer."""
        self.layers[layer].end_pretraining()

    @clause("STATE-12")
    def clone_updater(self) -> None:
        """Run ``MultiLayerUpdater.clone``. Raises Dl4jError."""
        self.rules.check_updater_clone()

    @clause("STATE-14")
    def clear(self) -> None:
        """Run ``MultiLayerNetwork.clear``, which drops solver and updater. The array of all gradients stays."""
        self.layers = [layer.cleared() for layer in self.layers]
        self.optimizer = self.rules.cleared_optimizer(self.optimizer)
        self.has_view = True

    def average(self, others: Sequence[MultiLayerUpdater], combined: bool) -> None:
        """Raise Dl4jError: only the updater of a standalone layer can be averaged."""
        raise Dl4jError("UnsupportedOperationException", "")

    @property
    def params(self) -> dict[str, Array]:
        """The network's parameters by key, in the order in which they lie in the array of them all."""
        return {
            self.key(i, name): self.layers[i].weights[name] for i in self._order for name in self.layers[i].parameters
        }

    @clause("EQ-1", "EQ-5")
    def compare(self, other: MultiLayerUpdater) -> Comparison:
        """Return whether the updaters are equal (``equals``) and have one hash code, in the ieee arithmetic."""
        if other is self:
            return Comparison(equal=True, same_hash=True)
        rules = self.rules
        equal = all(
            layers_are_equal(x.updaters, y.updaters, rules.updaters_are_equal, rules.arrays_are_equal)
            for x, y in zip(self.layers, other.layers, strict=True)
        )
        return Comparison(equal, rules.hashes_agree(equal, self.hashes_content, self.state_size))

    def set_params(self, params: Mapping[str, Sequence[float]]) -> None:
        """Assign new parameters (by key, each flat), as training does."""
        for index, layer in enumerate(self.layers):
            layer.weights = {name: self.arithmetic.array(params[self.key(index, name)]) for name in layer.parameters}

    def assign_params(self, params: Mapping[str, Array]) -> None:
        """Assign new parameters that are arrays already."""
        for index, layer in enumerate(self.layers):
            layer.weights = {name: params[self.key(index, name)] for name in layer.parameters}

    def set_learning_rate(self, key: str, learning_rate: float) -> None:
        """Run ``conf.setLearningRateByParam`` on a layer. Raises Dl4jError.

        The parameter's updater uses the rate only once a policy pushes it.
        """
        layer, name = self._place(key)
        rate = self.arithmetic.scalar(learning_rate)
        layer.learning_rates = dict(self.rules.rates_set(layer.learning_rates, name, rate))

    @property
    def learning_rates(self) -> dict[str, Scalar]:
        """The learning rate of every parameter, by key."""
        return {
            self.key(i, name): rate
            for i, layer in enumerate(self.layers)
            for name, rate in layer.learning_rates.items()
        }

    @property
    def momentum(self) -> dict[str, Scalar]:
        """The momentum of every layer, by its name."""
        return {name: layer.momentum for name, layer in zip(self.names, self.layers, strict=True)}

    def assign(self, state: Array) -> None:
        """Copy ``state`` (1-D, of the view's length) into the view."""
        start = 0
        for block in self.blocks():
            updater = self.layers[block.layer].updaters[block.parameter]
            part = self.arithmetic.slice(state, start, start + block.length)
            view = {**updater.memory.view, block.name: part}
            updater.memory = replace(updater.memory, view=view)
            start += block.length

    def blocks(self) -> Sequence[Block]:
        """Return the parts of the state view, in order (clauses STATE-1, STATE-3)."""
        return self.rules.state_layout(
            [
                Block(i, p.name, name, p.length)
                for i in self.rules.order_of_state(range(len(self.layers)), self._order)
                for p in self.layers[i].parameters.values()
                for name in self.layers[i].updaters[p.name].rule.state
            ]
        )
