"""``LayerUpdater``: one layer's updaters, learning rates and momentum, on views of the network's flat arrays.

Arrays are 1-D, of the network's dtype.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dl4j_backends.engine.averages import aggregated
from dl4j_backends.engine.execution import Execution
from dl4j_backends.engine.formulae import Numbers
from dl4j_backends.engine.learning_rate import next_learning_rate
from dl4j_backends.engine.nd4j import Array
from dl4j_backends.engine.normalization import Gradient
from dl4j_backends.engine.parameter_updater import ParameterUpdater
from dl4j_backends.engine.parameters import ParameterSettings
from dl4j_backends.engine.post_apply import PostApply
from dl4j_backends.engine.settings import LayerSettings, NetworkSettings
from dl4j_backends.engine.updater_call import UpdaterCall
from dl4j_backends.engine.updaters import NONE
from dl4j_backends.interface import Dl4jException


class Views:
    """Consecutive views of a flat array, handed out one after the other."""

    def __init__(self, flat: Array) -> None:
        self._flat, self._start = flat, 0

    def take(self, length: int) -> Array:
        """Return a view of the next ``length`` elements."""
        start, self._start = self._start, self._start + length
        return self._flat[start : self._start]


class Layer:
    """One layer's updaters, learning rates and momentum.

    ``params`` are 1-D views of the parameters, ``views`` hands out the updaters' state.
    """

    def __init__(
        self,
        net: NetworkSettings,
        settings: LayerSettings,
        params: Mapping[str, Array],
        views: Views,
        execution: Execution,
    ) -> None:
        self._net, self._settings, self._execution = net, settings, execution
        self._parameters = {p.name: p for p in settings.parameters}
        self._weights = params
        self.learning_rates = {p.name: p.learning_rate for p in settings.parameters}
        self.momentum = settings.momentum
        self.is_frozen = settings.frozen
        self.is_pretrained = settings.pretrain
        self._updaters = {p.name: self._updater(p, views) for p in settings.parameters}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parameters, in order."""
        return tuple(self._parameters)

    def _updater(self, parameter: ParameterSettings, views: Views) -> ParameterUpdater:
        state = tuple(views.take(parameter.length) for _ in parameter.updater.state)
        updater = self._execution.updater(parameter, self._settings, state)
        updater.initialize_state()
        return updater

    def updater(self, name: str) -> ParameterUpdater:
        """Return a parameter's updater."""
        return self._updaters[name]

    def adopt_configuration(self, other: Layer) -> None:
        """Take over another layer's learning rates, momentum (in the updaters too) and flag of pretraining."""
        self.learning_rates, self.momentum = dict(other.learning_rates), other.momentum
        self.is_pretrained = other.is_pretrained
        for name, updater in self._updaters.items():
            updater.learning_rate, updater.momentum = self.learning_rates[name], self.momentum

    def look_into_view(self) -> None:
        """Take NESTEROVS' velocity from the state view again."""
        for updater in self._updaters.values():
            updater.velocity = None

    def adopt(self, other: Layer) -> None:
        """Take over another layer's rates, and of its updaters what aggregators keep."""
        self.learning_rates, self.momentum = dict(other.learning_rates), other.momentum
        self._take({name: aggregated([[updater]]) for name, updater in other._updaters.items()})

    def average(self, others: Sequence[Layer], combined: bool) -> None:
        """Go on with what aggregators make of this layer's updaters and those of ``others``."""
        averages = {}
        for name, updater in self._updaters.items():
            if not all(name in other._updaters for other in others):
                raise Dl4jException("UnsupportedOperationException", f"an updater of {name!r} is missing")
            found = [other._updaters[name] for other in others]
            averages[name] = aggregated([[updater], found] if combined else [[updater, *found]])
        self._take(averages)

    def _take(self, averages: Mapping[str, ParameterUpdater]) -> None:
        """Replace the updaters by averages, whose arrays are copied to where this layer's state is."""
        for name, average in averages.items():
            views = self._updaters[name].state if name in self._updaters else ()
            for view, array in zip(views, average.state, strict=True):
                view[:] = array
            self._updaters[name] = replace(average, state=views)

    def equals(self, other: Layer) -> bool:
        """Return ``LayerUpdater.equals``."""
        theirs = other._updaters
        return self._updaters.keys() == theirs.keys() and all(
            updater.equals(theirs[name]) for name, updater in self._updaters.items()
        )

    def decay_by_score(self) -> None:
        """Decay the rates as policy Score does when the score stalls: a bit less than the decay rate says."""
        factor = self._net.lr_policy_decay_rate + 1e-5
        self.learning_rates = {name: rate * factor for name, rate in self.learning_rates.items()}

    def update(self, gradients: Mapping[str, Gradient], iteration: int, batch_size: int) -> None:
        """Do ``LayerUpdater.update``, in place on the gradients (1-D, of the network's dtype)."""
        settings, net = self._settings, self._net
        if self.is_frozen:
            return
        given: Sequence[Gradient] = list(gradients.values())
        if not self.is_pretrained:
            strategy, threshold = settings.gradient_normalization, settings.gradient_normalization_threshold
            given = self._execution.normalize(strategy, threshold, given)
        for name, (g, _) in zip(gradients, given, strict=True):
            if self._passes_over(name):
                self._execution.update(UpdaterCall(NONE, g, (), Numbers(), PostApply(self._weights.get(name))))
                continue
            if net.lr_policy != "None" or settings.updater.takes_momentum:
                self._push_rates(name, iteration)
            self._execution.update(self.call(name, g, iteration, batch_size))
            if net.use_regularization:
                self._known(name)

    def _passes_over(self, name: str) -> bool:
        """Return whether a parameter is a visible bias that is not pretrained: the update is its gradient."""
        return not self.is_pretrained and _before_underscore(name) == "vb"

    @property
    def is_steady(self) -> bool:
        """Return whether updates take nothing new but gradients and the iteration: no norm, policy or schedule."""
        settings = self._settings
        return (
            settings.gradient_normalization == "None"
            and self._net.lr_policy == "None"
            and not settings.updater.takes_momentum
            and not self.is_frozen
            and not any(map(self._passes_over, self._parameters))
        )

    def call(self, name: str, g: Array, iteration: int, batch_size: int) -> UpdaterCall:
        """Return what an update does to a parameter, of which ``g`` is the normalised gradient."""
        return self._existing_or_new(name).call(g, iteration, self._post_apply(name, batch_size))

    def _push_rates(self, name: str, iteration: int) -> None:
        self._known(name)
        updater = self._updaters[name]
        rate = next_learning_rate(
            self.learning_rates[name], iteration, self._net, self._settings.learning_rate_schedule
        )
        self.learning_rates[name] = updater.learning_rate = rate
        if self._settings.updater.takes_momentum:
            self.momentum = self._settings.momentum_schedule.get(iteration, self.momentum)
            updater.momentum = self.momentum

    def _post_apply(self, name: str, batch_size: int) -> PostApply:
        """Return L2, L1 and division. They change the update: no learning rate scales them, but they are divided."""
        if self._net.use_regularization and name not in self._parameters:
            return PostApply()
        after = PostApply(self._weights.get(name), divisor=batch_size if self._net.mini_batch else 1)
        if not self._net.use_regularization:
            return after
        return replace(after, l1=self._parameters[name].l1, l2=self._parameters[name].l2)

    def _existing_or_new(self, name: str) -> ParameterUpdater:
        """Return a parameter's updater: of an unknown one without state, or an error if it takes a learning rate."""
        if name not in self._updaters:
            if self._settings.updater.takes_learning_rate:
                self._known(name)
            self._updaters[name] = ParameterUpdater(
                self._execution.nd4j, self._settings.updater, self._settings, (), 0.0, 0.0, initialized=False
            )
        return self._updaters[name]

    def _known(self, name: str) -> ParameterSettings:
        if name not in self._parameters:
            raise Dl4jException("NullPointerException", f"no parameter {name!r}")
        return self._parameters[name]


def _before_underscore(name: str) -> str:
    """Return Java's ``name.split("_")[0]``, which fails for a name of underscores alone."""
    if name and set(name) == {"_"}:
        raise Dl4jException("ArrayIndexOutOfBoundsException", "0")
    return name.split("_")[0]
