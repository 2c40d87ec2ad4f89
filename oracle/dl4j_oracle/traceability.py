"""The rules that implement each clause of the specification."""

from __future__ import annotations

# Importing what drives a network imports every rule, and a rule cites its clauses when it is defined.
import dl4j_oracle.arithmetic.ieee
import dl4j_oracle.blocks.network_updater
import dl4j_oracle.network.dispatch
import dl4j_oracle.network.optimize  # noqa: F401
from dl4j_oracle.clauses import CITATIONS


def rules_by_clause() -> dict[str, tuple[str, ...]]:
    """Return the qualified names of the rules that implement each clause, by clause id."""
    return {id_: tuple(names) for id_, names in CITATIONS.items()}
