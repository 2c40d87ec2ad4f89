"""A parameter group as a layer of DL4J 0.8.0: its updates, and what torch's ``state`` keeps of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from dl4j_backends.engine.execution import Execution
from dl4j_backends.engine.java import incremented
from dl4j_backends.engine.layer import Layer, Views
from dl4j_backends.engine.normalization import Gradient
from dl4j_backends.engine.parameter_updater import state_size
from dl4j_backends.engine.settings import LayerSettings, NetworkSettings, layer_settings, network_settings
from dl4j_backends.interface import Dl4jException
from dl4j_backends.torch import saved_models
from dl4j_backends.torch.execution import GroupingExecution, Together
from dl4j_backends.torch.parameters import OWN, addresses, flat, is_bias, names


@dataclass(frozen=True)
class GroupLayer:
    """A group's layer. ``offsets``: where its parameters begin in the vector of all; ``addresses``: where in memory."""

    group: dict[str, Any]
    layer: Layer
    execution: Execution
    offsets: Mapping[str, int]
    addresses: list[int]
    #: By batch size: the parameters together, if they can be updated so.
    together: dict[int, Together | None] = field(default_factory=dict)

    @classmethod
    def of(cls, group: dict[str, Any], before: int, execution: Execution) -> GroupLayer:
        """Return the layer of a group, with fresh state."""
        net, settings = settings_of(group)
        lengths = {parameter.name: parameter.length for parameter in settings.parameters}
        views = Views(execution.nd4j.empty(state_size(settings.parameters)))
        params = {name: p.detach().view(-1) for name, p in zip(lengths, group["params"], strict=True)}
        layer = Layer(net, settings, params, views, execution)
        offsets = {}
        for name, length in lengths.items():
            offsets[name], before = before, before + length
        return cls(group, layer, execution, offsets, addresses(group))

    def update(self, batch_size: int) -> bool:
        """Do one iteration on the parameters that have a gradient; return whether there may be something to tell."""
        iteration, given = self.group["iteration"], [p.grad for p in self.group["params"]]
        known = self.together.get(batch_size)
        are_together = known is not None and known.takes(given)
        if known and are_together:
            known.update(given, iteration)
        else:
            self._update_each(given, iteration, batch_size)
        self.group["iteration"] = incremented(iteration)
        return not are_together

    def _update_each(self, given: Sequence[torch.Tensor | None], iteration: int, batch_size: int) -> None:
        gradients = {
            name: Gradient(flat(g), offset)
            for g, (name, offset) in zip(given, self.offsets.items(), strict=True)
            if g is not None
        }
        self.layer.update(gradients, iteration, batch_size)
        if batch_size not in self.together and len(gradients) == len(given):
            arrays = {name: gradient.array for name, gradient in gradients.items()}
            self.together[batch_size] = self._together(arrays, iteration, batch_size)

    def _together(self, gradients: Mapping[str, torch.Tensor], iteration: int, batch_size: int) -> Together | None:
        if not (isinstance(self.execution, GroupingExecution) and self.layer.is_steady):
            return None
        return self.execution.together(self.layer, gradients, iteration, batch_size)

    def tell(self, state: dict[torch.Tensor, Any]) -> None:
        """Write into torch's ``state`` what has to be known to go on: arrays are 1-D, of the parameters' dtype."""
        for p, name in zip(self.group["params"], self.offsets, strict=True):
            updater = self.layer.updater(name)
            state[p] = {
                "learning_rate": self.layer.learning_rates[name],
                "momentum": self.layer.momentum,
                "state": list(updater.state),
                "velocity": updater.velocity,
            }

    def recall(self, state: Mapping[torch.Tensor, Any]) -> None:
        """Go on from what :meth:`tell` wrote: arrays are 1-D, of the parameters' dtype."""
        for p, name in zip(self.group["params"], self.offsets, strict=True):
            if known := state.get(p):
                updater = self.layer.updater(name)
                self.layer.momentum = updater.momentum = known["momentum"]
                self.layer.learning_rates[name] = updater.learning_rate = known["learning_rate"]
                for array, values in zip(updater.state, known["state"], strict=True):
                    array[:] = values
                if known["velocity"] is not None:
                    updater.velocity = updater.state[0].clone()
                    updater.velocity[:] = known["velocity"]


def settings_of(group: Mapping[str, Any]) -> tuple[NetworkSettings, LayerSettings]:
    """Return what DL4J's build makes of a group, with the group's parameters for the layer's."""
    if "layer" in group:
        return saved_models.settings_of(group)
    conf, own = group["conf"], {name: value for name, value in group.items() if name not in OWN}
    try:
        net, settings = network_settings(conf, 1), layer_settings(own, conf)
    except Dl4jException as error:
        raise ValueError(error.message) from error
    weights, bias = settings.parameters
    parameters = tuple(
        replace(bias if is_bias(p, name) else weights, name=str(index), length=p.numel())
        for index, (p, name) in enumerate(zip(group["params"], names(group), strict=True))
    )
    return net, replace(settings, parameters=parameters)
