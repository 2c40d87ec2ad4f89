"""JSON data without loss, for all that a Python backend in a process of its own is told and answers.

Arrays keep dtype, shape and bits, Java doubles their bits. No class is named in the data but those of ``_RECORDS``, and
no code runs while they are read. An object has one key, which says what it is.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from typing import Any

import numpy as np

from dl4j_backends.interface import Accuracy, Network, Search, Seen
from dl4j_backends.topology import Topology, Vertex

#: The records that travel, by their names in the data.
_RECORDS: Mapping[str, Any] = {
    record.__name__: record for record in (Network, Topology, Vertex, Search, Seen, Accuracy)
}
#: The fields of each, and whether None or an empty mapping is their default, which need not travel.
_FIELDS = {
    record: [(field.name, field.default is None, field.default_factory is not MISSING) for field in fields(record)]
    for record in _RECORDS.values()
}
#: The largest array: a reply, in which a byte takes two, has 64 MiB at most.
_MOST_BYTES = 16 << 20
#: The kinds of numbers that arrays may have: booleans, integers, floating point and complex numbers.
_KINDS = "biufc"


def encode(value: Any) -> Any:
    """Return a value as JSON data; raises :class:`TypeError` for what neither a session nor a backend has."""
    kind = type(value)
    # Almost all values are of these types.
    if kind is np.ndarray:
        return _encode_array(value)
    if kind is float:
        # JSON's decimals keep all finite doubles; a NaN keeps its bits too.
        return value if math.isfinite(value) else {"double": struct.pack(">d", value).hex()}
    if kind is dict:
        return _encode_mapping(value)
    if kind in _FIELDS:
        return {"record": [kind.__name__, dict(_encoded_fields(value))]}
    return _encode_rarer(value)


def _encode_rarer(value: Any) -> Any:
    match value:
        case None | str() | bool() | int():
            return value
        case np.ndarray():
            return _encode_array(np.asarray(value))
        case np.generic() if not isinstance(item := value.item(), np.generic):
            return encode(item)
        case float():
            return encode(float(value))
        case Mapping():
            return _encode_mapping(value)
        case list() | tuple() | frozenset() | set():
            return [encode(entry) for entry in value]
        case _:
            raise TypeError(f"{type(value).__name__} is no type of what a backend is given or shows")


def _encode_array(array: np.ndarray[Any, Any]) -> Any:
    if array.dtype.kind not in _KINDS:
        raise TypeError(f"an array of {array.dtype} is no array of numbers")
    if array.nbytes > _MOST_BYTES:
        raise TypeError(f"an array of {array.nbytes >> 20} MiB is too large: {_MOST_BYTES >> 20} MiB are allowed")
    return {"array": [array.dtype.str, array.shape, array.tobytes().hex()]}


def _encode_mapping(mapping: Mapping[Any, Any]) -> Any:
    for key in mapping:
        if type(key) is not str:
            return {"pairs": [[encode(key), encode(entry)] for key, entry in mapping.items()]}
    return {"map": {key: encode(entry) for key, entry in mapping.items()}}


def _encoded_fields(record: Any) -> Any:
    for name, may_be_none, may_be_empty in _FIELDS[type(record)]:
        entry = getattr(record, name)
        if not ((entry is None and may_be_none) or (may_be_empty and isinstance(entry, Mapping) and not entry)):
            yield name, encode(entry)


def decode(data: Any, session: Callable[[int], Any] | None = None) -> Any:
    """Return the value that :func:`encode` wrote; a sequence becomes a tuple.

    ``session`` returns the session of a number. Raises :class:`ValueError` for data that are not its.
    """
    if isinstance(data, dict):
        try:
            ((kind, content),) = data.items()
            return _DECODERS[kind](content, session)
        except (KeyError, TypeError, ValueError, AttributeError, struct.error) as error:
            raise ValueError(f"no data of this conversation: {str(data)[:100]}") from error
    if isinstance(data, list):
        return tuple([decode(entry, session) for entry in data])
    return data


_Sessions = Callable[[int], Any] | None


def _decode_array(content: Any, _: _Sessions) -> Any:
    dtype, shape, bits = content
    # bytearray: the array may be written to.
    return np.frombuffer(bytearray.fromhex(bits), dtype).reshape(shape)


def _decode_map(content: Any, session: _Sessions) -> Any:
    return {key: decode(entry, session) for key, entry in content.items()}


def _decode_pairs(content: Any, session: _Sessions) -> Any:
    return {decode(key): decode(entry, session) for key, entry in content}


def _decode_record(content: Any, session: _Sessions) -> Any:
    name, given = content
    return _RECORDS[name](**{field: decode(entry, session) for field, entry in given.items()})


def _decode_double(content: Any, _: _Sessions) -> float:
    return float(struct.unpack(">d", bytes.fromhex(content))[0])


def _decode_session(content: Any, session: _Sessions) -> Any:
    if session is None:
        raise ValueError("a session where there is none")
    return session(content)


_DECODERS: Mapping[str, Callable[[Any, _Sessions], Any]] = {
    "array": _decode_array,
    "map": _decode_map,
    "pairs": _decode_pairs,
    "record": _decode_record,
    "double": _decode_double,
    "session": _decode_session,
}
