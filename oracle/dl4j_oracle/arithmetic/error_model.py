"""What an implementation's operations may err by: bounds as exact numbers, which both readings of an enclosure share.

An operation on arrays errs by at most so many ulps of the evaluated type; Java's scalars are doubles, correctly
rounded, but for ``Math.pow`` and ``Math.exp`` (``java.lang.Math``: within one ulp).
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
    """One operation: the exact result ``x`` becomes ``x (1 + d) + e``, ``|d| <= relative`` and ``|e| <= absolute``.

    ``ulps`` is 0.5 for correct rounding. What cannot underflow has no ``e``. Results below ``smallest`` in magnitude
    may be zero.
    """

    format: Format
    ulps: float = 0.5
    underflows: bool = True
    smallest: float = 0.0

    @property
    def of_what_is_seen(self) -> ErrorBound:
        """How far a value may lie from what it is rounded to: half an ulp of itself is less than one of that."""
        return ErrorBound(self.format, ulps=1.0)

    @property
    def relative(self) -> Fraction:
        """In ulps of 1, the largest that an ulp is relative to its number."""
        return Fraction(self.ulps) * Fraction(2) ** (1 - self.format.digits)

    @property
    def absolute(self) -> Fraction:
        """In units of the smallest subnormal."""
        return Fraction(self.ulps) * Fraction(2) ** (self.format.emin - self.format.digits + 1) * self.underflows

    @property
    def maximum(self) -> float:
        """The largest number of the type."""
        return (2.0 - 2.0 ** (1 - self.format.digits)) * 2.0**self.format.emax


@dataclass(frozen=True)
class ErrorModel(Generic[_Bound]):
    """A bound for each operation, as :class:`ErrorBound` or in the form that an arithmetic computes with."""

    addition: _Bound
    multiplication: _Bound
    division: _Bound
    square_root: _Bound

    def map(self, form: Callable[[_Bound], _Other]) -> ErrorModel[_Other]:
        """The same bounds in another form."""
        return ErrorModel(form(self.addition), form(self.multiplication), form(self.division), form(self.square_root))


#: Java's ``+ - * /`` and ``Math.sqrt`` on doubles.
SCALARS = ErrorModel(
    ErrorBound(BINARY64, underflows=False),
    ErrorBound(BINARY64),
    ErrorBound(BINARY64),
    ErrorBound(BINARY64, underflows=False),
)
#: ``Math.pow`` and ``Math.exp``.
FUNCTIONS = ErrorBound(BINARY64, ulps=1.0)


def error_model(
    dtype: str, *, division_ulps: float = 0.5, square_root_ulps: float = 0.5, flush_to_zero: bool = False
) -> ErrorModel[ErrorBound]:
    """Arrays of ``float32`` or ``float64``; correctly rounded and with gradual underflow unless said otherwise."""
    fmt = FORMATS[dtype]
    smallest = 2.0**fmt.emin if flush_to_zero else 0.0
    return ErrorModel(
        ErrorBound(fmt, underflows=False, smallest=smallest),
        ErrorBound(fmt, smallest=smallest),
        ErrorBound(fmt, division_ulps, smallest=smallest),
        ErrorBound(fmt, square_root_ulps, underflows=False, smallest=smallest),
    )
