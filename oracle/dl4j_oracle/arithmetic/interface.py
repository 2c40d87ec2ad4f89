"""The two kinds of value that the rules compute with: Java doubles (:class:`Scalar`) and ND4J arrays (:class:`Array`).

The rules are written once, over these two classes and :class:`Arithmetic`. An arithmetic gives them a meaning: ``ieee``
computes what DL4J's processor does, ``exact`` what a formula means, ``enclosure`` and ``exact_enclosure`` every value
that rounding allows, ``trace`` records any of them. What each operation means is documented here, once. Where it says
*rounded*, ``ieee`` rounds to nearest, ties to even; ``exact`` does not round; the enclosures widen by the error bound.

What ND4J does before an operation, whatever the numbers are, is implemented here: it replaces a NaN scalar operand, and
uses an array of one element as a scalar.

Arrays are 1-D, of the network's dtype; scalars are Java doubles.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Self

from dl4j_oracle.clauses import clause


class Operation(Enum):
    """An element-wise ND4J operation on an array and an operand; ``R`` marks the operand as the left side."""

    ADD = "add"
    SUB = "sub"
    MUL = "mul"
    DIV = "div"
    RSUB = "rsub"
    RDIV = "rdiv"


class _Value:
    """A value of one arithmetic."""

    @classmethod
    def own(cls, value: object) -> Self:
        """Return ``value`` itself, known to be of this class. Raises TypeError if it is not: arithmetics never mix."""
        if isinstance(value, cls):
            return value
        raise TypeError(f"{cls.__name__} cannot be combined with {type(value).__name__}: arithmetics are never mixed")


class Scalar(_Value, ABC):
    """A Java ``double``. Operators are Java's; a Python int or float beside them is a literal of the formula.

    ``+``, ``-``, ``*`` and ``/`` are rounded once, overflow to an infinity, underflow to a subnormal or a zero, and
    carry NaN. ``x / 0.0`` is an infinity, ``0.0 / 0.0`` is NaN; nothing raises.
    """

    @abstractmethod
    def __add__(self, other: Self | float, /) -> Self:
        """Return the rounded sum."""

    @abstractmethod
    def __sub__(self, other: Self | float, /) -> Self:
        """Return the rounded difference."""

    @abstractmethod
    def __rsub__(self, other: float, /) -> Self:
        """Return the literal minus this scalar, rounded."""

    @abstractmethod
    def __mul__(self, other: Self, /) -> Self:
        """Return the rounded product."""

    @abstractmethod
    def __truediv__(self, other: Self, /) -> Self:
        """Return the rounded quotient."""

    @abstractmethod
    def __neg__(self) -> Self:
        """Return the scalar with its sign changed, zeros and infinities too; exact."""

    @abstractmethod
    def __gt__(self, other: Self | float, /) -> bool:
        """Return Java's ``this > other``: false if either is NaN; the zeros are equal."""

    @abstractmethod
    def is_nan(self) -> bool:
        """Return ``Double.isNaN(x)``."""

    @abstractmethod
    def is_zero(self) -> bool:
        """Return ``x == 0.0``: true for both zeros, false for NaN."""

    @abstractmethod
    def sqrt(self) -> Self:
        """Return ``Math.sqrt(x)``, rounded: NaN below zero, -0.0 for -0.0."""

    @abstractmethod
    def exp(self) -> Self:
        """Return ``Math.exp(x)``: an infinity beyond the largest double, 0.0 below the smallest. Java allows 1 ulp."""

    @abstractmethod
    def floor(self) -> Self:
        """Return ``Math.floor(x)``, exact: zeros, infinities and NaN stay."""

    @abstractmethod
    def pow(self, exponent: Self) -> Self:
        """Return ``Math.pow(x, exponent)``. Java allows 1 ulp.

        NaN for a negative finite base with a fractional exponent, 1.0 for exponent 0 and any base, NaN included.
        """

    @abstractmethod
    def fast_pow(self, exponent: int) -> Self:
        """Return ``FastMath.pow(double, int)`` of commons-math3 3.4.1 for a Java ``int`` (clause ADAM-4)."""

    @abstractmethod
    def remainder(self, divisor: Self) -> Self:
        """Return Java's ``x % divisor``, exact: the sign is the dividend's; NaN for divisor 0 or an infinite ``x``."""


class Array(_Value, ABC):
    """A 1-D ND4J array of the network's dtype (float32 or float64): an ``INDArray``, flat in its own ordering.

    Operations return new arrays of the same length and dtype; no array is ever written to. The operators ``+ - * /``
    take a scalar or an array of the same length (``BaseNDArray.addi``, ``subi``, ``muli``, ``divi``, ``rdivi``).
    """

    arithmetic: Arithmetic

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of elements, which may be 0."""

    @abstractmethod
    def item(self) -> Scalar:
        """Return the value of a one-element array, widened to double (``INDArray.getDouble(0)``)."""

    @abstractmethod
    def with_scalar(self, operation: Operation, scalar: Scalar) -> Self:
        """Combine every element with ``scalar``, which is first rounded once to the array's dtype.

        Each result is rounded once to that dtype; a NaN scalar gives NaN here, the operators replace it before.
        ``NativeOpExecutioner.exec(ScalarOp)``, clause ARITH-4.
        """

    @abstractmethod
    def with_array(self, operation: Operation, other: Self) -> Self:
        """Combine element by element with an array of the same length, each result rounded once.

        Division by zero gives infinities and NaN, as in IEEE 754 (clause ARITH-1).
        """

    @abstractmethod
    def sqrt(self) -> Self:
        """Return the root of every element, rounded once: NaN below zero, -0.0 for -0.0 (ND4J's ``Sqrt``)."""

    @abstractmethod
    def sign(self) -> Self:
        """Return ``(x > 0) - (x < 0)`` for every element: +0.0 for zeros and NaN (ND4J's ``Sign``)."""

    @abstractmethod
    def maximum(self, other: Self) -> Self:
        """Return the greater of the two, element by element; NaN where either is. Only misreadings need it."""

    @abstractmethod
    def larger(self, other: Self) -> Self:
        """Return ``x > y ? x : y``, element by element: ``y`` where either is NaN (ND4J's ``Max``, native updaters)."""

    @abstractmethod
    def magnitude(self) -> Self:
        """Return ``|x|`` of every element, exact; NaN stays (ND4J's ``Abs``)."""

    @abstractmethod
    def add_in_double(self, scalar: Scalar) -> Self:
        """Return every element plus ``scalar``, computed in double and then rounded to the dtype (native AdaMax)."""

    @abstractmethod
    def clip_above(self, threshold: Scalar) -> Self:
        """Replace elements greater than ``threshold``, rounded once to the dtype, by it.

        NaN elements stay, and a NaN threshold replaces nothing (``BooleanIndexing.applyWhere``, clause NORM-4).
        """

    @abstractmethod
    def clip_below(self, threshold: Scalar) -> Self:
        """Replace elements less than ``threshold``, rounded once to the dtype, by it; NaN as in :meth:`clip_above`."""

    @abstractmethod
    def norm2(self) -> Scalar:
        """Return the root of the sum of squares, computed in the array's dtype, then widened to double.

        Squares and every partial sum are rounded, and may overflow; the order of the sum is clause ARITH-5 (``Norm2``).
        """

    @abstractmethod
    def absolute(self) -> Scalar:
        """Return ``|x|`` of a one-element array, widened to double; exact."""

    @abstractmethod
    def dot(self, other: Self) -> Scalar:
        """Return the sum of the products, computed in the array's dtype, then widened to double (``BlasWrapper.dot``).

        Products and partial sums are rounded, and may overflow; the order of the sum is clause ARITH-7.
        """

    @abstractmethod
    def largest_magnitude(self) -> Scalar:
        """Return ``|x|.max()``, widened to double; exact. NaN counts if it is the first element, and only then."""

    @clause("NORM-9")
    def norm2_number(self) -> Scalar:
        """Return ``INDArray.norm2Number()``: of one element the absolute value, without squaring (``Norm2.noOp``)."""
        return self.absolute() if len(self) == 1 else self.norm2()

    def __add__(self, other: Scalar | Self) -> Self:
        return self._apply(Operation.ADD, other)

    def __sub__(self, other: Scalar | Self) -> Self:
        return self._apply(Operation.SUB, other)

    def __mul__(self, other: Scalar | Self) -> Self:
        return self._apply(Operation.MUL, other)

    def __truediv__(self, other: Scalar | Self) -> Self:
        return self._apply(Operation.DIV, other)

    def __rtruediv__(self, other: Scalar) -> Self:
        return self._apply(Operation.RDIV, other)

    @clause("ARITH-3")
    def _apply(self, operation: Operation, other: Scalar | Self) -> Self:
        """Run one ND4J operation: an operand array of one element takes the scalar path, with its NaN rule."""
        if isinstance(other, Array):
            if len(other) != 1:
                return self.with_array(operation, other)
            other = other.item()
        return self.with_scalar(operation, self.arithmetic.operand(other))


class Arithmetic(ABC):
    """A meaning for scalars and arrays; ``nan_scalar`` is the profile's rule for NaN scalar operands.

    Parameters are abstract values, since they come from rules. Results are values of the arithmetic's own classes, and
    :meth:`Scalar.own` and :meth:`Array.own` of these classes take back what a rule returns.
    """

    nan_scalar: NanScalar

    @abstractmethod
    def with_nan_scalar(self, rule: NanScalar) -> Self:
        """Return the same arithmetic with another rule for NaN scalar operands."""

    def operand(self, scalar: Scalar) -> Scalar:
        """Return the scalar that an operation uses in the place of ``scalar``."""
        return self.nan_scalar(scalar, self)

    @abstractmethod
    def scalar(self, value: float) -> Scalar:
        """Return a Java double."""

    @abstractmethod
    def array(self, values: Sequence[float]) -> Array:
        """Return an array of ``values`` (1-D), each of which the array's dtype holds exactly."""

    def view(self, values: Sequence[float], offset: int) -> Array:
        """Return an array as :meth:`array` does: a view that begins ``offset`` elements into a longer array.

        The order in which its norm is summed depends on the offset (clause ARITH-5).
        """
        return self.array(values)

    def placed(self, array: Array, offset: int) -> Array:
        """Return ``array`` (1-D) as a view that begins ``offset`` elements into a longer array: :meth:`view`."""
        return array

    @abstractmethod
    def full(self, length: int, value: Scalar) -> Array:
        """Return ``length`` copies of ``value``, rounded once to the dtype; NaN stays NaN (``INDArray.assign``)."""

    def stored(self, scalar: Scalar) -> Scalar:
        """Return ``scalar`` rounded once to the dtype, as a variable of that type has it. Only misreadings need it."""
        return self.full(1, scalar).item()

    def native_power(self, base: Scalar, exponent: Scalar) -> Scalar:
        """Return C's ``powf`` or ``pow`` of two numbers of the dtype, rounded to it. Libraries err by 1 ulp of it."""
        return self.full(1, base.pow(exponent)).item()

    @abstractmethod
    def join(self, arrays: Sequence[Array]) -> Array:
        """Return the arrays one after the other as one 1-D array; of none, an empty one."""

    @abstractmethod
    def slice(self, array: Array, start: int, stop: int) -> Array:
        """Return elements ``start`` to ``stop`` (exclusive) as an array of their own."""


#: From a scalar operand to the one that ND4J uses in its place.
NanScalar = Callable[[Scalar, Arithmetic], Scalar]


@clause("ARITH-2")
def nan_scalar(scalar: Scalar, arithmetic: Arithmetic) -> Scalar:
    """Return the scalar operand that ND4J uses: for NaN ``Nd4j.EPS_THRESHOLD``, 1e-5.

    ``BaseNDArray.addi``, ``subi``, ``muli``, ``divi``, ``rsubi`` and ``rdivi`` of a ``Number``.
    """
    return arithmetic.scalar(1e-5) if scalar.is_nan() else scalar
