"""The normalisation of a layer's gradients in 0.9.1 and 1.0.0-M2.1, in place: of a slice, or of arrays by key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dl4j_backends.blocks.operations import BlockNd4j
from dl4j_backends.blocks.plan import LayerPlan
from dl4j_backends.engine.java import quotient
from dl4j_backends.engine.nd4j import Array
from dl4j_backends.interface import Dl4jException

#: Arrays (1-D, of the network's dtype) by key.
Views = Mapping[str, Array]


@dataclass(frozen=True)
class Gradients:
    """The gradients of an update, which it overwrites. Arrays are 1-D, of the network's dtype.

    ``flat`` becomes the update; of ``own``, the network's own view, layers are normalised; ``named`` are by key the
    arrays that the strategies for parameters normalise. For own gradients all three are the same memory.
    """

    flat: Array
    own: Array
    named: Views
    #: Whether each of ``named`` begins where its memory begins.
    are_apart: bool = False


def normalize(layer: LayerPlan, gradients: Gradients, nd4j: BlockNd4j, is_native: bool) -> None:
    """Normalise the gradients of a layer (1-D, of the network's dtype).

    Raises Dl4jException where the clipping of 1.0.0 refuses its threshold.
    """
    start, stop = layer.slots[0].start, layer.slots[-1].stop
    whole, t = gradients.own[start:stop], layer.threshold
    match layer.normalization:
        case "RenormalizeL2PerLayer":
            _renormalize(whole, start, nd4j, is_native)
        case "ClipElementWiseAbsoluteValue":
            if is_native and not t > 0:
                raise Dl4jException("RuntimeException", "Op [clipbyvalue] execution failed")
            nd4j.clip(whole, t)
        case "ClipL2PerLayer":
            norm = nd4j.norm2(whole, start)
            if norm > t:
                nd4j.multiply(whole, quotient(t, norm))
        case "RenormalizeL2PerParamType" | "ClipL2PerParamType" as strategy:
            for slot in layer.slots:
                offset = 0 if gradients.are_apart else slot.start
                array = gradients.named[slot.key]
                if strategy == "RenormalizeL2PerParamType":
                    _renormalize(array, offset, nd4j, is_native)
                elif (norm := nd4j.norm2(array, offset)) > t:
                    nd4j.divide(array, quotient(norm, t))


def _renormalize(array: Array, offset: int, nd4j: BlockNd4j, is_native: bool) -> None:
    norm = nd4j.norm2(array, offset)
    nd4j.divide(array, 1e-5 if is_native and norm == 0 else norm)
