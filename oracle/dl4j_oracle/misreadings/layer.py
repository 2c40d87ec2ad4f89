"""Misreadings of a layer without a network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dl4j_oracle.arithmetic import Arithmetic
from dl4j_oracle.cloning import Groups, ParameterUpdater, aggregated
from dl4j_oracle.misreadings.misreading import Misreading
from dl4j_oracle.updaters import Memory


def _everything_kept(groups: Groups, arithmetic: Arithmetic) -> ParameterUpdater:
    return replace(aggregated(groups, arithmetic), settings=groups[0][0].settings)


def _view_alone(groups: Groups, arithmetic: Arithmetic) -> ParameterUpdater:
    return replace(aggregated(groups, arithmetic), memory=Memory(groups[0][0].memory.view))


def _adam_forgets(groups: Groups, arithmetic: Arithmetic) -> ParameterUpdater:
    made = aggregated(groups, arithmetic)
    if made.rule.state[:1] != ("m",):
        return made
    return replace(made, settings=replace(made.settings, epsilon=arithmetic.scalar(1e-8)))


def _rates_forgotten(groups: Groups, arithmetic: Arithmetic) -> ParameterUpdater:
    return replace(aggregated(groups, arithmetic), learning_rate=arithmetic.scalar(0.1))


def _state_forgotten(groups: Groups, arithmetic: Arithmetic) -> ParameterUpdater:
    view = {name: array - array for name, array in groups[0][0].memory.view.items()}
    return replace(aggregated(groups, arithmetic), memory=Memory(view))


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
