"""Trains with a program that ``suggest`` prints, in the library that it is for. The arithmetic is float64."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dl4j_backends.interface import BackendUnavailableError
from dl4j_backends.optional import library
from dl4j_conformance.cases.values import Floats
from dl4j_conformance.migration.counterpart import Library


@dataclass(frozen=True)
class Training:
    """A training of one parameter. Arrays are 1-D, of float64."""

    start: Floats = field(repr=False)
    #: Returns the gradient of the loss summed over the minibatch, for given parameters.
    gradient: Callable[[Floats], Floats]
    batch_size: int
    steps: int


def train(library: Library, program: str, training: Training) -> Floats:
    """Return the parameter (1-D, float64) after the training with ``program``.

    Raises :class:`BackendUnavailableError` if the library is not installed.
    """
    return _TRAINERS[library.title](program, training)


def _torch(program: str, training: Training) -> Floats:
    torch = library("torch", "torch")
    made = _executed(program)
    parameter = torch.nn.Parameter(torch.from_numpy(training.start.copy()))
    optimizer = made["optimizer_for"]([parameter])
    for iteration in range(training.steps):
        parameter.grad = torch.from_numpy(training.gradient(parameter.detach().numpy()))
        numbers = [iteration] if "iteration" in made["step"].__code__.co_varnames else []
        made["step"](optimizer, *numbers, training.batch_size)
    return np.asarray(parameter.detach().numpy())


def _optax(program: str, training: Training) -> Floats:
    jax, optax = library("jax", "jax"), library("optax", "optax")
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    try:
        transformation = _executed(program)["optimizer_for"](training.batch_size)
        parameter = jax.numpy.array(training.start)
        state = transformation.init(parameter)
        for _ in range(training.steps):
            gradient = jax.numpy.array(training.gradient(np.asarray(parameter)))
            updates, state = transformation.update(gradient, state, parameter)
            parameter = optax.apply_updates(parameter, updates)
        return np.asarray(parameter)
    finally:
        jax.config.update("jax_enable_x64", before)


def _keras(program: str, training: Training) -> Floats:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    keras = library("keras", "keras")
    if (used := keras.config.backend()) != "torch":
        raise BackendUnavailableError(f"Keras computes on {used} here, where float64 becomes float32")
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    try:
        made = _executed(program)
        variable = keras.Variable(training.start, dtype="float64")
        optimizer = made["optimizer_for"]([variable])
        for _ in range(training.steps):
            gradient = keras.ops.convert_to_tensor(training.gradient(_array(variable)), dtype="float64")
            made["step"](optimizer, [variable], [gradient], training.batch_size)
        return _array(variable)
    finally:
        keras.config.set_floatx(before)


def _array(variable: Any) -> Floats:
    return np.array(variable.value.detach().cpu().numpy())


def _executed(program: str) -> dict[str, Any]:
    """Return the names that a program of ours defines."""
    names: dict[str, Any] = {}
    exec(program, names)  # noqa: S102 - a program of ours
    return names


_TRAINERS: dict[str, Callable[[str, Training], Floats]] = {"torch.optim": _torch, "Optax": _optax, "Keras": _keras}
