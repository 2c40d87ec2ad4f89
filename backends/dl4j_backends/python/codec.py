"""JSON data without loss, for all that a Python backend in a process of its own is told and answers.

Arrays keep dtype, shape and bits, Java doubles their bits. No class is named in the data but those of ``_RECORDS``, and
no code runs while they are read.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from dl4j_backends.interface import Accuracy, Network, Search, Seen

#: The records that travel, by their names in the data.
_RECORDS = {record.__name__: record for record in (Network, Search, Seen, Accuracy)}
#: The kinds of numbers that arrays may have: booleans, integers, floating point and complex numbers.
_KINDS = "biufc"


def encode(value: Any) -> Any:
    """Return a value as JSON data; raises :class:`TypeError` for what neither a session nor a backend has."""
    match value:
        case None | str() | bool() | np.bool_():
            return value if not isinstance(value, np.bool_) else bool(value)
        case int() | np.integer():
            return int(value)
        case float() | np.floating():
            return _encode_double(float(value))
        case np.ndarray():
            return _encode_array(value)
        case Mapping():
            return {"map": [[encode(key), encode(entry)] for key, entry in value.items()]}
        case list() | tuple() | frozenset() | set():
            return [encode(entry) for entry in value]
    if type(value) not in _RECORDS.values():
        raise TypeError(f"{type(value).__name__} is no type of what a backend is given or shows")
    content = {field.name: encode(getattr(value, field.name)) for field in fields(value)}
    return {"record": type(value).__name__, "fields": content}


def decode(data: Any, session: Callable[[int], Any] | None = None) -> Any:
    """Return the value that :func:`encode` wrote; a sequence becomes a tuple.

    ``session`` returns the session of a number. Raises :class:`ValueError` for data that are not its.
    """
    match data:
        case None | bool() | int() | float() | str():
            return data
        case list():
            return tuple(decode(entry, session) for entry in data)
        case {"double": str(bits)}:
            return float(struct.unpack(">d", bytes.fromhex(bits))[0])
        case {"array": str(bits), "dtype": str(dtype), "shape": list(shape)}:
            return np.frombuffer(bytes.fromhex(bits), dtype).reshape(shape).copy()
        case {"map": list(pairs)}:
            return {decode(key): decode(entry, session) for key, entry in pairs}
        case {"record": str(name), "fields": dict(content)} if name in _RECORDS:
            return _RECORDS[name](**{field: decode(entry, session) for field, entry in content.items()})
        case {"session": int(number)} if session:
            return session(number)
        case _:
            raise ValueError(f"no data of this conversation: {str(data)[:100]}")


def _encode_double(value: float) -> Any:
    # JSON's decimals keep all finite doubles; a NaN keeps its bits too.
    return value if math.isfinite(value) else {"double": struct.pack(">d", value).hex()}


def _encode_array(array: np.ndarray[Any, Any]) -> Any:
    plain = np.asarray(array)
    if plain.dtype.kind not in _KINDS:
        raise TypeError(f"an array of {plain.dtype} is no array of numbers")
    return {"array": plain.tobytes().hex(), "dtype": plain.dtype.str, "shape": list(plain.shape)}
