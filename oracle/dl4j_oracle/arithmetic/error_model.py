"""Error bounds of an implementation's operations, as exact numbers, which every reading of an enclosure shares.

An operation on arrays errs by at most a number of ulps of the evaluated dtype. Java's scalars are doubles, correctly
rounded, but for ``Math.pow`` and ``Math.exp``, which ``java.lang.Math`` allows one ulp. A backend may declare weaker
scalars, and level reading allows arrays fewer digits. See ``docs/enclosures.md``.
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
class Operations(Generic[_Bound]):
    """A bound for each operation, as :class:`ErrorBound` or in the form that an arithmetic computes with.

    Subtraction has the bound of ``addition``.
    """

    addition: _Bound
    multiplication: _Bound
    division: _Bound
    square_root: _Bound


@dataclass(frozen=True)
class ScalarBounds(Operations[_Bound]):
    """The bounds of Java's scalars: of operators and ``Math.sqrt``, and of ``Math.pow`` and ``Math.exp``."""

    power: _Bound
    exponential: _Bound
    #: The type in which scalars are computed: Java's double, or what a backend declares.
    format: Format

    def map(self, form: Callable[[_Bound], _Other]) -> ScalarBounds[_Other]:
        """Return the same bounds in another form."""
        return ScalarBounds(
            form(self.addition),
            form(self.multiplication),
            form(self.division),
            form(self.square_root),
            form(self.power),
            form(self.exponential),
            self.format,
        )


@dataclass(frozen=True)
class ErrorModel(Operations[_Bound]):
    """The bounds of operations on arrays, and those of the scalars beside them."""

    scalars: ScalarBounds[_Bound]
    #: The bound of a scalar where it meets an array, if the array keeps fewer digits than its type has.
    operand: _Bound | None = None
    #: Whether a division by the batch size may be a multiplication by its reciprocal.
    reciprocal_batch_size: bool = False

    def map(self, form: Callable[[_Bound], _Other]) -> ErrorModel[_Other]:
        """Return the same bounds in another form."""
        return ErrorModel(
            form(self.addition),
            form(self.multiplication),
            form(self.division),
            form(self.square_root),
            self.scalars.map(form),
            None if self.operand is None else form(self.operand),
            self.reciprocal_batch_size,
        )


def error_model(
    dtype: str,
    *,
    division_ulps: float = 0.5,
    square_root_ulps: float = 0.5,
    flush_to_zero: bool = False,
    scalars: str = BINARY64.name,
    power_ulps: float = 1.0,
    exponential_ulps: float = 1.0,
    scalar_square_root_ulps: float = 0.5,
    reciprocal_batch_size: bool = False,
    digits: int = BINARY64.digits,
) -> ErrorModel[ErrorBound]:
    """Return the bounds of operations on arrays of ``dtype``, and on ``scalars``: each ``float32`` or ``float64``.

    Bounds are in ulps of the type; without arguments operations are correctly rounded, with gradual underflow. If an
    array keeps only so many binary ``digits`` of each result, and of a scalar that meets it, bounds are at least half a
    unit in the last of them.
    """
    fmt, scalar = FORMATS[dtype], FORMATS[scalars]
    smallest = 2.0**fmt.emin if flush_to_zero else 0.0
    least = 0.5 * 2.0 ** max(0, fmt.digits - digits)
    return ErrorModel(
        ErrorBound(fmt, least, underflows=False, smallest=smallest),
        ErrorBound(fmt, least, smallest=smallest),
        ErrorBound(fmt, max(least, division_ulps), smallest=smallest),
        ErrorBound(fmt, max(least, square_root_ulps), underflows=False, smallest=smallest),
        ScalarBounds(
            ErrorBound(scalar, underflows=False),
            ErrorBound(scalar),
            ErrorBound(scalar),
            ErrorBound(scalar, scalar_square_root_ulps, underflows=False),
            ErrorBound(scalar, power_ulps),
            ErrorBound(scalar, exponential_ulps),
            scalar,
        ),
        ErrorBound(fmt, least, underflows=False) if digits < fmt.digits else None,
        reciprocal_batch_size,
    )
