"""Misreadings of what goes over into the clone of a network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from dl4j_oracle import cloning as right
from dl4j_oracle.cloning import Clone, LayerSnapshot, ParameterUpdater
from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.misreadings.parts import decompose
from dl4j_oracle.optimizer import OptimizerState
from dl4j_oracle.updaters import Memory

#: From the memory of an updater and the memory that it started with to that of its copy.
CopyOfMemory = Callable[[Memory, Memory], Memory]


@dataclass(frozen=True)
class _Copy:
    """The copy of a layer and its updaters, in a clone or in a network that is read back."""

    #: The layer whose rates and momentum the copy has: the one that is copied, or the one that it was when it was new.
    rates: Callable[[LayerSnapshot, LayerSnapshot], LayerSnapshot] = lambda layer, new: layer
    memory: CopyOfMemory = lambda ours, first: Memory(ours.view)
    #: The updater of a parameter, from the one that is copied and its copy.
    updater: Callable[[ParameterUpdater, ParameterUpdater], ParameterUpdater] = lambda ours, made: made

    def rule(self) -> Clone:
        """Return the copying as a rule."""

        def copied(layer: LayerSnapshot, new: LayerSnapshot) -> LayerSnapshot:
            rates = self.rates(layer, new)
            updaters = {}
            for name, first in new.updaters.items():
                ours = layer.updaters[name]
                made = replace(
                    first,
                    memory=self.memory(ours.memory, first.memory),
                    learning_rate=rates.learning_rates[name],
                    momentum=rates.momentum,
                )
                updaters[name] = self.updater(ours, made)
            return LayerSnapshot(rates.learning_rates, rates.momentum, updaters)

        return copied


decompose(right.clone_configuration_and_view, _Copy())


@misreading("clone-keeps-updater-objects", clauses=("STATE-10",), replaces="clone.updater")
def _clone_keeps_updater_objects(ours: ParameterUpdater, made: ParameterUpdater) -> ParameterUpdater:
    """A clone has copies of the updater objects."""
    return ours


@misreading("clone-keeps-velocity", clauses=("STATE-10",), replaces="clone.memory")
def _clone_keeps_velocity(ours: Memory, first: Memory) -> Memory:
    """A clone keeps NESTEROVS' velocity."""
    return ours


@misreading(
    "clone-from-initial-state",
    clauses=("STATE-10",),
    replaces="clone.memory",
    references=("DL4J 0.8.0's own clone of a network that has no updater yet",),
)
def _clone_from_initial_state(ours: Memory, first: Memory) -> Memory:
    """A clone's state is initialised."""
    return first


@misreading("clone-from-initial-rates", clauses=("STATE-9",), replaces="clone.rates")
def _clone_from_initial_rates(layer: LayerSnapshot, new: LayerSnapshot) -> LayerSnapshot:
    """A clone starts with the rates of the configuration that was built."""
    return new


@misreading("clear-keeps-the-updater", clauses=("STATE-14",), replaces="cleared")
def _clear_keeps_the_updater(layer: LayerSnapshot, before: LayerSnapshot) -> LayerSnapshot:
    """Clearing a network leaves its updater."""
    return before


@misreading("clear-counts-calls-on", clauses=("STATE-14", "EQ-2"), replaces="cleared")
def _clear_counts_calls_on(layer: LayerSnapshot, before: LayerSnapshot) -> LayerSnapshot:
    """ADAGRAD's count of its calls goes on after clearing, which equality looks at."""
    anew = right.made_anew(layer, before)
    calls = {name: replace(updater, calls=before.updaters[name].calls) for name, updater in anew.updaters.items()}
    return replace(anew, updaters=calls)


@misreading("clear-forgets-the-gradients", clauses=("STATE-14",), replaces="cleared_optimizer")
def _clear_forgets_the_gradients(optimizer: OptimizerState) -> OptimizerState:
    """After clearing, what has no gradient does not move."""
    return OptimizerState(optimizer.iteration_count)


@misreading("clear-counts-from-zero", clauses=("STATE-14",), replaces="cleared_optimizer")
def _clear_counts_from_zero(optimizer: OptimizerState) -> OptimizerState:
    """After clearing, iterations are counted from 0."""
    return replace(optimizer, iteration_count=0, score=0.0, search=None)
