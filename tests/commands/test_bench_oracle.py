"""``bench oracle``: it compares verdicts with mpmath's, and shows what each way costs."""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from dl4j_conformance.benchmark import verdicts
from dl4j_conformance.cli.main import cli
from dl4j_oracle.arithmetic import kernels
from dl4j_oracle.arithmetic.intervals import contains

_ONE = ("bench", "oracle", "--updater", "rmsprop", "--type", "float32", "--size", "20000", "--rounds", "1")


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdicts, "_MANY", 2)
    monkeypatch.setattr(verdicts, "_FEW", 2)


def test_every_way_has_a_row_and_verdicts_are_equal() -> None:
    found = CliRunner().invoke(cli, _ONE)
    assert found.exit_code == 0
    for row in ("exact values", "exact verdicts", "ieee values", "enclosures", "compiled enclosures"):
        assert row in found.output
    assert "41/41" in found.output


def test_wrong_kernels_do_not_conform(monkeypatch: pytest.MonkeyPatch) -> None:
    right = kernels.run

    def wrong(formulas: Any) -> Any:
        """Hold that every value is in its set."""
        return [
            (np.ones_like(found[0]),) if formula.function is contains else found
            for formula, found in zip(formulas, right(formulas), strict=True)
        ]

    monkeypatch.setattr(kernels, "run", wrong)
    found = CliRunner().invoke(cli, _ONE)
    assert found.exit_code == 1
    assert "compiled and exact verdicts differ" in found.output


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_edges_lie_on_both_sides(dtype: str) -> None:
    clock = count()
    found = verdicts.compare("SGD", dtype, 20_000, 1, lambda: next(clock))
    assert found.equal == found.compared > 0
    outcome = verdicts._outcome("SGD", dtype, 1 << 15)
    escapes = verdicts._check(outcome).escapes
    assert not escapes
