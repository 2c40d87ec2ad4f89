"""Output files: complete or absent, nothing else is replaced by them, and the verdict is not lost with them."""

from __future__ import annotations

import json
import os
import shlex
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dl4j_conformance.cli.exit_code import ExitCode
from dl4j_conformance.cli.main import cli
from dl4j_fixtures import destination
from dl4j_fixtures.destination import Destination

COMMAND = [sys.executable, "-c", "from dl4j_conformance.cli.main import main; main()"]
ONE_CASE = ("--case", "sgd-first-step-float32")
WRONG = "python:mutants.wrong_backends:crash"
CRAMPED = Path("/dev/full")

needs_full = pytest.mark.skipif(not CRAMPED.exists(), reason="there is no /dev/full here")


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def run(report: object) -> Result:
    return invoke("run", "numpy", *ONE_CASE, "--report", report)


def is_complete(report: str) -> bool:
    return [json.loads(line)["type"] for line in report.splitlines()] == ["header", "result", "footer"]


def test_a_link_stays_and_its_target_is_replaced(tmp_path: Path) -> None:
    target, link = tmp_path / "target.jsonl", tmp_path / "link.jsonl"
    target.write_text("earlier")
    target.chmod(0o640)
    link.symlink_to("target.jsonl")
    assert run(link).exit_code == 0
    assert link.is_symlink()
    assert is_complete(target.read_text())
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.jsonl", "target.jsonl"]


def test_a_named_pipe_is_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    assert run(pipe).exit_code == 0
    reader.join(10)
    assert is_complete(read[0])
    assert pipe.is_fifo()


def test_a_device_is_written_to() -> None:
    assert run("/dev/null").exit_code == 0
    assert Path("/dev/null").is_char_device()


@needs_full
@pytest.mark.parametrize(
    "command",
    [
        ("run", "numpy", *ONE_CASE, "--report"),
        ("bench", "numpy", "--updater", "SGD", "--size", "10", "--rounds", "6", "--report"),
    ],
)
def test_a_report_that_cannot_be_written_hides_no_verdict(command: tuple[str, ...]) -> None:
    result = invoke(*command, CRAMPED)
    assert result.exit_code == ExitCode.NOT_WRITTEN
    assert "--report /dev/full: No space left on device\n" in result.stderr
    assert "SGD" in result.stdout


@needs_full
def test_a_failure_counts_more_than_its_report(tmp_path: Path) -> None:
    result = invoke("run", WRONG, *ONE_CASE, "--report", CRAMPED)
    assert result.exit_code == ExitCode.DOES_NOT_CONFORM
    assert "does not conform" in result.stdout
    assert "No space left" in result.stderr
    fuzzed = invoke("fuzz", WRONG, "--examples", "20", "--save", CRAMPED)
    assert fuzzed.exit_code == ExitCode.DOES_NOT_CONFORM
    assert "does not conform" in fuzzed.stdout
    assert "--save /dev/full: No space left on device: the case is not saved" in fuzzed.stderr
    assert "reproduce" not in fuzzed.stdout


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "the name is empty"),
        ("folder", "is a folder"),
        ("new/", "is a folder"),
        ("no-folder/report.jsonl", "there is no folder"),
        ("dangling", "is a link to a file that does not exist"),
        ("loop", "Too many levels of symbolic links"),
        ("x" * 300, "File name too long"),
        ("null\0character", "null"),
    ],
)
@pytest.mark.parametrize(
    "command",
    [("run", "numpy", "--report"), ("fuzz", "numpy", "--save"), ("bench", "numpy", "--report")],
)
def test_no_place_for_a_file_is_a_usage_error(
    command: tuple[str, ...], name: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    before = sorted(tmp_path.iterdir())
    result = invoke(*command, name)
    assert result.exit_code == ExitCode.USAGE
    assert reason in result.stderr
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_write_protection_is_respected(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may write everything, so the answer of the system is replaced."""
    path = tmp_path / "report.jsonl"
    path.write_text("protected")
    protected = path if kind == "file" else tmp_path
    monkeypatch.setattr(os, "access", lambda asked, mode: Path(asked) != protected)
    result = run(path)
    assert result.exit_code == ExitCode.USAGE
    assert "write-protected" in result.stderr
    assert path.read_text() == "protected"


def test_a_stale_report_is_removed_at_the_start(tmp_path: Path) -> None:
    """A run that is killed leaves none that looks new."""
    path = tmp_path / "report.jsonl"
    path.write_text("conforms")
    code = (
        "import os, sys; from dl4j_conformance.cli import run; "
        "run._run = lambda *_: os._exit(9); from dl4j_conformance.cli.main import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code, "run", "numpy", *ONE_CASE, "--report", path], check=False)  # noqa: S603
    assert done.returncode == 9
    assert not path.exists()


def test_what_fails_in_the_middle_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("earlier")

    def fail(place: Destination) -> None:
        with place.open() as file:
            file.write(b"half of")
            (unfinished,) = set(tmp_path.iterdir()) - {path}
            assert len(unfinished.name) > 20  # nobody can guess it
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail(destination(path))
    assert path.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_has_the_usual_permissions_and_a_private_one_stays_private(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        destination(tmp_path / "new").write(b"")
        (tmp_path / "private").touch(0o600)
        with destination(tmp_path / "private").open():
            (unfinished,) = (path for path in tmp_path.iterdir() if path.suffix == ".unfinished")
            assert stat.S_IMODE(unfinished.stat().st_mode) == 0o600
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"new": 0o640, "private": 0o600}


def in_shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command line of bash, in which ``./tool`` is the suite."""
    (folder / "tool").write_text(f'#!/bin/sh\nexec {sys.executable} -c "{COMMAND[2]}" "$@"\n')
    (folder / "tool").chmod(0o755)
    started = ["bash", "-c", command]
    return subprocess.run(started, capture_output=True, text=True, check=False, cwd=folder)  # noqa: S603


@needs_full
@pytest.mark.parametrize(
    ("redirection", "message"),
    [
        ("> /dev/full", "stdout: No space left on device"),
        (">&-", "stdout: it is closed"),
        ("| true", "stdout: Broken pipe"),
    ],
)
def test_a_lost_output_is_one_line_and_an_exit_code(redirection: str, message: str, tmp_path: Path) -> None:
    run = f"./tool run numpy {' '.join(ONE_CASE)} --report report.jsonl {redirection}"
    done = in_shell(f"{run}; exit ${{PIPESTATUS[0]}}", tmp_path)
    assert done.returncode == ExitCode.NOT_WRITTEN
    assert done.stderr.splitlines() == ["numpy: 1 case", f"{message}: the output is not complete"]
    assert is_complete((tmp_path / "report.jsonl").read_text())


def test_a_lost_stderr_changes_nothing(tmp_path: Path) -> None:
    done = in_shell(f"./tool run numpy {' '.join(ONE_CASE)} 2>&-; echo $?; ./tool list nonesuch 2> /dev/full", tmp_path)
    assert "numpy conforms" in done.stdout
    assert done.stdout.splitlines()[-1] == "0"
    assert done.returncode == ExitCode.USAGE


def test_a_report_to_stdout_stands_beside_the_verdict(tmp_path: Path) -> None:
    done = in_shell(f"./tool run numpy {' '.join(ONE_CASE)} --report /dev/stdout > all.txt", tmp_path)
    assert done.returncode == 0, done.stderr
    written = (tmp_path / "all.txt").read_text()
    assert "numpy conforms" in written
    assert is_complete("\n".join(line for line in written.splitlines() if line.startswith("{")))


def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    command = [*COMMAND, "run", "numpy", *ONE_CASE, "--report", "report.jsonl"]
    done = subprocess.run(  # noqa: S603
        # A shell sets the limit: Python's preexec_fn forks, which threads of other libraries may not survive.
        ["sh", "-c", f"ulimit -f 1; exec {shlex.join(command)}"],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == ExitCode.NOT_WRITTEN
    assert "numpy conforms" in done.stdout
    assert done.stderr.splitlines()[1:] == ["--report report.jsonl: File too large"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("run", "numpy", "--deviations", "FILE", "--report", "OTHER"), "'--deviations'"),
        (("run", "numpy", "--report", "OTHER", "--deviations", "FILE"), "'--report'"),
        (("report", "html", "FILE", "--output", "OTHER"), "'FILE...'"),
        (("baseline", "update", "FILE", "--baseline", "OTHER"), "FILE is the report, and --baseline too"),
    ],
)
@pytest.mark.parametrize("other", ["FILE", "./FILE", "link", "hard"])
def test_what_is_read_is_not_written_over(
    command: tuple[str, ...], words: str, other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run("FILE")
    before = Path("FILE").read_bytes()
    Path("link").symlink_to("FILE")
    Path("hard").hardlink_to("FILE")
    result = invoke(*(other if word == "OTHER" else word for word in command))
    assert (result.exit_code, words in result.stderr) == (ExitCode.USAGE, True), result.output
    assert Path("FILE").read_bytes() == before


def test_two_outputs_are_two_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = invoke("run", "numpy", *ONE_CASE, "--report", "new", "--write-deviations", "./new")
    assert result.exit_code == ExitCode.USAGE
    assert "is the file of '--report' too: give it another name" in result.stderr
    assert not Path("new").exists()
    assert invoke("run", "numpy", *ONE_CASE, "--report", os.devnull, "--deviations", os.devnull).exit_code == 5
    assert invoke("report", "html", "new", "--output", os.devnull).exit_code == 5
