"""Sessions of the oracle, in each of its arithmetics."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from typing import Generic, Self, TypeVar, cast

from dl4j_backends.interface import Dl4jException, Floats, Network, Search, Seen
from dl4j_backends.topology import Topology
from dl4j_oracle import topology
from dl4j_oracle.arithmetic.exact import ExactArray, ExactScalar
from dl4j_oracle.arithmetic.forks import EnclosingArray, EnclosingScalar, Forks
from dl4j_oracle.arithmetic.ieee import IeeeArray, IeeeScalar
from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Scalar
from dl4j_oracle.arithmetic.trace import Node, TracedArray, TracedScalar
from dl4j_oracle.errors import Dl4jError
from dl4j_oracle.network.dispatch import updater_of
from dl4j_oracle.network.enclosed_updater import EnclosedUpdater
from dl4j_oracle.network.multi_layer_updater import MultiLayerUpdater
from dl4j_oracle.network.network_description import INITIALIZE, Description
from dl4j_oracle.network.optimize import optimize, step
from dl4j_oracle.network.traced_updater import TracedUpdater
from dl4j_oracle.optimizer import Backpropagated
from dl4j_oracle.profile import DEFAULT_RULES, Rules

A = TypeVar("A")
D = TypeVar("D")


def description(network: Network) -> Description:
    """Return the network as the oracle takes it."""
    shared = {field.name: getattr(network, field.name) for field in fields(Description)}
    shape = network.topology and _shape(network.topology)
    return Description(**{**shared, "params": _numbers(network.params), "topology": shape})


def _shape(told: Topology) -> topology.Topology:
    vertices = [
        topology.Vertex(vertex.name, vertex.inputs, vertex.layer, vertex.kind not in ("stack", "preprocessor"))
        for vertex in told.vertices
    ]
    return topology.Topology(told.inputs, vertices, told.outputs)


def given_state(network: Network) -> Sequence[float] | object | None:
    """Return the state that the network's updater is constructed with, or ``INITIALIZE``."""
    if not network.has_state:
        return INITIALIZE
    return network.state


def network_updater(network: Network, arithmetic: Arithmetic, rules: Rules = DEFAULT_RULES) -> MultiLayerUpdater:
    """Return the oracle's updater of a network; raises :class:`Dl4jException` where DL4J's construction throws."""
    with raising_as_backends():
        return updater_of(description(network), arithmetic, rules, given_state(network))


class ArithmeticSession(ABC, Generic[A, D]):
    """A network of the oracle in some arithmetic, of which ``A`` and ``D`` are shown."""

    def __init__(self, updater: MultiLayerUpdater) -> None:
        self.updater = updater

    @abstractmethod
    def array(self, array: Array) -> A:
        """Return an array of the arithmetic as it is shown."""

    @abstractmethod
    def double(self, scalar: Scalar) -> D:
        """Return a Java double of the arithmetic as it is shown."""

    def state(self) -> A | None:
        """Return the state view."""
        state = self.updater.state
        return None if state is None else self.array(state)

    def update(self, gradients: Mapping[str, Floats], iteration: int, batch_size: int) -> Seen[A, D]:
        """Update by gradients, each 1-D and of the network's dtype (``MultiLayerUpdater.update``)."""

        def operation() -> Seen[A, D]:
            return self._shown(self._updated(gradients, iteration, batch_size))

        return self._perform(operation)

    def train(self, gradients: Mapping[str, Floats], iteration: int, batch_size: int) -> Seen[A, D]:
        """Update by gradients, each 1-D and of the network's dtype, and let the parameters take the step.

        Unlike :meth:`iterate`, the gradients are arrays of their own, and the iteration is given.
        """

        def operation() -> Seen[A, D]:
            updates = self._updated(gradients, iteration, batch_size)
            step(self.updater, updates)
            return replace(self._shown(updates), params=self._arrays(self.updater.params))

        return self._perform(operation)

    def iterate(
        self,
        gradients: Mapping[str, Floats],
        score: float,
        batch_size: int,
        search: Search | None = None,
        further: tuple[Search, ...] | None = None,
    ) -> Seen[A, D]:
        """Run an iteration on gradients, each 1-D and of the network's dtype.

        Source: ``StochasticGradientDescent.optimize`` or ``BaseOptimizer.optimize``.
        """
        given = _backpropagated(gradients, score, (search, *(further or ())) if search else ())

        def operation() -> Seen[A, D]:
            views = given.with_gradients(lambda found: self._given(self.updater.views(_numbers(found))))
            iterated = optimize(self.updater, views, batch_size)
            return replace(
                self._shown(iterated.updates),
                params=self._arrays(iterated.params),
                heard=self._arrays(iterated.heard),
                iteration_done=iterated.iteration_done,
                iteration_count=iterated.iteration_count,
            )

        return self._perform(operation)

    def set_state(self, state: Floats) -> None:
        """Set the state view to ``state``, 1-D and of the network's dtype (``setStateViewArray``)."""
        with raising_as_backends():
            self.updater.set_state(cast(Sequence[float], state))

    def set_params(self, params: Mapping[str, Floats]) -> None:
        """Set all parameters, each 1-D and of the network's dtype, as training changes them."""
        self.updater.set_params(_numbers(params))

    def set_learning_rate(self, key: str, learning_rate: float) -> None:
        """Set the rate of one parameter (``conf.setLearningRateByParam``)."""
        with raising_as_backends():
            self.updater.set_learning_rate(key, learning_rate)

    def clone(self) -> Self:
        """Return a session on the clone (``MultiLayerNetwork.clone``)."""
        with raising_as_backends():
            return self.with_updater(self.updater.clone())

    def restore(self, with_updater: bool) -> Self:
        """Return a session on the restored network (``ModelSerializer``)."""
        with raising_as_backends():
            return self.with_updater(self.updater.restored(with_updater))

    def freeze(self, layer: int) -> None:
        """Put a layer into a ``FrozenLayer``."""
        with raising_as_backends():
            self.updater.freeze(layer)

    def end_pretraining(self, layer: int) -> None:
        """Do ``conf().setPretrain(false)`` of a layer."""
        self.updater.end_pretraining(layer)

    def clone_updater(self) -> None:
        """Go on with the clone of the updater (``Updater.clone``)."""
        with raising_as_backends():
            self.updater.clone_updater()

    def clear(self) -> None:
        """Clear the network (``MultiLayerNetwork.clear``)."""
        with raising_as_backends():
            self.updater.clear()

    def average(self, others: Sequence[Self], combined: bool) -> None:
        """Go on with the average of updaters (``GradientUpdaterAggregator``)."""

        def operation() -> Seen[A, D]:
            self.updater.average([other.updater for other in others], combined)
            return Seen()

        self._perform(operation)

    def compare(self, other: Self) -> tuple[bool, bool] | None:
        """Return ``equals`` and the agreement of hash codes, which are those of floating-point numbers."""
        return None

    def close(self) -> None:
        """Release nothing."""

    def with_updater(self, updater: MultiLayerUpdater) -> Self:
        """Return a session of another network in the same arithmetic."""
        return type(self)(updater)

    def _perform(self, operation: Callable[[], Seen[A, D]]) -> Seen[A, D]:
        """Return what an operation shows that computes in the arithmetic."""
        with raising_as_backends():
            return operation()

    def _updated(self, gradients: Mapping[str, Floats], iteration: int, batch_size: int) -> Mapping[str, Array]:
        """Return the updates of gradients, both by key, 1-D and of the network's dtype."""
        given = self._given(self.updater.arrays(_numbers(gradients)))
        return self.updater.update(given, iteration, batch_size)

    def _given(self, gradients: Mapping[str, Array]) -> Mapping[str, Array]:
        """Return the gradients that the updater is given."""
        return gradients

    def _shown(self, updates: Mapping[str, Array]) -> Seen[A, D]:
        return Seen(
            self._arrays(updates),
            self.state(),
            {key: self.double(rate) for key, rate in self.updater.learning_rates.items()},
            {key: self.double(momentum) for key, momentum in self.updater.momentum.items()},
        )

    def _arrays(self, arrays: Mapping[str, Array]) -> dict[str, A]:
        return {key: self.array(array) for key, array in arrays.items()}


class OracleSession(ArithmeticSession[Floats, float]):
    """A network in the ieee arithmetic: arrays of the network's dtype, and doubles."""

    def array(self, array: Array) -> Floats:
        """Return the values."""
        return IeeeArray.own(array).values

    def double(self, scalar: Scalar) -> float:
        """Return the value."""
        return IeeeScalar.own(scalar).value

    def compare(self, other: OracleSession) -> tuple[bool, bool]:
        """Return ``equals`` of the two updaters, and whether their hash codes agree."""
        compared = self.updater.compare(other.updater)
        return compared.equal, compared.same_hash


class ExactSession(ArithmeticSession[ExactArray, ExactScalar]):
    """A network in the exact arithmetic."""

    def array(self, array: Array) -> ExactArray:
        """Return the array."""
        return ExactArray.own(array)

    def double(self, scalar: Scalar) -> ExactScalar:
        """Return the scalar."""
        return ExactScalar.own(scalar)


class EnclosedSession(ArithmeticSession[EnclosingArray, EnclosingScalar]):
    """A network in an arithmetic of sets: what may be seen, a set for every value.

    Raises :class:`dl4j_oracle.errors.UndecidedError` where comparisons may go too many ways.
    """

    def __init__(self, updater: MultiLayerUpdater, forks: Forks) -> None:
        super().__init__(updater)
        self._forks = forks

    def array(self, array: Array) -> EnclosingArray:
        """Return the array."""
        return EnclosingArray.own(array)

    def double(self, scalar: Scalar) -> EnclosingScalar:
        """Return the scalar."""
        return EnclosingScalar.own(scalar)

    def with_updater(self, updater: MultiLayerUpdater) -> Self:
        """Return a session of another network, whose comparisons fork as those of this one."""
        return type(self)(updater, self._forks)

    def observe_state(self, values: Floats) -> None:
        """Go on with the part of the state that is rounded to these values (1-D, of the network's dtype)."""
        EnclosedUpdater(self.updater, self._forks).observe_state(cast(Sequence[float], values))

    def _perform(
        self, operation: Callable[[], Seen[EnclosingArray, EnclosingScalar]]
    ) -> Seen[EnclosingArray, EnclosingScalar]:
        """Do it along every path of undecided comparisons, and unite what they show."""
        with raising_as_backends():
            first, *others = EnclosedUpdater(self.updater, self._forks).along_paths(operation)
        if first.updates is None or not others:
            return first
        return replace(
            self._shown(_hulls([seen.updates or {} for seen in (first, *others)])),
            params=_hulls([seen.params for seen in (first, *others)]),
            heard=_hulls([seen.heard for seen in (first, *others)]),
        )


class TracedSession(ArithmeticSession[Node, Node]):
    """A network in the trace arithmetic; ``traced`` knows what the last update computed on its way."""

    def __init__(self, traced: TracedUpdater) -> None:
        super().__init__(traced.updater)
        self.traced = traced

    def array(self, array: Array) -> Node:
        """Return the node that computed it."""
        return TracedArray.own(array).node

    def double(self, scalar: Scalar) -> Node:
        """Return the node that computed it."""
        return TracedScalar.own(scalar).node

    def with_updater(self, updater: MultiLayerUpdater) -> Self:
        """Return a session of another network, recorded in the same trace."""
        return type(self)(self.traced.with_updater(updater))

    def _given(self, gradients: Mapping[str, Array]) -> Mapping[str, Array]:
        return self.traced.labelled(gradients)


@contextmanager
def raising_as_backends() -> Iterator[None]:
    """Raise the oracle's exceptions as those of backends."""
    try:
        yield
    except Dl4jError as error:
        raise Dl4jException(error.kind, error.message) from error


def _backpropagated(
    gradients: Mapping[str, Floats], score: float, searches: Sequence[Search]
) -> Backpropagated[Floats]:
    """Return the results of backpropagation, each with the search that follows it."""
    if not searches:
        return Backpropagated(gradients, score)
    search, *further = searches
    after = _backpropagated(search.gradients, search.score, further)
    return Backpropagated(gradients, score, search.step, after, search.tries or ())


def _numbers(arrays: Mapping[str, Floats]) -> Mapping[str, Sequence[float]]:
    """Return the arrays themselves: the oracle reads them as sequences of numbers."""
    return cast(Mapping[str, Sequence[float]], arrays)


def _hulls(found: Sequence[Mapping[str, EnclosingArray]]) -> dict[str, EnclosingArray]:
    first, *others = found
    united = dict(first)
    for other in others:
        united = {key: array.hull(other[key]) for key, array in united.items()}
    return united
