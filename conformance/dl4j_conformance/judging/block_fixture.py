"""A fixture of a later version: a case, the outcome that the evaluation model expects, what the jars gave, kills."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from dl4j_conformance.cases.block_case import BlockCase
from dl4j_conformance.execution.block_outcome import BlockOutcome
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.judging.fixture import Fixture
from dl4j_conformance.judging.kill_matrix import Kill


@dataclass(frozen=True, eq=False)
class BlockFixture:
    """A case, the expected outcome, and the real DL4J's, if it was recorded."""

    case: BlockCase
    expected: BlockOutcome
    recorded: BlockOutcome | None = None
    #: The misreadings that the case kills, by id.
    kills: Mapping[str, Kill] = field(default_factory=dict)

    @cached_property
    def shown(self) -> Fixture:
        """The fixture as reports name it; its outcomes are empty."""
        return Fixture(self.case.shown, Outcome())
