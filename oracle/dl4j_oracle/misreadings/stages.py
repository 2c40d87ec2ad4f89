"""Misreadings of the order in which an update is made.

Each moves one stage, or leaves it out, so that several can be true together.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.misreadings.parts import decompose
from dl4j_oracle.profile import DL4J_0_8_0, Stage


@dataclass(frozen=True)
class _Order:
    """The place of each stage, in the order of numbers; a stage at None is left out."""

    normalization: float | None = 10
    updater: float | None = 20
    l2: float | None = 30
    l1: float | None = 40
    division: float | None = 50

    def rule(self) -> tuple[Stage, ...]:
        """Return the stages in their order."""
        places = {Stage[name.upper()]: place for name, place in asdict(self).items() if place is not None}
        return tuple(sorted(places, key=lambda stage: places[stage]))


decompose(DL4J_0_8_0.stages, _Order())


@misreading(
    "l2-before-updater",
    clauses=("POST-1", "POST-2"),
    replaces="stages.l2",
    references=("DL4J issue #7079, PR #7097", "torch.optim's weight_decay"),
)
def _l2_before_updater() -> float:
    """L2 is added to the gradient, before the updater."""
    return 15


@misreading("l1-before-updater", clauses=("POST-1", "POST-3"), replaces="stages.l1", references=("DL4J PR #7097",))
def _l1_before_updater() -> float:
    """L1 is added to the gradient, before the updater."""
    return 16


@misreading(
    "penalties-before-updater",
    clauses=("POST-1",),
    replaces=("stages.l2", "stages.l1"),
    references=("DL4J 1.0.0-beta4, PR #7097",),
)
def _penalties_before_updater() -> tuple[float, float]:
    """Both penalties are added to the gradient, before the updater."""
    return 15, 16


@misreading("penalties-before-normalization", clauses=("POST-1", "LAYER-1"), replaces=("stages.l2", "stages.l1"))
def _penalties_before_normalization() -> tuple[float, float]:
    """Both penalties are added before the gradient is normalised."""
    return 5, 6


@misreading("l1-before-l2", clauses=("POST-1",), replaces=("stages.l2", "stages.l1"))
def _l1_before_l2() -> tuple[float, float]:
    """L1 is added before L2."""
    return 30, 25


@misreading(
    "division-first",
    clauses=("POST-4", "LAYER-1"),
    replaces="stages.division",
    references=("DL4J 1.0.0-beta3, PR #6599",),
)
def _division_first() -> float:
    """The gradient is averaged over the batch before anything else."""
    return 1


@misreading("division-before-updater", clauses=("POST-4", "LAYER-1"), replaces="stages.division")
def _division_before_updater() -> float:
    """The gradient is averaged between normalisation and updater."""
    return 12


@misreading("division-before-penalties", clauses=("POST-1",), replaces="stages.division")
def _division_before_penalties() -> float:
    """The penalties are not divided by the batch size."""
    return 22


@misreading("no-division", clauses=("POST-4",), replaces="stages.division")
def _no_division() -> None:
    """Nothing is divided by the batch size."""


@misreading("normalization-after-updater", clauses=("LAYER-1",), replaces="stages.normalization")
def _normalization_after_updater() -> float:
    """The update is normalised, not the gradient."""
    return 21


@misreading("no-l2", clauses=("POST-2",), replaces="stages.l2")
def _no_l2() -> None:
    """L2 is left out."""


@misreading("no-l1", clauses=("POST-3",), replaces="stages.l1")
def _no_l1() -> None:
    """L1 is left out."""
