"""Loading a backend from a Python module."""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from difflib import get_close_matches
from typing import Any

from dl4j_backends import floating_point_mode, signals
from dl4j_backends.crash import described
from dl4j_backends.interface import Backend, BackendUnavailableError


def load(module_and_object: str) -> Backend:
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
        backend = found() if isinstance(found, type) or not hasattr(found, "open") else found
        missing = [member for member in ("name", "capabilities", "open") if not hasattr(backend, member)]
    except (BackendUnavailableError, *signals.INTERRUPTIONS):
        raise
    except BaseException as error:  # whatever a foreign module does while it is imported or called
        raise BackendUnavailableError(
            f"{described(error)}{_near(error, module_name)} (modules are looked for in the current folder too)"
        ) from error
    if missing:
        raise BackendUnavailableError(
            f"{type(backend).__name__} has no `{missing[0]}`; see dl4j_backends.interface.Backend"
        )
    return backend  # type: ignore[no-any-return]


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


def load_in_ieee_mode(module_and_object: str) -> Backend:
    """Return :func:`load` of this; what it does to this thread's floating-point mode is undone, and said."""
    backend = load(module_and_object)
    return _ModeChanging(backend) if floating_point_mode.restore() else backend


class _ModeChanging:
    """A backend whose module has changed the floating-point mode of the thread that imported it."""

    changed_mode = True

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)
