"""Networks whose layers fit each other, and those that need the capability ``unchained``."""

from __future__ import annotations

from typing import Any

import pytest

from dl4j_backends.interface import UNCHAINED
from dl4j_conformance.cases.handwritten import topics
from dl4j_fixtures import is_chained

ONE_TO_TWO, TWO_TO_ONE = {"n_in": 1, "n_out": 2}, {"n_in": 2, "n_out": 1}
ACTIVATION = {"type": "activation"}
GRAPH = ["a", "b"]


@pytest.mark.parametrize(
    ("network", "fits"),
    [
        ({"layers": [ONE_TO_TWO]}, True),
        ({"layers": [ONE_TO_TWO, TWO_TO_ONE, ONE_TO_TWO]}, True),
        ({"layers": [ONE_TO_TWO, TWO_TO_ONE, TWO_TO_ONE]}, False),
        ({"layers": [ONE_TO_TWO, ACTIVATION, TWO_TO_ONE]}, True),
        ({"layers": [ONE_TO_TWO, ACTIVATION, ONE_TO_TWO]}, False),
        ({"layers": [ONE_TO_TWO, {"type": "batch_normalization", "n_out": 2}, TWO_TO_ONE]}, True),
        ({"layers": [ONE_TO_TWO, {"type": "batch_normalization", "n_out": 1}]}, False),
        ({"layers": [ONE_TO_TWO, {"type": "embedding", **TWO_TO_ONE}]}, True),
        ({"layers": [ONE_TO_TWO, {"n_in": 1, "n_out": 1}], "vertices": GRAPH, "chain": ["b", "a"]}, True),
        ({"layers": [ONE_TO_TWO, {"n_in": 1, "n_out": 1}], "vertices": GRAPH}, False),
    ],
)
def test_layers_fit(network: dict[str, Any], fits: bool) -> None:
    assert is_chained(network) is fits


def test_cases_that_do_not_fit_say_so() -> None:
    every = [case for cases in topics().values() for case in cases]
    marked = [case for case in every if UNCHAINED in case.required_capabilities]
    assert len(marked) >= 96
    assert not any(case.id.startswith("setting-") for case in marked)
    assert all(len(case.network.layers) > 1 for case in marked)
