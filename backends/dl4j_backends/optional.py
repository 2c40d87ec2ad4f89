"""Libraries that need not be installed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from dl4j_backends.interface import BackendUnavailableError


def library(module: str, package: str) -> Any:
    """Return the imported module, which pip installs as ``package``.

    Raises :class:`BackendUnavailableError` without it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise BackendUnavailableError(f"{module} is not installed: pip install {package}") from error
