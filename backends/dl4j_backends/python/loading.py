"""Loading a backend from a Python module."""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from difflib import get_close_matches
from typing import Any, TypeVar

from dl4j_backends import floating_point_mode, signals
from dl4j_backends.crash import described
from dl4j_backends.declaration import check_capabilities
from dl4j_backends.interface import BackendUnavailableError, Network, Platform, Session, accuracy_of

T = TypeVar("T")


class LoadedBackend:
    """A backend from a module. What it declares is read once, and is what it says it is.

    Raises :class:`BackendUnavailableError` for declarations that make no sense.
    """

    #: Whether it changed the floating-point mode of the thread that loaded it.
    changed_mode = False

    def __init__(self, backend: Any) -> None:
        self._backend = backend
        for member in ("name", "capabilities", "open"):
            if not hasattr(backend, member):
                raise BackendUnavailableError(
                    f"{type(backend).__name__} has no `{member}`; see dl4j_backends.interface.Backend"
                )
        check_capabilities(backend.capabilities)
        self.capabilities = frozenset(backend.capabilities)
        self.name = _checked("name", backend.name, str)
        self.accuracy = accuracy_of(backend)
        declared = getattr(backend, "platform", None)
        self.platform = None if declared is None else _checked("platform", declared, Platform)

    def open(self, network: Network) -> Session:
        """Return a session of the backend."""
        return self._backend.open(network)  # type: ignore[no-any-return]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)


def load(module_and_object: str) -> LoadedBackend:
    """Return the backend that ``MODULE:OBJECT`` names: an object, or what a class or a function without ``open`` makes.

    The current folder is importable. Raises :class:`BackendUnavailableError` if there is none, whatever the module does
    while it is imported.
    """
    module_name, _, object_name = module_and_object.partition(":")
    if (here := os.getcwd()) not in sys.path:
        sys.path.insert(0, here)
    try:
        found: Any = importlib.import_module(module_name)
        for part in object_name.split("."):
            found = getattr(found, part)
        return LoadedBackend(found() if isinstance(found, type) or not hasattr(found, "open") else found)
    except (BackendUnavailableError, *signals.INTERRUPTIONS):
        raise
    except BaseException as error:  # whatever a foreign module does while it is imported or called
        raise BackendUnavailableError(
            f"{described(error)}{_near(error, module_name)} (modules are looked for in the current folder too)"
        ) from error


def load_in_ieee_mode(module_and_object: str) -> LoadedBackend:
    """Return :func:`load` of this; what it does to this thread's floating-point mode is undone, and noted."""
    backend = load(module_and_object)
    backend.changed_mode = floating_point_mode.restore()
    return backend


def _checked(name: str, value: Any, kind: type[T]) -> T:
    if not isinstance(value, kind):
        raise BackendUnavailableError(f"its {name} must be a {kind.__name__}, not {type(value).__name__}")
    return value


def _near(error: BaseException, module_name: str) -> str:
    """Return ``; did you mean 'my_port'?`` if a module, or a name in it, is similar to the one that is missing."""
    match error:
        case ModuleNotFoundError() if error.name == module_name:
            near = get_close_matches(module_name, [found.name for found in pkgutil.iter_modules()], 3)
        case AttributeError() if isinstance(error.name, str) and error.obj is sys.modules.get(module_name):
            near = get_close_matches(error.name, dir(error.obj), 3)
        case _:
            near = []
    return f"; did you mean {', '.join(map(repr, near))}?" if near else ""
