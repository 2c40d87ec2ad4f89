"""The run of fixtures of a later version on a backend: results, and which version or misreadings explain failures."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

from dl4j_backends.block_interface import BLOCK_VERSIONS, BlockBackend
from dl4j_backends.interface import Dl4jException, UnsupportedError
from dl4j_conformance.cases.values import same_bits
from dl4j_conformance.diagnosis.block_diagnosis import BlockFailure, diagnose_blocks
from dl4j_conformance.diagnosis.misreadings import Diagnosis
from dl4j_conformance.execution.block_outcome import BlockOutcome, attempt_blocks, observe_blocks
from dl4j_conformance.execution.block_session import OracleBlockBackend
from dl4j_conformance.execution.ending import ENDINGS
from dl4j_conformance.execution.oracle_backend import OracleBackend
from dl4j_conformance.execution.other_version import Backend080, BlocksOfOtherVersion
from dl4j_conformance.judging.block_fixture import BlockFixture
from dl4j_conformance.judging.block_verdict import judge_blocks
from dl4j_conformance.judging.kill_matrix import Kill
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Result, Status

#: The least share of the cases that tell two versions apart in which a backend that follows the other one does so, and
#: of how many topics they are: what is wrong in one alone is a misreading.
_LEAST_SHARE, _TOPICS = 0.8, 3


@dataclass
class BlockRun:
    """The run of fixtures on one backend, and what its failures are made of."""

    backend: BlockBackend
    fixtures: Sequence[BlockFixture]
    claimed: Level
    _made: list[tuple[BlockFixture, BlockOutcome, Result]] = field(default_factory=list)
    _kills: dict[str, dict[str, Kill]] = field(default_factory=dict)

    def results(self) -> Generator[Result, None, None]:
        """Yield the result of each fixture, in order."""
        for fixture in self.fixtures:
            got = attempt_blocks(self.backend, fixture.case)
            result = judge_blocks(fixture, got, self.claimed)
            if result.status is not Status.NOT_RUN:
                self._kills[fixture.case.id] = dict(fixture.kills)
            if result.status is Status.FAILED and isinstance(got, BlockOutcome):
                self._made.append((fixture, got, result))
            yield result

    def diagnosis(self) -> Diagnosis | None:
        """Return the misreadings that explain the failures; None if there is no outcome that failed."""
        failing = [
            BlockFailure(fixture, got, bool(result.differing and result.differing.is_grave))
            for fixture, got, result in self._made
        ]
        return diagnose_blocks(failing, self._kills, self.claimed) if failing else None

    def follows(self) -> str:
        """Return a sentence on another version that the backend follows; empty if it follows none."""
        if not self._made:
            return ""
        version = self.fixtures[0].case.version
        for other in ("0.8.0", *BLOCK_VERSIONS):
            if other != version:
                topics, same, told = self._agreement(other)
                if topics >= _TOPICS and same >= _LEAST_SHARE * told:
                    return (
                        f"It follows DL4J {other}: in {same} of {told} failing cases whose updates tell the two"
                        f" versions apart, its updates are those of {other}"
                    )
        implemented = getattr(self.backend, "implemented", "")
        return f"It implements DL4J {implemented}, in whose words it was asked" if implemented else ""

    def _agreement(self, version: str) -> tuple[int, int, int]:
        """Return in how many failing cases the updates are another version's, and how many tell the two apart.

        The first number is that of the topics in which they are the other version's.
        """
        same = told = 0
        topics = set()
        backend = oracle_of(version)
        for fixture, got, _ in self._made:
            try:
                other = observe_blocks(backend, fixture.case)
            except (*ENDINGS, Dl4jException, UnsupportedError):
                continue
            if not same_updates(other, fixture.expected):
                told += 1
                if same_updates(other, got):
                    same += 1
                    topics.add(fixture.case.topic)
        return len(topics), same, told


def oracle_of(version: str) -> BlockBackend:
    """Return the oracle of any version, which is asked for networks of other versions."""
    if version in BLOCK_VERSIONS:
        return BlocksOfOtherVersion(OracleBlockBackend(), version)
    return Backend080(OracleBackend())


def same_updates(one: BlockOutcome, other: BlockOutcome) -> bool:
    """Return whether two outcomes have the same updates, bit for bit."""
    if one.failure or other.failure or len(one.steps) != len(other.steps):
        return (one.failure and one.failure.kind) == (other.failure and other.failure.kind) and not one.steps
    return all(
        x.updates.keys() == y.updates.keys()
        and all(
            array.shape == y.updates[key].shape and same_bits(array, y.updates[key]).all()
            for key, array in x.updates.items()
        )
        for x, y in zip(one.steps, other.steps, strict=True)
    )
