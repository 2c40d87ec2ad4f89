"""Cases and outcomes of later versions as JSON data, in the form of the recordings of the jars.

:mod:`~dl4j_conformance.vectors.block_recording` reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from dl4j_backends.block_interface import BlockObservation
from dl4j_backends.interface import Failure, Floats
from dl4j_conformance.cases.block_case import BlockCase
from dl4j_conformance.cases.values import DL4J_DTYPES, hex_of
from dl4j_conformance.execution.block_outcome import BlockOutcome, RecordedStep
from dl4j_conformance.vectors.block_recording import BlockRecording

_DL4J_NAMES = {dtype: name for name, dtype in DL4J_DTYPES.items()}


def recording_to_json(recording: BlockRecording) -> dict[str, Any]:
    """Return a record in which nothing is left out."""
    return {
        "version": recording.network.version,
        "case": case_to_json(recording.case),
        "dl4j": {"id": recording.id, **outcome_to_json(outcome_of(recording))},
    }


def case_to_json(case: BlockCase) -> dict[str, Any]:
    """Return the ``case`` part of a record."""
    network, is_external = case.network, case.network.gradient != "own"
    steps = []
    for step in case.steps:
        epoch = {} if case.version == "0.9.1" else {"epoch": step.epoch}
        own = {"own_gradients": _arrays(step.own_gradients or {})} if is_external else {}
        counts = {"iteration": step.iteration, **epoch, "batch_size": step.batch_size}
        steps.append({**counts, "gradients": _arrays(step.gradients), **own})
    return {
        "id": case.id,
        "dtype": _DL4J_NAMES[case.dtype],
        "conf": dict(network.conf),
        "layers": [dict(layer) for layer in network.layers],
        "params": _arrays(network.params),
        **({"gradient": network.gradient} if is_external else {}),
        "steps": steps,
    }


def outcome_to_json(outcome: BlockOutcome) -> dict[str, Any]:
    """Return the ``dl4j`` part of a record, without the id."""
    if outcome.failure:
        return _failure(outcome.failure)
    state = {} if outcome.initial_state is None else {"initial_state": hex_of(outcome.initial_state)}
    return {
        "blocks": [{**asdict(block), "params": list(block.params)} for block in outcome.blocks or ()],
        **state,
        "steps": [_step(step) for step in outcome.steps],
    }


def outcome_of(recording: BlockRecording) -> BlockOutcome:
    """Return the outcome of a record in which nothing is left out."""
    steps = tuple(map(_observation, recording.recorded))
    return BlockOutcome(
        recording.failure, recording.blocks, recording.initial_state, () if recording.failure else steps
    )


def _observation(step: RecordedStep) -> BlockObservation:
    # No rate of the form of a mapping is None: those of 0.9.1 are doubles.
    rates: Any = step.learning_rates if step.learning_rates is not None else ()
    return BlockObservation(
        step.updates or {},
        step.state,
        rates,
        step.momentum if step.momentum is not None else (),
        step.updater_learning_rates if isinstance(step.updater_learning_rates, list) else None,
        step.own_gradients,
        step.failure,
    )


def _step(seen: BlockObservation) -> dict[str, Any]:
    found: dict[str, Any] = {"updates": _arrays(seen.updates)}
    if seen.own_gradients is not None:
        found["own_gradients_after"] = _arrays(seen.own_gradients)
    if seen.state is not None:
        found["state"] = hex_of(seen.state)
    found |= {"learning_rates": _doubles(seen.learning_rates), "momentum": _doubles(seen.momentum)}
    if seen.updater_learning_rates is not None:
        found["updater_learning_rates"] = _doubles(seen.updater_learning_rates)
    return {**found, **(_failure(seen.failure) if seen.failure else {})}


def _arrays(arrays: Mapping[str, Floats]) -> dict[str, list[str]]:
    return {key: hex_of(array) for key, array in arrays.items()}


def _doubles(values: Any) -> Any:
    if isinstance(values, Mapping):
        return {key: _double(value) for key, value in values.items()}
    return [_double(value) for value in values]


def _double(value: float | None) -> str | None:
    return None if value is None else hex_of(np.array([value], "float64"))[0]


def _failure(failure: Failure) -> dict[str, str]:
    return {"error": failure.kind, "message": failure.message}
