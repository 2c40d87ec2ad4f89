"""The record of a network's line searches: set up by the first one, its direction chosen before and after each.

Arrays are 1-D, of the network's dtype.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dl4j_oracle.arithmetic.interface import Array, Scalar
from dl4j_oracle.clauses import clause
from dl4j_oracle.errors import Dl4jError
from dl4j_oracle.network.multi_layer_updater import MultiLayerUpdater
from dl4j_oracle.optimizer import Gradients
from dl4j_oracle.search_direction import Directions, SearchState, Step


@clause("OPT-12", "OPT-20")
def begin(network: MultiLayerUpdater, updates: Gradients) -> None:
    """Begin a call of ``BaseOptimizer.optimize``; the first one runs ``setupSearchState``. Raises Dl4jError."""
    state = network.optimizer.search
    if state is not None:
        params = network.rules.search_start(state.params, network.params) if state.params else state.params
        view = network.has_array_of_all_gradients
        _keep(network, replace(state, params=params, gradient=all_gradients(network), is_view=view))
        return
    # It lays the update out by the names of variables; later the update is taken as it is.
    gradient = network.laid_out_at_first(
        network.rules.gradients_at_first(network.optimizer.flattened_gradients, updates)
    )
    if not len(gradient):
        _begin_without_gradient(network)
    params = network.params
    _keep(network, SearchState(params, gradient, is_view=False, old_params=network.vector(params)))


@clause("OPT-27")
def _begin_without_gradient(network: MultiLayerUpdater) -> None:
    """Raise Dl4jError, as ND4J does for an array without elements. A record is left that has no parameters."""
    nothing = network.arithmetic.join([])
    left = SearchState({}, nothing, is_view=False, old_params=nothing)
    network.optimizer = replace(network.optimizer, search=network.rules.begun_without_gradient(left))
    raise Dl4jError("ND4JIllegalStateException", "Invalid shape: Requested INDArray shape [1, 0]")


@clause("OPT-19", "OPT-21", "OPT-22")
def choose_direction(network: MultiLayerUpdater) -> None:
    """Choose the direction of a call's first search (``preProcessLine``). Raises Dl4jError."""
    state, directions = kept(network), _directions(network)
    is_new = directions.keeps_gradient and state.direction is None and state.is_view
    direction = directions.before(state.direction, state.gradient)
    _keep(network, replace(state, direction=direction, is_direction_view=state.is_direction_view or is_new))


@clause("OPT-20")
def choose_next_direction(network: MultiLayerUpdater, updates: Mapping[str, Array]) -> Mapping[str, Array]:
    """Choose the direction after a step (``postStep``), and return the updates (by key), which it may overwrite.

    Raises Dl4jError.
    """
    state, gradient, rules = kept(network), all_gradients(network), network.rules
    last = rules.last_gradient(state.gradient, gradient, state.is_view)
    step = Step(gradient, last, network.vector(network.params))
    after = _directions(network).after(direction_of(network), state, step, network.arithmetic)
    _keep(network, replace(after, is_view=after.is_view and network.has_array_of_all_gradients))
    if after.direction is None or not state.is_direction_view:
        return updates
    overwritten = network.parts(after.direction, network.optimizer.flattened_gradients)
    network.optimizer = replace(network.optimizer, flattened_gradients=overwritten)
    return {key: overwritten.get(key, update) for key, update in updates.items()}


@clause("OPT-10")
def take_step(network: MultiLayerUpdater, length: Scalar) -> None:
    """Step from the parameters that the search started from, and keep the new ones. Raises Dl4jError."""
    params = stepped(network, length)
    _keep(network, replace(kept(network), params=params))
    network.assign_params(params)


def stepped(network: MultiLayerUpdater, length: Scalar) -> Gradients:
    """Return the parameters (by key) after a step from those that the search started from. Raises Dl4jError."""
    rules, arithmetic, start = network.rules, network.arithmetic, parameters_of(network)
    step = rules.searched_step(network.conf.step_function)

    def by_length(params: Array, updates: Array) -> Array:
        return step(params, updates, length, arithmetic)

    return network.stepped(by_length, start, network.parts(direction_of(network), start))


def kept(network: MultiLayerUpdater) -> SearchState:
    """Return the record. Raises ValueError before :func:`begin`."""
    if network.optimizer.search is None:
        raise ValueError("no search has begun")
    return network.optimizer.search


@clause("OPT-27")
def parameters_of(network: MultiLayerUpdater) -> Gradients:
    """Return the parameters (by key) that steps start from. Raises Dl4jError if there are none."""
    if not (params := kept(network).params):
        raise Dl4jError("NullPointerException", "the first search had no gradient, and kept no parameters")
    return params


def direction_of(network: MultiLayerUpdater) -> Array:
    """Return the direction of the search. Raises ValueError before :func:`choose_direction`."""
    state = kept(network)
    if state.direction is None:
        raise ValueError("no direction was chosen")
    return all_gradients(network) if state.is_direction_view else state.direction


def all_gradients(network: MultiLayerUpdater) -> Array:
    """Return the array of all gradients."""
    return network.vector(network.optimizer.flattened_gradients)


def _keep(network: MultiLayerUpdater, state: SearchState) -> None:
    network.optimizer = replace(network.optimizer, search=state)


def _directions(network: MultiLayerUpdater) -> Directions:
    return network.rules.directions(network.conf.optimization_algo)
