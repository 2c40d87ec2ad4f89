"""Floating-point values as big-endian hex bit patterns, as fixtures store them and messages carry them."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Sequence

import numpy as np

from dl4j_backends.interface import Floats

_HEX = {"float32": re.compile("[0-9a-f]{8}"), "float64": re.compile("[0-9a-f]{16}")}


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
    for index, pattern in enumerate(patterns):
        if not isinstance(pattern, str) or not _HEX[dtype].fullmatch(pattern):
            size = 8 * np.dtype(dtype).itemsize // 4
            raise ValuesError(
                f"[{index}]: {reprlib.repr(pattern)} is not {size} lower-case hex digits, as {dtype} needs"
            )
    raw = np.frombuffer(bytes.fromhex("".join(patterns)), np.dtype(dtype).newbyteorder(">"))
    return raw.astype(dtype)
