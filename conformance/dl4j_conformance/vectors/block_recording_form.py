"""The form in which a recording of DL4J 0.9.1 or 1.0.0-M2.1 is written: one line, as it is read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from dl4j_backends.block_interface import BlockNetwork, BlockStep
from dl4j_backends.interface import Failure
from dl4j_conformance.cases.values import Floats, hex_of
from dl4j_conformance.execution.block_outcome import RecordedStep
from dl4j_conformance.vectors.block_recording import BlockRecording

_TYPES = {"float32": "float", "float64": "double"}


def to_json(recording: BlockRecording) -> dict[str, Any]:
    """Return a recording as JSON data."""
    seen: dict[str, Any] = {"id": recording.id, **_failure(recording.failure)}
    if recording.blocks is not None:
        seen["blocks"] = [{**vars(block), "params": list(block.params)} for block in recording.blocks]
    if recording.initial_state is not None:
        seen["initial_state"] = hex_of(recording.initial_state)
    if not recording.failure:
        seen["steps"] = [_recorded(step) for step in recording.recorded]
    return {
        "version": recording.network.version,
        "case": {"id": recording.id, **case_to_json(recording.network, recording.steps)},
        "dl4j": seen,
    }


def case_to_json(network: BlockNetwork, steps: tuple[BlockStep, ...]) -> dict[str, Any]:
    """Return a network and its updates as JSON data."""
    described: dict[str, Any] = {
        "dtype": _TYPES[network.dtype],
        "conf": _setting(network.conf),
        "layers": [_setting(layer) for layer in network.layers],
        "params": _arrays(network.params),
        "steps": [_step(network.version, step) for step in steps],
    }
    return described if network.gradient == "own" else {**described, "gradient": network.gradient}


def _step(version: str, step: BlockStep) -> dict[str, Any]:
    epoch = {} if version == "0.9.1" else {"epoch": step.epoch}
    own = {} if step.own_gradients is None else {"own_gradients": _arrays(step.own_gradients)}
    counts = {"iteration": step.iteration, **epoch, "batch_size": step.batch_size}
    return {**counts, "gradients": _arrays(step.gradients), **own}


def _recorded(step: RecordedStep) -> dict[str, Any]:
    found: dict[str, Any] = _failure(step.failure)
    if step.updates is not None:
        found["updates"] = _arrays(step.updates)
    if step.own_gradients is not None:
        found["own_gradients_after"] = _arrays(step.own_gradients)
    if step.state is not None:
        found["state"] = hex_of(step.state)
    for name in ("learning_rates", "momentum", "updater_learning_rates"):
        if (values := getattr(step, name)) is not None:
            found[name] = _doubles(values)
    return found


def _failure(failure: Failure | None) -> dict[str, Any]:
    return {} if failure is None else {"error": failure.kind, "message": failure.message}


def _arrays(arrays: Mapping[str, Floats]) -> dict[str, list[str]]:
    return {key: hex_of(array) for key, array in arrays.items()}


def _doubles(values: Any) -> Any:
    if isinstance(values, Mapping):
        return {key: _double(value) for key, value in values.items()}
    return [_double(value) for value in values]


def _double(value: float | None) -> str | None:
    return None if value is None else hex_of(np.array([value], "float64"))[0]


def _setting(value: Any) -> Any:
    """Return a setting with JSON's spelling of what JSON has no numbers for."""
    if isinstance(value, Mapping):
        return {str(key): _setting(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_setting(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value
