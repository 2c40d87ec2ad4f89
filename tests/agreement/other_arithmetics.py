"""Backends that compute DL4J's rules in other arithmetics than the evaluation model's, right ones and weaker ones.

``python:agreement.other_arithmetics:NAME`` is the address of one of them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self

import numpy as np

from dl4j_backends.interface import (
    ALL_CAPABILITIES,
    CORRECTLY_ROUNDED,
    Accuracy,
    Dl4jException,
    Network,
    Observation,
    UnsupportedError,
)
from dl4j_conformance.execution.oracle_session import OracleSession, description, given_state
from dl4j_oracle.arithmetic.ieee import IeeeArithmetic, IeeeArray, IeeeScalar
from dl4j_oracle.arithmetic.interface import Array, Operation, Scalar
from dl4j_oracle.errors import Dl4jError
from dl4j_oracle.network.dispatch import updater_of
from dl4j_oracle.network.multi_layer_updater import MultiLayerUpdater
from dl4j_oracle.profile import DEFAULT_RULES, Rules


class OtherArray(IeeeArray):
    """An array whose operations give arrays of its own class."""

    def _new(self, values: np.ndarray) -> IeeeArray:
        return type(self)(values, self.arithmetic)


@dataclass(frozen=True)
class OtherArithmetic(IeeeArithmetic):
    """IEEE arithmetic on arrays of another class."""

    kind: Callable[[np.ndarray, Any], IeeeArray] = OtherArray

    def array(self, values: Any) -> IeeeArray:
        return self.kind(np.array(values, self.dtype), self)

    def full(self, length: int, value: Scalar) -> IeeeArray:
        return self.kind(super().full(length, value).values, self)

    def join(self, arrays: Sequence[Array]) -> IeeeArray:
        return self.kind(super().join(arrays).values, self)

    def slice(self, array: Array, start: int, stop: int) -> IeeeArray:
        return self.kind(super().slice(array, start, stop).values, self)


@dataclass(frozen=True)
class Float32Scalar(IeeeScalar):
    """A scalar in float32: every operation is rounded to it."""

    def _new(self, value: float) -> IeeeScalar:
        return Float32Scalar(_to_float32(value), self.java_math)


def _to_float32(value: float) -> float:
    with np.errstate(all="ignore"):
        return float(np.float32(value))


@dataclass(frozen=True)
class Float32Scalars(OtherArithmetic):
    """IEEE arithmetic whose scalars are of float32."""

    def scalar(self, value: float) -> IeeeScalar:
        return Float32Scalar(_to_float32(float(value)), self.java_math)


class FusingArray(OtherArray):
    """Contracts ``a*b + c`` into one rounding wherever it can: exactly in float64, through float64 in float32."""

    factors: tuple[np.ndarray, np.ndarray] | None = None

    def with_scalar(self, operation: Operation, scalar: Scalar) -> IeeeArray:
        factor = np.full_like(self.values, self.arithmetic.rounded(scalar))
        return self._remember(operation, super().with_scalar(operation, scalar), factor)

    def with_array(self, operation: Operation, other: Array) -> IeeeArray:
        assert isinstance(other, FusingArray)
        plain = super().with_array(operation, other)
        if operation in (Operation.ADD, Operation.SUB) and other.factors is not None:
            sign = 1 if operation is Operation.ADD else -1
            return self._new(_fused(self.values, sign * other.factors[0], other.factors[1], plain.values))
        return self._remember(operation, plain, other.values)

    def _remember(self, operation: Operation, result: IeeeArray, factor: np.ndarray) -> IeeeArray:
        if operation is Operation.MUL:
            object.__setattr__(result, "factors", (self.values, factor))
        return result


def _fused(c: np.ndarray, a: np.ndarray, b: np.ndarray, plain: np.ndarray) -> np.ndarray:
    """``a*b + c``, rounded once; ``plain`` where that is not finite."""
    with np.errstate(all="ignore"):
        if c.dtype == np.float32:
            return (a.astype("float64") * b.astype("float64") + c).astype("float32")
        fused = plain.copy()
        for i in np.flatnonzero(np.isfinite(plain) & np.isfinite(a * b)):
            fused[i] = float(Fraction(float(a[i])) * Fraction(float(b[i])) + Fraction(float(c[i])))
        return fused


class FaithfulArray(OtherArray):
    """Divides and takes roots in float32 within one ulp: of the two numbers around the exact result, the wrong one."""

    def with_scalar(self, operation: Operation, scalar: Scalar) -> IeeeArray:
        return self._replaced(operation, super().with_scalar(operation, scalar), self.arithmetic.rounded(scalar))

    def with_array(self, operation: Operation, other: Array) -> IeeeArray:
        assert isinstance(other, FaithfulArray)
        return self._replaced(operation, super().with_array(operation, other), other.values)

    def _replaced(self, operation: Operation, result: IeeeArray, other: Any) -> IeeeArray:
        with np.errstate(all="ignore"):
            match operation:
                case Operation.DIV:
                    return self._new(_other_neighbour(result.values, self.values.astype("float64") / other))
                case Operation.RDIV:
                    return self._new(_other_neighbour(result.values, other / self.values.astype("float64")))
        return result

    def sqrt(self) -> IeeeArray:
        with np.errstate(all="ignore"):
            return self._new(_other_neighbour(super().sqrt().values, np.sqrt(self.values.astype("float64"))))


def _other_neighbour(rounded: np.ndarray, precise: np.ndarray) -> np.ndarray:
    towards = np.nextafter(rounded, np.where(precise > rounded, np.inf, -np.inf).astype("float32"))
    # What overflows may be many ulps beyond the largest number.
    kept = ~np.isfinite(towards) | ~np.isfinite(rounded) | (rounded == 0)
    return np.where((precise == rounded) | kept, rounded, towards)


class FlushingArray(OtherArray):
    """Results below the smallest normal number are zero."""

    def _new(self, values: np.ndarray) -> IeeeArray:
        return super()._new(_flushed(values))

    def norm2(self) -> IeeeScalar:
        with np.errstate(all="ignore"):
            return IeeeScalar(
                float(np.sqrt(self.arithmetic.norm_order(_flushed(self.values * self.values), self.offset)))
            )


def _flushed(values: np.ndarray) -> np.ndarray:
    return np.where(np.abs(values) < np.finfo(values.dtype).smallest_normal, np.copysign(0, values), values)


class Session(OracleSession):
    """What is seen of a session is rounded to the network's type, and multiplied by ``factor``."""

    def __init__(self, updater: MultiLayerUpdater, dtype: str, factor: float) -> None:
        super().__init__(updater)
        self._dtype, self._factor = dtype, factor

    def state(self) -> np.ndarray | None:
        state = super().state()
        return None if state is None else _rounded(state, self._dtype)

    def with_updater(self, updater: MultiLayerUpdater) -> Self:
        return type(self)(updater, self._dtype, self._factor)

    def update(self, gradients: Mapping[str, np.ndarray], iteration: int, batch_size: int) -> Observation:
        return self._seen(super().update(gradients, iteration, batch_size))

    def iterate(self, *given: Any) -> Observation:
        return self._seen(super().iterate(*given))

    def _seen(self, seen: Observation) -> Observation:
        rounded = {
            name: {key: _rounded(array, self._dtype) for key, array in getattr(seen, name).items()}
            for name in ("params", "heard")
        }
        updates = {key: _rounded(array * self._factor, self._dtype) for key, array in seen.updates.items()}
        return dataclasses.replace(seen, updates=updates, **rounded)


def _rounded(array: np.ndarray, dtype: str) -> np.ndarray:
    with np.errstate(all="ignore"):
        return array.astype(dtype)


@dataclass(frozen=True)
class ArithmeticBackend:
    """The oracle's rules in an arithmetic of arrays of ``kind``, ``inside`` of the type or in a wider one."""

    name: str
    kind: Callable[[np.ndarray, Any], IeeeArray] = OtherArray
    dtypes: tuple[str, ...] = ("float32",)
    inside: str | None = None
    factor: float = 1.0
    accuracy: Accuracy = CORRECTLY_ROUNDED
    arithmetic: Callable[..., OtherArithmetic] = OtherArithmetic
    rules: Rules = DEFAULT_RULES
    capabilities: frozenset[str] = ALL_CAPABILITIES

    def open(self, network: Network) -> Session:
        if network.dtype not in self.dtypes:
            raise UnsupportedError(network.dtype)
        arithmetic = self.arithmetic(self.inside or network.dtype, kind=self.kind)
        try:
            updater = updater_of(description(network), arithmetic, self.rules, given_state(network))
        except Dl4jError as error:
            raise Dl4jException(error.kind, error.message) from error
        return Session(updater, network.dtype, self.factor)


fused = ArithmeticBackend("fused multiply-add", FusingArray, ("float32", "float64"))
wide = ArithmeticBackend("float64 inside", inside="float64")
faithful = ArithmeticBackend("one ulp off", FaithfulArray, accuracy=Accuracy(1.0, 1.0))
faithful_undeclared = dataclasses.replace(faithful, accuracy=CORRECTLY_ROUNDED)
flushing = ArithmeticBackend("flush to zero", FlushingArray, accuracy=Accuracy(flush_to_zero=True))
flushing_undeclared = dataclasses.replace(flushing, accuracy=CORRECTLY_ROUNDED)
float32_scalars_undeclared = ArithmeticBackend("float32 scalars", arithmetic=Float32Scalars)
float32_scalars = dataclasses.replace(float32_scalars_undeclared, accuracy=Accuracy(scalars="float32"))
reciprocal_undeclared = ArithmeticBackend(
    "reciprocal",
    dtypes=("float32", "float64"),
    rules=dataclasses.replace(
        DEFAULT_RULES, id="reciprocal", divide_by_batch_size=lambda g, n: g * (g.arithmetic.scalar(1.0) / n)
    ),
)
reciprocal = dataclasses.replace(reciprocal_undeclared, accuracy=Accuracy(reciprocal_batch_size=True))
sloppy = ArithmeticBackend("1e-5 off", factor=1 + 1e-5)
sloppy_and_weak = dataclasses.replace(sloppy, accuracy=Accuracy(1.0, 1.0, flush_to_zero=True))
