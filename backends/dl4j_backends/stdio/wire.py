"""Encode requests and decode replies. Expected values never cross the wire."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import numpy as np

from dl4j_backends import bounded_json, interface
from dl4j_backends.bits import ValuesError, hex_of
from dl4j_backends.block_interface import BLOCK_VERSIONS
from dl4j_backends.bounded_json import DuplicateKeyError, JsonError, LimitError, NotUtf8Error, Pairs, unique
from dl4j_backends.declaration import unknown
from dl4j_backends.interface import Accuracy, Dl4jException, Floats, Network, Observation, Search, UnsupportedError
from dl4j_backends.stdio.array_form import ArrayForm
from dl4j_backends.stdio.faults import NEVER_ERRORS, AdapterFault

PROTOCOL = 1

#: The versions of DL4J that an adapter may implement; one that does not say so implements the first.
VERSIONS = ("0.8.0", *BLOCK_VERSIONS)

UPDATERS = frozenset({"SGD", "ADAM", "ADADELTA", "NESTEROVS", "ADAGRAD", "RMSPROP", "NONE"})
TYPES = frozenset({"float32", "float64"})
#: The fields of an accuracy; ``subnormals`` stands for the one that is left out.
_ACCURACY = tuple(entry.name for entry in fields(Accuracy) if entry.name != "flush_to_zero")
_BOOLEANS = tuple(capability.name for capability in interface.CAPABILITIES)

T = TypeVar("T")
Message = Mapping[str, Any]


@dataclass(frozen=True)
class Handshake:
    """The reply to ``hello``: the adapter's identity and capabilities.

    An adapter without ``subnormals`` flushes them to zero.
    """

    name: str
    version: str
    language: str
    homepage: str
    capabilities: frozenset[str]
    updaters: frozenset[str]
    types: frozenset[str]
    subnormals: bool
    accuracy: Accuracy
    arrays: ArrayForm
    versions: frozenset[str] = frozenset(VERSIONS[:1])


def encode(message: Message) -> bytes:
    """Return a message as one line of UTF-8."""
    return _ENCODER.encode(message).encode() + b"\n"


def decode(line: bytes, *, pairs: Pairs | None = unique) -> dict[str, Any]:
    """Return the JSON object of a line; ``pairs`` as in :mod:`bounded_json`. Raises :class:`AdapterFault`."""
    try:
        message = bounded_json.parse(line, _no_constant, pairs)
    except NotUtf8Error as error:
        raise AdapterFault("not-utf8", f"{line[:40]!r}: {error}") from None
    except LimitError as error:
        raise AdapterFault("too-large", f"{_shown(line)} {error}") from None
    except DuplicateKeyError as error:
        raise AdapterFault("duplicate-key", str(error)) from None
    except JsonError:
        raise AdapterFault("not-json", f"{_shown(line)} is no JSON") from None
    if not isinstance(message, dict):
        raise AdapterFault("not-an-object", f"{_shown(line)} is no JSON object")
    return message


_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def hello() -> Message:
    """Return the first request."""
    return {"op": "hello", "protocol": PROTOCOL}


def open_network(session: int, network: Network, form: ArrayForm = ArrayForm.HEX) -> Message:
    """Return the request ``open``: the network, with settings as in the fixtures, and arrays in this form."""
    described: dict[str, Any] = {
        "dtype": network.dtype,
        "conf": settings(network.conf),
        "layers": [settings(layer) for layer in network.layers],
        "params": by_key(network.params, form),
    }
    if network.has_state:
        described["state"] = None if network.state is None else form.written(network.state)
    described |= network.form
    return {"op": "open", "session": session, "network": described}


def by_key(arrays: Mapping[str, Floats], form: ArrayForm) -> Message:
    """Return parameters (1-D, of the network's dtype) as a JSON object. Unlike gradients they have no order."""
    return {key: form.written(array) for key, array in arrays.items()}


def set_params(session: int, params: Mapping[str, Floats], form: ArrayForm = ArrayForm.HEX) -> Message:
    """Return the request ``set_params``; the parameters are 1-D and of the network's dtype."""
    return {"op": "set_params", "session": session, "params": by_key(params, form)}


def request(op: str, session: int, form: ArrayForm = ArrayForm.HEX, **fields: Any) -> Message:
    """Return a request to a session: arrays in ``form``, Java doubles as bits, gradients in order, None left out."""
    encoded = {name: _encoded(value, form) for name, value in fields.items() if value is not None}
    return {"op": op, "session": session, **encoded}


def in_order(arrays: Mapping[str, Floats], form: ArrayForm) -> list[Message]:
    """Return gradients (each 1-D, of the network's dtype) as a JSON array, which keeps their order."""
    return [{"key": key, "values": form.written(array)} for key, array in arrays.items()]


def _encoded(value: Any, form: ArrayForm) -> Any:
    match value:
        case np.ndarray():
            return form.written(value)
        case float():
            return hex_of(np.array([value], "float64"))[0]
        case Search(gradients, score, step, tries):
            parts = {"step": step, "tries": tries, "score": score, "gradients": gradients}
            return {name: _encoded(part, form) for name, part in parts.items() if part is not None}
        case tuple():
            return [_encoded(part, form) for part in value]
        case Mapping():
            # DL4J's map of gradients is ordered; JSON's objects are not.
            return in_order(value, form)
        case _:
            return value


def read_handshake(reply: Message) -> Handshake:
    """Read the reply to ``hello``; raises :class:`AdapterFault`."""
    match reply["reply"]:
        case "unsupported" | "error":
            raise AdapterFault("refused", str(reply.get("reason") or reply.get("message") or "without a reason"))
    version = field(reply, "protocol", int)
    if version != PROTOCOL:
        raise AdapterFault("unknown-protocol-version", f"it speaks protocol {version}, this suite {PROTOCOL}")
    who = field(reply, "implementation", dict)
    can = field(reply, "capabilities", dict)
    _check_known(can, (*_BOOLEANS, "updaters", "types", "subnormals", "accuracy", "arrays"), "capabilities")
    return Handshake(
        name=field(who, "name", str, "implementation"),
        version=field(who, "version", str, "implementation"),
        language=field(who, "language", str, "implementation"),
        homepage=field(who, "homepage", str, "implementation"),
        capabilities=frozenset(name for name in _BOOLEANS if _optional(can, name, default=False)),
        updaters=_names(can, "updaters", UPDATERS),
        types=_names(can, "types", TYPES),
        subnormals=_optional(can, "subnormals", default=True),
        accuracy=_accuracy(can, flush_to_zero=not _optional(can, "subnormals", default=True)),
        arrays=_array_form(can),
        versions=_versions(reply),
    )


def check_answer(op: str, reply: Message) -> None:
    """Raise what the reply says: :class:`UnsupportedError`, :class:`Dl4jException` or :class:`AdapterFault`."""
    match reply["reply"]:
        case "unsupported":
            raise UnsupportedError(field(reply, "reason", str))
        case "error" if op not in NEVER_ERRORS:
            raise Dl4jException(field(reply, "kind", str), field(reply, "message", str))
        case "error":
            said = f"{reply.get('kind')}: {reply.get('message')}"
            raise AdapterFault("unexpected-reply", f"{op} was answered with an error ({said})")


def read_nothing(reply: Message) -> None:
    """Accept a reply without content."""


def read_observation(
    reply: Message, dtype: str, capabilities: frozenset[str], form: ArrayForm = ArrayForm.HEX
) -> Observation:
    """Read the reply to ``update``: what is declared is required; raises :class:`AdapterFault`."""
    rates = interface.LEARNING_RATES in capabilities
    named = interface.INTERMEDIATES in capabilities
    moves = interface.MOVES_PARAMS in capabilities
    return Observation(
        updates=None if moves else read_arrays(reply, "updates", dtype, form),
        params=read_arrays(reply, "params", dtype, form) if moves else {},
        state=read_state(reply, dtype, form) if interface.STATE_OUT in capabilities else None,
        learning_rates=_doubles(reply, "learning_rates") if rates else {},
        momentum=_doubles(reply, "momentum") if rates else {},
        intermediates=_intermediates(reply, dtype, form) if named else {},
    )


def read_iteration(
    reply: Message, dtype: str, capabilities: frozenset[str], form: ArrayForm = ArrayForm.HEX
) -> Observation:
    """Read the reply to ``iterate``: that to ``update``, with what only an iteration shows."""
    return replace(
        read_observation(reply, dtype, capabilities - {interface.MOVES_PARAMS}, form),
        params=read_arrays(reply, "params", dtype, form),
        heard=read_arrays(reply, "heard", dtype, form),
        iteration_done=None if reply.get("iteration_done", 0) is None else field(reply, "iteration_done", int),
        iteration_count=field(reply, "iteration_count", int),
    )


def read_comparison(reply: Message) -> tuple[bool, bool]:
    """Read the reply to ``compare``; raises :class:`AdapterFault`."""
    return field(reply, "equal", bool), field(reply, "same_hash", bool)


def read_state(reply: Message, dtype: str, form: ArrayForm = ArrayForm.HEX) -> Floats | None:
    """Return the field ``state`` (1-D, of ``dtype``, or None); raises :class:`AdapterFault`."""
    if "state" not in reply:
        raise AdapterFault("missing-field", "state: it is declared (state_out); null if there is none")
    return None if reply["state"] is None else read_array(reply["state"], dtype, "state", form)


def field(message: Message, name: str, kind: type[T], where: str = "") -> T:
    """Return a field that must be there; raises :class:`AdapterFault`."""
    place = f"{where}.{name}" if where else name
    if name not in message:
        raise AdapterFault("missing-field", place)
    value = message[name]
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise AdapterFault("wrong-type", f"{place}: {_short(repr(value))} is no {_JSON_NAMES[kind]}")
    return value


_JSON_NAMES: Mapping[type, str] = {int: "integer", str: "string", dict: "object", list: "array", bool: "boolean"}


def _optional(can: Message, name: str, *, default: bool) -> bool:
    return field(can, name, bool, "capabilities") if name in can else default


def _names(can: Message, name: str, default: frozenset[str]) -> frozenset[str]:
    return _strings(can, name, default, f"capabilities.{name}") if name in can else default


def _strings(message: Message, name: str, known: Collection[str], where: str) -> frozenset[str]:
    names = field(message, name, list, where.rpartition(".")[0])
    if not all(isinstance(entry, str) for entry in names):
        raise AdapterFault("wrong-type", f"{where}: {_short(repr(names))} is no array of strings")
    _check_known(names, known, where)
    return frozenset(names)


def _versions(reply: Message) -> frozenset[str]:
    """Return the versions of DL4J that an adapter implements; raises :class:`AdapterFault`."""
    if "dl4j" not in reply:
        return frozenset(VERSIONS[:1])
    if versions := _strings(reply, "dl4j", VERSIONS, "dl4j"):
        return versions
    raise AdapterFault("wrong-type", "dl4j: names no version; leave it out for 0.8.0 alone")


def _array_form(can: Message) -> ArrayForm:
    name = field(can, "arrays", str, "capabilities") if "arrays" in can else ArrayForm.HEX.value
    _check_known([name], [form.value for form in ArrayForm], "capabilities.arrays")
    return ArrayForm(name)


def _accuracy(can: Message, *, flush_to_zero: bool) -> Accuracy:
    said = field(can, "accuracy", dict, "capabilities") if "accuracy" in can else {}
    _check_known(said, _ACCURACY, "capabilities.accuracy")
    try:
        return Accuracy(**said, flush_to_zero=flush_to_zero)
    except ValueError as error:
        raise AdapterFault("wrong-type", f"capabilities.accuracy: {_short(str(error))}") from None


def read_arrays(reply: Message, name: str, dtype: str, form: ArrayForm) -> dict[str, Floats]:
    """Return the arrays of a field (1-D, of ``dtype``) by key; raises :class:`AdapterFault`."""
    return {key: read_array(entry, dtype, f"{name}.{key}", form) for key, entry in field(reply, name, dict).items()}


def _intermediates(reply: Message, dtype: str, form: ArrayForm) -> dict[str, Floats | float]:
    """Read intermediates: an array is of the network's dtype, a string, which is one pattern, is a Java double."""
    entries = field(reply, "intermediates", dict)
    doubles = _each_double("intermediates", {key: entry for key, entry in entries.items() if isinstance(entry, str)})
    return {
        key: doubles[key] if key in doubles else read_array(entry, dtype, f"intermediates.{key}", form)
        for key, entry in entries.items()
    }


def _doubles(reply: Message, name: str) -> dict[str, float]:
    return _each_double(name, field(reply, name, dict))


def _each_double(name: str, entries: Message) -> dict[str, float]:
    return {key: float(read_array([entry], "float64", f"{name}.{key}")[0]) for key, entry in entries.items()}


def read_array(sent: Any, dtype: str, where: str, form: ArrayForm = ArrayForm.HEX) -> Floats:
    """Return an array (1-D, of ``dtype``) that stands in a reply at ``where``; raises :class:`AdapterFault`."""
    try:
        return form.read(sent, dtype)
    except ValuesError as error:
        raise AdapterFault("bad-values", f"{where}: {_short(str(error))}") from None


def settings(described: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with JSON's spelling of what JSON has no numbers for."""
    return {name: _setting(value) for name, value in described.items()}


def _setting(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _setting(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_setting(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def _check_known(names: Collection[str], known: Collection[str], where: str) -> None:
    if problem := unknown(names, known):
        raise AdapterFault("unknown-capability", f"{where}: {problem}")


def _no_constant(name: str) -> Any:
    raise AdapterFault("json-nan", f"{name} stands in a reply")


def _shown(line: bytes) -> str:
    """Return the beginning of a line as text."""
    return _short(line[:400].decode("utf-8", "replace"))


def _short(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:100]}..."
