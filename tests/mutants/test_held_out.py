"""The held-out set is what it says: every entry is wrong where it says so, and the truth is about known entries."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from dl4j_backends.interface import ALL_CAPABILITIES
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.judging.comparison import Difference, differences
from dl4j_conformance.judging.fixture import Fixture
from dl4j_conformance.judging.kill_matrix import outcome_of
from dl4j_conformance.running.run import Attempt
from dl4j_oracle.misreadings import by_id, catalogue
from golden_fixtures import every_fixture, fixtures_by_id, kill_matrix
from mutants.held_out import truth
from mutants.held_out.entries import ENTRIES, PAIRS, SINGLES
from mutants.held_out.mistake import Mistake
from mutants.held_out.pairs import MISTAKES_OF
from mutants.held_out.port import Port
from mutants.held_out.truth import Judgement, Naming, Truth, judge

#: Parts of an observation; other keys are those of updates. Parameters differ where updates do too.
_PARTS = (
    "state",
    "params",
    "learning_rates",
    "momentum",
    "error",
    "heard",
    "iteration_count",
    "iteration_done",
    "equal",
)


def test_the_set_is_large_and_of_both_kinds() -> None:
    assert len(SINGLES) >= 70
    assert len(PAIRS) >= 36
    assert len(ENTRIES) == len(SINGLES) + len(PAIRS)
    assert sum(entry.is_rounding for entry in SINGLES.values()) >= len(SINGLES) // 7
    assert len({entry.sentence for entry in ENTRIES.values()}) == len(ENTRIES)


def test_the_port_without_mistakes_is_right() -> None:
    right = Port()
    sample = every_fixture()[::9]
    assert not [f.case.id for f in sample if Attempt.of(right, f).differs(ALL_CAPABILITIES)]


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_is_wrong_where_it_says_so(name: str) -> None:
    entry = ENTRIES[name]
    for case in entry.shown_by:
        fixture = fixtures_by_id()[case]
        found = _differences(fixture, fixture.expected, _outcome(entry, fixture))
        parts = {difference.key.partition(".")[0] for difference in found}
        assert found
        assert {part if part in _PARTS else "updates" for part in parts} <= entry.outputs | {"params"}


@pytest.mark.parametrize("name", PAIRS)
def test_a_pair_is_neither_of_its_mistakes(name: str) -> None:
    one, other, cases = MISTAKES_OF[name]
    for single in (one, other):
        assert any(_are_apart(PAIRS[name], SINGLES[single], fixtures_by_id()[case]) for case in cases)


def _are_apart(one: Mistake, other: Mistake, fixture: Fixture) -> bool:
    return bool(_differences(fixture, _outcome(one, fixture), _outcome(other, fixture)))


def _outcome(entry: Mistake, fixture: Fixture) -> Outcome:
    got = Attempt.of(entry.backend, fixture).got
    assert isinstance(got, Outcome)
    return got


def _differences(fixture: Fixture, one: Outcome, other: Outcome) -> Sequence[Difference]:
    return differences(fixture.case, one, other, ALL_CAPABILITIES)


def test_every_entry_says_what_comes_first() -> None:
    assert not [name for name, entry in ENTRIES.items() if not entry.first or not entry.outputs]


def test_the_truth_is_about_known_entries() -> None:
    assert set(truth.read()) <= set(ENTRIES)


def test_the_truth_names_known_misreadings() -> None:
    named = {id_ for stated in truth.read().values() for id_ in stated.known}
    assert named <= {misreading.id for misreading in catalogue()}


@pytest.mark.parametrize(
    ("entry", "part"), [(name, part) for name in SINGLES for part in sorted(truth.read()[name].parts)]
)
def test_an_entry_does_what_a_part_of_it_does(entry: str, part: str) -> None:
    killing = sorted(kill_matrix().killing(part))
    for case in killing[:: -(-len(killing) // 6)]:
        fixture = fixtures_by_id()[case]
        alone = outcome_of(by_id(part), fixture.case)
        assert alone
        changed = {(one.step, one.key, one.index) for one in _differences(fixture, fixture.expected, alone)}
        other = {
            (one.step, one.key, one.index) for one in _differences(fixture, alone, _outcome(ENTRIES[entry], fixture))
        }
        assert changed
        assert not changed & other


def test_what_is_true_of_one_mistake_is_true_of_a_part_of_the_pair() -> None:
    stated = truth.read()
    assert stated["sigmoid_and_poly"] == Truth((), frozenset({"sigmoid-reversed"}))
    assert stated["copies_afresh"].parts == {"clone-from-initial-state", "restore-counts-from-zero"}


def test_names_are_judged_by_the_truth() -> None:
    a, b, ab, none = frozenset("a"), frozenset("b"), frozenset("ab"), frozenset[str]()
    assert judge([a], True, Truth((a, b))) == Judgement(Naming.RIGHTLY, none, False)
    assert judge([ab], True, Truth((a,))) == Judgement(Naming.RIGHTLY, none, False)
    assert judge([b, a], True, Truth((ab,))).naming is Naming.RIGHTLY
    assert judge([ab], True, Truth((ab,))).naming is Naming.PARTLY
    assert judge([a], False, Truth((ab,))) == Judgement(Naming.PARTLY, none, True)
    assert judge([a, a], True, Truth((ab,))).naming is Naming.PARTLY
    assert judge([b, a], False, Truth((a,))) == Judgement(Naming.PARTLY, b, False)
    assert judge([b], True, Truth((a,))) == Judgement(Naming.FALSELY, b, False)
    assert judge([b], True, Truth()) == Judgement(Naming.FALSELY, b, False)
    assert judge([], False, Truth((ab,))).naming is Naming.UNNAMED
    assert judge([], False, Truth()).naming is Naming.RIGHTLY_UNNAMED
    assert judge([a], True, None).naming is Naming.NOT_JUDGED


def test_what_is_true_of_a_part_is_false_of_the_whole() -> None:
    a, b, none = frozenset("a"), frozenset("b"), frozenset[str]()
    assert judge([a], False, Truth((), a)) == Judgement(Naming.PARTLY, none, True)
    assert judge([a], True, Truth((), a)) == Judgement(Naming.FALSELY, a, False)
    assert judge([b, a], False, Truth((), a)) == Judgement(Naming.PARTLY, b, False)


def test_the_truth_must_be_lists_of_sets(tmp_path: Path) -> None:
    file = tmp_path / "truth.toml"
    for wrong in ("['a']", "[[]]", "[[1]]"):
        file.write_text(f"[entries]\nsgd_unscaled = {wrong}\n")
        with pytest.raises(ValueError, match="sgd_unscaled"):
            truth.read(file)


def test_parts_must_be_lists_of_ids(tmp_path: Path) -> None:
    file = tmp_path / "truth.toml"
    for wrong in ("'a'", "[['a']]", "[1]"):
        file.write_text(f"[entries]\nsgd_unscaled = []\n[parts]\nsgd_unscaled = {wrong}\n")
        with pytest.raises(ValueError, match="the parts of sgd_unscaled"):
            truth.read(file)
