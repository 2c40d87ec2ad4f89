"""The trace arithmetic, which computes in another arithmetic and records the data-flow graph.

Every operation becomes a :class:`Node`. Rules do nothing for it: the names of their local variables name the nodes
(:mod:`dl4j_oracle.network.traced_rules`), so that ``alphat`` in a rule is ``alphat`` in every table and formula.

Arrays are 1-D, of the network's dtype.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Self

from dl4j_oracle.arithmetic.interface import Arithmetic, Array, NanScalar, Operation, Scalar, nan_scalar

_Value = Scalar | Array


@dataclass(frozen=True, eq=False)
class Node:
    """A value that was computed, with its ``operation`` and ``operands``, numbered in order of computation.

    ``operation`` is the value of an :class:`Operation`, the name of a function (``sqrt``, ``norm2``, ``fast_pow``...),
    ``constant``, or ``input``, which ``label`` names. ``owner`` is the gradient key (``0_W``) whose update the node is
    part of, the index of a layer that needs it for all its keys, or "".
    """

    number: int
    operation: str
    operands: tuple[Node, ...]
    value: _Value
    label: str = ""
    owner: str = ""


@dataclass(frozen=True, eq=False)
class Named:
    """A node and its ``name`` in ``rule`` (a field of the profile); ``owner`` is a gradient key, or a layer's index."""

    rule: str
    name: str
    node: Node
    owner: str


@dataclass(frozen=True, eq=False)
class Decision:
    """A comparison that a rule made: ``operation`` is ``>``, ``is NaN`` or ``= 0``."""

    operation: str
    operands: tuple[Node, ...]
    outcome: bool


def joint_owner(owners: Iterable[str]) -> str:
    """Return the owner of a value that is computed from values of ``owners``: one key, or the layer of several keys."""
    found = set(owners) - {""}
    longest = max(found, key=len, default="")
    if all(owner == longest or longest.startswith(f"{owner}_") for owner in found):
        return longest
    parts = zip(*(owner.split("_") for owner in found), strict=False)
    return "_".join(same[0] for same in takewhile(lambda same: len(set(same)) == 1, parts))


@dataclass
class Trace:
    """A record of every node, of their names by rule and number, and of the decisions, in order."""

    nodes: list[Node] = field(default_factory=list)
    named: dict[tuple[str, int], Named] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)

    def record(self, operation: str, operands: Sequence[Node], value: _Value, label: str = "", owner: str = "") -> Node:
        """Record and return a node, which is part of the same update as its operands unless ``owner`` is given."""
        owner = owner or joint_owner(operand.owner for operand in operands)
        node = Node(len(self.nodes), operation, tuple(operands), value, label, owner)
        self.nodes.append(node)
        return node

    def name(self, rule: str, name: str, node: Node, owner: str) -> None:
        """Record the name of ``node`` in ``rule``. The first one stays: it is the innermost function's."""
        self.named.setdefault((rule, node.number), Named(rule, name, node, node.owner or owner))

    def decide(self, operation: str, operands: Sequence[Node], outcome: bool) -> bool:
        """Record and return the outcome of a comparison; subclasses may decide otherwise."""
        self.decisions.append(Decision(operation, tuple(operands), outcome))
        return outcome


class Following(Trace):
    """A trace whose comparisons have the outcomes of ``another``, which is ahead, so that their graphs are equal."""

    def __init__(self, another: Trace) -> None:
        super().__init__()
        self._another = another

    def decide(self, operation: str, operands: Sequence[Node], outcome: bool) -> bool:
        return super().decide(operation, operands, self._another.decisions[len(self.decisions)].outcome)


@dataclass(frozen=True, eq=False)
class TracedScalar(Scalar):
    """A Java double: ``value`` in the inner arithmetic, recorded as ``node``."""

    value: Scalar
    node: Node
    arithmetic: TraceArithmetic = field(repr=False)

    def _coerce(self, other: TracedScalar | float) -> TracedScalar:
        return other if isinstance(other, TracedScalar) else self.arithmetic.scalar(other)

    def _new(self, operation: str, value: Scalar, *others: TracedScalar) -> TracedScalar:
        return self.arithmetic.scalar_of(operation, value, self, *others)

    def __add__(self, other: TracedScalar | float, /) -> TracedScalar:
        y = self._coerce(other)
        return self._new("add", self.value + y.value, y)

    def __sub__(self, other: TracedScalar | float, /) -> TracedScalar:
        y = self._coerce(other)
        return self._new("sub", self.value - y.value, y)

    def __rsub__(self, other: float, /) -> TracedScalar:
        return self._coerce(other) - self

    def __mul__(self, other: TracedScalar, /) -> TracedScalar:
        if not isinstance(other, TracedScalar):
            return NotImplemented
        return self._new("mul", self.value * other.value, other)

    def __truediv__(self, other: TracedScalar, /) -> TracedScalar:
        if not isinstance(other, TracedScalar):
            return NotImplemented
        return self._new("div", self.value / other.value, other)

    def __neg__(self) -> TracedScalar:
        return self._new("neg", -self.value)

    def __gt__(self, other: TracedScalar | float, /) -> bool:
        y = self._coerce(other)
        return self.arithmetic.trace.decide(">", (self.node, y.node), self.value > y.value)

    def is_nan(self) -> bool:
        return self.arithmetic.trace.decide("is NaN", (self.node,), self.value.is_nan())

    def is_zero(self) -> bool:
        return self.arithmetic.trace.decide("= 0", (self.node,), self.value.is_zero())

    def sqrt(self) -> TracedScalar:
        return self._new("sqrt", self.value.sqrt())

    def exp(self) -> TracedScalar:
        return self._new("exp", self.value.exp())

    def floor(self) -> TracedScalar:
        return self._new("floor", self.value.floor())

    def pow(self, exponent: TracedScalar) -> TracedScalar:
        return self._new("pow", self.value.pow(exponent.value), exponent)

    def fast_pow(self, exponent: int) -> TracedScalar:
        return self._new("fast_pow", self.value.fast_pow(exponent), self.arithmetic.scalar(exponent))

    def remainder(self, divisor: TracedScalar) -> TracedScalar:
        return self._new("remainder", self.value.remainder(divisor.value), divisor)


@dataclass(frozen=True, eq=False)
class TracedArray(Array):
    """An array: ``value`` in the inner arithmetic (1-D, of the network's dtype), recorded as ``node``."""

    value: Array
    node: Node
    arithmetic: TraceArithmetic = field(repr=False)

    def _new(self, operation: str, value: Array, *others: TracedScalar | TracedArray) -> TracedArray:
        return self.arithmetic.array_of(operation, value, self, *others)

    def __len__(self) -> int:
        return len(self.value)

    def item(self) -> TracedScalar:
        return self.arithmetic.scalar_of("item", self.value.item(), self)

    def with_scalar(self, operation: Operation, scalar: Scalar) -> TracedArray:
        y = TracedScalar.own(scalar)
        return self._new(operation.value, self.value.with_scalar(operation, y.value), y)

    def with_array(self, operation: Operation, other: TracedArray) -> TracedArray:
        return self._new(operation.value, self.value.with_array(operation, other.value), other)

    def sqrt(self) -> TracedArray:
        return self._new("sqrt", self.value.sqrt())

    def sign(self) -> TracedArray:
        return self._new("sign", self.value.sign())

    def maximum(self, other: TracedArray) -> TracedArray:
        return self._new("maximum", self.value.maximum(other.value), other)

    def larger(self, other: TracedArray) -> TracedArray:
        return self._new("larger", self.value.larger(other.value), other)

    def magnitude(self) -> TracedArray:
        return self._new("magnitude", self.value.magnitude())

    def add_in_double(self, scalar: Scalar) -> TracedArray:
        y = TracedScalar.own(scalar)
        return self._new("add_in_double", self.value.add_in_double(y.value), y)

    def clip_above(self, threshold: Scalar) -> TracedArray:
        limit = TracedScalar.own(threshold)
        return self._new("clip_above", self.value.clip_above(limit.value), limit)

    def clip_below(self, threshold: Scalar) -> TracedArray:
        limit = TracedScalar.own(threshold)
        return self._new("clip_below", self.value.clip_below(limit.value), limit)

    def norm2(self) -> TracedScalar:
        return self.arithmetic.scalar_of("norm2", self.value.norm2(), self)

    def absolute(self) -> TracedScalar:
        return self.arithmetic.scalar_of("absolute", self.value.absolute(), self)

    def dot(self, other: TracedArray) -> TracedScalar:
        return self.arithmetic.scalar_of("dot", self.value.dot(other.value), self, other)

    def largest_magnitude(self) -> TracedScalar:
        return self.arithmetic.scalar_of("largest_magnitude", self.value.largest_magnitude(), self)


@dataclass(frozen=True)
class TraceArithmetic(Arithmetic):
    """An arithmetic that computes in ``inner`` and records in ``trace``."""

    inner: Arithmetic
    trace: Trace = field(default_factory=Trace)
    nan_scalar: NanScalar = nan_scalar

    def with_nan_scalar(self, rule: NanScalar) -> Self:
        return replace(self, nan_scalar=rule)

    def scalar(self, value: float) -> TracedScalar:
        constant = self.inner.scalar(value)
        return TracedScalar(constant, self.trace.record("constant", (), constant, _literal(value)), self)

    def array(self, values: Sequence[float]) -> TracedArray:
        return self.array_of("constant", self.inner.array(values))

    def view(self, values: Sequence[float], offset: int) -> TracedArray:
        return self.array_of("constant", self.inner.view(values, offset))

    def placed(self, array: Array, offset: int) -> TracedArray:
        whole = TracedArray.own(array)
        return self.array_of("same", self.inner.placed(whole.value, offset), whole)

    def full(self, length: int, value: Scalar) -> TracedArray:
        copied = TracedScalar.own(value)
        return self.array_of("full", self.inner.full(length, copied.value), copied)

    def native_power(self, base: Scalar, exponent: Scalar) -> TracedScalar:
        x, y = TracedScalar.own(base), TracedScalar.own(exponent)
        return self.scalar_of("pow", self.inner.native_power(x.value, y.value), x, y)

    def join(self, arrays: Sequence[Array]) -> TracedArray:
        parts = [TracedArray.own(array) for array in arrays]
        return self.array_of("join", self.inner.join([part.value for part in parts]), *parts)

    def slice(self, array: Array, start: int, stop: int) -> TracedArray:
        whole = TracedArray.own(array)
        part = self.inner.slice(whole.value, start, stop)
        return TracedArray(part, self.trace.record("slice", (whole.node,), part, f"{start}:{stop}"), self)

    def scalar_of(self, operation: str, value: Scalar, *operands: TracedScalar | TracedArray) -> TracedScalar:
        """Record ``value``, a scalar of the inner arithmetic, as the result of ``operation``."""
        return TracedScalar(value, self.trace.record(operation, [x.node for x in operands], value), self)

    def array_of(self, operation: str, value: Array, *operands: TracedScalar | TracedArray) -> TracedArray:
        """Record ``value``, an array of the inner arithmetic, as the result of ``operation``."""
        return TracedArray(value, self.trace.record(operation, [x.node for x in operands], value), self)

    def labelled_scalar(self, scalar: TracedScalar, label: str, owner: str = "") -> TracedScalar:
        """Return the same value as an ``input`` called ``label``, part of the update of ``owner``."""
        return TracedScalar(scalar.value, self.trace.record("input", (), scalar.value, label, owner), self)

    def labelled_array(self, array: TracedArray, label: str, owner: str = "") -> TracedArray:
        """Return the same values as an ``input`` called ``label``, part of the update of ``owner``."""
        return TracedArray(array.value, self.trace.record("input", (), array.value, label, owner), self)


def _literal(value: float) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else str(value)
