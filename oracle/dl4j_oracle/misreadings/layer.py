"""Misreadings of a layer without a network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dl4j_oracle.arithmetic import Arithmetic
from dl4j_oracle.cloning import ParameterUpdater, aggregated
from dl4j_oracle.misreadings.misreading import Misreading
from dl4j_oracle.updaters import Memory


def _everything_kept(updater: ParameterUpdater, arithmetic: Arithmetic) -> ParameterUpdater:
    return replace(aggregated(updater, arithmetic), settings=updater.settings)


def _view_alone(updater: ParameterUpdater, arithmetic: Arithmetic) -> ParameterUpdater:
    return replace(aggregated(updater, arithmetic), memory=Memory(updater.memory.view))


def _adam_forgets(updater: ParameterUpdater, arithmetic: Arithmetic) -> ParameterUpdater:
    made = aggregated(updater, arithmetic)
    if updater.rule.state[:1] != ("m",):
        return made
    return replace(made, settings=replace(made.settings, epsilon=arithmetic.scalar(1e-8)))


def _rates_forgotten(updater: ParameterUpdater, arithmetic: Arithmetic) -> ParameterUpdater:
    return replace(aggregated(updater, arithmetic), learning_rate=arithmetic.scalar(0.1))


def _state_forgotten(updater: ParameterUpdater, arithmetic: Arithmetic) -> ParameterUpdater:
    view = {name: array - array for name, array in updater.memory.view.items()}
    return replace(aggregated(updater, arithmetic), memory=Memory(view))


def misreadings() -> Iterator[Misreading]:
    """All of them."""
    for id_, sentence, rule in (
        ("layer-clone-keeps-epsilon", "A cloned layer updater keeps every epsilon.", _everything_kept),
        ("layer-clone-of-view", "A cloned layer updater has NESTEROVS' view for its velocity.", _view_alone),
        ("layer-clone-adam-forgets-epsilon", "ADAM's clone forgets epsilon too.", _adam_forgets),
        ("layer-clone-without-state", "A cloned layer updater begins with zeros.", _state_forgotten),
        ("layer-clone-with-first-rate", "A cloned layer updater has the default learning rate.", _rates_forgotten),
    ):
        yield Misreading(id_, sentence, ("BARE-3",), {"aggregated": rule}, ("quirk 48",))
