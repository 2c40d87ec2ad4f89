"""Floating-point values as they travel: hex bit patterns for machines, decimals beside them for people."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from dl4j_backends.bits import ValuesError, double_of_hex, from_hex, hex_of
from dl4j_backends.interface import Floats

__all__ = ["Floats", "ValuesError", "from_hex", "hex_of"]

DTYPES = ("float32", "float64")
#: DL4J's own names of the types, as recordings of the real DL4J spell them.
DL4J_DTYPES = {"float": "float32", "double": "float64"}

_NAMES = {math.inf: "Infinity", -math.inf: "-Infinity"}


def decimal_of(value: float | np.floating[Any]) -> str:
    """Return the shortest decimal that reads back as the value; ``NaN``, ``Infinity`` and ``-Infinity`` by name."""
    if np.isnan(value):
        return "NaN"
    return _NAMES.get(float(value)) or (repr(value) if isinstance(value, float) else str(value))


def from_decimal(text: str, dtype: str) -> np.floating[Any]:
    """Return the number of ``dtype`` nearest to a decimal text, ties to even; NaN and Infinity are read too.

    Raises ValueError for other texts. The text is rounded once: a float32 is not made of the nearest double, which may
    lie halfway between two of them where the text does not.
    """
    double = float(text)
    if dtype == "float32" and double and math.isfinite(double):
        double = _rounded_to_odd(double, Decimal(text))
    with np.errstate(over="ignore", under="ignore"):
        number: np.floating[Any] = np.dtype(dtype).type(double)
    return number


def _rounded_to_odd(double: float, exact: Decimal) -> float:
    """Return the double beside ``exact`` whose last bit is odd, or ``exact`` if it is a double.

    ``double`` is the nearest. A shorter format has an even last bit there, and so have its ties: the odd one lies on
    the same side of them as ``exact`` (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums", 2008).
    """
    if exact == Decimal(double) or int(hex_of(np.array([double]))[0], 16) & 1:
        return double
    return math.nextafter(double, math.inf if exact > Decimal(double) else -math.inf)


def decimal_at(array: Floats, index: int) -> str:
    """Return :func:`decimal_of` one element, in the array's dtype."""
    return decimal_of(array[index] if array.dtype == np.float32 else float(array[index]))


def to_json(array: Floats) -> dict[str, list[str]]:
    """Return a 1-D array of either dtype as ``{"hex": [...], "decimal": [...]}``."""
    return {"hex": hex_of(array), "decimal": [decimal_of(x) for x in _items(array)]}


def from_json(data: Any, dtype: str) -> Floats:
    """Read back :func:`to_json`, a 1-D array of ``dtype``: the bits count.

    Raises :class:`ValuesError`, also if a decimal contradicts them.
    """
    if not isinstance(data, Mapping) or "hex" not in data:
        raise ValuesError(f'must be an object with "hex", not {reprlib.repr(data)}')
    array = from_hex(data["hex"], dtype)
    decimals = data.get("decimal")
    if decimals is not None and not _spell(decimals, array):
        raise ValuesError("the decimals are not those of the hex bit patterns")
    return array


def _spell(decimals: Any, array: Floats) -> bool:
    """Return whether ``decimals`` are what :func:`to_json` writes, compared one by one to save memory."""
    if not isinstance(decimals, list) or len(decimals) != len(array):
        return False
    items = _items(array)
    # Without NaN and the infinities they are what Python and NumPy print.
    if decimals == list(map(repr if array.dtype == np.float64 else str, items)):
        return True
    return all(decimal == decimal_of(x) for decimal, x in zip(decimals, items, strict=True))


def double_to_json(value: float) -> dict[str, str]:
    """Return one Java double as ``{"hex": ..., "decimal": ...}``."""
    return {"hex": hex_of(np.array([value]))[0], "decimal": decimal_of(float(value))}


def double_from_json(data: Any) -> float:
    """Read back :func:`double_to_json`, or its bit pattern alone; a plain number is itself. Raises ValuesError."""
    if isinstance(data, int | float) and not isinstance(data, bool):
        return float(data)
    if not isinstance(data, str) and (not isinstance(data, Mapping) or "hex" not in data):
        raise ValuesError(f'must be an object with "hex", not {reprlib.repr(data)}')
    return double_of_hex(data if isinstance(data, str) else data["hex"])


def same_bits(expected: Floats, got: Floats) -> npt.NDArray[np.bool_]:
    """Return where two arrays of one shape and dtype (1-D, float32 or float64) are equal (1-D, bool).

    Bits decide, and NaN equals NaN.
    """
    integers = f"u{expected.itemsize}"
    same: npt.NDArray[np.bool_] = expected.view(integers) == got.view(integers)
    return same if same.all() else same | (np.isnan(expected) & np.isnan(got))


def ulps(expected: float, got: float, dtype: str) -> int | None:
    """Return how many values of ``dtype`` lie between the two, counting one end; None unless both are finite.

    +0 and -0 are one step apart here: they are different values.
    """
    if not (math.isfinite(expected) and math.isfinite(got)):
        return None
    return abs(ordinal(expected, dtype) - ordinal(got, dtype))


def ordinal(value: float | np.floating[Any], dtype: str) -> int:
    """Return the place of a value among all of its type, -0 directly below +0, the infinities at the ends."""
    pattern = int(hex_of(np.array([value], dtype))[0], 16)
    sign_bit = _sign_bit(dtype)
    return pattern if pattern < sign_bit else sign_bit - pattern - 1


def from_ordinal(place: int, dtype: str) -> Any:
    """Return the value of ``dtype`` whose :func:`ordinal` is ``place``."""
    sign_bit = _sign_bit(dtype)
    pattern = place if place >= 0 else sign_bit - place - 1
    return from_hex([f"{pattern:0{2 * np.dtype(dtype).itemsize}x}"], dtype)[0]


def _sign_bit(dtype: str) -> int:
    return 1 << (8 * np.dtype(dtype).itemsize - 1)


def _items(array: Floats) -> list[Any]:
    """Elements as Python floats (float64) or NumPy scalars, whichever prints the shortest decimal of the type."""
    return list(array) if array.dtype == np.float32 else array.tolist()
