"""Misreadings of blocks: which parameters share an updater, and how their state is laid out."""

from __future__ import annotations

from dataclasses import fields, replace

from dl4j_oracle.blocks import layout
from dl4j_oracle.blocks.iupdater import IUpdater, updaters_are_equal
from dl4j_oracle.blocks.misreadings.misreading import NEW, OLD, block_misreading
from dl4j_oracle.blocks.network_configuration import BuiltNetwork, Parameter
from dl4j_oracle.blocks.schedule import RampSchedule, Schedule, schedules_are_equal


@block_misreading(
    "block-per-parameter", clauses=("BLOCK-2", "BLOCK-7"), replaces="joins", references=("DL4J 0.8.0", "Keras")
)
def _block_per_parameter(before: Parameter, after: Parameter, network: BuiltNetwork) -> bool:
    """Every parameter is a block of its own: this is the state of 0.8.0."""
    return False


@block_misreading(
    "block-per-layer", clauses=("BLOCK-2",), replaces="joins", references=("a port that updates layer by layer",)
)
def _block_per_layer(before: Parameter, after: Parameter, network: BuiltNetwork) -> bool:
    """Blocks end with their layer."""
    return before.layer == after.layer and layout.joins_with_equal_rates(before, after, network)


@block_misreading(
    "block-per-class", clauses=("BLOCK-2",), replaces="joins", references=("a port with one state for each class",)
)
def _block_per_class(before: Parameter, after: Parameter, network: BuiltNetwork) -> bool:
    """Parameters share a block if their updaters are of one class, whatever the settings are."""
    return before.updater.type is after.updater.type and not (before.is_pretrained or after.is_pretrained)


@block_misreading("block-of-equal-rates", OLD, clauses=("BLOCK-3",), replaces="joins", references=("DL4J 1.0.0-M2.1",))
def _block_of_other_rates(before: Parameter, after: Parameter, network: BuiltNetwork) -> bool:
    """Learning rates of the configuration do not separate blocks: this is the rule of 1.0.0-M2.1."""
    return layout.joins(before, after, network)


@block_misreading(
    "block-under-any-policy",
    OLD,
    clauses=("BLOCK-3",),
    replaces="joins",
    references=("UpdaterUtils without its switch",),
)
def _block_under_any_policy(before: Parameter, after: Parameter, network: BuiltNetwork) -> bool:
    """Policies do not separate blocks, neither TorchStep and Score nor the maps of Schedule."""
    return layout.joins(before, after, network) and before.learning_rate == after.learning_rate


@block_misreading(
    "block-with-visible-bias",
    clauses=("BLOCK-2",),
    replaces="joins",
    references=("a port that skips inside of blocks",),
)
def _block_with_visible_bias(before: Parameter, after: Parameter, network: BuiltNetwork) -> bool:
    """A visible bias shares the block of the parameters before and after it."""
    joinable = [replace(one, is_pretrained=False) for one in (before, after)]
    return layout.joins_with_equal_rates(joinable[0], joinable[1], network)


@block_misreading(
    "block-of-equal-ramps", NEW, clauses=("SCHED-10", "BLOCK-2"), replaces="joins", references=("Lombok's equals",)
)
def _block_of_equal_ramps(before: Parameter, after: Parameter, network: BuiltNetwork) -> bool:
    """Two ramps of equal settings are equal."""
    if before.is_pretrained or after.is_pretrained:
        return False
    return updaters_are_equal(_without_ramp(before.updater, after.updater), after.updater)


def _without_ramp(ours: IUpdater, theirs: IUpdater) -> IUpdater:
    """Return our updater with the other's schedule, if both are ramps of equal settings."""
    x, y = ours.learning_rate_schedule, theirs.learning_rate_schedule
    return replace(ours, learning_rate_schedule=y) if _are_equal(x, y) else ours


def _are_equal(x: Schedule | None, y: Schedule | None) -> bool:
    if isinstance(x, RampSchedule) and isinstance(y, RampSchedule):
        same = all(getattr(x, f.name) == getattr(y, f.name) for f in fields(x) if f.name != "base_schedule")
        return same and schedules_are_equal(x.base_schedule, y.base_schedule)
    return False


_STATES = {
    "Adam": ("v", "m"),
    "AdaMax": ("u", "m"),
    "Nadam": ("v", "m"),
    "AdaDelta": ("msdx", "msg"),
}


@block_misreading(
    "adam-state-v-first", clauses=("BLOCK-7",), replaces="updaters.Adam.state", references=("a port from TensorFlow",)
)
def _adam_state() -> tuple[str, ...]:
    """ADAM: The state view has v before m."""
    return _STATES["Adam"]


@block_misreading(
    "adamax-state-u-first",
    clauses=("BLOCK-7",),
    replaces="updaters.AdaMax.state",
    references=("a port with a dictionary of arrays, sorted otherwise",),
)
def _ada_max_state() -> tuple[str, ...]:
    """ADAMAX: The state view has u before m."""
    return _STATES["AdaMax"]


@block_misreading(
    "nadam-state-v-first",
    clauses=("BLOCK-7",),
    replaces="updaters.Nadam.state",
    references=("a port with a dictionary of arrays, sorted otherwise",),
)
def _nadam_state() -> tuple[str, ...]:
    """NADAM: The state view has v before m."""
    return _STATES["Nadam"]


@block_misreading(
    "adadelta-state-msdx-first",
    clauses=("BLOCK-7",),
    replaces="updaters.AdaDelta.state",
    references=("a port with a dictionary of arrays, sorted otherwise",),
)
def _ada_delta_state() -> tuple[str, ...]:
    """ADADELTA: The state view has msdx before msg."""
    return _STATES["AdaDelta"]


@block_misreading(
    "amsgrad-state-vhat-first",
    NEW,
    clauses=("BLOCK-7", "NATIVE-4"),
    replaces="updaters.AMSGrad.state",
    references=("a port with a dictionary of arrays, sorted otherwise",),
)
def _ams_grad_state() -> tuple[str, ...]:
    """AMSGRAD: The state view has vHat between m and v."""
    return "m", "vHat", "v"
