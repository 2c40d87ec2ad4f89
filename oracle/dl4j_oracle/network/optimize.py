"""One iteration of an optimiser: ``Solver.optimize``, from what backpropagation gives to the new parameters.

Gradients and scores are given. Whether an iteration is one of many in a ``fit`` makes no difference to it.
"""

from __future__ import annotations

from dataclasses import replace

from dl4j_oracle.arithmetic.interface import Array
from dl4j_oracle.arithmetic.java import wrapped_int
from dl4j_oracle.clauses import clause
from dl4j_oracle.configuration import LearningRatePolicy
from dl4j_oracle.network.multi_layer_updater import MultiLayerUpdater
from dl4j_oracle.optimizer import Backpropagated, Gradients, Iterated, StepFunction, Update


def optimize(network: MultiLayerUpdater, given: Backpropagated[Array], batch_size: int) -> Iterated:
    """By the kind of optimiser. Raises :class:`Dl4jError`; what was done before that stays done."""
    if given.after is None:
        return _descend(network, given, batch_size)
    return _search(network, given, given.after, batch_size)


@clause("OPT-1", "OPT-2", "OPT-3", "OPT-7")
def _descend(network: MultiLayerUpdater, given: Backpropagated[Array], batch_size: int) -> Iterated:
    """``StochasticGradientDescent.optimize``."""
    rules = network.rules
    old_score = network.optimizer.score
    count = rules.count_of_update(network.optimizer.iteration_count)
    updates = _gradient_and_score(network, network.update, given, count, batch_size)
    _step(network, rules.step_function(network.conf.step_function), network.optimizer.flattened_gradients)
    return _done(network, given, updates, old_score)


@clause("OPT-9", "OPT-10", "OPT-12")
def _search(
    network: MultiLayerUpdater, given: Backpropagated[Array], after: Backpropagated[Array], batch_size: int
) -> Iterated:
    """``BaseOptimizer.optimize``, as ``LineGradientDescent`` inherits it: the updater runs, and then runs again."""
    rules, arithmetic, count = network.rules, network.arithmetic, network.optimizer.iteration_count
    updates = _gradient_and_score(network, rules.update_before_search(network.update), given, count, batch_size)
    direction = network.optimizer.flattened_gradients
    if not network.optimizer.has_searched:
        # ``setupSearchState`` lays the update out by the names of variables; later it is taken as it is.
        direction = {key: direction[key] for key in network.variables}
        network.optimizer = replace(network.optimizer, has_searched=True)
    if rules.ends_before_search(arithmetic.join(list(direction.values())), arithmetic):
        return Iterated(updates, network.params, rules.heard(given.gradients, updates), None, count)
    step, length = rules.searched_step(network.conf.step_function), given.step or 0.0
    if rules.steps_after_search(length):
        scalar = arithmetic.scalar(length)
        _step(network, lambda params, updates: step(params, updates, scalar, arithmetic), direction)
    count = rules.count_after_search(count)
    updates = _gradient_and_score(network, rules.update_after_search(network.update), after, count, batch_size)
    return _done(network, after, updates, given.score)


def _gradient_and_score(
    network: MultiLayerUpdater, update: Update, given: Backpropagated[Array], count: int, batch_size: int
) -> dict[str, Array]:
    """``BaseOptimizer.gradientAndScore``: the updates, which stay in the array of all gradients."""
    network.optimizer = replace(network.optimizer, score=given.score)
    updates = update(given.gradients, count, batch_size)
    network.optimizer = replace(network.optimizer, flattened_gradients=network.flattened(updates))
    return updates


def _step(network: MultiLayerUpdater, step: StepFunction, updates: Gradients) -> None:
    network.assign_params(network.rules.stepped(step, network.params, updates, network.arithmetic))


@clause("OPT-2", "OPT-5", "OPT-6")
def _done(network: MultiLayerUpdater, given: Backpropagated[Array], updates: Gradients, old_score: float) -> Iterated:
    """``iterationDone``, the termination conditions, the count."""
    rules, count = network.rules, network.optimizer.iteration_count
    done = rules.iteration_done(count)
    if (
        network.conf.lr_policy is LearningRatePolicy.SCORE
        and network.decays_by_score
        and rules.eps_termination(given.score, old_score)
        and not rules.ends_before_decay(
            network.arithmetic.join(list(network.optimizer.flattened_gradients.values())), network.arithmetic
        )
    ):
        for layer in network.layers:
            layer.decay_by_score()
    network.optimizer = replace(network.optimizer, iteration_count=wrapped_int(count + 1))
    heard = rules.heard(given.gradients, updates)
    return Iterated(updates, network.params, heard, done, network.optimizer.iteration_count)
