"""What a script does with a network and its updater: the operations, as data and in JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dl4j_backends import interface
from dl4j_backends.interface import Network, Search
from dl4j_conformance.cases import values
from dl4j_conformance.cases.values import Floats, ValuesError

#: Iterations are Java ints; FastMath.pow does not return for the last one (clause ADAM-4).
_ITERATIONS = range(-(1 << 31), (1 << 31) - 1)
_INTS = range(-(1 << 31), 1 << 31)

#: The optimiser whose iterations find the length of their step by a search.
_SEARCHING = "LINE_GRADIENT_DESCENT"


class CaseError(ValueError):
    """Data that is not a case; the message begins with the place."""


@dataclass(frozen=True, eq=False)
class Update:
    """``MultiLayerUpdater.update`` with these gradients, by key."""

    gradients: Mapping[str, Floats]
    iteration: int
    batch_size: int


@dataclass(frozen=True, eq=False)
class Iterate:
    """One iteration of ``StochasticGradientDescent.optimize`` in which backpropagation gives this.

    With a ``search`` it is ``BaseOptimizer.optimize`` of one iteration.
    """

    gradients: Mapping[str, Floats]
    score: float
    batch_size: int
    search: Search | None = None


@dataclass(frozen=True, eq=False)
class SetState:
    """``MultiLayerUpdater.setStateViewArray``."""

    state: Floats


@dataclass(frozen=True)
class SetLearningRate:
    """``conf.setLearningRateByParam``."""

    key: str
    learning_rate: float


@dataclass(frozen=True)
class ReadState:
    """``MultiLayerUpdater.getStateViewArray``, which changes nothing."""


@dataclass(frozen=True)
class Clone:
    """``MultiLayerNetwork.clone``: the script goes on with the clone."""


@dataclass(frozen=True)
class Restore:
    """``ModelSerializer``: the network is saved, with its updater or without; the script goes on with the restored."""

    with_updater: bool


@dataclass(frozen=True)
class Switch:
    """Go on with another network of the script: 0 is the one it began with, 1 its first clone."""

    network: int


@dataclass(frozen=True)
class Compare:
    """``equals`` of the updater that the script is at with that of another of its networks, and their hash codes."""

    network: int


@dataclass(frozen=True)
class Freeze:
    """``new FrozenLayer(layer)`` in the place of a layer."""

    layer: int


@dataclass(frozen=True)
class CloneUpdater:
    """``Updater.clone``: the network goes on with a clone of its updater."""


@dataclass(frozen=True)
class Average:
    """The updater becomes the average of itself and those of other networks of the script, made by aggregators.

    ``combined``: the others are aggregated by themselves, and the two aggregators combined.
    """

    networks: tuple[int, ...]
    combined: bool


Operation = (
    Update
    | Iterate
    | ReadState
    | SetState
    | SetLearningRate
    | Clone
    | Restore
    | Switch
    | Compare
    | Freeze
    | CloneUpdater
    | Average
)


def needs(operation: Operation) -> Iterator[str]:
    """The capabilities that a backend must declare to be asked this."""
    match operation:
        case Iterate(search=search):
            yield interface.OPTIMIZER
            if search:
                yield interface.LINE_SEARCH
        case ReadState():
            yield interface.STATE_OUT
        case SetState():
            yield interface.STATE_IN
        case SetLearningRate():
            yield interface.SET_LEARNING_RATE
        case Compare():
            yield interface.EQUALITY
        case Clone():
            yield interface.CLONE
        case Restore():
            yield interface.SERIALIZATION
        case Freeze():
            yield interface.FREEZE
        case CloneUpdater() | Average():
            yield interface.AGGREGATION


def read_script(data: Iterable[Mapping[str, Any]], network: Network) -> tuple[Operation, ...]:
    """The operations of a script on ``network``; raises :class:`CaseError`."""
    script = tuple(read_operation(entry, network.dtype, i) for i, entry in enumerate(data))
    networks = 1
    for index, operation in enumerate(script):
        networks += isinstance(operation, Clone | Restore)
        _check_place(operation, network, range(networks), f"script[{index}]")
    return script


def _check_place(operation: Operation, network: Network, networks: range, where: str) -> None:
    """Whether the network can do this, and there are the networks that it names."""
    match operation:
        case Switch(number) | Compare(number):
            _read_int(number, networks, f"{where}.network")
        case Average(numbers):
            for number in numbers:
                _read_int(number, networks, f"{where}.networks")
            if not network.is_bare or not numbers:
                raise CaseError(f"{where}: an average is of updaters of layers alone, and of more than one")
        case Iterate(search=search):
            if bool(search) is not is_searching(network):
                raise CaseError(f"{where}.search: must be there under optimization_algo {_SEARCHING}, and only then")
            if (search or network.is_bare) and not can_be_laid_out(network):
                raise CaseError(f"{where}.op: how centers lie where there is no array of all gradients is not modelled")
        case Restore() if network.is_bare:
            raise CaseError(f"{where}.op: a layer alone is not saved")
        case Freeze(layer):
            if not can_freeze(network):
                raise CaseError(f"{where}.op: only a layer of a MultiLayerNetwork can be frozen")
            _read_int(layer, range(len(network.layers)), f"{where}.layer")


def is_searching(network: Network) -> bool:
    """Whether its iterations search for their steps."""
    return network.conf.get("optimization_algo") == _SEARCHING


def can_freeze(network: Network) -> bool:
    """Whether its layers can be frozen: what a frozen vertex does to the others is backpropagation's."""
    return not (network.is_bare or network.vertices)


def can_be_laid_out(network: Network) -> bool:
    """Whether it is known how its gradients lie where there is no array of them all: those of centers are turned."""
    return all(layer.get("type") != "center_loss_output" for layer in network.layers)


def read_operation(data: Mapping[str, Any], dtype: str, index: int) -> Operation:
    """One operation of a script; without ``op`` it is an update. Raises :class:`CaseError`."""
    where = f"script[{index}]"
    match data.get("op", "update"):
        case "iterate":
            score = values.double_from_json(data["score"])
            batch_size = _read_int(data["batch_size"], _INTS, f"{where}.batch_size")
            search = _read_search(data["search"], dtype, f"{where}.search") if "search" in data else None
            return Iterate(_read_gradients(data, dtype, where), score, batch_size, search)
        case "update":
            gradients = _read_gradients(data, dtype, where)
            iteration = _read_int(data["iteration"], _ITERATIONS, f"{where}.iteration")
            return Update(gradients, iteration, _read_int(data["batch_size"], _INTS, f"{where}.batch_size"))
        case "read_state":
            return ReadState()
        case "set_state":
            return SetState(read_array(data["state"], dtype, f"{where}.state"))
        case "set_learning_rate":
            return SetLearningRate(data["key"], values.double_from_json(data["learning_rate"]))
        case "clone":
            return Clone()
        case "restore":
            return Restore(data["with_updater"] is True)
        case "switch":
            return Switch(data["network"])
        case "compare":
            return Compare(data["network"])
        case "freeze":
            return Freeze(data["layer"])
        case "clone_updater":
            return CloneUpdater()
        case "average":
            return Average(tuple(data["networks"]), data.get("combined") is True)
        case other:
            raise CaseError(f"{where}.op: unknown operation {other!r}")


def _read_search(data: Mapping[str, Any], dtype: str, where: str) -> Search:
    step, score = (values.double_from_json(data[name]) for name in ("step", "score"))
    return Search(step, _read_gradients(data, dtype, where), score)


def read_array(data: Any, dtype: str, where: str) -> Floats:
    """Values as :func:`values.to_json` writes them, or a bare list of bit patterns; raises :class:`CaseError`."""
    try:
        return values.from_json({"hex": data} if isinstance(data, list) else data, dtype)
    except ValuesError as error:
        raise CaseError(f"{where}: {error}") from error


def _read_gradients(data: Mapping[str, Any], dtype: str, where: str) -> dict[str, Floats]:
    return {key: read_array(entry, dtype, f"{where}.gradients.{key}") for key, entry in data["gradients"].items()}


def _read_int(value: Any, allowed: range, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value not in allowed:
        raise CaseError(f"{where}: must be an integer from {allowed.start} to {allowed.stop - 1}, not {value!r}")
    return value


def to_json(operation: Operation) -> dict[str, Any]:
    """The operation as JSON data, see the fixture schema."""
    match operation:
        case Update(gradients, iteration, batch_size):
            counted = {"iteration": iteration, "batch_size": batch_size}
            return {"op": "update", **counted, "gradients": _gradients_to_json(gradients)}
        case Iterate(gradients, score, batch_size, search):
            given = {"score": values.double_to_json(score), "batch_size": batch_size}
            searched = {} if search is None else {"search": _search_to_json(search)}
            return {"op": "iterate", **given, "gradients": _gradients_to_json(gradients), **searched}
        case ReadState():
            return {"op": "read_state"}
        case SetState(state):
            return {"op": "set_state", "state": values.to_json(state)}
        case SetLearningRate(key, learning_rate):
            return {"op": "set_learning_rate", "key": key, "learning_rate": values.double_to_json(learning_rate)}
        case Clone():
            return {"op": "clone"}
        case Restore(with_updater):
            return {"op": "restore", "with_updater": with_updater}
        case Switch(network):
            return {"op": "switch", "network": network}
        case Compare(network):
            return {"op": "compare", "network": network}
        case Freeze(layer):
            return {"op": "freeze", "layer": layer}
        case CloneUpdater():
            return {"op": "clone_updater"}
        case Average(networks, combined):
            return {"op": "average", "networks": list(networks), "combined": combined}


def _search_to_json(search: Search) -> dict[str, Any]:
    return {
        "step": values.double_to_json(search.step),
        "score": values.double_to_json(search.score),
        "gradients": _gradients_to_json(search.gradients),
    }


def _gradients_to_json(gradients: Mapping[str, Floats]) -> dict[str, Any]:
    return {key: values.to_json(array) for key, array in gradients.items()}


def in_words(operation: Operation) -> str:
    """The operation, for people."""
    match operation:
        case Update(gradients, iteration, batch_size):
            return f"update, iteration {iteration}, batch size {batch_size}, gradients of {', '.join(gradients)}"
        case Iterate(gradients, score, batch_size, search):
            about = f"score {values.decimal_of(score)}, batch size {batch_size}, gradients of {', '.join(gradients)}"
            if search is None:
                return f"iterate, {about}"
            return (
                f"iterate, {about}; step {values.decimal_of(search.step)}, then score {values.decimal_of(search.score)}"
            )
        case ReadState():
            return "read the state"
        case SetState():
            return "set the state"
        case SetLearningRate(key, learning_rate):
            return f"set the learning rate of {key} to {values.decimal_of(learning_rate)}"
        case Clone():
            return "clone, and go on with the clone"
        case Restore(with_updater):
            return f"save with{'' if with_updater else 'out'} the updater, and go on with what is restored"
        case Switch(network):
            return f"go on with network {network}"
        case Compare(network):
            return f"compare with network {network}"
        case Freeze(layer):
            return f"freeze layer {layer}"
        case CloneUpdater():
            return "go on with a clone of the updater"
        case Average(networks, combined):
            how = "the aggregator" if combined else "the updaters"
            return f"average with {how} of {', '.join(f'network {number}' for number in networks)}"
