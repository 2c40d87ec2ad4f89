"""The outcome of a case: from a backend, from the oracle, from a fixture or from a recording of the real DL4J."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from dl4j_backends.interface import Failure, Observation, Seen
from dl4j_conformance.cases import json_form, values
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.json_form import CaseError
from dl4j_conformance.cases.values import Floats

A = TypeVar("A")
D = TypeVar("D")


def by_key(seen: Seen[A, D]) -> dict[str, A | D]:
    """Return what is judged under the keys of a report: ``0_W``, ``state``, ``params.0_W``, ``momentum.0``..."""
    found: dict[str, A | D] = dict(seen.updates or {})
    found |= {f"params.{key}": array for key, array in seen.params.items()}
    found |= {f"heard.{key}": array for key, array in seen.heard.items()}
    if seen.state is not None:
        found["state"] = seen.state
    found |= {f"learning_rates.{key}": rate for key, rate in seen.learning_rates.items()}
    return found | {f"momentum.{key}": momentum for key, momentum in seen.momentum.items()}


def value(seen: Observation, key: str) -> Floats | None:
    """Return the array under a key of a report, 1-D; of a Java double, one of float64 with one element."""
    found = by_key(seen).get(key)
    return np.array([found]) if isinstance(found, float) else found


@dataclass(frozen=True, eq=False)
class Outcome:
    """The construction (``failure`` or ``initial_state``) and every operation of the script."""

    failure: Failure | None = None
    initial_state: Floats | None = None
    steps: tuple[Observation, ...] = ()
    #: Whether the backend changed the floating-point mode of the thread, or of its process.
    changed_mode: bool = False


def to_json(outcome: Outcome) -> dict[str, Any]:
    """Return the outcome as JSON data, see the fixture schema."""
    if outcome.failure:
        return _failure_to_json(outcome.failure)
    return {
        "initial_state": _state_to_json(outcome.initial_state),
        "steps": [_step_to_json(step) for step in outcome.steps],
    }


def bits(outcome: Outcome) -> Any:
    """Return the outcome as bit patterns alone, which :func:`from_json` reads as well."""
    return _without_decimals(to_json(outcome))


def from_json(data: Mapping[str, Any], dtype: str) -> Outcome:
    """Read back :func:`to_json`, or the ``dl4j`` part of a recording; raises :class:`CaseError`.

    An update without ``learning_rates`` or ``momentum`` has those of the update before it, a step without ``state`` the
    state of the step before it.
    """
    if not isinstance(data, Mapping):
        raise CaseError("the outcome must be an object")
    if "error" in data:
        return Outcome(failure=_read_failure(data))
    if "steps" not in data:
        raise CaseError("expected outcome: 'steps' is missing")
    if not isinstance(data["steps"], list):
        raise CaseError("steps: must be an array")
    carried: dict[str, Any] = {"state": None, "learning_rates": {}, "momentum": {}}
    steps = []
    for index, step in enumerate(data["steps"]):
        if not isinstance(step, dict):
            raise CaseError(f"steps[{index}]: must be an object")
        carried |= {name: step[name] for name in carried if name in step}
        shown = carried | step if "updates" in step else {"state": carried["state"], **step}
        steps.append(_read_step(shown, dtype, f"steps[{index}]"))
    state = data.get("initial_state")
    return Outcome(
        initial_state=None if state is None else json_form.read_array(state, dtype, "initial_state"),
        steps=tuple(steps),
    )


def read_outcome(data: Any, case: Case) -> Outcome:
    """Return the outcome of ``case`` that :func:`from_json` reads; raises :class:`CaseError`."""
    outcome = from_json(data, case.dtype)
    if not outcome.failure and len(outcome.steps) != len(case.script):
        raise CaseError(f"steps: must be {len(case.script)}, as many as operations, not {len(outcome.steps)}")
    return outcome


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


def _step_to_json(step: Observation) -> dict[str, Any]:
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


def _read_step(data: Mapping[str, Any], dtype: str, where: str) -> Observation:
    if "error" in data:
        return Observation(failure=_read_failure(data))
    return json_form.read(Observation, data, dtype, where)


def _state_to_json(state: Floats | None) -> dict[str, list[str]] | None:
    return None if state is None else values.to_json(state)


def _failure_to_json(failure: Failure) -> dict[str, Any]:
    return {"error": failure.kind, "message": failure.message}


def _read_failure(data: Mapping[str, Any]) -> Failure:
    kind, message = data["error"], data.get("message", "")
    if not isinstance(kind, str) or not isinstance(message, str):
        raise CaseError("error and message must be strings")
    return Failure(kind, message)
