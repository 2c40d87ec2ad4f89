"""Misreadings of freezing, saving and cloning updaters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from dl4j_oracle.cloning import LayerSnapshot
from dl4j_oracle.misreadings.misreading import Misreading
from dl4j_oracle.optimizer import OptimizerState


def _with_velocity(layer: LayerSnapshot, new: LayerSnapshot) -> LayerSnapshot:
    """What is remembered outside of the view is saved too."""
    updaters = {
        name: replace(
            updater,
            memory=layer.updaters[name].memory,
            learning_rate=layer.learning_rates[name],
            momentum=layer.momentum,
        )
        for name, updater in new.updaters.items()
    }
    return LayerSnapshot(layer.learning_rates, layer.momentum, updaters)


def _with_first_rates(layer: LayerSnapshot, new: LayerSnapshot) -> LayerSnapshot:
    """The configuration is saved as it was built."""
    state = {name: replace(updater, memory=layer.updaters[name].memory) for name, updater in new.updaters.items()}
    return LayerSnapshot(new.learning_rates, new.momentum, state)


def _without_state(layer: LayerSnapshot, new: LayerSnapshot) -> LayerSnapshot:
    """The updater is never saved."""
    rates = {
        name: replace(updater, learning_rate=layer.learning_rates[name], momentum=layer.momentum)
        for name, updater in new.updaters.items()
    }
    return LayerSnapshot(layer.learning_rates, layer.momentum, rates)


def _all_thawed(frozen: Sequence[bool]) -> Sequence[bool]:
    return [False] * len(frozen)


def misreadings() -> Iterator[Misreading]:
    """All of them."""
    for id_, sentence, clause, field, rule, known in (
        (
            "restore-counts-from-zero",
            "What is read back counts its iterations from 0.",
            "STATE-11",
            "restored_optimizer",
            lambda state: OptimizerState(),
            ("quirk 55",),
        ),
        (
            "restore-keeps-the-score",
            "What is read back compares its first score with the last one before.",
            "STATE-11",
            "restored_optimizer",
            lambda state: OptimizerState(state.iteration_count, state.score),
            (),
        ),
        (
            "restore-of-velocity",
            "NESTEROVS goes on with its velocity after it is read back.",
            "STATE-11",
            "restored",
            _with_velocity,
            ("quirk 40",),
        ),
        (
            "restore-with-first-rates",
            "Learning rates and momentum are read back as the network was built.",
            "STATE-11",
            "restored",
            _with_first_rates,
            (),
        ),
        ("restore-without-state", "The state is not saved.", "STATE-11", "restored", _without_state, ()),
        (
            "restore-frozen",
            "Frozen layers are frozen when they are read back.",
            "STATE-11",
            "restored_layer",
            lambda layer: layer,
            ("quirk 54",),
        ),
        (
            "center-loss-restored",
            "A network with a center loss layer is read back.",
            "STATE-13",
            "check_reading",
            lambda types: None,
            (),
        ),
        (
            "updater-clone-implemented",
            "The updater of a network can be cloned.",
            "STATE-12",
            "check_updater_clone",
            lambda: None,
            ("quirk 48",),
        ),
        (
            "output-layer-freezes",
            "An output layer can be frozen.",
            "LAYER-8",
            "check_freezing",
            lambda is_output_layer: None,
            (),
        ),
        (
            "clone-sees-last-frozen",
            "A clone has the frozen layers of the original.",
            "LAYER-9",
            "frozen_in_clone",
            lambda frozen: frozen,
            (),
        ),
        ("clone-thaws", "Nothing is frozen in a clone.", "LAYER-9", "frozen_in_clone", _all_thawed, ()),
    ):
        yield Misreading(id_, sentence, (clause,), {field: rule}, known)
