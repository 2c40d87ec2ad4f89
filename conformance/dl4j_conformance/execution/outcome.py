"""What came of a case: from a backend, from the oracle, from a fixture or from a recording of the real DL4J."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dl4j_conformance.cases import values
from dl4j_conformance.cases.operations import CaseError, read_array
from dl4j_conformance.cases.values import Floats


@dataclass(frozen=True)
class Failure:
    """DL4J throws. The ``kind`` is judged, the ``message`` is for people."""

    kind: str
    message: str


@dataclass(frozen=True, eq=False)
class Step:
    """What can be seen after one operation. Only an update has ``updates``, ``learning_rates`` and ``momentum``.

    ``state`` is None where the network has none, or it was not asked for. ``intermediates`` (``0_W.m``, ``0.norm``)
    help to find out where an update goes wrong; they are not judged. What follows them is there after an iteration, see
    :class:`dl4j_backends.interface.Observation`.
    """

    failure: Failure | None = None
    updates: Mapping[str, Floats] | None = None
    state: Floats | None = None
    learning_rates: Mapping[str, float] = field(default_factory=dict)
    momentum: Mapping[str, float] = field(default_factory=dict)
    intermediates: Mapping[str, Floats] = field(default_factory=dict)
    params: Mapping[str, Floats] = field(default_factory=dict)
    heard: Mapping[str, Floats] = field(default_factory=dict)
    iteration_done: int | None = None
    iteration_count: int | None = None
    equal: bool | None = None
    same_hash: bool | None = None

    def value(self, key: str) -> Floats | None:
        """The array under a key of a report: ``0_W``, ``state``, ``params.0_W``, ``heard.0_W``, ``momentum.0``..."""
        head, _, rest = key.partition(".")
        match head:
            case "learning_rates" | "momentum" if rest:
                found = getattr(self, head).get(rest)
                return None if found is None else np.array([found])
            case "params" | "heard" if rest:
                array: Floats | None = getattr(self, head).get(rest)
                return array
        return self.state if key == "state" else (self.updates or {}).get(key)


@dataclass(frozen=True, eq=False)
class Outcome:
    """The construction (``failure`` or ``initial_state``) and every operation of the script."""

    failure: Failure | None = None
    initial_state: Floats | None = None
    steps: tuple[Step, ...] = ()


def to_json(outcome: Outcome) -> dict[str, Any]:
    """The outcome as JSON data, see the fixture schema."""
    if outcome.failure:
        return _failure_to_json(outcome.failure)
    return {
        "initial_state": _state_to_json(outcome.initial_state),
        "steps": [_step_to_json(step) for step in outcome.steps],
    }


def bits(outcome: Outcome) -> Any:
    """The outcome as bit patterns alone, which :func:`from_json` reads as well."""
    return _without_decimals(to_json(outcome))


def from_json(data: Mapping[str, Any], dtype: str) -> Outcome:
    """Read back :func:`to_json`, or the ``dl4j`` part of a recording; raises :class:`CaseError`.

    An update without ``learning_rates`` or ``momentum`` has those of the update before it, a step without ``state`` the
    state of the step before it.
    """
    if "error" in data:
        return Outcome(failure=_read_failure(data))
    try:
        carried: dict[str, Any] = {"state": None, "learning_rates": {}, "momentum": {}}
        steps = []
        for index, step in enumerate(data["steps"]):
            carried |= {name: step[name] for name in carried if name in step}
            steps.append(_read_step(step if "error" in step else carried | step, dtype, index))
        return Outcome(initial_state=_read_state(data.get("initial_state"), dtype), steps=tuple(steps))
    except KeyError as error:
        raise CaseError(f"expected outcome: {error.args[0]!r} is missing") from error


def _without_decimals(data: Any) -> Any:
    match data:
        case {"hex": patterns, "decimal": _}:
            return patterns
        case dict():
            return {key: _without_decimals(entry) for key, entry in data.items()}
        case list():
            return [_without_decimals(entry) for entry in data]
        case _:
            return data


def _step_to_json(step: Step) -> dict[str, Any]:
    if step.failure:
        return _failure_to_json(step.failure)
    if step.updates is None:
        compared = {} if step.equal is None else {"equal": step.equal, "same_hash": step.same_hash}
        return {"state": _state_to_json(step.state), **compared}
    iterated: dict[str, Any] = {}
    if step.iteration_count is not None:
        iterated = {
            "params": {key: values.to_json(array) for key, array in step.params.items()},
            "heard": {key: values.to_json(array) for key, array in step.heard.items()},
            "iteration_done": step.iteration_done,
            "iteration_count": step.iteration_count,
        }
    return {
        "updates": {key: values.to_json(array) for key, array in step.updates.items()},
        **iterated,
        "state": _state_to_json(step.state),
        "learning_rates": {key: values.double_to_json(x) for key, x in step.learning_rates.items()},
        "momentum": {key: values.double_to_json(x) for key, x in step.momentum.items()},
    }


def _read_step(data: Mapping[str, Any], dtype: str, index: int) -> Step:
    if "error" in data:
        return Step(failure=_read_failure(data))
    where = f"steps[{index}]"
    if "updates" not in data:
        state = _read_state(data.get("state"), dtype)
        return Step(state=state, equal=data.get("equal"), same_hash=data.get("same_hash"))

    def arrays(name: str) -> dict[str, Floats]:
        return {key: read_array(entry, dtype, f"{where}.{name}.{key}") for key, entry in data.get(name, {}).items()}

    return Step(
        updates=arrays("updates"),
        state=_read_state(data.get("state"), dtype),
        learning_rates=_read_doubles(data["learning_rates"], f"{where}.learning_rates"),
        momentum=_read_doubles(data["momentum"], f"{where}.momentum"),
        params=arrays("params"),
        heard=arrays("heard"),
        iteration_done=data.get("iteration_done"),
        iteration_count=data.get("iteration_count"),
    )


def _read_doubles(data: Mapping[str, Any], where: str) -> dict[str, float]:
    found = {}
    for key, entry in data.items():
        pattern = entry["hex"] if isinstance(entry, Mapping) else entry
        found[key] = float(read_array([pattern], "float64", f"{where}.{key}")[0])
    return found


def _state_to_json(state: Floats | None) -> dict[str, list[str]] | None:
    return None if state is None else values.to_json(state)


def _read_state(data: Any, dtype: str) -> Floats | None:
    return None if data is None else read_array(data, dtype, "state")


def _failure_to_json(failure: Failure) -> dict[str, Any]:
    return {"error": failure.kind, "message": failure.message}


def _read_failure(data: Mapping[str, Any]) -> Failure:
    return Failure(data["error"], str(data.get("message", "")))
