"""``fuzz --keep-going``: finds mistakes beside one another, tells them apart, and saves one case of each kind."""

from __future__ import annotations

import math
import re
import subprocess
import sys
import time
from pathlib import Path
from signal import Signals

import pytest
from click.testing import CliRunner, Result

from dl4j_backends.stdio.options import GRACE, WireOptions
from dl4j_conformance.cli.main import cli
from dl4j_conformance.execution.oracle_backend import OracleBackend, resolve
from dl4j_conformance.judging.fixture import Declaration
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Status
from dl4j_conformance.running.campaign import Campaign
from dl4j_conformance.running.finds import Find, Symptom, like, merged, with_the_same_bits
from dl4j_conformance.running.fuzzing import Fuzzed, fuzz
from dl4j_conformance.running.run import Attempt
from dl4j_conformance.vectors.fixtures import Selection, fixtures
from dl4j_oracle.misreadings import by_id, together

_THREE = "adam-t-from-zero", "adam-no-epsilon", "adam-t-from-zero"
TWO = "rmsprop-from-zero", "sgd-negated"


def two_mistakes() -> OracleBackend:
    return OracleBackend(together([by_id(id_) for id_ in TWO]).rules)


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def find(reading: str, case: str) -> Find:
    """Return the find that a misreading's backend is on a fixture."""
    backend = OracleBackend(by_id(reading).rules)
    (fixture,) = fixtures(Selection(case))
    found = Find(Attempt.of(backend, fixture), Declaration.of(backend), Level.BIT_EXACT)
    assert found.result.differing
    found.symptom = Symptom.of(found.result.differing)
    return found


def shown(found: Fuzzed) -> list[tuple[int, str, str]]:
    return [(find.count, find.name, str(find.result.case.script)) for find in found.finds]


def test_each_of_two_mistakes_is_found_once_and_both_together_are_none_of_their_own() -> None:
    found = fuzz(two_mistakes(), 40, 1, keep_going=True)
    assert sorted(find.name for find in found.finds) == sorted(TWO)
    assert found.judged + found.not_run >= 40
    assert found.failed == sum(find.count for find in merged(found.finds)) > 2
    assert all(len(find.result.case.script) <= 2 for find in found.finds)


def test_the_same_seed_finds_the_same() -> None:
    first, second = (fuzz(resolve("misreading:sgd-negated"), 20, 3, keep_going=True) for _ in range(2))
    assert shown(first) == shown(second) != []


def test_without_it_the_first_find_ends_the_campaign() -> None:
    found = fuzz(two_mistakes(), 40, 1)
    assert len(found.finds) == found.failed == 1


def test_ctrl_c_keeps_what_was_found() -> None:
    def interrupted(judged: int) -> None:
        if judged == 15:
            raise KeyboardInterrupt

    found = fuzz(two_mistakes(), 40, 1, keep_going=True, progress=interrupted)
    assert found.stopped_by is Signals.SIGINT
    assert found.judged == 15
    assert found.finds[0].name == "sgd-negated"
    assert found.failed >= 1


def test_a_file_for_each_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dl4j_conformance.cli.shards.resolve", lambda *_: two_mistakes())
    result = invoke("fuzz", "x", "--keep-going", "--examples", "40", "--seed", "1", "--save", str(tmp_path / "f.jsonl"))
    assert result.exit_code == 1
    *_, verdict, first, second = result.stdout.splitlines()
    assert re.fullmatch(r"x: \d+ of \d+ cases failed, in 2 kinds", verdict)
    assert sorted(line.split()[1] for line in (first, second)) == sorted(TWO)
    saved = sorted(path.name for path in tmp_path.iterdir())
    assert all(re.fullmatch(r"f-[0-9a-f]{8}\.jsonl", name) for name in saved)
    kinds = re.findall(r"^kind \d of 2, \d+ cases?: (\S+)$", result.stdout, re.MULTILINE)
    reproduced = re.findall(r"^reproduce: dl4j-conformance replay (\S+) x$", result.stdout, re.MULTILINE)
    assert sorted(Path(path).name for path in reproduced) == saved
    for reading, path in zip(kinds, reproduced, strict=True):
        assert invoke("replay", path, "oracle").exit_code == 0
        assert invoke("replay", path, f"misreading:{reading}").exit_code == 1
        others = [f"misreading:{other}" for other in TWO if other != reading]
        assert invoke("replay", path, *others).exit_code == 0


def test_nothing_found_is_said_as_without_it() -> None:
    result = invoke("fuzz", "numpy", "--keep-going", "--examples", "20")
    assert result.exit_code == 0
    assert result.stdout.startswith("numpy: no difference in 20 cases\n")


def test_what_a_known_misreading_does_is_like_it() -> None:
    late = find("adam-t-from-zero", "adam-first-step-float32")
    again = find("adam-t-from-zero", "adam-three-steps-float32")
    assert late.symptom == again.symptom
    assert late.symptom.words == "ADAM: update (formula)"
    assert again.result.differing
    assert with_the_same_bits([late], again.attempt, again.declaration) is late
    assert like([late], again.symptom, again.result.differing, most=3) is late


def test_another_mistake_with_the_same_symptom_is_a_new_find_unless_there_are_many() -> None:
    late, inside = (find(id_, "adam-three-steps-float32") for id_ in ("adam-t-from-zero", "adam-epsilon-inside-root"))
    assert late.symptom == inside.symptom
    assert inside.result.differing
    assert with_the_same_bits([late], inside.attempt, inside.declaration) is None
    assert like([late], inside.symptom, inside.result.differing, most=3) is None
    assert like([late], inside.symptom, inside.result.differing, most=1) is late


@pytest.mark.parametrize(("claimed", "status"), [(Level.BOUNDED, Status.PASSED), (Level.BIT_EXACT, Status.FAILED)])
def test_a_case_that_passes_the_claimed_level_is_like_no_find(claimed: Level, status: Status) -> None:
    """The misreading explains both cases; in one of them it changes no more than rounding does."""
    known, slight = (find("adam-no-epsilon", f"adam-{case}-float32") for case in ("first-step", "decays-zero"))
    backend = OracleBackend(by_id("adam-no-epsilon").rules)
    campaign = Campaign(backend, known.declaration, claimed, None, math.inf, True, lambda judged: None, [known])
    assert campaign.judged(slight.attempt).status is status
    assert campaign.like is (known if status is Status.FAILED else None)


def test_finds_with_one_explanation_are_one_kind() -> None:
    late, other, again = (find(id_, "adam-first-step-float32") for id_ in _THREE)
    again.symptom, again.count = Symptom("", "update", "rounding"), 3
    assert merged([late, other, again]) == [late, other]
    assert (late.count, other.count) == (4, 1)


def test_a_crash_has_its_type_as_a_symptom() -> None:
    backend = resolve("python:mutants.wrong_backends:crash", WireOptions(in_process=True))
    found = fuzz(backend, 10, 1, keep_going=True)
    assert [find.symptom.kind for find in found.finds] == ["structure"]
    assert found.finds[0].symptom.intermediate.startswith("crash: ")


def test_nothing_is_written_into_the_current_folder(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from dl4j_conformance.cli.main import main; main()", "fuzz", "numpy"]
    subprocess.run([*command, "--examples", "4"], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    assert list(tmp_path.iterdir()) == []


def test_no_reply_is_waited_for_when_the_time_is_up() -> None:
    over, soon = (WireOptions(until=time.monotonic() + seconds) for seconds in (-9, 2))
    assert over.for_a_reply(10) == over.to_end(5) == 0
    assert 0 < soon.for_a_reply(10) <= 2 < soon.to_end(5) <= 2 + GRACE


@pytest.mark.parametrize("name", ["slower", "hangs"])
def test_the_time_holds_for_slow_backends(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each reply comes in time, and a case has many."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "backends"))
    began = time.monotonic()
    result = invoke("fuzz", f"python:hostile_python:{name}", "--time", "3")
    assert result.exit_code in (0, 4), result.output
    assert 3 < time.monotonic() - began < 3 + 1.5
