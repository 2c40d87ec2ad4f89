"""The networks that ``oracle update --dl4j`` describes: a dense layer with the settings of a later version.

Arrays are 1-D, of the layer's dtype.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click
import numpy as np

from dl4j_backends.block_interface import BlockNetwork, BlockStep
from dl4j_backends.interface import Network
from dl4j_conformance.cases.values import Floats
from dl4j_oracle.blocks.iupdater import DEFAULTS, UpdaterClass

#: The classes of updaters by the names of options.
_CLASSES = {"NONE": UpdaterClass.NO_OP, **{class_.upper(): class_ for class_ in UpdaterClass}}
#: The names that 0.8.0 does not know.
LATER_UPDATERS = ("ADAMAX", "NADAM", "AMSGRAD")
#: The options whose settings have another name in 1.0.0.
_RENAMED = {"adam_mean_decay": "beta1", "adam_var_decay": "beta2"}
_OF_UPDATERS = ("learning_rate", "momentum", "adam_mean_decay", "adam_var_decay", "rho", "rms_decay", "epsilon")
_KEPT = (
    "n_in",
    "n_out",
    "gradient_normalization",
    "gradient_normalization_threshold",
    "l1",
    "l2",
    "l1_bias",
    "l2_bias",
)


def block_network(version: str, network: Network) -> BlockNetwork:
    """Return the network of a later version that 0.8.0's describes. Raises :class:`click.UsageError`."""
    if version == "0.9.1":
        return BlockNetwork(version, network.dtype, network.conf, network.layers, network.params)
    conf, (layer,) = network.conf, network.layers
    if conf["lr_policy"] not in ("None", "Schedule"):
        raise click.UsageError(f"--policy {conf['lr_policy']}: {version} has schedules, and no policies")
    updater = _updater(version, layer, conf.get("learning_rate_schedule"))
    described = {name: layer[name] for name in _KEPT if name in layer} | {"updater": updater}
    if "bias_learning_rate" in layer:
        rate = {"learning_rate": layer["bias_learning_rate"]}
        described["bias_updater"] = {**updater, **rate} if "learning_rate" in DEFAULTS[updater["type"]] else updater
        described["bias_updater"].pop("learning_rate_schedule", None)
    return BlockNetwork(version, network.dtype, {}, [described], network.params)


def _updater(version: str, layer: Mapping[str, Any], schedule: Mapping[int, float] | None) -> dict[str, Any]:
    type_ = _CLASSES[layer["updater"]]
    updater: dict[str, Any] = {"type": type_}
    for option in _OF_UPDATERS:
        name = _RENAMED.get(option, option)
        if option in layer:
            if name not in DEFAULTS[type_]:
                raise click.UsageError(f"--{option.replace('_', '-')}: {type_} of {version} has no such setting")
            updater[name] = layer[option]
    for name, values in (("learning_rate", schedule), ("momentum", layer.get("momentum_schedule"))):
        if values and name in DEFAULTS[type_]:
            by_position = {str(position): value for position, value in values.items()}
            updater[f"{name}_schedule"] = {"type": "MapSchedule", "schedule_type": "ITERATION", "values": by_position}
    return updater


def block_steps(
    network: BlockNetwork, gradients: Sequence[tuple[int, Mapping[str, Floats]]], batch_size: int
) -> list[BlockStep]:
    """Return updates by gradients (each with its iteration): a parameter without one has zeros in the flat array."""
    zeros = {key: np.zeros_like(array) for key, array in network.params.items()}
    return [BlockStep(iteration, 0, batch_size, {**zeros, **given}) for iteration, given in gradients]
