"""Reading plain data (from JSON) into a frozen dataclass, with errors that name the place.

Doubles are JSON numbers or the strings ``NaN``, ``Infinity`` and ``-Infinity``; schedules are objects from
decimal iteration numbers to doubles. What is by parameter is an object from names to doubles.
"""

from __future__ import annotations

import math
import reprlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, get_type_hints

from dl4j_oracle.errors import ConfigurationError
from dl4j_oracle.suggestion import did_you_mean

_Record = TypeVar("_Record")
_Choice = TypeVar("_Choice", bound=StrEnum)
_NAMED = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_INT_LIMIT = 1 << 31


def read(record: type[_Record], data: Mapping[str, Any], where: str) -> _Record:
    """Return ``data`` as ``record``; None and absence leave a default, and a field of type Any stays as it is.

    Raises :class:`ConfigurationError`.
    """
    hints = _hints(record)  # type: ignore[arg-type] # mypy takes a generic class for unhashable
    data = read_object(data, where, [f.name for f in fields(record)])  # type: ignore[arg-type]
    values = {key: _value(hints[key], value, f"{where}.{key}") for key, value in data.items() if value is not None}
    return record(**values)


@cache
def _hints(record: Any) -> dict[str, Any]:
    return get_type_hints(record)


def read_object(value: Any, where: str, known: Collection[str] | None = None) -> Mapping[str, Any]:
    """Return a JSON object, with ``known`` keys alone if there are such. Raises :class:`ConfigurationError`."""
    if not isinstance(value, Mapping):
        raise ConfigurationError(where, f"must be an object, not {reprlib.repr(value)}")
    for key in value:
        if known is not None and key not in known:
            hint = did_you_mean(str(key), list(known), f"known keys are {', '.join(known)}")
            raise ConfigurationError(f"{where}.{key}", f"unknown key; {hint}")
    return value


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


def read_flag(value: Any, where: str) -> bool:
    """Return a JSON boolean. Raises :class:`ConfigurationError`."""
    if not isinstance(value, bool):
        raise ConfigurationError(where, f"must be true or false, not {reprlib.repr(value)}")
    return value


def read_choice(choices: type[_Choice], value: Any, where: str) -> _Choice:
    """Return a name of an enumeration. Raises :class:`ConfigurationError`."""
    try:
        return choices(value)
    except ValueError:
        raise ConfigurationError(where, f"must be one of {', '.join(choices)}, not {reprlib.repr(value)}") from None


def read_schedule(value: Any, where: str, counted: str = "iteration") -> dict[int, float]:
    """Return an object from numbers of what is ``counted`` to doubles. Raises :class:`ConfigurationError`."""
    if not isinstance(value, Mapping):
        raise ConfigurationError(where, f"must be an object from {counted}s to values, not {reprlib.repr(value)}")
    schedule = {}
    for key, entry in value.items():
        try:
            number = int(key)
        except (TypeError, ValueError):
            raise ConfigurationError(f"{where}.{key}", f"the {counted} must be an integer") from None
        schedule[read_int(number, where)] = read_double(entry, f"{where}.{key}")
    return schedule


def _value(hint: Any, value: Any, where: str) -> Any:
    choices = next((part for part in (hint, *getattr(hint, "__args__", ())) if _is_enum(part)), None)
    if choices is not None:
        return read_choice(choices, value, where)
    if hint is Any:
        return value
    if hint is bool:
        return read_flag(value, where)
    if hint is int:
        return read_int(value, where)
    if hint is float:
        return read_double(value, where)
    if hint == Sequence[int]:
        return _ints(value, where)
    if hint == Mapping[str, float] | None:
        return {str(key): read_double(entry, f"{where}.{key}") for key, entry in read_object(value, where).items()}
    if hint == Mapping[str, Any] | None:
        return read_object(value, where)
    return read_schedule(value, where)


def _is_enum(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, StrEnum)


def _ints(value: Any, where: str) -> tuple[int, ...]:
    if not isinstance(value, list | tuple):
        raise ConfigurationError(where, f"must be an array of integers, not {reprlib.repr(value)}")
    return tuple(read_int(entry, f"{where}[{index}]") for index, entry in enumerate(value))
