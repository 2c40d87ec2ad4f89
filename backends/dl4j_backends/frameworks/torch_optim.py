"""``torch.optim`` as a library: its optimizers, its clipping and its schedules.

Arrays are 1-D, of the network's dtype.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch

from dl4j_backends.engine.settings import GradientNormalization
from dl4j_backends.frameworks.construction import Construction, LibraryName
from dl4j_backends.frameworks.gradient_sum import sum_of_gradients, velocity
from dl4j_backends.frameworks.interface import LibraryOptimizer, Rates
from dl4j_backends.frameworks.schedule import Schedule
from dl4j_backends.interface import CORRECTLY_ROUNDED, Floats, UnsupportedError


class TorchOptim:
    """The library ``torch.optim``, on the CPU."""

    name: LibraryName = "torch.optim"
    accuracy = CORRECTLY_ROUNDED
    has_one_optimizer = False

    def optimizer(self, made: Construction, dtype: str, length: int) -> LibraryOptimizer:
        """Return an optimizer for one parameter of ``length`` elements and ``dtype``.

        Raises :class:`UnsupportedError` for settings that torch refuses.
        """
        return _Optimizer(made, torch.zeros(length, dtype=getattr(torch, dtype)))

    def clipped(
        self, strategy: GradientNormalization, threshold: float, gradients: Sequence[Floats]
    ) -> Sequence[Floats]:
        """Return all gradients of a layer (1-D, of one dtype) as ``torch.nn.utils`` clips them.

        Raises :class:`UnsupportedError` for a normalisation, which torch does not have.
        """
        parameters = [_with_gradient(gradient) for gradient in gradients]
        match strategy:
            case "ClipElementWiseAbsoluteValue":
                torch.nn.utils.clip_grad_value_(parameters, threshold)
            case "ClipL2PerLayer":
                torch.nn.utils.clip_grad_norm_(parameters, threshold)
            case "ClipL2PerParamType":
                for parameter in parameters:
                    torch.nn.utils.clip_grad_norm_([parameter], threshold)
            case _:
                raise UnsupportedError(f"gradient_normalization {strategy}: torch clips gradients, it normalises none")
        return [parameter.grad.numpy() for parameter in parameters if parameter.grad is not None]

    def learning_rates(self, schedule: Schedule, learning_rate: float, dtype: str) -> Iterator[float]:
        """Yield the rates of the steps, the first of them ``learning_rate``, as Python's floats."""
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=learning_rate)
        scheduler = getattr(torch.optim.lr_scheduler, schedule.attribute)(optimizer, **schedule.arguments)
        while True:
            yield float(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()


class _Optimizer:
    """An optimizer of one parameter."""

    def __init__(self, made: Construction, weights: torch.Tensor) -> None:
        self._made, self._parameter = made, torch.nn.Parameter(weights)
        try:
            self._optimizer = getattr(torch.optim, made.attribute)(
                [self._parameter], lr=made.learning_rate, weight_decay=made.weight_decay, **made.arguments
            )
        except ValueError as error:
            raise UnsupportedError(f"{made.name} refuses these settings: {error}") from error
        self._state: dict[str, Any] = self._optimizer.state[self._parameter]
        # As its first step would do it: then the state can be seen, and set, before.
        self._state.setdefault("step", torch.tensor(0.0))
        for name in made.state:
            self._state.setdefault(name, torch.zeros_like(weights))
            if name in made.start:
                self._state[name].fill_(made.start[name])

    @property
    def _group(self) -> dict[str, Any]:
        return self._optimizer.param_groups[0]  # type: ignore[no-any-return]

    def state(self) -> Sequence[Floats]:
        """Return copies of its state, in the order and with the meaning of DL4J's view."""
        arrays = [self._state[name].numpy().copy() for name in self._made.state]
        return [velocity(arrays[0], self._group["lr"])] if self._made.sums_gradients else arrays

    def load(self, state: Sequence[Floats]) -> None:
        """Take over a state in DL4J's meaning (1-D arrays of the dtype)."""
        given = [sum_of_gradients(state[0], self._group["lr"])] if self._made.sums_gradients else state
        for name, array in zip(self._made.state, given, strict=True):
            self._state[name].copy_(torch.from_numpy(array))

    def adopt(self, rates: Rates) -> None:
        """Set the learning rate, and the momentum if it has one."""
        self._group["lr"] = rates.learning_rate
        if self._made.sums_gradients:
            self._group["momentum"] = rates.momentum

    def count(self, iteration: int) -> None:
        """Set its counter to the number of steps before the next one: Adam's alone is read.

        Raises :class:`UnsupportedError` for a negative number.
        """
        if iteration < 0 and "exp_avg" in self._state:
            raise UnsupportedError(f"iteration {iteration}: torch's Adam counts from 1")
        self._state["step"].fill_(iteration)
        if self._made.epsilon_decay is not None:
            self._group["eps"] = self._made.epsilon_of_step(iteration + 1)

    def step(self, weights: Floats, gradient: Floats) -> Floats:
        """Return the weights after a step from ``weights`` along ``gradient`` (1-D each, of the dtype).

        Raises :class:`UnsupportedError` for a step that torch cannot make.
        """
        self._parameter.data = torch.from_numpy(weights.copy())
        self._parameter.grad = torch.from_numpy(gradient.copy())
        try:
            self._optimizer.step()
        except RuntimeError as error:  # such as a rate that float32 cannot hold
            raise UnsupportedError(f"{self._made.name} cannot make this step: {error}") from error
        return self._parameter.detach().numpy().copy()


def _with_gradient(gradient: Floats) -> torch.nn.Parameter:
    tensor = torch.from_numpy(gradient.copy())
    parameter = torch.nn.Parameter(torch.zeros_like(tensor))
    parameter.grad = tensor
    return parameter
