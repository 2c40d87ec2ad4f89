"""The standard of a judgement: a fixture, and what the backend declares of itself."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dl4j_backends.interface import CORRECTLY_ROUNDED, Accuracy, Backend, accuracy_of
from dl4j_conformance.cases.case import Case
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.judging.growing_check import GrowingCheck
from dl4j_conformance.judging.reach import Reach


@dataclass(frozen=True, eq=False)
class Fixture:
    """A case, the outcome that the evaluation model expects, and the real DL4J's, if that was recorded."""

    case: Case
    expected: Outcome
    recorded: Outcome | None = None
    #: The reach of rounding. Without it every value that differs is judged by its enclosure.
    reach: Reach = ()
    #: The check of a session's script so far, if it is judged after each operation.
    so_far: GrowingCheck | None = None


@dataclass(frozen=True)
class Declaration:
    """The declaration of a backend: its capabilities (nothing else is compared), and the accuracy of its operations."""

    capabilities: frozenset[str]
    accuracy: Accuracy = CORRECTLY_ROUNDED

    @property
    def is_weak(self) -> bool:
        """Return whether operations may err more than IEEE 754's and Java's."""
        return replace(self.accuracy, reading_digits=None) != CORRECTLY_ROUNDED

    @classmethod
    def of(cls, backend: Backend) -> Declaration:
        """Return the declaration of ``backend``; raises :class:`dl4j_backends.interface.BackendUnavailableError`."""
        return cls(backend.capabilities, accuracy_of(backend))
