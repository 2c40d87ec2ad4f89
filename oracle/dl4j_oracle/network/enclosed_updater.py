"""A network's updater in an arithmetic of sets: an update runs along every path of undecided comparisons."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import TypeVar

from dl4j_oracle.arithmetic.error_model import ErrorBound, ErrorModel
from dl4j_oracle.arithmetic.forks import EnclosingArray, EnclosingScalar, Forks, paths
from dl4j_oracle.arithmetic.interface import Array, Scalar
from dl4j_oracle.cloning import LayerSnapshot, ParameterUpdater
from dl4j_oracle.errors import Dl4jError, UndecidedError
from dl4j_oracle.network.multi_layer_updater import MultiLayerUpdater
from dl4j_oracle.optimizer import OptimizerState
from dl4j_oracle.profile import Rules
from dl4j_oracle.regularization import divide_by_batch_size
from dl4j_oracle.search_direction import Correction, SearchState
from dl4j_oracle.updaters import Memory

R = TypeVar("R")


def allowed_rules(rules: Rules, model: ErrorModel[ErrorBound]) -> Rules:
    """Return the rules that a backend may follow whose arithmetic errs by ``model``.

    A reciprocal of the batch size may stand in for DL4J's division by it, but not for what a misreading does.
    """
    if model.reciprocal_batch_size and rules.divide_by_batch_size is divide_by_batch_size:
        return replace(rules, divide_by_batch_size=divide_or_multiply)
    return rules


def divide_or_multiply(gradient: Array, batch_size: Scalar) -> Array:
    """Return the sets (1-D, of the network's dtype) that hold ``g / B`` and ``g * (1 / B)``."""
    reciprocal = gradient.arithmetic.scalar(1.0) / batch_size
    return _array(gradient / batch_size).hull(_array(gradient * reciprocal))


@dataclass(frozen=True)
class EnclosedUpdater:
    """A network's ``updater`` in an arithmetic of sets that has these ``forks``."""

    updater: MultiLayerUpdater
    forks: Forks

    def along_paths(self, operation: Callable[[], R]) -> list[R]:
        """Do an operation along every path, return what it returns there, and leave the hull of what it changes.

        Raises :class:`Dl4jError` if the operation throws, and :class:`UndecidedError` if there are too many paths, or
        it throws on some of them alone.
        """
        before = _settled(self._snapshot())
        found: list[R | Dl4jError] = []
        after: list[_Snapshot] = []

        def run() -> R | Dl4jError:
            self._restore(before)
            try:
                return operation()
            except Dl4jError as error:
                return error

        for result in paths(self.forks, run):
            found.append(result)
            after.append(self._snapshot())
        self._restore(_unite(after))
        if isinstance(found[0], Dl4jError):
            raise found[0]
        returned = [result for result in found if not isinstance(result, Dl4jError)]
        if len(returned) < len(found):
            raise UndecidedError("an exception that depends on a comparison which may go either way")
        return returned

    def observe_state(self, values: Sequence[float]) -> None:
        """Narrow the state to the part that is rounded to the ``values`` (1-D) seen of it, which lie in it."""
        state = self.updater.state
        if state is not None:
            self.updater.assign(_array(state).observed(values))

    def _snapshot(self) -> _Snapshot:
        layers = self.updater.layers
        return _Snapshot([layer.snapshot() for layer in layers], self.updater.params, self.updater.optimizer)

    def _restore(self, snapshot: _Snapshot) -> None:
        for layer, own in zip(self.updater.layers, snapshot.layers, strict=True):
            layer.restore(own)
        self.updater.assign_params(snapshot.params)
        self.updater.optimizer = snapshot.optimizer


@dataclass(frozen=True)
class _Snapshot:
    """Everything that an operation can change."""

    layers: Sequence[LayerSnapshot]
    params: Mapping[str, Array]
    optimizer: OptimizerState


def _settled(snapshot: _Snapshot) -> _Snapshot:
    """Return a snapshot whose sets are computed: what a path computes of them should not be computed on every path."""
    layers = [
        replace(layer, updaters={name: _settled_updater(updater) for name, updater in layer.updaters.items()})
        for layer in snapshot.layers
    ]
    optimizer = snapshot.optimizer
    search = optimizer.search and _search_of([optimizer.search], lambda found: _array(found[0]).settled())
    views = _settled_arrays(optimizer.flattened_gradients)
    return _Snapshot(
        layers, _settled_arrays(snapshot.params), replace(optimizer, flattened_gradients=views, search=search)
    )


def _settled_updater(updater: ParameterUpdater) -> ParameterUpdater:
    memory = updater.memory
    velocity = None if memory.velocity is None else _array(memory.velocity).settled()
    return replace(updater, memory=Memory(_settled_arrays(memory.view), velocity, _settled_arrays(memory.unseen)))


def _settled_arrays(arrays: Mapping[str, Array]) -> dict[str, EnclosingArray]:
    return {key: _array(array).settled() for key, array in arrays.items()}


def _unite(snapshots: Sequence[_Snapshot]) -> _Snapshot:
    views = [snapshot.optimizer.flattened_gradients for snapshot in snapshots]
    layers = zip(*(snapshot.layers for snapshot in snapshots), strict=True)
    return _Snapshot(
        [_unite_layers(one) for one in layers],
        _hulls([snapshot.params for snapshot in snapshots]),
        replace(snapshots[-1].optimizer, flattened_gradients=_hulls(views), search=_united_search(snapshots)),
    )


def _united_search(snapshots: Sequence[_Snapshot]) -> SearchState | None:
    """Return the hull of what searches keep. Raises UndecidedError if some paths have no direction yet."""
    found = [search for snapshot in snapshots if (search := snapshot.optimizer.search)]
    if not found:
        return None
    if len({(search.direction is None, len(search.corrections)) for search in found}) > 1:
        raise UndecidedError("a search that depends on a comparison which may go either way")
    return _search_of(found, lambda arrays: reduce(lambda x, y: x.hull(y), map(_array, arrays)))


def _search_of(found: Sequence[SearchState], united: Callable[[Sequence[Array]], Array]) -> SearchState:
    """Return what searches keep on one path, with arrays made of those of every path."""
    first = found[0]
    directions = [search.direction for search in found if search.direction is not None]
    return replace(
        first,
        params={key: united([search.params[key] for search in found]) for key in first.params},
        gradient=united([search.gradient for search in found]),
        old_params=united([search.old_params for search in found]),
        direction=united(directions) if directions else None,
        corrections=tuple(
            Correction(
                united([one.s for one in same]),
                united([one.y for one in same]),
                reduce(_hull, [one.rho for one in same]),
            )
            for same in zip(*(search.corrections for search in found), strict=True)
        ),
    )


def _unite_layers(snapshots: Sequence[LayerSnapshot]) -> LayerSnapshot:
    first, *others = snapshots
    for other in others:
        first = LayerSnapshot(
            {name: _hull(rate, other.learning_rates[name]) for name, rate in first.learning_rates.items()},
            _hull(first.momentum, other.momentum),
            {name: _hull_of_updaters(updater, other.updaters[name]) for name, updater in first.updaters.items()},
        )
    return first


def _hull_of_updaters(x: ParameterUpdater, y: ParameterUpdater) -> ParameterUpdater:
    view = {name: _array(array).hull(_array(y.memory.view[name])) for name, array in x.memory.view.items()}
    velocity = x.memory.velocity
    if velocity is not None and y.memory.velocity is not None:
        velocity = _array(velocity).hull(_array(y.memory.velocity))
    unseen = {name: _array(array).hull(_array(y.memory.unseen[name])) for name, array in x.memory.unseen.items()}
    return replace(
        x,
        memory=replace(x.memory, view=view, velocity=velocity, unseen=unseen),
        learning_rate=_hull(x.learning_rate, y.learning_rate),
        momentum=_hull(x.momentum, y.momentum),
    )


def _hull(x: Scalar, y: Scalar) -> EnclosingScalar:
    return _scalar(x).hull(_scalar(y))


def _arrays(values: Mapping[str, Array]) -> dict[str, EnclosingArray]:
    return {key: _array(value) for key, value in values.items()}


def _hulls(found: Sequence[Mapping[str, Array]]) -> dict[str, EnclosingArray]:
    united = _arrays(found[0])
    for other in found[1:]:
        united = {key: array.hull(_array(other[key])) for key, array in united.items()}
    return united


def _array(value: Array) -> EnclosingArray:
    return EnclosingArray.own(value)


def _scalar(value: Scalar) -> EnclosingScalar:
    return EnclosingScalar.own(value)
