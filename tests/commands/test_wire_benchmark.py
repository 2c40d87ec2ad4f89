"""``python -m dl4j_conformance.benchmark.wire``: every way carries an array, and base64 takes less than hex."""

from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner

from dl4j_conformance.benchmark import wire


@pytest.mark.parametrize("name", wire.WAYS)
def test_every_way_carries_the_values(name: str) -> None:
    sent = np.array([0.1, -2.0, 1e-40], "float32")
    found, _ = wire.WAYS[name](sent)
    assert found.tobytes() == sent.tobytes()


def test_ratios_are_taken_within_rounds() -> None:
    rounds = [{"hex": 10.0, "base64": 2.0}, {"hex": 1000.0, "base64": 100.0}, {"hex": 9.0, "base64": 1.0}]
    assert wire.faster(rounds, "base64") == 9.0


def test_base64_is_shorter_and_faster() -> None:
    assert wire.size_of(wire.WAYS["base64"], 30_000, "float32") == pytest.approx(16 / 3, abs=0.01)
    assert wire.size_of(wire.WAYS["hex"], 30_000, "float32") == pytest.approx(11, abs=0.01)
    assert wire.faster(wire.measure(30_000, "float32", 5), "base64") > 2


def test_the_command_prints_both_types() -> None:
    printed = CliRunner().invoke(wire.command, ["--size", "1000", "--rounds", "1"]).output
    assert "values of float32" in printed
    assert "values of float64" in printed
