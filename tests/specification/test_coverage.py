"""The table of methods is that of the code, and no method is left open."""

from __future__ import annotations

from dl4j_conformance.cases.setting_words import Word, said
from dl4j_conformance.reporting import setting_coverage
from dl4j_conformance.reporting import specification_coverage as coverage
from dl4j_oracle.clauses import specification_folder
from golden_fixtures import every_fixture, fixtures_by_id


def test_the_page_is_what_the_code_says() -> None:
    page = (specification_folder() / "coverage.md").read_text(encoding="utf-8")
    assert page == coverage.page(every_fixture()), (
        "run `python -m dl4j_conformance.reporting.specification_coverage docs/specification`"
    )


def test_no_row_is_open() -> None:
    rows = list(coverage.rows(every_fixture()))
    assert [row.method for row in rows] == list(coverage.METHODS)
    assert [row.method for row in rows if row.is_open] == []


def test_a_method_without_a_clause_is_open() -> None:
    assert coverage.Row("LayerUpdater.nothing", (), (), 0, 0).is_open
    assert coverage.Row("LayerUpdater.unrecorded", ("X-1",), ("x",), 3, 2).is_open
    assert not coverage.Row("LayerUpdater.covered", ("X-1",), ("x",), 3, 3).is_open


def test_every_setting_has_cases_of_every_kind() -> None:
    assert setting_coverage.count(fixture.case for fixture in every_fixture()).empty() == []


def test_a_setting_without_cases_is_empty() -> None:
    cases = [f.case for f in every_fixture() if not f.case.id.startswith("setting-")]
    found = setting_coverage.count(cases).empty()
    assert "rho: layer 0, network value" in found
    assert "rms_decay: inherited under the same updater" in found


def test_settings_are_read_off_the_case() -> None:
    case = fixtures_by_id()["inherited-rho-and-momentum-float64"].case
    words = {(one.setting, one.layer, one.network) for one in said(case)}
    assert {("rho", Word.UNSET, Word.VALUE), ("momentum", Word.UNSET, Word.VALUE)} <= words
    assert ("l1", Word.UNSET, Word.VALUE) in words
    # No layer here has an updater that reads it.
    assert not any(setting == "rms_decay" for setting, _, _ in words)
