"""Misreadings of regularization: before or after the updater, guards, factors."""

from __future__ import annotations

from dl4j_oracle.arithmetic.interface import Array, Scalar
from dl4j_oracle.blocks import regularization as right
from dl4j_oracle.blocks.misreadings.misreading import NEW, OLD, block_misreading
from dl4j_oracle.blocks.network_configuration import Kind
from dl4j_oracle.blocks.regularization import Penalty

_KINDS = ("l1", "l2", "weight_decay")


@block_misreading(
    "penalties-after-updater",
    NEW,
    clauses=("NATIVE-10",),
    replaces="before_updater",
    references=("DL4J 0.9.1", "DL4J 0.8.0"),
)
def _penalties_after_updater() -> frozenset[Kind]:
    """L1 and L2 come after the updater: this is the order of 0.9.1."""
    return frozenset()


@block_misreading(
    "penalties-before-updater",
    OLD,
    clauses=("BLOCK-14",),
    replaces="before_updater",
    references=("DL4J 1.0.0-M2.1", "torch.optim"),
)
def _penalties_before_updater() -> frozenset[Kind]:
    """L1 and L2 come before the updater: this is the order of 1.0.0-M2.1."""
    return frozenset({Kind.L1, Kind.L2})


@block_misreading(
    "decay-before-updater", NEW, clauses=("NATIVE-10",), replaces="before_updater", references=("torch.optim.Adam",)
)
def _decay_before_updater() -> frozenset[Kind]:
    """Weight decay comes before the updater, as L2 does."""
    return frozenset(Kind)


@block_misreading(
    "l2-after-updater",
    NEW,
    clauses=("NATIVE-10",),
    replaces="before_updater",
    references=("Loshchilov and Hutter 2019",),
)
def _l2_after_updater() -> frozenset[Kind]:
    """L2 comes after the updater, as weight decay does, and L1 before it."""
    return frozenset({Kind.L1})


@block_misreading(
    "l1-after-updater", NEW, clauses=("NATIVE-10",), replaces="before_updater", references=("proximal methods",)
)
def _l1_after_updater() -> frozenset[Kind]:
    """L1 comes after the updater, and L2 before it."""
    return frozenset({Kind.L2})


@block_misreading(
    "l2-before-updater", OLD, clauses=("BLOCK-14",), replaces="before_updater", references=("torch.optim",)
)
def _l2_before_updater() -> frozenset[Kind]:
    """L2 comes before the updater, and L1 after it."""
    return frozenset({Kind.L2})


@block_misreading(
    "zero-coefficient-skipped", NEW, clauses=("NATIVE-10",), replaces=_KINDS, references=("DL4J 0.9.1", "torch.optim")
)
def _zero_coefficient_skipped() -> tuple[Penalty, Penalty, Penalty]:
    """Coefficients that are not above zero are not applied: this is the guard of 0.9.1."""

    def guarded(rule: Penalty) -> Penalty:
        return lambda g, w, c: rule(g, w, c) if c > 0 else g

    return guarded(right.axpy_of_sign), guarded(right.axpy), guarded(right.axpy)


@block_misreading(
    "l2-doubled", clauses=("BLOCK-14", "NATIVE-10"), replaces="l2", references=("Keras' regularizers.L2",)
)
def _l2_doubled(gradient: Array, parameter: Array, coefficient: Scalar) -> Array:
    """L2 is 2 * c * w, the gradient of c * w^2."""
    return right.l2_above_zero(gradient, parameter, coefficient + coefficient)


@block_misreading("l2-ignored", clauses=("BLOCK-14", "NATIVE-10"), replaces="l2", references=("a port without it",))
def _l2_ignored(gradient: Array, parameter: Array, coefficient: Scalar) -> Array:
    """L2 does not count."""
    return gradient


@block_misreading("l1-ignored", clauses=("BLOCK-14", "NATIVE-10"), replaces="l1", references=("torch.optim",))
def _l1_ignored(gradient: Array, parameter: Array, coefficient: Scalar) -> Array:
    """L1 does not count."""
    return gradient


@block_misreading(
    "l1-as-l2",
    clauses=("BLOCK-14", "NATIVE-10"),
    replaces="l1",
    references=("a port that forgets the sign's function",),
)
def _l1_as_l2(gradient: Array, parameter: Array, coefficient: Scalar) -> Array:
    """L1 is c * w, without the sign's function."""
    return right.l2_above_zero(gradient, parameter, coefficient)


@block_misreading("decay-ignored", NEW, clauses=("NATIVE-10",), replaces="weight_decay", references=("DL4J 0.9.1",))
def _decay_ignored(gradient: Array, parameter: Array, coefficient: Scalar) -> Array:
    """Weight decay does not count: 0.9.1 has none."""
    return gradient
