"""The rendering of formulae from the rules themselves.

A rule runs in the trace arithmetic on labelled inputs, once for every way in which its comparisons can go. The
expressions of its local variables and results are then written out, so that a formula says what the rule does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dl4j_oracle.arithmetic.forks import Forks, paths
from dl4j_oracle.arithmetic.ieee import IeeeArithmetic
from dl4j_oracle.arithmetic.interface import Scalar
from dl4j_oracle.arithmetic.trace import Decision, Node, Trace, TraceArithmetic, TracedArray, TracedScalar
from dl4j_oracle.network.traced_rules import traced
from dl4j_oracle.profile import DEFAULT_RULES, Rules

#: What a rule returns, by name: scalars and arrays of the trace arithmetic.
Results = Mapping[str, Any]


@dataclass(frozen=True)
class Inputs:
    """Labelled inputs of rules, in one trace arithmetic."""

    arithmetic: TraceArithmetic

    def scalar(self, label: str) -> TracedScalar:
        """Return a Java double called ``label``."""
        return self.arithmetic.labelled_scalar(self.arithmetic.scalar(0.5), label)

    def array(self, label: str, length: int = 2) -> TracedArray:
        """Return an array of ``length`` elements called ``label``."""
        return self.arithmetic.labelled_array(self.arithmetic.array([0.5] * length), label)

    def count(self, label: str) -> _Count:
        """Return a Java int called ``label``."""
        return _Count(label, self.arithmetic)

    def positive(self, label: str) -> TracedScalar:
        """Return a Java double above zero called ``label``."""
        scalar = self.scalar(label)
        return _Positive(scalar.value, scalar.node, self.arithmetic)


class _Positive(TracedScalar):
    """A coefficient that is above zero, so that no formula needs the condition."""

    def __gt__(self, other: Scalar | float, /) -> bool:
        return True


class _Count(int):
    """An int with a label: an iteration, or a number of iterations."""

    label: str
    arithmetic: TraceArithmetic

    def __new__(cls, label: str, arithmetic: TraceArithmetic) -> _Count:
        self = super().__new__(cls, 3)
        self.label, self.arithmetic = label, arithmetic
        return self

    def __str__(self) -> str:
        return self.label

    def __add__(self, other: int) -> _Count:
        return _Count(f"({self.label} + {other})", self.arithmetic)

    def __gt__(self, other: int) -> bool:
        return self.arithmetic.scalar(self) > self.arithmetic.scalar(other)


class _Exploring(Trace):
    """A trace whose comparisons go every way, one path at a time."""

    def __init__(self, forks: Forks) -> None:
        super().__init__()
        self._forks = forks

    def decide(self, operation: str, operands: Sequence[Node], outcome: bool) -> bool:
        return super().decide(operation, operands, self._forks.decide())


@dataclass(frozen=True)
class Statement:
    """A statement of a formula: ``left`` (such as ``g <-``), then the ``wanted`` result or local variable.

    Without ``alternatives`` only its unconditional form is written.
    """

    left: str
    wanted: str
    alternatives: bool = True

    @property
    def variable(self) -> str:
        """The variable on the left side."""
        return self.left.removesuffix(" <-").removesuffix(" =")


@dataclass(frozen=True)
class Formula:
    """A formula of a rule, which ``run`` calls; without ``statements`` the formula is the rule's conditions."""

    run: Callable[[Rules, Inputs], Results]
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True)
class _Way:
    """One way through a rule: its comparisons, the names of its nodes by number, and the nodes by name."""

    decisions: Sequence[Decision]
    names: dict[int, str]
    found: Mapping[str, Node]

    def condition(self, names: Mapping[int, str]) -> str:
        """Return the comparisons that came out true; the order of the alternatives tells the others."""
        return " and ".join(
            " ".join((_text(d.operands[0], names), d.operation, *(_text(x, names) for x in d.operands[1:])))
            for d in self.decisions
            if d.outcome
        )


def render(formula: Formula, rules: Rules = DEFAULT_RULES) -> str:
    """Return the statements, each with its alternatives: ``norm > t: factor = t/norm, g <- g*factor``."""
    forks = Forks()
    ways = list(paths(forks, lambda: _way(formula, rules, forks)))
    if not formula.statements:
        return " or ".join(_conditions(ways))
    written: dict[str, list[str]] = {}
    for index, statement in enumerate(formula.statements):
        for condition, text in _written(statement, formula.statements[:index], ways):
            written.setdefault(condition, []).append(text)
    return ";  ".join(condition + (",  " if condition else ";  ").join(texts) for condition, texts in written.items())


def _way(formula: Formula, rules: Rules, forks: Forks) -> _Way:
    trace = _Exploring(forks)
    # The replacement of NaN scalars (ARITH-2) is a formula of its own and not a part of every other.
    arithmetic = TraceArithmetic(IeeeArithmetic("float64"), trace, lambda scalar, _: scalar)
    results = formula.run(traced(rules, trace), Inputs(arithmetic))
    named = trace.named.values()
    found = {one.name: one.node for one in named} | {name: value.node for name, value in results.items()}
    return _Way(trace.decisions, {one.node.number: one.name for one in named}, found)


def _conditions(ways: Sequence[_Way]) -> list[str]:
    """Return the conditions of the ways; operands are computed before they part, and have the first way's names."""
    texts = [way.condition(ways[0].names | way.names) for way in ways]
    return sorted(set(texts) - {""}, key=texts.index)


def _written(statement: Statement, before: Sequence[Statement], ways: Sequence[_Way]) -> Iterator[tuple[str, str]]:
    """Yield the forms of a statement, each with its condition; statements ``before`` it are referred to by name."""
    conditions: dict[str, list[str]] = {}
    for way in ways:
        if statement.wanted in way.found:
            node = way.found[statement.wanted]
            known = {way.found[b.wanted].number: b.variable for b in before if b.wanted in way.found}
            right = known.get(node.number) or _text(node, way.names, top=True)
            conditions.setdefault(right, []).append(way.condition(ways[0].names | way.names))
    for right, when in conditions.items():
        if right == statement.variable and len(conditions) > 1:
            continue
        if "" in when:
            yield "", f"{statement.left} {right}"
        elif statement.alternatives:
            yield f"{' or '.join(sorted(when, reverse=True))}: ", f"{statement.left} {right}"


_INFIX = {"add": (" + ", 1), "sub": (" - ", 1), "mul": ("*", 2), "div": ("/", 2), "remainder": (" % ", 2)}
_REVERSED = {"rsub": "sub", "rdiv": "div"}
_FUNCTIONS = {
    "sqrt": "sqrt",
    "exp": "exp",
    "floor": "floor",
    "sign": "sign",
    "pow": "pow",
    "norm2": "norm2",
    "maximum": "max",
    "clip_above": "min",
    "clip_below": "max",
}


def _text(node: Node, names: Mapping[int, str], top: bool = False, binding: int = 0) -> str:
    """Return ``node`` as an expression, named operands by name; ``binding`` is the precedence of its surroundings."""
    if node.label:
        return node.label
    if not top and node.number in names:
        return names[node.number]
    operands = node.operands
    if node.operation in _REVERSED:
        node, operands = replace(node, operation=_REVERSED[node.operation]), operands[::-1]
    match node.operation:
        case "add" if operands[0].label == "0":
            return _text(operands[1], names, binding=binding)
        case "add" | "sub" | "mul" | "div" | "remainder":
            sign, level = _INFIX[node.operation]
            text = f"{_text(operands[0], names, binding=level)}{sign}{_text(operands[1], names, binding=level + 1)}"
            return f"({text})" if level < binding else text
        case "neg":
            return f"-{_text(operands[0], names, binding=3)}"
        case "fast_pow":
            return f"{_text(operands[0], names, binding=4)}^{_text(operands[1], names)}"
        case "absolute":
            return f"|{_text(operands[0], names)}|"
        case "item" | "same" | "full":
            return _text(operands[0], names, binding=binding)
        case function:
            return f"{_FUNCTIONS[function]}({', '.join(_text(x, names) for x in operands)})"
