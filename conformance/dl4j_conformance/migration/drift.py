"""The drift of a program for another library away from DL4J, over steps on one quadratic.

The quadratic has 16 parameters, with curvatures from 1e-6 to 0.3 and fixed targets. DL4J's steps are the oracle's.
"""

from __future__ import annotations

import numpy as np

from dl4j_backends.interface import Network
from dl4j_conformance.cases.values import Floats
from dl4j_conformance.execution.oracle_backend import OracleBackend
from dl4j_conformance.migration.counterpart import Library
from dl4j_conformance.migration.program import code
from dl4j_conformance.migration.settings import LayerSettings
from dl4j_conformance.migration.training import Training, train

_LENGTH, _BATCH_SIZE = 16, 10
_CURVATURE = np.geomspace(1e-6, 0.3, _LENGTH)
_TARGETS = np.cos(np.arange(1.0, _LENGTH + 1))
_START = np.zeros(_LENGTH)


def _gradient(parameters: Floats) -> Floats:
    """Return the gradient (1-D, float64) of the loss summed over the minibatch."""
    gradient: Floats = _BATCH_SIZE * _CURVATURE * (parameters - _TARGETS)
    return gradient


def drift(library: Library, settings: LayerSettings, *, as_it_is: bool, steps: int = 100) -> float:
    """Return how far the library's parameters are from DL4J's after so many ``steps``, in float64.

    The distance is relative to the way that DL4J's have gone. ``as_it_is`` the optimizer has DL4J's settings alone,
    else it is the one of ``suggest``. Raises :class:`BackendUnavailableError` without the library.
    """
    counterpart = library.counterparts[settings.updater]
    program = code(library, counterpart.as_it_is if as_it_is else counterpart, settings)
    training = Training(_START, _gradient, _BATCH_SIZE, steps)
    expected = _dl4j(settings, training)
    got = train(library, program, training)
    return float(np.linalg.norm(got - expected) / np.linalg.norm(expected - training.start))


def _dl4j(settings: LayerSettings, training: Training) -> Floats:
    """Return DL4J's parameters (1-D, float64) after the training."""
    layer = {"n_in": _LENGTH, "n_out": 1, "updater": settings.updater, **settings.numbers}
    regularization = {"l1": settings.l1, "l2": settings.l2}
    params = {"0_W": training.start, "0_b": np.zeros(1)}
    network = Network("float64", {"use_regularization": True}, ({**layer, **regularization},), params)
    session = OracleBackend().open(network)
    weights = training.start
    for iteration in range(training.steps):
        session.set_params({**params, "0_W": weights})
        updates = session.update({"0_W": training.gradient(weights)}, iteration, training.batch_size).updates
        weights = weights - (updates or {})["0_W"]
    return weights
