"""One iteration of an optimizer, ``Solver.optimize``: from gradients and a score to new parameters.

Backpropagation is not computed: gradients (by key, 1-D, of the network's dtype) and scores are given.

Arrays are 1-D, of the network's dtype.
"""

from __future__ import annotations

from dataclasses import replace

from dl4j_oracle.arithmetic.interface import Array
from dl4j_oracle.arithmetic.java import wrapped_int
from dl4j_oracle.clauses import clause
from dl4j_oracle.configuration import LearningRatePolicy
from dl4j_oracle.network.backtracking import search
from dl4j_oracle.network.multi_layer_updater import MultiLayerUpdater
from dl4j_oracle.network.search_state import all_gradients, begin, choose_direction, choose_next_direction, take_step
from dl4j_oracle.optimizer import Backpropagated, Gradients, Iterated, StepFunction, Update


def optimize(network: MultiLayerUpdater, given: Backpropagated[Array], batch_size: int) -> Iterated:
    """Run one iteration: a line search if ``given`` has an ``after``, else a descent.

    ``StochasticGradientDescent.optimize`` or ``LineGradientDescent.optimize``. Raises
    :class:`~dl4j_oracle.errors.Dl4jError`; what was done before that stays done, as in DL4J.
    """
    given = given.with_gradients(network.backpropagated)
    if given.after is None:
        return _descend(network, given, batch_size)
    return _search(network, given, given.after, batch_size)


def step(network: MultiLayerUpdater, updates: Gradients) -> None:
    """Take the step after ``updates`` (by key, each 1-D and of the network's dtype): the parameters become new ones.

    Source: ``NegativeGradientStepFunction.step``, or the network's own step function.
    """
    _step(network, network.rules.step_function(network.conf.step_function), network.flattened(updates))


@clause("OPT-1", "OPT-2", "OPT-3", "OPT-7")
def _descend(network: MultiLayerUpdater, given: Backpropagated[Array], batch_size: int) -> Iterated:
    """Run ``StochasticGradientDescent.optimize``."""
    rules = network.rules
    old_score = network.optimizer.score
    count = rules.count_of_update(network.optimizer.iteration_count)
    updates = _gradient_and_score(network, network.update, given, count, batch_size)
    _step(network, rules.step_function(network.conf.step_function), network.optimizer.flattened_gradients)
    return _done(network, given, updates, old_score)


@clause("OPT-9", "OPT-11", "OPT-23")
def _search(
    network: MultiLayerUpdater, given: Backpropagated[Array], after: Backpropagated[Array], batch_size: int
) -> Iterated:
    """Run ``BaseOptimizer.optimize``: the updater runs before the first search, and after every step."""
    rules, count = network.rules, network.optimizer.iteration_count
    updates = _gradient_and_score(network, rules.update_before_search(network.update), given, count, batch_size)
    begin(network, updates)
    if rules.ends_before_search(all_gradients(network), network.arithmetic):
        return Iterated(updates, network.params, rules.heard(given.gradients, updates), None, count)
    choose_direction(network)
    iterated = _searched(network, given, after, batch_size)
    while after.after is not None:
        given, after = after, after.after
        if rules.updates_before_every_search():
            begin(network, _gradient_and_score(network, network.update, given, count, batch_size))
            choose_direction(network)
        iterated = _searched(network, given, after, batch_size)
    return iterated


@clause("OPT-9", "OPT-10")
def _searched(
    network: MultiLayerUpdater, given: Backpropagated[Array], after: Backpropagated[Array], batch_size: int
) -> Iterated:
    """Run one iteration: a search, its step, the updater on the gradient there, the next direction."""
    rules, count = network.rules, network.optimizer.iteration_count
    length = network.arithmetic.scalar(given.step) if given.step is not None else search(network, given, after)
    if rules.steps_after_search(length):
        take_step(network, length)
    count = rules.count_after_search(count)
    updates = _gradient_and_score(network, rules.update_after_search(network.update), after, count, batch_size)
    return _done(network, after, choose_next_direction(network, updates), given.score)


def _gradient_and_score(
    network: MultiLayerUpdater, update: Update, given: Backpropagated[Array], count: int, batch_size: int
) -> dict[str, Array]:
    """Run ``BaseOptimizer.gradientAndScore``: return the updates, which stay in the array of all gradients too."""
    network.optimizer = replace(network.optimizer, score=given.score)
    updates = update(given.gradients, count, batch_size)
    network.optimizer = replace(network.optimizer, flattened_gradients=network.flattened(updates))
    return updates


def _step(network: MultiLayerUpdater, step: StepFunction, updates: Gradients) -> None:
    """Assign the parameters after a step."""
    network.assign_params(network.stepped(step, network.params, updates))


@clause("OPT-2", "OPT-5", "OPT-6")
def _done(network: MultiLayerUpdater, given: Backpropagated[Array], updates: Gradients, old_score: float) -> Iterated:
    """Tell the listeners (``iterationDone``), ask the termination conditions, and count the iteration."""
    rules, count = network.rules, network.optimizer.iteration_count
    done = rules.iteration_done(count)
    if (
        network.conf.lr_policy is LearningRatePolicy.SCORE
        and network.decays_by_score
        and rules.eps_termination(given.score, old_score)
        and not rules.ends_before_decay(all_gradients(network), network.arithmetic)
    ):
        for layer in network.layers:
            layer.decay_by_score()
    network.optimizer = replace(network.optimizer, iteration_count=wrapped_int(count + 1))
    heard = rules.heard(given.gradients, updates)
    return Iterated(updates, network.params, heard, done, network.optimizer.iteration_count)
