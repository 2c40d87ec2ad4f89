"""The table of methods is that of the code, and no method is left open."""

from __future__ import annotations

from dl4j_conformance.reporting import specification_coverage as coverage
from dl4j_oracle.clauses import specification_folder


def test_the_page_is_what_the_code_says() -> None:
    page = (specification_folder() / "coverage.md").read_text(encoding="utf-8")
    assert page == coverage.table(), (
        "run `python -m dl4j_conformance.reporting.specification_coverage docs/specification`"
    )


def test_no_row_is_open() -> None:
    rows = list(coverage.rows())
    assert [row.method for row in rows] == list(coverage.METHODS)
    assert [row.method for row in rows if row.is_open] == []


def test_a_method_without_a_clause_is_open() -> None:
    assert coverage.Row("LayerUpdater.nothing", (), (), 0, 0).is_open
    assert coverage.Row("LayerUpdater.unrecorded", ("X-1",), ("x",), 3, 2).is_open
    assert not coverage.Row("LayerUpdater.covered", ("X-1",), ("x",), 3, 3).is_open
