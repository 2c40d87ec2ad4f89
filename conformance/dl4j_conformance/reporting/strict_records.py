"""Records read from data of a file: no field more or less, and no type taken for another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from cattrs import BaseValidationError, Converter, transform_error

from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Status
from dl4j_conformance.reporting.records import Value, Words

T = TypeVar("T")


class RecordError(ValueError):
    """Data that is no such record; the message names the field."""


def record(kind: type[T], data: Mapping[str, Any]) -> T:
    """Return the record of a dataclass ``kind`` that ``data`` describes; raises :class:`RecordError`."""
    try:
        return _CONVERTER.structure(data, kind)
    except BaseValidationError as error:
        raise RecordError(transform_error(error)[0]) from error


def _converter() -> Converter:
    converter = Converter(forbid_extra_keys=True)
    for plain in (int, bool, str):
        converter.register_structure_hook(plain, _strict)
    for names in (Level, Status):
        converter.register_structure_hook(names, lambda data, kind: kind(data))
    converter.register_structure_hook(float, _number)
    converter.register_structure_hook(float | str | bool, _of_an_accuracy)
    converter.register_structure_hook(
        Value | Words, lambda data, _: converter.structure(data, Value if "bits" in data else Words)
    )
    return converter


def _strict(data: Any, kind: Any) -> Any:
    if type(data) is not kind:
        raise TypeError
    return data


def _number(data: Any, _: Any = float) -> float:
    """Return a number, also one that JSON has only by name."""
    if type(data) in (int, float) or data in ("NaN", "Infinity", "-Infinity"):
        return float(data)
    raise TypeError


def _of_an_accuracy(data: Any, _: Any) -> float | str | bool:
    return data if isinstance(data, str | bool) else _number(data)


_CONVERTER = _converter()
