"""``run --deviations`` and ``--write-deviations``: what is declared is counted and held, everything else must pass."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from dl4j_backends.interface import Network, Session, UnsupportedError
from dl4j_backends.numpy import NumpyBackend
from dl4j_conformance.cli.main import cli
from dl4j_conformance.deviations.file import DeviationsError, read
from dl4j_conformance.reporting import machine
from dl4j_conformance.reporting.html.page import page
from dl4j_conformance.reporting.report_file import read_report
from dl4j_conformance.reporting.report_markdown import markdown
from dl4j_conformance.reporting.report_summary import summary
from dl4j_conformance.vectors import fixtures
from dl4j_conformance.vectors.fixtures import inventory

#: Fails these cases, each by this misreading.
WRONG, GLOB = "misreading:adam-no-correction", "adam-*-step*"
OTHER = "misreading:adam-t-from-zero"
FAILING = ["adam-first-step-float32", "adam-first-step-float64", "adam-three-steps-float32", "adam-three-steps-float64"]


def entry(**keys: object) -> str:
    """Return a deviation on lines 1 to n, of which the first has the header."""
    given = {"case": GLOB, "kind": "bug", "reason": "known", **keys}
    lines = [f"{key} = {value if isinstance(value, date) else json.dumps(value)}" for key, value in given.items()]
    return "\n".join(["[[deviation]]", *(line for line in lines if not line.endswith("= null")), ""])


@pytest.fixture(autouse=True)
def _read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the fixtures once for all commands of this module."""
    for name, function in _READ.items():
        monkeypatch.setattr(f"dl4j_conformance.cli.run_plan.{name}", function)


_READ = {
    "stored_rows": cache(fixtures.stored_rows),
    "FixturesInTurn": cache(fixtures.FixturesInTurn),
    "inventory": cache(fixtures.inventory),
}


@pytest.fixture
def declared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "deviations.toml"


def run(*arguments: str, backend: str = WRONG, glob: str = GLOB) -> Result:
    result = CliRunner().invoke(cli, ["run", backend, "--case", glob, *arguments])
    assert "Traceback" not in result.output
    return result


def with_file(path: Path, text: str, *arguments: str, backend: str = WRONG, glob: str = GLOB) -> Result:
    path.write_text(text, encoding="utf-8")
    return run("--deviations", path.name, *arguments, backend=backend, glob=glob)


SELECTED = {
    "glob": entry(),
    "ids": entry(case=FAILING),
    "ids and a glob": entry(case=["adam-first-step-*", *FAILING[2:]]),
    "two entries": entry(case="adam-first-step-*") + entry(case="adam-three-steps-*"),
    "topic": entry(case=None, topic="updaters"),
    "clause": entry(case=None, clause="ADAM-3"),
    "clause and glob": entry(clause="ADAM-3"),
    "misreading": entry(case=None, misreading="adam-no-correction"),
    "glob and misreading": entry(misreading="adam-no-correction"),
    "two misreadings": entry(misreading=["adam-no-correction", "nesterovs-negated"]),
    "overlapping": entry() + entry(case=FAILING[0]),
    "last day": entry(expires=date(9999, 12, 31), issue="https://example.org/1"),
}


@pytest.mark.parametrize("text", SELECTED.values(), ids=SELECTED)
def test_what_fails_as_declared_is_counted_and_ends_with_0(declared: Path, text: str) -> None:
    result = with_file(declared, text)
    assert result.exit_code == 0, result.output
    last = result.stdout.splitlines()[-1]
    assert last == (
        f"{WRONG} conforms but for what is declared: 0 of 4 cases passed, 4 deviate as declared, 0 failed, 0 not run"
    )
    assert "declared: 4 cases: deviations.toml:1: bug: known" in result.stdout or "two" in text or text.count("[[") > 1
    assert "FAILED" not in result.output


def test_everything_else_has_to_pass(declared: Path) -> None:
    result = with_file(declared, entry(case="adam-first-step-*"))
    assert result.exit_code == 1
    assert "does not conform: 0 of 4 cases passed, 2 deviate as declared, 2 failed, 0 not run" in result.stdout
    assert "FAILED adam-three-steps-float32" in result.stdout
    assert "FAILED adam-first-step-float32" not in result.output


HELD: dict[str, tuple[str, str, str]] = {
    "a case that passes": (
        "numpy",
        entry(),
        "deviations.toml:1: adam-first-step-float32, adam-three-steps-float32, adam-first-step-float64 and 1 more pass",
    ),
    "another misreading": (
        OTHER,
        entry(misreading="adam-no-correction"),
        "deviations.toml:1: adam-no-correction does not explain adam-first-step-float32, ",
    ),
    "another misreading, of which the cases are those that show one": (
        OTHER,
        entry(case=None, misreading="adam-no-correction"),
        "deviations.toml:1: adam-no-correction does not explain adam-first-step-float32, ",
    ),
    "one of two misreadings is mended": (
        WRONG,
        entry(misreading=["adam-no-correction", "adam-epsilon-inside-root"]),
        "adam-epsilon-inside-root with adam-no-correction does not explain",
    ),
    "expired": (WRONG, "\n" + entry(expires=date(2001, 2, 3)), "deviations.toml:2: has expired on 2001-02-03"),
}


@pytest.mark.parametrize(("backend", "text", "words"), HELD.values(), ids=HELD)
def test_what_is_not_as_declared_fails_with_file_and_line(declared: Path, backend: str, text: str, words: str) -> None:
    result = with_file(declared, text, backend=backend)
    assert result.exit_code == 1
    assert words in next(line for line in result.stdout.splitlines() if line.startswith("NOT AS DECLARED: "))
    assert "conforms" not in result.stdout


def test_another_misreading_is_named(declared: Path) -> None:
    result = with_file(declared, entry(misreading="adam-no-correction"), backend=OTHER)
    assert "; now it is adam-t-from-zero" in result.stdout


MISTAKES: dict[str, tuple[str, str]] = {
    "no TOML": ("[[deviation]]\ncase = 'x\n", "deviations.toml:2: is not TOML: "),
    "unfinished": ("[[deviation]]\ncase = [", "deviations.toml:2: is not TOML: "),
    "unknown id": (
        entry(case="adam-frist-step-float32"),
        "deviations.toml:2: there is no case 'adam-frist-step-float32'; did you mean",
    ),
    "a glob that matches nothing": (entry(case=[GLOB, "adamax-*"]), "deviations.toml:2: no case matches 'adamax-*'"),
    "unknown key": (entry(cases="x"), "deviations.toml:5: unknown key 'cases'; did you mean 'case'?"),
    "unknown kind": (entry(kind="bgu"), "deviations.toml:3: unknown kind 'bgu'; did you mean 'bug'?"),
    "no kind": (entry(kind=None), "deviations.toml:1: kind is missing"),
    "no reason": (entry(reason=None), "deviations.toml:1: reason is missing"),
    "empty reason": (entry(reason=" "), "deviations.toml:4: reason is empty"),
    "unknown clause": (entry(clause="ADAM-33"), "deviations.toml:5: there is no clause 'ADAM-33'"),
    "unknown topic": (
        entry(topic="updater"),
        "deviations.toml:5: there is no topic 'updater'; did you",
    ),
    "unknown capability": (
        entry(needs="clones"),
        "deviations.toml:5: there is no capability 'clones'; ",
    ),
    "unknown misreading": (
        entry(misreading="adam-no-corection"),
        "deviations.toml:5: there is no misreading 'adam-no-corection'; did you mean 'adam-no-correction'?",
    ),
    "misreadings that conflict": (
        entry(misreading=["adam-no-correction", "adam-adamax"]),
        "deviations.toml:5: adam-adamax and adam-no-correction cannot be true together",
    ),
    "a date in quotes": (entry(expires="2027-01-31"), "deviations.toml:5: expires is a date without quotes"),
    "a time": (
        entry(expires=None) + "expires = 2027-01-31T00:00:00\n",
        "deviations.toml:5: expires is a date without quotes, such as 2027-01-31, not 2027-01-31 00:00:00",
    ),
    "a byte order mark": ("\ufeff" + entry(), "deviations.toml:1: begins with a byte order mark: write UTF-8 without"),
    "a number that Python does not read": (
        entry() + f"issue = {'9' * 5000}\n",
        "deviations.toml:5: is not TOML: a number is too long",
    ),
    "a number": (entry(case=1), "deviations.toml:2: case is text in quotes or an array of texts, not 1"),
    "an empty array": (entry(case=[]), "deviations.toml:2: case is text in quotes or an array"),
    "no selection": (entry(case=None), "deviations.toml:1: selects no case"),
    "an unknown table": (
        entry() + "[requierd]\n",
        "deviations.toml:5: unknown table or key 'requierd'; did",
    ),
    "no table": ("deviation = [{case = 'x'}]\n", "deviations.toml:1: write each deviation as a table with the header"),
}


@pytest.mark.parametrize(("text", "words"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_the_file_is_named_with_its_line(declared: Path, text: str, words: str) -> None:
    declared.write_text(text, encoding="utf-8")
    with pytest.raises(DeviationsError) as raised:
        read(Path(declared.name), inventory().topics)
    assert str(raised.value).startswith(words)


def test_a_value_of_another_type_is_one_mistake(declared: Path) -> None:
    declared.write_text(entry(kind=["bug"]), encoding="utf-8")
    with pytest.raises(DeviationsError) as raised:
        read(Path(declared.name), inventory().topics)
    assert str(raised.value) == "deviations.toml:3: kind is text in quotes, not ['bug']"


def test_a_mistake_ends_the_command_before_anything_runs(declared: Path) -> None:
    result = with_file(declared, entry(kind="bgu"))
    assert (result.exit_code, result.stdout) == (5, "")
    assert "deviations.toml:3: unknown kind 'bgu'" in result.stderr


def test_a_case_cannot_be_declared_and_required(declared: Path) -> None:
    result = with_file(declared, entry() + f"[required]\ncase = '{FAILING[0]}'\n")
    assert result.exit_code == 5
    words = "deviations.toml:1: declares that adam-first-step-float32 fails; deviations.toml:5: it must pass"
    assert words in result.stderr


def test_all_mistakes_are_named_at_once_and_lines_in_strings_are_no_tables(declared: Path) -> None:
    text = entry(kind="x").replace('"known"', "'''\n[[deviation]]\nkind = 1'''") + "# [[deviation]]\n" + entry(kind="y")
    result = with_file(declared, text)
    assert [line for line in result.stderr.splitlines() if "unknown" in line] == [
        "Error: deviations.toml:3: unknown kind 'x'; it is one of not-implemented, by-design, upstream, bug, undecided",
        "  deviations.toml:10: unknown kind 'y'; it is one of not-implemented, by-design, upstream, bug, undecided",
    ]


def test_a_file_that_is_not_there(declared: Path) -> None:
    result = run("--deviations", declared.name)
    assert result.exit_code == 5
    assert "deviations.toml: cannot be read" in result.stderr


class Partial(NumpyBackend):
    """Declares little, and refuses AdaDelta."""

    capabilities = frozenset({"state_out", "learning_rates"})

    def open(self, network: Network) -> Session:
        if "ADADELTA" in {layer.get("updater") for layer in network.layers} | {network.conf.get("updater")}:
            raise UnsupportedError("AdaDelta is not there")
        return super().open(network)


PARTIAL = "python:test_deviations:Partial"
SOME = "*-first-step-float32"


def test_what_does_not_run_has_to_be_declared(declared: Path) -> None:
    result = with_file(declared, "", backend=PARTIAL, glob=SOME)
    assert result.exit_code == 1
    assert "NOT AS DECLARED: not run nor declared: adadelta-first-step-float32" in result.stdout
    text = entry(case="adadelta-*", kind="not-implemented")
    result = with_file(declared, text, backend=PARTIAL, glob=SOME)
    assert result.exit_code == 0
    assert "1 deviates as declared, 0 failed, 0 not run" in result.stdout


def test_what_is_declared_is_not_counted_as_not_run(declared: Path) -> None:
    text = entry(case="adadelta-*", kind="not-implemented")
    result = with_file(declared, text, "--report", "report.jsonl", backend=PARTIAL, glob=SOME)
    (report,) = read_report(Path("report.jsonl"))
    for shown in (result.stdout, "\n".join(summary(report)), markdown(report)):
        assert "as declared: 1 case: deviations.toml:1: not-implemented: known" in shown
        assert "not run: 1 case" not in shown
    assert "Why cases were not run" not in page([report])


def test_only_what_is_required_has_to_run(declared: Path) -> None:
    required, glob = '[required]\ncase = "adam-*"\n', "*[tn][pe]-adam-float32"
    result = with_file(declared, required, backend=PARTIAL, glob=glob)
    assert result.exit_code == 0
    result = with_file(declared, '\n[required]\ncase = "clone-*"\n', backend=PARTIAL, glob=glob)
    assert result.exit_code == 1
    assert "deviations.toml:2: did not run: clone-adam-float32" in result.stdout
    assert with_file(declared, required).exit_code == 1


def test_a_required_case_may_not_fail_by_a_declared_misreading(declared: Path) -> None:
    text = entry(case=None, misreading="adam-no-correction") + f'[required]\ncase = "{FAILING[0]}"\n'
    result = with_file(declared, text)
    assert result.exit_code == 1
    assert "FAILED adam-first-step-float32" in result.stdout


def test_a_misreading_has_to_be_held_by_cases_that_run(declared: Path) -> None:
    """A case that does not run shows nothing."""
    result = with_file(declared, entry(case="adadelta-*", misreading="adadelta-negated"), backend=PARTIAL, glob=SOME)
    assert result.exit_code in (1, 5)


@pytest.mark.parametrize(
    ("backend", "glob"),
    [
        (WRONG, "adam-*"),
        (PARTIAL, "*-adam-float32"),
        ("python:mutants.wrong_backends:l1_before_l2", "l1-l2-*"),
        ("python:mutants.wrong_backends:crash", "sgd-first-*"),
        ("python:mutants.wrong_backends:sequential_norms", "summation-2*"),
    ],
)
def test_the_skeleton_of_a_failing_run_makes_it_pass(declared: Path, backend: str, glob: str) -> None:
    written = run("--write-deviations", declared.name, backend=backend, glob=glob)
    assert "deviations.toml declares" in written.stderr
    text = declared.read_text()
    result = run("--deviations", declared.name, backend=backend, glob=glob)
    assert result.exit_code == 0, text + result.output
    assert text.count("[[deviation]]") <= 4


def test_a_skeleton_names_the_misreading_and_nothing_else(declared: Path) -> None:
    assert run("--write-deviations", declared.name).exit_code == 1
    _, entry_ = declared.read_text().split("\n\n")
    assert entry_ == (
        '[[deviation]]\nmisreading = "adam-no-correction"\nkind = "undecided"\n'
        'reason = "ADAM: There is no bias correction."\n'
    )


def test_a_skeleton_adds_to_what_is_declared(declared: Path) -> None:
    result = with_file(declared, entry(case="adam-first-step-*"), "--write-deviations", "more.toml")
    assert result.exit_code == 1
    assert 'case = "adam-three-*"' in Path("more.toml").read_text()


def test_a_skeleton_replaces_nothing(declared: Path) -> None:
    declared.write_text("mine")
    result = run("--write-deviations", declared.name)
    assert result.exit_code == 2
    assert "is there already" in result.stderr
    assert declared.read_text() == "mine"


def test_no_skeleton_without_a_failure_or_of_half_a_run(declared: Path) -> None:
    result = run("--write-deviations", declared.name, backend="numpy")
    assert (result.exit_code, "there is nothing to declare" in result.stderr) == (0, True)
    result = run("--write-deviations", declared.name, "-x")
    assert (result.exit_code, "did not come to its end" in result.stderr) == (1, True)
    assert not declared.exists()


def test_reports_name_the_deviation(declared: Path) -> None:
    result = with_file(declared, entry(case="adam-first-step-*"), "--report", "report.jsonl", "--format", "json")
    validator = Draft202012Validator(machine.schema())
    lines = [json.loads(line) for line in Path("report.jsonl").read_text().splitlines()]
    assert [list(validator.iter_errors(document)) for document in (json.loads(result.stdout), *lines)] == [[]] * 7
    named = {line["case"]: line.get("deviation") for line in lines if line["type"] == "result"}
    assert named == {id_: "deviations.toml:1: bug: known" if "first-step" in id_ else None for id_ in FAILING}


def test_max_fail_counts_what_is_not_declared(declared: Path) -> None:
    result = with_file(declared, entry(case="adam-first-step-*"), "--max-fail", "2")
    assert "2 deviate as declared, 2 failed, 0 not run, stopped early (--max-fail)" in result.stdout


def test_markdown_names_what_is_not_as_declared(declared: Path) -> None:
    result = with_file(declared, entry(), "--format", "markdown", backend="numpy")
    assert "NOT AS DECLARED: deviations.toml:1" in result.stdout
