"""The replay of recordings of DL4J 0.9.1 and 1.0.0-M2.1 on a backend, bit for bit."""

from __future__ import annotations

from dataclasses import dataclass

from dl4j_backends.block_interface import BlockBackend, BlockObservation
from dl4j_conformance.execution.block_outcome import observe_blocks
from dl4j_conformance.judging.block_comparison import block_differences
from dl4j_conformance.judging.block_enclosures import checked
from dl4j_conformance.judging.comparison import Difference
from dl4j_conformance.vectors.block_recording import BlockRecording
from dl4j_oracle.errors import UndecidedError


@dataclass(frozen=True, eq=False)
class Replayed:
    """A recorded network on a backend: what it does otherwise than DL4J did, in order, and what was seen of it."""

    recording: BlockRecording
    differences: tuple[Difference, ...]
    seen: tuple[BlockObservation, ...] = ()

    @property
    def is_rounding(self) -> bool:
        """Return whether all values that were seen lie in their enclosures, so that rounding explains them."""
        network, steps = self.recording.network, self.recording.steps
        try:
            return bool(self.seen) and all(all(one.inside) for one in checked(network, steps, self.seen))
        except UndecidedError:
            return False


def replay(backend: BlockBackend, recording: BlockRecording) -> Replayed:
    """Replay a network. Raises what the backend raises, but for exceptions of DL4J."""
    got = observe_blocks(backend, recording.case)
    return Replayed(recording, block_differences(recording.outcome, got), got.steps)
