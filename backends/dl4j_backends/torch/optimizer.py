"""``Dl4jOptimizer``: DL4J 0.8.0's rules as a ``torch.optim.Optimizer``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Self

import torch
from torch.optim import Optimizer

from dl4j_backends.engine.execution import Execution
from dl4j_backends.engine.java import incremented
from dl4j_backends.engine.layer import Layer, Views
from dl4j_backends.engine.normalization import Gradient
from dl4j_backends.engine.parameter_updater import state_size
from dl4j_backends.engine.settings import (
    GRADIENT_NORMALIZATIONS,
    LEARNING_RATE_POLICIES,
    LayerSettings,
    NetworkSettings,
    layer_settings,
    network_settings,
)
from dl4j_backends.engine.updaters import UPDATERS
from dl4j_backends.interface import Dl4jException
from dl4j_backends.model_files.model import Model, read_model, save_model
from dl4j_backends.torch import saved_models
from dl4j_backends.torch.backend import execution_on
from dl4j_backends.torch.execution import CapturableExecution, GroupingExecution, Target, Together

_DTYPES = {torch.float32: "float32", torch.float64: "float64"}

_OF_PARAMETERS = {"learning_rate", "bias_learning_rate", "l1", "l2", "l1_bias", "l2_bias"}
_OF_LAYERS = _OF_PARAMETERS | {field.name for field in fields(LayerSettings)} - {"parameters", "pretrain"}
_OF_NETWORKS = {field.name for field in fields(NetworkSettings)} - {"step_function", "iteration_count"}

_CHOICES: Mapping[str, Collection[str]] = {
    "updater": UPDATERS,
    "gradient_normalization": GRADIENT_NORMALIZATIONS,
    "lr_policy": LEARNING_RATE_POLICIES,
}

#: The entries of a group besides its layer's settings; a ``layer`` has them all, from a model of DL4J.
_OWN = {"params", "param_names", "conf", "iteration", "layer"}


class Dl4jOptimizer(Optimizer):
    """Trains parameters as DL4J 0.8.0 would: every group of parameters is one of its layers.

    Keyword arguments are the network's settings (``NeuralNetConfiguration.Builder``), entries of a group its layer's,
    both under DL4J's names in snake_case. A layer has ``updater``, ``learning_rate``, ``bias_learning_rate``,
    ``learning_rate_schedule``, ``momentum``, ``momentum_schedule``, ``adam_mean_decay``, ``adam_var_decay``, ``rho``,
    ``rms_decay``, ``epsilon``, ``gradient_normalization``, ``gradient_normalization_threshold``, ``l1``, ``l2``,
    ``l1_bias``, ``l2_bias`` and ``frozen``; only the network has ``use_regularization`` (without it there is no
    L1 or L2), ``mini_batch``, ``num_iterations``, ``lr_policy``, ``lr_policy_decay_rate``, ``lr_policy_power`` and
    ``lr_policy_steps``. What is absent has DL4J's default.

    Parameters are float32 or float64 and contiguous. A bias is one whose name says so, if names were given
    (``model.named_parameters()``), else one of at most one dimension. Gradients stay as they are. A layer's norm takes
    its parameters in the group's order, each as it lies in memory. Learning rates decay in the ``state`` of a
    parameter; a group has what they start from. The bits are those of the backend ``torch``.

    Raises ``ValueError`` for a setting that DL4J does not have, or that its build refuses.
    """

    def __init__(self, params: Any, **settings: Any) -> None:
        _check(settings, _OF_LAYERS | _OF_NETWORKS)
        self._layers: dict[int, _GroupLayer] = {}
        self._executions: dict[tuple[torch.device, str], Execution] = {}
        self._model: Model | None = None
        super().__init__(params, {"conf": settings, "iteration": 0})

    @classmethod
    def from_dl4j(cls, path: str | Path, named_parameters: saved_models.Named) -> Self:
        """Return an optimizer that goes on where a model of DL4J 0.8.0 stopped: with its state, rates and count.

        ``path`` is a zip that ``ModelSerializer`` wrote. ``named_parameters`` are contiguous tensors by DL4J's keys,
        such as ``0_W``, or, under other names, all of them in the model's order, weights before biases. They have the
        model's dtype and lengths, and any shape. They get the values of the file, in the order of DL4J's vector.

        Raises :class:`~dl4j_backends.model_files.errors.ModelFileError` for a file that cannot be used, and
        ``ValueError`` for parameters that do not fit, and for a model that needs another optimiser.
        """
        model = read_model(path)
        optimizer = cls(saved_models.groups_of(model, named_parameters))
        optimizer._model = model
        for group in optimizer.param_groups:
            for p, known in zip(group["params"], saved_models.first_state(model, group), strict=False):
                optimizer.state[p] = known
        return optimizer

    @torch.no_grad()
    def save_dl4j(self, path: str | Path) -> None:
        """Write the zip of the model of :meth:`from_dl4j` as it is now, which DL4J 0.8.0 restores and trains on.

        As ``ModelSerializer``, it saves the state view, which has no velocity of NESTEROVS after its first step.
        Raises ``ValueError`` for an optimizer that was not made from a model.
        """
        if self._model is None:
            raise ValueError("there is no model to save: this optimizer was not made by Dl4jOptimizer.from_dl4j")
        for layer in self._current_layers():
            layer.tell(self.state)
        save_model(saved_models.saved(self._model, self.param_groups, self.state), path)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a parameter group as a layer; its iteration count starts at the others'."""
        _check({name: value for name, value in param_group.items() if name not in _OWN}, _OF_LAYERS)
        if self.param_groups:
            param_group.setdefault("iteration", self.param_groups[0]["iteration"])
        super().add_param_group(param_group)
        try:
            _check_group(self.param_groups[-1])
        except ValueError:
            self.param_groups.pop()
            raise

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_model": self._model}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._layers, self._executions = {}, {}

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None, *, batch_size: int = 1) -> Any:
        """Move the parameters that have a gradient; returns what ``closure`` returns.

        DL4J's gradients are sums over a minibatch, and it divides by ``batch_size`` after everything else. With the
        mean of a minibatch as loss, leave it at 1.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        layers = self._current_layers()
        with ExitStack() as together:
            for execution in self._executions.values():
                together.enter_context(execution.nd4j.silently())
                together.enter_context(execution)
            changed = [layer for layer in layers if layer.update(batch_size)]
        for layer in changed:
            layer.tell(self.state)
        return loss

    @torch.no_grad()
    def send(self, *, batch_size: int = 1) -> None:
        """Do the host's part of a step, which a captured CUDA graph of :meth:`launch` is then replayed with.

        Iterations, learning rates and Adam's factor go on, and scalars that have changed travel to the device. A step
        has to be taken before, which shows what is launched.

        Raises ``RuntimeError`` where steps are not kernels, for gradients that are not contiguous, and if this step
        needs other launches than the last.
        """
        executions = self._capturable()
        if not all(p.grad is None or p.grad.is_contiguous() for group in self.param_groups for p in group["params"]):
            raise RuntimeError("gradients must be contiguous: kernels are to find them where they are")
        changed = [layer for layer in self._current_layers() if layer.update(batch_size)]
        alike = [execution.send() for execution in executions]
        for layer in changed:
            layer.tell(self.state)
        if not all(alike):
            raise RuntimeError("this step needs other launches than the last: launch() it, and capture a graph anew")

    def launch(self) -> None:
        """Do the device's part of the step that was sent last. It sends nothing, so a CUDA graph can capture it.

        Raises ``RuntimeError`` where steps are not kernels.
        """
        for execution in self._capturable():
            execution.launch()

    def _capturable(self) -> list[CapturableExecution]:
        """Return the executions, which all launch kernels."""
        if not self._executions:
            raise RuntimeError("take a step first: it shows what is launched")
        found = [execution for execution in self._executions.values() if isinstance(execution, CapturableExecution)]
        if len(found) != len(self._executions):
            raise RuntimeError("steps are kernels on CUDA, with Triton: elsewhere there is nothing to capture")
        return found

    def _current_layers(self) -> list[_GroupLayer]:
        return [self._layer(index) for index in range(len(self.param_groups))]

    def _layer(self, index: int) -> _GroupLayer:
        """Return the group's layer, made anew when its parameters have moved to other memory."""
        group, known = self.param_groups[index], self._layers.get(index)
        if known and known.addresses == _addresses(group):
            return known
        place = group["params"][0].device, _DTYPES[group["params"][0].dtype]
        if place not in self._executions:
            self._executions[place] = execution_on(*place, Target.WEIGHTS)
        before = sum(p.numel() for earlier in self.param_groups[:index] for p in earlier["params"])
        self._layers[index] = layer = _GroupLayer.of(group, before, self._executions[place])
        layer.recall(self.state)
        return layer


@dataclass(frozen=True)
class _GroupLayer:
    """A group's layer. ``offsets``: where its parameters begin in the vector of all; ``addresses``: where in memory."""

    group: dict[str, Any]
    layer: Layer
    execution: Execution
    offsets: Mapping[str, int]
    addresses: list[int]
    #: By batch size: the parameters together, if they can be updated so.
    together: dict[int, Together | None] = field(default_factory=dict)

    @classmethod
    def of(cls, group: dict[str, Any], before: int, execution: Execution) -> _GroupLayer:
        """Return the layer of a group, with fresh state."""
        net, settings = _settings(group)
        lengths = {parameter.name: parameter.length for parameter in settings.parameters}
        views = Views(execution.nd4j.empty(state_size(settings.parameters)))
        params = {name: p.detach().view(-1) for name, p in zip(lengths, group["params"], strict=True)}
        layer = Layer(net, settings, params, views, execution)
        offsets = {}
        for name, length in lengths.items():
            offsets[name], before = before, before + length
        return cls(group, layer, execution, offsets, _addresses(group))

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
            name: Gradient(_flat(g), offset)
            for g, (name, offset) in zip(given, self.offsets.items(), strict=True)
            if g is not None
        }
        self.layer.update(gradients, iteration, batch_size)
        if batch_size not in self.together and len(gradients) == len(given):
            flat = {name: gradient.array for name, gradient in gradients.items()}
            self.together[batch_size] = self._together(flat, iteration, batch_size)

    def _together(self, gradients: Mapping[str, torch.Tensor], iteration: int, batch_size: int) -> Together | None:
        if not (isinstance(self.execution, GroupingExecution) and self.layer.is_steady):
            return None
        return self.execution.together(self.layer, gradients, iteration, batch_size)

    def tell(self, state: dict[torch.Tensor, Any]) -> None:
        """Write into torch's ``state`` what has to be known to go on."""
        for p, name in zip(self.group["params"], self.offsets, strict=True):
            updater = self.layer.updater(name)
            state[p] = {
                "learning_rate": self.layer.learning_rates[name],
                "momentum": self.layer.momentum,
                "state": list(updater.state),
                "velocity": updater.velocity,
            }

    def recall(self, state: Mapping[torch.Tensor, Any]) -> None:
        """Go on from what :meth:`tell` wrote."""
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


def _flat(gradient: torch.Tensor) -> torch.Tensor:
    if gradient.is_sparse:
        raise RuntimeError("Dl4jOptimizer does not support sparse gradients")
    return gradient.detach().reshape(-1)


def _addresses(group: Mapping[str, Any]) -> list[int]:
    return [p.data_ptr() for p in group["params"]]


def _settings(group: Mapping[str, Any]) -> tuple[NetworkSettings, LayerSettings]:
    """Return what DL4J's build makes of a group, with the group's parameters for the layer's."""
    if "layer" in group:
        return saved_models.settings_of(group)
    conf, own = group["conf"], {name: value for name, value in group.items() if name not in _OWN}
    try:
        net, settings = network_settings(conf, 1), layer_settings(own, conf)
    except Dl4jException as error:
        raise ValueError(error.message) from error
    weights, bias = settings.parameters
    names = group.get("param_names", [None] * len(group["params"]))
    parameters = tuple(
        replace(bias if _is_bias(p, name) else weights, name=str(index), length=p.numel())
        for index, (p, name) in enumerate(zip(group["params"], names, strict=True))
    )
    return net, replace(settings, parameters=parameters)


def _is_bias(p: torch.Tensor, name: str | None) -> bool:
    return p.dim() <= 1 if name is None else name.rpartition(".")[2].startswith("bias")


def _check(settings: Mapping[str, Any], known: set[str]) -> None:
    for name, value in settings.items():
        if name not in known:
            close = get_close_matches(name, known, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(sorted(known))}"
            raise ValueError(f"DL4J has no setting {name!r} here: {hint}")
        if value not in _CHOICES.get(name, (value,)):
            raise ValueError(f"{name} is one of {', '.join(_CHOICES[name])}, not {value!r}")


def _check_group(group: Mapping[str, Any]) -> None:
    if not group["params"]:
        raise ValueError("a group needs parameters")
    net, _ = _settings(group)
    if net.lr_policy == "Score":
        raise ValueError("lr_policy 'Score' follows the score of DL4J's own optimiser: decide on another policy")
    first = group["params"][0]
    for p in group["params"]:
        if p.dtype not in _DTYPES:
            raise ValueError(f"parameters must be float32 or float64, not {p.dtype}")
        if (p.dtype, p.device) != (first.dtype, first.device):
            raise ValueError("the parameters of a group must be of one type, on one device: make it two groups")
        if not p.is_contiguous():
            raise ValueError("parameters must be contiguous: call .contiguous() on them first")
