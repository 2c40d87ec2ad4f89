"""Misreadings of a standalone layer: its updater's clones and averages, its view, its steps."""

from __future__ import annotations

from dataclasses import replace

from dl4j_oracle.arithmetic.interface import Arithmetic
from dl4j_oracle.cloning import Groups, ParameterUpdater, aggregated
from dl4j_oracle.configuration import LayerType
from dl4j_oracle.errors import Dl4jError
from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.optimizer import Gradients, StepFunction, on_flat_vectors
from dl4j_oracle.state_layout import check_view
from dl4j_oracle.updaters import Memory


def _count(groups: Groups) -> int:
    return sum(map(len, groups))


@misreading("layer-clone-keeps-epsilon", clauses=("BARE-3",), replaces="aggregated", references=("quirk 48",))
def _layer_clone_keeps_epsilon(groups: Groups, arithmetic: Arithmetic) -> ParameterUpdater:
    """A cloned layer updater keeps every epsilon."""
    return replace(aggregated(groups, arithmetic), settings=groups[0][0].settings)


@misreading("layer-clone-of-view", clauses=("BARE-3",), replaces="aggregated", references=("quirk 48",))
def _layer_clone_of_view(groups: Groups, arithmetic: Arithmetic) -> ParameterUpdater:
    """A cloned layer updater has NESTEROVS' view for its velocity."""
    return replace(aggregated(groups, arithmetic), memory=Memory(groups[0][0].memory.view))


@misreading("layer-clone-adam-forgets-epsilon", clauses=("BARE-3",), replaces="aggregated", references=("quirk 48",))
def _layer_clone_adam_forgets_epsilon(groups: Groups, arithmetic: Arithmetic) -> ParameterUpdater:
    """ADAM's clone forgets epsilon too."""
    made = aggregated(groups, arithmetic)
    if made.rule.name != "ADAM":
        return made
    return replace(made, settings=replace(made.settings, epsilon=arithmetic.scalar(1e-8)))


@misreading("layer-clone-without-state", clauses=("BARE-3",), replaces="aggregated", references=("quirk 48",))
def _layer_clone_without_state(groups: Groups, arithmetic: Arithmetic) -> ParameterUpdater:
    """A cloned layer updater begins with zeros."""
    view = {name: array - array for name, array in groups[0][0].memory.view.items()}
    return replace(aggregated(groups, arithmetic), memory=Memory(view))


@misreading("layer-clone-with-first-rate", clauses=("BARE-3",), replaces="aggregated", references=("quirk 48",))
def _layer_clone_with_first_rate(groups: Groups, arithmetic: Arithmetic) -> ParameterUpdater:
    """A cloned layer updater has the default learning rate."""
    return replace(aggregated(groups, arithmetic), learning_rate=arithmetic.scalar(0.1))


@misreading("layer-view-of-its-length", clauses=("BARE-2",), replaces="check_view")
def _layer_view_of_its_length(given: int | None, size: int) -> None:
    """A view must have the length of the state."""
    check_view(given, size)
    if given != size:
        raise Dl4jError("IllegalStateException", "")


@misreading("layer-view-copied", clauses=("BARE-2",), replaces="pointed", references=("quirk 40",))
def _layer_view_copied(memory: Memory) -> Memory:
    """A view is copied, and NESTEROVS' velocity goes on."""
    return memory


@misreading("encoder-decays-by-score", clauses=("BARE-6",), replaces="decays_alone")
def _encoder_decays_by_score(layer_type: LayerType) -> bool:
    """Policy Score decays the rates of a variational auto-encoder alone."""
    return True


@misreading("layer-steps-by-name", clauses=("BARE-4",), replaces="stepped")
def _layer_steps_by_name(
    step: StepFunction, params: Gradients, updates: Gradients, arithmetic: Arithmetic
) -> Gradients:
    """In pretraining every parameter is moved by its own update."""
    return on_flat_vectors(step, params, {key: updates[key] for key in params}, arithmetic)


@misreading("average-of-views", clauses=("BARE-5",), replaces="aggregated", references=("quirk 48",))
def _average_of_views(groups: Groups, arithmetic: Arithmetic) -> ParameterUpdater:
    """An average of updaters has the average of NESTEROVS' views."""
    if _count(groups) == 1:
        return aggregated(groups, arithmetic)
    attached = [[replace(updater, memory=Memory(updater.memory.view)) for updater in group] for group in groups]
    return aggregated(attached, arithmetic)


@misreading("average-with-first-rate", clauses=("BARE-5",), replaces="aggregated", references=("quirk 48",))
def _average_with_first_rate(groups: Groups, arithmetic: Arithmetic) -> ParameterUpdater:
    """An average of updaters has the first one's rate and decays."""
    first = groups[0][0]
    return replace(aggregated(groups, arithmetic), learning_rate=first.learning_rate, settings=first.settings)


@misreading("average-with-first-state", clauses=("BARE-5",), replaces="aggregated", references=("quirk 48",))
def _average_with_first_state(groups: Groups, arithmetic: Arithmetic) -> ParameterUpdater:
    """An average of updaters has the first one's state."""
    return replace(aggregated(groups, arithmetic), memory=groups[0][0].memory)


@misreading("average-combined-in-one", clauses=("BARE-5",), replaces="aggregated", references=("quirk 48",))
def _average_combined_in_one(groups: Groups, arithmetic: Arithmetic) -> ParameterUpdater:
    """Combining is aggregating one after the other."""
    return aggregated([[updater for group in groups for updater in group]], arithmetic)


@misreading("average-of-averages", clauses=("BARE-5",), replaces="aggregated", references=("quirk 48",))
def _average_of_averages(groups: Groups, arithmetic: Arithmetic) -> ParameterUpdater:
    """Combined aggregators give the average of their averages."""
    return aggregated([[aggregated([group], arithmetic) for group in groups]], arithmetic)


@misreading("average-calls-rounded-up", clauses=("BARE-5",), replaces="aggregated", references=("quirk 48",))
def _average_calls_rounded_up(groups: Groups, arithmetic: Arithmetic) -> ParameterUpdater:
    """An average's count of calls is rounded up."""
    calls = sum(updater.calls for group in groups for updater in group)
    return replace(aggregated(groups, arithmetic), calls=-(-calls // _count(groups)))


@misreading("average-backwards", clauses=("BARE-5",), replaces="aggregated", references=("quirk 48",))
def _average_backwards(groups: Groups, arithmetic: Arithmetic) -> ParameterUpdater:
    """Averages are summed from the last updater to the first."""
    return aggregated([list(group)[::-1] for group in reversed(groups)], arithmetic)
