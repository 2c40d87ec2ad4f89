"""Signals: a command ends with what is known, leaves no process behind, and no signal is a backend's failure."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from signal import Signals
from typing import Any

import psutil
import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

import dl4j_fixtures
from dl4j_backends import signals
from dl4j_backends.interface import Network, Platform
from dl4j_backends.numpy import NumpyBackend
from dl4j_backends.signals import Stopped
from dl4j_backends.stdio.process import AdapterProcess
from dl4j_conformance.cli.exit_code import ExitCode
from dl4j_conformance.cli.main import cli
from dl4j_conformance.reporting import machine

CODES = {Signals.SIGTERM: 143, Signals.SIGHUP: 129, Signals.SIGINT: 130}
#: The names by which commands find their backends.
_PLACES = {
    command: f"dl4j_conformance.cli.{module}.resolve"
    for command, module in (("run", "run"), ("fuzz", "shards"), ("record", "record"), ("explain", "explain"))
}
COMMAND = [sys.executable, "-c", "from dl4j_conformance.cli.main import main; main()"]

#: Says hello, then writes its number into a folder and one byte after the other, deaf to SIGTERM.
DRIPPING = """
import os, pathlib, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
sys.stdin.readline()
pathlib.Path(sys.argv[1], str(os.getpid())).touch()
print(sys.argv[2] if len(sys.argv) > 2 else "", end="", flush=True)
sys.stdin.readline()
while True:
    print(" ", end="", flush=True)
    time.sleep(0.05)
"""
HELLO = json.dumps(
    {
        "seq": 0,
        "reply": "ok",
        "protocol": 1,
        "implementation": {"name": "slow", "version": "1", "language": "Python", "homepage": ""},
        "capabilities": {},
    }
)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Install the handlers in this process, and put the old ones back."""
    before = {number: signal.getsignal(number) for number in signals.ENDING}
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    signals.install()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
    signals._state = signals._State()


def test_a_signal_raises_once_and_later_ones_are_ignored(installed: None) -> None:
    with pytest.raises(Stopped) as raised:
        signal.raise_signal(signal.SIGTERM)
    assert raised.value.by is signals.came() is Signals.SIGTERM
    signal.raise_signal(signal.SIGINT)
    assert signals.came() is Signals.SIGTERM


def test_a_held_signal_is_raised_at_the_end_of_the_block(installed: None) -> None:
    done = []

    def block() -> None:
        with signals.held():
            with signals.held():
                signal.raise_signal(signal.SIGHUP)
            done.append("all of it")
        done.append("what follows")

    with pytest.raises(Stopped):
        block()
    assert done == ["all of it"]


def test_a_released_part_of_a_block_raises_what_came_before(installed: None) -> None:
    with signals.held():
        signal.raise_signal(signal.SIGHUP)
        with pytest.raises(Stopped), signals.released():
            pytest.fail("it goes on")


def test_the_last_step_is_done_whatever_comes(installed: None) -> None:
    signals.last_step()
    for number in signals.ENDING:
        signal.raise_signal(number)
    assert signals.came() is None


def test_a_signal_in_a_finalizer_is_not_lost(installed: None) -> None:
    class Finalized:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGTERM)

    Finalized()
    with pytest.raises(Stopped), signals.held():
        pass


def test_an_ignored_signal_stays_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    handlers = {number: signal.getsignal(number) for number in signals.ENDING}
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    try:
        signals.install()
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        signal.signal(signal.SIGHUP, before)


def test_a_signal_while_a_process_is_killed_leaves_none(installed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    process = AdapterProcess([sys.executable, "-c", "import time; time.sleep(60)"])
    number = process._process.pid
    kill = process._process.kill

    def interrupted() -> None:
        signal.raise_signal(signal.SIGTERM)
        kill()

    monkeypatch.setattr(process._process, "kill", interrupted)
    with pytest.raises(Stopped):
        process.kill()
    assert not psutil.pid_exists(number)


class Interrupting(NumpyBackend):
    """Raises KeyboardInterrupt by hand when it is asked for the third time."""

    platform = Platform({"dl4j": "0.8.0"}, 1, pow, lambda x: x)
    opened = 0

    def open(self, network: Network) -> Any:
        self.opened += 1
        if self.opened == 3:
            raise KeyboardInterrupt
        return super().open(network)


@pytest.fixture
def interrupting(monkeypatch: pytest.MonkeyPatch) -> None:
    for command in ("run", "fuzz", "record", "explain"):
        monkeypatch.setattr(_PLACES[command], lambda *_: Interrupting())


def test_an_interrupt_is_no_failure_of_the_backend(interrupting: None) -> None:
    result = CliRunner().invoke(cli, ["run", "x", "--case", "sgd-*", "--format", "json"])
    (summary,) = json.loads(result.stdout)["backends"]
    assert result.exit_code == summary["exit_code"] == 130
    assert summary["stopped_by"] == "SIGINT"
    assert summary["total"] == {"passed": 2, "failed": 0, "not_run": 0}
    shown = CliRunner().invoke(cli, ["run", "x", "--case", "sgd-*"]).stdout
    assert "stopped early (SIGINT)" in shown
    assert "conforms" not in shown
    fuzzed = CliRunner().invoke(cli, ["fuzz", "x"])
    assert fuzzed.exit_code == 130
    assert "stopped early (SIGINT)" in fuzzed.stdout


def test_what_was_recorded_until_an_interrupt_is_not_written(interrupting: None, tmp_path: Path) -> None:
    topic = list(dl4j_fixtures.load("keys"))
    dl4j_fixtures.write(dl4j_fixtures.render({"keys": topic}, {}, {}), tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())
    result = CliRunner().invoke(cli, ["record", "x", "--into", str(tmp_path)])
    assert result.exit_code == 130
    assert "stopped by SIGINT" in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "STARTED_BY": str(folder)}
    return subprocess.Popen(  # noqa: S603
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=folder
    )


def left_over(folder: Path) -> list[Mapping[str, Any]]:
    """Return the processes that a command in ``folder`` has left behind."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("STARTED_BY") == str(folder) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.as_dict(["pid", "cmdline"]))
        except psutil.Error:
            continue
    return found


@pytest.mark.parametrize("by", CODES)
def test_what_an_import_makes_of_a_signal_is_the_signal(
    by: Signals, installed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Named:
        def __set_name__(self, owner: type, name: str) -> None:
            signal.raise_signal(by)

    monkeypatch.setattr(cli, "get_command", lambda *_: type("Made", (), {"member": Named()}))
    result = CliRunner().invoke(cli, ["list"])
    assert (result.exit_code, result.stderr) == (CODES[by], f"stopped by {by.name}\n")


def test_other_exceptions_are_not_taken_for_signals(installed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "get_command", lambda *_: 1 // 0)
    assert isinstance(CliRunner().invoke(cli, ["list"]).exception, ZeroDivisionError)


@pytest.mark.parametrize("by", CODES)
def test_run_ends_with_what_is_known(by: Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A backend that takes a minute: the signal comes before its end on a busy machine too.
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1] / "backends"))
    backend = "python:hostile_python:slow"
    started = start(tmp_path, "run", backend, "--format", "json", "--report", "report.jsonl")
    while not [path for path in tmp_path.iterdir() if path.stat().st_size > 10_000]:
        assert started.poll() is None
        time.sleep(0.02)
    started.send_signal(by)
    started.send_signal(by)
    out, err = started.communicate(timeout=60)
    assert started.returncode == CODES[by]
    assert err == ""
    document = json.loads(out)
    (summary,) = document["backends"]
    assert document["exit_code"] == summary["exit_code"] == CODES[by]
    assert summary["stopped_by"] == by.name
    lines = [json.loads(line) for line in (tmp_path / "report.jsonl").read_text().splitlines()]
    added = ("accuracy", "cases_not_run", "failures")
    footer = {name: value for name, value in summary.items() if name not in added}
    assert {"type": "footer", **footer, "sha256": lines[-1]["sha256"]} == lines[-1]
    assert [line["status"] for line in lines[1:-1]] == ["passed"] * summary["total"]["passed"]
    validator = Draft202012Validator(machine.schema())
    assert [error.message for line in (document, lines[-1]) for error in validator.iter_errors(line)] == []
    assert [path.name for path in tmp_path.iterdir()] == ["report.jsonl"]


@pytest.mark.parametrize(
    ("command", "hello", "processes"),
    [
        (("run", "--jobs", "3", "--timeout", "60"), (HELLO + "\n",), 3),
        (("run", "--timeout", "60"), (), 1),
        (("fuzz",), (HELLO + "\n",), 1),
    ],
)
def test_no_process_is_left(command: tuple[str, ...], hello: tuple[str, ...], processes: int, tmp_path: Path) -> None:
    """A signal comes while adapters start, or while they are asked."""
    seen = tmp_path / "seen"
    seen.mkdir()
    adapter = f"stdio:{shlex.join([sys.executable, '-c', DRIPPING, str(seen), *hello])}"
    started = start(tmp_path, *command, adapter)
    while len(list(seen.iterdir())) < processes:
        assert started.poll() is None
        time.sleep(0.02)
    started.send_signal(signal.SIGTERM)
    began = time.monotonic()
    _, err = started.communicate(timeout=60)
    assert started.returncode == 143
    assert time.monotonic() - began < 20
    assert "Traceback" not in err
    assert left_over(tmp_path) == []


def test_a_hung_adapter_does_not_outlive_the_time_of_fuzz(tmp_path: Path) -> None:
    adapter = f"stdio:{shlex.join([sys.executable, '-c', DRIPPING, str(tmp_path), HELLO + chr(10)])}"
    began = time.monotonic()
    result = CliRunner().invoke(cli, ["fuzz", adapter, "--time", "2"])
    assert time.monotonic() - began < 8
    assert result.exit_code == ExitCode.BELOW_FLOOR
    assert "nothing ran" in result.stdout


@pytest.mark.parametrize("number", ["inf", "-inf", "nan", "1e400", "0", "-1", "1e9", "ten", ""])
@pytest.mark.parametrize(
    "command",
    [
        ("run", "numpy", "--timeout"),
        ("adapter", "check", "x", "--timeout"),
        ("adapter", "bench", "x", "--seconds"),
        ("fuzz", "numpy", "--time"),
    ],
)
def test_times_are_finite_and_positive(command: tuple[str, ...], number: str) -> None:
    result = CliRunner().invoke(cli, [*command, number])
    assert result.exit_code == ExitCode.USAGE
    assert command[-1] in result.stderr


def test_every_signal_has_an_exit_code() -> None:
    assert {by: ExitCode.of(by) for by in signals.ENDING} == {by: CODES[by] for by in signals.ENDING}
    assert signals.cause(KeyboardInterrupt()) is Signals.SIGINT


class Swallowing(NumpyBackend):
    """Catches what a signal raises."""

    opened = 0

    def open(self, network: Network) -> Any:
        self.opened += 1
        if self.opened == 3:
            try:
                signal.raise_signal(signal.SIGTERM)
            except BaseException:
                return super().open(network)
        return super().open(network)


@pytest.mark.parametrize("command", [("run", "x", "--case", "sgd-*"), ("fuzz", "x", "--examples", "50")])
def test_a_signal_that_somebody_catches_is_not_lost(
    command: tuple[str, ...], installed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_PLACES[command[0]], lambda *_: Swallowing())
    result = CliRunner().invoke(cli, command)
    assert result.exit_code == 143
    assert "stopped early (SIGTERM)" in result.stdout
