"""The campaign `signals`: commands are interrupted, ended and hung up on at random moments."""

from __future__ import annotations

import json
import shlex
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from random import Random

import dl4j_fixtures
from robustness.attempt import Attempt, Ended
from robustness.campaign import Campaign
from robustness.judgement import files
from robustness.material import FAILURE, FIXTURES, RECORDER, TESTS, environment, in_process
from robustness.processes import perform

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
#: Moments of each signal for each command.
_MOMENTS = 20

_REPORT, _FOUND, _BENCH = "report.jsonl", "found.jsonl", "bench.json"
_ADAPTER = shlex.join([sys.executable, str(TESTS / "backends" / "numpy_adapter.py")])
#: The recorder calls itself so, that its recordings are not those that are there.
_OTHER_RECORDER = {"ROBUSTNESS_PORT": "2"}


@dataclass(frozen=True)
class _Interrupted:
    """A command that is interrupted, how many seconds it takes about, and its exit codes if it is not."""

    arguments: tuple[str, ...]
    seconds: float
    codes: tuple[int, ...] = (0,)
    written: tuple[str, ...] = ()


_COMMANDS = {
    "run": _Interrupted(("run", "numpy", "--case", "[a-c]*", "--report", _REPORT), 3.0, written=(_REPORT,)),
    "run of an adapter": _Interrupted(
        ("run", f"stdio:{_ADAPTER}", "--case", "[a-c]*", "--jobs", "2", "--report", _REPORT), 3.5, written=(_REPORT,)
    ),
    "fuzz": _Interrupted(
        ("fuzz", "misreading:adam-negated", "--examples", "500", "--save", _FOUND), 4.0, (0, 1), (_FOUND,)
    ),
    "record": _Interrupted(("record", RECORDER, "--into", FIXTURES, *in_process("record")), 0.4),
    "promote": _Interrupted(("promote", FAILURE, "--id", "found", "--folder", FIXTURES), 0.8),
    "bench": _Interrupted(
        ("bench", "numpy", "--size", "1000", "--updater", "adam", "--report", _BENCH), 1.5, written=(_BENCH,)
    ),
}
#: Those that replace fixtures: all of them, or none.
_REPLACING = ("record", "promote")


def draw(material: Path, number: int, random: Random) -> Attempt:
    """Return the attempt of a number: commands and signals take turns."""
    turn, which = divmod(number, len(_COMMANDS))
    name, command = tuple(_COMMANDS.items())[which]
    sent = _SIGNALS[turn % len(_SIGNALS)]
    replacing = name in _REPLACING
    return Attempt(
        name,
        sent.name,
        command.arguments,
        frozenset({*command.codes, 128 + sent}),
        prepare=partial(_copy, material),
        check=partial(_before_or_after, material, command.arguments) if replacing else _whole_files,
        written=(f"{FIXTURES}/*", f"{FIXTURES}/recorded/*") if replacing else command.written,
        signal=sent,
        after=random.uniform(0.005, 1.1 * command.seconds),
        environment=environment() | _OTHER_RECORDER,
        deadline=30,
    )


def _copy(material: Path, folder: Path) -> None:
    shutil.copytree(material, folder, dirs_exist_ok=True)


def _whole_files(folder: Path, ended: Ended) -> Iterator[str]:
    """Yield what is wrong with the files that a command was writing: each is whole, or not there."""
    for name, problem in _FORMS.items():
        path = folder / name
        if path.is_file() and (found := problem(path.read_text(encoding="utf-8"))):
            yield f"half-written: {name}: {found}"


def _report_problem(text: str) -> str | None:
    """Return what is wrong with a report; it ends with a footer, also if the run was stopped."""
    try:
        last = [json.loads(line) for line in text.splitlines()][-1:]
    except ValueError as error:
        return str(error)
    return None if last and last[0].get("type") == "footer" else "the last line is no footer"


def _json_problem(text: str) -> str | None:
    try:
        json.loads(text)
    except ValueError as error:
        return str(error)
    return None


_FORMS: dict[str, Callable[[str], str | None]] = {
    _REPORT: _report_problem,
    _FOUND: _json_problem,
    _BENCH: _json_problem,
}


def _before_or_after(material: Path, arguments: tuple[str, ...], folder: Path, ended: Ended) -> Iterator[str]:
    """Yield what is wrong with a folder of fixtures that a command was replacing."""
    now, before = files(folder), files(material)
    after = _completed(material, arguments)
    if now not in (before, after):
        changed = sorted(name for name in now.keys() | before.keys() if now.get(name) != before.get(name))
        yield f"neither as before nor complete: {', '.join(changed)}"
    elif now != after and not ended.code:
        yield "done, but as before"
    for problem in dl4j_fixtures.verify(folder / FIXTURES):
        yield f"verify: {problem}"


@cache
def _completed(material: Path, arguments: tuple[str, ...]) -> dict[str, str]:
    """Return the files after the same command without a signal."""
    with tempfile.TemporaryDirectory(prefix="robustness-") as name:
        folder, outside = Path(name, "work"), Path(name, "outputs")
        outside.mkdir()
        _copy(material, folder)
        undisturbed = Attempt("", "", arguments, frozenset({0}), environment=environment() | _OTHER_RECORDER)
        ended = perform(undisturbed, folder, outside)
        if ended.code:
            raise AssertionError(ended)
        return files(folder)


CAMPAIGN = Campaign("signals", len(_COMMANDS) * len(_SIGNALS) * _MOMENTS, draw)
