"""Misreadings of what happens around an update."""

from __future__ import annotations

from collections.abc import Iterator

from dl4j_oracle import optimizer
from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Scalar
from dl4j_oracle.configuration import LayerConfiguration
from dl4j_oracle.misreadings.misreading import Misreading
from dl4j_oracle.optimizer import Gradients, OptimizerState, StepFunction, Update
from dl4j_oracle.parameters import parameters


def _compared_at_rest(score: float, old_score: float) -> bool:
    """Two zeros too."""
    return 2.0 * abs(old_score - score) <= 1e-5 * (abs(old_score) + abs(score) + 1e-4)


def _within_1e_minus_5(score: float, old_score: float) -> bool:
    return abs(old_score - score) <= 1e-5


def _nan_stalls(score: float, old_score: float) -> bool:
    return not 2.0 * abs(old_score - score) > 1e-5 * (abs(old_score) + abs(score) + 1e-4)


def _score_grows(score: float, old_score: float) -> bool:
    return score >= old_score


def _never(direction: Array, arithmetic: Arithmetic) -> bool:
    return False


def _by_rate_alone(learning_rate: Scalar, decay_rate: Scalar) -> Scalar:
    return learning_rate * decay_rate


def _like_default(params: Array, updates: Array) -> Array:
    return params + updates


def _by_parameter(step: StepFunction, params: Gradients, updates: Gradients, arithmetic: Arithmetic) -> Gradients:
    return {key: step(array, updates[key]) for key, array in params.items()}


def _cleared(last: Array, arithmetic: Arithmetic) -> Array:
    return arithmetic.full(len(last), arithmetic.scalar(0.0))


def _raw(update: Update) -> Update:
    """The updater does not run."""
    return lambda gradients, iteration, batch_size: dict(gradients)


def _in_order_of_parameters(layer: LayerConfiguration) -> list[str]:
    return [parameter.name for parameter in parameters(layer)]


def misreadings() -> Iterator[Misreading]:
    """All of them."""
    yield from _around_an_update()
    yield from _of_line_searches()


def _of_line_searches() -> Iterator[Misreading]:
    for id_, sentence, clause, field, rule in (
        ("search-updates-once", "A line search updates after the step alone.", "OPT-9", "update_before_search", _raw),
        ("search-updates-before", "A line search updates before the step alone.", "OPT-9", "update_after_search", _raw),
        (
            "search-counts-updates",
            "The second update of a line search sees the next count.",
            "OPT-9",
            "count_after_search",
            lambda count: count + 1,
        ),
        (
            "search-ignores-length",
            "A line search steps as gradient descent does.",
            "OPT-10",
            "negative_default_search",
            optimizer.subtract_any_length,
        ),
        (
            "default-search-descends",
            "DefaultStepFunction descends in a line search.",
            "OPT-10",
            "default_search",
            optimizer.search_subtracting,
        ),
        (
            "gradient-search-scales",
            "GradientStepFunction takes the length into account.",
            "OPT-10",
            "gradient_search",
            optimizer.search_adding,
        ),
        (
            "negative-gradient-search-scales",
            "NegativeGradientStepFunction takes the length into account.",
            "OPT-10",
            "negative_gradient_search",
            optimizer.search_subtracting,
        ),
        (
            "search-steps-by-nothing",
            "A line search that finds the length 0 takes its step all the same.",
            "OPT-10",
            "steps_after_search",
            lambda length: True,
        ),
        (
            "search-though-nothing-moves",
            "A line search goes on where every update is zero.",
            "OPT-11",
            "ends_before_search",
            _never,
        ),
        (
            "search-always-aligned",
            "Every search goes along the gradients as they lie.",
            "OPT-12",
            "variables",
            _in_order_of_parameters,
        ),
    ):
        yield Misreading(id_, sentence, (clause,), {field: rule}, ("quirk 32",) if clause == "OPT-9" else ())


_QUIRKS = {"OPT-1": ("quirk 53",), "OPT-2": ("quirk 53",), "OPT-5": ("quirk 28",), "OPT-7": ("quirk 54",)}


def _around_an_update() -> Iterator[Misreading]:
    for id_, sentence, clause, field, rule in (
        ("step-adds", "The step adds the update.", "OPT-3", "negative_gradient_step", optimizer.add),
        (
            "gradient-step-descends",
            "GradientStepFunction subtracts as the default does.",
            "OPT-3",
            "gradient_step",
            optimizer.subtract,
        ),
        (
            "step-by-parameter",
            "Each parameter takes the step by itself, so that a NaN update of one value counts as 0.00001.",
            "OPT-3",
            "stepped",
            _by_parameter,
        ),
        ("default-step-ascends", "DefaultStepFunction adds the update.", "OPT-4", "default_step", _like_default),
        ("default-step-descends", "DefaultStepFunction is the default.", "OPT-4", "default_step", optimizer.subtract),
        (
            "listeners-hear-the-update",
            "onGradientCalculation finds what the updater made of the gradient.",
            "OPT-1",
            "heard",
            lambda raw, updates: updates,
        ),
        (
            "iteration-done-counted",
            "iterationDone is told the new count.",
            "OPT-2",
            "iteration_done",
            lambda count: count + 1,
        ),
        (
            "count-not-seen-by-updater",
            "The updater counts from 1: it sees the new count.",
            "OPT-2",
            "count_of_update",
            lambda count: count + 1,
        ),
        ("score-decay-by-rate-alone", "The factor is the decay rate.", "OPT-5", "decayed_by_score", _by_rate_alone),
        ("score-stalls-absolutely", "The score stalls within 0.00001.", "OPT-5", "eps_termination", _within_1e_minus_5),
        ("score-stalls-at-zero", "Two scores of zero stall too.", "OPT-5", "eps_termination", _compared_at_rest),
        ("nan-score-stalls", "A NaN score stalls.", "OPT-5", "eps_termination", _nan_stalls),
        ("score-decays-when-it-grows", "Rates decay when the score grows.", "OPT-5", "eps_termination", _score_grows),
        ("score-never-decays", "Policy Score does nothing.", "OPT-5", "eps_termination", lambda score, old: False),
        ("zero-direction-decays", "Rates decay though nothing moves.", "OPT-6", "ends_before_decay", _never),
        ("gradients-cleared", "What has no gradient does not move.", "OPT-7", "without_gradient", _cleared),
        (
            "clone-counts-from-zero",
            "A clone's iterations count from 0, as those of a cloned ComputationGraph do.",
            "OPT-8",
            "cloned_optimizer",
            lambda state, is_graph: OptimizerState(),
        ),
        (
            "clone-keeps-the-score",
            "A clone's first score is compared with the original's last.",
            "OPT-8",
            "cloned_optimizer",
            lambda state, is_graph: OptimizerState(0 if is_graph else state.iteration_count, state.score),
        ),
    ):
        yield Misreading(id_, sentence, (clause,), {field: rule}, _QUIRKS.get(clause, ()))
