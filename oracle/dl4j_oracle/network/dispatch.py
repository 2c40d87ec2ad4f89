"""The choice of a network's updater, as ``UpdaterCreator.getUpdater`` and ``ComputationGraph.getUpdater`` make it."""

from __future__ import annotations

from collections.abc import Sequence

from dl4j_oracle.arithmetic.interface import Arithmetic
from dl4j_oracle.clauses import clause
from dl4j_oracle.network.computation_graph_updater import ComputationGraphUpdater
from dl4j_oracle.network.multi_layer_updater import MultiLayerUpdater
from dl4j_oracle.network.network_description import INITIALIZE, Description
from dl4j_oracle.network.standalone_layer_updater import StandaloneLayerUpdater
from dl4j_oracle.profile import DEFAULT_RULES, Rules


@clause("DISPATCH-1")
def updater_of(
    description: Description,
    arithmetic: Arithmetic,
    rules: Rules = DEFAULT_RULES,
    state: Sequence[float] | object | None = INITIALIZE,
) -> MultiLayerUpdater:
    """Return the updater of the described graph, standalone layer or network, with ``state`` (1-D) or a new one.

    Raises as :class:`~dl4j_oracle.network.multi_layer_updater.MultiLayerUpdater` does.
    """
    if description.vertices:
        return ComputationGraphUpdater(description, arithmetic, rules, state)
    if description.is_standalone_layer:
        return StandaloneLayerUpdater(description, arithmetic, rules, state)
    return MultiLayerUpdater(description, arithmetic, rules, state)
