"""The right port's other parts, cut into steps: settings, rates, normalization, penalties, layers and sessions.

A mistake is a few subclasses of these parts and of the formulae; ``port`` puts them together.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dl4j_backends.engine.java import exp, floor, power, quotient, remainder
from dl4j_backends.engine.layer import Layer, Views, _before_underscore
from dl4j_backends.engine.nd4j import Array, Nd4j
from dl4j_backends.engine.normalization import Gradient
from dl4j_backends.engine.parameter_updater import ParameterUpdater
from dl4j_backends.engine.parameters import ParameterSettings
from dl4j_backends.engine.post_apply import PostApply
from dl4j_backends.engine.session import EngineSession
from dl4j_backends.engine.settings import LayerSettings, NetworkSettings, layer_settings
from dl4j_backends.interface import Network
from dl4j_backends.numpy.nd4j import NumpyNd4j


class Operations(NumpyNd4j):
    """ND4J's operations: scalars, roots, signs and norms."""


class Settings:
    """The change that a port makes in the network's settings before it reads them."""

    def network(self, network: Network) -> Network:
        return network

    def layer(self, layer: LayerSettings) -> LayerSettings:
        return layer


class Rates:
    """The policies of learning rates and momentum."""

    def exponential(self, rate: float, t: int, net: NetworkSettings) -> float:
        return rate * power(net.lr_policy_decay_rate, t)

    def inverse(self, rate: float, t: int, net: NetworkSettings) -> float:
        return quotient(rate, power(1 + net.lr_policy_decay_rate * t, net.lr_policy_power))

    def step(self, rate: float, t: int, net: NetworkSettings) -> float:
        return rate * power(net.lr_policy_decay_rate, self.steps_done(t, net))

    def steps_done(self, t: int, net: NetworkSettings) -> float:
        return floor(quotient(t, net.lr_policy_steps))

    def torch_step(self, rate: float, t: int, net: NetworkSettings) -> float:
        due = t > 1 and remainder(net.lr_policy_steps, t) == 0
        return rate * net.lr_policy_decay_rate if due else rate

    def poly(self, rate: float, t: int, net: NetworkSettings) -> float:
        return rate * power(1 - quotient(t, net.num_iterations), net.lr_policy_power)

    def sigmoid(self, rate: float, t: int, net: NetworkSettings) -> float:
        return quotient(rate, 1 + exp(-net.lr_policy_decay_rate * (t - net.lr_policy_steps)))

    def schedule(self, rate: float, t: int, schedule: Mapping[int, float]) -> float:
        return schedule.get(t, rate)

    def momentum(self, momentum: float, t: int, schedule: Mapping[int, float]) -> float:
        return schedule.get(t, momentum)

    def next(self, rate: float, initial: float, t: int, net: NetworkSettings, layer: LayerSettings) -> float:
        """Return this iteration's rate; ``initial`` is the one that the network began with."""
        match net.lr_policy:
            case "Exponential":
                return self.exponential(rate, t, net)
            case "Inverse":
                return self.inverse(rate, t, net)
            case "Step":
                return self.step(rate, t, net)
            case "TorchStep":
                return self.torch_step(rate, t, net)
            case "Poly":
                return self.poly(rate, t, net)
            case "Sigmoid":
                return self.sigmoid(rate, t, net)
            case "Schedule":
                return self.schedule(rate, t, layer.learning_rate_schedule)
            case _:
                return rate


Gradients = Mapping[str, Gradient]


class Normalization:
    """The normalization of a layer's gradients, in place."""

    def __call__(self, layer: LayerSettings, gradients: Gradients, x: Nd4j) -> None:
        threshold = layer.gradient_normalization_threshold
        match layer.gradient_normalization:
            case "RenormalizeL2PerLayer":
                self.renormalize(gradients, self.of_layer(gradients, x, number=True), threshold, x)
            case "RenormalizeL2PerParamType":
                for name, g in gradients.items():
                    self.renormalize({name: g}, self.norm(g, x), threshold, x)
            case "ClipElementWiseAbsoluteValue":
                for g in gradients.values():
                    self.clip_elements(g.array, threshold, x)
            case "ClipL2PerLayer":
                norm = self.of_layer(gradients, x, number=False)
                if self.exceeds(norm, threshold):
                    self.clip_layer(gradients, norm, threshold, x)
            case "ClipL2PerParamType":
                for g in gradients.values():
                    norm = self.number(g, x)
                    if self.exceeds(norm, threshold):
                        self.clip_parameter(g.array, norm, threshold, x)

    def norm(self, g: Gradient, x: Nd4j) -> float:
        return x.norm2(g.array, g.offset)

    def number(self, g: Gradient, x: Nd4j) -> float:
        """Return ``norm2Number``."""
        return abs(float(g.array[0])) if len(g.array) == 1 else self.norm(g, x)

    def counted(self, gradients: Gradients) -> Iterable[Gradient]:
        """Return the gradients that count in a layer's norm."""
        return gradients.values()

    def of_layer(self, gradients: Gradients, x: Nd4j, number: bool) -> float:
        norms = [self.number(g, x) if number else self.norm(g, x) for g in self.counted(gradients)]
        total = 0.0
        for norm in norms:
            total += norm * norm
        return math.sqrt(total)

    def exceeds(self, norm: float, threshold: float) -> bool:
        return norm > threshold

    def renormalize(self, gradients: Gradients, norm: float, threshold: float, x: Nd4j) -> None:
        for g, _ in gradients.values():
            x.divide(g, norm)

    def clip_elements(self, g: Array, threshold: float, x: Nd4j) -> None:
        x.clip(g, threshold)

    def clip_layer(self, gradients: Gradients, norm: float, threshold: float, x: Nd4j) -> None:
        for g, _ in gradients.values():
            x.multiply(g, quotient(threshold, norm))

    def clip_parameter(self, g: Array, norm: float, threshold: float, x: Nd4j) -> None:
        x.divide(g, quotient(norm, threshold))


@dataclass(frozen=True)
class Penalties(PostApply):
    """The terms added to a parameter's update, and the divisor; ``rate`` is the learning rate of this step."""

    rate: float = 1.0

    def before(self, g: Array, x: Nd4j) -> None:
        """Change the gradient before the updater reads it: the right port does nothing."""

    def apply(self, update: Array, block: slice, nd4j: Nd4j) -> None:
        self.after(update, block, nd4j)
        self.divide(update, nd4j)

    def after(self, update: Array, block: slice, x: Nd4j) -> None:
        """Change the update before it is divided."""
        self.penalize(update, block, x)

    def penalize(self, update: Array, block: slice, x: Nd4j) -> None:
        if self.weights is not None and self.l2 > 0:
            x.add(update, self.decay(self.weights[block], x))
        if self.weights is not None and self.l1 > 0:
            x.add(update, self.lasso(self.weights[block], x))

    def decay(self, weights: Array, x: Nd4j) -> Array:
        return weights * x.scalar(self.l2)

    def lasso(self, weights: Array, x: Nd4j) -> Array:
        signs: Array = x.sign(weights, x.empty(len(weights)))
        return signs * x.scalar(self.l1)

    def divide(self, update: Array, x: Nd4j) -> None:
        if self.divisor != 1:
            x.divide(update, self.divisor)


class Parameter(ParameterUpdater):
    """A parameter's updater, whose state starts from what its formula says."""

    def initialize_state(self) -> None:
        for array, value in zip(self.state, self.updater.formula.initial(self.settings), strict=True):  # type: ignore[attr-defined]
            array[:] = value


class Pipeline(Layer):
    """A layer, whose update is cut into steps."""

    port: Any

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._initial_rates = dict(self.learning_rates)

    def _updater(self, parameter: ParameterSettings, views: Views) -> ParameterUpdater:
        made = super()._updater(parameter, views)
        fields = {name: getattr(made, name) for name in made.__dataclass_fields__}
        updater: ParameterUpdater = self.port.parameter(**fields)
        updater.initialize_state()
        return updater

    def update(self, gradients: Gradients, iteration: int, batch_size: int) -> None:
        if self.is_skipped():
            return
        self.prepare(gradients, batch_size)
        if not self.is_pretrained:
            self.port.normalization(self._settings, gradients, self._execution.nd4j)
        for name, (g, _) in gradients.items():
            if not self.is_left_out(name):
                self.update_one(name, g, iteration, batch_size)

    def is_skipped(self) -> bool:
        return self.is_frozen

    def prepare(self, gradients: Gradients, batch_size: int) -> None:
        """Change gradients before they are normalized: the right port does nothing."""

    def is_left_out(self, name: str) -> bool:
        return not self.is_pretrained and _before_underscore(name) == "vb"

    def update_one(self, name: str, g: Array, iteration: int, batch_size: int) -> None:
        if self._net.lr_policy != "None" or self._settings.updater.takes_momentum:
            self._push_rates(name, iteration)
        updater, after = self._existing_or_new(name), self._post_apply(name, batch_size)
        after.before(g, self._execution.nd4j)
        self._execution.update(updater.call(g, iteration, after))
        if self._net.use_regularization:
            self._known(name)

    def _push_rates(self, name: str, iteration: int) -> None:
        self._known(name)
        updater = self._updaters[name]
        self.push_rate(name, updater, iteration)
        if self._settings.updater.takes_momentum:
            self.push_momentum(name, updater, iteration)

    def push_rate(self, name: str, updater: ParameterUpdater, iteration: int) -> None:
        self.learning_rates[name] = updater.learning_rate = self.next_rate(name, iteration)

    def next_rate(self, name: str, iteration: int) -> float:
        now, initial = self.learning_rates[name], self._initial_rates[name]
        rate: float = self.port.rates.next(now, initial, iteration, self._net, self._settings)
        return rate

    def push_momentum(self, name: str, updater: ParameterUpdater, iteration: int) -> None:
        self.momentum = self.port.rates.momentum(self.momentum, iteration, self._settings.momentum_schedule)
        updater.momentum = self.momentum

    def _post_apply(self, name: str, batch_size: int) -> Penalties:
        right = super()._post_apply(name, batch_size)
        rate = self._updaters[name].learning_rate if name in self._updaters else 0.0
        made: Penalties = self.port.penalties(right.weights, right.l1, right.l2, right.divisor, rate)
        return made


class Session(EngineSession):
    """A session of a port."""

    port: Any

    def __init__(self, network: Network, on: Any) -> None:
        self._asked = network
        network = self.port.settings.network(network)
        super().__init__(network, on)
        views, params = self.views(), self._optimizer.params
        self._layers = []
        for i, given in enumerate(network.layers):
            settings = self.port.layer_settings(layer_settings(given, network.conf))
            of_layer = {p.name: params[network.key(i, p.name)] for p in settings.parameters}
            self._layers.append(self.port.layer(self._net, settings, of_layer, views, self._execution))
        if network.has_state:
            self._construct_with(network.state)

    def views(self) -> Views:
        return Views(self._state)

    def _twin(self, iteration_count: int) -> EngineSession:
        params = self._shown(self._optimizer.params)
        twin = type(self)(replace(self._asked, params=params, has_state=False, state=None), self._on)
        for new, old in zip(twin._layers, self._layers, strict=True):
            new.adopt_configuration(old)
        twin._optimizer.iteration_count = iteration_count
        return twin


PARTS: Sequence[type[Any]] = (Operations, Settings, Rates, Normalization, Penalties, Parameter, Pipeline, Session)
