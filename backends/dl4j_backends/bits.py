"""Floating-point values as text: big-endian hex bit patterns, or base64 of little-endian bytes for large arrays."""

from __future__ import annotations

import binascii
import re
import reprlib
import struct
from collections.abc import Sequence
from typing import NoReturn

import numpy as np

from dl4j_backends.interface import Floats

_HEX = re.compile("[0-9a-f]*")


class ValuesError(ValueError):
    """A value that is not a list of hex bit patterns, or not base64."""


def hex_of(array: Floats) -> list[str]:
    """Return the big-endian bit patterns of ``array`` (1-D, float32 or float64).

    Every NaN is written as the canonical quiet NaN, since NaN equals NaN here.
    """
    digits = 2 * array.itemsize
    text = _canonical(array).astype(array.dtype.newbyteorder(">")).tobytes().hex()
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


def base64_of(array: Floats) -> str:
    """Return base64 (RFC 4648, padded) of the little-endian bytes of ``array`` (1-D, float32 or float64).

    Every NaN is written as the canonical quiet NaN, as in hex.
    """
    little = _canonical(array).astype(array.dtype.newbyteorder("<"), copy=False)
    return binascii.b2a_base64(little.tobytes(), newline=False).decode("ascii")


def from_base64(text: str, dtype: str) -> Floats:
    """Return the 1-D array of ``dtype`` whose little-endian bytes are ``text`` in base64; raises :class:`ValuesError`.

    Each array has one spelling: padding, and zeros in the bits that the last character has over, are required.
    """
    if not isinstance(text, str):
        raise ValuesError(f"must be base64 in a string, not {reprlib.repr(text)}")
    try:
        raw = binascii.a2b_base64(text, strict_mode=True)
    except ValueError as error:  # also for characters beyond ASCII
        raise ValuesError(f"{reprlib.repr(text)} is no base64: {error}") from None
    last = text[-4:]
    if binascii.b2a_base64(raw[-(len(raw) % 3 or 3) :], newline=False).decode("ascii") != last:
        raise ValuesError(f"{reprlib.repr(text)} is no base64: the bits left over in {last!r} must be zeros")
    size = np.dtype(dtype).itemsize
    if len(raw) % size:
        raise ValuesError(f"{len(raw):,} bytes are no whole number of {dtype} values, which have {size} bytes each")
    return np.frombuffer(raw, np.dtype(dtype).newbyteorder("<")).astype(dtype)


def double_of_hex(pattern: str) -> float:
    """Return the Java double that one pattern spells; raises :class:`ValuesError`."""
    if not _are_patterns([pattern], 16):
        _refuse([pattern], "float64", 16)
    return float(struct.unpack(">d", bytes.fromhex(pattern))[0])


def _canonical(array: Floats) -> Floats:
    """Return the array with one bit pattern for every NaN."""
    strange = np.isnan(array)
    return np.where(strange, np.array(np.nan, array.dtype), array) if strange.any() else array


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
