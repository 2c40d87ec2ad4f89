"""The benchmark of failing runs: each of them fails and is explained, and passing runs stand between them."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import count

import pytest
from click.testing import CliRunner

from dl4j_conformance.benchmark import diagnosis
from dl4j_conformance.benchmark.diagnosis import Times, command, measure, seconds_of_a_run
from dl4j_conformance.vectors.fixtures import Selection

SGD = Selection("sgd-first-step-*")


def test_a_run_is_read_judged_explained_and_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = []
    print_pretty = diagnosis.print_pretty
    monkeypatch.setattr(
        diagnosis, "print_pretty", lambda found, console: (shown.append(found), print_pretty(found, console))
    )
    ticks = count()
    assert seconds_of_a_run("misreading:sgd-negated", SGD, lambda: float(next(ticks))) == 1
    assert [reading.misreading.id for reading in shown[0].diagnosis.readings] == ["sgd-negated"]
    assert shown[0].total.failed == 2


def test_passing_runs_stand_between_failing_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def seconds(address: str, *_: object) -> float:
        asked.append(address.removeprefix("misreading:"))
        return 1.0 if address == "oracle" else 3.0 + len(asked)

    monkeypatch.setattr(diagnosis, "seconds_of_a_run", seconds)
    *_, times = measure("oracle", "abcdef", SGD, float)
    assert "".join(name[0] for name in asked) == "ooabcdoefo"
    assert times.passing == [1.0, 1.0, 1.0]
    assert times.failing == {name: 4.0 + asked.index(name) for name in "abcdef"}


def test_ratios_are_those_to_the_passing_median() -> None:
    times = Times([1.0, 2.0, 9.0], {"a": 2.0, "b": 8.0, "c": 3.0})
    assert times.ratios == [(4.0, "b"), (1.5, "c"), (1.0, "a")]
    assert times.figures == {"median": 1.5, "worst": 4.0}
    assert times.are_short
    assert not Times([1.0], {"a": 1.0, "b": 1.0, "c": 4.1}).are_short
    assert not Times([1.0], {"a": 2.1}).are_short


def test_what_the_suite_keeps_of_a_run_is_not_there_in_the_next() -> None:
    kept, others = lru_cache(lambda: object()), lru_cache(lambda: object())
    kept.__module__, others.__module__ = "dl4j_conformance.judging.kill_matrix", "elsewhere"
    before = kept(), others()
    diagnosis._empty_caches()
    assert kept() is not before[0]
    assert others() is before[1]


def test_the_command_prints_both_side_by_side() -> None:
    result = CliRunner().invoke(command, ["--case", "sgd-first-step-*", "--sample", "2"])
    assert result.exit_code in (0, 1)
    assert re.search(r"│ passing │ +2 │( +\d+\.\d\d │){3} +1 │", result.stdout)
    assert re.search(r"│ failing │ +2 │( +\d+\.\d\d │){5}", result.stdout)
    assert len(re.findall(r"^ +\d+\.\d\d  [a-z0-9-]+$", result.stdout, re.MULTILINE)) == 2
    assert re.search(r"^(short enough|too slow) \(median at most 2, worst at most 4\)$", result.stdout, re.MULTILINE)


def test_ctrl_c_shows_what_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = iter([1.0, 1.0, 2.0])

    def seconds(*_: object) -> float:
        for number in runs:
            return number
        raise KeyboardInterrupt

    monkeypatch.setattr(diagnosis, "seconds_of_a_run", seconds)
    result = CliRunner().invoke(command, ["--case", "sgd-first-step-*", "--sample", "3"])
    assert result.exit_code == 130
    assert result.stdout.startswith("stopped early: 1 of 3 misreadings\n")
    assert "  2.00  " in result.stdout


def test_a_selection_in_which_nothing_fails() -> None:
    result = CliRunner().invoke(command, ["--case", "no-such-case"])
    assert result.exit_code == 2
    assert "no selected case kills a misreading" in result.stderr
