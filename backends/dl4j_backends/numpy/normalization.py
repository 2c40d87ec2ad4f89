"""``LayerUpdater.preApply``: a layer's gradients, normalised or clipped in place before the updater."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dl4j_backends.host.java import quotient
from dl4j_backends.numpy.nd4j import Array, Nd4j

#: The names of the enum ``GradientNormalization``.
STRATEGIES = (
    "None",
    "RenormalizeL2PerLayer",
    "RenormalizeL2PerParamType",
    "ClipElementWiseAbsoluteValue",
    "ClipL2PerLayer",
    "ClipL2PerParamType",
)


class Gradient(NamedTuple):
    """A gradient, and where it begins in the array that it is a view of (0: it is none)."""

    array: Array
    offset: int = 0


def normalize(strategy: str, threshold: float, gradients: Sequence[Gradient], nd4j: Nd4j) -> None:
    """Apply ``strategy``, one of :data:`STRATEGIES`, to all gradients of a layer."""
    match strategy:
        case "RenormalizeL2PerLayer":
            norm = _root_of_squares(nd4j.norm2_number(g, offset) for g, offset in gradients)
            for g, _ in gradients:
                nd4j.divide(g, norm)
        case "RenormalizeL2PerParamType":
            for g, offset in gradients:
                nd4j.divide(g, nd4j.norm2(g, offset))
        case "ClipElementWiseAbsoluteValue":
            for g, _ in gradients:
                nd4j.clip(g, threshold)
        case "ClipL2PerLayer":
            norm = _root_of_squares(nd4j.norm2(g, offset) for g, offset in gradients)
            if norm > threshold:
                for g, _ in gradients:
                    nd4j.multiply(g, quotient(threshold, norm))
        case "ClipL2PerParamType":
            for g, offset in gradients:
                norm = nd4j.norm2_number(g, offset)
                if norm > threshold:
                    nd4j.divide(g, quotient(norm, threshold))


def _root_of_squares(norms: Iterable[float]) -> float:
    total = 0.0
    for norm in norms:
        total += norm * norm
    return math.sqrt(total)
