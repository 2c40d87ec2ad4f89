"""The JSON form of dataclasses, by cattrs: bits as hex, strict types, errors with their place in plain words."""

from __future__ import annotations

import reprlib
from collections.abc import Callable
from dataclasses import is_dataclass
from functools import cache, partial
from operator import eq
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from cattrs import BaseValidationError, Converter
from cattrs.dispatch import StructureHook
from cattrs.errors import AttributeValidationNote, IterableValidationNote
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from dl4j_backends import interface
from dl4j_conformance.cases import values
from dl4j_conformance.cases.values import Floats, ValuesError

T = TypeVar("T")


class CaseError(ValueError):
    """Data that is not a case; the message begins with the place."""


def read(kind: type[T], data: Any, dtype: str, where: str) -> T:
    """Return the ``kind`` that JSON data is, with arrays of ``dtype``. Fields that it has not are left aside.

    Raises :class:`CaseError`, whose place begins with ``where``.
    """
    try:
        return _reading(dtype).structure(data, kind)
    except BaseValidationError as error:
        raise CaseError(_first_problem(error, where)) from error


def write(value: Any) -> Any:
    """Return the JSON data that :func:`read` reads: fields that are None are left out, arrays come last."""
    return _WRITING.unstructure(value)


def read_array(data: Any, dtype: str, where: str) -> Floats:
    """Return a 1-D array of ``dtype`` from what :func:`values.to_json` writes, or from a bare list of bit patterns.

    Raises :class:`CaseError`.
    """
    try:
        return _array(data, dtype)
    except ValuesError as error:
        raise CaseError(f"{where}: {error}") from error


def read_int(value: Any, allowed: range, where: str) -> int:
    """Return an integer of a range; raises :class:`CaseError`."""
    if isinstance(value, bool) or not isinstance(value, int) or value not in allowed:
        raise CaseError(f"{where}: {_int_in(allowed)}, not {reprlib.repr(value)}")
    return value


def _array(data: Any, dtype: str) -> Floats:
    return values.from_json({"hex": data} if isinstance(data, list) else data, dtype)


def _int_in(allowed: range) -> str:
    return f"must be an integer from {allowed.start} to {allowed.stop - 1}"


@cache
def _reading(dtype: str) -> Converter:
    """Return what reads arrays of ``dtype``. By itself cattrs would make a number of a string, and take True for 1."""

    def array(data: Any, _: Any) -> Floats:
        return _array(data, dtype)

    converter = Converter()
    # In Seen[Floats, float], cattrs leaves type variables that stand in a union. No intermediate is written down.
    for kind in (Floats, interface.A, Floats | float):
        converter.register_structure_hook_func(partial(eq, kind), array)
    converter.register_structure_hook_factory(is_dataclass, lambda kind: _structured(converter, kind))
    converter.register_structure_hook(float, lambda data, _: values.double_from_json(data))
    for type_, name in ((int, "an integer"), (bool, "true or false"), (str, "a string"), (dict, "an object")):
        converter.register_structure_hook(type_, _strict(type_, name))
    return converter


def _strict(kind: type, name: str) -> StructureHook:
    def hook(data: Any, _: Any) -> Any:
        if type(data) is not kind:
            raise ValueError(f"must be {name}, not {reprlib.repr(data)}")
        return data

    return hook


def _structured(converter: Converter, kind: type[Any]) -> StructureHook:
    """Return what reads a dataclass. cattrs does not see in what range an integer is annotated to be."""
    limits: dict[str, Any] = {
        name: override(struct_hook=_limited(get_args(hint)[1]))
        for name, hint in get_type_hints(kind, include_extras=True).items()
        if get_origin(hint) is Annotated
    }
    return make_dict_structure_fn(kind, converter, **limits)


def _limited(allowed: range) -> StructureHook:
    def hook(data: Any, _: Any) -> int:
        if type(data) is not int or data not in allowed:
            raise ValueError(f"{_int_in(allowed)}, not {reprlib.repr(data)}")
        return data

    return hook


def _first_problem(error: BaseException, where: str) -> str:
    """Return the first problem in a tree of them, behind its place."""
    while isinstance(error, BaseValidationError):
        error = error.exceptions[0]
        note = next((note for note in getattr(error, "__notes__", ()) if isinstance(note, _NOTES)), None)
        match note:
            case AttributeValidationNote() if isinstance(error, KeyError):
                return f"{where}: {note.name!r} is missing"
            case AttributeValidationNote():
                where = f"{where}.{note.name}"
            case IterableValidationNote():
                where = f"{where}.{note.index}" if isinstance(note.index, str) else f"{where}[{note.index}]"
    return f"{where}: {'must be an object' if isinstance(error, AttributeError) else error}"


_NOTES = (AttributeValidationNote, IterableValidationNote)


def _writing() -> Converter:
    converter = Converter(unstruct_collection_overrides={tuple: list})
    converter.register_unstructure_hook_func(lambda kind: kind == Floats, values.to_json)
    converter.register_unstructure_hook(float, values.double_to_json)
    converter.register_unstructure_hook_factory(is_dataclass, lambda kind: _in_order(converter, kind))
    return converter


def _in_order(converter: Converter, kind: Any) -> Callable[[Any], dict[str, Any]]:
    """Return what writes a dataclass: numbers before the gradients that they belong to, and nothing for None."""
    write = make_dict_unstructure_fn(kind, converter)

    def ordered(value: Any) -> dict[str, Any]:
        written = {name: entry for name, entry in write(value).items() if entry is not None}
        return {name: written[name] for name in sorted(written, key=_LAST.__contains__)}

    return ordered


#: Fields that are written behind the others.
_LAST = ("gradients", "search", "further")

_WRITING = _writing()
