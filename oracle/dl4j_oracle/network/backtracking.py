"""The loop of ``BackTrackLineSearch.optimize``, which tries steps and leaves the network's parameters at the last one.

Arrays are 1-D, of the network's dtype.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, repeat

from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Scalar
from dl4j_oracle.clauses import clause
from dl4j_oracle.errors import Dl4jError
from dl4j_oracle.line_search import Line, Tried, equal
from dl4j_oracle.network.multi_layer_updater import MultiLayerUpdater
from dl4j_oracle.network.search_state import direction_of, kept, parameters_of, stepped
from dl4j_oracle.optimizer import Backpropagated


@clause("OPT-13", "OPT-14")
def search(network: MultiLayerUpdater, given: Backpropagated[Array], after: Backpropagated[Array]) -> Scalar:
    """Return the length of the step, or 0. Raises Dl4jError.

    ``given`` has the scores of the steps that are tried; the gradients there are those ``after`` the step.
    """
    rules, arithmetic, state = network.rules, network.arithmetic, kept(network)
    direction, start = direction_of(network), network.vector(parameters_of(network))
    rules.check_gradient(len(state.gradient), len(start))
    line = Line(
        rules.slope(direction, _first(len(direction), state.gradient, arithmetic)),
        arithmetic.scalar(given.score),
        rules.descends(network.conf.step_function),
    )
    smallest = rules.smallest_step(state.gradient, start, arithmetic)
    _scale(network)
    return _length(network, line, smallest, given, after)


@clause("OPT-26")
def _first(length: int, gradient: Array, arithmetic: Arithmetic) -> Array:
    """Return as many elements of the gradient as BLAS takes: those of the direction."""
    return gradient if length == len(gradient) else arithmetic.slice(gradient, 0, length)


@clause("OPT-14")
def _scale(network: MultiLayerUpdater) -> None:
    """Scale the direction, in place: an array that is kept as the gradient too is scaled there."""
    state, optimizer = kept(network), network.optimizer
    direction = network.rules.scaled_to_step_max(direction_of(network), network.arithmetic)
    gradient = direction if state.direction is state.gradient or state.is_direction_view else state.gradient
    if state.is_direction_view:
        scaled = network.parts(direction, optimizer.flattened_gradients)
        optimizer = replace(optimizer, flattened_gradients=scaled)
    network.optimizer = replace(optimizer, search=replace(state, direction=direction, gradient=gradient))


@clause("OPT-15", "OPT-16", "OPT-17", "OPT-18")
def _length(
    network: MultiLayerUpdater,
    line: Line,
    smallest: Scalar,
    given: Backpropagated[Array],
    after: Backpropagated[Array],
) -> Scalar:
    """Return the length of the step. If it is 0, the parameters are those before the search. Raises Dl4jError."""
    rules, arithmetic, state = network.rules, network.arithmetic, kept(network)
    none, start = arithmetic.scalar(0.0), network.vector(state.params)
    scores = chain(given.tries, repeat(given.tries[-1] if given.tries else given.score))
    step, before = arithmetic.scalar(1.0), Tried(none, line.score)
    best = Tried(step, line.score)
    for _ in range(network.conf.max_num_line_search_iterations):
        if equal(step, before.step):
            raise Dl4jError("IllegalArgumentException", "Current step == oldStep")
        params = stepped(network, step)
        if smallest > step or rules.hardly_moves(start, network.vector(params), arithmetic):
            network.assign_params(state.params)
            return none
        network.assign_params(params)
        tried_gradients = network.flattened(after.gradients)
        network.optimizer = replace(network.optimizer, flattened_gradients=tried_gradients)
        tried = Tried(step, arithmetic.scalar(next(scores)))
        if rules.improves(tried.score, best.score, line.descends):
            best = tried
        if rules.suffices(line, tried, arithmetic):
            if rules.improves(line.score, tried.score, line.descends):
                raise Dl4jError("IllegalStateException", "Function did not decrease, or increase")
            return step
        step, before = rules.next_step(line, tried, before, arithmetic), tried
    if rules.improves(best.score, line.score, line.descends):
        return rules.length_without_sufficing(best.step, before.step)
    network.assign_params(state.params)
    return none
