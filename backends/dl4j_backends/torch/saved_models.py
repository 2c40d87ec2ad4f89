"""Parameter groups that go on where a saved model of DL4J stopped, and the model that is saved of them again.

A tensor holds a parameter's values in the order in which they lie in DL4J's vector of parameters. The weights of
``torch.nn.Linear`` and ``torch.nn.Conv2d`` do, with their biases.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, groupby
from typing import Any

import numpy as np
import torch

from dl4j_backends.engine.settings import LayerSettings, NetworkSettings, layer_settings, network_settings, own_settings
from dl4j_backends.interface import Floats
from dl4j_backends.model_files.model import Model, Trained, after_training

Named = Mapping[str, torch.Tensor] | Iterable[tuple[str, torch.Tensor]]


def groups_of(model: Model, named_parameters: Named) -> list[dict[str, Any]]:
    """Return a parameter group for each layer of ``model`` that has parameters, in the order of DL4J's vector.

    The tensors are named by DL4J's keys, such as ``0_W``, or stand in the model's order, weights before biases. They
    get the values of the file.

    Raises ``ValueError`` for parameters that the model does not have, or lacks, or of another length or dtype, and for
    a model that is not trained by the steps of ``STOCHASTIC_GRADIENT_DESCENT``.
    """
    _check_steps(model)
    tensors = _by_key(model, dict(named_parameters))
    parts = {part.key: part for part in model.parameters}
    if model.params is not None:
        for key, tensor in tensors.items():
            with torch.no_grad():
                tensor.view(-1).copy_(torch.from_numpy(model.params[parts[key].place].copy()))
    found = model.configuration
    layers = dict(zip(found.names, found.layers, strict=True))
    return [
        {
            "params": [tensors[key] for key in keys],
            "conf": dict(found.conf),
            "iteration": found.conf.get("iteration_count", 0),
            "layer": {"name": name, "settings": layers[name]},
        }
        for name, keys in groupby(parts, key=_layer_of)
    ]


def settings_of(group: Mapping[str, Any]) -> tuple[NetworkSettings, LayerSettings]:
    """Return the settings of a group that :func:`groups_of` has made."""
    conf, layer = group["conf"], group["layer"]["settings"]
    return own_settings(network_settings(conf, 0), layer.get("conf")), layer_settings(layer, conf)


def first_state(model: Model, group: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what the file says of each of a group's parameters, as :meth:`Dl4jOptimizer.step` keeps it.

    It is empty if the file has no state: then the updaters begin anew.
    """
    if model.state is None:
        return []
    _, settings = settings_of(group)
    parts, name = model.state_layout, group["layer"]["name"]
    return [
        {
            "learning_rate": parameter.learning_rate,
            "momentum": settings.momentum,
            "state": [
                torch.from_numpy(model.state[part.place].copy())
                for part in parts
                if part.key == f"{name}_{parameter.name}"
            ],
            "velocity": None,
        }
        for parameter in settings.parameters
    ]


def saved(model: Model, groups: Sequence[Mapping[str, Any]], state: Mapping[torch.Tensor, Mapping[str, Any]]) -> Model:
    """Return ``model`` as DL4J would save it after the training of ``groups``.

    ``state`` has, by parameter, what :meth:`Dl4jOptimizer.step` keeps: arrays have the parameter's dtype and length.
    """
    params, rates, momenta = dict[str, Floats](), dict[str, float](), dict[str, float]()
    arrays: dict[tuple[str, str], Floats] = {}
    for group in groups:
        _, settings = settings_of(group)
        name = group["layer"]["name"]
        for parameter, tensor in zip(settings.parameters, group["params"], strict=True):
            key, known = f"{name}_{parameter.name}", state[tensor]
            params[key], rates[key] = _numpy(tensor), known["learning_rate"]
            for array, values in zip(parameter.updater.state, known["state"], strict=True):
                arrays[key, array] = _numpy(values)
            if settings.updater.takes_momentum:
                momenta[name] = known["momentum"]
    parts = model.state_layout
    view = np.concatenate([arrays[part.key, part.name] for part in parts]) if parts else None
    return after_training(model, Trained(params, view, rates, momenta, groups[0]["iteration"]))


def _numpy(tensor: torch.Tensor) -> Floats:
    values: Floats = tensor.detach().reshape(-1).cpu().numpy()
    return values


def _by_key(model: Model, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return the tensors by DL4J's keys, after a check of their lengths and dtypes."""
    keys = [part.key for part in model.parameters]
    if not set(tensors) & set(keys):
        # In DL4J's vector the bias of a convolution comes first, in torch's modules it comes last.
        by_layer = (
            sorted(of_layer, key=lambda key: key.endswith("_b")) for _, of_layer in groupby(keys, key=_layer_of)
        )
        in_order = [*chain.from_iterable(by_layer)]
        if len(in_order) != len(tensors):
            raise ValueError(f"the model has {len(keys)} parameters ({', '.join(keys)}), and {len(tensors)} are given")
        tensors = dict(zip(in_order, tensors.values(), strict=True))
    if missing := [key for key in keys if key not in tensors]:
        raise ValueError(f"the model has parameters that are not given: {', '.join(missing)}")
    if unknown := [key for key in tensors if key not in keys]:
        raise ValueError(f"the model has no parameters {', '.join(unknown)}: its keys are {', '.join(keys)}")
    for part in model.parameters:
        tensor = tensors[part.key]
        if tensor.numel() != part.length:
            raise ValueError(f"{part.key} has {part.length} values in the model, and {tensor.numel()} in torch")
        if model.params is not None and tensor.dtype is not getattr(torch, model.dtype):
            raise ValueError(f"{part.key} is {model.dtype} in the model, and {tensor.dtype} in torch")
        if not tensor.is_contiguous():
            raise ValueError(f"{part.key} is not contiguous in torch: call .contiguous() on it first")
    return dict(tensors)


def _layer_of(key: str) -> str:
    return key.rpartition("_")[0]


def _check_steps(model: Model) -> None:
    conf = model.configuration.conf
    algorithm, step = conf.get("optimization_algo", _ALGORITHM), conf.get("step_function", _STEP)
    if algorithm != _ALGORITHM or step != _STEP:
        raise ValueError(
            f"the model is trained by {algorithm} with the step function {step}; Dl4jOptimizer takes the steps of"
            f" {_ALGORITHM} with {_STEP}"
        )


_ALGORITHM, _STEP = "STOCHASTIC_GRADIENT_DESCENT", "NegativeGradient"
