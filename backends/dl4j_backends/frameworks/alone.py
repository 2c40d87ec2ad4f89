"""The modes ``alone`` and ``matched``: a library's updater inside DL4J's pipeline.

The engine does all but ``getGradient``: keys, normalisation, rates, regularization and division. The library computes
the step and keeps its state. DL4J's state view shows that state, and what is written to the view is given to the
library before its next step. The optimizer's counter is set to DL4J's iteration.

The library moves a parameter of -0.0, so that the update is known exactly: -0.0 - u is -u for every u.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from dl4j_backends.engine.execution import Execution
from dl4j_backends.engine.nd4j import Array
from dl4j_backends.engine.parameter_updater import ParameterUpdater
from dl4j_backends.engine.parameters import ParameterSettings
from dl4j_backends.engine.post_apply import PostApply
from dl4j_backends.engine.settings import LayerSettings
from dl4j_backends.engine.updater_call import UpdaterCall
from dl4j_backends.engine.updaters import NONE, UpdaterSettings
from dl4j_backends.frameworks.construction import Mode, construction
from dl4j_backends.frameworks.interface import Library, LibraryOptimizer, Rates
from dl4j_backends.interface import UnsupportedError
from dl4j_backends.numpy.nd4j import NumpyNd4j


class LibraryExecution(Execution):
    """Updates whose step is a library's, on NumPy's arrays of one dtype."""

    def __init__(self, library: Library, mode: Mode, dtype: str) -> None:
        super().__init__(NumpyNd4j(dtype))
        self._library, self._mode = library, mode

    def updater(
        self, parameter: ParameterSettings, settings: LayerSettings, state: tuple[Array, ...]
    ) -> ParameterUpdater:
        """Return the updater of one parameter, on its ``state`` (views of the flat state, 1-D, of the dtype).

        A parameter that its layer changes by itself, as batch normalisation does its mean, has no optimizer.
        Raises :class:`UnsupportedError` for an updater or a setting without counterpart.
        """
        engines = super().updater(parameter, settings, state)
        name = parameter.updater.name
        if parameter.updater is NONE and settings.updater is not NONE:
            return engines

        def make(settings: UpdaterSettings) -> LibraryOptimizer:
            made = construction(self._library.name, name, settings, parameter.learning_rate, self._mode)
            return self._library.optimizer(made, self.nd4j.dtype, parameter.length)

        return LibraryUpdater.of(engines, parameter.length, make)


@dataclass
class LibraryUpdater(ParameterUpdater):
    """A parameter's updater whose step is that of a library's ``optimizer``, which it makes for its settings.

    A copy has an optimizer of its own, which takes over the copied state before its first step.
    """

    length: int = field(kw_only=True)
    make: Callable[[UpdaterSettings], LibraryOptimizer] = field(kw_only=True)
    optimizer: LibraryOptimizer = field(init=False)
    #: The bits that the view was set to; none, if it has not been set.
    shown: tuple[bytes, ...] = field(init=False, default=())

    def __post_init__(self) -> None:
        self.optimizer = self.make(self.settings)

    @classmethod
    def of(cls, engines: ParameterUpdater, length: int, make: Callable[[UpdaterSettings], LibraryOptimizer]) -> Self:
        """Return an updater like one of the engine's, with an optimizer that ``make`` returns."""
        return cls(
            engines.nd4j,
            engines.updater,
            engines.settings,
            engines.state,
            engines.learning_rate,
            engines.momentum,
            length=length,
            make=make,
        )

    def initialize_state(self) -> None:
        """Show what the library starts from."""
        self._show()

    def call(self, g: Array, iteration: int, post_apply: PostApply) -> UpdaterCall:
        """Let the library make its step, whose update is written over ``g`` (1-D, of the dtype).

        Raises :class:`UnsupportedError` for a number that the library's counter cannot have.
        """
        if len(g) != self.length:
            raise UnsupportedError("a gradient of another length than its parameter has")
        self.optimizer.adopt(Rates(self.learning_rate if self.updater.takes_learning_rate else 1.0, self.momentum))
        self.optimizer.count(iteration)
        if self._bits() != self.shown:
            self.optimizer.load(self.state)
        g[:] = -self.optimizer.step(np.full_like(g, -0.0), g)
        self._show()
        return UpdaterCall(NONE, g, (), self._numbers(iteration), post_apply)

    def _show(self) -> None:
        for view, array in zip(self.state, self.optimizer.state(), strict=True):
            view[:] = array
        self.shown = self._bits()

    def _bits(self) -> tuple[bytes, ...]:
        return tuple(view.tobytes() for view in self.state)
