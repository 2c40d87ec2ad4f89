"""The cases of DL4J 0.9.1 and 1.0.0-M2.1, by topic. Ids are those of one version, and are never reused."""

from __future__ import annotations

from dl4j_conformance.cases.block_case import BlockCase
from dl4j_conformance.cases.later_versions import (
    blocks,
    drawn,
    errors,
    normalization,
    rates,
    regularization,
    updaters,
)

#: The modules of topics, in the order of the fixtures.
_TOPICS = {
    "updaters": updaters,
    "blocks": blocks,
    "normalization": normalization,
    "regularization": regularization,
    "rates": rates,
    "errors": errors,
    "drawn": drawn,
}


def cases(version: str) -> tuple[BlockCase, ...]:
    """Return the cases of a version, topic by topic; the two types of a case are neighbours."""
    return tuple(
        case
        for topic, module in _TOPICS.items()
        for sketch in module.sketches()
        for case in sketch.cases(version, topic)
    )
