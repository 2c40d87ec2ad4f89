"""Hypothesis strategies for values.

Values are drawn exponent first, then a pattern of mantissa bits, so that tiny, moderate and huge numbers are equally
likely; atoms at the edges of the formats and of the formulae are mixed in.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from typing import Protocol, TypeVar

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from dl4j_conformance.cases.values import Floats

T = TypeVar("T")


class Draw(Protocol):
    """The function ``draw`` of a composite strategy, or of :func:`hypothesis.strategies.data`."""

    def __call__(self, strategy: SearchStrategy[T], /) -> T:
        """Return a value of ``strategy``."""


#: Mantissa digits (without the hidden one), exponent range of normal numbers.
_FORMATS = {"float32": (23, -126, 127), "float64": (52, -1022, 1023)}


@cache
def atoms(dtype: str) -> tuple[float, ...]:
    """Return values at edges: zeros, subnormals, neighbours of 1, the largest, infinities, NaN, DL4J's epsilons."""
    info = np.finfo(dtype)
    kind = info.dtype.type
    tiny, huge, one = kind(info.smallest_subnormal), kind(info.max), kind(1)
    finite = [
        kind(0),
        tiny,
        kind(info.smallest_normal),
        np.nextafter(kind(info.smallest_normal), kind(0)),
        np.nextafter(one, kind(0)),
        one,
        np.nextafter(one, kind(2)),
        # Their squares are the smallest and largest that exist: a step further under- or overflows.
        np.sqrt(kind(info.smallest_normal)),
        np.sqrt(huge),
        huge,
        *(kind(x) for x in (1e-8, 1e-6, 1e-5, 1e-4, 0.5, 3, 4)),
    ]
    return (*(float(x) for x in finite), *(-float(x) for x in finite), math.inf, -math.inf, math.nan)


@cache
@st.composite
def numbers(draw: DrawFn, dtype: str, low: int | None = None, high: int | None = None) -> float:
    """Draw a finite value of ``dtype`` with an exponent from ``low`` to ``high`` (default: all, subnormals too)."""
    digits, emin, emax = _FORMATS[dtype]
    exponent = draw(st.integers(emin - digits if low is None else low, emax if high is None else high))
    pattern = draw(
        st.one_of(
            st.sampled_from((0, 1, (1 << digits) - 1, 1 << (digits - 1))),
            st.integers(0, (1 << digits) - 1),
        )
    )
    sign = draw(st.sampled_from((1, -1)))
    return float(np.dtype(dtype).type(sign * math.ldexp(1 + pattern / (1 << digits), exponent)))


@cache
def edge_values(dtype: str) -> SearchStrategy[float]:
    """Draw any value that a gradient of ``dtype`` may hold."""
    return st.one_of(st.sampled_from(atoms(dtype)), numbers(dtype))


_NUMBERS = st.integers(0, (1 << 32) - 1)


@cache
def arrays(dtype: str, length: int) -> SearchStrategy[Floats]:
    """Draw a 1-D array of ``dtype``, of one flavour: small integers, zeros, one magnitude, finite or edge values.

    All of it comes from one drawn integer, so that large arrays are as cheap to draw and to shrink as small ones;
    the smallest is an array of ones.
    """
    return _NUMBERS.map(lambda number: _array(number, dtype, length))


def draw_arrays(draw: Draw, dtype: str, lengths: Mapping[str, int]) -> dict[str, Floats]:
    """Draw 1-D arrays of ``dtype`` and several flavours. The number of draws does not depend on the network.

    That lets Hypothesis remove a layer while it shrinks, without losing step with the draws that follow.
    """
    number = draw(_NUMBERS)
    return {
        key: _array(number and (number + 7919 * i) % (1 << 32), dtype, length)
        for i, (key, length) in enumerate(lengths.items())
    }


_FLAVOURS = 6

#: Longer arrays are not of small integers or zeros, whose sums do not show the order of summation.
_LONGEST_OF_INTEGERS = 64


def _array(number: int, dtype: str, length: int) -> Floats:
    if number == 0:
        return np.ones(length, dtype)
    seed, flavour = divmod(number, _FLAVOURS)
    if length > _LONGEST_OF_INTEGERS:
        flavour = max(flavour, 2)
    random = np.random.default_rng(seed)
    _, emin, emax = _FORMATS[dtype]
    match flavour:
        case 0:
            return random.integers(-3, 4, length).astype(dtype)
        case 1:
            return np.zeros(length, dtype)
        case 2:
            return _random_numbers(random, dtype, length, -12, 6)
        case 3:
            center = int(random.integers(emin, emax - 7))
            return _random_numbers(random, dtype, length, center, center + 8)
    finite = _random_numbers(random, dtype, length, emin - _FORMATS[dtype][0], emax)
    if flavour == 4:
        return finite
    return np.where(random.random(length) < 0.5, random.choice(np.array(atoms(dtype), dtype), length), finite)


def _random_numbers(random: np.random.Generator, dtype: str, length: int, low: int, high: int) -> Floats:
    """Draw as :func:`numbers`; a value above the largest of the type becomes infinite."""
    digits = _FORMATS[dtype][0]
    patterns = random.integers(0, 1 << digits, length)
    special = np.array((0, 1, (1 << digits) - 1, 1 << (digits - 1)))[random.integers(0, 4, length)]
    mantissas = 1 + np.where(random.random(length) < 0.5, special, patterns) / (1 << digits)
    signs = 1 - 2 * random.integers(0, 2, length)
    with np.errstate(all="ignore"):
        return np.ldexp(signs * mantissas, random.integers(low, high + 1, length)).astype(dtype)
