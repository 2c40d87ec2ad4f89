"""Misreadings of the order in which an update is made."""

from __future__ import annotations

from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.profile import Stage

_NORMALIZATION, _UPDATER, _L2, _L1, _DIVISION = Stage


@misreading(
    "l2-before-updater",
    clauses=("POST-1", "POST-2"),
    replaces="stages",
    references=("DL4J issue #7079, PR #7097", "torch.optim's weight_decay"),
)
def _l2_before_updater() -> tuple[Stage, ...]:
    """L2 is added to the gradient, before the updater."""
    return _NORMALIZATION, _L2, _UPDATER, _L1, _DIVISION


@misreading("l1-before-updater", clauses=("POST-1", "POST-3"), replaces="stages", references=("DL4J PR #7097",))
def _l1_before_updater() -> tuple[Stage, ...]:
    """L1 is added to the gradient, before the updater."""
    return _NORMALIZATION, _L1, _UPDATER, _L2, _DIVISION


@misreading(
    "penalties-before-updater", clauses=("POST-1",), replaces="stages", references=("DL4J 1.0.0-beta4, PR #7097",)
)
def _penalties_before_updater() -> tuple[Stage, ...]:
    """Both penalties are added to the gradient, before the updater."""
    return _NORMALIZATION, _L2, _L1, _UPDATER, _DIVISION


@misreading("penalties-before-normalization", clauses=("POST-1", "LAYER-1"), replaces="stages")
def _penalties_before_normalization() -> tuple[Stage, ...]:
    """Both penalties are added before the gradient is normalised."""
    return _L2, _L1, _NORMALIZATION, _UPDATER, _DIVISION


@misreading("l1-before-l2", clauses=("POST-1",), replaces="stages")
def _l1_before_l2() -> tuple[Stage, ...]:
    """L1 is added before L2."""
    return _NORMALIZATION, _UPDATER, _L1, _L2, _DIVISION


@misreading(
    "division-first", clauses=("POST-4", "LAYER-1"), replaces="stages", references=("DL4J 1.0.0-beta3, PR #6599",)
)
def _division_first() -> tuple[Stage, ...]:
    """The gradient is averaged over the batch before anything else."""
    return _DIVISION, _NORMALIZATION, _UPDATER, _L2, _L1


@misreading("division-before-updater", clauses=("POST-4", "LAYER-1"), replaces="stages")
def _division_before_updater() -> tuple[Stage, ...]:
    """The gradient is averaged between normalisation and updater."""
    return _NORMALIZATION, _DIVISION, _UPDATER, _L2, _L1


@misreading("division-before-penalties", clauses=("POST-1",), replaces="stages")
def _division_before_penalties() -> tuple[Stage, ...]:
    """The penalties are not divided by the batch size."""
    return _NORMALIZATION, _UPDATER, _DIVISION, _L2, _L1


@misreading("no-division", clauses=("POST-4",), replaces="stages")
def _no_division() -> tuple[Stage, ...]:
    """Nothing is divided by the batch size."""
    return _NORMALIZATION, _UPDATER, _L2, _L1


@misreading("normalization-after-updater", clauses=("LAYER-1",), replaces="stages")
def _normalization_after_updater() -> tuple[Stage, ...]:
    """The update is normalised, not the gradient."""
    return _UPDATER, _NORMALIZATION, _L2, _L1, _DIVISION


@misreading("no-l2", clauses=("POST-2",), replaces="stages")
def _no_l2() -> tuple[Stage, ...]:
    """L2 is left out."""
    return _NORMALIZATION, _UPDATER, _L1, _DIVISION


@misreading("no-l1", clauses=("POST-3",), replaces="stages")
def _no_l1() -> tuple[Stage, ...]:
    """L1 is left out."""
    return _NORMALIZATION, _UPDATER, _L2, _DIVISION
