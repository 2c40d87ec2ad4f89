"""A network of 0.9.1 or 1.0.0-M2.1 as a session: gradients come and updates go as NumPy's arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dl4j_backends.block_interface import BlockNetwork, BlockObservation, BlockPlace, BlockStep
from dl4j_backends.blocks.normalization import Gradients
from dl4j_backends.blocks.operations import Sides
from dl4j_backends.blocks.pipeline import BlockPipeline
from dl4j_backends.blocks.plan import parts_of, said
from dl4j_backends.engine.nd4j import Array
from dl4j_backends.interface import Dl4jException, Failure, Floats


class PipelineSession:
    """A session on a network, whose arrays are those of a library, by the operations on both ``sides``."""

    def __init__(self, network: BlockNetwork, sides: Sides) -> None:
        self._nd4j, self._gradient = sides.java, network.gradient
        parts = parts_of(network.version, said(network.layers))
        self._lengths = {part.key: part.stop - part.start for layer in parts for part in layer}
        params = self._flat(network.params)
        views = {part.key: params[part.start : part.stop] for layer in parts for part in layer}
        self._pipeline = BlockPipeline(network.version, network.conf, network.layers, parts, views, sides)

    def _flat(self, arrays: Mapping[str, Floats]) -> Array:
        """Return a copy of arrays by key as one flat array. Raises ValueError for other lengths."""
        for key, length in self._lengths.items():
            if len(arrays[key]) != length:
                raise ValueError(f"{key} has {len(arrays[key])} values, needs {length}")
        return self._nd4j.joined([self._nd4j.given(arrays[key]) for key in self._lengths])

    def _shown(self, flat: Array) -> dict[str, Floats]:
        return {key: self._nd4j.shown(view) for key, view in self._pipeline.views(flat).items()}

    def blocks(self) -> Sequence[BlockPlace]:
        """Return the blocks, in order."""
        return self._pipeline.blocks()

    def state(self) -> Floats | None:
        """Return a copy of the state view (1-D, of the network's dtype); None if there is none."""
        view = self._pipeline.state_view
        return self._nd4j.shown(view).copy() if len(view) else None

    def update(self, step: BlockStep) -> BlockObservation:
        """Update once."""
        flat = self._flat(step.gradients)
        own = flat if step.own_gradients is None else self._flat(step.own_gradients)
        are_apart = self._gradient == "map"
        named = self._pipeline.views(self._nd4j.copy(flat) if are_apart else flat)
        failure = None
        try:
            gradients = Gradients(flat, own, named, are_apart)
            self._pipeline.update(gradients, step.iteration, step.epoch, step.batch_size)
        except Dl4jException as error:
            failure = Failure(error.kind, error.message)
        return BlockObservation(
            updates=self._shown(flat),
            state=self.state(),
            own_gradients=None if own is flat else self._shown(own),
            failure=failure,
            **self._pipeline.rates_and_momenta(step.iteration, step.epoch),
        )
