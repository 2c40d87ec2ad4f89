"""Misreadings of configuration, a given state, what is updated, and NaN scalars."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dl4j_oracle import updaters
from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Scalar
from dl4j_oracle.configuration import GlobalConfiguration, LayerConfiguration
from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.state_layout import has_its_length
from dl4j_oracle.updaters import GradientUpdater, Memory


@misreading("nan-propagates", clauses=("ARITH-2",), replaces="nan_scalar", references=("quirk 51", "DL4J 1.0.0-beta7"))
def _nan_propagates(scalar: Scalar, arithmetic: Arithmetic) -> Scalar:
    """NaN scalars stay NaN."""
    return scalar


@misreading("nan-is-zero", clauses=("ARITH-2",), replaces="nan_scalar", references=("quirk 51",))
def _nan_is_zero(scalar: Scalar, arithmetic: Arithmetic) -> Scalar:
    """NaN scalars become 0."""
    return arithmetic.scalar(0.0) if scalar.is_nan() else scalar


@misreading("updates-lost", clauses=("LAYER-6",), replaces="left_in_gradient", references=("quirk 42",))
def _updates_lost(gradient: Array, update: Array) -> Array:
    """Updaters return new arrays, and the gradient is what goes on."""
    return gradient


@misreading("given-state-ignored", clauses=("STATE-6",), replaces="accepts_state")
def _given_state_ignored(given: int | None, size: int) -> bool:
    """A given state of another length is ignored, and the updater starts afresh."""
    return given == size


@misreading("given-state-initialised", clauses=("STATE-6",), replaces="accepts_state")
def _given_state_initialised(given: int | None, size: int) -> bool:
    """A state that is given to the constructor is initialised all the same."""
    has_its_length(given, size)
    return False


@misreading(
    "exception-undone",
    clauses=("LAYER-7",),
    replaces="rolls_back",
)
def _exception_undone() -> bool:
    """An update that raises leaves no trace."""
    return True


@misreading(
    "missing-gradient-is-zero",
    clauses=("MLU-2",),
    replaces="completed",
    references=("torch: zero_grad(set_to_none=False), the default before 2.0",),
)
def _missing_gradient_is_zero(gradients: Mapping[str, Array], parameters: Mapping[str, Array]) -> Mapping[str, Array]:
    """A parameter without a gradient is updated with a gradient of zeros."""
    zeros = {name: w.arithmetic.full(len(w), w.arithmetic.scalar(0.0)) for name, w in parameters.items()}
    return {**zeros, **gradients}


@misreading("state-set-with-velocity", clauses=("STATE-7",), replaces="assigned")
def _state_set_with_velocity(memory: Memory) -> Memory:
    """A state that is set becomes NESTEROVS' velocity too."""
    return replace(memory, velocity=None)


@misreading("frozen-updated", clauses=("LAYER-2",), replaces="is_skipped", references=("quirk 54", "DL4J 0.7.2"))
def _frozen_updated(layer: LayerConfiguration) -> bool:
    """Frozen layers are updated."""
    return False


@misreading("vb-by-whole-name", clauses=("LAYER-3",), replaces="is_visible_bias")
def _vb_by_whole_name(name: str) -> bool:
    """Only the name vb itself is skipped."""
    return name == "vb"


@misreading("vb-updated", clauses=("LAYER-3",), replaces="is_visible_bias", references=("quirk 18",))
def _vb_updated(name: str) -> bool:
    """The visible bias is updated."""
    return False


@misreading("custom-accepted", clauses=("STATE-8",), replaces="custom", references=("quirk 43",))
def _custom_accepted() -> GradientUpdater:
    """CUSTOM is SGD."""
    return updaters.SGD


@misreading("no-validation", clauses=("CONF-5",), replaces="validate")
def _no_validation(conf: GlobalConfiguration, name: str) -> None:
    """Incomplete policies are accepted."""
