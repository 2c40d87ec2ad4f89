"""Everything an adapter can do wrong: its own diagnostic, in time, no process left, and nobody else's results lost."""

from __future__ import annotations

import json
import pickle
import shlex
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from click.testing import CliRunner, Result

import dl4j_fixtures
from dl4j_backends.stdio.faults import KINDS, AdapterFault
from dl4j_conformance.cli.main import cli

ADAPTER = Path(__file__).with_name("faulty_adapter.py")
TIMEOUT = 1.0
#: The longest way to a verdict: two starts, a deadline, the graces of a death; and slack for a busy machine.
IN_TIME = 20 * TIMEOUT

AT_HELLO = {
    "exit-at-hello": "exited",
    "hang-at-hello": "timed-out",
    "other-protocol": "unknown-protocol-version",
    "refuses": "refused",
    "nameless": "missing-field",
    "bad-capabilities": "wrong-type",
    "misspelt-capability": "unknown-capability",
    "misspelt-updater": "unknown-capability",
    "unknown-array-form": "unknown-capability",
    "one-key-twice-at-hello": "duplicate-key",
    "banner": "extra-output",
}
IN_A_CASE = {
    "exit": "exited",
    "exit-holding-pipes": "exited",
    "crash": "killed-by-signal",
    "crash-once-and-differ": "not-deterministic",
    "changes-its-mind": "changed-handshake",
    "one-key-twice": "duplicate-key",
    "hang": "timed-out",
    "hang-hiding-child": "timed-out",
    "garbage": "not-json",
    "endless-garbage": "not-json",
    "endless-line": "too-large",
    "binary": "not-utf8",
    "print-before": "extra-output",
    "print-after": "extra-output",
    "empty-line": "extra-output",
    "list": "not-an-object",
    "nan": "json-nan",
    "wrong-seq": "wrong-seq",
    "old-seq": "repeated-seq",
    "twice": "repeated-seq",
    "early": "early-reply",
    "no-seq": "missing-field",
    "seq-as-text": "wrong-type",
    "no-reply": "missing-field",
    "unknown-reply": "unknown-reply",
    "no-updates": "missing-field",
    "no-reason": "missing-field",
    "decimal-values": "bad-values",
    "capital-hex": "bad-values",
    "hex-despite-base64": "bad-values",
    "half-and-exit": "cut-off",
    "no-newline": "no-newline",
    "close-stdout": "closed-stdout",
    "close-stdin": "closed-stdin",
    "exit-at-close": "exited",
    "error-at-close": "unexpected-reply",
}
AT_THE_END = {
    "outlives-stdin": "did-not-exit",
    "exit-status": "exit-status",
    "leaves-child": "left-children",
    "leaves-daemon": "left-children",
}
HARMLESS = ["none", "pieces", "slow", "carriage-return", "much-stderr"]


@pytest.fixture(scope="module")
def few_fixtures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cases of SGD alone, which are read fast."""
    folder = tmp_path_factory.mktemp("fixtures")
    cases = [case for case in dl4j_fixtures.load("updaters") if case["id"].startswith("sgd-")]
    dl4j_fixtures.write(dl4j_fixtures.render({"updaters": cases}, {}, {}), folder)
    return folder


#: ``run`` with some arguments, on few fixtures.
Invoke = Callable[..., Result]
#: ``run`` of an adapter in some mode, with options: the exit code, the adapter's summary and NumPy's.
Run = Callable[..., tuple[int, dict[str, Any], dict[str, Any]]]


@pytest.fixture
def invoke(few_fixtures: Path) -> Invoke:
    return lambda *arguments: CliRunner().invoke(cli, ["run", *arguments, "--folder", str(few_fixtures)])


@pytest.fixture
def pids(tmp_path: Path) -> Path:
    return tmp_path / "pids"


@pytest.fixture
def run(invoke: Invoke, pids: Path) -> Run:
    """NumPy runs after the adapter, of which no process may be left."""

    def run(mode: str, *options: str) -> tuple[int, dict[str, Any], dict[str, Any]]:
        started = time.monotonic()
        command = shlex.join([sys.executable, "-S", str(ADAPTER), mode, str(pids)])
        arguments = [f"stdio:{command}", "numpy", "--case", "sgd-first-step-*", "--format", "json"]
        result = invoke(*arguments, "--timeout", str(TIMEOUT), *options)
        assert time.monotonic() - started < IN_TIME
        assert result.exception is None or isinstance(result.exception, SystemExit)
        left = [pid for pid in map(int, pids.read_text().split()) if _is_alive(pid)]
        assert left == []
        adapter, numpy = json.loads(result.stdout)["backends"]
        return result.exit_code, adapter, numpy

    return run


def _is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize("mode", AT_HELLO)
def test_at_hello(mode: str, run: Run) -> None:
    code, adapter, numpy = run(mode)
    assert code == 3
    assert adapter["unavailable"].startswith(f"the adapter: {AT_HELLO[mode]}: ")
    assert KINDS[AT_HELLO[mode]].hint in adapter["unavailable"]
    assert numpy["total"]["passed"] == 2
    if mode == "exit-at-hello":
        assert "| no licence" in adapter["unavailable"]


@pytest.mark.parametrize("mode", IN_A_CASE)
def test_in_a_case(mode: str, run: Run) -> None:
    code, adapter, numpy = run(mode)
    (fault,) = adapter["faults"]
    assert fault["name"] == IN_A_CASE[mode]
    assert fault["case"] == "sgd-first-step-float64"
    assert fault["hint"]
    if "at-close" not in mode and fault["name"] not in ("not-deterministic", "changed-handshake"):
        assert f"about to do {mode}" in fault["stderr"]
    assert code == adapter["exit_code"] == 3
    # The other case and the other backend keep their results.
    assert adapter["total"] == {"passed": 1, "failed": 0, "not_run": 1}
    assert numpy["total"]["passed"] == 2


@pytest.mark.parametrize("mode", AT_THE_END)
def test_at_the_end(mode: str, run: Run) -> None:
    code, adapter, numpy = run(mode)
    (fault,) = adapter["faults"]
    assert (code, fault["name"], fault["case"]) == (3, AT_THE_END[mode], None)
    assert adapter["total"]["passed"] == numpy["total"]["passed"] == 2


@pytest.mark.parametrize("mode", HARMLESS)
def test_harmless(mode: str, run: Run) -> None:
    code, adapter, _ = run(mode)
    assert (code, adapter["faults"], adapter["total"]["passed"]) == (0, [], 2)


def test_every_kind_of_fault_is_provoked() -> None:
    provoked = {*AT_HELLO.values(), *IN_A_CASE.values(), *AT_THE_END.values(), "did-not-start", "not-in-schema"}
    provoked.add("wrong-shape")  # test_adapter_command.py: `run` judges shapes, `adapter check` refuses them
    assert provoked == set(KINDS)


def test_a_death_that_does_not_happen_again_costs_nothing(run: Run) -> None:
    code, adapter, _ = run("crash-once")
    assert code == 0
    assert adapter["total"]["passed"] == 2
    (fault,) = adapter["faults"]
    assert fault["recovered"]
    assert (fault["name"], "SIGKILL" in fault["detail"]) == ("killed-by-signal", True)


def test_strict_wire(run: Run) -> None:
    assert run("extra-field")[0] == 0
    code, adapter, _ = run("extra-field", "--strict-wire")
    assert code == 3
    assert adapter["faults"][0]["name"] == "not-in-schema"
    assert "loss" in adapter["faults"][0]["detail"]
    assert run("none", "--strict-wire")[0] == 0


@pytest.mark.parametrize("mode", ["bad-capabilities", "misspelt-capability", "nameless", "no-reason", "capital-hex"])
def test_check_names_the_fault_that_run_names(mode: str, pids: Path) -> None:
    """A line about the JSON Schema would hide it."""
    command = shlex.join([sys.executable, "-S", str(ADAPTER), mode, str(pids)])
    result = CliRunner().invoke(cli, ["adapter", "check", command])
    assert result.exit_code == 3
    assert f"the adapter: {({**AT_HELLO, **IN_A_CASE})[mode]}: " in result.output


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("/no/such/program", "No such file"),
        ("no-such-program --option", "No such file"),
        (str(ADAPTER.parent), "ermission denied"),
        ("'no such program' | cat", "No such file"),
    ],
)
def test_did_not_start(invoke: Invoke, command: str, said: str) -> None:
    result = invoke(f"stdio:{command}", "numpy", "--case", "sgd-first-step-*")
    assert result.exit_code == 3
    assert "the adapter: did-not-start: " in result.stdout
    assert said in result.stdout
    assert "numpy conforms" in result.stdout


@pytest.mark.parametrize("address", ["stdio:", "stdio: ", "stdio:'open"])
def test_no_command(invoke: Invoke, address: str) -> None:
    assert invoke(address).exit_code == 2


def test_no_shell_reads_the_command(invoke: Invoke, tmp_path: Path) -> None:
    target = tmp_path / "written"
    invoke(f"stdio:echo $(touch {target}) ; touch {target} > {target}")
    assert not target.exists()


def test_given_up_after_too_many_restarts(invoke: Invoke, pids: Path) -> None:
    command = shlex.join([sys.executable, "-S", str(ADAPTER), "no-seq", str(pids)])
    arguments = [f"stdio:{command}", "--case", "sgd-*-float64", "--format", "json"]
    result = invoke(*arguments)
    (adapter,) = json.loads(result.stdout)["backends"]
    assert result.exit_code == 3
    assert adapter["unavailable"].startswith("given up after 10 restarts of the adapter; the last fault: missing-field")
    assert len(adapter["faults"]) == 11
    assert adapter["not_run"][adapter["unavailable"]] > 0
    assert len(pids.read_text().split()) == 11


def test_the_report_for_people_explains_the_fault(invoke: Invoke, pids: Path) -> None:
    command = shlex.join([sys.executable, "-S", str(ADAPTER), "exit", str(pids)])
    arguments = [f"stdio:{command}", "--case", "sgd-first-step-*"]
    for style in ("pretty", "markdown"):
        result = invoke(*arguments, "--format", style)
        assert "FAULT in sgd-first-step-float64" in result.stdout
        assert "the adapter: exited: exit status 3 during update" in result.stdout
        assert "  | about to do exit" in result.stdout
        assert "could not run everything: 1 of 1 cases passed, 0 failed, 1 not run" in result.stdout


def test_a_failure_counts_more_than_a_fault(invoke: Invoke, pids: Path) -> None:
    """float32 fails (the adapter ignores the bias's own learning rate), float64 breaks the protocol."""
    command = shlex.join([sys.executable, "-S", str(ADAPTER), "no-seq", str(pids)])
    result = invoke(f"stdio:{command}", "--case", "sgd-settings-*", "--format", "json")
    (adapter,) = json.loads(result.stdout)["backends"]
    assert result.exit_code == 1
    assert adapter["total"] == {"passed": 0, "failed": 1, "not_run": 1}
    assert adapter["faults"][0]["name"] == "missing-field"


def test_a_fault_travels_between_processes() -> None:
    """As xdist's workers send it."""
    fault = AdapterFault("not-json", "it wrote <oops>", "the end of\nits stderr")
    again = pickle.loads(pickle.dumps(fault))  # noqa: S301 - just written
    assert (again.name, again.explained()) == (fault.name, fault.explained())
