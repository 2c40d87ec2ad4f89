"""Misreadings of a layer without a network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dl4j_oracle.arithmetic.interface import Arithmetic
from dl4j_oracle.cloning import Groups, ParameterUpdater, aggregated
from dl4j_oracle.errors import Dl4jError
from dl4j_oracle.misreadings.misreading import Misreading
from dl4j_oracle.optimizer import Gradients, StepFunction, on_flat_vectors
from dl4j_oracle.state_layout import check_view
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


def _views_averaged(groups: Groups, arithmetic: Arithmetic) -> ParameterUpdater:
    if _count(groups) == 1:
        return aggregated(groups, arithmetic)
    attached = [[replace(updater, memory=Memory(updater.memory.view)) for updater in group] for group in groups]
    return aggregated(attached, arithmetic)


def _first_rates(groups: Groups, arithmetic: Arithmetic) -> ParameterUpdater:
    first = groups[0][0]
    return replace(aggregated(groups, arithmetic), learning_rate=first.learning_rate, settings=first.settings)


def _first_state(groups: Groups, arithmetic: Arithmetic) -> ParameterUpdater:
    return replace(aggregated(groups, arithmetic), memory=groups[0][0].memory)


def _one_group(groups: Groups, arithmetic: Arithmetic) -> ParameterUpdater:
    return aggregated([[updater for group in groups for updater in group]], arithmetic)


def _means_of_groups(groups: Groups, arithmetic: Arithmetic) -> ParameterUpdater:
    return aggregated([[aggregated([group], arithmetic) for group in groups]], arithmetic)


def _calls_rounded_up(groups: Groups, arithmetic: Arithmetic) -> ParameterUpdater:
    calls = sum(updater.calls for group in groups for updater in group)
    return replace(aggregated(groups, arithmetic), calls=-(-calls // _count(groups)))


def _backwards(groups: Groups, arithmetic: Arithmetic) -> ParameterUpdater:
    return aggregated([list(group)[::-1] for group in reversed(groups)], arithmetic)


def _of_its_length(given: int | None, size: int) -> None:
    check_view(given, size)
    if given != size:
        raise Dl4jError("IllegalStateException", "")


def _count(groups: Groups) -> int:
    return sum(map(len, groups))


def _by_name(step: StepFunction, params: Gradients, updates: Gradients, arithmetic: Arithmetic) -> Gradients:
    return on_flat_vectors(step, params, {key: updates[key] for key in params}, arithmetic)


def misreadings() -> Iterator[Misreading]:
    """All of them."""
    yield from _clones()
    yield Misreading(
        "layer-view-of-its-length",
        "A view must have the length of the state.",
        ("BARE-2",),
        {"check_view": _of_its_length},
    )
    yield Misreading(
        "layer-view-copied",
        "A view is copied, and NESTEROVS' velocity goes on.",
        ("BARE-2",),
        {"pointed": lambda memory: memory},
        ("quirk 40",),
    )
    yield Misreading(
        "encoder-decays-by-score",
        "Policy Score decays the rates of a variational auto-encoder alone.",
        ("BARE-6",),
        {"decays_alone": lambda layer: True},
    )
    yield Misreading(
        "layer-steps-by-name",
        "In pretraining every parameter is moved by its own update.",
        ("BARE-4",),
        {"stepped": _by_name},
    )
    for id_, sentence, rule in (
        ("average-of-views", "An average of updaters has the average of NESTEROVS' views.", _views_averaged),
        ("average-with-first-rate", "An average of updaters has the first one's rate and decays.", _first_rates),
        ("average-with-first-state", "An average of updaters has the first one's state.", _first_state),
        ("average-combined-in-one", "Combining is aggregating one after the other.", _one_group),
        ("average-of-averages", "Combined aggregators give the average of their averages.", _means_of_groups),
        ("average-calls-rounded-up", "An average's count of calls is rounded up.", _calls_rounded_up),
        ("average-backwards", "Averages are summed from the last updater to the first.", _backwards),
    ):
        yield Misreading(id_, sentence, ("BARE-5",), {"aggregated": rule}, ("quirk 48",))


def _clones() -> Iterator[Misreading]:
    for id_, sentence, rule in (
        ("layer-clone-keeps-epsilon", "A cloned layer updater keeps every epsilon.", _everything_kept),
        ("layer-clone-of-view", "A cloned layer updater has NESTEROVS' view for its velocity.", _view_alone),
        ("layer-clone-adam-forgets-epsilon", "ADAM's clone forgets epsilon too.", _adam_forgets),
        ("layer-clone-without-state", "A cloned layer updater begins with zeros.", _state_forgotten),
        ("layer-clone-with-first-rate", "A cloned layer updater has the default learning rate.", _rates_forgotten),
    ):
        yield Misreading(id_, sentence, ("BARE-3",), {"aggregated": rule}, ("quirk 48",))
