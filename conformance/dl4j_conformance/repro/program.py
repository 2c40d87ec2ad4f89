"""The straight-line program of a case: what the evaluation model did to get its values, from the trace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dl4j_conformance.case import Case, Operation, SetLearningRate, SetState, Update
from dl4j_conformance.oracle_backend import description, given_state
from dl4j_oracle.arithmetic import Scalar
from dl4j_oracle.errors import Dl4jError
from dl4j_oracle.ieee import IeeeArithmetic
from dl4j_oracle.trace import Node
from dl4j_oracle.traced_updater import TracedUpdater


@dataclass(frozen=True, eq=False)
class Shown:
    """An array that the program prints: ``what`` is a gradient key or ``state``, after operation ``step``."""

    step: int
    what: str
    node: Node


@dataclass(frozen=True)
class Thrown:
    """DL4J throws here: ``step`` is an operation of the script, or -1 for the construction."""

    step: int
    kind: str
    message: str


@dataclass(frozen=True, eq=False)
class Program:
    """What is printed, in order, and what nodes are called (by number)."""

    case: Case
    outputs: tuple[Shown | Thrown, ...]
    names: dict[int, str]

    def statements(self) -> Iterator[Node | Shown | Thrown]:
        """The nodes that are computed by a statement of their own, each before what it is needed for, and outputs."""
        uses = self._uses()
        done: set[int] = set()
        for output in self.outputs:
            if isinstance(output, Shown):
                for node in _ancestors(output.node):
                    repeated = uses[node.number] > 1 and node.operation != "constant"
                    if node.number not in done and (node.number in self.names or repeated):
                        done.add(node.number)
                        yield node
            yield output

    def _uses(self) -> dict[int, int]:
        uses: dict[int, int] = {}
        seen: set[int] = set()
        for output in self.outputs:
            if isinstance(output, Shown):
                uses[output.node.number] = uses.get(output.node.number, 0) + 1
                for node in _ancestors(output.node):
                    uses.setdefault(node.number, 0)
                    if node.number not in seen:
                        seen.add(node.number)
                        for operand in node.operands:
                            uses[operand.number] = uses.get(operand.number, 0) + 1
        return uses


def program(case: Case) -> Program:
    """The program of ``case``: every update and state of its script."""
    outputs: list[Shown | Thrown] = []
    names: dict[int, str] = {}
    try:
        updater = TracedUpdater(description(case.network), IeeeArithmetic(case.dtype), state=given_state(case.network))
    except Dl4jError as error:
        return Program(case, (Thrown(-1, error.kind, error.message),), names)
    _name(updater, "", names)
    for step, operation in enumerate(case.script):
        try:
            outputs += [Shown(step, key, node) for key, node in _perform(updater, operation)]
        except Dl4jError as error:
            outputs.append(Thrown(step, error.kind, error.message))
        else:
            if (state := updater.state) is not None:
                outputs.append(Shown(step, "state", state.node))
        _name(updater, str(step), names)
    return Program(case, tuple(outputs), names)


def _perform(updater: TracedUpdater, operation: Operation) -> list[tuple[str, Node]]:
    match operation:
        case Update(gradients, iteration, batch_size):
            given = {key: array.tolist() for key, array in gradients.items()}
            return [(key, array.node) for key, array in updater.update(given, iteration, batch_size).items()]
        case SetState(state):
            updater.updater.set_state(state.tolist())
        case SetLearningRate(key, learning_rate):
            updater.updater.set_learning_rate(key, learning_rate)
    return []


def _name(updater: TracedUpdater, step: str, names: dict[int, str]) -> None:
    """Intermediates by their names and steps, inputs by their labels; one name names one node."""
    taken = set(names.values())
    inputs = [(node, node.label, node.owner) for node in updater.trace.nodes if node.operation == "input"]
    for node, name, owner in (*inputs, *((one.node, one.name, one.owner) for one in updater.intermediates)):
        if node.number in names or (node.operation == "constant" and isinstance(node.value, Scalar)):
            continue
        whole = "_".join(part for part in (name, _word(owner), step) if part)
        if whole in taken:
            whole = f"{whole}_n{node.number}"
        names[node.number] = whole
        taken.add(whole)


def _word(text: str) -> str:
    return "".join(character if character.isalnum() and character.isascii() else "_" for character in text)


def _ancestors(node: Node) -> list[Node]:
    """``node`` and all it is made of, in order of computation."""
    found: dict[int, Node] = {}
    pending = [node]
    while pending:
        one = pending.pop()
        if one.number not in found:
            found[one.number] = one
            pending += one.operands
    return [found[number] for number in sorted(found)]
