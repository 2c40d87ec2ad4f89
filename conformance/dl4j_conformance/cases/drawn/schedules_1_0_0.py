"""Hypothesis strategies: schedules of DL4J 1.0.0-M2.1."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from dl4j_conformance.cases.drawn.networks import settings
from dl4j_oracle.blocks.schedule import ScheduleType

_VALUES = settings(0.1, 0.01)
_GAMMAS = st.one_of(st.sampled_from((0.9, 0.5, 1.1, 2.0, -0.5)), settings(0.9))
_POWERS = st.sampled_from((0.5, 0.7, 0.75, 1.0, 2.0, 3.0, 0.0, -1.0))
_COUNTS = st.sampled_from((1, 2, 3, 5, 10, 40))
#: One map in thirty has no position 0, and is refused.
_MAPS = st.builds(
    lambda values, has_first: {**({"0": 0.1} if has_first else {}), **values},
    st.dictionaries(st.integers(0, 40).map(str), _VALUES, max_size=3),
    st.integers(0, 29).map(bool),
)
_SETTINGS: dict[str, dict[str, SearchStrategy[Any]]] = {
    "ExponentialSchedule": {"initial_value": _VALUES, "gamma": _GAMMAS},
    "InverseSchedule": {"initial_value": _VALUES, "gamma": _GAMMAS, "power": _POWERS},
    "PolySchedule": {"initial_value": _VALUES, "power": _POWERS, "max_iter": _COUNTS},
    "SigmoidSchedule": {"initial_value": _VALUES, "gamma": _GAMMAS, "step_size": _COUNTS},
    "StepSchedule": {
        "initial_value": _VALUES,
        "decay_rate": _GAMMAS,
        "step": st.sampled_from((1.0, 2.0, 2.5, 7.0, 0.0, -10.0)),
    },
    "MapSchedule": {"values": _MAPS},
    "CycleSchedule": {"max_learning_rate": _VALUES, "cycle_length": st.sampled_from((10, 8, 3, 2, 1, 40, 0))},
    "FixedSchedule": {"value": _VALUES},
    "RampSchedule": {"num_iter": _COUNTS},
}
_ANNEALING = {
    "initial_learning_rate": _VALUES,
    "annealing_length": st.sampled_from((0, 1, 2, 3, 8)),
    "annealing_decay": _GAMMAS,
}


@cache
@st.composite
def schedules(draw: DrawFn, depth: int = 0) -> dict[str, Any]:
    """Draw a schedule; ramps stand on another one."""
    type_ = draw(st.sampled_from(tuple(_SETTINGS)))
    described: dict[str, Any] = {"type": type_, "schedule_type": str(draw(st.sampled_from(tuple(ScheduleType))))}
    described |= {name: draw(strategy) for name, strategy in _SETTINGS[type_].items()}
    if type_ == "CycleSchedule" and draw(st.booleans()):
        described |= {name: draw(strategy) for name, strategy in _ANNEALING.items()}
    if type_ == "RampSchedule":
        base = {"type": "FixedSchedule", "schedule_type": "ITERATION", "value": 0.1}
        described["base_schedule"] = base if depth > 1 else draw(schedules(depth + 1))
    return described
