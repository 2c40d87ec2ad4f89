"""The rules around an update: listeners, counts, steps and conditions of ``BaseOptimizer`` and its subclasses.

Arrays are 1-D, of the network's dtype; scores and rates are Java doubles.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Operation, Scalar
from dl4j_oracle.clauses import clause
from dl4j_oracle.configuration import LayerType
from dl4j_oracle.errors import Dl4jError
from dl4j_oracle.search_direction import SearchState

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
    """The result of backpropagation: gradients by key (1-D, of the network's dtype), and a score (a Java double).

    If a line search follows, also the length of the ``step`` that it finds, and what comes ``after`` the step. Without
    a length it is found: ``tries`` are the scores of the steps that are tried, the last one of all further ones.
    """

    gradients: Mapping[str, V]
    score: float
    step: float | None = None
    after: Backpropagated[V] | None = None
    tries: Sequence[float] = ()

    def with_gradients(self, made: Callable[[Mapping[str, V]], Mapping[str, W]]) -> Backpropagated[W]:
        """Return the same with other gradients."""
        after = None if self.after is None else self.after.with_gradients(made)
        return Backpropagated(made(self.gradients), self.score, self.step, after, self.tries)


@dataclass(frozen=True)
class OptimizerState:
    """The state of an optimiser that lasts from one iteration to the next, besides parameters and updater.

    ``flattened_gradients`` is what ``MultiLayerNetwork.flattenedGradients`` holds of each parameter: the last update,
    or zeros if the parameter is not in it. ``search`` is ``searchState``, which the first line search sets up.
    """

    iteration_count: int = 0
    score: float = 0.0
    flattened_gradients: Gradients = field(default_factory=dict)
    search: SearchState | None = None


@dataclass(frozen=True)
class Iterated:
    """The observable results of an iteration.

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
    """Return ``params.subi(updates)``: ``NegativeGradientStepFunction``, the default. Raises Dl4jError."""
    _check_lengths(params, updates)
    return params - updates


@clause("OPT-3")
def subtract_by_axpy(params: Array, updates: Array) -> Array:
    """Add the product with -1 by BLAS, which has no rule for NaN scalars (``NegativeDefaultStepFunction``)."""
    return params.with_array(Operation.SUB, updates)


@clause("OPT-3")
def add(params: Array, updates: Array) -> Array:
    """Return ``params.addi(updates)``, which ascends (``GradientStepFunction``). Raises Dl4jError."""
    _check_lengths(params, updates)
    return params + updates


@clause("OPT-25")
def _check_lengths(params: Array, updates: Array) -> None:
    """Raise Dl4jError for updates of another length, unless it is 1: then they count as a number (clause ARITH-3)."""
    if len(updates) not in (1, len(params)):
        raise Dl4jError("IllegalStateException", f"Mis matched lengths: [{len(updates)}] != [{len(params)}]")


@clause("OPT-4")
def refuse_to_step(params: Array, updates: Array) -> Array:
    """Raise as ``DefaultStepFunction.step(INDArray, INDArray)`` does, after the updater and before the count."""
    raise Dl4jError("UnsupportedOperationException", "")


@clause("OPT-10")
def search_subtracting(params: Array, updates: Array, length: Scalar, arithmetic: Arithmetic) -> Array:
    """Add the product with ``-length`` by BLAS: ``NegativeDefaultStepFunction``, the default of line searches."""
    return _axpy(Operation.SUB, params, updates, length, arithmetic)


@clause("OPT-10")
def search_adding(params: Array, updates: Array, length: Scalar, arithmetic: Arithmetic) -> Array:
    """Add the product with ``length`` by BLAS, which ascends (``DefaultStepFunction``)."""
    return _axpy(Operation.ADD, params, updates, length, arithmetic)


@clause("OPT-25")
def _axpy(operation: Operation, params: Array, updates: Array, length: Scalar, arithmetic: Arithmetic) -> Array:
    """Add a product as BLAS does: no rule for NaN scalars, and no effect of a length that is 0 in the type.

    Fewer updates than parameters move the first ones.
    """
    if len(updates) < len(params):
        moved = arithmetic.slice(params, 0, len(updates))
        rest = arithmetic.slice(params, len(updates), len(params))
        return arithmetic.join([_axpy(operation, moved, updates, length, arithmetic), rest])
    lengths = arithmetic.full(len(updates), length)
    if not len(updates) or arithmetic.slice(lengths, 0, 1).item().is_zero():
        return params
    return params.with_array(operation, updates.with_array(Operation.MUL, lengths))


@clause("OPT-10")
def subtract_any_length(params: Array, updates: Array, length: Scalar, arithmetic: Arithmetic) -> Array:
    """Subtract the whole updates: ``NegativeGradientStepFunction`` ignores the length."""
    return subtract(params, updates)


@clause("OPT-10")
def add_any_length(params: Array, updates: Array, length: Scalar, arithmetic: Arithmetic) -> Array:
    """Add the whole updates: ``GradientStepFunction`` ignores the length."""
    return add(params, updates)


@clause("OPT-10")
def steps_after_search(length: Scalar) -> bool:
    """Return whether the length is not 0; NaN is not 0 (``BaseOptimizer.optimize``)."""
    return not length.is_zero()


@clause("OPT-9")
def update_before_search(update: Update) -> Update:
    """Return the update before the search: the search goes along the update of the first gradient."""
    return update


@clause("OPT-9")
def update_after_search(update: Update) -> Update:
    """Return the update after the step: the updater runs again on the gradient there."""
    return update


@clause("OPT-10", "OPT-16")
def own_parameters(own: Gradients, network: Gradients) -> Gradients:
    """Return the parameters that a call starts from: the optimizer's, also where a failed search left the others."""
    return own


@clause("OPT-25")
def gradients_given(flattened: Gradients, updates: Gradients) -> Gradients:
    """Return the gradients that a first search lays out: of the array of all, those that backpropagation has given."""
    return {key: part for key, part in flattened.items() if key in updates}


@clause("OPT-27")
def begun_all_the_same(state: SearchState) -> SearchState | None:
    """Return the record that is left after a first search without any gradient, which has no parameters."""
    return state


@clause("OPT-23")
def updates_before_first_search() -> bool:
    """Return whether every search of a call has an update before it: only the first one has."""
    return False


@clause("OPT-9")
def not_counted_by_search(count: int) -> int:
    """Return the count that the updater's second run sees: the same as its first."""
    return count


@clause("OPT-1")
def raw_gradients(raw: Gradients, updates: Gradients) -> Gradients:
    """Return what listeners see: gradients before the updater (``TrainingListener.onGradientCalculation``)."""
    return raw


@clause("OPT-2")
def not_yet_counted(count: int) -> int:
    """Return the count that ``iterationDone`` is told: the one before it grows, as the updater saw it."""
    return count


@clause("OPT-2")
def seen_by_updater(count: int) -> int:
    """Return the count that the updater sees: ``updateGradientAccordingToParams`` reads it before it grows."""
    return count


@clause("OPT-7")
def last_update(last: Array, arithmetic: Arithmetic) -> Array:
    """Return the update of a parameter without a gradient: its last one is still in the array of all gradients."""
    return last


@clause("OPT-8", "GRAPH-6")
def counted_on(original: OptimizerState, is_graph: bool) -> OptimizerState:
    """Return the optimiser state of a clone: a new optimiser, and for a network (not a graph) the same count."""
    return OptimizerState(0 if is_graph else original.iteration_count)


@clause("STATE-11")
def count_is_saved(original: OptimizerState) -> OptimizerState:
    """Return the optimiser state after serialization: the count is saved, of a graph too; the score is not."""
    return OptimizerState(original.iteration_count)


@clause("STATE-14")
def kept_after_clear(optimizer: OptimizerState) -> OptimizerState:
    """Return a new optimiser with the network's count and its array of all gradients."""
    return replace(optimizer, score=0.0, search=None)


@clause("OPT-5")
def eps_termination(score: float, old_score: float) -> bool:
    """Return whether the scores hardly differ; NaN never, one infinite score always (``EpsTermination.terminate``)."""
    if score == 0.0 and old_score == 0.0:
        return False
    return 2.0 * abs(old_score - score) <= 1e-5 * (abs(old_score) + abs(score) + 1e-4)


@clause("OPT-6")
def ends_before_decay(direction: Array, arithmetic: Arithmetic) -> bool:
    """Return whether every update is zero: then nothing decays (``ZeroDirection.terminate``, asked first)."""
    values = (arithmetic.slice(direction, i, i + 1).item() for i in range(len(direction)))
    return all(value.is_zero() for value in values)


@clause("OPT-11")
def ends_before_search(direction: Array, arithmetic: Arithmetic) -> bool:
    """Return whether ``ZeroDirection`` ends the iteration before the search, where scores are 0."""
    return ends_before_decay(direction, arithmetic)


@clause("OPT-5", "GRAPH-5")
def decays_by_score(is_graph: bool) -> bool:
    """Return whether rates decay: not if the model's configuration has no layer (``checkTerminalConditions``)."""
    return not is_graph


@clause("BARE-6")
def decays_alone(layer: LayerType) -> bool:
    """Return whether a standalone layer decays its rates: ``VariationalAutoencoder``'s method is empty."""
    return layer is not LayerType.VARIATIONAL_AUTOENCODER


@clause("OPT-5")
def decayed_by_score(learning_rate: Scalar, decay_rate: Scalar) -> Scalar:
    """Return the rate times a bit more than the decay rate (``MultiLayerNetwork.applyLearningRateScoreDecay``)."""
    return learning_rate * (decay_rate + 1e-5)


@clause("OPT-3", "BARE-4")
def on_flat_vectors(step: StepFunction, params: Gradients, updates: Gradients, arithmetic: Arithmetic) -> Gradients:
    """Step on all parameters at once: one element is a scalar only where there is no other.

    Updates are laid out in their own order, whatever the order of the parameters.
    """
    stepped = step(arithmetic.join(list(params.values())), arithmetic.join(list(updates.values())))
    parts, start = {}, 0
    for key, one in params.items():
        parts[key] = arithmetic.slice(stepped, start, start + len(one))
        start += len(one)
    return parts
