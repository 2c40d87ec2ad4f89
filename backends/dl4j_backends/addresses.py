"""Backends by address: ``numpy``, ``python:package.module:object`` for anything importable, ``stdio:command``."""

from __future__ import annotations

import importlib
import os
import re
import sys
from typing import Any

from dl4j_backends.interface import Backend, BackendUnavailableError
from dl4j_backends.stdio.options import WireOptions


class UnknownAddressError(ValueError):
    """The address names no kind of backend."""


#: What ``list backends`` shows: address and meaning.
ADDRESSES = {
    "numpy": "the NumPy implementation that comes with this package",
    "torch": "the same on torch's tensors (extra `torch`); `torch:device=cuda` or `torch:device=cuda:N` on a GPU,"
    " `torch:kernels=interpreted` for the GPU's kernels without one",
    "python:MODULE:OBJECT": "a backend object, or a class or function that makes one, from an importable module",
    "dl4j": "the real DL4J 0.8.0, built on first use with a JDK and Maven; `dl4j:threads=N` for more than one thread",
    "stdio:COMMAND": "a program in any language that speaks the protocol of docs/protocol.md",
}

_TORCH = re.compile(r"|device=(cpu|cuda(:\d{1,3})?)|kernels=interpreted")


def resolve(address: str, options: WireOptions = WireOptions()) -> Backend:  # noqa: B008 - frozen
    """The backend at ``address``; ``options`` are for those that are processes.

    Raises :class:`UnknownAddressError` for a malformed address and :class:`BackendUnavailableError` for one
    whose backend cannot be had here. The current folder is importable.
    """
    scheme, _, rest = address.partition(":")
    if scheme == "numpy" and not rest:
        from dl4j_backends.numpy import NumpyBackend

        return NumpyBackend()
    if scheme == "torch" and _TORCH.fullmatch(rest):
        return _on_torch(rest)
    if scheme == "python" and rest.count(":") == 1 and all(rest.split(":")):
        return _from_python(*rest.split(":"))
    if scheme == "dl4j" and (threads := _threads(rest)):
        from dl4j_backends.dl4j import Dl4jBackend

        return Dl4jBackend(threads, options)
    if scheme == "stdio" and rest.strip():
        return _from_command(rest, options)
    raise UnknownAddressError(
        f"unknown backend {address!r}: an address is numpy, torch, oracle, dl4j, python:MODULE:OBJECT or stdio:COMMAND"
        " (`dl4j-conformance list backends`)"
    )


def _on_torch(parameters: str) -> Backend:
    try:
        from dl4j_backends.torch.backend import InterpretedBackend, TorchBackend
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise BackendUnavailableError("torch is not installed: pip install 'dl4j-conformance[torch]'") from error
    if parameters == "kernels=interpreted":
        return InterpretedBackend()
    return TorchBackend(parameters.removeprefix("device=") or "cpu")


def _threads(parameters: str) -> int:
    """What follows ``dl4j:``, 1 without it, and 0 if it makes no sense."""
    if not parameters:
        return 1
    name, _, number = parameters.partition("=")
    return int(number) if name == "threads" and number.isascii() and number.isdigit() else 0


def _from_command(command: str, options: WireOptions) -> Backend:
    from dl4j_backends.stdio.backend import StdioBackend, split_command
    from dl4j_backends.stdio.connection import ReplayingConnection

    try:
        argv = split_command(command)
    except ValueError as error:
        raise UnknownAddressError(f"stdio:{command}: {error}") from error
    return StdioBackend(ReplayingConnection(argv, options))


def _from_python(module_name: str, object_name: str) -> Backend:
    if (here := os.getcwd()) not in sys.path:
        sys.path.insert(0, here)
    try:
        found: Any = importlib.import_module(module_name)
        for part in object_name.split("."):
            found = getattr(found, part)
        backend = found() if isinstance(found, type) or not hasattr(found, "open") else found
    except BackendUnavailableError:
        raise
    except Exception as error:  # whatever a foreign module does while it is imported or called
        raise BackendUnavailableError(
            f"{type(error).__name__}: {error} (modules are looked for in the current folder too)"
        ) from error
    for member in ("name", "capabilities", "open"):
        if not hasattr(backend, member):
            raise BackendUnavailableError(
                f"{type(backend).__name__} has no `{member}`; see dl4j_backends.interface.Backend"
            )
    return backend  # type: ignore[no-any-return]
