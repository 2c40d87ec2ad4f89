"""A script on the oracle, in whatever arithmetic: which method each operation is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol, Self, TypeVar

from dl4j_conformance.cases.operations import (
    Average,
    Clone,
    CloneUpdater,
    Compare,
    Freeze,
    Iterate,
    Operation,
    ReadState,
    Restore,
    SetLearningRate,
    SetState,
    Switch,
    Update,
)
from dl4j_conformance.cases.values import Floats
from dl4j_conformance.execution.networks import Networks
from dl4j_oracle.network.multi_layer_updater import MultiLayerUpdater
from dl4j_oracle.optimizer import Backpropagated

Numbers = Sequence[float]
R = TypeVar("R")


class Performing(Protocol):
    """A network of the oracle in some arithmetic."""

    updater: MultiLayerUpdater

    def average(self, others: Sequence[Self], combined: bool) -> None:
        """:meth:`MultiLayerUpdater.average`."""

    def with_updater(self, updater: MultiLayerUpdater) -> Self:
        """Another network in the same arithmetic."""


P = TypeVar("P", bound=Performing)


def perform(
    networks: Networks[P],
    operation: Operation,
    update: Callable[[P, Mapping[str, Numbers], int, int], R],
    iterate: Callable[[P, Backpropagated[Numbers], int], R],
) -> R | None:
    """What ``update`` or ``iterate`` returns; None after another operation. Raises :class:`Dl4jError`."""
    current = networks.current
    match operation:
        case Update(gradients, iteration, batch_size):
            return update(current, lists(gradients), iteration, batch_size)
        case Iterate():
            return iterate(current, backpropagated(operation), operation.batch_size)
        case SetState(state):
            current.updater.set_state(state.tolist())
        case SetLearningRate(key, learning_rate):
            current.updater.set_learning_rate(key, learning_rate)
        case Clone():
            networks.go_on_with(lambda network: network.with_updater(network.updater.clone()))
        case Restore(with_updater):
            networks.go_on_with(lambda network: network.with_updater(network.updater.restored(with_updater)))
        case Switch(number):
            networks.switch(number)
        case Freeze(layer):
            current.updater.freeze(layer)
        case CloneUpdater():
            current.updater.clone_updater()
        case Average(numbers, combined):
            current.average([networks.all[number] for number in numbers], combined)
        case ReadState() | Compare():
            pass
    return None


def backpropagated(operation: Iterate) -> Backpropagated[Numbers]:
    """What backpropagation gives in an iteration, as the oracle takes it."""
    first = Backpropagated[Numbers](lists(operation.gradients), operation.score)
    if operation.search is None:
        return first
    after = Backpropagated[Numbers](lists(operation.search.gradients), operation.search.score)
    return replace(first, step=operation.search.step, after=after)


def lists(arrays: Mapping[str, Floats]) -> dict[str, Numbers]:
    """Arrays as lists of numbers."""
    return {key: array.tolist() for key, array in arrays.items()}
