"""The check of what was seen of a network in blocks against its enclosures.

Arrays are 1-D, of the network's dtype.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dl4j_backends.block_interface import BlockNetwork, BlockObservation, BlockStep
from dl4j_conformance.execution.enclosed_blocks import EnclosedBlocks, EnclosedBlockSession
from dl4j_conformance.execution.enclosed_script import float64_intervals
from dl4j_conformance.judging.block_comparison import Wanted
from dl4j_oracle.arithmetic.enclosure import EnclosureArithmetic
from dl4j_oracle.arithmetic.error_model import ErrorBound, ErrorModel, error_model
from dl4j_oracle.blocks.profile import BlockRules

#: Whatever was seen after a step, of a backend or of DL4J; None where it was not.
Seen = BlockObservation | Wanted


@dataclass(frozen=True)
class Checked:
    """One array or number that was seen: which values lie in their sets, and of which anything is claimed."""

    step: int
    key: str
    inside: tuple[bool, ...]
    claimed: tuple[bool, ...]


def checked(
    network: BlockNetwork,
    steps: Sequence[BlockStep],
    seen: Sequence[Seen],
    rules: BlockRules | None = None,
    model: ErrorModel[ErrorBound] | None = None,
) -> Iterator[Checked]:
    """Yield every array and number that was seen with its enclosure's verdict.

    The rules are the version's unless others are given, and operations err by ``model``; without one they are correctly
    rounded. The state is narrowed after each step to what was seen of it. Raises UndecidedError where too many
    comparisons are not decided: of what follows nothing is claimed.
    """
    session = EnclosedBlockSession(network, EnclosureArithmetic(model or error_model(network.dtype)), rules)
    for number, (step, values) in enumerate(zip(steps, seen, strict=True)):
        enclosed = session.update(step)
        found = list(checked_step(number, enclosed, values))
        yield from found
        if values.state is None or not all(all(one.inside) for one in found if one.key == "state"):
            continue
        session.observe_state(values.state)


def checked_step(number: int, enclosed: EnclosedBlocks, values: Seen) -> Iterator[Checked]:
    """Yield every array and number that was seen after a step with its enclosure's verdict."""
    yield from _of_all(number, "", enclosed.updates, values.updates)
    yield from _of_all(number, "own_gradients.", enclosed.own_gradients, values.own_gradients)
    yield from _of_all(number, "", {"state": enclosed.state}, {"state": values.state})
    yield from _of_all(number, "learning_rates.", enclosed.learning_rates, values.learning_rates)
    yield from _of_all(number, "momentum.", enclosed.momentum, values.momentum)
    of_updaters = enclosed.updater_learning_rates, values.updater_learning_rates
    yield from _of_all(number, "updater_learning_rates.", *of_updaters)


def _of_all(number: int, prefix: str, sets: Any, values: Any) -> Iterator[Checked]:
    if sets is None or values is None:
        return
    places = sets if isinstance(sets, Mapping) else dict(enumerate(sets))
    for place, one in places.items():
        if one is not None and values[place] is not None:
            intervals = float64_intervals(one)
            inside = intervals.contains(np.atleast_1d(values[place]))
            yield Checked(number, f"{prefix}{place}", tuple(inside.tolist()), tuple((~intervals.no_claim).tolist()))
