"""``report``: a run's report in other forms."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from dl4j_conformance.cli.main import cli
from dl4j_conformance.reporting import records
from dl4j_conformance.reporting.badge import badge
from dl4j_conformance.reporting.junit import junit
from dl4j_conformance.reporting.report_file import Report, read_report
from dl4j_conformance.reporting.report_markdown import markdown
from dl4j_conformance.reporting.report_sentences import failing
from dl4j_conformance.reporting.report_summary import summary
from dl4j_conformance.reporting.result_table import table
from robustness.hostile import FORGED, HOSTILE, outside_of_code
from toolchains import required_module

WRONG = "python:mutants.wrong_backends:l1_before_l2"
ABSENT = "python:absent:X"
FORMS = ("summary", "markdown", "junit", "csv", "badge", "html")
SCHEMA = Path(__file__).with_name("junit.xsd")


def invoke(*arguments: object) -> Result:
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.jsonl"
    invoke("run", "numpy", WRONG, ABSENT, "--in-process", "--case", "l1-l2-*-float32", "--report", path)
    return path


@pytest.fixture(scope="module")
def reports(file: Path) -> tuple[Report, ...]:
    return read_report(file)


def hostile(report: Report) -> Report:
    """Return the report of a backend that writes what no form may show as it is."""
    failing = next(result for result in report.results if result.findings)
    finding = replace(failing.findings[0], key=HOSTILE, got=records.Words(HOSTILE), allowed=HOSTILE)
    result = replace(failing, comment=HOSTILE, topic=HOSTILE, findings=(finding,), deviation=None)
    refused = replace(result, status=records.Status.NOT_RUN, reason=HOSTILE, case="another", findings=())
    fault = records.Fault("exited", "another", HOSTILE, "hint", HOSTILE, recovered=False)
    return Report(
        replace(report.header, backend=HOSTILE, name=HOSTILE),
        (result, refused),
        replace(report.footer, backend=HOSTILE, verdict=HOSTILE, not_run={HOSTILE: 1}, faults=(fault,)),
    )


@pytest.mark.parametrize("form", FORMS)
def test_a_file_that_is_none_is_unreadable(form: str, file: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.jsonl"
    cut.write_text("".join(file.read_text().splitlines(keepends=True)[:-1]))
    for path, place in ((cut, f"{cut}:19: is cut off"), (tmp_path / "absent.jsonl", "absent.jsonl: cannot be read")):
        result = invoke("report", form, file, path)
        assert (result.exit_code, result.stdout) == (5, ""), result.output
        assert place in result.stderr
    assert invoke("report", form).exit_code == 2


def test_the_summary_lists_every_failing_case_and_ends_with_the_verdict(file: Path) -> None:
    result = invoke("report", "summary", file)
    assert result.exit_code == 0
    right, wrong, absent = result.stdout.split("held to level bit-exact")[1:]
    assert "numpy conforms: 7 of 7 cases passed" in right
    assert "failed: 7 cases\n  l1-l2-sgd-float32\n" in wrong
    assert wrong.count("l1-l2-") == 7
    assert "l1-before-l2: L1 is added before L2. (POST-1); certain: 7 of 7 discriminating cases" in wrong
    assert f"{WRONG} does not conform: 0 of 7" in wrong
    assert "unavailable: " in absent
    assert result.stdout.splitlines()[-1] == f"{ABSENT}: nothing ran: 0 of 0 cases passed, 0 failed, 0 not run"


def test_many_failing_cases_are_folded_by_topic_and_a_command_shows_all(tmp_path: Path) -> None:
    path = tmp_path / "my report.jsonl"
    invoke("run", "misreading:adam-no-correction", "--case", "*-adam-float32", "--report", path)
    lines = invoke("report", "summary", path).stdout.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("failed: "))
    counts = [int(found[1]) for line in lines[at:] if (found := re.match(r"  [a-z-]+ \((\d+)\): ", line))]
    assert f"failed: {sum(counts)} cases" == lines[at]
    assert len(counts) > 10
    (command,) = [line for line in lines if "all of them: " in line]
    whole = invoke(*shlex.split(command.partition("all of them: dl4j-conformance ")[2])).stdout
    (report,) = read_report(path)
    assert all(result.case in whole for result in failing(report))
    assert "all of them" not in whole


def test_the_table_fits_eighty_columns(reports: tuple[Report, ...]) -> None:
    for report in reports[:2]:
        lines = list(summary(report))
        assert max(len(line) for line in lines[2:10]) <= 80
        assert lines[2].split() == ["updater", "type", "structure", "reading", "bounded", "bit-exact", "recorded"]


def test_markdown_has_the_verdict_first(file: Path, reports: tuple[Report, ...]) -> None:
    result = invoke("report", "markdown", file)
    assert result.exit_code == 0
    assert result.stdout.startswith("### numpy\n\n**numpy conforms: 7 of 7 cases passed, 0 failed, 0 not run**\n")
    assert "| SGD | float32 | 1/1 | 1/1 | 1/1 | 0/1 | 0/1 |" in result.stdout
    assert "<details><summary>failing in penalties (7)</summary>" in result.stdout
    assert result.stdout.count("<details>") == result.stdout.count("</details>") == 1 + 5
    page = outside_of_code(markdown(hostile(reports[1])))
    assert not [bad for bad in ("<script", "@me", "http:", "## T", FORGED) if bad in page]


def validated(document: str) -> ElementTree.Element:
    xmlschema = required_module("xmlschema", "test")
    xmlschema.XMLSchema(str(SCHEMA)).validate(document)
    return ElementTree.fromstring(document)  # noqa: S314 - our own


def cases(root: ElementTree.Element, tag: str) -> list[str | None]:
    return [case.get("name") for case in root.iterfind(f".//testcase[{tag}]")]


def test_junit_follows_the_schema(file: Path) -> None:
    result = invoke("report", "junit", file)
    assert result.exit_code == 0
    root = validated(result.stdout)
    assert {name: root.get(name) for name in ("tests", "failures", "errors")} == {
        "tests": "17",
        "failures": "8",
        "errors": "1",
    }
    assert cases(root, "error") == ["verdict"]
    assert cases(root, "failure")[0] == "verdict"
    suite = root.find(f"testsuite[@name='{WRONG}: SGD/penalties']")
    assert suite is not None
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.get("type") == "bit-exact"
    assert failure.get("message") == "bit-exact: step 0, 0_b[1]: expected 3e3b746b 0.18306129, got 3e3b746c 0.1830613"
    assert f"reproduce: dl4j-conformance run {WRONG} --in-process --case l1-l2-sgd-float32" in (failure.text or "")
    properties = {p.get("name"): p.get("value") for p in root.iterfind("testsuite[1]/properties/property")}
    assert properties["backend"] == "numpy"
    assert properties.keys() >= {"level", "fixtures", "platform", "python", "numpy", "dl4j-conformance"}


def test_junit_of_what_backends_write_is_xml(reports: tuple[Report, ...]) -> None:
    root = validated(junit([hostile(reports[1])]))
    assert cases(root, "error") == ["another"]
    for text in (value for element in root.iter() for value in (element.text or "", *element.attrib.values())):
        assert not [c for c in text if c < " " and c != "\n"]


def changed(report: Report, *, exit_code: int, **footer: Any) -> Report:
    return replace(report, footer=replace(report.footer, exit_code=exit_code, **footer))


def test_a_run_that_is_no_success_has_no_green_junit(reports: tuple[Report, ...]) -> None:
    """All cases passed, but too few ran, or the run was stopped."""
    for report in (
        changed(reports[0], exit_code=4, below_floor=("SGD float64: 0 of at least 3 cases ran",)),
        changed(reports[0], exit_code=130, stopped_by="SIGINT"),
    ):
        assert cases(validated(junit([report])), "error") == ["verdict"]
        assert badge([report]).message == "incomplete"


def test_a_declared_deviation_is_no_failure(reports: tuple[Report, ...]) -> None:
    """It is skipped, as pytest reports an expected failure."""
    wrong = reports[1]
    results = tuple(replace(result, deviation="deviations.toml:3: bug: known") for result in wrong.results)
    report = changed(replace(wrong, results=results), exit_code=0)
    root = validated(junit([report]))
    assert cases(root, "failure") == []
    assert len(cases(root, "skipped")) == 7
    assert badge([report]).message == "bit-exact, 0 cases, 7 deviate"
    assert "as declared: 7 cases: deviations.toml:3: bug: known" in list(summary(report))
    assert "as declared: 7 cases" in markdown(report)
    assert not [line for line in summary(report) if line.startswith("failed")]


def test_what_is_not_as_declared_is_no_success(reports: tuple[Report, ...]) -> None:
    report = changed(reports[0], exit_code=1, breaches=("deviations.toml:3: has expired",))
    assert cases(validated(junit([report])), "failure") == ["verdict"]
    assert "NOT AS DECLARED: deviations.toml:3: has expired" in list(summary(report))
    assert (badge([report]).message, badge([report]).colour) == ("not as declared", "red")


def test_a_case_with_several_updaters_is_counted_once(tmp_path: Path) -> None:
    path = tmp_path / "mixed.jsonl"
    invoke("run", "numpy", "--case", "mixed-*", "--report", path)
    root = validated(invoke("report", "junit", path).stdout)
    names = [case.get("name") for case in root.iterfind(".//testcase")]
    assert len(names) == len(set(names)) > 3
    assert root.find("testsuite[@name='numpy: MIXED/mixed']") is not None


def test_csv_has_a_line_for_each_result(file: Path, reports: tuple[Report, ...]) -> None:
    rows = list(csv.DictReader(io.StringIO(invoke("report", "csv", file).stdout)))
    assert len(rows) == 14
    assert rows[7] == {
        "backend": WRONG,
        "case": "l1-l2-sgd-float32",
        "topic": "penalties",
        "type": "float32",
        "updaters": "SGD",
        "clauses": "POST-1 POST-2 POST-3 POST-4",
        "status": "failed",
        "fails": "bit-exact",
        "values": "9",
        "identical": "8",
        "ulps": "1",
        "nearness": rows[7]["nearness"],
        "differences": "1",
        "reason": "",
        "deviation": "",
    }
    formula = replace(reports[0].results[0], reason="=HYPERLINK(1)\n")
    (row,) = csv.DictReader(table([replace(reports[0], results=(formula,))]))
    assert row["reason"] == r"'=HYPERLINK(1)\n"


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ((0,), {"message": "bit-exact, 7 cases", "color": "brightgreen", "isError": False}),
        ((1,), {"message": "7 of 7 cases fail", "color": "red", "isError": True}),
        ((2,), {"message": "incomplete", "color": "yellow", "isError": False}),
        ((0, 0), {"message": "2 of 2 conform", "color": "brightgreen", "isError": False}),
        ((0, 1), {"message": "1 of 2 conform", "color": "red", "isError": True}),
    ],
)
def test_badges(chosen: tuple[int, ...], said: Mapping[str, Any], reports: tuple[Report, ...]) -> None:
    found = badge([reports[number] for number in chosen])
    assert json.loads(found.endpoint) == {"schemaVersion": 1, "label": "DL4J 0.8.0", **said}
    picture = ElementTree.fromstring(found.svg)  # noqa: S314 - our own
    assert picture.get("aria-label") == f"DL4J 0.8.0: {said['message']}"


def test_a_badge_is_json_or_a_picture(file: Path) -> None:
    assert json.loads(invoke("report", "badge", file).stdout)["message"] == "1 of 3 conform"
    assert invoke("report", "badge", file, "--format", "svg").stdout.startswith("<svg ")
