"""The shards of ``fuzz``: whoever has drawn which, and in which order, the campaign finds the same."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from signal import Signals

import pytest
from click.testing import CliRunner, Result

from dl4j_backends.interface import Backend
from dl4j_conformance.cli.main import cli
from dl4j_conformance.execution.oracle_backend import resolve
from dl4j_conformance.running.fuzzed_form import form
from dl4j_conformance.running.fuzzing import Fuzzed
from dl4j_conformance.running.fuzzing_shards import Plan, fuzz_shard, fuzz_shards
from dl4j_conformance.sharding.checkpoint import Checkpoint
from dl4j_conformance.sharding.running import Finished, Runner, here

WRONG = "misreading:sgd-negated"
PLAN = Plan(12, 1, updater="SGD", keep_going=True, shard_size=4)


def invoke(*words: str) -> Result:
    return CliRunner().invoke(cli, words)


def backwards(backend: Backend, plan: Plan) -> Runner[Fuzzed]:
    """Return a runner that ends the last shard first, as a fast worker may."""
    judge = here(backend, partial(fuzz_shard, plan))

    def run(shards: Iterable[int]) -> Iterator[Finished[Fuzzed]]:
        yield from judge(reversed(list(shards)))

    return run


def shown(found: Fuzzed) -> object:
    finds = [(find.count, find.name, str(find.result.case)) for find in found.finds]
    return finds, found.judged, found.values, found.identical, found.updated


@pytest.mark.parametrize("keep_going", [True, False])
def test_the_order_of_shards_changes_nothing(keep_going: bool) -> None:
    plan = dataclasses.replace(PLAN, keep_going=keep_going)
    backend = resolve(WRONG)
    forwards = fuzz_shards(plan, here(backend, partial(fuzz_shard, plan)))
    found = fuzz_shards(plan, backwards(backend, plan))
    assert shown(forwards.found) == shown(found.found)
    assert forwards.found.finds
    assert found.finished == forwards.finished == (3 if keep_going else 1)


def test_shards_draw_cases_of_their_own_and_the_first_those_of_the_seed() -> None:
    assert [PLAN.size(number) for number in range(PLAN.shards)] == [4, 4, 4]
    assert dataclasses.replace(PLAN, examples=9).size(2) == 1
    seeds = [PLAN.seed_of(number) for number in range(3)]
    assert seeds[0] == 1
    assert len(set(seeds)) == 3


def test_the_modules_that_are_loaded_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hypothesis draws constants of modules of one's own."""
    backend, plan = resolve("numpy"), dataclasses.replace(PLAN, examples=20, shard_size=10)
    before = fuzz_shard(plan, backend, 1)
    numbers = ", ".join(f"{number}, {number}.5" for number in range(1000, 1100))
    (tmp_path / "numbers_of_mine.py").write_text(f"NUMBERS = [{numbers}]\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    # The folder of a test is none of Hypothesis's own modules.
    monkeypatch.setattr("hypothesis.internal.conjecture.providers.is_local_module_file", lambda path: "of_mine" in path)
    import_module("numbers_of_mine")
    assert shown(fuzz_shard(plan, backend, 1)) == shown(before)


def test_a_shard_that_cannot_be_judged_is_named_and_the_others_count(monkeypatch: pytest.MonkeyPatch) -> None:
    def lame(backend: Backend, judge: object) -> Runner[Fuzzed]:
        def run(shards: Iterable[int]) -> Iterator[Finished[Fuzzed]]:
            for number in shards:
                found = None if number == 1 else fuzz_shard(PLAN, backend, number)
                yield Finished(number, found, "" if found else "killed its worker 4 times")

        return run

    monkeypatch.setattr("dl4j_conformance.cli.fuzz.here", lame)
    result = invoke("fuzz", "numpy", "--examples", "12", "--shard-size", "4")
    assert result.exit_code == 3, result.output
    assert "numpy: no difference in 8 cases" in result.stdout
    assert "NOT JUDGED: shard 1 of 3: killed its worker 4 times" in result.stdout


def test_an_interrupted_campaign_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    words = ("fuzz", WRONG, "--updater", "SGD", "--keep-going", "--examples", "12", "--shard-size", "4")
    alone = invoke(*words)
    drawn: list[int] = []

    def until_the_last(plan: Plan, backend: Backend, number: int, *others: object) -> Fuzzed:
        drawn.append(number)
        if drawn == [0, 1]:
            return Fuzzed([], 0, 0, stopped_by=Signals.SIGINT)
        return fuzz_shard(plan, backend, number)

    monkeypatch.setattr("dl4j_conformance.cli.fuzz.fuzz_shard", until_the_last)
    kept = ("--checkpoint", "kept")
    result = invoke(*words, *kept)
    assert result.exit_code == 130, result.output
    assert result.stdout.endswith("stopped early (SIGINT)\nkept: kept has 1 of 3 shards; the same command goes on\n")
    again = invoke(*words, *kept)
    assert (again.exit_code, again.stdout) == (alone.exit_code, alone.stdout)
    assert drawn == [0, 1, 1, 2]
    assert invoke(*words, *kept).stdout == alone.stdout
    assert drawn == [0, 1, 1, 2], "all of it was kept"
    other = invoke(*words, *kept, "--seed", "2")
    assert other.exit_code == 5
    assert "kept: belongs to another campaign" in other.output


def test_a_port_that_was_mended_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its address is the same, and the case of a find does not fail any more."""
    monkeypatch.chdir(tmp_path)
    words = ("fuzz", "x", "--updater", "SGD", "--examples", "8", "--checkpoint", "kept")
    monkeypatch.setattr("dl4j_conformance.cli.fuzz.facts", lambda *_: {})
    monkeypatch.setattr("dl4j_conformance.cli.fuzz.resolved", lambda *_: resolve(WRONG))
    assert invoke(*words).exit_code == 1
    monkeypatch.setattr("dl4j_conformance.cli.fuzz.resolved", lambda *_: resolve("numpy"))
    result = invoke(*words)
    assert result.exit_code == 0, result.output
    assert "shard 0 is done again" in result.stderr


def test_what_the_time_has_cut_off_is_not_kept(tmp_path: Path) -> None:
    """It counts all the same."""
    until = time.monotonic() + 0.1

    def slow(backend: Backend, number: int) -> Fuzzed:
        time.sleep(0.2)
        return Fuzzed([], 3, 0)

    backend = resolve("numpy")
    kept = Checkpoint(tmp_path, "identity", form(backend, PLAN.claimed))
    kept.open({})
    campaigned = fuzz_shards(PLAN, here(backend, slow), kept, until)
    assert (campaigned.found.judged, campaigned.finished, campaigned.is_over) == (3, 0, False)
    assert kept.read(0) is None
