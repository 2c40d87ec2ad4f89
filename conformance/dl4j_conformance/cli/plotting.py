"""Plots of commands: what draws them is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from dl4j_conformance.cli.exit_code import CouldNotRunError


def plotter(module: str) -> Callable[..., bytes]:
    """Return the function ``drawn`` of a module of this package that needs matplotlib.

    Raise :class:`CouldNotRunError` without matplotlib, so that a command ends before a backend starts.
    """
    try:
        drawn: Callable[..., bytes] = import_module(f"dl4j_conformance.{module}").drawn
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "matplotlib":
            raise
        raise CouldNotRunError("--plot: matplotlib is not installed: pip install 'dl4j-conformance[plot]'") from error
    return drawn
