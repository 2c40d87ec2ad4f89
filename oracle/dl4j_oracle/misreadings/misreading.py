"""What a misreading is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from dl4j_oracle.profile import DL4J_0_8_0, Rules


@dataclass(frozen=True, eq=False)
class Misreading:
    """``changes`` of the profile's rules, in one ``sentence``; the clauses it contradicts, and where it comes from."""

    id: str
    sentence: str
    clauses: tuple[str, ...]
    changes: Mapping[str, Any]
    references: tuple[str, ...] = ()

    @property
    def rules(self) -> Rules:
        """DL4J 0.8.0, misread."""
        return replace(DL4J_0_8_0, id=self.id, **self.changes)

    def and_also(self, other: Misreading) -> Misreading:
        """Both at once; where they change the same rule, the other's."""
        return Misreading(
            f"{self.id}+{other.id}",
            f"{self.sentence} {other.sentence}",
            (*self.clauses, *other.clauses),
            {**self.changes, **other.changes},
            (*self.references, *other.references),
        )
