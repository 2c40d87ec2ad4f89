"""The updater that DL4J has for a network: ``UpdaterCreator.getUpdater``, ``ComputationGraph.getUpdater``."""

from __future__ import annotations

from collections.abc import Sequence

from dl4j_oracle.arithmetic.interface import Arithmetic
from dl4j_oracle.clauses import clause
from dl4j_oracle.network.computation_graph_updater import ComputationGraphUpdater
from dl4j_oracle.network.multi_layer_updater import INITIALIZE, Description, MultiLayerUpdater
from dl4j_oracle.network.standalone_layer_updater import BareLayerUpdater
from dl4j_oracle.profile import DEFAULT_RULES, Rules


@clause("DISPATCH-1")
def updater_of(
    description: Description,
    arithmetic: Arithmetic,
    rules: Rules = DEFAULT_RULES,
    state: Sequence[float] | object | None = INITIALIZE,
) -> MultiLayerUpdater:
    """By what the description is of; raises as :class:`MultiLayerUpdater` does."""
    if description.vertices:
        return ComputationGraphUpdater(description, arithmetic, rules, state)
    if description.is_bare:
        return BareLayerUpdater(description, arithmetic, rules, state)
    return MultiLayerUpdater(description, arithmetic, rules, state)
