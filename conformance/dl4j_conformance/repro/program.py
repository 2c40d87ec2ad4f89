"""The straight-line program of a case, read from the trace of the evaluation model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from dl4j_backends.block_interface import BlockNetwork, BlockStep
from dl4j_backends.interface import Dl4jException
from dl4j_conformance.cases.case import Case
from dl4j_conformance.execution.traced_blocks import traced_blocks
from dl4j_conformance.execution.traced_script import TracedStep, traced_script
from dl4j_oracle.arithmetic.ieee import IeeeArithmetic
from dl4j_oracle.arithmetic.interface import Scalar
from dl4j_oracle.arithmetic.trace import Node, Trace
from dl4j_oracle.blocks.profile import BLOCK_VERSIONS


@dataclass(frozen=True, eq=False)
class Shown:
    """An array that the program prints: ``what`` is a gradient key or ``state``, after operation ``step``."""

    step: int
    what: str
    node: Node


@dataclass(frozen=True)
class Thrown:
    """An exception of DL4J: ``step`` is an operation of the script, or -1 for the construction."""

    step: int
    kind: str
    message: str


@dataclass(frozen=True, eq=False)
class Program:
    """The outputs of a program, in order, and the names of its nodes by number."""

    case: Case
    outputs: tuple[Shown | Thrown, ...]
    names: dict[int, str]

    def statements(self) -> Iterator[Node | Shown | Thrown]:
        """Return the nodes that need a statement of their own, each before the nodes that use it."""
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
    """Return the program of ``case``: it prints every update and state of the script."""
    return _program(case, lambda trace: traced_script(case, IeeeArithmetic(case.dtype), trace))


def program_of_blocks(case: Case, network: BlockNetwork, steps: Sequence[BlockStep]) -> Program:
    """Return the program of updates of a later version; ``case`` has its network and steps in 0.8.0's form."""
    arithmetic = IeeeArithmetic(network.dtype, BLOCK_VERSIONS[network.version].norm_order)
    return _program(case, lambda trace: traced_blocks(network, steps, arithmetic, trace))


def _program(case: Case, traced: Callable[[Trace], list[TracedStep]]) -> Program:
    trace = Trace()
    try:
        steps = traced(trace)
    except Dl4jException as error:
        return Program(case, (Thrown(-1, error.kind, error.message),), {})
    outputs: list[Shown | Thrown] = []
    for number, step in enumerate(steps):
        outputs += [Shown(number, key, node) for key, node in (step.seen.updates or {}).items()]
        outputs += [Shown(number, f"params.{key}", node) for key, node in step.seen.params.items()]
        if step.seen.failure:
            outputs.append(Thrown(number, step.seen.failure.kind, step.seen.failure.message))
        elif step.seen.state:
            outputs.append(Shown(number, "state", step.seen.state))
    return Program(case, tuple(outputs), _names(trace, steps))


def _names(trace: Trace, steps: Sequence[TracedStep]) -> dict[int, str]:
    """Name intermediates by their rule and step, other inputs by their labels; no two nodes share a name."""
    wanted = [
        (named.node, "_".join(part for part in (named.name, _word(named.owner), str(number)) if part))
        for number, step in enumerate(steps)
        for named in step.named
    ]
    wanted += [(node, f"{node.label}_{_word(node.owner)}") for node in trace.nodes if node.operation == "input"]
    names: dict[int, str] = {}
    taken: set[str] = set()
    for node, name in wanted:
        if node.number in names or (node.operation == "constant" and isinstance(node.value, Scalar)):
            continue
        # Keys that differ in their punctuation alone have the same word.
        name = f"{name}_n{node.number}" if name in taken else name
        while name in taken:
            name += "_"
        names[node.number] = name
        taken.add(name)
    return names


def _word(text: str) -> str:
    return "".join(character if character.isalnum() and character.isascii() else "_" for character in text)


def _ancestors(node: Node) -> list[Node]:
    """Return ``node`` and every node that it is computed from, in order of computation."""
    found: dict[int, Node] = {}
    pending = [node]
    while pending:
        one = pending.pop()
        if one.number not in found:
            found[one.number] = one
            pending += one.operands
    return [found[number] for number in sorted(found)]
