"""First searches without all gradients, as the jars were seen to do them: four parameters of 1, 2, 3 and 4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from dl4j_oracle.arithmetic.ieee import IeeeArithmetic, IeeeArray
from dl4j_oracle.errors import Dl4jError
from dl4j_oracle.network.dispatch import updater_of
from dl4j_oracle.network.multi_layer_updater import MultiLayerUpdater
from dl4j_oracle.network.network_description import Description
from dl4j_oracle.network.optimize import optimize
from dl4j_oracle.optimizer import Backpropagated

_UPPER = {"1_W": [1.0], "1_b": [2.0]}
_ALL = {"0_W": [8.0], "0_b": [16.0], "1_W": [32.0], "1_b": [64.0]}


def _network(algorithm: str, step_function: str | None = None) -> MultiLayerUpdater:
    params = {"0_W": [1.0], "0_b": [2.0], "1_W": [3.0], "1_b": [4.0]}
    conf = {"optimization_algo": algorithm, "step_function": step_function}
    layers = [{"n_in": 1, "n_out": 1, "updater": "NONE"}] * 2
    return updater_of(Description(conf, layers, params), IeeeArithmetic("float64"))


def _search(network: MultiLayerUpdater, gradients: Mapping[str, Sequence[float]], step: float | None = 0.5) -> None:
    given = Backpropagated(gradients, 1.0, step, Backpropagated(_ALL, 1.0), (1.5, 0.5))
    optimize(network, given.with_gradients(network.views), 1)


def _fails(network: MultiLayerUpdater, gradients: Mapping[str, Sequence[float]], step: float | None = 0.5) -> str:
    with pytest.raises(Dl4jError) as raised:
        _search(network, gradients, step)
    return raised.value.kind


def _params(network: MultiLayerUpdater) -> list[float]:
    return [value for array in network.params.values() if isinstance(array, IeeeArray) for value in array.values]


def test_the_first_parameters_move_by_the_gradients_of_others() -> None:
    network = _network("LINE_GRADIENT_DESCENT")
    _search(network, _UPPER)
    assert _params(network) == [0.5, 1.0, 3.0, 4.0]
    _search(network, _ALL)
    assert _params(network) == [-3.5, -7.0, -13.0, -28.0]


def test_a_search_by_itself_takes_no_gradient_that_is_too_short() -> None:
    network = _network("LINE_GRADIENT_DESCENT")
    assert _fails(network, _UPPER, None) == "IllegalStateException"
    assert _fails(_network("LBFGS"), {"1_W": [8.0]}, None) == "ND4JIllegalStateException"
    assert _params(network) == [1.0, 2.0, 3.0, 4.0]
    _search(network, _ALL)
    assert _params(network) == [-3.0, -6.0, -13.0, -28.0]


@pytest.mark.parametrize("function", ["NegativeGradient", "Gradient"])
def test_step_functions_that_add_arrays_take_no_direction_that_is_too_short(function: str) -> None:
    network = _network("LINE_GRADIENT_DESCENT", function)
    assert _fails(network, _UPPER) == "IllegalStateException"
    assert _params(network) == [1.0, 2.0, 3.0, 4.0]
    one = _network("LINE_GRADIENT_DESCENT", function)
    _search(one, {"1_W": [8.0]})
    assert _params(one) == ([-7.0, -6.0, -5.0, -4.0] if function == "NegativeGradient" else [9.0, 10.0, 11.0, 12.0])


def test_conjugate_gradient_never_searches_again() -> None:
    network = _network("CONJUGATE_GRADIENT")
    for _ in range(3):
        assert _fails(network, _UPPER) == "IllegalStateException"
        assert _params(network) == [0.5, 1.0, 3.0, 4.0]
    assert _fails(_network("CONJUGATE_GRADIENT"), {"1_W": [8.0]}) == "ND4JIllegalStateException"


def test_lbfgs_goes_on_along_its_short_direction() -> None:
    network = _network("LBFGS")
    for expected in ([0.5, 1.0, 3.0, 4.0], [0.0, 0.0, 3.0, 4.0], [-0.5, -1.0, 3.0, 4.0]):
        assert _fails(network, _UPPER if expected[0] else _ALL) == "IllegalStateException"
        assert _params(network) == expected


@pytest.mark.parametrize("algorithm", ["LINE_GRADIENT_DESCENT", "CONJUGATE_GRADIENT", "LBFGS"])
def test_without_any_gradient_there_is_nothing_to_step_from(algorithm: str) -> None:
    network = _network(algorithm)
    assert _fails(network, {}) == "ND4JIllegalStateException"
    assert _fails(network, _ALL) == "NullPointerException"
    assert _fails(network, _ALL, None) == "NullPointerException"
    if algorithm == "LBFGS":
        assert _fails(network, _ALL, 0.0) == "NullPointerException"
    else:
        _search(network, _ALL, 0.0)
    assert _params(network) == [1.0, 2.0, 3.0, 4.0]
