"""The rules around an update: listeners, counts, steps and conditions of ``BaseOptimizer`` and its subclasses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Operation, Scalar
from dl4j_oracle.clauses import clause
from dl4j_oracle.configuration import LayerType
from dl4j_oracle.errors import Dl4jError

#: From all parameters and all updates, each flat, to the new parameters.
StepFunction = Callable[[Array, Array], Array]
Gradients = Mapping[str, Array]
#: ``MultiLayerUpdater.update``: gradients, iteration, batch size.
Update = Callable[[Gradients, int, int], dict[str, Array]]
#: The same with the length that a line search found.
SearchedStep = Callable[[Array, Array, Scalar, Arithmetic], Array]

V = TypeVar("V")
W = TypeVar("W")


@dataclass(frozen=True)
class Backpropagated(Generic[V]):
    """What backpropagation gives: gradients by key, and a score.

    If a line search follows, also the length of the ``step`` that it finds, and what comes ``after`` the step.
    """

    gradients: Mapping[str, V]
    score: float
    step: float | None = None
    after: Backpropagated[V] | None = None

    def with_gradients(self, made: Callable[[Mapping[str, V]], Mapping[str, W]]) -> Backpropagated[W]:
        """The same with other gradients."""
        after = None if self.after is None else self.after.with_gradients(made)
        return Backpropagated(made(self.gradients), self.score, self.step, after)


@dataclass(frozen=True)
class OptimizerState:
    """What lasts from one iteration to the next, besides parameters and updater.

    ``flattened_gradients`` is what ``MultiLayerNetwork.flattenedGradients`` holds of each parameter: the last update,
    or zeros if the parameter is not in it. ``has_searched``: a line search has set up what it keeps (``searchState``).
    """

    iteration_count: int = 0
    score: float = 0.0
    flattened_gradients: Gradients = field(default_factory=dict)
    has_searched: bool = False


@dataclass(frozen=True)
class Iterated:
    """What an iteration shows.

    ``heard`` is what ``onGradientCalculation`` found, ``iteration_done`` the count that ``iterationDone`` was told, or
    None.
    """

    updates: Gradients
    params: Gradients
    heard: Gradients
    iteration_done: int | None
    iteration_count: int


@clause("OPT-3")
def subtract(params: Array, updates: Array) -> Array:
    """``NegativeGradientStepFunction``, which is the default: ``params.subi(updates)``."""
    return params - updates


@clause("OPT-3")
def subtract_by_axpy(params: Array, updates: Array) -> Array:
    """``NegativeDefaultStepFunction``: BLAS, which knows no rule for NaN scalars, adds the product with -1."""
    return params.with_array(Operation.SUB, updates)


@clause("OPT-3")
def add(params: Array, updates: Array) -> Array:
    """``GradientStepFunction``: ``params.addi(updates)``, which ascends."""
    return params + updates


@clause("OPT-4")
def refuse_to_step(params: Array, updates: Array) -> Array:
    """``DefaultStepFunction.step(INDArray, INDArray)``. The updater has run by then, and nobody counts."""
    raise Dl4jError("UnsupportedOperationException", "")


@clause("OPT-10")
def search_subtracting(params: Array, updates: Array, length: Scalar, arithmetic: Arithmetic) -> Array:
    """``NegativeDefaultStepFunction``, the default of line searches: BLAS adds the product with ``-length``."""
    return _axpy(Operation.SUB, params, updates, length, arithmetic)


@clause("OPT-10")
def search_adding(params: Array, updates: Array, length: Scalar, arithmetic: Arithmetic) -> Array:
    """``DefaultStepFunction``: with a length it does step, and ascends."""
    return _axpy(Operation.ADD, params, updates, length, arithmetic)


def _axpy(operation: Operation, params: Array, updates: Array, length: Scalar, arithmetic: Arithmetic) -> Array:
    """BLAS knows no rule for NaN scalars, and does nothing for a length that is 0 in the type."""
    lengths = arithmetic.full(len(updates), length)
    if arithmetic.slice(lengths, 0, 1).item().is_zero():
        return params
    return params.with_array(operation, updates.with_array(Operation.MUL, lengths))


@clause("OPT-10")
def subtract_any_length(params: Array, updates: Array, length: Scalar, arithmetic: Arithmetic) -> Array:
    """``NegativeGradientStepFunction`` ignores the length."""
    return subtract(params, updates)


@clause("OPT-10")
def add_any_length(params: Array, updates: Array, length: Scalar, arithmetic: Arithmetic) -> Array:
    """``GradientStepFunction`` ignores the length."""
    return add(params, updates)


@clause("OPT-10")
def steps_after_search(length: float) -> bool:
    """``BaseOptimizer.optimize`` takes no step of length 0; NaN is not 0."""
    return length != 0.0


@clause("OPT-9")
def update_before_search(update: Update) -> Update:
    """The search goes along what the updater makes of the first gradient."""
    return update


@clause("OPT-9")
def update_after_search(update: Update) -> Update:
    """The updater runs again on the gradient after the step."""
    return update


@clause("OPT-9")
def not_counted_by_search(count: int) -> int:
    """The updater's second run in an iteration finds the same count."""
    return count


@clause("OPT-1")
def raw_gradients(raw: Gradients, updates: Gradients) -> Gradients:
    """``TrainingListener.onGradientCalculation`` is called between backpropagation and updater."""
    return raw


@clause("OPT-2")
def not_yet_counted(count: int) -> int:
    """``iterationDone`` is told the count before it grows: the same that the updater saw."""
    return count


@clause("OPT-2")
def seen_by_updater(count: int) -> int:
    """``updateGradientAccordingToParams`` reads the network's count, which has not grown yet."""
    return count


@clause("OPT-7")
def last_update(last: Array, arithmetic: Arithmetic) -> Array:
    """What the array of all gradients holds of a parameter that backpropagation gave no gradient."""
    return last


@clause("OPT-8", "GRAPH-6")
def counted_on(original: OptimizerState, is_graph: bool) -> OptimizerState:
    """What a clone begins with, a new optimiser, and no graph keeps its count."""
    return OptimizerState(0 if is_graph else original.iteration_count)


@clause("STATE-11")
def count_is_saved(original: OptimizerState) -> OptimizerState:
    """The count is part of the configuration, of a graph too; the score is not."""
    return OptimizerState(original.iteration_count)


@clause("OPT-5")
def eps_termination(score: float, old_score: float) -> bool:
    """``EpsTermination.terminate``: the scores hardly differ. NaN never does, one infinite score always does."""
    if score == 0.0 and old_score == 0.0:
        return False
    return 2.0 * abs(old_score - score) <= 1e-5 * (abs(old_score) + abs(score) + 1e-4)


@clause("OPT-6")
def ends_before_decay(direction: Array, arithmetic: Arithmetic) -> bool:
    """``ZeroDirection.terminate``, which is asked first: where every update is zero, nothing decays."""
    values = (arithmetic.slice(direction, i, i + 1).item() for i in range(len(direction)))
    return all(value.is_zero() for value in values)


@clause("OPT-11")
def ends_before_search(direction: Array, arithmetic: Arithmetic) -> bool:
    """The conditions are asked before the search too, with scores of 0: ``ZeroDirection`` can end it there."""
    return ends_before_decay(direction, arithmetic)


@clause("OPT-5", "GRAPH-5")
def decays_by_score(is_graph: bool) -> bool:
    """``BaseOptimizer.checkTerminalConditions`` decays nothing where the model's configuration has no layer."""
    return not is_graph


@clause("BARE-6")
def decays_alone(layer: LayerType) -> bool:
    """``applyLearningRateScoreDecay`` of a layer: ``VariationalAutoencoder``'s is empty."""
    return layer is not LayerType.VARIATIONAL_AUTOENCODER


@clause("OPT-5")
def decayed_by_score(learning_rate: Scalar, decay_rate: Scalar) -> Scalar:
    """``MultiLayerNetwork.applyLearningRateScoreDecay``: the factor is a bit more than the decay rate."""
    return learning_rate * (decay_rate + 1e-5)


@clause("OPT-3", "BARE-4")
def on_flat_vectors(step: StepFunction, params: Gradients, updates: Gradients, arithmetic: Arithmetic) -> Gradients:
    """The step is taken on all parameters at once: one element is a scalar only where there is no other.

    Updates are laid out in their own order, whatever the order of the parameters.
    """
    stepped = step(arithmetic.join(list(params.values())), arithmetic.join(list(updates.values())))
    parts, start = {}, 0
    for key, one in params.items():
        parts[key] = arithmetic.slice(stepped, start, start + len(one))
        start += len(one)
    return parts
