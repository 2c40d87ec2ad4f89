"""The plugin of pytest: its tests have ids and markers, fail, skip and select as pytest's do, and judge as ``run``."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

import dl4j_fixtures
from dl4j_backends.interface import ALL_CAPABILITIES
from dl4j_conformance.cli.main import cli
from dl4j_conformance.execution.oracle_backend import resolve
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Result, Status
from dl4j_conformance.plugin import collection
from dl4j_conformance.plugin.hooks import printed
from dl4j_conformance.reporting.summary import Summary
from dl4j_conformance.running.run import run
from dl4j_conformance.vectors.fixtures import stored_rows
from golden_fixtures import every_fixture

pytest_plugins = ["pytester"]

SUITE = "dl4j_conformance.suite"
FAULTY = Path(__file__).parents[1] / "backends" / "faulty_adapter.py"
WRONG = "misreading:adam-epsilon-inside-root"

#: Ports that are wrong in ways of their own.
PORTS = """
from dl4j_backends.interface import BackendUnavailableError, UnsupportedError
from dl4j_backends.numpy import NumpyBackend


class Minimal(NumpyBackend):
    capabilities = frozenset()


class Float32(NumpyBackend):
    def open(self, network):
        if network.dtype == "float64":
            raise UnsupportedError("float64")
        return super().open(network)


class Nothing(NumpyBackend):
    def open(self, network):
        raise UnsupportedError("everything")


class GivesUp(NumpyBackend):
    opened = 0

    def open(self, network):
        self.opened += 1
        if self.opened > 2:
            raise BackendUnavailableError("the device has gone")
        return super().open(network)


class Crashes(NumpyBackend):
    def open(self, network):
        raise RuntimeError("a bug")


class Unavailable(NumpyBackend):
    def __init__(self):
        raise BackendUnavailableError("no such device; install one")
"""

#: The cases that the tests collect, but for those that list all of them.
FEW = [fixture for fixture in every_fixture() if re.match("(adam|sgd|none)-first-step|search-score-2", fixture.case.id)]

Judge = Callable[..., pytest.RunResult]


@pytest.fixture
def judge(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Judge:
    """Return what runs the suite, with a few cases, on a backend in this process."""
    monkeypatch.setattr(collection, "fixtures", lambda selection: FEW)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    pytester.makepyfile(ports=PORTS)

    def run(address: str, *arguments: str) -> pytest.RunResult:
        return pytester.runpytest_inprocess(
            "--strict-markers", "--pyargs", SUITE, "--dl4j-backend", address, "--dl4j-in-process", *arguments
        )

    return run


@pytest.fixture
def every_case(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> Judge:
    """Return what runs the whole suite."""
    monkeypatch.setattr(collection, "fixtures", lambda selection: every_fixture())
    return judge


def ids(result: pytest.RunResult) -> list[str]:
    """Return the ids that ``--collect-only -q`` lists."""
    return [line for line in result.outlines if line.startswith(SUITE)]


def junit(pytester: pytest.Pytester, name: str) -> ElementTree.Element:
    """Return the root of a JUnit file."""
    return ElementTree.parse(pytester.path / name).getroot()  # noqa: S314 - pytest has written it


def test_every_case_is_a_test_with_updater_topic_case_and_type_in_its_id(every_case: Judge) -> None:
    listed = ids(every_case("numpy", "--collect-only", "-q"))
    assert f"{SUITE}::adam/updaters/adam-first-step-float32" in listed
    assert f"{SUITE}::mixed/sharing/twelve-vertices-in-order-float64" in listed
    assert sorted(id_.rpartition("/")[2] for id_ in listed) == sorted(dl4j_fixtures.ids())


@pytest.mark.usefixtures("judge")
def test_cases_can_be_listed_without_a_backend(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess("--pyargs", SUITE, "--collect-only", "-q", "-k", "sgd-first-step")
    assert ids(result) == [f"{SUITE}::sgd/updaters/sgd-first-step-float{bits}" for bits in (32, 64)]
    assert result.ret == 0


def test_a_right_backend_passes_with_the_verdict_of_run(judge: Judge) -> None:
    result = judge("numpy", "-k", "sgd-first-step")
    result.assert_outcomes(passed=2, deselected=len(FEW) - 2)
    assert result.ret == 0
    text = result.stdout.str()
    assert "dl4j: numpy, judged at level bit-exact" in text
    assert "numpy conforms: 2 of 2 cases passed, 0 failed, 0 not run" in text


def test_an_id_that_was_printed_selects_its_case(judge: Judge, pytester: pytest.Pytester) -> None:
    place = f"{SUITE}::adam/updaters/adam-first-step-float32"
    result = pytester.runpytest_inprocess("--pyargs", place, "--dl4j-backend", WRONG)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"FAILED {place} - *step 0, 0_W*"])


def test_failures_show_what_run_shows_and_the_diagnosis_once_at_the_end(judge: Judge) -> None:
    result = judge(WRONG, "-k", "adam-first-step or sgd-first-step")
    result.assert_outcomes(passed=2, failed=2, deselected=len(FEW) - 4)
    assert result.ret == 1
    shown = result.stdout.str()
    printed = CliRunner().invoke(cli, ["run", WRONG, "--case", "adam-first-step-*"]).stdout.splitlines()
    begin = next(number for number, line in enumerate(printed) if line.startswith("FAILED adam-first-step-float32"))
    failure = printed[begin : printed.index("", begin)]
    assert len(failure) > 4
    assert "\n".join(failure) in shown
    sentence = next(line for line in printed if "adam-epsilon-inside-root: ADAM" in line)
    assert shown.count(sentence) == 1
    assert "It matches the misreading on 2 of 2 discriminating cases" in shown
    assert "Traceback" not in shown


def test_the_verdict_has_the_characters_of_the_terminal() -> None:
    summary = Summary("python:größe:Port")
    summary.add(Result(every_fixture()[0].case, Status.PASSED))
    assert "───" in printed(summary, 100, False, "utf-8")
    plain = printed(summary, 100, False, "ascii")
    assert plain.isascii()
    assert "---" in plain
    assert "gr\\xf6\\xdfe" in plain
    assert "\x1b[" not in plain
    assert "\x1b[" in printed(summary, 100, True, "utf-8")


@pytest.mark.parametrize("address", [WRONG, "misreading:nesterovs-classical", "oracle"])
def test_results_travel_between_processes(address: str) -> None:
    """With all that a diagnosis needs, as xdist's workers send them."""
    backend = resolve(address)
    few = [fixture for fixture in every_fixture() if re.match("(adam|nesterovs)-(first|settings)", fixture.case.id)]
    rows = stored_rows()
    for result in run([backend], few, rows):
        again = pickle.loads(pickle.dumps(result))  # noqa: S301 - just written
        assert (again.case.id, again.status, again.killed) == (result.case.id, result.status, result.killed)
        assert (again.values, again.identical, again.findings) == (result.values, result.identical, result.findings)
        if result.differing:
            assert again.differing.striking == result.differing.striking
            assert again.differing.twin == result.differing.twin


def test_stopping_at_the_first_failure_still_shows_verdict_and_diagnosis(judge: Judge) -> None:
    result = judge(WRONG, "-x", "-k", "adam-first-step")
    result.assert_outcomes(failed=1, deselected=len(FEW) - 2)
    text = result.stdout.str()
    assert "0 of 1 cases passed, 1 failed, 0 not run, stopped early (pytest)" in text
    assert "adam-epsilon-inside-root: ADAM" in text
    assert "too few cases ran" not in text


def test_last_failed_runs_them_again(judge: Judge) -> None:
    assert judge(WRONG, "-k", "adam-first-step or sgd-first-step").ret == 1
    again = judge("numpy", "--lf", "-k", "adam-first-step or sgd-first-step")
    assert again.parseoutcomes()["passed"] == 2
    assert "ADAM" in again.stdout.str()
    assert "SGD" not in again.stdout.str()


def test_last_failed_counts_tests_of_the_project_too(judge: Judge, pytester: pytest.Pytester) -> None:
    """A failing test elsewhere hides no failing case, nor the other way round."""
    pytester.makepyfile(test_own="def test_own():\n    assert False\n")
    selected = ("-k", "test_own or adam-first-step", "test_own.py")
    for arguments in ((), ("--lf",)):
        assert judge(WRONG, *arguments, *selected).parseoutcomes()["failed"] == 3


def test_junit_has_every_case_its_difference_and_its_reason(judge: Judge, pytester: pytest.Pytester) -> None:
    judge("python:ports:Minimal", "-k", "sgd-first-step or search-score-2-float32", "--junitxml", "passed.xml")
    passed = junit(pytester, "passed.xml")
    skipped = {case.get("name"): case.find("skipped") for case in passed.iter("testcase")}
    assert len(skipped) == 3
    (reason,) = [mark.get("message") for mark in skipped.values() if mark is not None]
    assert reason is not None
    assert "does not declare line_search" in reason
    judge(WRONG, "-k", "adam-first-step-float32", "--junitxml", "failed.xml")
    (case,) = junit(pytester, "failed.xml").iter("testcase")
    assert (case.get("classname"), case.get("name")) == (SUITE, "adam/updaters/adam-first-step-float32")
    (failure,) = case.iter("failure")
    assert failure.text is not None
    assert "expected 3c23d705" in failure.text


@pytest.mark.parametrize(
    ("expression", "has"),
    [
        ("updater(name='adam')", lambda fixture: "ADAM" in fixture.case.updaters),
        ("capability(name='state_in')", lambda fixture: "state_in" in fixture.case.required_capabilities),
        ("not capability", lambda fixture: not fixture.case.required_capabilities),
        ("level(name='bounded')", lambda fixture: True),
        ("level(name='bit-exact')", lambda fixture: False),
    ],
)
def test_markers_select_cases(every_case: Judge, expression: str, has: Callable[..., bool]) -> None:
    listed = ids(every_case("numpy", "--dl4j-level", "bounded", "--collect-only", "-q", "-m", expression))
    expected = {fixture.case.id for fixture in every_fixture() if has(fixture)}
    assert {id_.rpartition("/")[2] for id_ in listed} == expected


def test_the_topics_marker_is_the_topic_of_the_file(every_case: Judge) -> None:
    listed = ids(every_case("numpy", "--collect-only", "-q", "-m", "topic(name='learning-rate')"))
    entries = [entry for entry in dl4j_fixtures.manifest()["files"].values() if entry["topic"] == "learning-rate"]
    assert {id_.rpartition("/")[2] for id_ in listed} == {id_ for entry in entries for id_ in entry["cases"]}
    assert all("/learning-rate/" in id_ for id_ in listed)


def test_updaters_of_mixed_cases_are_keywords(every_case: Judge) -> None:
    listed = ids(every_case("numpy", "--collect-only", "-q", "-k", "rmsprop"))
    assert {fixture.case.id for fixture in every_fixture() if "RMSPROP" in fixture.case.updaters} <= {
        id_.rpartition("/")[2] for id_ in listed
    }


def test_markers_are_described(judge: Judge) -> None:
    result = judge("numpy", "--markers")
    for marker in ("updater", "topic", "capability", "level"):
        result.stdout.fnmatch_lines([f"@pytest.mark.{marker}(name): *"])
    named = set(re.findall(r"capability\(name='(\w+)'\)", result.stdout.str()))
    assert named
    assert named <= ALL_CAPABILITIES


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "name its address"),
        (("--dl4j-backend", "nonesuch"), "unknown backend 'nonesuch'"),
        (("--dl4j-backend", "misreading:adam-epsilon-inside-rot"), "did you mean 'adam-epsilon-inside-root'"),
        (("--dl4j-backend", "stdio:./no-such-port"), "did-not-start"),
        (("--dl4j-backend", "python:ports:Unavailable"), "no such device; install one"),
        (("--dl4j-backend", "python:no_such_module:X"), "no_such_module"),
        (("--dl4j-backend", "numpy", "--dl4j-level", "bited"), "there is no level 'bited'"),
        (("--dl4j-backend", "numpy", "--dl4j-timeout", "soon"), "'soon' is not a number of seconds"),
        (("--dl4j-backend", "numpy", "--dl4j-timeout", "0"), "'0' is not a number of seconds"),
        (("--dl4j-backend", "numpy", "--dl4j-timeout", "nan"), "'nan' is not a number of seconds"),
    ],
)
def test_usage_errors_are_plain(pytester: pytest.Pytester, arguments: tuple[str, ...], words: str) -> None:
    pytester.makepyfile(ports=PORTS)
    result = pytester.runpytest_inprocess("--pyargs", SUITE, *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    error = result.stderr.str()
    assert error.startswith("ERROR: ")
    assert words in error
    assert "Traceback" not in error
    assert "collected" not in result.stdout.str()


def test_the_suite_by_its_file_needs_a_backend_too(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess(str(collection.suite.__file__))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "name its address" in result.stderr.str()


def test_the_suite_may_be_among_the_testpaths(judge: Judge, pytester: pytest.Pytester) -> None:
    pytester.mkdir("tests").joinpath("test_own.py").write_text("def test_own(): pass\n")
    pytester.makeini(
        f"[pytest]\ntestpaths = tests {SUITE}\n"
        "addopts = --pyargs --dl4j-backend 'python:ports:Crashes' --dl4j-in-process -k 'test_own or sgd-first-step'\n"
    )
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(passed=1, failed=2, deselected=len(FEW) - 2)


def test_levels_are_those_of_run(pytester: pytest.Pytester) -> None:
    text = " ".join(pytester.runpytest_inprocess("--help").stdout.str().split())
    *most, last = Level
    assert f"{', '.join(most[:3])}, bit-exact (default) or {last}" in text


def test_a_weaker_level_may_be_claimed(judge: Judge) -> None:
    arguments = ("-k", "adam-first-step-float32")
    assert judge(WRONG, "--dl4j-level", "structure", *arguments).ret == 0
    assert judge(WRONG, "--dl4j-level", "reading", *arguments).ret == 1


def test_what_a_port_does_not_support_is_skipped_with_the_reason(judge: Judge) -> None:
    result = judge("python:ports:Float32", "-k", "sgd-first-step or adam-first-step", "-ra")
    assert result.parseoutcomes()["skipped"] == 2
    result.stdout.fnmatch_lines(["SKIPPED ?2? *: unsupported: float64"])
    result = judge("python:ports:Minimal", "-k", "sgd-first-step or search-score-2-float32", "-ra")
    result.assert_outcomes(passed=2, skipped=1, deselected=len(FEW) - 3)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["SKIPPED ?1? *: the backend does not declare line_search*"])


def test_too_few_cases_are_no_pass(judge: Judge, pytester: pytest.Pytester) -> None:
    """Not even where other tests pass: the floors are those of ``run``."""
    result = judge("python:ports:Float32", "-k", "sgd-first-step or adam-first-step", "--junitxml", "junit.xml")
    assert result.ret == 1
    assert result.parseoutcomes()["failed"] == 1
    result.stdout.fnmatch_lines([f"FAILED {SUITE}::verdict - too few cases ran*"])
    assert "SGD float64: 0 of at least 1 cases ran" in result.stdout.str()
    suite = junit(pytester, "junit.xml")
    assert [case.get("name") for case in suite.iter("testcase") if case.find("failure") is not None] == ["verdict"]


def test_skipping_everything_is_no_pass(judge: Judge) -> None:
    result = judge("python:ports:Nothing", "-k", "sgd-first-step")
    assert result.ret == 1
    assert result.parseoutcomes() == {"skipped": 2, "failed": 1, "deselected": len(FEW) - 2}
    result.stdout.fnmatch_lines([f"FAILED {SUITE}::verdict - nothing ran"])


def test_skipping_by_a_projects_own_hook_is_no_pass(judge: Judge, pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        "import pytest\n\ndef pytest_collection_modifyitems(items):\n"
        "    for item in items:\n        item.add_marker(pytest.mark.skip(reason='not today'))\n"
    )
    result = judge("numpy", "-k", "sgd-first-step")
    assert result.ret == 1
    assert "not run: 2 cases: not today" in result.stdout.str()


def test_running_only_some_of_them_is_no_pass(judge: Judge, pytester: pytest.Pytester) -> None:
    pytester.makeconftest("def pytest_collection_finish(session):\n    del session.items[1:]\n")
    result = judge("numpy", "-k", "sgd-first-step")
    assert result.ret == 1
    result.stdout.fnmatch_lines([f"FAILED {SUITE}::verdict - pytest did not run every case that was selected"])


def test_setup_alone_is_no_pass(judge: Judge) -> None:
    assert judge("numpy", "-k", "sgd-first-step", "--setup-only").ret == 1


def test_a_project_may_expect_a_failure(judge: Judge, pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        "import pytest\n\ndef pytest_collection_modifyitems(items):\n"
        "    for item in items:\n        if 'adam-first-step' in item.nodeid:\n"
        "            item.add_marker(pytest.mark.xfail(reason='known'))\n"
    )
    result = judge(WRONG, "-k", "adam-first-step or sgd-first-step")
    result.assert_outcomes(xfailed=2, passed=2, deselected=len(FEW) - 4)
    assert result.ret == 0


def test_a_backend_that_gives_up_fails_once_and_keeps_its_results(judge: Judge) -> None:
    result = judge("python:ports:GivesUp", "-k", "first-step and sgd or first-step and adam or first-step and none")
    outcomes = result.parseoutcomes()
    assert (outcomes["passed"], outcomes["failed"]) == (2, 1)
    assert outcomes["skipped"] > 1
    assert result.ret == 1
    assert "Failed: the device has gone" in result.stdout.str()


def test_an_adapter_that_breaks_the_protocol_fails_where_it_does(judge: Judge) -> None:
    """Its other results stand."""
    result = judge(f"stdio:{sys.executable} {FAULTY} garbage pids", "-k", "sgd-first-step")
    result.assert_outcomes(passed=1, failed=1, deselected=len(FEW) - 2)
    text = result.stdout.str()
    assert f"{SUITE}::sgd/updaters/sgd-first-step-float64 - Failed: the adapter: not-json" in text
    assert "Every line on stdout is one JSON object" in text
    assert "Traceback" not in text


def test_an_adapter_that_does_not_end_well_is_no_pass(judge: Judge) -> None:
    result = judge(f"stdio:{sys.executable} {FAULTY} exit-status pids", "-k", "sgd-first-step")
    assert result.ret == 1
    assert result.parseoutcomes() == {"passed": 2, "failed": 1, "deselected": len(FEW) - 2}
    result.stdout.fnmatch_lines([f"FAILED {SUITE}::verdict - the adapter: exit-status*"])


def test_a_crash_of_a_port_is_a_failure_with_its_own_frames(judge: Judge) -> None:
    result = judge("python:ports:Crashes", "-k", "sgd-first-step-float32")
    result.assert_outcomes(failed=1, deselected=len(FEW) - 1)
    assert "RuntimeError: a bug [ports.py:" in result.stdout.str()
    assert "Traceback" not in result.stdout.str()


def test_damaged_fixtures_are_a_collection_error(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(selection: object) -> None:
        raise dl4j_fixtures.FixtureError("adam-float32.json: was changed")

    monkeypatch.setattr(collection, "fixtures", damaged)
    result = judge("numpy")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["adam-float32.json: was changed"])
    assert "Traceback" not in result.stdout.str()


def test_a_project_that_does_not_use_the_suite_imports_nothing_of_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "import sys\n\ndef test_nothing(request):\n"
        "    ours = {name for name in sys.modules if name.startswith('dl4j_')}\n"
        "    assert ours == {'dl4j_conformance', 'dl4j_conformance.plugin'}\n"
        "    assert 'numpy' not in sys.modules\n"
        "    assert not request.config.pluginmanager.hasplugin('dl4j_conformance.suite')\n"
        "    assert not [line for line in request.config.getini('markers') if line.startswith('updater')]\n"
    )
    pytester.runpytest_subprocess("--dl4j-backend", "numpy").assert_outcomes(passed=1)


def test_the_plugin_may_be_named_where_plugins_are_not_loaded_by_themselves(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is it registered twice where they are."""
    for disabled in ("1", ""):
        monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", disabled)
        result = pytester.runpytest_subprocess("-p", "dl4j_conformance.plugin", "--help")
        assert result.ret == 0
        assert result.stdout.str().count("--dl4j-backend=") == 1


def test_hypothesis_is_not_imported_with_the_package() -> None:
    code = "import dl4j_conformance, sys; sys.exit('hypothesis' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603


@pytest.fixture
def declare(pytester: pytest.Pytester) -> Callable[..., tuple[str, str]]:
    """Return what writes deviations and returns the option that names them."""

    def option(selector: str, *more: str) -> tuple[str, str]:
        lines = ["[[deviation]]", selector, 'kind = "bug"', 'reason = "Known."', *more]
        pytester.path.joinpath("deviations.toml").write_text("\n".join(lines) + "\n")
        return "--dl4j-deviations", "deviations.toml"

    return option


def test_declared_failures_are_xfailed_with_the_reason(judge: Judge, declare: Callable[..., tuple[str, str]]) -> None:
    """The port is wrong in ADAM alone; the verdict is that of ``run --deviations``."""
    result = judge(WRONG, "-rx", *declare('case = "adam-*"', 'misreading = "adam-epsilon-inside-root"'))
    assert result.ret == pytest.ExitCode.OK
    result.assert_outcomes(xfailed=2, passed=len(FEW) - 2)
    result.stdout.fnmatch_lines(
        [
            "XFAIL *adam-first-step-float32 - deviations.toml:1: bug: Known.",
        ]
    )
    result.stdout.fnmatch_lines([f"{WRONG} conforms but for what is declared: *2 deviate as declared, 0 failed*"])


def test_a_misreading_alone_selects_the_cases_that_show_it(
    judge: Judge, declare: Callable[..., tuple[str, str]]
) -> None:
    result = judge(WRONG, *declare('misreading = "adam-epsilon-inside-root"'))
    result.assert_outcomes(xfailed=2, passed=len(FEW) - 2)


@pytest.mark.parametrize("address", ["numpy", "oracle"])
def test_an_unexpected_pass_fails_its_test(judge: Judge, declare: Callable[..., tuple[str, str]], address: str) -> None:
    result = judge(address, *declare('case = "adam-first-step-float32"'))
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(failed=1, passed=len(FEW) - 1)
    result.stdout.fnmatch_lines(["deviations.toml:1: adam-first-step-float32 passes: take that out"])
    result.stdout.fnmatch_lines(["NOT AS DECLARED: deviations.toml:1: adam-first-step-float32 passes: take that out"])
    result.stdout.fnmatch_lines([f"{address} is not as declared: *"])


def test_another_misreading_than_declared_fails_and_is_named(
    judge: Judge, declare: Callable[..., tuple[str, str]]
) -> None:
    result = judge("misreading:adam-no-correction", *declare('case = "adam-*"', f'misreading = "{WRONG[11:]}"'))
    result.assert_outcomes(failed=2, passed=len(FEW) - 2)
    result.stdout.fnmatch_lines(
        [f"deviations.toml:1: {WRONG[11:]} does not explain adam-first-step-float32", "NOT AS DECLARED: *; now it is *"]
    )


def test_what_has_expired_fails_the_session(judge: Judge, declare: Callable[..., tuple[str, str]]) -> None:
    result = judge(WRONG, *declare('case = "adam-*"', "expires = 2020-02-01"))
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(failed=1, xfailed=2, passed=len(FEW) - 2)
    result.stdout.fnmatch_lines(["*deviations.toml:1: has expired on 2020-02-01: *"])


def test_what_is_not_run_has_to_be_declared(judge: Judge, declare: Callable[..., tuple[str, str]]) -> None:
    result = judge("python:ports:Float32", *declare('case = "*-float64"'))
    result.assert_outcomes(passed=len(FEW) // 2, skipped=len(FEW) // 2)
    result = judge("python:ports:Float32", *declare('case = "adam-*-float64"'))
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["not run nor declared: sgd-first-step-float64"])


@pytest.mark.parametrize(
    ("selector", "words"),
    [
        ('case = "adm-first-step-float32"', "deviations.toml:2: *adm-first-step-float32*adam-first-step-float32*"),
        ('case = "adm-*"', "deviations.toml:2: *"),
        ('topic = "no-such-topic"', "deviations.toml:2: *no-such-topic*"),
        ('case = "adam-*"\nneeds = "graph"\ntopic = "limits"', "deviations.toml:1: selects no case"),
        ("case = ", "deviations.toml:2: is not TOML*"),
    ],
)
def test_a_wrong_file_ends_pytest_with_its_line(
    judge: Judge, declare: Callable[..., tuple[str, str]], selector: str, words: str
) -> None:
    result = judge("numpy", *declare(selector))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*{words}"])


def test_a_file_that_is_missing_ends_pytest(judge: Judge) -> None:
    result = judge("numpy", "--dl4j-deviations", "nowhere.toml")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*nowhere.toml: *"])


def test_what_a_project_skips_did_not_run_as_declared(
    judge: Judge, declare: Callable[..., tuple[str, str]], pytester: pytest.Pytester
) -> None:
    pytester.makeconftest(
        "import pytest\n"
        "def pytest_collection_modifyitems(items):\n"
        "    for item in items:\n"
        "        if 'sgd-first-step-float32' in item.name:\n"
        "            item.add_marker(pytest.mark.skip(reason='not today'))\n"
    )
    result = judge(WRONG, *declare('case = "adam-*"'))
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["NOT AS DECLARED: not run nor declared: sgd-first-step-float32"])
