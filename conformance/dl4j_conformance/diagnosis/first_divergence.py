"""The first divergence of a case: the difference that comes first in the order in which DL4J computes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.operations import Iterate, Update
from dl4j_conformance.cases.values import Floats, decimal_at, hex_of
from dl4j_conformance.diagnosis.explanation import explain
from dl4j_conformance.execution.oracle_backend import state_blocks
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.judging.comparison import CONSTRUCTION, Difference
from dl4j_conformance.judging.differing_case import DifferingCase
from dl4j_conformance.judging.level import Level
from dl4j_oracle.configuration import Updater
from dl4j_oracle.state_layout import Block
from dl4j_oracle.updaters import UPDATERS

_HEARD, _LEARNING_RATE, _MOMENTUM, _STATE, _UPDATE, _STATE_AFTER = range(6)


@dataclass(frozen=True)
class Divergence:
    """The first thing that differs in a case."""

    #: The id of the case.
    case: str
    step: int
    #: A gradient key such as ``0_W``, or a layer.
    key: str
    index: int | None
    #: ``learning rate``, ``momentum``, a state array by its name such as ``m``, ``update``; if the structure differs
    #: ``error``, ``keys``, ``state``, ``crash``. Of a backend that gives its intermediates any of them.
    intermediate: str
    expected: str
    got: str

    @property
    def words(self) -> str:
        """Return the place, for people."""
        step = "construction" if self.step == CONSTRUCTION else f"step {self.step}"
        index = "" if self.index is None else f", index {self.index}"
        return f"{step}{f', key {self.key}' if self.key else ''}{index}: {self.intermediate}"


def first_divergence(differing: DifferingCase) -> Divergence | None:
    """Return the first difference in order of computation, preferring differences larger than rounding.

    If a backend gives its intermediates, and their shapes and keys are right, it is the first of them that is wrong;
    None if none is.
    """
    case, outcome = differing.case, differing.outcome
    findings = differing.grave or differing.findings
    found = [finding.difference for finding in findings]
    if outcome is None:
        return Divergence(case.id, CONSTRUCTION, "", None, "crash", found[0].expected, found[0].got)
    has_structure = all(finding.level is not Level.STRUCTURE for finding in findings)
    if has_structure and any(step.intermediates for step in outcome.steps):
        return _of_intermediates(case, outcome)
    return earliest(case, found)


def _of_intermediates(case: Case, got: Outcome) -> Divergence | None:
    wrong = explain(case, got=got, elements=1).first_wrong
    if wrong is None or wrong.intermediate.backend is None:
        return None
    found, index = wrong.intermediate, wrong.index
    reported = index if len(found.ieee) > 1 else None
    expected, seen = _value(found.ieee, index), _value(wrong.intermediate.backend, index)
    return Divergence(case.id, wrong.step, found.owner, reported, found.name, expected, seen)


def _value(array: Floats, index: int) -> str:
    if index >= len(array):
        return f"{len(array)} values"
    return f"{hex_of(array[index : index + 1])[0]} {decimal_at(array, index)}"


def earliest(case: Case, found: Sequence[Difference]) -> Divergence | None:
    """Return the first of the differences in the order of computation; None if there are none."""
    return next((divergence for _, divergence in _in_order(case, found)), None)


def first_of(case: Case, found: Sequence[Difference]) -> Difference:
    """Return the first of the differences, at least one, in the order of computation."""
    return _in_order(case, found)[0][0]


def _in_order(case: Case, found: Sequence[Difference]) -> list[tuple[Difference, Divergence]]:
    parts = _state_parts(case) if any(d.key == "state" and d.index is not None for d in found) else []
    ordered = [(difference, *_ordered(case, difference, parts)) for difference in found]
    return [(difference, divergence) for difference, _, divergence in sorted(ordered, key=lambda entry: entry[1])]


_Order = tuple[int, ...]


def _ordered(case: Case, difference: Difference, parts: Sequence[tuple[Block, int]]) -> tuple[_Order, Divergence]:
    """Return the time at which the value is computed, as a sorting key, and the divergence."""

    def at(order: _Order, key: str, index: int | None, name: str) -> tuple[_Order, Divergence]:
        found = Divergence(case.id, difference.step, key, index, name, difference.expected, difference.got)
        return (difference.step, *order), found

    head, _, rest = difference.key.partition(".")
    if head == "learning_rates" and rest:
        return at((*_parameter(case, difference.step, rest), _LEARNING_RATE, 0), rest, None, "learning rate")
    if head == "momentum" and rest:
        return at((case.layer_of(rest) or 0, 0, _MOMENTUM, 0), rest, None, "momentum")
    if head in ("params", "heard") and rest and difference.index is not None:
        order = (*_parameter(case, difference.step, rest), _HEARD, difference.index)
        if head == "heard":
            return at(order, rest, difference.index, "gradient heard by listeners")
        # Parameters move when every update is computed.
        return at((len(case.network.layers) + 1, *order), rest, difference.index, "params")
    if difference.index is None:
        return at((-1, -1, -1, -1), "", None, "keys" if difference.key == "updates" else difference.key)
    if difference.key == "state":
        block, index = parts[difference.index]
        after = block.name in UPDATERS[Updater(case.updaters[block.layer])].written_after_update
        key = case.network.key(block.layer, block.parameter)
        order = (*_parameter(case, difference.step, key), _STATE_AFTER if after else _STATE, difference.index)
        return at(order, key, index, block.name)
    order = (*_parameter(case, difference.step, difference.key), _UPDATE, difference.index)
    return at(order, difference.key, difference.index, "update")


def _parameter(case: Case, step: int, key: str) -> tuple[int, int]:
    """Return the sorting key of a parameter: by layer, then in the order of the gradients."""
    operation = case.script[step] if step >= 0 else None
    keys = list(operation.gradients) if isinstance(operation, Update | Iterate) else []
    layer = case.layer_of(key)
    return len(case.network.layers) if layer is None else layer, keys.index(key) if key in keys else len(keys)


def _state_parts(case: Case) -> list[tuple[Block, int]]:
    """Return the block of every element of the state view, and its index there."""
    return [(block, index) for block in state_blocks(case) for index in range(block.length)]
