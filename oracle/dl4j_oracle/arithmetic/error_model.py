"""Error bounds of an implementation's operations, as exact numbers, which every reading of an enclosure shares.

An operation on arrays errs by at most a number of ulps of the evaluated dtype. Java's scalars are doubles, correctly
rounded, but for ``Math.pow`` and ``Math.exp``, which ``java.lang.Math`` allows one ulp. See ``docs/enclosures.md``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, TypeVar

from dl4j_oracle.arithmetic.rounding import BINARY64, FORMATS, Format

_Bound = TypeVar("_Bound")
_Other = TypeVar("_Other")


@dataclass(frozen=True)
class ErrorBound:
    """The error of one operation: the exact result ``x`` becomes ``x (1 + d) + e``.

    ``|d| <= relative`` and ``|e| <= absolute``; ``ulps`` is 0.5 for correct rounding. An operation that cannot
    underflow has no ``e``. Results whose magnitude is below ``smallest`` may be flushed to zero.
    """

    format: Format
    ulps: float = 0.5
    underflows: bool = True
    smallest: float = 0.0

    @property
    def relative(self) -> Fraction:
        """The bound of ``|d|``: ``ulps`` times the largest ratio of an ulp to its number."""
        return Fraction(self.ulps) * Fraction(2) ** (1 - self.format.digits)

    @property
    def absolute(self) -> Fraction:
        """The bound of ``|e|``: ``ulps`` times the smallest subnormal."""
        return Fraction(self.ulps) * Fraction(2) ** (self.format.emin - self.format.digits + 1) * self.underflows

    @property
    def maximum(self) -> float:
        """The largest number of the format."""
        return (2.0 - 2.0 ** (1 - self.format.digits)) * 2.0**self.format.emax

    @property
    def of_observation(self) -> ErrorBound:
        """The bound between a value and what it is rounded to: half an ulp of the one is below an ulp of the other."""
        return ErrorBound(self.format, ulps=1.0)


@dataclass(frozen=True)
class ErrorModel(Generic[_Bound]):
    """A bound for each operation, as :class:`ErrorBound` or in the form that an arithmetic computes with.

    Subtraction has the bound of ``addition``.
    """

    addition: _Bound
    multiplication: _Bound
    division: _Bound
    square_root: _Bound

    def map(self, form: Callable[[_Bound], _Other]) -> ErrorModel[_Other]:
        """Return the same bounds in another form."""
        return ErrorModel(form(self.addition), form(self.multiplication), form(self.division), form(self.square_root))


@dataclass(frozen=True)
class DoubleBounds(Generic[_Bound]):
    """The bounds of Java's doubles: of operators and ``Math.sqrt``, and of ``Math.pow`` and ``Math.exp``."""

    operations: ErrorModel[_Bound]
    functions: _Bound


_OPERATIONS = ErrorModel(
    ErrorBound(BINARY64, underflows=False),
    ErrorBound(BINARY64),
    ErrorBound(BINARY64),
    ErrorBound(BINARY64, underflows=False),
)
_FUNCTIONS = ErrorBound(BINARY64, ulps=1.0)


def double_bounds(form: Callable[[ErrorBound], _Other]) -> DoubleBounds[_Other]:
    """Return the bounds of Java's doubles in the form that an arithmetic computes with."""
    return DoubleBounds(_OPERATIONS.map(form), form(_FUNCTIONS))


def error_model(
    dtype: str, *, division_ulps: float = 0.5, square_root_ulps: float = 0.5, flush_to_zero: bool = False
) -> ErrorModel[ErrorBound]:
    """Return the bounds of operations on arrays of ``dtype``, ``float32`` or ``float64``.

    Bounds are in ulps; without arguments operations are correctly rounded, with gradual underflow.
    """
    fmt = FORMATS[dtype]
    smallest = 2.0**fmt.emin if flush_to_zero else 0.0
    return ErrorModel(
        ErrorBound(fmt, underflows=False, smallest=smallest),
        ErrorBound(fmt, smallest=smallest),
        ErrorBound(fmt, division_ulps, smallest=smallest),
        ErrorBound(fmt, square_root_ulps, underflows=False, smallest=smallest),
    )
