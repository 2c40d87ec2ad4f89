"""Updaters as libraries have them, written here in NumPy: each is a set of readings of DL4J's, up to rounding."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import pytest
from numpy.testing import assert_allclose

from dl4j_oracle.arithmetic.ieee import IeeeArithmetic, IeeeArray
from dl4j_oracle.misreadings import by_id, together
from dl4j_oracle.network.multi_layer_updater import MultiLayerUpdater
from dl4j_oracle.network.network_description import Description

Floats = npt.NDArray[np.floating]

RATE = 0.05
GRADIENTS = [[1.0, -2.0, 1e-4, 0.5], [0.25, 3.0, -1e-3, 0.0], [-1.0, 0.5, 2e-4, 1e-5]]


def _rmsprop_of_keras(gradients: list[Floats]) -> Iterator[Floats]:
    """Yield the updates of ``keras.optimizers.RMSprop(rho=0.95, epsilon=1e-7)``."""
    average = np.zeros_like(gradients[0])
    for g in gradients:
        average = 0.95 * average + 0.05 * g * g
        yield RATE * g / np.sqrt(average + 1e-7)


def _adagrad_of_optax(gradients: list[Floats]) -> Iterator[Floats]:
    """Yield the updates of ``optax.adagrad``: from 0.1, with epsilon 1e-7 inside of the root."""
    total = np.full_like(gradients[0], 0.1)
    for g in gradients:
        total = total + g * g
        yield RATE * g / np.sqrt(total + 1e-7)


def _adam_of_torch(gradients: list[Floats]) -> Iterator[Floats]:
    """Yield the updates of ``torch.optim.Adam``, which counts from 1 whatever the iteration is."""
    m, v = np.zeros_like(gradients[0]), np.zeros_like(gradients[0])
    for t, g in enumerate(gradients, 1):
        m, v = m + (g - m) * (1 - 0.9), 0.999 * v + (1 - 0.999) * g * g
        yield RATE / (1 - 0.9**t) * m / (np.sqrt(v) / np.sqrt(1 - 0.999**t) + 1e-8)


def _sgd_of_torch(gradients: list[Floats]) -> Iterator[Floats]:
    """Yield the updates of ``torch.optim.SGD(momentum=0.9, nesterov=True)``."""
    velocity = np.zeros_like(gradients[0])
    for g in gradients:
        velocity = 0.9 * velocity + g
        yield RATE * (g + 0.9 * velocity)


def _momentum_of_torch(gradients: list[Floats]) -> Iterator[Floats]:
    """Yield the updates of ``torch.optim.SGD(momentum=0.9)``."""
    velocity = np.zeros_like(gradients[0])
    for g in gradients:
        velocity = 0.9 * velocity + g
        yield RATE * velocity


def _adadelta_of_keras(gradients: list[Floats]) -> Iterator[Floats]:
    """Yield the updates of ``keras.optimizers.Adadelta(rho=0.95)``, whose epsilon is 1e-7, times the rate."""
    squares, deltas = np.zeros_like(gradients[0]), np.zeros_like(gradients[0])
    for g in gradients:
        squares = 0.95 * squares + 0.05 * g * g
        delta = g * np.sqrt(deltas + 1e-7) / np.sqrt(squares + 1e-7)
        deltas = 0.95 * deltas + 0.05 * delta * delta
        yield RATE * delta


@pytest.mark.parametrize(
    ("updater", "ids", "library"),
    [
        (
            "RMSPROP",
            ["rmsprop-from-zero", "rmsprop-epsilon-inside-root", "rmsprop-epsilon-1e-07"],
            _rmsprop_of_keras,
        ),
        (
            "ADAGRAD",
            ["adagrad-from-a-tenth", "adagrad-epsilon-inside-root", "adagrad-epsilon-1e-07"],
            _adagrad_of_optax,
        ),
        ("ADAM", ["adam-epsilon-corrected", "adam-counts-its-steps", "adam-interpolated"], _adam_of_torch),
        ("NESTEROVS", ["nesterovs-rate-outside", "nesterovs-attached-view"], _sgd_of_torch),
        ("NESTEROVS", ["nesterovs-classical-rate-outside", "nesterovs-attached-view"], _momentum_of_torch),
        ("ADADELTA", ["adadelta-epsilon-1e-07", "adadelta-rate-twice"], _adadelta_of_keras),
    ],
)
def test_a_library_is_a_set_of_readings(
    updater: str, ids: list[str], library: Callable[[list[Floats]], Iterator[Floats]]
) -> None:
    expected = list(library([np.array(gradient) for gradient in GRADIENTS]))
    layer = {"n_in": 2, "n_out": 2, "updater": updater, "learning_rate": RATE, "rho": 0.95}
    network = Description({}, [layer], {"0_W": [0.0] * 4, "0_b": [0.0] * 2})
    port = MultiLayerUpdater(network, IeeeArithmetic("float64"), together([by_id(id_) for id_ in ids]).rules)
    for iteration, (gradient, update) in enumerate(zip(GRADIENTS, expected, strict=True), 7):
        got = port.update(port.arrays({"0_W": gradient}), iteration, 1)["0_W"]
        assert_allclose(IeeeArray.own(got).values, update, rtol=1e-12)
