"""``compare`` and ``baseline``: what makes a port worse, and that it is told."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from dl4j_conformance.cli.main import cli
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Status
from dl4j_conformance.reporting import comparison, records
from dl4j_conformance.reporting.baseline import BaselineError, read_baseline, render
from dl4j_conformance.reporting.records import Reached
from dl4j_conformance.reporting.report_file import ReportFile, read_report
from dl4j_conformance.reporting.standing import Change, Group, Kind, Standing, Worst, changes, standing
from dl4j_fixtures import destination

WRONG = "python:mutants.wrong_backends:l1_before_l2"


def invoke(*arguments: object) -> Result:
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def case(
    id_: str,
    fails: Level | None = None,
    ulps: int | None = None,
    near: float | None = None,
    *,
    status: Status = Status.PASSED,
) -> records.Result:
    """Return the result of a case of Adam's, whose values are at most so many ulps off."""
    level = {None: Level.RECORDED, Level.BIT_EXACT: Level.BOUNDED, Level.BOUNDED: Level.READING}.get(fails)
    reached = (Reached("ADAM", level, ulps),) if status is not Status.NOT_RUN else ()
    return records.Result(
        *(id_, "adam", "float32", ("ADAM",), ("ADAM-1",), "", status, "", fails, reached),
        *(9, 9, True, near, 0, (), None),
    )


OLD = standing(
    [
        case("all"),
        case("a", Level.BIT_EXACT, 3, 0.5),
        case("b", Level.BIT_EXACT, 2, 0.25),
        case("far", Level.BOUNDED, 90),
        case("wrong", Level.STRUCTURE),
        case("refused", status=Status.NOT_RUN),
    ]
)
GROUP = Group("ADAM", "float32", "bounded")


def test_the_standing_has_what_ran_and_the_worst_of_each_group() -> None:
    assert (
        Standing(
            {"all": "all", "a": "bounded", "b": "bounded", "far": "reading", "wrong": "nothing"},
            {GROUP: Worst(2, 3, 0.5), replace(GROUP, reached="reading"): Worst(1, 90)},
        )
        == OLD
    )


SAME = {
    "all": case("all"),
    "a": case("a", Level.BIT_EXACT, 3, 0.5),
    "b": case("b", Level.BIT_EXACT, 2, 0.25),
    "far": case("far", Level.BOUNDED, 90),
    "wrong": case("wrong", Level.STRUCTURE),
}


@pytest.mark.parametrize(
    ("new", "claimed", "expected"),
    [
        ({}, Level.BIT_EXACT, []),
        ({"all": case("all", Level.BIT_EXACT, 1)}, Level.BIT_EXACT, [(Kind.NEWLY_FAILING, "all", "all", "bounded")]),
        ({"all": case("all", Level.BIT_EXACT, 1)}, Level.BOUNDED, [(Kind.REACHES_LESS, "all", "all", "bounded")]),
        ({"all": case("all", Level.RECORDED)}, Level.BIT_EXACT, [(Kind.REACHES_LESS, "all", "all", "bit-exact")]),
        ({"all": case("all", Level.RECORDED)}, Level.RECORDED, [(Kind.NEWLY_FAILING, "all", "all", "bit-exact")]),
        ({"far": case("far", Level.READING)}, Level.BIT_EXACT, [(Kind.REACHES_LESS, "far", "reading", "structure")]),
        ({"wrong": case("wrong")}, Level.BIT_EXACT, [(Kind.NEWLY_PASSING, "wrong", "nothing", "all")]),
        ({"b": case("b")}, Level.BOUNDED, [(Kind.REACHES_MORE, "b", "bounded", "all")]),
        # The case with the largest distance is worse by far, though it reaches more.
        (
            {"far": case("far", Level.BIT_EXACT, 90, 0.9)},
            Level.BOUNDED,
            [(Kind.NEWLY_PASSING, "far", "reading", "bounded")],
        ),
        ({"new": case("new", Level.STRUCTURE)}, Level.BOUNDED, [(Kind.RUNS_NOW, "new", "not run", "nothing")]),
        (
            {"wrong": case("wrong", status=Status.NOT_RUN)},
            Level.BOUNDED,
            [(Kind.NOT_RUN, "wrong", "nothing", "not run")],
        ),
        (
            {"b": case("b", Level.BIT_EXACT, 4, 0.25)},
            Level.BOUNDED,
            [(Kind.FARTHER_OFF, GROUP, "3 ulps, 0.5 of the enclosure", "4 ulps, 0.5 of the enclosure")],
        ),
        (
            {"b": case("b", Level.BIT_EXACT, 2, 0.75)},
            Level.BOUNDED,
            [(Kind.FARTHER_OFF, GROUP, "3 ulps, 0.5 of the enclosure", "3 ulps, 0.75 of the enclosure")],
        ),
        (
            {"a": case("a", Level.BIT_EXACT, 1, 0.125)},
            Level.BOUNDED,
            [(Kind.NEARER, GROUP, "3 ulps, 0.5 of the enclosure", "2 ulps, 0.25 of the enclosure")],
        ),
    ],
)
def test_changes(
    new: dict[str, records.Result], claimed: Level, expected: list[tuple[Kind, str | Group, str, str]]
) -> None:
    found = changes(OLD, ({**SAME, **new}).values(), claimed)
    assert [change for change in found if change.kind is not Kind.NEARER or not new or "a" in new] == [
        Change(*change) for change in expected
    ]


def test_an_updater_that_was_right_in_a_failing_case_is_seen() -> None:
    """The case reaches as much as before: its other layer keeps it there."""
    mixed = replace(case("mixed", Level.BIT_EXACT, 3), reached=(Reached("ADAM", Level.BOUNDED, 3),))
    both = replace(mixed, reached=(*mixed.reached, Reached("SGD", Level.BOUNDED, 1)))
    (change,) = changes(standing([mixed]), [both], Level.BOUNDED)
    assert (change.kind, change.subject, change.before) == (
        Kind.FARTHER_OFF,
        Group("SGD", "float32", "bounded"),
        "0 ulps",
    )


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A report on NumPy and one on a wrong backend."""
    folder = tmp_path_factory.mktemp("reports")
    for name, backend in (("right", "numpy"), ("wrong", WRONG)):
        invoke("run", backend, "--in-process", "--case", "l1-l2-*", "--report", folder / f"{name}.jsonl")
    return folder / "right.jsonl", folder / "wrong.jsonl"


def test_compare_prints_what_became_worse(files: tuple[Path, Path]) -> None:
    right, wrong = files
    result = invoke("compare", right, wrong)
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0] == f"numpy -> {WRONG} (oracle (wrong)), at level bit-exact"
    assert lines[1] == "newly failing (12): reaches all -> reaches bounded"
    assert lines[2:4] == ["  l1-l2-sgd-float32", "  l1-l2-adam-float32"]
    assert lines[-2:] == ["new misreading: l1-before-l2", "12 regressions, 0 other changes"]
    assert "largest distance, RMSPROP float64: 0 ulps -> 341 ulps" in lines
    assert max(map(len, lines[1:])) <= 80
    back = invoke("compare", wrong, right)
    assert back.exit_code == 0
    assert "largest distance, RMSPROP float64: 341 ulps -> 0 ulps" in back.stdout
    assert back.stdout.splitlines()[-2:] == ["misreading gone: l1-before-l2", "no regressions, 12 other changes"]
    assert invoke("compare", wrong, wrong).stdout.splitlines()[1:] == ["no regressions, 0 other changes"]


@pytest.fixture(scope="module")
def many(files: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Reports on 70 cases, of which all pass and all fail; the first 40 are of another topic."""
    folder = tmp_path_factory.mktemp("many")
    for file in files:
        first, *lines = map(json.loads, file.read_text().splitlines())
        (result, *_), footer = lines[:-1], lines[-1]
        with ReportFile(destination(folder / f"{file.stem} one.jsonl")) as sealed:
            sealed.write({**first, "cases": 70})
            for number in range(70):
                sealed.write({**result, "case": f"c{number}", "topic": "one" if number < 40 else "two"})
            sealed.seal({name: value for name, value in footer.items() if name != "sha256"})
    return folder / "right one.jsonl", folder / "wrong one.jsonl"


def test_many_changed_cases_are_folded_by_topic(many: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    right, wrong = many
    lines = invoke("compare", right, wrong).stdout.splitlines()
    assert lines[1:4] == [
        "newly failing (70): reaches all -> reaches bounded",
        "  one (40): c0, c1, c2, c3, c4, c5, c6, c7, c8 and 31 more",
        "  two (30): c40, c41, c42, c43, c44, c45, c46 and 23 more",
    ]
    shown = shlex.split(lines[4].removeprefix("all of them: dl4j-conformance "))
    assert shown == ["compare", str(right), str(wrong), "--verbose"]
    whole = invoke(*shown).stdout
    assert "all of them" not in whole
    assert set(re.findall(r"\bc\d+\b", whole)) == {f"c{number}" for number in range(70)}
    assert max(map(len, whole.splitlines()[1:])) <= 60


def test_many_regressions_are_cut_short(many: tuple[Path, Path], tmp_path: Path) -> None:
    right, wrong = many
    place = tmp_path / "baseline.toml"
    assert invoke("baseline", "update", right, "--baseline", place).exit_code == 0
    *named, command, verdict = invoke("baseline", "check", wrong, "--baseline", place).stdout.splitlines()
    assert (len(named), verdict.endswith(": 70 regressions, 0 other changes")) == (20, True)
    again = invoke(*shlex.split(command.removeprefix("all of them: dl4j-conformance ")))
    assert (again.exit_code, len(again.stdout.splitlines())) == (1, 71)


def test_half_a_run_is_called_so(files: tuple[Path, Path], tmp_path: Path) -> None:
    half = tmp_path / "half.jsonl"
    invoke("run", WRONG, "--in-process", "--case", "l1-l2-*", "-x", "--report", half)
    lines = invoke("compare", files[0], half).stdout.splitlines()
    assert lines[1].startswith(f"the new run did not come to its end: {WRONG} does not conform: 0 of 1 cases passed")
    assert invoke("compare", half, files[0]).stdout.splitlines()[1].startswith("the old run did not come to its end: ")


def test_comparisons_as_json_follow_their_schema(files: tuple[Path, Path]) -> None:
    right, wrong = files
    result = invoke("compare", right, wrong, "--format", "json")
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    Draft202012Validator(comparison.schema()).validate(document)
    assert document[0]["regressions"] == len(document[0]["changes"]) == 12
    assert {"updater": "SGD", "dtype": "float64", "before": 0, "after": 2} in document[0]["distances"]
    assert document[0]["misreadings"] == {"new": ["l1-before-l2"], "gone": []}


def test_backends_of_one_report_are_compared_by_address(files: tuple[Path, Path], tmp_path: Path) -> None:
    both = tmp_path / "both.jsonl"
    invoke("run", WRONG, "numpy", "--in-process", "--case", "l1-l2-*", "--report", both)
    assert invoke("compare", files[0], both).stdout.splitlines() == [
        "numpy -> numpy, at level bit-exact",
        "no regressions, 0 other changes",
    ]
    alone = invoke("compare", both, files[0])
    assert (alone.exit_code, f"NEW has no backend {WRONG}, which OLD has" in alone.stderr) == (2, True)


def test_a_backend_that_ran_twice_is_compared_twice(tmp_path: Path) -> None:
    twice, once = tmp_path / "twice.jsonl", tmp_path / "once.jsonl"
    invoke("run", WRONG, "--in-process", "--case", "l1-l2-sgd-*", "--report", once)
    invoke("run", WRONG, WRONG, "--in-process", "--case", "l1-l2-sgd-*", "--report", twice)
    assert invoke("compare", twice, twice).stdout.count("no regressions, 0 other changes") == 2
    assert invoke("compare", once, twice).exit_code == 0
    assert invoke("compare", twice, once).exit_code == 2


def test_a_baseline_is_kept(files: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    right, wrong = files
    result = invoke("baseline", "update", wrong)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == f"dl4j-baseline.toml: 14 cases of {WRONG}"
    assert "  RMSPROP float64, cases that reach bounded: 1, 341 ulps, 0.154 of the enclosure" in result.stdout
    text = Path("dl4j-baseline.toml").read_text()
    assert 'l1-l2-sgd-float32 = "bounded"\n' in text
    assert "[worst.RMSPROP.float64]\nbounded = { cases = 1, ulps = 341, nearness = 0.154 }\n" in text
    assert invoke("baseline", "check", wrong).stdout == f"{WRONG}: no regressions, 0 other changes\n"
    better = invoke("baseline", "check", right)
    assert (better.exit_code, better.stdout.startswith("numpy: no regressions, 12 other changes; ")) == (0, True)


def test_a_regression_is_named_with_its_line(files: tuple[Path, Path], tmp_path: Path) -> None:
    right, wrong = files
    place = tmp_path / "baseline.toml"
    assert invoke("baseline", "update", right, "--baseline", place).exit_code == 0
    result = invoke("baseline", "check", wrong, "--baseline", place)
    assert result.exit_code == 1
    lines = place.read_text().splitlines()
    number = lines.index('l1-l2-sgd-float32 = "all"') + 1
    assert f"{place}:{number}: newly failing: l1-l2-sgd-float32: bounded; the baseline has: all\n" in result.stdout
    assert result.stdout.splitlines()[-1] == f"{WRONG}: 12 regressions, 0 other changes"


def test_values_that_are_farther_off_are_named_with_their_line(files: tuple[Path, Path], tmp_path: Path) -> None:
    (report,) = read_report(files[1])
    closer = [
        replace(result, reached=tuple(part if part.ulps is None else replace(part, ulps=1) for part in result.reached))
        for result in report.results
    ]
    place = tmp_path / "baseline.toml"
    place.write_text(render(replace(report, results=tuple(closer))))
    result = invoke("baseline", "check", files[1], "--baseline", place)
    assert result.exit_code == 1
    number = place.read_text().splitlines().index("[worst.RMSPROP.float64]") + 2
    assert f"{place}:{number}: farther off: RMSPROP float64, cases that reach bounded: 341 ulps, 0.154" in result.stdout


def test_a_baseline_says_the_same_when_it_is_read(files: tuple[Path, Path], tmp_path: Path) -> None:
    (report,) = read_report(files[1])
    odd = replace(report, header=replace(report.header, platform='"\\\n\u202e\U0001f600'))
    place = tmp_path / "baseline.toml"
    place.write_bytes(render(odd).encode().replace(b"\n", b"\r\n"))
    found = read_baseline(place)
    assert found.standing == standing(report.results)
    assert found.about.platform == odd.header.platform
    assert set(found.lines) == {*found.standing.cases, *found.standing.worst}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"bounded"', '"all"', "the hash is another"),
        ("ulps = 341", "ulps = 999", "the hash is another"),
        ("# Written", "# written", "the hash is another"),
        ("sha256", "sha", "it does not end with its hash"),
    ],
)
def test_a_baseline_that_was_changed_is_refused(
    old: str, new: str, message: str, files: tuple[Path, Path], tmp_path: Path
) -> None:
    (report,) = read_report(files[1])
    place = tmp_path / "baseline.toml"
    text = render(report).replace(old, new, 1)
    place.write_text(text)
    result = invoke("baseline", "check", files[1], "--baseline", place)
    assert (result.exit_code, result.stdout) == (5, "")
    assert f"{place}:{len(text.splitlines())}: " in result.stderr
    assert message in result.stderr


def test_files_that_are_no_baselines(files: tuple[Path, Path], tmp_path: Path) -> None:
    place = tmp_path / "baseline.toml"
    for content in (b"", b"\xff", b"[about]\n", files[0].read_bytes()):
        place.write_bytes(content)
        with pytest.raises(BaselineError, match=r"baseline\.toml:\d+: is no baseline"):
            read_baseline(place)
    assert invoke("baseline", "check", files[0], "--baseline", tmp_path / "absent.toml").exit_code == 5


def test_a_backend_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its report goes to a place of its own, and is gone afterwards."""
    monkeypatch.chdir(tmp_path)
    result = invoke("baseline", "update", "numpy")
    assert result.exit_code == 0
    assert "numpy conforms" in result.stdout
    assert len(read_baseline(Path("dl4j-baseline.toml")).standing.cases) > 2000
    assert [path.name for path in tmp_path.iterdir()] == ["dl4j-baseline.toml"]
    assert invoke("baseline", "update", "nonesuch").exit_code == 2
    absent = invoke("baseline", "check", "python:absent:X")
    assert (absent.exit_code, "did not run to the end" in absent.output) == (3, True)


def test_a_part_of_a_run_is_no_baseline(tmp_path: Path) -> None:
    stopped, both = tmp_path / "stopped.jsonl", tmp_path / "both.jsonl"
    invoke("run", WRONG, "--in-process", "--case", "l1-l2-*", "--max-fail", "1", "--report", stopped)
    invoke("run", "numpy", "oracle", "--case", "l1-l2-*", "--report", both)
    for file, code, words in ((stopped, 3, "stopped by --max-fail"), (both, 2, "has 2 backends")):
        result = invoke("baseline", "update", file, "--baseline", tmp_path / "baseline.toml")
        assert (result.exit_code, words in result.output) == (code, True), result.output
    assert not (tmp_path / "baseline.toml").exists()
