"""What happens around an update: ``BaseOptimizer`` as ``StochasticGradientDescent.optimize`` runs it.

Gradients and scores are given; everything between them and the new parameters is here. An iteration reads the
network's parameters, which it changes; whether it is one of many in a ``fit`` makes no difference to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dl4j_oracle.arithmetic import Arithmetic, Array, Operation, Scalar
from dl4j_oracle.clauses import clause
from dl4j_oracle.errors import Dl4jError

#: From all parameters and all updates, each flat, to the new parameters.
StepFunction = Callable[[Array, Array], Array]
Gradients = Mapping[str, Array]


@dataclass(frozen=True)
class OptimizerState:
    """What lasts from one iteration to the next, besides parameters and updater.

    ``flattened_gradients`` is what ``MultiLayerNetwork.flattenedGradients`` holds of each parameter: the last update,
    or zeros if the parameter is not in it.
    """

    iteration_count: int = 0
    score: float = 0.0
    flattened_gradients: Gradients = field(default_factory=dict)


@dataclass(frozen=True)
class Iterated:
    """What an iteration shows.

    ``heard`` is what ``onGradientCalculation`` found, ``iteration_done`` the count that ``iterationDone`` was told.
    """

    updates: Gradients
    params: Gradients
    heard: Gradients
    iteration_done: int
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


@clause("OPT-5", "GRAPH-5")
def decays_by_score(is_graph: bool) -> bool:
    """``BaseOptimizer.checkTerminalConditions`` decays nothing where the model's configuration has no layer."""
    return not is_graph


@clause("OPT-5")
def decayed_by_score(learning_rate: Scalar, decay_rate: Scalar) -> Scalar:
    """``MultiLayerNetwork.applyLearningRateScoreDecay``: the factor is a bit more than the decay rate."""
    return learning_rate * (decay_rate + 1e-5)


@clause("OPT-3")
def on_flat_vectors(step: StepFunction, params: Gradients, updates: Gradients, arithmetic: Arithmetic) -> Gradients:
    """The step is taken on all parameters at once: one element is a scalar only where there is no other."""
    stepped = step(arithmetic.join(list(params.values())), arithmetic.join([updates[key] for key in params]))
    parts, start = {}, 0
    for key, one in params.items():
        parts[key] = arithmetic.slice(stepped, start, start + len(one))
        start += len(one)
    return parts
