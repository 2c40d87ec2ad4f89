"""Keras as a library: its optimizers, its clipping and its schedules. Arrays are 1-D, of the network's dtype.

Keras computes on torch, on the CPU, with ``floatx`` set to the network's type. On NumPy and TensorFlow its promotion
rules make float32 of float64.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

import numpy as np

from dl4j_backends.engine.settings import GradientNormalization
from dl4j_backends.frameworks.construction import Construction, LibraryName
from dl4j_backends.frameworks.interface import LibraryOptimizer, Rates
from dl4j_backends.frameworks.schedule import Schedule
from dl4j_backends.interface import CORRECTLY_ROUNDED, BackendUnavailableError, Floats, UnsupportedError

os.environ.setdefault("KERAS_BACKEND", "torch")
import keras


class Keras:
    """The library ``keras`` on torch. Raises :class:`BackendUnavailableError` if it was told to use something else."""

    name: LibraryName = "keras"
    accuracy = CORRECTLY_ROUNDED
    has_one_optimizer = True

    def __init__(self) -> None:
        if (used := keras.config.backend()) != "torch":
            raise BackendUnavailableError(f"Keras computes on {used} here: set KERAS_BACKEND=torch")

    def optimizer(self, made: Construction, dtype: str, length: int) -> LibraryOptimizer:
        """Return an optimizer for one parameter of ``length`` elements and ``dtype``.

        Raises :class:`UnsupportedError` for settings that Keras refuses.
        """
        return _Optimizer(made, dtype, length)

    def clipped(
        self, strategy: GradientNormalization, threshold: float, gradients: Sequence[Floats]
    ) -> Sequence[Floats]:
        """Return all gradients of a layer (1-D, of one dtype) as the optimizers of Keras clip them.

        Raises :class:`UnsupportedError` for a normalisation that Keras does not have.
        """
        names = {
            "ClipElementWiseAbsoluteValue": "clipvalue",
            "ClipL2PerLayer": "global_clipnorm",
            "ClipL2PerParamType": "clipnorm",
        }
        if strategy not in names:
            raise UnsupportedError(f"gradient_normalization {strategy}: Keras has nothing that corresponds to it")
        dtype = str(gradients[0].dtype)
        # A step of rate 1 from -0.0 shows the gradient as it was clipped.
        with _computing_in(dtype):
            variables = [_variable(np.full_like(gradient, -0.0)) for gradient in gradients]
        optimizer = _made("SGD", dtype, 1.0, **{names[strategy]: threshold})
        with _computing_in(dtype):
            optimizer.apply([keras.ops.convert_to_tensor(gradient) for gradient in gradients], variables)
        return [-_array(variable) for variable in variables]

    def learning_rates(self, schedule: Schedule, learning_rate: float, dtype: str) -> Iterator[float]:
        """Yield the rates of the steps, the first of them ``learning_rate``, computed in ``dtype``."""
        made = getattr(keras.optimizers.schedules, schedule.attribute)(**schedule.arguments)
        for step in count():
            with _computing_in(dtype):
                rate = float(made(step))
            yield rate


class _Optimizer:
    """An optimizer of one variable."""

    def __init__(self, made: Construction, dtype: str, length: int) -> None:
        self._made = made
        with _computing_in(dtype):
            self._variable = _variable(np.zeros(length, dtype))
        decay = made.weight_decay or None
        self._optimizer = _made(made.attribute, dtype, made.learning_rate, weight_decay=decay, **made.arguments)
        with _computing_in(dtype):
            self._optimizer.build([self._variable])
        if len(self._arrays) != len(made.state):
            raise UnsupportedError(f"{made.name} has no velocity under a momentum of 0")
        for name, array in zip(made.state, self._arrays, strict=True):
            if name in made.start:
                array.assign(np.full(length, made.start[name], dtype))

    @property
    def _arrays(self) -> list[keras.Variable]:
        """The variables of its state, after its counter and its learning rate."""
        return self._optimizer.variables[2:]  # type: ignore[no-any-return]

    def state(self) -> Sequence[Floats]:
        """Return copies of its state, in the order and with the meaning of DL4J's view."""
        return [_array(variable) for variable in self._arrays]

    def load(self, state: Sequence[Floats]) -> None:
        """Take over a state in DL4J's meaning (1-D arrays of the dtype)."""
        with _computing_in(str(self._variable.dtype)):
            for variable, array in zip(self._arrays, state, strict=True):
                variable.assign(array)

    def adopt(self, rates: Rates) -> None:
        """Set the learning rate, and the momentum if it has one."""
        with _computing_in(str(self._variable.dtype)):
            self._optimizer.learning_rate = rates.learning_rate
        if "momentum" in self._made.arguments:
            self._optimizer.momentum = rates.momentum

    def count(self, iteration: int) -> None:
        """Set its counter to the number of steps before the next one."""
        self._optimizer.iterations.assign(iteration)

    def step(self, weights: Floats, gradient: Floats) -> Floats:
        """Return the weights after a step from ``weights`` along ``gradient`` (1-D each, of the dtype)."""
        with _computing_in(str(gradient.dtype)):
            self._variable.assign(weights)
            self._optimizer.apply([keras.ops.convert_to_tensor(gradient)], [self._variable])
        return _array(self._variable)


@contextmanager
def _computing_in(dtype: str) -> Iterator[None]:
    """Let Keras compute in ``dtype`` on the CPU meanwhile, as a program does that trains in it."""
    before = keras.config.floatx()
    keras.config.set_floatx(dtype)
    try:
        with keras.device("cpu"):
            yield
    finally:
        keras.config.set_floatx(before)


def _made(name: str, dtype: str, learning_rate: float, **arguments: Any) -> Any:
    """Return an optimizer. Raises :class:`UnsupportedError` for settings that Keras refuses."""
    try:
        with _computing_in(dtype):
            return getattr(keras.optimizers, name)(learning_rate, **arguments)
    except ValueError as error:
        raise UnsupportedError(f"keras.optimizers.{name} refuses these settings: {error}") from error


def _variable(array: Floats) -> keras.Variable:
    return keras.Variable(array, dtype=str(array.dtype))


def _array(variable: keras.Variable) -> Floats:
    return variable.value.detach().numpy().copy()  # type: ignore[no-any-return]
