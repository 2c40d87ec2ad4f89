"""What the rules compute with: Java doubles (:class:`Scalar`) and ND4J arrays (:class:`Array`).

The rules are written once over these two classes. An arithmetic gives them a meaning: ``exact`` computes what
a formula means, ``ieee`` what DL4J's processor does. What ND4J does *before* an operation, whatever the
numbers are, stands here: a NaN scalar operand is replaced, and an array of one element is used as a scalar.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from enum import Enum

from dl4j_oracle.clauses import clause


class Operation(Enum):
    """An element-wise ND4J operation on an array and an operand; ``R`` marks the operand as the left side."""

    ADD = "add"
    SUB = "sub"
    MUL = "mul"
    DIV = "div"
    RSUB = "rsub"
    RDIV = "rdiv"


class Scalar(ABC):
    """A Java ``double``. Operators are Java's; a Python int or float beside them is a literal of the formula."""

    @abstractmethod
    def __add__(self, other: Scalar | float, /) -> Scalar: ...
    @abstractmethod
    def __sub__(self, other: Scalar | float, /) -> Scalar: ...
    @abstractmethod
    def __rsub__(self, other: float, /) -> Scalar: ...
    @abstractmethod
    def __mul__(self, other: Scalar, /) -> Scalar: ...
    @abstractmethod
    def __truediv__(self, other: Scalar, /) -> Scalar: ...
    @abstractmethod
    def __neg__(self) -> Scalar: ...
    @abstractmethod
    def __gt__(self, other: Scalar | float, /) -> bool: ...
    @abstractmethod
    def is_nan(self) -> bool:
        """``Double.isNaN``."""

    @abstractmethod
    def is_zero(self) -> bool:
        """``x == 0.0``: true for both zeros."""

    @abstractmethod
    def sqrt(self) -> Scalar:
        """``Math.sqrt``."""

    @abstractmethod
    def exp(self) -> Scalar:
        """``Math.exp``."""

    @abstractmethod
    def floor(self) -> Scalar:
        """``Math.floor``."""

    @abstractmethod
    def pow(self, exponent: Scalar) -> Scalar:
        """``Math.pow``."""

    @abstractmethod
    def fast_pow(self, exponent: int) -> Scalar:
        """``FastMath.pow(double, int)`` of commons-math3."""

    @abstractmethod
    def remainder(self, divisor: Scalar) -> Scalar:
        """Java's ``%``: the sign of the dividend, exact."""


NanScalar = Callable[["Scalar", "Arithmetic"], "Scalar"]


@clause("ARITH-2")
def nan_scalar(scalar: Scalar, arithmetic: Arithmetic) -> Scalar:
    """A NaN scalar operand becomes ``Nd4j.EPS_THRESHOLD`` (``BaseNDArray.addi/subi/muli/divi/rsubi/rdivi(Number)``)."""
    return arithmetic.scalar(1e-5) if scalar.is_nan() else scalar


class Array(ABC):
    """An ND4J array of one type, seen flat in its own ordering. Operations return new arrays."""

    arithmetic: Arithmetic

    @abstractmethod
    def __len__(self) -> int: ...
    @abstractmethod
    def item(self) -> Scalar:
        """The value of a one-element array, widened to double."""

    @abstractmethod
    def with_scalar(self, operation: Operation, scalar: Scalar) -> Array:
        """Every element with ``scalar``, which is first rounded once to the array's type."""

    @abstractmethod
    def with_array(self, operation: Operation, other: Array) -> Array:
        """Element by element."""

    @abstractmethod
    def sqrt(self) -> Array:
        """Square root of every element."""

    @abstractmethod
    def sign(self) -> Array:
        """``(x > 0) - (x < 0)`` for every element: 0 for zeros and NaN."""

    @abstractmethod
    def maximum(self, other: Array) -> Array:
        """The greater of the two, element by element; NaN where either is."""

    @abstractmethod
    def clip_above(self, threshold: Scalar) -> Array:
        """Elements greater than ``threshold`` become ``threshold``."""

    @abstractmethod
    def clip_below(self, threshold: Scalar) -> Array:
        """Elements less than ``threshold`` become ``threshold``."""

    @abstractmethod
    def norm2(self) -> Scalar:
        """ND4J's ``Norm2`` reduction: root of the sum of squares in the array's type, widened to double."""

    @abstractmethod
    def absolute(self) -> Scalar:
        """``|x|`` of a one-element array, widened to double."""

    @clause("NORM-9")
    def norm2_number(self) -> Scalar:
        """``INDArray.norm2Number``: for one element the absolute value, without squaring (``Norm2.noOp``)."""
        return self.absolute() if len(self) == 1 else self.norm2()

    def __add__(self, other: Scalar | Array) -> Array:
        return self._apply(Operation.ADD, other)

    def __sub__(self, other: Scalar | Array) -> Array:
        return self._apply(Operation.SUB, other)

    def __mul__(self, other: Scalar | Array) -> Array:
        return self._apply(Operation.MUL, other)

    def __truediv__(self, other: Scalar | Array) -> Array:
        return self._apply(Operation.DIV, other)

    def __rtruediv__(self, other: Scalar) -> Array:
        return self._apply(Operation.RDIV, other)

    @clause("ARITH-3")
    def _apply(self, operation: Operation, other: Scalar | Array) -> Array:
        """One ND4J operation: an operand array of one element takes the scalar path, with its NaN rule."""
        if isinstance(other, Array):
            if len(other) != 1:
                return self.with_array(operation, other)
            other = other.item()
        return self.with_scalar(operation, self.arithmetic.nan_scalar(other, self.arithmetic))


class Arithmetic(ABC):
    """A meaning for scalars and arrays. ``nan_scalar`` is the profile's rule for NaN scalar operands."""

    nan_scalar: NanScalar

    @abstractmethod
    def with_nan_scalar(self, rule: NanScalar) -> Arithmetic:
        """The same arithmetic with another rule for NaN scalar operands."""

    @abstractmethod
    def scalar(self, value: float) -> Scalar:
        """A Java double."""

    @abstractmethod
    def array(self, values: Sequence[float]) -> Array:
        """An array of values that the array's type can hold."""

    def view(self, values: Sequence[float], offset: int) -> Array:
        """As :meth:`array`, for a view of a longer array that begins ``offset`` elements into it."""
        return self.array(values)

    @abstractmethod
    def full(self, length: int, value: Scalar) -> Array:
        """``assign(value)``: ``length`` copies of ``value``, rounded once to the array's type; NaN stays NaN."""

    @abstractmethod
    def join(self, arrays: Sequence[Array]) -> Array:
        """The arrays one after the other."""

    @abstractmethod
    def slice(self, array: Array, start: int, stop: int) -> Array:
        """Elements ``start`` to ``stop`` (exclusive)."""
