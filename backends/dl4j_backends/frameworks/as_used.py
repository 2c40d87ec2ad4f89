"""The mode ``as used``: a library's optimizers as people train with them, for the same settings.

The loss is a mean, so gradients are divided by the batch size first. Then the library clips them, its optimizer decays
the weights and makes the step, and its schedule changes the rate. Everything counts by itself: DL4J's iteration is not
looked at. Arrays are 1-D, of the network's dtype.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import repeat

import numpy as np

from dl4j_backends.engine.parameters import ParameterSettings
from dl4j_backends.engine.settings import layer_settings, network_settings
from dl4j_backends.engine.updaters import NONE
from dl4j_backends.frameworks.construction import Construction, Mode, construction
from dl4j_backends.frameworks.interface import Library, LibraryOptimizer, Rates
from dl4j_backends.frameworks.schedule import schedule
from dl4j_backends.interface import Floats, Network, Observation, UnsupportedError


@dataclass(frozen=True)
class _Trained:
    """A parameter that is trained: its layer's number, its optimizer, and the rates of its steps."""

    layer: int
    made: Construction
    optimizer: LibraryOptimizer
    learning_rates: Iterator[float]

    def next_rate(self) -> float:
        """Return the rate of the next step. Raises :class:`UnsupportedError` if the schedule cannot compute it."""
        try:
            return next(self.learning_rates)
        except (ArithmeticError, ValueError) as error:
            raise UnsupportedError(f"a schedule that {self.made.name} cannot follow: {error}") from error


class AsUsedSession:
    """A model in training, one optimizer for each parameter: with the same settings that is one for all of them."""

    def __init__(self, network: Network, library: Library) -> None:
        self._network, self._library = network, library
        self._net = network_settings(network.conf, len(network.layers))
        self._layers = [layer_settings(layer, network.conf) for layer in network.layers]
        self._params = {key: array.copy() for key, array in network.params.items()}
        self._trained = {
            network.key(index, parameter.name): self._train(index, parameter)
            for index, layer in enumerate(self._layers)
            for parameter in layer.parameters
            if parameter.updater is not NONE or layer.updater is NONE
        }
        if library.has_one_optimizer:
            self._check_that_one_does()
        if network.has_state:
            self.set_state(network.state)

    def _train(self, index: int, parameter: ParameterSettings) -> _Trained:
        name, rate, layer = self._library.name, parameter.learning_rate, self._layers[index]
        dtype = self._network.dtype
        made = construction(name, parameter.updater.name, layer, rate, Mode.AS_USED)
        if self._net.use_regularization:
            if parameter.l1 > 0:
                raise UnsupportedError(f"l1: the optimizers of {name} decay weights by L2 alone")
            made = replace(made, weight_decay=max(parameter.l2, 0.0))
        plan = schedule(name, self._net, layer, rate)
        rates = repeat(made.learning_rate) if plan is None else self._library.learning_rates(plan, rate, dtype)
        return _Trained(index, made, self._library.optimizer(made, dtype, parameter.length), rates)

    def _check_that_one_does(self) -> None:
        """Raise :class:`UnsupportedError` if no single optimizer can train all layers.

        It may decay some of the weights, and not the others.
        """
        one = f"{self._library.name} trains a model with one optimizer"
        constructions = [trained.made for trained in self._trained.values()]
        decays = {made.weight_decay for made in constructions} - {0.0}
        plain = [replace(made, weight_decay=0.0) for made in constructions]
        if len(decays) > 1 or any(made != plain[0] for made in plain):
            raise UnsupportedError(f"layers or biases with settings of their own: {one}")
        clippings = {(layer.gradient_normalization, layer.gradient_normalization_threshold) for layer in self._layers}
        if len(clippings) > 1:
            raise UnsupportedError(f"layers with a gradient_normalization of their own: {one}")
        if len(self._layers) > 1 and self._layers[0].gradient_normalization == "ClipL2PerLayer":
            raise UnsupportedError(f"gradient_normalization ClipL2PerLayer: {one}, which clips all layers together")

    def state(self) -> Floats | None:
        """Return the optimizers' state as DL4J's view has it (1-D, of the network's dtype); None if there is none."""
        arrays = [array for trained in self._trained.values() for array in trained.optimizer.state()]
        return np.concatenate(arrays) if arrays else None

    def set_state(self, state: Floats | None) -> None:
        """Set the optimizers' state to a view of DL4J's (1-D, of the network's dtype).

        Raises :class:`UnsupportedError` for a view that does not fit: each library has an error of its own.
        """
        lengths = [[len(array) for array in trained.optimizer.state()] for trained in self._trained.values()]
        if state is None or len(state) != sum(map(sum, lengths)):
            raise UnsupportedError("a state view that does not fit the network")
        arrays = np.split(state, np.cumsum([length for own in lengths for length in own])[:-1])
        for trained, own in zip(self._trained.values(), lengths, strict=True):
            trained.optimizer.load([arrays.pop(0).copy() for _ in own])

    def set_params(self, params: Mapping[str, Floats]) -> None:
        """Set all parameters (1-D, of the network's dtype)."""
        self._params = {key: array.copy() for key, array in params.items()}

    def update(self, gradients: Mapping[str, Floats], iteration: int, batch_size: int) -> Observation:
        """Make a training step; what is seen has the parameters after it, and no updates.

        Raises :class:`UnsupportedError` for a gradient that belongs to no trained parameter.
        """
        if not gradients.keys() <= self._trained.keys():
            raise UnsupportedError("a gradient that belongs to no parameter of the optimizer")
        with np.errstate(all="ignore"):
            divisor = self._network.params[next(iter(gradients))].dtype.type(batch_size) if gradients else 1
            means = {key: g / divisor if self._net.mini_batch else g for key, g in gradients.items()}
            for key, gradient in self._clipped(means).items():
                trained = self._trained[key]
                rates = Rates(trained.next_rate(), self._layers[trained.layer].momentum)
                if self._layers[trained.layer].frozen:
                    continue
                trained.optimizer.adopt(rates)
                self._params[key] = trained.optimizer.step(self._params[key], gradient)
        return Observation(state=self.state(), params={key: array.copy() for key, array in self._params.items()})

    def _clipped(self, gradients: Mapping[str, Floats]) -> dict[str, Floats]:
        """Return the gradients (1-D each, of the dtype), those of each layer clipped together."""
        clipped = dict(gradients)
        for index, layer in enumerate(self._layers):
            keys = [key for key in gradients if self._trained[key].layer == index]
            if layer.gradient_normalization != "None" and keys:
                strategy, threshold = layer.gradient_normalization, layer.gradient_normalization_threshold
                found = self._library.clipped(strategy, threshold, [gradients[key] for key in keys])
                clipped.update(zip(keys, found, strict=True))
        return clipped

    def close(self) -> None:
        """Release nothing."""
