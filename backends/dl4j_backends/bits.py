"""Floating-point values as big-endian hex bit patterns, as fixtures store them and messages carry them."""

from __future__ import annotations

import re
import reprlib
import struct
from collections.abc import Sequence
from typing import NoReturn

import numpy as np

from dl4j_backends.interface import Floats

_HEX = re.compile("[0-9a-f]*")


class ValuesError(ValueError):
    """A value that is not a list of hex bit patterns."""


def hex_of(array: Floats) -> list[str]:
    """Return the big-endian bit patterns of ``array`` (1-D, float32 or float64).

    Every NaN is written as the canonical quiet NaN, since NaN equals NaN here.
    """
    canonical = np.where(np.isnan(array), np.array(np.nan, array.dtype), array)
    digits = 2 * array.itemsize
    text = canonical.astype(array.dtype.newbyteorder(">")).tobytes().hex()
    return [text[i : i + digits] for i in range(0, len(text), digits)]


def from_hex(patterns: Sequence[str], dtype: str) -> Floats:
    """Return the 1-D array of ``dtype`` that ``patterns`` spell; raises :class:`ValuesError`."""
    if not isinstance(patterns, list | tuple):
        raise ValuesError(f"must be a list of hex bit patterns, not {reprlib.repr(patterns)}")
    digits = 2 * np.dtype(dtype).itemsize
    if not _are_patterns(patterns, digits):
        _refuse(patterns, dtype, digits)
    raw = np.frombuffer(bytes.fromhex("".join(patterns)), np.dtype(dtype).newbyteorder(">"))
    return raw.astype(dtype)


def double_of_hex(pattern: str) -> float:
    """Return the Java double that one pattern spells; raises :class:`ValuesError`."""
    if not _are_patterns([pattern], 16):
        _refuse([pattern], "float64", 16)
    return float(struct.unpack(">d", bytes.fromhex(pattern))[0])


def _are_patterns(patterns: Sequence[str], digits: int) -> bool:
    """Return whether all are lower-case hex of so many digits; all at once, since there are many."""
    try:
        return set(map(len, patterns)) <= {digits} and _HEX.fullmatch("".join(patterns)) is not None
    except TypeError:
        return False


def _refuse(patterns: Sequence[str], dtype: str, digits: int) -> NoReturn:
    """Raise :class:`ValuesError` for the first that is no pattern."""
    for index, pattern in enumerate(patterns):
        if not isinstance(pattern, str) or len(pattern) != digits or not _HEX.fullmatch(pattern):
            raise ValuesError(f"[{index}]: {pattern!r} is not {digits} lower-case hex digits, as {dtype} needs")
    raise AssertionError("a pattern was refused before, and is none to be refused")
