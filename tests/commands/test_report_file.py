"""``run --report``: what the file says, and that no other file is taken for one."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

import dl4j_fixtures
from dl4j_backends import strict_json
from dl4j_backends.interface import CORRECTLY_ROUNDED, Observation
from dl4j_backends.numpy import NumpyBackend
from dl4j_conformance.cli.main import cli
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Status
from dl4j_conformance.reporting import machine
from dl4j_conformance.reporting.records import Reached, Value, Words
from dl4j_conformance.reporting.report_file import ReportFile, read_report
from dl4j_conformance.vectors.json_lines import UnreadableFileError

WRONG = "python:mutants.wrong_backends:l1_before_l2"
CASES = ("--case", "l1-l2-*-float32")


class OddRates(NumpyBackend):
    """Shows NaN for every learning rate."""

    name = "odd rates"

    def open(self, network: Any) -> Any:
        session = super().open(network)
        update = session.update

        def changed(*arguments: Any) -> Observation:
            seen = update(*arguments)
            vars(seen)["learning_rates"] = dict.fromkeys(seen.learning_rates, float("nan"))
            return seen

        session.update = changed  # type: ignore[method-assign]
        return session


def reported(path: Path, *arguments: str) -> Path:
    CliRunner().invoke(cli, ["run", *arguments, "--in-process", "--report", str(path)], catch_exceptions=False)
    return path


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report on a backend that conforms, one that does not, and one that is unavailable."""
    return reported(tmp_path_factory.mktemp("report") / "report.jsonl", "numpy", WRONG, "python:absent:X", *CASES)


def test_a_report_has_a_part_for_each_backend(written: Path) -> None:
    right, wrong, absent = read_report(written)
    assert [(r.header.part, r.header.parts, r.header.backend) for r in (right, wrong, absent)] == [
        (1, 3, "numpy"),
        (2, 3, WRONG),
        (3, 3, "python:absent:X"),
    ]
    assert (right.header.name, right.header.accuracy) == ("numpy", CORRECTLY_ROUNDED)
    assert "state_out" in (right.header.capabilities or ())
    assert (absent.header.name, absent.header.capabilities, absent.results) == (None, None, ())
    assert right.header.fixtures == dl4j_fixtures.canonical_hash(dl4j_fixtures.manifest())
    assert [report.footer.exit_code for report in (right, wrong, absent)] == [0, 1, 3]
    assert right.footer.verdict == "numpy conforms: 7 of 7 cases passed, 0 failed, 0 not run"
    assert len(right.results) == right.header.cases == right.footer.total.passed == 7
    assert absent.footer.unavailable


def test_a_failing_case_says_everything(written: Path) -> None:
    _, wrong, _ = read_report(written)
    result = wrong.results[0]
    assert (result.case, result.topic, result.dtype) == ("l1-l2-sgd-float32", "penalties", "float32")
    assert (result.status, result.fails, result.is_recorded) == (Status.FAILED, Level.BIT_EXACT, True)
    assert result.reached == (Reached("SGD", Level.BOUNDED, 1),)
    assert (result.values, result.identical, result.differences) == (9, 8, 1)
    assert result.nearness is not None
    assert 0 < result.nearness < 1
    (finding,) = result.findings
    assert (finding.level, finding.step, finding.key, finding.index, finding.layer) == ("bit-exact", 0, "0_b", 1, 0)
    assert (finding.expected, finding.got) == (Value("3e3b746b", 0.18306129), Value("3e3b746c", 0.1830613))
    assert result.reproduce == f"dl4j-conformance run {WRONG} --in-process --case l1-l2-sgd-float32"
    assert wrong.footer.diagnosis is not None
    assert [reading.id for reading in wrong.footer.diagnosis.readings] == ["l1-before-l2"]


def test_what_is_written_is_read(written: Path) -> None:
    """Every field comes back as it was, of the same type."""
    validator = Draft202012Validator(machine.schema())
    lines = [json.loads(line) for line in written.read_text().splitlines()]
    assert [error.message for line in lines for error in validator.iter_errors(line)] == []
    records = [r for report in read_report(written) for r in (report.header, *report.results, report.footer)]
    for line, record in zip(lines, records, strict=True):
        assert {name: line[name] for name in line if name not in ("type", "sha256")} == json.loads(
            strict_json.compact(asdict(record))
        )


def test_the_command_names_level_and_folder(tmp_path: Path) -> None:
    topics = {"penalties": list(dl4j_fixtures.load("penalties", "float32"))}
    rows = {fixture["id"]: dl4j_fixtures.kills()[fixture["id"]] for fixture in topics["penalties"]}
    dl4j_fixtures.write(dl4j_fixtures.render(topics, {}, rows), tmp_path / "my cases")
    arguments = ("--level", "recorded", "--folder", str(tmp_path / "my cases"))
    (report,) = read_report(reported(tmp_path / "r.jsonl", WRONG, "--case", "l1-l2-sgd-*", *arguments))
    assert report.header.claimed is Level.RECORDED
    assert report.results[0].reproduce == (
        f"dl4j-conformance run {WRONG} --in-process --folder '{tmp_path}/my cases' --level recorded"
        " --case l1-l2-sgd-float32"
    )


def test_values_without_a_number_and_what_is_no_value(tmp_path: Path) -> None:
    (odd,) = read_report(
        reported(tmp_path / "a.jsonl", "python:test_report_file:OddRates", "--case", "sgd-first-step-float32")
    )
    finding = odd.results[0].findings[0]
    assert finding.key.startswith("learning_rates.")
    assert isinstance(finding.got, Value)
    assert (finding.got.bits, str(finding.got.value)) == ("7ff8000000000000", "nan")
    assert odd.results[0].identical == odd.results[0].values - odd.results[0].differences
    (crash,) = read_report(
        reported(tmp_path / "b.jsonl", "python:mutants.wrong_backends:crash", "--case", "sgd-first-step-float32")
    )
    assert crash.results[0].reached == (Reached("SGD", None, None),)
    assert crash.results[0].findings[0].expected == Words("an outcome")


def test_of_many_differences_the_gravest_are_kept(tmp_path: Path) -> None:
    path = reported(tmp_path / "r.jsonl", "python:mutants.wrong_backends:adagrad_from_zero", "--case", "adagrad-*")
    (report,) = read_report(path)
    many = [result for result in report.results if result.differences > 16]
    assert many
    for result in many:
        assert len(result.findings) == 16
        assert result.fails in {finding.level for finding in result.findings}
        assert [finding.step for finding in result.findings] == sorted(finding.step for finding in result.findings)


def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def first_with(lines: list[bytes], word: bytes) -> int:
    return next(number for number, line in enumerate(lines) if word in line)


def replaced(old: bytes, new: bytes) -> Callable[[list[bytes]], list[bytes]]:
    def change(lines: list[bytes]) -> list[bytes]:
        at = first_with(lines, old)
        return [*lines[:at], lines[at].replace(old, new, 1), *lines[at + 1 :]]

    return change


CUT = "is cut off"
CHANGED = "this line or one before was changed"


@pytest.mark.parametrize(
    ("change", "line", "message"),
    [
        (lambda lines: lines[:-1], 19, CUT),
        (lambda lines: lines[:9], 9, CUT),
        (lambda lines: [*lines[:-1], lines[-1][:-1]], 20, CUT),
        (lambda lines: [*lines[:-1], lines[-1][:-30]], 20, "not JSON"),
        (lambda lines: lines[:1], 1, CUT),
        (lambda lines: [], 1, CUT),
        (lambda lines: lines[1:], 1, "another line's place"),
        (lambda lines: lines[9:], 1, "part 2 of 3 in another's place"),
        (lambda lines: lines * 2, 21, "begins another report: give each as a file of its own"),
        (lambda lines: [line.replace(b"\n", b"\r\n") for line in lines], 9, "ends in CR LF"),
        (lambda lines: [*lines[:2], *lines[3:]], 8, CHANGED),
        (lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]], 9, CHANGED),
        (replaced(b'"status":"failed"', b'"status":"passed"'), 18, CHANGED),
        (replaced(b'"exit_code":1', b'"exit_code":0'), 18, CHANGED),
        (replaced(b'"exit_code":0', b'"exit_code":1'), 9, CHANGED),
        (replaced(b'"format_version":3', b'"format_version":2'), 1, "format version 2, and this suite reads 3: `"),
        (replaced(b'"format_version":3,', b""), 1, "format version None"),
        (replaced(b'"status":"passed"', b'"status":"well"'), 2, "expected Status @ $.status"),
        (replaced(b'"values":9', b'"values":"9"'), 2, "expected int @ $.values"),
        (replaced(b'"values":9,', b""), 2, "required field missing @ $.values"),
        (replaced(b'"values":9', b'"values":9,"more":1'), 2, "(more)"),
        (replaced(b'"values":9', b'"values":NaN'), 2, "NaN is no JSON number"),
        (replaced(b'"type":"result"', b'"type":"results"'), 2, "is no line of a report"),
        (replaced(b'"type":"result"', b'"type":["result"]'), 2, "is no line of a report"),
        (lambda lines: [lines[0], b"[]\n", *lines[1:]], 2, "must be a JSON object"),
        (lambda lines: [lines[0], b"\xff\n", *lines[1:]], 2, "no UTF-8"),
    ],
)
def test_other_files_are_refused(
    change: Callable[[list[bytes]], list[bytes]], line: int, message: str, written: Path, tmp_path: Path
) -> None:
    path = tmp_path / "changed.jsonl"
    path.write_bytes(b"".join(change(lines_of(written))))
    with pytest.raises(UnreadableFileError) as caught:
        read_report(path)
    assert str(caught.value).startswith(f"{path}:{line}: "), caught.value
    assert message in str(caught.value)


def test_a_line_of_another_type_is_refused_though_sealed(tmp_path: Path, written: Path) -> None:
    """The hash says that nobody changed a file, and not that its writer was right."""
    first, *_ = lines_of(written)
    header = {**json.loads(first), "parts": 1, "cases": "many"}
    place = dl4j_fixtures.destination(tmp_path / "odd.jsonl")
    with ReportFile(place) as file:
        file.write(header)
        file.seal({"type": "footer"})
    with pytest.raises(UnreadableFileError, match=r"odd\.jsonl:1: .* expected int @ \$\.cases"):
        read_report(place.path)


def test_the_seal_can_be_checked_by_others(written: Path) -> None:
    """The hash is that of all bytes before its digits."""
    raw = written.read_bytes()
    digits = raw[: -len('"}\n')][-64:]
    assert hashlib.sha256(raw[: -len('"}\n') - 64]).hexdigest() == digits.decode()


def test_a_report_may_be_gzipped(written: Path, tmp_path: Path) -> None:
    path = tmp_path / "report.jsonl.gz"
    path.write_bytes(gzip.compress(written.read_bytes()))
    assert read_report(path) == read_report(written)
