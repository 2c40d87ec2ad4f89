"""The hand-written cases, by topic. Fixtures are made of them; their ids are never reused."""

from __future__ import annotations

from collections.abc import Mapping

from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.handwritten import (
    arithmetic,
    configuration,
    equality,
    events,
    graph,
    keys,
    layer,
    layer_types,
    learning_rate,
    lengths,
    limits,
    missing_gradients,
    mixed,
    normalization,
    optimizer,
    penalties,
    pipeline,
    precision,
    saving,
    searches,
    settings,
    sharing,
    state,
    topology,
    updaters,
)


def topics() -> Mapping[str, tuple[Case, ...]]:
    """Return every case by topic, in a fixed order; the two types of a case are neighbours."""
    return {
        "pipeline": tuple(pipeline.cases()),
        "normalization": tuple(normalization.cases()),
        "learning-rate": tuple(learning_rate.cases()),
        "updaters": tuple(updaters.cases()),
        "penalties": tuple(penalties.cases()),
        "state": tuple(state.cases()),
        "keys": tuple(keys.cases()),
        "configuration": tuple(configuration.cases()),
        "arithmetic": tuple(arithmetic.cases()),
        "optimizer": tuple(optimizer.cases()),
        "graph": tuple(graph.cases()),
        "topology": tuple(topology.cases()),
        "layer": tuple(layer.cases()),
        "saving": tuple(saving.cases()),
        "equality": tuple(equality.cases()),
        "mixed": tuple(mixed.cases()),
        "layer-types": tuple(layer_types.cases()),
        "settings": tuple(settings.cases()),
        "limits": tuple(limits.cases()),
        "events": tuple(events.cases()),
        "precision": tuple(precision.cases()),
        "sharing": tuple(sharing.cases()),
        "lengths": tuple(lengths.cases()),
        "searches": tuple(searches.cases()),
        "missing-gradients": tuple(missing_gradients.cases()),
    }
