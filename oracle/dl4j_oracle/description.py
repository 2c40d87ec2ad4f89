"""Reading plain data (from JSON) into a frozen dataclass, with errors that name the place.

Doubles are JSON numbers or the strings ``NaN``, ``Infinity`` and ``-Infinity``; schedules are objects from
decimal iteration numbers to doubles. What is by parameter is an object from names to doubles.
"""

from __future__ import annotations

import math
import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, get_type_hints

from dl4j_oracle.errors import ConfigurationError
from dl4j_oracle.suggestion import did_you_mean

_Record = TypeVar("_Record")
_NAMED = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_INT_LIMIT = 1 << 31


def read(record: type[_Record], data: Mapping[str, Any], where: str) -> _Record:
    """Return ``data`` as ``record``; None and absence leave a default, and a field of type Any stays as it is.

    Raises :class:`ConfigurationError`.
    """
    if not isinstance(data, Mapping):
        raise ConfigurationError(where, f"must be an object, not {reprlib.repr(data)}")
    hints = _hints(record)  # type: ignore[arg-type] # mypy takes a generic class for unhashable
    names = [f.name for f in fields(record)]  # type: ignore[arg-type]
    for key in data:
        if key not in names:
            hint = did_you_mean(str(key), names, f"known keys are {', '.join(names)}")
            raise ConfigurationError(f"{where}.{key}", f"unknown key; {hint}")
    values = {key: _value(hints[key], value, f"{where}.{key}") for key, value in data.items() if value is not None}
    return record(**values)


@cache
def _hints(record: Any) -> dict[str, Any]:
    return get_type_hints(record)


def read_double(value: Any, where: str) -> float:
    """Return a JSON number, or one of the named special values, as a double."""
    if isinstance(value, str) and value in _NAMED:
        return _NAMED[value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConfigurationError(where, f"must be a number, NaN, Infinity or -Infinity, not {reprlib.repr(value)}")
    try:
        return float(value)
    except OverflowError:
        raise ConfigurationError(where, f"{reprlib.repr(value)} does not fit a double") from None


def read_int(value: Any, where: str) -> int:
    """Return a JSON integer that fits a Java int."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ConfigurationError(where, f"must be an integer, not {reprlib.repr(value)}")
    if not -_INT_LIMIT <= value < _INT_LIMIT:
        raise ConfigurationError(where, f"{reprlib.repr(value)} does not fit a Java int")
    return value


def _value(hint: Any, value: Any, where: str) -> Any:
    choices = next((part for part in (hint, *getattr(hint, "__args__", ())) if _is_enum(part)), None)
    if choices is not None:
        return _choice(choices, value, where)
    if hint is Any:
        return value
    if hint is bool:
        if not isinstance(value, bool):
            raise ConfigurationError(where, f"must be true or false, not {reprlib.repr(value)}")
        return value
    if hint is int:
        return read_int(value, where)
    if hint is float:
        return read_double(value, where)
    if hint == Sequence[int]:
        return _ints(value, where)
    if hint == Mapping[str, float] | None:
        return {str(key): read_double(entry, f"{where}.{key}") for key, entry in _object(value, where).items()}
    if hint == Mapping[str, Any] | None:
        return _object(value, where)
    return _schedule(value, where)


def _is_enum(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, StrEnum)


def _choice(choices: type[StrEnum], value: Any, where: str) -> StrEnum:
    try:
        return choices(value)
    except ValueError:
        known = ", ".join(choices)
        raise ConfigurationError(where, f"must be one of {known}, not {reprlib.repr(value)}") from None


def _ints(value: Any, where: str) -> tuple[int, ...]:
    if not isinstance(value, list | tuple):
        raise ConfigurationError(where, f"must be an array of integers, not {reprlib.repr(value)}")
    return tuple(read_int(entry, f"{where}[{index}]") for index, entry in enumerate(value))


def _object(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ConfigurationError(where, f"must be an object, not {reprlib.repr(value)}")
    return value


def _schedule(value: Any, where: str) -> dict[int, float]:
    if not isinstance(value, Mapping):
        raise ConfigurationError(where, f"must be an object from iterations to values, not {reprlib.repr(value)}")
    schedule = {}
    for key, entry in value.items():
        try:
            iteration = int(key)
        except (TypeError, ValueError):
            raise ConfigurationError(f"{where}.{key}", "the iteration must be an integer") from None
        schedule[read_int(iteration, where)] = read_double(entry, f"{where}.{key}")
    return schedule
