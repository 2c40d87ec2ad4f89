"""The formulae of the specification, rendered from the rules themselves.

A rule is run in the trace arithmetic on labelled inputs, once for every way in which its comparisons can go; what its
local variables and results are made of is written out. So a formula cannot say anything else than the rule does.
``python -m dl4j_oracle.formulae FOLDER`` writes them into the pages of FOLDER.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dl4j_oracle.arithmetic.forks import Forks, paths
from dl4j_oracle.arithmetic.ieee import IeeeArithmetic
from dl4j_oracle.arithmetic.interface import Array, Scalar, nan_scalar
from dl4j_oracle.arithmetic.trace import Decision, Node, Trace, TraceArithmetic, TracedArray, TracedScalar
from dl4j_oracle.learning_rate import PolicySettings
from dl4j_oracle.network.traced_rules import traced
from dl4j_oracle.profile import DL4J_0_8_0, Rules, Stage
from dl4j_oracle.updaters import Call, Memory, UpdaterSettings

_Results = Mapping[str, Any]


@dataclass(frozen=True)
class Inputs:
    """Labelled inputs of one arithmetic."""

    arithmetic: TraceArithmetic

    def scalar(self, label: str) -> TracedScalar:
        """A Java double."""
        return self.arithmetic.labelled_scalar(self.arithmetic.scalar(0.5), label)

    def array(self, label: str, length: int = 2) -> TracedArray:
        """An array."""
        return self.arithmetic.labelled_array(self.arithmetic.array([0.5] * length), label)

    def count(self, label: str) -> _Count:
        """A Java int."""
        return _Count(label, self.arithmetic)

    def positive(self, label: str) -> TracedScalar:
        """A Java double above zero."""
        scalar = self.scalar(label)
        return _Positive(scalar.value, scalar.node, self.arithmetic)


class _Positive(TracedScalar):
    """A coefficient that counts."""

    def __gt__(self, other: Scalar | float, /) -> bool:
        return True


class _Count(int):
    """An int that knows what it is called: iterations and numbers of iterations."""

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
    """A trace whose comparisons go every way."""

    def __init__(self, forks: Forks) -> None:
        super().__init__()
        self._forks = forks

    def decide(self, operation: str, operands: Sequence[Node], outcome: bool) -> bool:
        return super().decide(operation, operands, self._forks.decide())


@dataclass(frozen=True)
class Statement:
    """``left`` (such as ``g <-``) and the result or local variable that is written after it.

    ``alternatives`` says whether what it is under a condition is written too.
    """

    left: str
    wanted: str
    alternatives: bool = True

    @property
    def variable(self) -> str:
        """What is on the left side."""
        return self.left.removesuffix(" <-").removesuffix(" =")


@dataclass(frozen=True)
class Formula:
    """What to show of a rule: ``run`` calls it and gives its results by name. Without statements, its conditions."""

    run: Callable[[Rules, Inputs], _Results]
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True)
class _Way:
    """One way through a rule: its comparisons, the names of its nodes by number, and what can be shown."""

    decisions: Sequence[Decision]
    names: dict[int, str]
    found: Mapping[str, Node]

    def condition(self, names: Mapping[int, str]) -> str:
        """The comparisons that came out true: the order of the alternatives tells the others."""
        return " and ".join(
            " ".join((_text(d.operands[0], names), d.operation, *(_text(x, names) for x in d.operands[1:])))
            for d in self.decisions
            if d.outcome
        )


def render(formula: Formula, rules: Rules = DL4J_0_8_0) -> str:
    """The statements, each with its alternatives: ``norm > t: factor = t/norm, g <- g*factor``."""
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
    """What is compared is computed before the ways part: it has the names of the first way."""
    texts = [way.condition(ways[0].names | way.names) for way in ways]
    return sorted(set(texts) - {""}, key=texts.index)


def _written(statement: Statement, before: Sequence[Statement], ways: Sequence[_Way]) -> Iterator[tuple[str, str]]:
    """What is written for the statement, under which conditions; what was written ``before`` is referred to."""
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
    """``node`` as an expression, its named operands by name; ``binding`` is how tightly its surroundings bind."""
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


# --- the rules with their inputs, under the names of the specification


def _settings(inputs: Inputs) -> UpdaterSettings:
    beta1, beta2, rho, decay, epsilon = map(inputs.scalar, ("beta1", "beta2", "rho", "decay", "epsilon"))
    return UpdaterSettings(beta1, beta2, rho, decay, epsilon)


def _updater(rule: str, *state: str) -> Callable[[Rules, Inputs], _Results]:
    def run(rules: Rules, inputs: Inputs) -> _Results:
        rate, mu = inputs.scalar("lr"), inputs.scalar("mu")
        call = Call(inputs.count("t"), rate, mu, _settings(inputs), inputs.arithmetic)
        memory = Memory({name: inputs.array(name) for name in state})
        update, after = getattr(rules, rule).step(inputs.array("g"), memory, call)
        return {"update": update, **{f"view {name}": array for name, array in after.view.items()}}

    return run


def _policy(rule: str) -> Callable[[Rules, Inputs], _Results]:
    def run(rules: Rules, inputs: Inputs) -> _Results:
        settings = PolicySettings(
            decay_rate=inputs.scalar("d"),
            power=inputs.scalar("p"),
            steps=inputs.scalar("s"),
            num_iterations=inputs.count("N"),
            schedule={},
            arithmetic=inputs.arithmetic,
            initial=inputs.scalar("initial"),
        )
        return {"rate": getattr(rules, rule)(inputs.scalar("lr"), inputs.count("t"), settings)}

    return run


def _normalization(rule: str, *labels: str, length: int = 2) -> Callable[[Rules, Inputs], _Results]:
    def run(rules: Rules, inputs: Inputs) -> _Results:
        gradients = {label: inputs.array(label, length) for label in labels}
        normalized = getattr(rules, rule)(gradients, inputs.scalar("t"), inputs.arithmetic)
        return {"gradient": normalized[labels[0]]}

    return run


def _penalty(rule: str) -> Callable[[Rules, Inputs], _Results]:
    def run(rules: Rules, inputs: Inputs) -> _Results:
        penalty = getattr(rules, rule)
        update = penalty(inputs.array("g"), inputs.array("w"), inputs.scalar(rule), inputs.scalar("lr"))
        return {"gradient": update}

    return run


def _division(rules: Rules, inputs: Inputs) -> _Results:
    return {"gradient": rules.divide_by_batch_size(inputs.array("g"), inputs.scalar("B"))}


def _post_apply(rules: Rules, inputs: Inputs) -> _Results:
    """What follows the updater, in its order, for a parameter that has both penalties."""
    update: Array = inputs.array("g")
    for stage in rules.stages[rules.stages.index(Stage.UPDATER) + 1 :]:
        match stage:
            case Stage.L2:
                update = rules.l2(update, inputs.array("w"), inputs.positive("l2"), inputs.scalar("lr"))
            case Stage.L1:
                update = rules.l1(update, inputs.array("w"), inputs.positive("l1"), inputs.scalar("lr"))
            case Stage.DIVISION:
                update = rules.divide_by_batch_size(update, inputs.scalar("B"))
    return {"gradient": update}


def _starts(*updaters: str) -> Callable[[Rules, Inputs], _Results]:
    def run(rules: Rules, inputs: Inputs) -> _Results:
        started: dict[str, TracedArray] = {}
        for name in updaters:
            updater = getattr(rules, name)
            start = updater.initial(_settings(inputs), inputs.arithmetic)
            started |= {state: inputs.arithmetic.full(2, start) for state in updater.state}
        return started

    return run


def _nan_scalar(rules: Rules, inputs: Inputs) -> _Results:
    scalar = nan_scalar(inputs.scalar("s"), inputs.arithmetic)
    return {"scalar": scalar}


def _result(left: str, wanted: str) -> tuple[Statement, ...]:
    return (Statement(left, wanted),)


#: What each clause shows.
FORMULAE: Mapping[str, Formula] = {
    "NORM-1": Formula(_normalization("no_normalization", "g"), _result("g <-", "gradient")),
    "NORM-2": Formula(_normalization("renormalize_l2_per_layer", "g"), _result("g <-", "gradient")),
    "NORM-3": Formula(
        _normalization("renormalize_l2_per_param_type", "g"),
        (Statement("norm =", "norm"), Statement("g <-", "gradient")),
    ),
    "NORM-4": Formula(_normalization("clip_element_wise_absolute_value", "g"), _result("g <-", "gradient")),
    "NORM-5": Formula(
        _normalization("clip_l2_per_layer", "g"), (Statement("factor =", "factor"), Statement("g <-", "gradient"))
    ),
    "NORM-6": Formula(
        _normalization("clip_l2_per_param_type", "g"), (Statement("factor =", "factor"), Statement("g <-", "gradient"))
    ),
    "NORM-8": Formula(_normalization("renormalize_l2_per_layer", "gW", "gb"), _result("norm =", "norm")),
    "NORM-9": Formula(_normalization("clip_l2_per_param_type", "g", length=1), _result("norm =", "norm")),
    "NORM-11": Formula(_normalization("clip_l2_per_layer", "g")),
    "LR-3": Formula(_policy("no_policy"), _result("lr <-", "rate")),
    "LR-4": Formula(_policy("exponential"), _result("lr <-", "rate")),
    "LR-5": Formula(_policy("inverse"), (Statement("growth =", "growth"), Statement("lr <-", "rate"))),
    "LR-6": Formula(_policy("step"), _result("lr <-", "rate")),
    "LR-7": Formula(_policy("torch_step"), _result("lr <-", "rate")),
    "LR-8": Formula(_policy("poly"), (Statement("rest =", "rest"), Statement("lr <-", "rate"))),
    "LR-9": Formula(_policy("sigmoid"), (Statement("distance =", "distance"), Statement("lr <-", "rate"))),
    "SGD-1": Formula(_updater("sgd"), _result("g <-", "update")),
    "NONE-1": Formula(_updater("none"), _result("g <-", "update")),
    "ADAM-1": Formula(_updater("adam", "m", "v"), (Statement("m <-", "view m"), Statement("v <-", "view v"))),
    "ADAM-2": Formula(_updater("adam", "m", "v"), (Statement("g <-", "update", alternatives=False),)),
    "ADAM-3": Formula(_updater("adam", "m", "v"), (Statement("alphat =", "alphat", alternatives=False),)),
    "ADAM-5": Formula(_updater("adam", "m", "v"), _result("alphat =", "alphat")),
    "ADADELTA-1": Formula(
        _updater("adadelta", "msg", "msdx"),
        (Statement("msg <-", "view msg"), Statement("update =", "update"), Statement("msdx <-", "view msdx")),
    ),
    "NESTEROVS-1": Formula(
        _updater("nesterovs", "v"), (Statement("velocity =", "velocity"), Statement("update =", "update"))
    ),
    "NESTEROVS-2": Formula(_updater("nesterovs", "v"), (Statement("update =", "update"), Statement("v <-", "view v"))),
    "ADAGRAD-1": Formula(_updater("adagrad", "h"), (Statement("h <-", "view h"), Statement("g <-", "update"))),
    "RMSPROP-1": Formula(_updater("rmsprop", "c"), (Statement("c <-", "view c"), Statement("g <-", "update"))),
    "POST-1": Formula(
        _post_apply,
        (Statement("with_l2 =", "with_l2"), Statement("with_l1 =", "with_l1"), Statement("g <-", "gradient")),
    ),
    "POST-2": Formula(_penalty("l2"), _result("g <-", "gradient")),
    "POST-3": Formula(_penalty("l1"), _result("g <-", "gradient")),
    "POST-4": Formula(_division, _result("g <-", "gradient")),
    "STATE-4": Formula(_starts("adagrad", "rmsprop"), (Statement("h =", "h"), Statement("c =", "c"))),
    "STATE-5": Formula(
        _starts("adam", "adadelta", "nesterovs"),
        tuple(Statement(f"{name} =", name) for name in ("m", "msg", "msdx", "v")),
    ),
    "ARITH-2": Formula(_nan_scalar, _result("s =", "scalar")),
}

_FIELD = re.compile(r"(?m)^- Formula: `.*`$")


def written_into(page: str) -> str:
    """``page`` of the specification with its formulae as the rules have them."""
    parts = re.split(r"(?m)^(?=### )", page)
    return "".join(_with_formula(part) for part in parts)


def _with_formula(part: str) -> str:
    heading = re.match(r"### ([A-Z0-9]+-\d+):", part)
    if heading is None or heading[1] not in FORMULAE:
        return part
    line = f"- Formula: `{render(FORMULAE[heading[1]])}`"
    return _FIELD.sub(lambda _: line, part)


def main(folder: Path) -> None:
    """Write the formulae into the pages of ``folder``."""
    for path in sorted(folder.glob("*.md")):
        page = path.read_text(encoding="utf-8")
        if (new := written_into(page)) != page:
            path.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
