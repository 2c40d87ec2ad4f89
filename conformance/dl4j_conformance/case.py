"""A case: a network, and a script of operations on its updater. It holds no expected values.

The same type is what Hypothesis generates, what fixtures store, what a backend is given and what a failure prints.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from dl4j_backends import interface
from dl4j_backends.interface import Network
from dl4j_conformance import values
from dl4j_conformance.values import DL4J_DTYPES, DTYPES, Floats, ValuesError

#: Iterations are Java ints; FastMath.pow does not return for the last one (clause ADAM-4).
_ITERATIONS = range(-(1 << 31), (1 << 31) - 1)
_INTS = range(-(1 << 31), 1 << 31)

#: What a case may be marked as. ``basic``: it tells no catalogued misreading from DL4J.
FLAGS = ("basic",)

UPDATERS = ("SGD", "ADAM", "ADADELTA", "NESTEROVS", "ADAGRAD", "RMSPROP", "NONE")


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
    """One iteration of ``StochasticGradientDescent.optimize`` in which backpropagation gives this."""

    gradients: Mapping[str, Floats]
    score: float
    batch_size: int


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
class Switch:
    """Go on with another network of the script: 0 is the one it began with, 1 its first clone."""

    network: int


@dataclass(frozen=True)
class Compare:
    """``equals`` of the updater that the script is at with that of another of its networks, and their hash codes."""

    network: int


Operation = Update | Iterate | ReadState | SetState | SetLearningRate | Clone | Switch | Compare


@dataclass(frozen=True, eq=False)
class Case:
    """``id`` is a slug; ``clauses`` and ``comment`` say what the case is for; ``flags`` are of :data:`FLAGS`."""

    id: str
    network: Network
    script: tuple[Operation, ...]
    clauses: tuple[str, ...] = ()
    comment: str = ""
    provenance: str = ""
    quirks: tuple[int, ...] = field(default=())
    flags: tuple[str, ...] = field(default=())

    @property
    def dtype(self) -> str:
        """``float32`` or ``float64``."""
        return self.network.dtype

    @cached_property
    def updaters(self) -> tuple[str, ...]:
        """The updater of each layer, as configured."""
        default = self.network.conf.get("updater") or "SGD"
        return tuple(layer.get("updater") or default for layer in self.network.layers)

    def layer_of(self, key: str) -> int | None:
        """The layer that a well-formed key, or the name of a layer alone, belongs to."""
        names = self.network.names
        if self.network.is_bare:
            return 0
        if key in names:
            return names.index(key)
        if self.network.vertices:
            name = key.rpartition("_")[0]
            return names.index(name) if name in names else None
        number = key.partition("_")[0]
        return int(number) if number.isascii() and number.isdigit() else None

    @cached_property
    def required_capabilities(self) -> frozenset[str]:
        """What a backend must declare to be asked this case."""
        needed = {interface.STATE_IN} if self.network.has_state else set()
        needed |= {interface.GRADIENT_VIEW} if self.network.gradient_view else set()
        needed |= {interface.GRAPH} if self.network.vertices else set()
        needed |= {interface.LAYER} if self.network.is_bare else set()
        for operation in self.script:
            match operation:
                case Iterate():
                    needed.add(interface.OPTIMIZER)
                case ReadState():
                    needed.add(interface.STATE_OUT)
                case SetState():
                    needed.add(interface.STATE_IN)
                case SetLearningRate():
                    needed.add(interface.SET_LEARNING_RATE)
                case Compare():
                    needed.add(interface.EQUALITY)
                case Clone():
                    needed.add(interface.CLONE)
        return frozenset(needed)


def to_json(case: Case) -> dict[str, Any]:
    """The case as JSON data, see the fixture schema."""
    network = case.network
    described: dict[str, Any] = {
        "conf": dict(network.conf),
        "layers": [dict(layer) for layer in network.layers],
        "params": {key: values.to_json(array) for key, array in network.params.items()},
    }
    if network.has_state:
        described["state"] = None if network.state is None else values.to_json(network.state)
    described |= network.form
    flags = {"flags": list(case.flags)} if case.flags else {}
    return {
        "id": case.id,
        "comment": case.comment,
        "clauses": list(case.clauses),
        "quirks": list(case.quirks),
        **flags,
        "provenance": case.provenance,
        "dtype": case.dtype,
        "network": described,
        "script": [_operation_to_json(operation) for operation in case.script],
    }


def from_json(data: Any) -> Case:
    """Read back :func:`to_json`; raises :class:`CaseError`."""
    where = str(data.get("id", "case")) if isinstance(data, Mapping) else "case"
    try:
        dtype = read_dtype(data["dtype"])
        case = Case(
            id=data["id"],
            network=read_network(data["network"], dtype),
            script=read_script(data["script"], dtype),
            clauses=tuple(data.get("clauses", ())),
            comment=data.get("comment", ""),
            provenance=data.get("provenance", ""),
            quirks=tuple(data.get("quirks", ())),
            flags=tuple(data.get("flags", ())),
        )
        if case.network.is_bare and any(isinstance(operation, Iterate) for operation in case.script):
            raise CaseError("script: a layer alone has no optimiser to iterate")
        return case
    except KeyError as error:
        raise CaseError(f"{where}: {error.args[0]!r} is missing") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise CaseError(f"{where}: {error}") from error


def content_hash(data: Mapping[str, Any]) -> str:
    """SHA-256 of JSON data, whatever the order of its keys and the white space it was written with."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def read_dtype(name: Any) -> str:
    """``float32`` or ``float64``, also under DL4J's names; raises :class:`CaseError`."""
    dtype = DL4J_DTYPES.get(name, name)
    if dtype not in DTYPES:
        raise CaseError(f"dtype must be one of {', '.join((*DTYPES, *DL4J_DTYPES))}, not {name!r}")
    return str(dtype)


def read_network(data: Mapping[str, Any], dtype: str) -> Network:
    """The network part of a case; raises :class:`CaseError`."""
    state = data.get("state")
    layers, vertices, is_bare = tuple(data["layers"]), tuple(data.get("vertices", ())), data.get("bare") is True
    names = {name for name in vertices if isinstance(name, str)}
    if vertices and not len(names) == len(vertices) == len(layers):
        raise CaseError(f"vertices: must be {len(layers)} different names, one for each layer")
    if is_bare and (vertices or len(layers) != 1):
        raise CaseError("bare: the network must have one layer, and no vertices")
    return Network(
        dtype=dtype,
        conf=data["conf"],
        layers=layers,
        params={key: read_array(entry, dtype, f"params.{key}") for key, entry in data["params"].items()},
        has_state="state" in data,
        state=None if state is None else read_array(state, dtype, "state"),
        gradient_view=data.get("gradient_view") is True,
        vertices=vertices,
        is_bare=is_bare,
    )


def read_script(data: Iterable[Mapping[str, Any]], dtype: str) -> tuple[Operation, ...]:
    """The operations of a script; raises :class:`CaseError`."""
    script = tuple(read_operation(entry, dtype, i) for i, entry in enumerate(data))
    networks = 1
    for index, operation in enumerate(script):
        networks += isinstance(operation, Clone)
        if isinstance(operation, Switch | Compare):
            _read_int(operation.network, range(networks), f"script[{index}].network")
    return script


def read_operation(data: Mapping[str, Any], dtype: str, index: int) -> Operation:
    """One operation of a script; without ``op`` it is an update. Raises :class:`CaseError`."""
    where = f"script[{index}]"
    match data.get("op", "update"):
        case "iterate":
            score = values.double_from_json(data["score"])
            batch_size = _read_int(data["batch_size"], _INTS, f"{where}.batch_size")
            return Iterate(_read_gradients(data, dtype, where), score, batch_size)
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
        case "switch":
            return Switch(data["network"])
        case "compare":
            return Compare(data["network"])
        case other:
            raise CaseError(f"{where}.op: unknown operation {other!r}")


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


def _operation_to_json(operation: Operation) -> dict[str, Any]:
    match operation:
        case Update(gradients, iteration, batch_size):
            return {
                "op": "update",
                "iteration": iteration,
                "batch_size": batch_size,
                "gradients": {key: values.to_json(array) for key, array in gradients.items()},
            }
        case Iterate(gradients, score, batch_size):
            return {
                "op": "iterate",
                "score": values.double_to_json(score),
                "batch_size": batch_size,
                "gradients": {key: values.to_json(array) for key, array in gradients.items()},
            }
        case ReadState():
            return {"op": "read_state"}
        case SetState(state):
            return {"op": "set_state", "state": values.to_json(state)}
        case SetLearningRate(key, learning_rate):
            return {
                "op": "set_learning_rate",
                "key": key,
                "learning_rate": values.double_to_json(learning_rate),
            }
        case Clone():
            return {"op": "clone"}
        case Switch(network):
            return {"op": "switch", "network": network}
        case Compare(network):
            return {"op": "compare", "network": network}


def in_words(operation: Operation) -> str:
    """The operation, for people."""
    match operation:
        case Update(gradients, iteration, batch_size):
            return f"update, iteration {iteration}, batch size {batch_size}, gradients of {', '.join(gradients)}"
        case Iterate(gradients, score, batch_size):
            about = f"score {values.decimal_of(score)}, batch size {batch_size}"
            return f"iterate, {about}, gradients of {', '.join(gradients)}"
        case ReadState():
            return "read the state"
        case SetState():
            return "set the state"
        case SetLearningRate(key, learning_rate):
            return f"set the learning rate of {key} to {values.decimal_of(learning_rate)}"
        case Clone():
            return "clone, and go on with the clone"
        case Switch(network):
            return f"go on with network {network}"
        case Compare(network):
            return f"compare with network {network}"
