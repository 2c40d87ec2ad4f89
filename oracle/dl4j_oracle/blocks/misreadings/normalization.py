"""Misreadings of gradient normalization in later versions."""

from __future__ import annotations

from typing import Any

from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Scalar
from dl4j_oracle.arithmetic.norm_order import Floats, nd4j_native, sequential
from dl4j_oracle.blocks import normalization as right
from dl4j_oracle.blocks.misreadings.misreading import NEW, OLD, block_misreading
from dl4j_oracle.blocks.normalization import BlockNormalization

_BOTH = ("renormalize_l2_per_layer", "renormalize_l2_per_param_type")


@block_misreading("no-zero-guard", NEW, clauses=("NATIVE-8",), replaces=_BOTH, references=("DL4J 0.9.1", "DL4J 0.8.0"))
def _no_zero_guard() -> tuple[BlockNormalization, BlockNormalization]:
    """A norm of zero is divided by: this is the normalization of 0.9.1."""
    return right.renormalize_l2, right.renormalize_l2


@block_misreading("zero-guard", OLD, clauses=("BLOCK-12", "BLOCK-13"), replaces=_BOTH, references=("DL4J 1.0.0-M2.1",))
def _zero_guard() -> tuple[BlockNormalization, BlockNormalization]:
    """A norm of zero counts as 1e-5: this is the normalization of 1.0.0-M2.1."""
    return right.renormalize_l2_guarded, right.renormalize_l2_guarded


@block_misreading(
    "guard-added", clauses=("NATIVE-8", "BLOCK-12"), replaces=_BOTH, references=("torch.nn.utils.clip_grad_norm_",)
)
def _guard_added() -> tuple[BlockNormalization, BlockNormalization]:
    """A guard of 1e-5 is added to every norm."""

    def rule(gradient: Array, threshold: Scalar, arithmetic: Arithmetic) -> Array:
        return gradient / (gradient.norm2() + 1e-5)

    return rule, rule


@block_misreading(
    "zero-norm-skipped", clauses=("NATIVE-8", "BLOCK-12"), replaces=_BOTH, references=("Keras", "a careful port")
)
def _zero_norm_skipped() -> tuple[BlockNormalization, BlockNormalization]:
    """A gradient whose norm is zero stays as it is."""

    def rule(gradient: Array, threshold: Scalar, arithmetic: Arithmetic) -> Array:
        norm = gradient.norm2()
        return gradient if norm.is_zero() else gradient / norm

    return rule, rule


@block_misreading(
    "renormalize-by-product",
    clauses=("BLOCK-12", "BLOCK-13"),
    replaces=_BOTH,
    references=("a port that saves divisions",),
)
def _renormalize_by_product() -> tuple[BlockNormalization, BlockNormalization]:
    """The gradient is multiplied by the reciprocal of its norm."""

    def rule(gradient: Array, threshold: Scalar, arithmetic: Arithmetic) -> Array:
        return gradient * (arithmetic.scalar(1.0) / gradient.norm2())

    return rule, rule


@block_misreading(
    "clip-by-value-takes-any-threshold",
    NEW,
    clauses=("NATIVE-9",),
    replaces="clip_element_wise_absolute_value",
    references=("DL4J 0.9.1", "DL4J 0.8.0"),
)
def _clip_by_value_takes_any(gradient: Array, threshold: Scalar, arithmetic: Arithmetic) -> Array:
    """Clipping by value takes thresholds that are not above zero: this is the clipping of 0.9.1."""
    return right.clip_element_wise(gradient, threshold, arithmetic)


@block_misreading(
    "clip-by-value-refuses",
    OLD,
    clauses=("BLOCK-12",),
    replaces="clip_element_wise_absolute_value",
    references=("DL4J 1.0.0-M2.1",),
)
def _clip_by_value_refuses(gradient: Array, threshold: Scalar, arithmetic: Arithmetic) -> Array:
    """Clipping by value refuses a threshold that is not above zero: this is the clipping of 1.0.0-M2.1."""
    return right.clip_element_wise_above_zero(gradient, threshold, arithmetic)


@block_misreading(
    "clip-layer-by-quotient", clauses=("BLOCK-12",), replaces="clip_l2_per_layer", references=("ClipL2PerParamType",)
)
def _clip_layer_by_quotient(gradient: Array, threshold: Scalar, arithmetic: Arithmetic) -> Array:
    """ClipL2PerLayer divides by n/t, as ClipL2PerParamType does."""
    return right.clip_l2_by_quotient(gradient, threshold, arithmetic)


@block_misreading(
    "clip-param-by-product", clauses=("BLOCK-13",), replaces="clip_l2_per_param_type", references=("ClipL2PerLayer",)
)
def _clip_param_by_product(gradient: Array, threshold: Scalar, arithmetic: Arithmetic) -> Array:
    """ClipL2PerParamType multiplies by t/n, as ClipL2PerLayer does."""
    return right.clip_l2_by_product(gradient, threshold, arithmetic)


@block_misreading(
    "clip-always",
    clauses=("BLOCK-12", "BLOCK-13"),
    replaces=("clip_l2_per_layer", "clip_l2_per_param_type"),
    references=("a port that scales to the threshold",),
)
def _clip_always() -> tuple[BlockNormalization, BlockNormalization]:
    """Gradients are scaled to the threshold even if their norm is below it."""

    def rule(gradient: Array, threshold: Scalar, arithmetic: Arithmetic) -> Array:
        return gradient * (threshold / gradient.norm2())

    return rule, rule


@block_misreading("norm-in-lanes", NEW, clauses=("ARITH-5",), replaces="norm_order", references=("DL4J 0.9.1",))
def _norm_in_lanes(squares: Floats, offset: int) -> Any:
    """The squares of a norm are summed in lanes: this is the order of 0.9.1."""
    return nd4j_native(squares, offset)


@block_misreading("norm-in-sequence", OLD, clauses=("ARITH-5",), replaces="norm_order", references=("DL4J 1.0.0-M2.1",))
def _norm_in_sequence(squares: Floats, offset: int) -> Any:
    """The squares of a norm are summed from the first to the last: this is the order of 1.0.0-M2.1."""
    return sequential(squares, offset)


@block_misreading(
    "norm-from-zero-offset", OLD, clauses=("ARITH-5", "BLOCK-12"), replaces="norm_order", references=("DL4J 0.8.0",)
)
def _norm_from_zero_offset(squares: Floats, offset: int) -> Any:
    """The lanes of a norm do not depend on where the slice begins, as for arrays of their own in 0.8.0."""
    return nd4j_native(squares, 0)


@block_misreading(
    "norm-in-double",
    NEW,
    clauses=("ARITH-5",),
    replaces="norm_order",
    references=("a port in Java",),
    types=("float32",),
)
def _norm_in_double(squares: Floats, offset: int) -> Any:
    """The squares of a norm are summed in double, and rounded once."""
    return squares.dtype.type(sequential(squares.astype("float64")))
