"""Gradient keys: how ``MultiLayerUpdater.update`` finds the layer and the parameter in ``"0_W"``."""

from __future__ import annotations

import re
from collections.abc import Callable

from dl4j_oracle.clauses import clause
from dl4j_oracle.errors import Dl4jError

SplitKey = Callable[[str, int], tuple[int, str]]
SplitVertexKey = Callable[[str], tuple[str, str]]

#: ``Integer.parseInt`` reads UTF-16 units, so that no digit beyond U+FFFF is one.
_JAVA_INT = re.compile(r"[+-]?(?:(?![\U00010000-\U0010ffff])\d)+")


@clause("KEY-3")
def java_int(text: str) -> int | None:
    """Return what ``Integer.parseInt`` reads, or None where it throws."""
    number = int(text) if _JAVA_INT.fullmatch(text) else None
    return number if number is not None and -(1 << 31) <= number < 1 << 31 else None


@clause("KEY-1", "KEY-2", "KEY-3", "KEY-4")
def split_at_first_underscore(key: str, layers: int) -> tuple[int, str]:
    """Split ``key`` into layer index and parameter name, of ``layers`` layers; raises :class:`Dl4jError`."""
    prefix, separator, name = key.partition("_")
    if not separator:
        raise Dl4jError(
            "IllegalStateException",
            f'Invalid key: MuliLayerNetwork Gradient key does not have layer separator: "{key}"',
        )
    index = java_int(prefix)
    if index is None:
        raise Dl4jError("NumberFormatException", f'For input string: "{prefix}"')
    if not 0 <= index < layers:
        raise Dl4jError("ArrayIndexOutOfBoundsException", str(index))
    return index, name


@clause("GRAPH-1", "GRAPH-2")
def split_at_last_underscore(key: str) -> tuple[str, str]:
    """Split ``key`` into vertex and parameter name (``ComputationGraph``); raises :class:`Dl4jError`."""
    vertex, separator, name = key.rpartition("_")
    if not separator:
        raise Dl4jError(
            "IllegalStateException",
            f'Invalid key: ComputationGraph Gradient key does not have layer separator: "{key}"',
        )
    return vertex, name


@clause("LAYER-3", "KEY-5")
def is_visible_bias(parameter_name: str) -> bool:
    """Return whether the name before the first ``_`` is ``vb``, as Java's ``name.split("_")[0]`` sees it.

    A name of underscores alone splits into nothing: ``ArrayIndexOutOfBoundsException``.
    """
    if parameter_name and not parameter_name.strip("_"):
        raise Dl4jError("ArrayIndexOutOfBoundsException", "0")
    return parameter_name.partition("_")[0] == "vb"
