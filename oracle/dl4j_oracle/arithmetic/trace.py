"""The trace arithmetic: computes in another arithmetic and records the data-flow graph on the way.

Every operation becomes a :class:`Node`. The rules need not know: their local variables name the nodes
(:mod:`dl4j_oracle.network.traced_rules`), so that ``alphat`` in a rule is ``alphat`` in every table and formula.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile

from dl4j_oracle.arithmetic.interface import Arithmetic, Array, NanScalar, Operation, Scalar, nan_scalar

_Value = Scalar | Array


@dataclass(frozen=True, eq=False)
class Node:
    """One value: the ``operation`` that gave it and its ``operands``, in order of computation (``number``).

    ``operation`` is an :class:`Operation`'s name, a function's (``sqrt``, ``norm2``, ``fast_pow``...), ``constant``, or
    ``input``, which ``label`` names. ``owner`` is the gradient key (``0_W``) of whose update it is part, the index of a
    layer that has it for all its keys, or "".
    """

    number: int
    operation: str
    operands: tuple[Node, ...]
    value: _Value
    label: str = ""
    owner: str = ""


@dataclass(frozen=True, eq=False)
class Named:
    """A node and what ``rule`` (a field of the profile) calls it; ``owner`` is a gradient key, or a layer's index."""

    rule: str
    name: str
    node: Node
    owner: str


@dataclass(frozen=True, eq=False)
class Decision:
    """A comparison that the rules made: ``operation`` is ``>``, ``is NaN`` or ``= 0``."""

    operation: str
    operands: tuple[Node, ...]
    outcome: bool


def joint_owner(owners: Iterable[str]) -> str:
    """To whom belongs what is made of what these own: one key, or the layer of several keys."""
    found = set(owners) - {""}
    longest = max(found, key=len, default="")
    if all(owner == longest or longest.startswith(f"{owner}_") for owner in found):
        return longest
    parts = zip(*(owner.split("_") for owner in found), strict=False)
    return "_".join(same[0] for same in takewhile(lambda same: len(set(same)) == 1, parts))


@dataclass
class Trace:
    """What has been recorded: every node, the names given to them, and the decisions taken, in order."""

    nodes: list[Node] = field(default_factory=list)
    named: dict[tuple[str, int], Named] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)

    def record(self, operation: str, operands: Sequence[Node], value: _Value, label: str = "", owner: str = "") -> Node:
        """A new node, part of the same update as its operands, unless ``owner`` says otherwise."""
        owner = owner or joint_owner(operand.owner for operand in operands)
        node = Node(len(self.nodes), operation, tuple(operands), value, label, owner)
        self.nodes.append(node)
        return node

    def name(self, rule: str, name: str, node: Node, owner: str) -> None:
        """Call ``node`` what ``rule`` calls it; the first name stays, which is the innermost function's."""
        self.named.setdefault((rule, node.number), Named(rule, name, node, node.owner or owner))

    def decide(self, operation: str, operands: Sequence[Node], outcome: bool) -> bool:
        """Record what a comparison came to; another trace may decide otherwise."""
        self.decisions.append(Decision(operation, tuple(operands), outcome))
        return outcome


class Following(Trace):
    """A trace whose comparisons come out as in ``another`` that is ahead, so that their graphs are the same."""

    def __init__(self, another: Trace) -> None:
        super().__init__()
        self._another = another

    def decide(self, operation: str, operands: Sequence[Node], outcome: bool) -> bool:
        return super().decide(operation, operands, self._another.decisions[len(self.decisions)].outcome)


@dataclass(frozen=True, eq=False)
class TracedScalar(Scalar):
    """A Java double of the traced arithmetic, and the node that it is."""

    node: Node
    arithmetic: TraceArithmetic = field(repr=False)

    @property
    def value(self) -> Scalar:
        """The scalar of the traced arithmetic."""
        assert isinstance(self.node.value, Scalar)  # noqa: S101 - recorded here
        return self.node.value

    def _coerce(self, other: Scalar | float) -> TracedScalar:
        if isinstance(other, TracedScalar):
            return other
        assert not isinstance(other, Scalar)  # noqa: S101 - arithmetics are never mixed
        return self.arithmetic.scalar(other)

    def _new(self, operation: str, value: Scalar, *others: TracedScalar) -> TracedScalar:
        return self.arithmetic.scalar_of(operation, value, self, *others)

    def __add__(self, other: Scalar | float, /) -> TracedScalar:
        y = self._coerce(other)
        return self._new("add", self.value + y.value, y)

    def __sub__(self, other: Scalar | float, /) -> TracedScalar:
        y = self._coerce(other)
        return self._new("sub", self.value - y.value, y)

    def __rsub__(self, other: float, /) -> TracedScalar:
        return self._coerce(other) - self

    def __mul__(self, other: Scalar, /) -> TracedScalar:
        if not isinstance(other, TracedScalar):
            return NotImplemented
        return self._new("mul", self.value * other.value, other)

    def __truediv__(self, other: Scalar, /) -> TracedScalar:
        if not isinstance(other, TracedScalar):
            return NotImplemented
        return self._new("div", self.value / other.value, other)

    def __neg__(self) -> TracedScalar:
        return self._new("neg", -self.value)

    def __gt__(self, other: Scalar | float, /) -> bool:
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

    def pow(self, exponent: Scalar) -> TracedScalar:
        y = self._coerce(exponent)
        return self._new("pow", self.value.pow(y.value), y)

    def fast_pow(self, exponent: int) -> TracedScalar:
        return self._new("fast_pow", self.value.fast_pow(exponent), self.arithmetic.scalar(exponent))

    def remainder(self, divisor: Scalar) -> TracedScalar:
        y = self._coerce(divisor)
        return self._new("remainder", self.value.remainder(y.value), y)


@dataclass(frozen=True, eq=False)
class TracedArray(Array):
    """An array of the traced arithmetic, and the node that it is."""

    node: Node
    arithmetic: TraceArithmetic = field(repr=False)

    @property
    def value(self) -> Array:
        """The array of the traced arithmetic."""
        assert isinstance(self.node.value, Array)  # noqa: S101 - recorded here
        return self.node.value

    def _new(self, operation: str, value: Array, *others: TracedScalar | TracedArray) -> TracedArray:
        return self.arithmetic.array_of(operation, value, self, *others)

    def __len__(self) -> int:
        return len(self.value)

    def item(self) -> TracedScalar:
        return self.arithmetic.scalar_of("item", self.value.item(), self)

    def with_scalar(self, operation: Operation, scalar: Scalar) -> TracedArray:
        assert isinstance(scalar, TracedScalar)  # noqa: S101 - arithmetics are never mixed
        return self._new(operation.value, self.value.with_scalar(operation, scalar.value), scalar)

    def with_array(self, operation: Operation, other: Array) -> TracedArray:
        assert isinstance(other, TracedArray)  # noqa: S101 - arithmetics are never mixed
        return self._new(operation.value, self.value.with_array(operation, other.value), other)

    def sqrt(self) -> TracedArray:
        return self._new("sqrt", self.value.sqrt())

    def sign(self) -> TracedArray:
        return self._new("sign", self.value.sign())

    def maximum(self, other: Array) -> TracedArray:
        y = _traced(other)
        return self._new("maximum", self.value.maximum(y.value), y)

    def clip_above(self, threshold: Scalar) -> TracedArray:
        assert isinstance(threshold, TracedScalar)  # noqa: S101 - arithmetics are never mixed
        return self._new("clip_above", self.value.clip_above(threshold.value), threshold)

    def clip_below(self, threshold: Scalar) -> TracedArray:
        assert isinstance(threshold, TracedScalar)  # noqa: S101 - arithmetics are never mixed
        return self._new("clip_below", self.value.clip_below(threshold.value), threshold)

    def norm2(self) -> TracedScalar:
        return self.arithmetic.scalar_of("norm2", self.value.norm2(), self)

    def absolute(self) -> TracedScalar:
        return self.arithmetic.scalar_of("absolute", self.value.absolute(), self)


@dataclass(frozen=True)
class TraceArithmetic(Arithmetic):
    """Computes in ``inner`` and records in ``trace``."""

    inner: Arithmetic
    trace: Trace = field(default_factory=Trace)
    nan_scalar: NanScalar = nan_scalar

    def with_nan_scalar(self, rule: NanScalar) -> TraceArithmetic:
        return replace(self, nan_scalar=rule)

    def scalar(self, value: float) -> TracedScalar:
        node = self.trace.record("constant", (), self.inner.scalar(value), label=_literal(value))
        return TracedScalar(node, self)

    def array(self, values: Sequence[float]) -> TracedArray:
        return TracedArray(self.trace.record("constant", (), self.inner.array(values)), self)

    def view(self, values: Sequence[float], offset: int) -> TracedArray:
        return TracedArray(self.trace.record("constant", (), self.inner.view(values, offset)), self)

    def full(self, length: int, value: Scalar) -> TracedArray:
        assert isinstance(value, TracedScalar)  # noqa: S101 - arithmetics are never mixed
        return TracedArray(self.trace.record("full", (value.node,), self.inner.full(length, value.value)), self)

    def join(self, arrays: Sequence[Array]) -> TracedArray:
        parts = [_traced(array) for array in arrays]
        joined = self.inner.join([part.value for part in parts])
        return TracedArray(self.trace.record("join", [part.node for part in parts], joined), self)

    def slice(self, array: Array, start: int, stop: int) -> TracedArray:
        whole = _traced(array)
        part = self.inner.slice(whole.value, start, stop)
        return TracedArray(self.trace.record("slice", (whole.node,), part, label=f"{start}:{stop}"), self)

    def scalar_of(self, operation: str, value: Scalar, *operands: TracedScalar | TracedArray) -> TracedScalar:
        """A scalar that ``operation`` gave."""
        return TracedScalar(self.trace.record(operation, [x.node for x in operands], value), self)

    def array_of(self, operation: str, value: Array, *operands: TracedScalar | TracedArray) -> TracedArray:
        """An array that ``operation`` gave."""
        return TracedArray(self.trace.record(operation, [x.node for x in operands], value), self)

    def labelled_scalar(self, scalar: TracedScalar, label: str, owner: str = "") -> TracedScalar:
        """The same value as an ``input`` called ``label``, part of the update of ``owner``."""
        return TracedScalar(self.trace.record("input", (), scalar.value, label, owner), self)

    def labelled_array(self, array: TracedArray, label: str, owner: str = "") -> TracedArray:
        """The same values as an ``input`` called ``label``, part of the update of ``owner``."""
        return TracedArray(self.trace.record("input", (), array.value, label, owner), self)


def _traced(array: Array) -> TracedArray:
    assert isinstance(array, TracedArray)  # noqa: S101 - arithmetics are never mixed
    return array


def _literal(value: float) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else str(value)
