"""The operations of a script: each a class with its fields, and all that the suite knows about it.

The fields, beside ``op``, are the operation's JSON form; see :mod:`dl4j_conformance.cases.json_form`.
"""

from __future__ import annotations

import reprlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, TypeVar

from dl4j_backends import interface
from dl4j_backends.interface import AnySession, Network, Search, Seen
from dl4j_conformance.cases import json_form
from dl4j_conformance.cases.json_form import CaseError, read_int
from dl4j_conformance.cases.networks import Networks
from dl4j_conformance.cases.values import Floats, decimal_of

A = TypeVar("A")
D = TypeVar("D")

#: Iterations are Java ints; FastMath.pow does not return for the last one (clause ADAM-4).
_Iteration = Annotated[int, range(-(1 << 31), (1 << 31) - 1)]
_Int = Annotated[int, range(-(1 << 31), 1 << 31)]

#: The optimisers whose iterations find the length of their step by a search, by how they choose its direction.
SEARCHING = ("LINE_GRADIENT_DESCENT", "CONJUGATE_GRADIENT", "LBFGS")

#: Every operation by its name in JSON.
OPERATIONS: dict[str, type[Operation]] = {}


class Operation(ABC):
    """One operation of a script. A subclass says its name ``op``, and the ``capability`` that it needs, if any.

    One that ``adds_network`` goes on with a network that it makes.
    """

    op: ClassVar[str]
    capability: ClassVar[str | None]
    adds_network: ClassVar[bool]

    def __init_subclass__(cls, op: str, capability: str | None = None, adds_network: bool = False) -> None:
        cls.op, cls.capability, cls.adds_network = op, capability, adds_network
        OPERATIONS[op] = cls

    @property
    def required_capabilities(self) -> frozenset[str]:
        """The capabilities that a backend must declare to be asked this."""
        return frozenset({self.capability} if self.capability else ())

    def check(self, network: Network, networks: range) -> None:  # noqa: B027 - most fit every network
        """Raise :class:`CaseError` if ``network`` cannot do this, or a number is not one of the script's ``networks``.

        The message begins with the field.
        """

    @property
    @abstractmethod
    def words(self) -> str:
        """The operation, for people."""

    @abstractmethod
    def perform(self, networks: Networks[AnySession[A, D]]) -> Seen[A, D]:
        """Do it on a script's networks, and return what only this operation shows. Raises as sessions do."""


@dataclass(frozen=True, eq=False)
class Update(Operation, op="update"):
    """``MultiLayerUpdater.update`` with these gradients, by key."""

    gradients: Mapping[str, Floats]
    iteration: _Iteration
    batch_size: _Int

    @property
    def words(self) -> str:
        keys = ", ".join(self.gradients)
        return f"update, iteration {self.iteration}, batch size {self.batch_size}, gradients of {keys}"

    def perform(self, networks: Networks[AnySession[A, D]]) -> Seen[A, D]:
        return networks.current.update(_copies(self.gradients), self.iteration, self.batch_size)


@dataclass(frozen=True, eq=False)
class Iterate(Operation, op="iterate", capability=interface.OPTIMIZER):
    """One iteration of ``StochasticGradientDescent.optimize`` in which backpropagation gives this.

    With a ``search`` it is ``BaseOptimizer.optimize`` of one iteration, and of one more for each ``further`` search.
    """

    gradients: Mapping[str, Floats]
    score: float
    batch_size: _Int
    search: Search | None = None
    further: tuple[Search, ...] | None = None

    @property
    def searches(self) -> tuple[Search, ...]:
        """All searches of the call."""
        return (self.search, *(self.further or ())) if self.search else ()

    @property
    def required_capabilities(self) -> frozenset[str]:
        backtracks = self.further or any(search.step is None for search in self.searches)
        needed = {interface.LINE_SEARCH} if self.search else set()
        return super().required_capabilities | needed | ({interface.BACKTRACKING} if backtracks else set())

    def check(self, network: Network, networks: range) -> None:
        if bool(self.search) is not is_searching(network):
            raise CaseError(f"search: must be there under optimization_algo {', '.join(SEARCHING)}, and only then")
        if self.further is not None and not self.search:
            raise CaseError("further: must follow a search")
        if any((search.step is None) is (search.tries is None) for search in self.searches):
            raise CaseError("search: must have a step, or the scores of its tries")
        for gradients in (self.gradients, *(search.gradients for search in self.searches)):
            _check_gradients(gradients, network)

    @property
    def words(self) -> str:
        keys = ", ".join(self.gradients)
        said = f"iterate, score {decimal_of(self.score)}, batch size {self.batch_size}, gradients of {keys}"
        return "; ".join([said, *map(_search_in_words, self.searches)])

    def perform(self, networks: Networks[AnySession[A, D]]) -> Seen[A, D]:
        searches = [replace(search, gradients=_copies(search.gradients)) for search in self.searches]
        given = (*searches[:1], tuple(searches[1:])) if self.further else searches
        return networks.current.iterate(_copies(self.gradients), self.score, self.batch_size, *given)


@dataclass(frozen=True)
class ReadState(Operation, op="read_state", capability=interface.STATE_OUT):
    """``MultiLayerUpdater.getStateViewArray``, which changes nothing."""

    @property
    def words(self) -> str:
        return "read the state"

    def perform(self, networks: Networks[AnySession[A, D]]) -> Seen[A, D]:
        """Read it once more than after every operation: a read must not change it."""
        networks.current.state()
        return Seen()


@dataclass(frozen=True, eq=False)
class SetState(Operation, op="set_state", capability=interface.STATE_IN):
    """``MultiLayerUpdater.setStateViewArray``."""

    state: Floats

    @property
    def words(self) -> str:
        return "set the state"

    def perform(self, networks: Networks[AnySession[A, D]]) -> Seen[A, D]:
        networks.current.set_state(self.state.copy())
        return Seen()


@dataclass(frozen=True)
class SetLearningRate(Operation, op="set_learning_rate", capability=interface.SET_LEARNING_RATE):
    """``conf.setLearningRateByParam``."""

    key: str
    learning_rate: float

    @property
    def words(self) -> str:
        return f"set the learning rate of {self.key} to {decimal_of(self.learning_rate)}"

    def perform(self, networks: Networks[AnySession[A, D]]) -> Seen[A, D]:
        networks.current.set_learning_rate(self.key, self.learning_rate)
        return Seen()


@dataclass(frozen=True)
class Clone(Operation, op="clone", capability=interface.CLONE, adds_network=True):
    """``MultiLayerNetwork.clone``: the script goes on with the clone."""

    @property
    def words(self) -> str:
        return "clone, and go on with the clone"

    def perform(self, networks: Networks[AnySession[A, D]]) -> Seen[A, D]:
        networks.go_on_with(lambda session: session.clone())
        return Seen()


@dataclass(frozen=True)
class Restore(Operation, op="restore", capability=interface.SERIALIZATION, adds_network=True):
    """``ModelSerializer``: the network is saved, with its updater or without; the script goes on with the restored."""

    with_updater: bool

    def check(self, network: Network, networks: range) -> None:
        if network.is_standalone_layer:
            raise CaseError("op: a standalone layer is not saved")

    @property
    def words(self) -> str:
        return f"save with{'' if self.with_updater else 'out'} the updater, and go on with what is restored"

    def perform(self, networks: Networks[AnySession[A, D]]) -> Seen[A, D]:
        networks.go_on_with(lambda session: session.restore(self.with_updater))
        return Seen()


@dataclass(frozen=True)
class Switch(Operation, op="switch"):
    """Go on with another network of the script: 0 is the one it began with, 1 its first clone."""

    network: int

    def check(self, network: Network, networks: range) -> None:
        read_int(self.network, networks, "network")

    @property
    def words(self) -> str:
        return f"go on with network {self.network}"

    def perform(self, networks: Networks[AnySession[A, D]]) -> Seen[A, D]:
        networks.switch(self.network)
        return Seen()


@dataclass(frozen=True)
class Compare(Operation, op="compare", capability=interface.EQUALITY):
    """``equals`` of the updater that the script is at with that of another of its networks, and their hash codes."""

    network: int

    def check(self, network: Network, networks: range) -> None:
        read_int(self.network, networks, "network")

    @property
    def words(self) -> str:
        return f"compare with network {self.network}"

    def perform(self, networks: Networks[AnySession[A, D]]) -> Seen[A, D]:
        equal, same_hash = networks.current.compare(networks[self.network]) or (None, None)
        return Seen(equal=equal, same_hash=same_hash)


@dataclass(frozen=True)
class Freeze(Operation, op="freeze", capability=interface.FREEZE):
    """``new FrozenLayer(layer)`` in the place of a layer."""

    layer: int

    def check(self, network: Network, networks: range) -> None:
        if network.is_standalone_layer:
            raise CaseError("op: no standalone layer can be frozen")
        read_int(self.layer, range(len(network.layers)), "layer")

    @property
    def words(self) -> str:
        return f"freeze layer {self.layer}"

    def perform(self, networks: Networks[AnySession[A, D]]) -> Seen[A, D]:
        networks.current.freeze(self.layer)
        return Seen()


@dataclass(frozen=True)
class EndPretraining(Operation, op="end_pretraining", capability=interface.PRETRAINING):
    """``conf().setPretrain(false)`` of a layer, as ``ComputationGraph.pretrainLayer`` does after each batch."""

    layer: int

    def check(self, network: Network, networks: range) -> None:
        read_int(self.layer, range(len(network.layers)), "layer")

    @property
    def words(self) -> str:
        return f"end the pretraining of layer {self.layer}"

    def perform(self, networks: Networks[AnySession[A, D]]) -> Seen[A, D]:
        networks.current.end_pretraining(self.layer)
        return Seen()


@dataclass(frozen=True)
class CloneUpdater(Operation, op="clone_updater", capability=interface.AGGREGATION):
    """``Updater.clone``: the network goes on with a clone of its updater."""

    @property
    def words(self) -> str:
        return "go on with a clone of the updater"

    def perform(self, networks: Networks[AnySession[A, D]]) -> Seen[A, D]:
        networks.current.clone_updater()
        return Seen()


@dataclass(frozen=True)
class Clear(Operation, op="clear", capability=interface.CLEAR):
    """``MultiLayerNetwork.clear``, which drops the updater; ``ComputationGraph.clear`` does not."""

    def check(self, network: Network, networks: range) -> None:
        if network.is_standalone_layer:
            raise CaseError("op: a standalone layer has no updater of its own to drop")

    @property
    def words(self) -> str:
        return "clear the network"

    def perform(self, networks: Networks[AnySession[A, D]]) -> Seen[A, D]:
        networks.current.clear()
        return Seen()


@dataclass(frozen=True)
class Average(Operation, op="average", capability=interface.AGGREGATION):
    """The updater becomes the average of itself and those of other networks of the script, made by aggregators.

    ``combined``: the others are aggregated by themselves, and the two aggregators combined.
    """

    networks: tuple[int, ...]
    combined: bool

    def check(self, network: Network, networks: range) -> None:
        for number in self.networks:
            read_int(number, networks, "networks")
        if not network.is_standalone_layer or not self.networks:
            raise CaseError("op: an average is of updaters of standalone layers, and of more than one")

    @property
    def words(self) -> str:
        how = "the aggregator" if self.combined else "the updaters"
        return f"average with {how} of {', '.join(f'network {number}' for number in self.networks)}"

    def perform(self, networks: Networks[AnySession[A, D]]) -> Seen[A, D]:
        networks.current.average([networks[number] for number in self.networks], self.combined)
        return Seen()


def is_searching(network: Network) -> bool:
    """Return whether the network's iterations search for the lengths of their steps."""
    return network.conf.get("optimization_algo") in SEARCHING


def read_script(data: Iterable[Any], network: Network) -> tuple[Operation, ...]:
    """Return the operations of a script on ``network``; raises :class:`CaseError`."""
    script = tuple(read_operation(entry, network.dtype, i) for i, entry in enumerate(data))
    networks = 1
    for index, operation in enumerate(script):
        networks += operation.adds_network
        try:
            operation.check(network, range(networks))
        except CaseError as error:
            raise CaseError(f"script[{index}].{error}") from None
    return script


def read_operation(data: Any, dtype: str, index: int) -> Operation:
    """Return operation ``index`` of a script on a network of ``dtype``; one without ``op`` is an update.

    Other fields than the operation's are left aside. Raises :class:`CaseError`.
    """
    if not isinstance(data, Mapping):
        raise CaseError(f"script[{index}]: must be an object, not {reprlib.repr(data)}")
    op = data.get("op", Update.op)
    if not isinstance(op, str) or op not in OPERATIONS:
        raise CaseError(f"script[{index}].op: unknown operation {reprlib.repr(op)}")
    return json_form.read(OPERATIONS[op], data, dtype, f"script[{index}]")


def to_json(operation: Operation) -> dict[str, Any]:
    """Return the operation as JSON data, see the fixture schema."""
    return {"op": operation.op, **json_form.write(operation)}


def _check_gradients(gradients: Mapping[str, Floats], network: Network) -> None:
    """Raise :class:`CaseError` for gradients (1-D) that no backpropagation gives an optimizer of ``network``."""
    given = network.params.keys() & gradients.keys()
    if network.is_standalone_layer and given != network.params.keys():
        raise CaseError("gradients: there must be one for every parameter of a standalone layer")
    if is_searching(network) and any(len(gradients[key]) != len(network.params[key]) for key in given):
        raise CaseError("gradients: must be as long as their parameters where a search lays them out")


def _search_in_words(search: Search) -> str:
    if search.step is None:
        scores = ", ".join(map(decimal_of, search.tries or ()))
        return f"tries of scores {scores}, then score {decimal_of(search.score)}"
    return f"step {decimal_of(search.step)}, then score {decimal_of(search.score)}"


def _copies(gradients: Mapping[str, Floats]) -> dict[str, Floats]:
    """Return gradients that a session may overwrite."""
    return {key: array.copy() for key, array in gradients.items()}
