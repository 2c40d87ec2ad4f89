"""The interface of a library of optimizers, as both modes use it. Arrays are 1-D, of the network's dtype."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from dl4j_backends.engine.settings import GradientNormalization
from dl4j_backends.frameworks.construction import Construction, LibraryName
from dl4j_backends.frameworks.schedule import Schedule
from dl4j_backends.interface import Accuracy, Floats


class Rates(NamedTuple):
    """The learning rate and the momentum of a step."""

    learning_rate: float
    momentum: float


class LibraryOptimizer(Protocol):
    """One parameter's optimizer: an object of the library, with its state and its counter."""

    def state(self) -> Sequence[Floats]:
        """Return copies of its state (1-D, of the dtype), in the order and with the meaning of DL4J's view."""

    def load(self, state: Sequence[Floats]) -> None:
        """Take over a state in DL4J's meaning (1-D arrays of the dtype)."""

    def adopt(self, rates: Rates) -> None:
        """Set the learning rate, and the momentum if it has one."""

    def count(self, iteration: int) -> None:
        """Set its counter to the number of steps before the next one, if it has a counter.

        Raise :class:`dl4j_backends.interface.UnsupportedError` for a number that it cannot count to.
        """

    def step(self, weights: Floats, gradient: Floats) -> Floats:
        """Return the weights after a step from ``weights`` along ``gradient`` (1-D each, of the dtype)."""


class Library(Protocol):
    """A library of optimizers. What has no counterpart in it raises ``UnsupportedError``."""

    name: LibraryName
    #: The errors of its operations on arrays.
    accuracy: Accuracy
    #: Whether one optimizer trains a whole model, so that layers cannot have settings of their own.
    has_one_optimizer: bool

    def optimizer(self, made: Construction, dtype: str, length: int) -> LibraryOptimizer:
        """Return an optimizer for one parameter of ``length`` elements and ``dtype``."""

    def clipped(
        self, strategy: GradientNormalization, threshold: float, gradients: Sequence[Floats]
    ) -> Sequence[Floats]:
        """Return all gradients of a layer (1-D, of one dtype) as the library clips them."""

    def learning_rates(self, schedule: Schedule, learning_rate: float, dtype: str) -> Iterator[float]:
        """Yield the rates of the steps in a network of ``dtype``, the first of them ``learning_rate``."""
