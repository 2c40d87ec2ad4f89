"""Optax as a library: its transformations, its clipping and its schedules. Arrays are 1-D, of the network's dtype.

Every call computes in the network's type: with 64 bits enabled for float64, and without for float32.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

import jax
import numpy as np
import optax

from dl4j_backends.engine.settings import GradientNormalization
from dl4j_backends.frameworks.construction import Construction, LibraryName
from dl4j_backends.frameworks.gradient_sum import sum_of_gradients, velocity
from dl4j_backends.frameworks.interface import LibraryOptimizer, Rates
from dl4j_backends.frameworks.schedule import Schedule
from dl4j_backends.interface import Accuracy, Floats, UnsupportedError

#: JAX compiles every operation once for every length: arrays are padded to few lengths.
_SHORTEST = 32


class Optax:
    """The library ``optax`` on JAX, on the CPU, operation by operation. XLA flushes subnormal numbers to zero."""

    name: LibraryName = "optax"
    accuracy = Accuracy(flush_to_zero=True)
    has_one_optimizer = False

    def optimizer(self, made: Construction, dtype: str, length: int) -> LibraryOptimizer:
        """Return an optimizer for one parameter of ``length`` elements and ``dtype``.

        Raises :class:`UnsupportedError` for settings that Optax refuses.
        """
        return _Optimizer(made, dtype, length)

    def clipped(
        self, strategy: GradientNormalization, threshold: float, gradients: Sequence[Floats]
    ) -> Sequence[Floats]:
        """Return all gradients of a layer (1-D, of one dtype) as Optax clips them.

        Raises :class:`UnsupportedError` for a normalisation that Optax does not have.
        """
        match strategy:
            case "ClipElementWiseAbsoluteValue":
                return _transformed(optax.clip(threshold), gradients)
            case "ClipL2PerLayer":
                return _transformed(optax.clip_by_global_norm(threshold), gradients)
            case "ClipL2PerParamType":
                return [_transformed(optax.clip_by_global_norm(threshold), [gradient])[0] for gradient in gradients]
            case _:
                raise UnsupportedError(f"gradient_normalization {strategy}: Optax has nothing that corresponds to it")

    def learning_rates(self, schedule: Schedule, learning_rate: float, dtype: str) -> Iterator[float]:
        """Yield the rates of the steps, the first of them ``learning_rate``, computed in ``dtype``."""
        made = getattr(optax, schedule.attribute)(**schedule.arguments)
        for step in count():
            with _type(dtype):
                rate = float(made(step))
            yield rate


class _Optimizer:
    """A transformation of one parameter, with its state. It is made anew for every step, as rates change."""

    def __init__(self, made: Construction, dtype: str, length: int) -> None:
        self._made, self._dtype, self._length = made, dtype, length
        self._rate, self._momentum = made.learning_rate, made.arguments.get("momentum")
        self._changed: dict[str, float] = {}
        with _type(dtype), np.errstate(all="ignore"):
            self._state: Any = self._transformation().init(self._padded(np.zeros(length, dtype)))

    def _transformation(self) -> optax.GradientTransformation:
        momentum = {"momentum": self._momentum} if self._made.sums_gradients else {}
        arguments = {**self._made.arguments, **momentum, **self._changed}
        transformation = getattr(optax, self._made.attribute)(self._rate, **arguments)
        if self._made.weight_decay == 0:
            return transformation
        return optax.chain(optax.add_decayed_weights(self._made.weight_decay), transformation)

    def _padded(self, array: Floats) -> jax.Array:
        length = max(_SHORTEST, 1 << (self._length - 1).bit_length())
        padded = np.zeros(length, self._dtype)
        padded[: self._length] = array
        return jax.numpy.asarray(padded)

    def _array(self, array: Any) -> Floats:
        return np.array(array)[: self._length]

    def state(self) -> Sequence[Floats]:
        """Return copies of its state, in the order and with the meaning of DL4J's view."""
        arrays = [self._array(optax.tree_utils.tree_get(self._state, name)) for name in self._made.state]
        return [velocity(arrays[0], self._rate)] if self._made.sums_gradients else arrays

    def load(self, state: Sequence[Floats]) -> None:
        """Take over a state in DL4J's meaning (1-D arrays of the dtype)."""
        given = [sum_of_gradients(state[0], self._rate)] if self._made.sums_gradients else state
        with _type(self._dtype):
            arrays = dict(zip(self._made.state, map(self._padded, given), strict=True))
            self._state = optax.tree_utils.tree_set(self._state, **arrays)

    def adopt(self, rates: Rates) -> None:
        """Set the learning rate, and the momentum if it has one."""
        self._rate, self._momentum = rates

    def count(self, iteration: int) -> None:
        """Set its counter to the number of steps before the next one: Adam's alone is read.

        Raises :class:`UnsupportedError` for a negative number.
        """
        if "mu" not in self._made.state:
            return
        if iteration < 0:
            raise UnsupportedError(f"iteration {iteration}: Optax counts from 0")
        if self._made.epsilon_decay is not None:
            self._changed = {"eps": self._made.epsilon_of_step(iteration + 1)}
        with _type(self._dtype):
            self._state = optax.tree_utils.tree_set(self._state, count=jax.numpy.asarray(iteration, "int32"))

    def step(self, weights: Floats, gradient: Floats) -> Floats:
        """Return the weights after a step from ``weights`` along ``gradient`` (1-D each, of the dtype)."""
        with _type(self._dtype):
            parameter = self._padded(weights)
            updates, self._state = self._transformation().update(self._padded(gradient), self._state, parameter)
            return self._array(optax.apply_updates(parameter, updates))


def _type(dtype: str) -> Any:
    """Return a context in which JAX computes as for this type."""
    return jax.enable_x64(dtype == "float64")


def _transformed(transformation: optax.GradientTransformation, gradients: Sequence[Floats]) -> Sequence[Floats]:
    with _type(str(gradients[0].dtype)):
        arrays = [jax.numpy.asarray(gradient) for gradient in gradients]
        return [np.array(array) for array in transformation.update(arrays, transformation.init(arrays))[0]]
