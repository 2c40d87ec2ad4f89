"""``Dl4jOptimizer``: DL4J's rules as a ``torch.optim.Optimizer``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Self

import torch
from torch.optim import Optimizer

from dl4j_backends.block_interface import BLOCK_VERSIONS, BlockPlace
from dl4j_backends.blocks.settings import OF_NETWORKS, check
from dl4j_backends.engine.execution import Execution
from dl4j_backends.engine.java import incremented
from dl4j_backends.engine.settings import (
    GRADIENT_NORMALIZATIONS,
    LEARNING_RATE_POLICIES,
    LayerSettings,
    NetworkSettings,
)
from dl4j_backends.engine.updaters import UPDATERS
from dl4j_backends.model_files.model import Model, read_model, save_model
from dl4j_backends.torch import saved_models
from dl4j_backends.torch.backend import execution_on
from dl4j_backends.torch.block_groups import BlockGroups, check_layer
from dl4j_backends.torch.execution import CapturableExecution, Target
from dl4j_backends.torch.group_layer import GroupLayer, settings_of
from dl4j_backends.torch.parameters import DTYPES, OWN, addresses, check_group

_OF_PARAMETERS = {"learning_rate", "bias_learning_rate", "l1", "l2", "l1_bias", "l2_bias"}
_OF_LAYERS = _OF_PARAMETERS | {field.name for field in fields(LayerSettings)} - {"parameters", "pretrain"}
_OF_NETWORKS = {field.name for field in fields(NetworkSettings)} - {"step_function", "iteration_count"}

_CHOICES: Mapping[str, Collection[str]] = {
    "updater": UPDATERS,
    "gradient_normalization": GRADIENT_NORMALIZATIONS,
    "lr_policy": LEARNING_RATE_POLICIES,
}

_FIRST = "0.8.0"


class Dl4jOptimizer(Optimizer):
    """Trains parameters as DL4J would: every group of parameters is one of its layers.

    ``dl4j`` is the version, 0.8.0, 0.9.1 or 1.0.0-M2.1. `dl4j-conformance docs torch` describes the settings of later
    versions; the following is of 0.8.0.

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

    def __init__(self, params: Any, *, dl4j: str = _FIRST, **settings: Any) -> None:
        if dl4j not in (_FIRST, *BLOCK_VERSIONS):
            raise ValueError(f"dl4j is one of {', '.join((_FIRST, *BLOCK_VERSIONS))}, not {dl4j!r}")
        self._version = dl4j
        self._layers: dict[int, GroupLayer] = {}
        self._executions: dict[tuple[torch.device, str], Execution] = {}
        self._model: Model | None = None
        self._network: BlockGroups | None = None
        if dl4j == _FIRST:
            _check(settings, _OF_LAYERS | _OF_NETWORKS)
            super().__init__(params, {"conf": settings, "iteration": 0})
        else:
            check(dl4j, settings, OF_NETWORKS[dl4j])
            super().__init__(params, {"dl4j": dl4j, "conf": settings, "iteration": 0, "epoch": 0})
            self._network = BlockGroups(dl4j, self.param_groups)

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
        """Add a parameter group as a layer; its counts of iterations and epochs start at the others'."""
        if self._version == _FIRST:
            _check({name: value for name, value in param_group.items() if name not in OWN}, _OF_LAYERS)
        for name in ("iteration", "epoch"):
            if self.param_groups and name in self.param_groups[0]:
                param_group.setdefault(name, self.param_groups[0][name])
        super().add_param_group(param_group)
        try:
            self._check_last_group()
        except ValueError:
            self.param_groups.pop()
            raise

    def _check_last_group(self) -> None:
        """Raise ValueError unless DL4J builds the last group, as a layer after the others."""
        group = self.param_groups[-1]
        if self._version == _FIRST:
            _check_group(group)
            return
        check_layer(self._version, group)
        if self._network:
            self._network = self._built()

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_model": self._model, "_version": self._version}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__({"_version": _FIRST, **state} if "defaults" in state else state)
        self._layers, self._executions, self._network = {}, {}, None

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where :meth:`state_dict` was called. Raises ValueError for that of another version of DL4J."""
        for group in state_dict["param_groups"]:
            if (of := group.get("dl4j", _FIRST)) != self._version:
                raise ValueError(f"this is the state of an optimizer of DL4J {of}, and not of {self._version}")
        super().load_state_dict(state_dict)

    def next_epoch(self) -> None:
        """Count an epoch, as DL4J does after each pass over an iterator. Schedules of 1.0.0-M2.1 may go by it."""
        for group in self.param_groups:
            group["epoch"] = group.get("epoch", 0) + 1

    def blocks(self) -> Sequence[BlockPlace]:
        """Return DL4J's blocks of parameters, which share an updater and a part of :meth:`state_view`.

        Raises ``RuntimeError`` for 0.8.0, which has none.
        """
        return self._block_groups().blocks()

    def state_view(self) -> torch.Tensor:
        """Return DL4J's state view (a copy, 1-D, of the parameters' dtype), block by block.

        Raises ``RuntimeError`` for 0.8.0, whose state stands in saved models.
        """
        return self._block_groups().state_view()

    def _block_groups(self) -> BlockGroups:
        """Return the network of the groups, made anew when parameters have moved to other memory."""
        if self._version == _FIRST:
            raise RuntimeError("DL4J 0.8.0 has no blocks: they are those of later versions")
        if self._network is None or not self._network.is_of(self.param_groups):
            self._network = self._built()
        return self._network

    def _built(self) -> BlockGroups:
        network = BlockGroups(self._version, self.param_groups)
        network.recall(self.state)
        return network

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
        if self._version != _FIRST:
            self._step_blocks(batch_size)
            return loss
        layers = self._current_layers()
        with ExitStack() as together:
            for execution in self._executions.values():
                together.enter_context(execution.nd4j.silently())
                together.enter_context(execution)
            changed = [layer for layer in layers if layer.update(batch_size)]
        for layer in changed:
            layer.tell(self.state)
        return loss

    def _step_blocks(self, batch_size: int) -> None:
        network, first = self._block_groups(), self.param_groups[0]
        network.step(first["iteration"], first["epoch"], batch_size)
        network.tell(self.state)
        for group in self.param_groups:
            group["iteration"] = incremented(group["iteration"])

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
        if self._version != _FIRST:
            raise RuntimeError(f"steps of DL4J {self._version} are single operations: there is nothing to capture")
        if not self._executions:
            raise RuntimeError("take a step first: it shows what is launched")
        found = [execution for execution in self._executions.values() if isinstance(execution, CapturableExecution)]
        if len(found) != len(self._executions):
            raise RuntimeError("steps are kernels on CUDA, with Triton: elsewhere there is nothing to capture")
        return found

    def _current_layers(self) -> list[GroupLayer]:
        return [self._layer(index) for index in range(len(self.param_groups))]

    def _layer(self, index: int) -> GroupLayer:
        """Return the group's layer, made anew when its parameters have moved to other memory."""
        group, known = self.param_groups[index], self._layers.get(index)
        if known and known.addresses == addresses(group):
            return known
        place = group["params"][0].device, DTYPES[group["params"][0].dtype]
        if place not in self._executions:
            self._executions[place] = execution_on(*place, Target.WEIGHTS)
        before = sum(p.numel() for earlier in self.param_groups[:index] for p in earlier["params"])
        self._layers[index] = layer = GroupLayer.of(group, before, self._executions[place])
        layer.recall(self.state)
        return layer


def _check(settings: Mapping[str, Any], known: set[str]) -> None:
    for name, value in settings.items():
        if name not in known:
            close = get_close_matches(name, known, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(sorted(known))}"
            raise ValueError(f"DL4J has no setting {name!r} here: {hint}")
        if value not in _CHOICES.get(name, (value,)):
            raise ValueError(f"{name} is one of {', '.join(_CHOICES[name])}, not {value!r}")


def _check_group(group: Mapping[str, Any]) -> None:
    net, _ = settings_of(group)
    if net.lr_policy == "Score":
        raise ValueError("lr_policy 'Score' follows the score of DL4J's own optimiser: decide on another policy")
    check_group(group)
