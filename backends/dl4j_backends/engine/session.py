"""``MultiLayerUpdater`` and ``ComputationGraphUpdater``: the order of events, on flat arrays and views of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from dl4j_backends.engine.execution import Execution
from dl4j_backends.engine.graph import Graph
from dl4j_backends.engine.java import hash_order
from dl4j_backends.engine.layer import Layer, Views
from dl4j_backends.engine.nd4j import Array
from dl4j_backends.engine.normalization import Gradient
from dl4j_backends.engine.optimizer import Optimizer
from dl4j_backends.engine.parameter_updater import state_size
from dl4j_backends.engine.settings import layer_settings, network_settings, own_settings
from dl4j_backends.interface import Dl4jException, Floats, Network, Observation, Search


class EngineSession:
    """An open network: one flat state array, and per layer the views of it that the updaters write to.

    ``on`` makes, for a dtype, what runs the updates, and on which arrays; callers give and get NumPy's, 1-D.
    """

    def __init__(self, network: Network, on: Callable[[str], Execution]) -> None:
        self._network, self._on = network, on
        self._execution = on(network.dtype)
        self._nd4j = self._execution.nd4j
        self._names = network.names
        self._has_view = True
        self._net = network_settings(network.conf, len(network.layers))
        self._graph = Graph(network) if network.vertices else None
        # Parameters lie in topological order, the state in the order of the layers.
        fed = self._graph.fed if self._graph else self._names
        self._in_vectors = [self._names.index(name) for name in fed if name in self._names]
        layers = [layer_settings(layer, network.conf) for layer in network.layers]
        self._optimizer = Optimizer(
            {
                network.key(i, p.name): network.params[network.key(i, p.name)]
                for i in self._in_vectors
                for p in layers[i].parameters
            },
            self._nd4j,
            self._net,
        )
        size = state_size([parameter for layer in layers for parameter in layer.parameters])
        self._state = self._nd4j.empty(size)
        views, params = Views(self._state), self._optimizer.params
        self._layers = [
            Layer(
                own_settings(self._net, network.layers[i].get("conf")),
                layer,
                {p.name: params[network.key(i, p.name)] for p in layer.parameters},
                views,
                self._execution,
            )
            for i, layer in enumerate(layers)
        ]
        #: The shapes of the centers, by key.
        self._centers = {
            network.key(index, "cL"): (layer["n_out"], layer["n_in"])
            for index, layer in enumerate(network.layers)
            if layer.get("type") == "center_loss_output"
        }
        if network.is_standalone_layer:
            self._optimizer.step_on_columns(self._centers)
        if network.has_state:
            self._construct_with(network.state)

    def _construct_with(self, state: Floats | None) -> None:
        if self._network.is_standalone_layer:
            self._point_into(state)
            return
        expected = f"Expected updater state with size {len(self._state)}"
        if state is None and len(self._state):
            raise Dl4jException("IllegalStateException", f"{expected}, got null input")
        if state is not None and state.size != len(self._state):
            raise Dl4jException("IllegalStateException", f"{expected}, got size {state.size}")
        if state is not None:
            self._state[:] = self._nd4j.given(state)

    def state(self) -> Floats | None:
        """Return a copy of the state view, 1-D; None if there is none."""
        return self._nd4j.shown(self._nd4j.copy(self._state)) if len(self._state) and self._has_view else None

    def set_state(self, state: Floats) -> None:
        """Copy ``state`` (1-D) into the view, which NESTEROVS stops reading after its first step."""
        if self._network.is_standalone_layer:
            self._point_into(state)
            return
        if not len(self._state) or not self._has_view:
            raise Dl4jException("NullPointerException", "there is no updater state")
        if state.size != len(self._state):
            lengths = f"Expected length {len(self._state)}, got length {state.size}"
            raise Dl4jException("IllegalStateException", f"Invalid input: view arrays differ in length. {lengths}")
        self._state[:] = self._nd4j.given(state)

    def _point_into(self, state: Floats | None) -> None:
        """Do ``LayerUpdater.setStateViewArray``: the given array is the state from now on."""
        if not len(self._state):
            return
        if state is None:
            raise Dl4jException("NullPointerException", "no view")
        if state.size < len(self._state):
            raise Dl4jException("IllegalStateException", "Could not correctly reshape gradient view array")
        self._state[:] = self._nd4j.given(state[: len(self._state)])
        self._has_view = True
        self._layers[0].look_into_view()

    def set_learning_rate(self, key: str, learning_rate: float) -> None:
        """Change the configuration's rate; updaters notice only when a policy pushes it."""
        layer, name = self._split(key)
        self._known_layer(layer).learning_rates[name] = learning_rate

    def clone(self) -> EngineSession:
        """Return a network of the same weights, given the settings as they are now, then the state view."""
        if self._network.is_standalone_layer:
            return self._clone_of_layer()
        twin = self._twin(0 if self._network.vertices else self._optimizer.iteration_count)
        # The last layer of a network is not looked at to find out whether any is frozen.
        any_is_frozen = self._graph is not None or any(layer.is_frozen for layer in self._layers[:-1])
        for new, old in zip(twin._layers, self._layers, strict=True):
            new.is_frozen = any_is_frozen and old.is_frozen
        if self._has_view:
            twin._state[:] = self._state
        return twin

    def restore(self, with_updater: bool) -> EngineSession:
        """Return what ``ModelSerializer`` restores: frozen layers are not frozen any more, and the count is kept."""
        if any(layer.get("type") == "center_loss_output" for layer in self._network.layers):
            raise Dl4jException("RuntimeException", "Could not resolve type id 'CenterLossOutputLayer'")
        twin = self._twin(self._optimizer.iteration_count)
        for new in twin._layers:
            new.is_frozen = False
        if with_updater and self._has_view:
            twin._state[:] = self._state
        return twin

    def _twin(self, iteration_count: int) -> EngineSession:
        """Return a network of the same weights and configurations."""
        network = replace(self._network, params=self._shown(self._optimizer.params), has_state=False, state=None)
        twin = EngineSession(network, self._on)
        for new, old in zip(twin._layers, self._layers, strict=True):
            new.adopt_configuration(old)
        twin._optimizer.iteration_count = iteration_count
        return twin

    def _clone_of_layer(self) -> EngineSession:
        """Do ``LayerUpdater.clone``, which takes every updater through its aggregator; the clone has no view."""
        twin = self._twin(self._optimizer.iteration_count)
        twin._layers[0].adopt(self._layers[0])
        twin._has_view = False
        return twin

    def freeze(self, layer: int) -> None:
        """Put a ``FrozenLayer`` around a layer, which must not be an ``OutputLayer``."""
        given = self._network.layers[layer]
        is_last = self._names[layer] in (self._graph.outputs if self._graph else self._names[-1:])
        if is_last and given.get("type", "dense") == "dense" and not given.get("frozen"):
            raise Dl4jException("IllegalArgumentException", "Output Layers are not allowed to be frozen")
        self._layers[layer].is_frozen = True

    def end_pretraining(self, layer: int) -> None:
        """Do ``conf().setPretrain(false)``: the visible bias is not updated any more, and gradients are normalized."""
        self._layers[layer].is_pretrained = False

    def clone_updater(self) -> None:
        """Do ``Updater.clone``: through aggregators, without a view. A ``MultiLayerNetwork`` does not implement it."""
        if not (self._network.vertices or self._network.is_standalone_layer):
            raise Dl4jException("UnsupportedOperationException", "Not yet implemented")
        for layer in self._layers:
            layer.average([], combined=False)
        self._has_view = False

    def clear(self) -> None:
        """Do ``MultiLayerNetwork.clear``: the next updater is new. A ``ComputationGraph`` keeps its own."""
        if self._network.vertices:
            return
        twin = self._twin(self._optimizer.iteration_count)
        for new, old in zip(twin._layers, self._layers, strict=True):
            new.is_frozen = old.is_frozen
        twin._optimizer.keep_gradients(self._optimizer)
        self._state, self._layers, self._optimizer, self._has_view = twin._state, twin._layers, twin._optimizer, True

    def average(self, others: Sequence[EngineSession], combined: bool) -> None:
        """Go on with the aggregators' averages of this layer's updaters and those of ``others``."""
        self._layers[0].average([other._layers[0] for other in others], combined)
        self._has_view = False

    def set_params(self, params: Mapping[str, Floats]) -> None:
        """Replace the parameters (1-D each) that regularization reads, as training changes them."""
        for key, view in self._optimizer.params.items():
            view[:] = self._nd4j.given(params[key])

    def step(self, gradients: Mapping[str, Array], iteration: int, batch_size: int) -> None:
        """Update in place: every array of ``gradients`` (1-D, of the network's dtype) becomes the update of its key."""
        self._step(gradients, iteration, batch_size, self._optimizer.places if self._network.gradient_view else {})

    def _step(
        self, gradients: Mapping[str, Array], iteration: int, batch_size: int, views: Mapping[str, slice]
    ) -> None:
        by_layer: dict[str, dict[str, Gradient]] = {}
        for key, gradient in gradients.items():
            layer, name = self._split(key)
            place = views.get(key, slice(0, 0))
            fits = len(gradient) == place.stop - place.start
            by_layer.setdefault(layer, {})[name] = Gradient(gradient, place.start if fits else 0)
        with self._nd4j.silently(), self._execution:
            for layer in self._order(by_layer):
                if self._graph and layer not in self._graph.layer_names:
                    raise Dl4jException("NullPointerException", f"no layer has the name {layer!r}")
                self._known_layer(layer).update(by_layer[layer], iteration, batch_size)

    def _order(self, layers: Collection[str]) -> Iterable[str]:
        """Return the order in which the layers with gradients are updated."""
        return hash_order(layers) if self._network.vertices else sorted(layers, key=self._names.index)

    def _known_layer(self, name: str) -> Layer:
        if name not in self._names:
            raise Dl4jException("NullPointerException", f"no vertex {name!r}")
        return self._layers[self._names.index(name)]

    def update(self, gradients: Mapping[str, Floats], iteration: int, batch_size: int) -> Observation:
        """Do :meth:`step`, and return everything that can be seen afterwards."""
        arrays = self._given(gradients)
        self.step(arrays, iteration, batch_size)
        return self._observation(arrays)

    def iterate(
        self,
        gradients: Mapping[str, Floats],
        score: float,
        batch_size: int,
        search: Search | None = None,
        further: tuple[Search, ...] | None = None,
    ) -> Observation:
        """Do a call of the optimiser: update, step, and the decay of policy Score."""
        gradients = self._backpropagated(gradients)
        optimizer, done = self._optimizer, self._optimizer.iteration_count
        heard, arrays = _copies(gradients), self._given(gradients)
        self._gradient_and_score(arrays, score, batch_size)
        if search is None:
            with self._nd4j.silently():
                optimizer.step()
            self._end_iteration()
            return self._iterated(arrays, heard, done)
        optimizer.begin_search(self._variables, self._laid_out(arrays))
        if not optimizer.has_gradient:
            return self._iterated(arrays, heard, None)
        optimizer.direct()
        for one in (search, *(further or ())):
            done = optimizer.iteration_count
            gradients = self._backpropagated(one.gradients)
            heard, arrays = _copies(gradients), self._given(gradients)
            with self._nd4j.silently():
                optimizer.step_by(self._length(score, one) if one.step is None else one.step)
            self._gradient_and_score(arrays, one.score, batch_size)
            with self._nd4j.silently():
                optimizer.follow(arrays)
            self._end_iteration()
            score = one.score
        return self._iterated(arrays, heard, done)

    def _length(self, score: float, search: Search) -> float:
        """Return the length that the search finds, whose tries have the scores that are given."""
        tries, raw = iter(search.tries or ()), self._given(_copies(self._backpropagated(search.gradients)))
        last = score

        def compute_score() -> float:
            nonlocal last
            last = next(tries, last)
            if not self._network.is_standalone_layer:
                self._optimizer.backpropagate(raw)
            return last

        return self._optimizer.found_length(score, compute_score)

    def _end_iteration(self) -> None:
        if self._optimizer.count() and self._net.lr_policy == "Score" and self._decays_by_score:
            for layer in self._layers:
                layer.decay_by_score()

    def _backpropagated(self, gradients: Mapping[str, Floats]) -> Mapping[str, Floats]:
        """Return the gradients that backpropagation gives: in a graph, frozen vertices keep some from others too."""
        if self._graph is None:
            return gradients
        frozen = {name for name, layer in zip(self._names, self._layers, strict=True) if layer.is_frozen}
        lost = {*self._names} - self._graph.trained(frozen)
        return {key: array for key, array in gradients.items() if key.rpartition("_")[0] not in lost}

    @property
    def _decays_by_score(self) -> bool:
        """False for a graph, whose optimiser's configuration has no layer, and for a standalone auto-encoder (VAE)."""
        is_encoder = self._network.layers[0].get("type") == "variational_autoencoder"
        return not (self._network.vertices or (self._network.is_standalone_layer and is_encoder))

    @property
    def _variables(self) -> list[str]:
        """The keys as configurations have registered them: a convolution's weights before its bias."""
        keys = []
        for index, (given, layer) in enumerate(zip(self._network.layers, self._layers, strict=True)):
            names = reversed(layer.names) if given.get("type") == "convolution" else layer.names
            keys += [self._network.key(index, name) for name in names]
        return keys

    def _laid_out(self, gradients: Mapping[str, Array]) -> dict[str, Array]:
        """Return gradients as ``DefaultGradient`` lays them out: centers, which lie row by row, by columns."""
        return {
            key: self._nd4j.given(self._nd4j.shown(array).reshape(self._centers[key]).ravel("F"))
            if key in self._centers
            else array
            for key, array in gradients.items()
        }

    def _gradient_and_score(self, gradients: Mapping[str, Array], score: float, batch_size: int) -> None:
        """Do ``BaseOptimizer.gradientAndScore``."""
        optimizer, is_standalone_layer = self._optimizer, self._network.is_standalone_layer
        self._step(gradients, optimizer.iteration_count, batch_size, {} if is_standalone_layer else optimizer.places)
        if is_standalone_layer:
            optimizer.lay_out(self._laid_out(gradients), score)
        else:
            optimizer.collect(gradients, score)

    def _iterated(self, gradients: Mapping[str, Array], heard: Mapping[str, Floats], done: int | None) -> Observation:
        return replace(
            self._observation(gradients),
            params=_copies(self._shown(self._optimizer.params)),
            heard=heard,
            iteration_done=done,
            iteration_count=self._optimizer.iteration_count,
        )

    def _observation(self, gradients: Mapping[str, Array]) -> Observation:
        rates = {
            self._network.key(i, name): rate
            for i, layer in enumerate(self._layers)
            for name, rate in layer.learning_rates.items()
        }
        momentum = {name: layer.momentum for name, layer in zip(self._names, self._layers, strict=True)}
        return Observation(self._shown(gradients), self.state(), rates, momentum)

    def _given(self, arrays: Mapping[str, Floats]) -> dict[str, Array]:
        return {key: self._nd4j.given(array) for key, array in arrays.items()}

    def _shown(self, arrays: Mapping[str, Array]) -> dict[str, Floats]:
        return {key: self._nd4j.shown(array) for key, array in arrays.items()}

    def compare(self, other: EngineSession) -> tuple[bool, bool]:
        """Return ``equals`` of the updaters, and whether their hash codes agree. Of a graph only the names count."""
        if other is self or self._network.vertices:
            same = other is self or list(self._network.vertices) == list(other._network.vertices)
            return same, same
        pairs = zip(self._layers, other._layers, strict=True)
        equal = all(mine.equals(theirs) for mine, theirs in pairs)
        return equal, equal and self._network.is_standalone_layer and not len(self._state)

    def close(self) -> None:
        """Release nothing."""

    def _split(self, key: str) -> tuple[str, str]:
        """Return the name of the layer, and the parameter's."""
        if self._network.is_standalone_layer:
            return "0", key
        if self._network.vertices:
            vertex, underscore, name = key.rpartition("_")
        else:
            number, underscore, name = key.partition("_")
        if not underscore:
            raise Dl4jException(
                "IllegalStateException", f'Invalid key: the gradient key does not have layer separator: "{key}"'
            )
        return (vertex if self._network.vertices else self._layer_number(number)), name

    def _layer_number(self, number: str) -> str:
        # Java reads UTF-16 units: digits beyond U+FFFF are none.
        if not re.fullmatch(r"[+-]?\d+", number) or max(number) > "\uffff" or not -(1 << 31) <= int(number) < 1 << 31:
            raise Dl4jException("NumberFormatException", f'For input string: "{number}"')
        if not 0 <= int(number) < len(self._layers):
            raise Dl4jException("ArrayIndexOutOfBoundsException", number)
        return str(int(number))


def _copies(arrays: Mapping[str, Floats]) -> dict[str, Floats]:
    return {key: array.copy() for key, array in arrays.items()}
