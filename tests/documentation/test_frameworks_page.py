"""The tables of libraries are those that runs give, today and with the libraries that are installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from dl4j_backends.interface import BackendUnavailableError
from dl4j_conformance.migration import page
from dl4j_conformance.migration.libraries import LIBRARIES
from toolchains import required_module

PAGE = (Path(__file__).parents[2] / "docs" / "frameworks.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "module"), [("torch", "torch"), ("optax", "optax"), ("keras", "dl4j_backends.frameworks.keras")]
)
def test_the_table_is_what_runs_give(name: str, module: str) -> None:
    """If not: ``python -m dl4j_conformance.migration.page docs/frameworks.md``."""
    required_module(module, name)
    rows = "\n".join(page.table(LIBRARIES[name]))
    assert f"-->\n{rows}\n<!-- end -->" in PAGE.partition(f"<!-- {name}, written by")[2]


def test_a_library_that_is_not_installed_keeps_its_table(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(address: str) -> None:
        raise BackendUnavailableError(f"{address} is not installed")

    monkeypatch.setattr(page, "resolve", missing)
    assert page.page(PAGE) == PAGE


def test_drifts_have_two_digits() -> None:
    assert [page.percent(drifted) for drifted in (1e-13, 0.000499, 0.5543, 0.9999)] == ["0", "0.05 %", "55 %", "100 %"]
