"""Misreadings of Adam's step size: its exponent, its bias corrections, its type and its fallback."""

from __future__ import annotations

import sys

from dl4j_oracle.arithmetic.interface import Arithmetic, Scalar
from dl4j_oracle.arithmetic.java import wrapped_int
from dl4j_oracle.misreadings.adam_parts import AdamParts
from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.updaters import Call


@misreading("adam-no-fallback", clauses=("ADAM-5",), replaces="adam.step.fallback")
def _adam_no_fallback(alphat: Scalar, epsilon: Scalar) -> Scalar:
    """ADAM: A step size of zero or NaN stays."""
    return alphat


@misreading("adam-t-from-zero", clauses=("ADAM-3",), replaces="adam.step.exponent")
def _adam_t_from_zero(call: Call) -> int:
    """ADAM: The exponent is t."""
    return call.iteration


@misreading("adam-t-one-later", clauses=("ADAM-3",), replaces="adam.step.exponent")
def _adam_t_one_later(call: Call) -> int:
    """ADAM: The exponent is t + 2."""
    return wrapped_int(call.iteration + 2)


@misreading("adam-no-correction", clauses=("ADAM-3",), replaces="adam.step.step_size")
def _adam_no_correction(rate: Scalar, first: Scalar, second: Scalar) -> Scalar:
    """ADAM: There is no bias correction."""
    return rate


@misreading("adam-first-correction-only", clauses=("ADAM-3",), replaces="adam.step.step_size")
def _adam_first_correction_only(rate: Scalar, first: Scalar, second: Scalar) -> Scalar:
    """ADAM: Only the first moment is corrected."""
    return rate / first


@misreading("adam-second-correction-only", clauses=("ADAM-3",), replaces="adam.step.step_size")
def _adam_second_correction_only(rate: Scalar, first: Scalar, second: Scalar) -> Scalar:
    """ADAM: Only the second moment is corrected."""
    return rate * second


@misreading("adam-corrections-swapped", clauses=("ADAM-3",), replaces="adam.step.step_size")
def _adam_corrections_swapped(rate: Scalar, first: Scalar, second: Scalar) -> Scalar:
    """ADAM: The corrections are the other way up."""
    return rate * first / second


@misreading(
    "adam-infinite-falls-back", clauses=("ADAM-5",), replaces="adam.step.fallback", references=("ND4J 1.0.0-beta7",)
)
def _adam_infinite_falls_back(alphat: Scalar, epsilon: Scalar) -> Scalar:
    """ADAM: An infinite step size becomes epsilon too."""
    largest = sys.float_info.max
    return epsilon if alphat > largest or -alphat > largest else AdamParts().fallback(alphat, epsilon)


@misreading(
    "adam-scalars-of-array-type",
    clauses=("ADAM-3",),
    replaces=("adam.step.held", "adam.step.scalar_type"),
    references=("Keras", "TensorFlow.js", "Optax", "ND4J 1.0.0-M2.1"),
    types=("float32",),
)
def _adam_scalars_of_array_type() -> tuple[object, object]:
    """ADAM: Powers, corrections and step size are computed in the array's type."""

    def held(decay: Scalar, arithmetic: Arithmetic) -> Scalar:
        return arithmetic.stored(decay)

    def scalar_type(value: Scalar, arithmetic: Arithmetic) -> Scalar:
        # A power in float32 errs by an ulp: two products with 1 widen its enclosure so, and change nothing else.
        one = arithmetic.scalar(1.0)
        return (arithmetic.full(1, value) * one * one).item()

    return held, scalar_type


@misreading(
    "adam-counts-its-steps",
    clauses=("ADAM-3",),
    replaces="adam.step.exponent",
    references=("torch.optim.Adam", "Keras", "Optax"),
)
def _adam_counts_its_steps(call: Call) -> int:
    """ADAM: The exponent counts the parameter's own steps and is not the iteration."""
    return wrapped_int(call.before.own + 1)


@misreading("adam-one-count-for-layer", clauses=("ADAM-3",), replaces="adam.step.exponent")
def _adam_one_count_for_layer(call: Call) -> int:
    """ADAM: The exponent counts the steps of all parameters of the layer: one for weights, one more for biases."""
    return wrapped_int(call.before.layer + 1)


@misreading("adam-one-count-for-network", clauses=("ADAM-3",), replaces="adam.step.exponent")
def _adam_one_count_for_network(call: Call) -> int:
    """ADAM: The exponent counts the steps of all parameters of the network."""
    return wrapped_int(call.before.network + 1)


@misreading("adam-first-correction-multiplies", clauses=("ADAM-3",), replaces="adam.step.step_size")
def _adam_first_correction_multiplies(rate: Scalar, first: Scalar, second: Scalar) -> Scalar:
    """ADAM: The first moment is multiplied by its correction."""
    return rate * second * first


@misreading("adam-second-correction-multiplies", clauses=("ADAM-3",), replaces="adam.step.step_size")
def _adam_second_correction_multiplies(rate: Scalar, first: Scalar, second: Scalar) -> Scalar:
    """ADAM: The second moment is multiplied by its correction."""
    return rate / second / first


@misreading("adam-second-correction-without-root", clauses=("ADAM-3",), replaces="adam.step.step_size")
def _adam_second_correction_without_root(rate: Scalar, first: Scalar, second: Scalar) -> Scalar:
    """ADAM: The second correction is 1 - b2^t, without a root."""
    return rate * (second * second) / first


@misreading("adam-only-zero-falls-back", clauses=("ADAM-5",), replaces="adam.step.fallback")
def _adam_only_zero_falls_back(alphat: Scalar, epsilon: Scalar) -> Scalar:
    """ADAM: A step size of NaN stays; zero becomes epsilon."""
    return epsilon if alphat.is_zero() else alphat


@misreading("adam-only-nan-falls-back", clauses=("ADAM-5",), replaces="adam.step.fallback")
def _adam_only_nan_falls_back(alphat: Scalar, epsilon: Scalar) -> Scalar:
    """ADAM: A step size of zero stays; NaN becomes epsilon."""
    return epsilon if alphat.is_nan() else alphat


@misreading("adam-falls-back-to-zero", clauses=("ADAM-5",), replaces="adam.step.fallback")
def _adam_falls_back_to_zero(alphat: Scalar, epsilon: Scalar) -> Scalar:
    """ADAM: A step size of NaN becomes 0."""
    return epsilon - epsilon if alphat.is_nan() else alphat
