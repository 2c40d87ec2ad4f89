"""One parameter's updater, with its state and its rates: an object of ND4J's ``GradientUpdater``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dl4j_backends.engine.formulae import Numbers
from dl4j_backends.engine.nd4j import Array, Nd4j
from dl4j_backends.engine.parameters import ParameterSettings
from dl4j_backends.engine.post_apply import PostApply
from dl4j_backends.engine.updater_call import UpdaterCall
from dl4j_backends.engine.updaters import CUSTOM, Updater, UpdaterSettings, refuse
from dl4j_backends.interface import Dl4jException


def state_size(parameters: Sequence[ParameterSettings]) -> int:
    """Return the number of elements that the parameters' updaters have in the state view.

    Raises :class:`Dl4jException` for an updater that DL4J refuses to make.
    """
    if any(parameter.updater is CUSTOM for parameter in parameters):
        refuse()
    return sum(parameter.length * len(parameter.updater.state) for parameter in parameters)


@dataclass
class ParameterUpdater:
    """A parameter's updater: its rates, which are pushed into it, and its ``state`` (1-D views of the flat state)."""

    nd4j: Nd4j
    updater: Updater
    settings: UpdaterSettings
    state: tuple[Array, ...]
    learning_rate: float
    momentum: float
    velocity: Array | None = None
    initialized: bool = True
    calls: int = 0

    def equals(self, other: ParameterUpdater) -> bool:
        """Return ``equals`` of two objects of ND4J: numbers exactly, arrays nearly."""
        if self.updater.compared is None or self.updater is not other.updater:
            return False
        # Double.compare: NaN is NaN, and zeros have signs.
        if any(repr(self._number(name)) != repr(other._number(name)) for name in self.updater.compared):
            return False
        return all(self.nd4j.equals(x, y) for x, y in zip(self.arrays, other.arrays, strict=True))

    def _number(self, name: str) -> float:
        own: dict[str, float] = {
            "learning_rate": self.learning_rate,
            "momentum": self.momentum,
            "calls": self.calls,
        }
        return own[name] if name in own else getattr(self.settings, name)

    @property
    def arrays(self) -> tuple[Array, ...]:
        """The arrays that it uses: the velocity where that has left the state view."""
        return self.state if self.velocity is None else (self.velocity,)

    def initialize_state(self) -> None:
        """Fill the state with what the updater starts from."""
        for array in self.state:
            array[:] = self.settings.epsilon if self.updater.starts_at_epsilon else 0

    def call(self, g: Array, iteration: int, post_apply: PostApply) -> UpdaterCall:
        """Return what ``getGradient`` has to do to ``g`` (1-D, of the network's dtype) now, and what follows it."""
        if self.updater.state and not self.initialized:
            raise Dl4jException("IllegalStateException", "Updater has not been initialized with view state")
        self.calls += 1
        state = self._state_of_call() if self.updater.leaves_view else self.state
        return UpdaterCall(self.updater, g, state, self._numbers(iteration), post_apply)

    def _numbers(self, iteration: int) -> Numbers:
        """Return the doubles of this call; one that the formula does not read is 0."""
        updater, settings = self.updater, self.settings
        return Numbers(
            self.learning_rate,
            self.momentum,
            getattr(settings, updater.mean_decay) if updater.mean_decay else 0.0,
            getattr(settings, updater.decay) if updater.decay else 0.0,
            settings.epsilon,
            updater.alpha(settings, self.learning_rate, iteration + 1) if updater.alpha else 0.0,
        )

    def _state_of_call(self) -> tuple[Array, ...]:
        """Return the velocity, which moves out of the state view at the first step: then the view follows it."""
        if self.velocity is not None:
            return (self.velocity,)
        self.velocity = self.nd4j.copy(self.state[0])
        return (self.velocity, *self.state)
