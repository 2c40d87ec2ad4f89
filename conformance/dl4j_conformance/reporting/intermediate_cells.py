"""The columns of a table of intermediates, as ``explain`` and the HTML report show them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from dl4j_conformance.cases.values import decimal_at, decimal_of, hex_of
from dl4j_conformance.diagnosis.explanation import Intermediate


def _name(found: Intermediate, index: int) -> str:
    return f"{found.name}[{index}]" if len(found.ieee) > 1 else found.name


def _enclosure(found: Intermediate, index: int) -> str:
    """Return how far the enclosure reaches to both sides of the evaluation model's value, in ulps of it."""
    if found.enclosure is None:
        return "no claim"
    low, high = float(found.enclosure.low[index]), float(found.enclosure.high[index])
    value = found.ieee[index]
    if low > high:
        return "NaN"
    if low == high:
        text = "exact"
    elif np.isfinite([low, high, value]).all():
        ulp = float(np.spacing(abs(value)))
        text = f"{(low - float(value)) / ulp:+.2f} {(high - float(value)) / ulp:+.2f} ulp"
    else:
        text = f"{decimal_of(low)} to {decimal_of(high)}"
    return f"{text} or NaN" if found.enclosure.nan[index] else text


def of_backend(found: Intermediate, index: int) -> str:
    """Return the bits of a backend's value, ``=`` if they are those of the evaluation model; empty if unknown."""
    if found.backend is None or index >= len(found.backend):
        return ""
    return hex_of(found.backend[index : index + 1])[0] if index in found.differing else "="


#: The cell of a column for one element of an intermediate.
Cell = Callable[[Intermediate, int], str]

COLUMNS: Mapping[str, Cell] = {
    "key": lambda found, index: found.owner,
    "intermediate": _name,
    "exact": lambda found, index: found.exact[index] if found.exact else "",
    "evaluation model": lambda found, index: decimal_at(found.ieee, index),
    "bits": lambda found, index: hex_of(found.ieee[index : index + 1])[0],
    "enclosure": _enclosure,
}
