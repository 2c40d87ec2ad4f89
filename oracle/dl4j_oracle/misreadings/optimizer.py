"""Misreadings of what happens around an update: the step, the counts, the policy Score, clones."""

from __future__ import annotations

from dl4j_oracle import optimizer as right
from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Scalar
from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.optimizer import Gradients, OptimizerState, StepFunction


@misreading("step-adds", clauses=("OPT-3",), replaces="negative_gradient_step")
def _step_adds(params: Array, updates: Array) -> Array:
    """The step adds the update."""
    return right.add(params, updates)


@misreading("gradient-step-descends", clauses=("OPT-3",), replaces="gradient_step")
def _gradient_step_descends(params: Array, updates: Array) -> Array:
    """GradientStepFunction subtracts as the default does."""
    return right.subtract(params, updates)


@misreading("step-by-parameter", clauses=("OPT-3",), replaces="stepped")
def _step_by_parameter(step: StepFunction, params: Gradients, updates: Gradients, arithmetic: Arithmetic) -> Gradients:
    """Each parameter takes the step by itself, so that a NaN update of one value counts as 0.00001."""
    return {key: step(array, updates[key]) for key, array in params.items()}


@misreading("default-step-ascends", clauses=("OPT-4",), replaces="default_step")
def _default_step_ascends(params: Array, updates: Array) -> Array:
    """DefaultStepFunction adds the update."""
    return params + updates


@misreading("default-step-descends", clauses=("OPT-4",), replaces="default_step")
def _default_step_descends(params: Array, updates: Array) -> Array:
    """DefaultStepFunction is the default."""
    return right.subtract(params, updates)


@misreading("listeners-hear-the-update", clauses=("OPT-1",), replaces="heard", references=("quirk 53",))
def _listeners_hear_the_update(raw: Gradients, updates: Gradients) -> Gradients:
    """onGradientCalculation finds what the updater made of the gradient."""
    return updates


@misreading("iteration-done-counted", clauses=("OPT-2",), replaces="iteration_done", references=("quirk 53",))
def _iteration_done_counted(count: int) -> int:
    """iterationDone is told the new count."""
    return count + 1


@misreading("count-not-seen-by-updater", clauses=("OPT-2",), replaces="count_of_update", references=("quirk 53",))
def _count_not_seen_by_updater(count: int) -> int:
    """The updater counts from 1: it sees the new count."""
    return count + 1


@misreading("score-decay-by-rate-alone", clauses=("OPT-5",), replaces="decayed_by_score", references=("quirk 28",))
def _score_decay_by_rate_alone(learning_rate: Scalar, decay_rate: Scalar) -> Scalar:
    """The factor is the decay rate."""
    return learning_rate * decay_rate


@misreading("score-stalls-absolutely", clauses=("OPT-5",), replaces="eps_termination", references=("quirk 28",))
def _score_stalls_absolutely(score: float, old_score: float) -> bool:
    """The score stalls within 0.00001."""
    return abs(old_score - score) <= 1e-5


@misreading("score-stalls-at-zero", clauses=("OPT-5",), replaces="eps_termination", references=("quirk 28",))
def _score_stalls_at_zero(score: float, old_score: float) -> bool:
    """Two scores of zero stall too."""
    return 2.0 * abs(old_score - score) <= 1e-5 * (abs(old_score) + abs(score) + 1e-4)


@misreading("nan-score-stalls", clauses=("OPT-5",), replaces="eps_termination", references=("quirk 28",))
def _nan_score_stalls(score: float, old_score: float) -> bool:
    """A NaN score stalls."""
    return not 2.0 * abs(old_score - score) > 1e-5 * (abs(old_score) + abs(score) + 1e-4)


@misreading("score-decays-when-it-grows", clauses=("OPT-5",), replaces="eps_termination", references=("quirk 28",))
def _score_decays_when_it_grows(score: float, old_score: float) -> bool:
    """Rates decay when the score grows."""
    return score >= old_score


@misreading("score-never-decays", clauses=("OPT-5",), replaces="eps_termination", references=("quirk 28",))
def _score_never_decays(score: float, old_score: float) -> bool:
    """Policy Score does nothing."""
    return False


@misreading("zero-direction-decays", clauses=("OPT-6",), replaces="ends_before_decay")
def _zero_direction_decays(direction: Array, arithmetic: Arithmetic) -> bool:
    """Rates decay though nothing moves."""
    return False


@misreading("gradients-cleared", clauses=("OPT-7",), replaces="without_gradient", references=("quirk 54",))
def _gradients_cleared(last: Array, arithmetic: Arithmetic) -> Array:
    """What has no gradient does not move."""
    return arithmetic.full(len(last), arithmetic.scalar(0.0))


@misreading("clone-counts-from-zero", clauses=("OPT-8",), replaces="cloned_optimizer")
def _clone_counts_from_zero(state: OptimizerState, is_graph: bool) -> OptimizerState:
    """A clone's iterations count from 0, as those of a cloned ComputationGraph do."""
    return OptimizerState()


@misreading("clone-keeps-the-score", clauses=("OPT-8",), replaces="cloned_optimizer")
def _clone_keeps_the_score(state: OptimizerState, is_graph: bool) -> OptimizerState:
    """A clone's first score is compared with the original's last."""
    return OptimizerState(0 if is_graph else state.iteration_count, state.score)
