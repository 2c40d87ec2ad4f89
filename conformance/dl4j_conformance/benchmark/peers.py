"""Other implementations of similar updates, for comparison. They have rules of their own; `run` cannot judge them.

``torch.optim`` leaves the gradient alone and moves the parameters instead. Optax gives the update, as DL4J does. None
divides by the size of a batch.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from dl4j_backends import workload
from dl4j_backends.interface import UnsupportedError
from dl4j_backends.optional import library
from dl4j_backends.workload import LocalWorkload, Workload

#: What `bench` takes besides the addresses of backends.
ADDRESSES = {
    "torch.optim:foreach": "PyTorch's optimisers, a call per operation",
    "torch.optim:fused": "PyTorch's optimisers, a loop per update",
    "optax": "Optax on JAX, compiled for the CPU",
}

#: One thread, as for everybody else. Read once, when JAX first computes.
_XLA_FLAGS = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"


class Preparing(Protocol):
    """A contender that can be measured: a backend that offers it, or a peer."""

    def prepare(self, updater: str, size: int, dtype: str) -> Workload:
        """Return a workload; raises :class:`UnsupportedError` for an updater that it does not have."""


def peer(address: str, device: str = "cpu") -> Preparing:
    """Return the peer at an address of :data:`ADDRESSES`. ``torch.optim`` computes on torch's ``device``.

    Raises :class:`BackendUnavailableError` without its library.
    """
    if address == "optax":
        return _Optax()
    return _TorchOptim(address.partition(":")[2], device)


def copying(length: int, dtype: str, device: str = "cpu") -> LocalWorkload:
    """Return a copy of ``length`` elements of ``dtype`` on torch's ``device``, by the fastest means there."""
    if device == "cpu":
        numbers = np.ones(length, dtype)
        copied = numbers.copy()
        return LocalWorkload(restore=lambda: None, update=lambda: np.copyto(copied, numbers))
    torch = library("torch", "torch")
    source = torch.ones(length, dtype=getattr(torch, dtype), device=device)
    target = source.clone()
    return workload.on_device(torch, source.device, restore=lambda: None, update=lambda: target.copy_(source))


class _TorchOptim:
    """The class of ``torch.optim`` for an updater, in its implementation ``foreach`` or ``fused``."""

    _CLASSES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
        "SGD": ("SGD", {}),
        "NESTEROVS": ("SGD", {"momentum": 0.9, "nesterov": True}),
        "ADAGRAD": ("Adagrad", {}),
        "RMSPROP": ("RMSprop", {}),
        "ADAM": ("Adam", {}),
        "ADADELTA": ("Adadelta", {}),
    }

    def __init__(self, implementation: str, device: str) -> None:
        self._torch = library("torch", "torch")
        self._implementation, self._device = implementation, device

    def prepare(self, updater: str, size: int, dtype: str) -> LocalWorkload:
        if updater not in self._CLASSES:
            raise UnsupportedError(f"torch.optim has nothing like {updater}")
        torch, (name, settings) = self._torch, self._CLASSES[updater]
        optimizer_class = getattr(torch.optim, name)
        if self._implementation not in inspect.signature(optimizer_class).parameters:
            raise UnsupportedError(f"torch.optim.{name} has no implementation {self._implementation}")
        torch.set_num_threads(1)
        fresh = torch.from_numpy(workload.gradient(size, dtype)).to(self._device)
        parameter = torch.nn.Parameter(torch.zeros_like(fresh))
        parameter.grad = fresh.clone()
        optimizer = optimizer_class([parameter], lr=0.1, **settings, **{self._implementation: True})
        return workload.on_device(
            torch, fresh.device, restore=lambda: parameter.grad.copy_(fresh), update=optimizer.step
        )


class _Optax:
    """Optax's transformations, jitted; the buffers of gradient and state are donated."""

    _TRANSFORMATIONS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
        "SGD": ("sgd", {}),
        "NESTEROVS": ("sgd", {"momentum": 0.9, "nesterov": True}),
        "ADAGRAD": ("adagrad", {}),
        "RMSPROP": ("rmsprop", {}),
        "ADAM": ("adam", {}),
        "ADADELTA": ("adadelta", {}),
    }

    def __init__(self) -> None:
        if "jax" not in sys.modules:
            os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {_XLA_FLAGS}".strip()
        self._jax, self._optax = library("jax", "jax"), library("optax", "optax")

    def prepare(self, updater: str, size: int, dtype: str) -> LocalWorkload:
        if updater not in self._TRANSFORMATIONS:
            raise UnsupportedError(f"Optax has nothing like {updater}")
        jax, optax = self._jax, self._optax
        jax.config.update("jax_platforms", "cpu")
        jax.config.update("jax_enable_x64", dtype == "float64")
        name, settings = self._TRANSFORMATIONS[updater]
        transformation = getattr(optax, name)(0.1, **settings)
        fresh = workload.gradient(size, dtype)
        step = jax.jit(transformation.update, donate_argnums=(0, 1))
        parameters = jax.numpy.zeros_like(fresh)
        held = {"gradient": jax.numpy.array(fresh), "state": transformation.init(parameters)}

        def restore() -> None:
            held["gradient"] = jax.block_until_ready(jax.numpy.array(fresh))

        def update() -> None:
            done = step(held["gradient"], held["state"], parameters)
            held["gradient"], held["state"] = jax.block_until_ready(done)

        return LocalWorkload(restore, update)
