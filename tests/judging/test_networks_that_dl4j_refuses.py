"""A port that builds what DL4J refuses fails those cases: it is judged, although such a network has no layout."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dl4j_backends.engine.session import EngineSession
from dl4j_backends.interface import Network
from dl4j_backends.numpy import NumpyBackend
from dl4j_conformance.judging.kill_matrix import row
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Status
from dl4j_conformance.reporting.summary import Summary
from dl4j_conformance.running.run import run
from golden_fixtures import every_fixture


class Accepting(NumpyBackend):
    """NumPy, which makes a given state as long as it has to be, and forgets updaters that do not exist."""

    def open(self, network: Network) -> EngineSession:
        layers = [
            {**layer, "updater": "SGD"} if layer.get("updater") == "CUSTOM" else layer for layer in network.layers
        ]
        network = replace(network, layers=layers)
        plain = super().open(replace(network, has_state=False, state=None)).state()
        size = 0 if plain is None else len(plain)
        state = np.resize(np.zeros(1, network.dtype) if network.state is None else network.state, size)
        return super().open(replace(network, has_state=network.has_state and size > 0, state=state))


@pytest.mark.parametrize("level", list(Level))
def test_they_fail_without_a_traceback(level: Level) -> None:
    selected = [fixture for fixture in every_fixture() if fixture.expected.failure and "bare" not in fixture.case.id]
    assert len(selected) > 10
    summary = Summary("accepting")
    for result in run([Accepting()], selected, row, level):
        summary.add(result)
    summary.diagnose(level)
    assert {result.case.id for result in summary.failures} >= {
        f"given-state-{how}-float32" for how in ("too-short", "too-long", "null")
    }
    assert all(failure.status is Status.FAILED for failure in summary.failures)
