"""The judge of the campaigns finds everything that can be wrong with the end of a command."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from robustness.attempt import Attempt, Ended
from robustness.campaign import again
from robustness.campaigns import CAMPAIGNS
from robustness.judgement import MEMORY, files, problems
from robustness.mutations import JSON, in_json
from robustness.ports import changes, source
from robustness.processes import perform

_FINE = Ended(0, "done\n", "", 1 << 20)
_OURS = (
    'Traceback (most recent call last):\n  File "/x/dl4j_conformance/cli/run.py", line 3, in f\n'
    "    g()\nKeyError: 'a'\n"
)
_THEIRS = "Traceback (most recent call last):\n  File \"/x/port.py\", line 3, in f\n    g()\nKeyError: 'a'\n"


def attempt(**options: object) -> Attempt:
    return Attempt("kind", "detail", ("list", "backends"), frozenset({0, 1}), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ended", "problem"),
    [
        (Ended(2, "", "", 0), "exit code 2 instead of 0 or 1"),
        (Ended(0, "", "", 0, hung=True), "hung: did not end within 30 s"),
        (Ended(1, "", _OURS, 0), "traceback: dl4j_conformance/cli/run.py:3: KeyError: 'a'"),
        (Ended(1, "", _THEIRS, 0), "traceback: elsewhere: KeyError: 'a'"),
        (Ended(1, "", "Exception ignored in: <x>\n", 0), "uncaught: Exception ignored in: <x>"),
        (Ended(0, "", "", 0, left=("sleep 60",)), "processes left: sleep 60"),
        (Ended(0, "", "", MEMORY + 1), "memory: 1024 MiB"),
        (Ended(0, "\x1b[2J", "", 0), "control character in the output: '\\x1b'"),
    ],
)
def test_what_is_wrong_with_an_end(ended: Ended, problem: str, tmp_path: Path) -> None:
    assert list(problems(attempt(), {}, tmp_path, ended)) == [problem]
    assert list(problems(attempt(), {}, tmp_path, _FINE)) == []


def test_a_backend_may_show_its_own_frames_alone(tmp_path: Path) -> None:
    foreign = attempt(tracebacks=True)
    assert list(problems(foreign, {}, tmp_path, Ended(1, "", _THEIRS, 0))) == []
    assert list(problems(foreign, {}, tmp_path, Ended(1, "", _OURS, 0))) != []


def test_a_signal_is_not_ignored(tmp_path: Path) -> None:
    late = Ended(0, "", "", 0, survived=6.0)
    assert "after the signal" in next(problems(attempt(signal=15), {}, tmp_path, late))
    assert list(problems(attempt(signal=15), {}, tmp_path, _FINE)) == []


def test_what_is_wrong_with_files(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a")
    (tmp_path / "lost").write_text("a")
    (tmp_path / "link").symlink_to("kept")
    before = files(tmp_path)
    (tmp_path / "kept").write_text("b")
    (tmp_path / "lost").unlink()
    (tmp_path / "link").unlink()
    (tmp_path / "link").write_text("a")
    (tmp_path / ".report.12").write_text("{")
    found = list(problems(attempt(), before, tmp_path, _FINE))
    assert found == ["written: .report.12", "changed: kept", "changed: link", "removed: lost"]
    assert len(list(problems(attempt(written=("kept", "li*")), before, tmp_path, _FINE))) == 2
    by_success = attempt(written_by_success=("*",))
    assert list(problems(by_success, before, tmp_path, _FINE)) == []
    assert len(list(problems(by_success, before, tmp_path, Ended(1, "", "", 0)))) == 4


@pytest.mark.parametrize("own_process", [False, True])
def test_a_command_is_performed(own_process: bool, tmp_path: Path) -> None:
    ended = perform(attempt(own_process=own_process), tmp_path, tmp_path)
    assert (ended.code, ended.left, ended.hung) == (0, (), False)
    assert "numpy\t" in ended.stdout
    assert 1 << 20 < ended.memory < MEMORY
    unknown = Attempt("", "", ("list", "nothing"), frozenset({2}), own_process=own_process)
    assert perform(unknown, tmp_path, tmp_path).code == 2


def test_what_a_command_leaves_behind_is_found_and_ended(tmp_path: Path) -> None:
    (tmp_path / "leaving.py").write_text(
        "import subprocess, sys\n"
        "sleep = [sys.executable, '-S', '-c', 'import time; time.sleep(60)']\n"
        "subprocess.Popen(sleep, start_new_session=True, env={})\n"
        "raise SystemExit(9)\n"
    )
    run = ("run", "python:leaving:Backend")
    ended = perform(Attempt("", "", run, frozenset(), deadline=60), tmp_path, tmp_path)
    assert all("time.sleep(60)" in process for process in ended.left)
    assert perform(attempt(), tmp_path, tmp_path).left == ()


@pytest.mark.parametrize("name", CAMPAIGNS)
def test_a_number_gives_the_same_attempt(name: str, tmp_path: Path) -> None:
    campaign = CAMPAIGNS[name]
    assert again(campaign, 3, 5) == f"python tests/robustness {name} --seed 3 --only 5"
    if name in ("files", "deviations"):
        return
    first, second = (campaign.draw(tmp_path, 5, Random("3")) for _ in range(2))  # noqa: S311
    assert (first.arguments, first.expected, first.after) == (second.arguments, second.expected, second.after)


@pytest.mark.parametrize("change", JSON, ids=lambda change: change.__name__)
def test_a_mutation_of_json_is_json(change: object) -> None:
    raw = b'{"a": [1, {"b": "x"}], "c": null}\n'
    changed = {in_json(change)(raw, Random(seed)) for seed in range(20)}  # type: ignore[arg-type]  # noqa: S311
    assert len(changed - {raw}) > 2


def test_every_changed_port_is_python() -> None:
    for name, change, codes in changes():
        compile(source(change), name, "exec")
        assert codes
