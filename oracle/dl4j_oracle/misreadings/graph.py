"""Misreadings of computation graphs."""

from __future__ import annotations

from collections.abc import Iterator

from dl4j_oracle.errors import Dl4jError
from dl4j_oracle.misreadings.misreading import Misreading
from dl4j_oracle.optimizer import OptimizerState


def _split_at_first_underscore(key: str) -> tuple[str, str]:
    vertex, separator, name = key.partition("_")
    if not separator:
        raise Dl4jError("IllegalStateException", f'no layer separator: "{key}"')
    return vertex, name


def _parameter_without_vertex(key: str) -> tuple[str, str]:
    """A key without a vertex belongs to one that there is not."""
    vertex, _, name = key.rpartition("_")
    return vertex, name


def misreadings() -> Iterator[Misreading]:
    """All of them."""
    for id_, sentence, clause, field, rule in (
        (
            "graph-split-at-first",
            "Keys of a graph are split at the first underscore, as a network's are.",
            "GRAPH-1",
            "split_vertex_key",
            _split_at_first_underscore,
        ),
        (
            "graph-key-without-vertex",
            "A key without underscore is one of a vertex that there is not.",
            "GRAPH-2",
            "split_vertex_key",
            _parameter_without_vertex,
        ),
        (
            "graph-in-order-of-keys",
            "Vertices are updated in the order of their first keys.",
            "GRAPH-3",
            "vertex_order",
            list,
        ),
        (
            "graph-state-as-fed",
            "The state of a graph has its layers in topological order, as its parameters.",
            "GRAPH-7",
            "order_of_state",
            lambda added, fed: fed,
        ),
        (
            "graph-decays-by-score",
            "Policy Score decays the rates of a graph as it does those of a network.",
            "GRAPH-5",
            "decays_by_score",
            lambda is_graph: True,
        ),
        (
            "graph-clone-counts-on",
            "A clone of a graph keeps its iteration count.",
            "GRAPH-6",
            "cloned_optimizer",
            lambda state, is_graph: OptimizerState(state.iteration_count),
        ),
    ):
        quirk = {"GRAPH-1": ("quirk 44",), "GRAPH-5": ("quirk 28",), "GRAPH-6": ("quirk 55",)}.get(clause, ())
        yield Misreading(id_, sentence, (clause,), {field: rule}, quirk)
