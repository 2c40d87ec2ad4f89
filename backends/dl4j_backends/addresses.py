"""Backends by address: ``numpy``, or ``python:package.module:object`` for anything importable."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

from dl4j_backends.interface import Backend, BackendUnavailableError


class UnknownAddressError(ValueError):
    """The address names no kind of backend."""


#: What ``list backends`` shows: address and meaning.
ADDRESSES = {
    "numpy": "the NumPy implementation that comes with this package",
    "python:MODULE:OBJECT": "a backend object, or a class or function that makes one, from an importable module",
}


def resolve(address: str) -> Backend:
    """The backend at ``address``.

    Raises :class:`UnknownAddressError` for a malformed address and :class:`BackendUnavailableError` for one
    whose backend cannot be had here. The current folder is importable.
    """
    scheme, _, rest = address.partition(":")
    if scheme == "numpy" and not rest:
        from dl4j_backends.numpy import NumpyBackend

        return NumpyBackend()
    if scheme == "python" and rest.count(":") == 1 and all(rest.split(":")):
        return _from_python(*rest.split(":"))
    raise UnknownAddressError(
        f"unknown backend {address!r}: an address is numpy, oracle or python:MODULE:OBJECT"
        " (`dl4j-conformance list backends`)"
    )


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
