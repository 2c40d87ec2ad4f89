"""Fuzzing of backends of DL4J 0.9.1 and 1.0.0-M2.1: networks drawn by Hypothesis, judged by the evaluation model."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from signal import Signals

import hypothesis
from hypothesis import given

import dl4j_fixtures
from dl4j_backends import signals
from dl4j_backends.block_interface import BlockBackend, BlockNetwork, BlockStep
from dl4j_backends.interface import BackendUnavailableError, UnsupportedError
from dl4j_backends.stdio.faults import AdapterFault
from dl4j_conformance.cases.block_case import BlockCase
from dl4j_conformance.cases.drawn.block_networks import block_cases
from dl4j_conformance.execution.block_outcome import RecordedStep, observe_blocks
from dl4j_conformance.execution.block_session import OracleBlockBackend, block_model_of
from dl4j_conformance.judging.comparison import CONSTRUCTION, Difference
from dl4j_conformance.judging.level import Level
from dl4j_conformance.running.block_replay import Replayed, replay
from dl4j_conformance.running.turns import DifferenceFoundError, Stop, TurnOver, take_turns
from dl4j_conformance.vectors.block_json import case_to_json
from dl4j_conformance.vectors.block_recording import BlockRecording

#: Verdicts that shrinking may take if it goes on afterwards.
_LONGEST_HUNT = 1000
Drawn = tuple[BlockNetwork, tuple[BlockStep, ...]]


@dataclass
class BlockFind:
    """The smallest case that was found to fail in one way, and the number of cases that failed like it."""

    replayed: Replayed
    name: str
    count: int = 1


@dataclass
class BlockFuzzed:
    """The findings of a campaign."""

    finds: list[BlockFind] = field(default_factory=list)
    judged: int = 0
    not_run: int = 0
    #: How many values were compared in cases that did not fail, and how many have the bits of the model.
    values: int = 0
    identical: int = 0
    #: The reason why the backend could not go on.
    broken: str = ""
    stopped_by: Signals | None = None


def fuzz_blocks(
    backend: BlockBackend,
    version: str,
    examples: int,
    seed: int,
    *,
    claimed: Level = Level.BIT_EXACT,
    until: float = math.inf,
    keep_going: bool = False,
    progress: Callable[[int], object] = lambda judged: None,
) -> BlockFuzzed:
    """Draw up to ``examples`` networks of a version, until a time of the monotonic clock.

    The same seed draws the same networks. The first that fails is shrunk and ends the campaign; to ``keep_going``
    means to look for others that fail in another way. ``progress`` is called with the number of cases judged so far.
    """
    campaign = _Campaign(backend, version, claimed, until, keep_going, progress)
    campaign.found.stopped_by = take_turns(campaign, (campaign.hunt,), examples, seed, keep_going=keep_going)
    return campaign.found


class _Campaign:
    """A search for networks on which a backend differs from the evaluation model on the backend's platform."""

    def __init__(
        self,
        backend: BlockBackend,
        version: str,
        claimed: Level,
        until: float,
        keep_going: bool,
        progress: Callable[[int], object],
    ) -> None:
        self.backend, self.version, self.claimed, self.until = backend, version, claimed, until
        self.keep_going, self.progress = keep_going, progress
        self.model = block_model_of(backend)
        self.found = BlockFuzzed()
        #: The find that is being shrunk.
        self.hunted: BlockFind | None = None
        self.left = self.verdicts_left = 0

    @property
    def finds(self) -> Sequence[BlockFind]:
        """The failures that were found and shrunk so far."""
        return self.found.finds

    def hunt(self, configured: hypothesis.settings, seed: int) -> None:
        """Judge the networks of a turn, or fewer if one fails, which is then shrunk."""

        @hypothesis.seed(seed)
        @configured
        @given(block_cases(self.version))
        def network(case: Drawn) -> None:
            self.check_time()
            self.judge(*case)

        network()

    def judge(self, network: BlockNetwork, steps: tuple[BlockStep, ...]) -> None:
        """Compare one case. Raises DifferenceFoundError for one that fails in the way that is hunted."""
        expected = expectation(self.model, network, steps)
        try:
            replayed = replay(self.backend, expected)
        except UnsupportedError:
            self._end_of_example(None, 0)
            return
        except (BackendUnavailableError, AdapterFault) as error:
            self.check_time()  # an adapter that was not waited for has done nothing wrong
            self.found.broken = error.explained() if isinstance(error, AdapterFault) else str(error)
            raise Stop from error
        except Exception as error:
            crash = Difference(CONSTRUCTION, "crash", None, "no crash", f"{type(error).__name__}: {error}", None)
            replayed = Replayed(expected, (replace(crash, is_structural=True),))
        if _fails(replayed, self.claimed):
            self._failed(replayed)
        elif not self.hunted:
            self._end_of_example(replayed, _value_count(expected))

    def _failed(self, replayed: Replayed) -> None:
        name = _symptom(replayed)
        if self.hunted is None:
            if known := next((find for find in self.found.finds if find.name == name), None):
                known.count += 1
                self._end_of_example(None, 0, judged=True)
                return
            self.hunted, self.verdicts_left = BlockFind(replayed, name), _LONGEST_HUNT
            self.found.judged += 1
            self.left -= 1
        self.verdicts_left -= 1
        if self.keep_going and name != self.hunted.name:
            return
        if _size(replayed) <= _size(self.hunted.replayed):
            self.hunted.replayed, self.hunted.name = replayed, name
        self.check_time()
        raise DifferenceFoundError

    def _end_of_example(self, replayed: Replayed | None, values: int, *, judged: bool = False) -> None:
        if replayed is not None or judged:
            self.found.judged += 1
        else:
            self.found.not_run += 1
        if replayed is not None:
            self.found.values += values
            self.found.identical += values - len(replayed.differences)
        self.progress(self.found.judged + self.found.not_run)
        self.left -= 1
        if not self.left:
            raise TurnOver

    def check_time(self) -> None:
        """Raise Stop if the time is up, TurnOver if shrinking has taken long enough, Stopped if a signal came."""
        signals.check()
        if time.monotonic() > self.until:
            raise Stop
        if self.hunted and self.keep_going and self.verdicts_left < 0:
            raise TurnOver

    def end_hunt(self) -> None:
        """Add what was found to the finds."""
        if self.hunted:
            self.found.finds.append(self.hunted)
            self.hunted = None


def expectation(model: OracleBlockBackend, network: BlockNetwork, steps: tuple[BlockStep, ...]) -> BlockRecording:
    """Return what DL4J makes of a case by the evaluation model, under an id of its own."""
    case = BlockCase("", network, steps)
    name = f"fuzz-{dl4j_fixtures.canonical_hash(case_to_json(case))[:8]}"
    seen = observe_blocks(model, case)
    recorded = tuple(RecordedStep(**vars(step)) for step in seen.steps)
    return BlockRecording(name, network, steps, seen.blocks, seen.initial_state, recorded, seen.failure)


def _fails(replayed: Replayed, claimed: Level) -> bool:
    """Return whether a case fails a level: bit-exact, or bounded, which rounding does not fail."""
    if not replayed.differences or claimed is Level.BIT_EXACT:
        return bool(replayed.differences)
    return any(one.is_structural for one in replayed.differences) or not replayed.is_rounding


def _symptom(replayed: Replayed) -> str:
    """Return the way in which a case fails: what differs first, with the updater of its block."""
    first, blocks = replayed.differences[0], replayed.recording.blocks or ()
    place, key = first.key.rpartition(".")[0] or "update", first.key.rpartition(".")[2]
    updater = next((f"{block.updater}: " for block in blocks if key in block.params), "")
    if first.index is None and not updater:
        place = first.key
    return f"{updater}{place} ({'structure' if first.is_structural else 'values'})"


def _size(replayed: Replayed) -> tuple[int, int]:
    recording = replayed.recording
    return len(recording.steps), len(json.dumps(case_to_json(recording.case)))


def _value_count(recording: BlockRecording) -> int:
    """Return how many values of arrays are compared."""
    arrays = [recording.initial_state]
    for step in recording.recorded:
        arrays += [*(step.updates or {}).values(), *(step.own_gradients or {}).values(), step.state]
    return sum(len(array) for array in arrays if array is not None)
