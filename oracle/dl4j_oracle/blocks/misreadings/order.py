"""Misreadings of the order of an update, of what is divided, and of the arrays on which it works."""

from __future__ import annotations

from collections.abc import Mapping

from dl4j_oracle.arithmetic.interface import Array
from dl4j_oracle.blocks.gradients import GradientForm, Gradients
from dl4j_oracle.blocks.misreadings.misreading import NEW, OLD, block_misreading
from dl4j_oracle.blocks.network_configuration import Parameter
from dl4j_oracle.blocks.pipeline import Stage


@block_misreading(
    "division-last", NEW, clauses=("NATIVE-14",), replaces="stages", references=("DL4J 0.9.1", "DL4J 0.8.0")
)
def _division_last() -> tuple[Stage, ...]:
    """The division by the batch size comes last: this is the order of 0.9.1."""
    return Stage.NORMALIZATION, Stage.BLOCKS, Stage.DIVISION


@block_misreading("division-first", OLD, clauses=("BLOCK-15",), replaces="stages", references=("DL4J 1.0.0-M2.1",))
def _division_first() -> tuple[Stage, ...]:
    """The division by the batch size comes first: this is the order of 1.0.0-M2.1."""
    return Stage.DIVISION, Stage.NORMALIZATION, Stage.BLOCKS


@block_misreading(
    "division-after-normalization",
    clauses=("BLOCK-12", "NATIVE-14"),
    replaces="stages",
    references=("a port that clips the sum of a batch",),
)
def _division_after_normalization() -> tuple[Stage, ...]:
    """The division by the batch size comes between gradient normalization and the updaters."""
    return Stage.NORMALIZATION, Stage.DIVISION, Stage.BLOCKS


@block_misreading(
    "normalization-last", OLD, clauses=("BLOCK-12",), replaces="stages", references=("a port that clips updates",)
)
def _normalization_last_old() -> tuple[Stage, ...]:
    """Gradient normalization comes after the updaters, before the division."""
    return Stage.BLOCKS, Stage.NORMALIZATION, Stage.DIVISION


@block_misreading(
    "normalization-last", NEW, clauses=("BLOCK-12",), replaces="stages", references=("a port that clips updates",)
)
def _normalization_last_new() -> tuple[Stage, ...]:
    """Gradient normalization comes after the updaters."""
    return Stage.DIVISION, Stage.BLOCKS, Stage.NORMALIZATION


@block_misreading(
    "normalization-first",
    NEW,
    clauses=("NATIVE-14", "BLOCK-12"),
    replaces="stages",
    references=("a port that divides updates, with normalized gradients",),
)
def _normalization_and_division_around() -> tuple[Stage, ...]:
    """Updaters come first of all, then the division, then gradient normalization."""
    return Stage.BLOCKS, Stage.DIVISION, Stage.NORMALIZATION


@block_misreading("no-division", clauses=("BLOCK-15", "NATIVE-14"), replaces="is_divided", references=("torch.optim",))
def _no_division(parameter: Parameter) -> bool:
    """Gradients are not divided by the batch size."""
    return False


@block_misreading(
    "estimates-divided", NEW, clauses=("NATIVE-14",), replaces="is_divided", references=("DL4J 0.9.1", "DL4J 0.8.0")
)
def _estimates_divided(parameter: Parameter) -> bool:
    """The estimates of batch normalization are divided too: this is the division of 0.9.1."""
    return True


@block_misreading(
    "estimates-not-divided", OLD, clauses=("BLOCK-15",), replaces="is_divided", references=("DL4J 1.0.0-M2.1",)
)
def _estimates_not_divided(parameter: Parameter) -> bool:
    """The estimates of batch normalization are not divided: this is the division of 1.0.0-M2.1."""
    return not parameter.is_estimate


@block_misreading(
    "log-stdev-divided",
    NEW,
    clauses=("NATIVE-14",),
    replaces="is_divided",
    references=("a port that knows `var` only",),
)
def _log_stdev_divided(parameter: Parameter) -> bool:
    """The estimates mean and var are not divided, and log10stdev is."""
    return parameter.name not in ("mean", "var")


@block_misreading(
    "visible-bias-not-divided",
    clauses=("BLOCK-15", "NATIVE-14"),
    replaces="is_divided",
    references=("a port that passes over what is not updated",),
)
def _visible_bias_not_divided(parameter: Parameter) -> bool:
    """A visible bias, which is not updated, is not divided either, and estimates are not."""
    return not parameter.is_pretrained and not parameter.is_estimate


@block_misreading(
    "only-weights-divided",
    clauses=("BLOCK-15", "NATIVE-14"),
    replaces="is_divided",
    references=("a port whose bias gradients are means already",),
)
def _only_weights_divided(parameter: Parameter) -> bool:
    """The gradients of biases are not divided, and estimates are not."""
    return parameter.name not in ("b", "vb", "beta") and not parameter.is_estimate


@block_misreading(
    "external-gradients-normalized",
    clauses=("BLOCK-16",),
    replaces="gradients",
    references=("the page on external errors", "a port without a view of its own"),
)
def _external_gradients_normalized(
    form: GradientForm, gradients: Mapping[str, Array], own: Mapping[str, Array] | None
) -> Gradients:
    """External gradients are normalized themselves, by every strategy, in place of the network's own view."""
    flat = dict(gradients)
    return Gradients(flat, flat, flat, form)


@block_misreading(
    "map-norms-reach-the-update",
    clauses=("BLOCK-16",),
    replaces="gradients",
    references=("a port that updates a map in place",),
)
def _map_norms_reach_the_update(
    form: GradientForm, gradients: Mapping[str, Array], own: Mapping[str, Array] | None
) -> Gradients:
    """The strategies of a parameter type reach the update of a map: it is not copied before them."""
    flat = dict(gradients)
    return Gradients(flat if own is None else dict(own), flat, flat, form)
