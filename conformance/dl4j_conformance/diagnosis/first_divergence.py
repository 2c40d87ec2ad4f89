"""The first divergence: what is wrong first, in the order in which DL4J computes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.operations import Iterate, Update
from dl4j_conformance.execution.oracle_backend import state_blocks
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.judging.comparison import CONSTRUCTION, Difference, differences
from dl4j_oracle.configuration import Updater
from dl4j_oracle.state_layout import Block
from dl4j_oracle.updaters import UPDATERS

_HEARD, _LEARNING_RATE, _MOMENTUM, _STATE, _UPDATE, _STATE_AFTER, _PARAMS = range(7)


@dataclass(frozen=True)
class Divergence:
    """``intermediate`` of ``key`` (``0_W``, or a layer) at ``index`` is the first thing that differs in ``case``.

    It is ``learning rate``, ``momentum``, a state array by its name such as ``m``, ``update``, or what differs in
    structure: ``error``, ``keys``, ``state``, ``crash``; for a backend that gives its intermediates any of them.
    """

    case: str
    step: int
    key: str
    index: int | None
    intermediate: str
    expected: str
    got: str

    @property
    def words(self) -> str:
        """Where, for people."""
        place = "construction" if self.step == CONSTRUCTION else f"step {self.step}"
        index = "" if self.index is None else f", index {self.index}"
        return f"{place}{f', key {self.key}' if self.key else ''}{index}: {self.intermediate}"


def first_divergence(
    case: Case,
    expected: Outcome,
    got: Outcome,
    capabilities: frozenset[str],
    found: Sequence[Difference] | None = None,
) -> Divergence | None:
    """The first of the differences (or of ``found``, some of them) in the order of computation; None without any."""
    every = differences(case, expected, got, capabilities) if found is None else found
    if not every:
        return None
    parts = _state_parts(case) if any(d.key == "state" and d.index is not None for d in every) else []
    placed = [_place(case, difference, parts) for difference in every]
    return min(placed, key=lambda pair: pair[0])[1]


_Order = tuple[int, ...]


def _place(case: Case, difference: Difference, parts: Sequence[tuple[Block, int]]) -> tuple[_Order, Divergence]:
    """When the value is computed, and what it is called."""

    def at(order: _Order, key: str, index: int | None, name: str) -> tuple[_Order, Divergence]:
        found = Divergence(case.id, difference.step, key, index, name, difference.expected, difference.got)
        return (difference.step, *order), found

    head, _, rest = difference.key.partition(".")
    if head == "learning_rates" and rest:
        return at((*_parameter(case, difference.step, rest), _LEARNING_RATE, 0), rest, None, "learning rate")
    if head == "momentum" and rest:
        return at((case.layer_of(rest) or 0, 0, _MOMENTUM, 0), rest, None, "momentum")
    if head in ("params", "heard") and rest and difference.index is not None:
        when, name = (_PARAMS, "params") if head == "params" else (_HEARD, "gradient heard by listeners")
        order = (*_parameter(case, difference.step, rest), when, difference.index)
        return at(order, rest, difference.index, name)
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
    """Layers come one after the other, and in each the parameters in the order of their gradients."""
    operation = case.script[step] if step >= 0 else None
    keys = list(operation.gradients) if isinstance(operation, Update | Iterate) else []
    layer = case.layer_of(key)
    return len(case.network.layers) if layer is None else layer, keys.index(key) if key in keys else len(keys)


def _state_parts(case: Case) -> list[tuple[Block, int]]:
    """The block of every element of the state view, and its index there."""
    return [(block, index) for block in state_blocks(case) for index in range(block.length)]
