"""Misreadings of serialization, freezing and cloning."""

from __future__ import annotations

from collections.abc import Sequence

from dl4j_oracle.cloning import LayerSnapshot
from dl4j_oracle.configuration import LayerConfiguration, LayerType
from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.optimizer import OptimizerState
from dl4j_oracle.updaters import Memory


@misreading("restore-counts-from-zero", clauses=("STATE-11",), replaces="restored_optimizer", references=("quirk 55",))
def _restore_counts_from_zero(state: OptimizerState) -> OptimizerState:
    """What is read back counts its iterations from 0."""
    return OptimizerState()


@misreading("restore-keeps-the-score", clauses=("STATE-11",), replaces="restored_optimizer")
def _restore_keeps_the_score(state: OptimizerState) -> OptimizerState:
    """What is read back compares its first score with the last one before."""
    return OptimizerState(state.iteration_count, state.score)


@misreading("restore-of-velocity", clauses=("STATE-11",), replaces="restored.memory", references=("quirk 40",))
def _restore_of_velocity(ours: Memory, first: Memory) -> Memory:
    """NESTEROVS goes on with its velocity after it is read back."""
    return ours


@misreading("restore-with-first-rates", clauses=("STATE-11",), replaces="restored.rates")
def _restore_with_first_rates(layer: LayerSnapshot, new: LayerSnapshot) -> LayerSnapshot:
    """Learning rates and momentum are read back as the network was built."""
    return new


@misreading("restore-without-state", clauses=("STATE-11",), replaces="restored.memory")
def _restore_without_state(ours: Memory, first: Memory) -> Memory:
    """The state is not saved."""
    return first


@misreading("restore-frozen", clauses=("STATE-11",), replaces="restored_layer", references=("quirk 54",))
def _restore_frozen(layer: LayerConfiguration) -> LayerConfiguration:
    """Frozen layers are frozen when they are read back."""
    return layer


@misreading("center-loss-restored", clauses=("STATE-13",), replaces="check_reading")
def _center_loss_restored(types: Sequence[LayerType]) -> None:
    """A network with a center loss layer is read back."""


@misreading(
    "updater-clone-implemented", clauses=("STATE-12",), replaces="check_updater_clone", references=("quirk 48",)
)
def _updater_clone_implemented() -> None:
    """The updater of a network can be cloned."""


@misreading("output-layer-freezes", clauses=("LAYER-8",), replaces="check_freezing")
def _output_layer_freezes(is_output_layer: bool) -> None:
    """An output layer can be frozen."""


@misreading("clone-sees-last-frozen", clauses=("LAYER-9",), replaces="frozen_in_clone")
def _clone_sees_last_frozen(frozen: Sequence[bool]) -> Sequence[bool]:
    """A clone has the frozen layers of the original."""
    return frozen


@misreading("clone-thaws", clauses=("LAYER-9",), replaces="frozen_in_clone")
def _clone_thaws(frozen: Sequence[bool]) -> Sequence[bool]:
    """Nothing is frozen in a clone."""
    return [False] * len(frozen)
