"""``LayerUpdater.preApply``: a layer's gradients, normalised or clipped in place before the updater."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple, assert_never

from dl4j_backends.engine.java import quotient
from dl4j_backends.engine.nd4j import Array, Nd4j
from dl4j_backends.engine.settings import GradientNormalization


class Gradient(NamedTuple):
    """A gradient (1-D, of the network's dtype), and where it begins in the array that it is a view of (else 0)."""

    array: Array
    offset: int = 0


def normalize(strategy: GradientNormalization, threshold: float, gradients: Sequence[Gradient], nd4j: Nd4j) -> None:
    """Apply ``strategy`` to all gradients of a layer, in place."""
    match strategy:
        case "None":
            pass
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
        case _:
            assert_never(strategy)


def _root_of_squares(norms: Iterable[float]) -> float:
    total = 0.0
    for norm in norms:
        total += norm * norm
    return math.sqrt(total)
