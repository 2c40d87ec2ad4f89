"""The text of the HTML report: everything that a run has found is there, and text from outside stays text."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dl4j_conformance.cli.main import cli
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Status
from dl4j_conformance.reporting.html import plots
from dl4j_conformance.reporting.html.backend import backend
from dl4j_conformance.reporting.html.failing_case import failed_cells
from dl4j_conformance.reporting.html.page import page
from dl4j_conformance.reporting.html.side_by_side import side_by_side
from dl4j_conformance.reporting.records import Reached
from dl4j_conformance.reporting.report_file import Report, read_report
from html_report.pages import SCRIPT, WRONG, hostile, reports
from robustness.hostile import unseen

_VOID = {"meta", "img", "br", "link", "input", "hr"}


class Parsed(HTMLParser):
    """The elements of a page, each with its attributes, and the text outside of the style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, Mapping[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.text += " " if tag in ("td", "th", "li") else ""
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Report, Report]:
    return reports(tmp_path_factory.mktemp("reports"))


@pytest.fixture(scope="module")
def failing(found: tuple[Report, Report, Report]) -> Parsed:
    return Parsed(page([found[1]]))


def words(text: str) -> str:
    return " ".join(text.split())


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def test_it_has_the_matrix_the_topics_and_the_verdict(failing: Parsed, found: tuple[Report, Report, Report]) -> None:
    text = words(failing.text)
    assert found[1].footer.verdict in text
    for part in ("ADAM float32 1/1 0/1", "updaters 6 1", *Level, "What explains the failures", "Deviations"):
        assert part in text
    assert not failing.open


def test_it_has_a_failing_case_with_all_that_is_known_of_it(failing: Parsed) -> None:
    text = words(failing.text)
    case = text[text.index("adam-three-steps-float32 State is carried") :]
    for part in (
        "Fails level reading: 18 differences in 75 values.",
        "Misreading: ADAM: Epsilon stands inside the root.",
        f"dl4j-conformance run {WRONG} --case adam-three-steps-float32",
        f"dl4j-conformance explain adam-three-steps-float32 {WRONG}",
        "step 0, 0_W[0] reading 3c23d702 0.009999992 3c23d618 0.009999774 234 ulps",
        "The report has the 16 gravest of 18 differences.",
        "step 0: 15,419 ulps step 1: 295 ulps step 2: 120 ulps",
        "0_W alphat 3.1622776601683815e-3",
        "0_W divided[0] 9.9999933021930061e-3 0.009999992 3c23d702 -4.76 +6.65 ulp 3c23d618 more than rounding",
    ):
        assert part in case


def test_a_value_that_the_report_does_not_have_is_not_called_equal(found: tuple[Report, Report, Report]) -> None:
    assert "m[0] 4.7213596105575551e-2 0.047213595 3d41630b -1.31 +1.90 ulp 0_W" in words(Parsed(page([found[1]])).text)
    (result,) = [one for one in found[1].results if one.findings]
    whole = replace(result, differences=len(result.findings))
    complete = replace(found[1], results=(whole,))
    assert "m[0] 4.7213596105575551e-2 0.047213595 3d41630b -1.31 +1.90 ulp = " in words(Parsed(page([complete])).text)


def test_without_the_fixtures_of_the_report_it_has_no_intermediates(found: tuple[Report, Report, Report]) -> None:
    others = replace(found[1], header=replace(found[1].header, fixtures="0" * 64))
    assert "Intermediates" not in page([others])
    assert "Intermediates" in page([found[1]])


@pytest.mark.parametrize(
    "changed", [{"step": 99}, {"index": 10**9}, {"index": None}, {"key": "9_W"}, {"key": "params.x"}]
)
def test_a_finding_that_fits_no_value_changes_none(changed: Any, found: tuple[Report, Report, Report]) -> None:
    (result,) = [one for one in found[1].results if one.findings]
    odd = replace(result, differences=1, findings=(replace(result.findings[0], **changed),))
    assert "more than rounding" not in page([replace(found[1], results=(odd,))])


def test_it_loads_and_runs_nothing(found: tuple[Report, Report, Report]) -> None:
    for text in (page(found), page([hostile(found[1]), found[0]])):
        parsed = Parsed(text)
        assert not {"script", "link", "img", "iframe", "object", "form"} & {tag for tag, _ in parsed.elements}
        for _, attributes in parsed.elements:
            assert not {"src", "srcset", "style", "onerror", "onload", "onclick"} & attributes.keys()
            assert (attributes.get("href") or "#").startswith("#")
        (policy,) = [one["content"] for _, one in parsed.elements if one.get("http-equiv") == "Content-Security-Policy"]
        assert policy == "default-src 'none'; style-src 'unsafe-inline'"
        assert "url(" not in text
        assert "@import" not in text


def test_text_from_outside_stays_text(found: tuple[Report, Report, Report]) -> None:
    text = page([hostile(found[1]), found[0]])
    assert not unseen(text)
    assert SCRIPT not in text
    parsed = Parsed(text)
    assert SCRIPT in parsed.text
    assert not parsed.open


def test_ids_are_unique_and_links_lead_to_them(found: tuple[Report, Report, Report]) -> None:
    parsed = Parsed(page([*found, hostile(found[1])]))
    ids = [attributes["id"] for _, attributes in parsed.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {str(one["href"])[1:] for _, one in parsed.elements if "href" in one} <= set(ids)


def test_side_by_side_has_clusters_of_identical_bits(found: tuple[Report, Report, Report]) -> None:
    right, wrong, absent = found
    twin = replace(wrong, header=replace(wrong.header, backend="twin"))
    compared = side_by_side([backend(one, number, is_alone=False) for number, one in enumerate((right, wrong, twin))])
    assert compared.clusters == ((0, 3), (1, 2))
    assert compared.pairs[1] == ((6, 7), (7, 7), (7, 7), (6, 7))
    same, different = compared.patterns
    assert [cell.cluster for cell in same.cells] == ["DL4J", "DL4J", "DL4J"]
    assert [(cell.cluster, cell.status) for cell in different.cells] == [
        ("DL4J", Status.PASSED),
        ("A", Status.FAILED),
        ("A", Status.FAILED),
    ]
    assert [case.id for case in different.cases] == ["adam-three-steps-float32"]
    assert compared.changes[0].regressions == 1
    assert "1 regression, 0 other changes" in words(Parsed(page([right, wrong, absent])).text)


def test_bits_that_a_report_does_not_have_make_no_cluster(found: tuple[Report, Report, Report]) -> None:
    old = replace(found[1], results=tuple(replace(result, bits="") for result in found[1].results))
    compared = side_by_side([backend(old, number, is_alone=False) for number in (1, 2)])
    assert compared.clusters == ((0,), (1,))
    assert compared.pairs[0] == ((6, 7), (6, 7), (6, 7))


def test_backends_differ_in_bits_where_their_values_do(found: tuple[Report, Report, Report], tmp_path: Path) -> None:
    path = tmp_path / "other.jsonl"
    other = "misreading:adam-no-epsilon"
    assert invoke("run", other, "--case", "adam-three-steps-float32", "--report", path).exit_code == 1
    ((result,),) = (report.results for report in read_report(path))
    (known,) = [one for one in found[1].results if one.findings]
    assert result.bits != known.bits
    assert len(result.bits) == len(known.bits) == 16


def test_drift_is_of_every_operation(found: tuple[Report, Report, Report]) -> None:
    (result,) = [one for one in found[1].results if one.findings]
    assert result.drift == (15419, 295, 120)
    assert all(one.drift == () and one.bits == "" for one in found[0].results)


def test_many_failing_cases_make_a_page_of_moderate_size(found: tuple[Report, Report, Report]) -> None:
    (failed,) = [one for one in found[1].results if one.findings]
    many = [replace(failed, case=f"case-{number}", topic=f"topic-{number % 30}") for number in range(1900)]
    text = page([replace(found[1], results=tuple(many))])
    assert len(text) < 3_000_000
    assert "80 of 1900 are shown in full" in words(Parsed(text).text)
    assert all(f"case-{number}<" in text for number in range(1900))


def test_declared_deviations_are_listed(found: tuple[Report, Report, Report]) -> None:
    results = tuple(
        replace(one, deviation="bug, deviations.toml:3") if one.findings else one for one in found[1].results
    )
    footer = replace(found[1].footer, breaches=("deviations.toml:9: matches no case",))
    text = words(Parsed(page([replace(found[1], results=results, footer=footer)])).text)
    assert "1 case as declared: bug, deviations.toml:3" in text
    assert "Not as declared: deviations.toml:9: matches no case" in text


@pytest.mark.parametrize("distance", [None, -1, 0, 1, 2**63, 10**400])
def test_any_distance_has_a_place_in_the_plots(distance: int | None) -> None:
    drawn = plots.drift([0, distance])
    assert all(0 <= dot.y <= 140 for dot in drawn.dots)
    assert drawn.dots[1].is_missing == (distance is None)
    (bar,) = plots.bars([("0_W", distance)])
    assert bar.length is None or 0 <= bar.length <= 110


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    report, output = tmp_path / "report.jsonl", tmp_path / "report.html"
    invoke("run", "numpy", "--case", "adam-three-steps-float32", "--report", report)
    result = invoke("report", "html", report, "--output", output)
    assert (result.exit_code, result.output) == (0, "")
    assert output.read_text(encoding="utf-8") == invoke("report", "html", report).stdout
    assert invoke("report", "html", report, "--output", tmp_path / "absent" / "x.html").exit_code in (2, 6)


def test_without_jinja_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    report = tmp_path / "report.jsonl"
    invoke("run", "numpy", "--case", "adam-three-steps-float32", "--report", report)
    monkeypatch.delitem(sys.modules, "dl4j_conformance.reporting.html.page")
    monkeypatch.setitem(sys.modules, "jinja2", None)
    result = invoke("report", "html", report)
    assert result.exit_code == 3
    assert "pip install 'dl4j-conformance[html]'" in result.output


def test_a_recorded_difference_is_no_difference_from_the_model(found: tuple[Report, Report, Report]) -> None:
    right, wrong, _ = found
    recorded = replace(right, results=tuple(replace(one, fails=Level.RECORDED, bits="0" * 16) for one in right.results))
    compared = side_by_side(
        [backend(one, number, is_alone=False) for number, one in enumerate((right, recorded, wrong))]
    )
    assert compared.clusters == ((0, 1, 3), (2,))


def test_one_that_ran_nothing_is_in_no_cluster(found: tuple[Report, Report, Report]) -> None:
    compared = side_by_side([backend(one, number, is_alone=False) for number, one in enumerate(found)])
    assert compared.clusters == ((0, 3), (1,))


def test_hints_are_no_names(found: tuple[Report, Report, Report]) -> None:
    diagnosis = found[1].footer.diagnosis
    assert diagnosis is not None
    weak = replace(diagnosis, readings=(), hints=diagnosis.readings, explained=0)
    text = words(Parsed(page([replace(found[1], footer=replace(found[1].footer, diagnosis=weak))])).text)
    assert (
        "Hints, which too many cases contradict ADAM: Epsilon stands inside the root. adam-epsilon-inside-root" in text
    )
    assert "Misreading:" not in text


def test_every_failing_number_of_the_matrix_leads_to_a_case_that_fails_there(tmp_path: Path) -> None:
    """Show a case of every type: of a topic only the first cases are shown in full."""
    path = tmp_path / "report.jsonl"
    invoke("run", "misreading:l1-before-l2", "--case", "l1-l2-*", "--report", path)
    (report,) = read_report(path)
    shown = backend(report, 1, is_alone=True)
    by_anchor = {case.anchor: case.result for case in shown.failing}
    failing = [
        (row, level, cell.anchor)
        for row in shown.matrix
        for level, cell in zip(Level, row.cells, strict=True)
        if cell.state == "failed"
    ]
    assert len(failing) > 20
    for row, level, anchor in failing:
        assert anchor is not None
        assert (row.updater, row.dtype, level) in set(failed_cells(by_anchor[anchor]))


def test_a_case_fails_where_its_layers_with_an_updater_do(found: tuple[Report, Report, Report]) -> None:
    (failed,) = [one for one in found[1].results if one.findings]
    both = replace(failed, reached=(Reached("ADAM", Level.BOUNDED, 1), Reached("SGD", Level.RECORDED, None)))
    assert list(failed_cells(both)) == [("ADAM", "float32", Level.BIT_EXACT), ("ADAM", "float32", Level.RECORDED)]
    unrecorded = replace(both, is_recorded=False, reached=(Reached("ADAM", None, 1),))
    assert [level for *_, level in failed_cells(unrecorded)] == [one for one in Level if one is not Level.RECORDED]


def test_what_was_not_run_has_a_column_only_if_there_is_any(found: tuple[Report, Report, Report]) -> None:
    (first, *others) = found[0].footer.table
    idle = replace(found[0], footer=replace(found[0].footer, table=(replace(first, not_run=3), *others)))
    assert "recorded SGD" in words(Parsed(page([found[0]])).text)
    assert "recorded not run SGD float32 1/1 1/1 1/1 1/1 1/1 3 ADAM" in words(Parsed(page([idle])).text)


def test_the_sentences_of_the_diagnosis_do_not_run_into_each_other(found: tuple[Report, Report, Report]) -> None:
    diagnosis = found[1].footer.diagnosis
    assert diagnosis is not None
    mixed = replace(diagnosis, rounding=1, unexplained=("a", "b"))
    text = words(Parsed(page([replace(found[1], footer=replace(found[1].footer, diagnosis=mixed))])).text)
    assert "explain 1 of 1 failing case. By rounding alone: 1 case. Unexplained: 2 cases. " in text
