"""Iterations that no backpropagation gives are refused as cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from dl4j_backends.interface import Network, Search
from dl4j_conformance.cases.json_form import CaseError
from dl4j_conformance.cases.operations import Freeze, Iterate
from dl4j_conformance.cases.values import Floats

_ONE = np.ones(1)


def _network(*, is_standalone_layer: bool = False, **conf: Any) -> Network:
    keys = ("W", "b") if is_standalone_layer else ("0_W", "0_b")
    params = dict.fromkeys(keys, _ONE)
    return Network("float64", conf, [{"n_in": 1, "n_out": 1}], params, is_standalone_layer=is_standalone_layer)


def _refusal(network: Network, gradients: Mapping[str, Floats], search: Search | None = None) -> str:
    with pytest.raises(CaseError) as raised:
        Iterate(gradients, 1.0, 1, search).check(network, range(1))
    return str(raised.value)


def test_a_standalone_layer_gets_a_gradient_for_every_parameter() -> None:
    layer = _network(is_standalone_layer=True)
    assert _refusal(layer, {"W": _ONE}).startswith("gradients: there must be one for every parameter")
    Iterate({"b": _ONE, "W": _ONE}, 1.0, 1).check(layer, range(1))
    Iterate({"0_W": _ONE}, 1.0, 1).check(_network(), range(1))


def test_a_search_lays_out_gradients_of_the_length_of_their_parameters() -> None:
    searching = _network(optimization_algo="LBFGS")
    long = {"0_W": np.ones(2)}
    assert _refusal(searching, long, Search({}, 1.0, 1.0)).startswith("gradients: must be as long as")
    assert _refusal(searching, {}, Search(long, 1.0, 1.0)).startswith("gradients: must be as long as")
    Iterate({}, 1.0, 1, Search({"0_W": _ONE}, 1.0, 1.0)).check(searching, range(1))
    Iterate(long, 1.0, 1).check(_network(), range(1))


def test_no_standalone_layer_is_frozen() -> None:
    with pytest.raises(CaseError, match="no standalone layer can be frozen"):
        Freeze(0).check(_network(is_standalone_layer=True), range(1))
    Freeze(0).check(_network(optimization_algo="LBFGS"), range(1))
