"""A model after more training: its parameters and state, and what training changes in its configuration."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from dl4j_backends.interface import Floats
from dl4j_backends.model_files.configuration import read_configuration
from dl4j_backends.model_files.model import Model, Part


@dataclass(frozen=True, eq=False)
class Progress:
    """The values that training has changed.

    ``params`` are the parameters by key, and ``state`` the arrays of the updaters by key and name: 1-D, of the model's
    dtype. The learning rates by key are the decayed ones. ``momenta`` are by layer: by the name of its vertex, or its
    index.
    """

    iteration_count: int
    params: Mapping[str, Floats] = field(repr=False)
    state: Mapping[tuple[str, str], Floats] = field(repr=False)
    learning_rates: Mapping[str, float]
    momenta: Mapping[str, float]


def continued(model: Model, progress: Progress) -> Model:
    """Return ``model`` with the values that training has changed, as DL4J would save it now.

    DL4J saves the decayed rates, the momentum of the schedule and the iteration count with the configuration.

    Source: ``MultiLayerConfiguration.toJson``, ``ComputationGraphConfiguration.toJson`` (clause STATE-11).
    """
    data: Any = copy.deepcopy(model.data)
    data["iterationCount"] = progress.iteration_count
    for key, rate in progress.learning_rates.items():
        layer, _, parameter = key.rpartition("_")
        _conf(data, layer)["learningRateByParam"][parameter] = _number(rate)
    for layer, momentum in progress.momenta.items():
        (fields,) = _conf(data, layer)["layer"].values()
        fields["momentum"] = _number(momentum)
    return replace(
        model,
        configuration=read_configuration(data),
        data=data,
        params=_vector(model, model.parameters, {(key, ""): array for key, array in progress.params.items()}),
        state=_vector(model, model.state_layout, progress.state) if model.state_layout else None,
    )


def _conf(data: Any, layer: str) -> Any:
    """Return the ``NeuralNetConfiguration`` of a layer in the data of a configuration."""
    if "confs" in data:
        return data["confs"][int(layer)]
    return data["vertices"][layer]["LayerVertex"]["layerConf"]


def _number(value: float) -> float | str:
    """Return a double as Jackson writes it."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _vector(model: Model, parts: Sequence[Part], arrays: Mapping[tuple[str, str], Floats]) -> Floats:
    return np.concatenate([arrays[part.key, part.name] for part in parts], dtype=model.dtype)
