"""A misreading that is left out of the catalogue stands for a mistake that nobody listed: no other one names it."""

from __future__ import annotations

import pytest

from dl4j_backends.interface import Backend
from dl4j_conformance.cases.case import Case
from dl4j_conformance.diagnosis.refutation import meets_special_values, refuting_updaters
from dl4j_conformance.execution.oracle_backend import OracleBackend
from dl4j_conformance.judging.kill_matrix import Row
from dl4j_conformance.reporting.run_sentences import explained
from dl4j_conformance.reporting.summary import Summary
from dl4j_conformance.running.run import run
from dl4j_conformance.vectors.fixtures import Selection, fixtures
from dl4j_oracle.misreadings import by_id, together
from golden_fixtures import fixtures_by_id, kill_matrix
from mutants.held_out.entries import ENTRIES


def _diagnosed(glob: str, misreadings: tuple[str, ...], unlisted: tuple[str, ...]) -> Summary:
    """Return the summary of a run of a backend that has all of the misreadings, if some are not in the catalogue."""

    return _diagnosed_as(_port(*misreadings), glob, unlisted)


def _port(*misreadings: str) -> Backend:
    return OracleBackend(together([by_id(id_) for id_ in misreadings]).rules)


def _diagnosed_as(backend: Backend, glob: str, unlisted: tuple[str, ...] = ()) -> Summary:
    def rows(case: Case) -> Row:
        return {id_: kills for id_, kills in kill_matrix().row(case).items() if id_ not in unlisted}

    summary = Summary("")
    for result in run([backend], fixtures(Selection(glob)), rows):
        summary.add(result)
    summary.diagnose()
    return summary


def _names(summary: Summary) -> list[str]:
    assert summary.diagnosis
    return [reading.misreading.id for reading in summary.diagnosis.readings]


@pytest.mark.parametrize(
    ("unlisted", "resembled", "glob"),
    [
        # Half of the thresholds are 1, where both give the same.
        ("renormalize-per-param-type-to-threshold", "renormalize-per-param-type-multiplies", "renormalize-*"),
        # It stops after the same iterations.
        ("poly-schedule", "poly-stops", "poly-*"),
    ],
)
def test_what_fits_by_chance_is_a_hint(unlisted: str, resembled: str, glob: str) -> None:
    found = _diagnosed(glob, (unlisted,), (unlisted,))
    assert found.diagnosis
    assert _names(found) == []
    assert [hint.misreading.id for hint in found.diagnosis.hints] == [resembled]
    lines = list(explained(found))
    assert lines[0].startswith("Unexplained: no known misreading")
    assert lines[1].startswith("Some cases do what these misreadings do")
    assert lines[2].startswith(f"  {resembled}: ")


def test_a_true_name_stands_beside_what_nobody_listed() -> None:
    known, unlisted = "renormalize-per-layer-without-root", "adadelta-default-epsilon-1e-05"
    found = _diagnosed("renormalize-*", (known, unlisted), (unlisted,))
    assert found.diagnosis
    assert _names(found) == [known]
    assert found.diagnosis.unexplained
    assert not found.diagnosis.is_complete


def test_another_treatment_of_nan_does_not_count_against_a_name() -> None:
    unlisted = ("adagrad-nan-operands-stay", "nan-propagates")
    found = _diagnosed("adagrad-[lo]*", ("adagrad-from-zero", unlisted[0]), unlisted)
    assert found.diagnosis
    (reading,) = found.diagnosis.readings
    assert reading.misreading.id == "adagrad-from-zero"
    # As few would not do if other values were wrong.
    assert len(reading.cases) < reading.discriminating


def test_one_ordinary_value_refutes_a_misreading() -> None:
    # The greater of root and epsilon is the root, but for large epsilons, and so in most cases no epsilon at all.
    found = _diagnosed_as(ENTRIES["rmsprop_greater_of_epsilon"].backend, "i*rmsprop*")
    assert found.diagnosis
    assert _names(found) == []
    (hint,) = [hint for hint in found.diagnosis.hints if hint.misreading.id == "rmsprop-no-epsilon"]
    assert len(hint.cases) > 0.8 * hint.discriminating


def _refuting(backend: Backend, case: str, *named: str) -> frozenset[str]:
    """Return the updaters with which a case refutes the first of the misreadings that are named together."""
    (failure,) = _diagnosed_as(backend, case).failures
    assert failure.differing
    return refuting_updaters(failure.differing, by_id(named[0]), together([by_id(id_) for id_ in named]))


def test_what_a_misreading_does_not_change_refutes_it_not() -> None:
    swapped = "adam-corrections-swapped"
    # The rate is another one before Adam sees it.
    assert _refuting(_port(swapped, "poly-schedule"), "poly-adam-float32", swapped) == frozenset()
    # A layer with another updater is wrong too.
    mixed = "setting-rmsprop-under-adam-network-set-float64"
    both = "rmsprop-from-zero", "adam-no-correction"
    assert _refuting(_port(*both), mixed, "rmsprop-from-zero") == frozenset()


def test_another_value_where_a_misreading_changes_it_refutes_it() -> None:
    assert _refuting(_port("adam-no-root"), "adam-first-step-float32", "adam-no-correction") == {"ADAM"}
    both = "rmsprop-from-zero", "rmsprop-undamped"
    assert _refuting(_port(*both), "rmsprop-first-step-float32", "rmsprop-from-zero") == {"RMSPROP"}
    assert _refuting(_port(*both), "rmsprop-first-step-float32", *both) == frozenset()
    # Penalties after the step are none in the update, but the parameters show them.
    moved = ENTRIES["penalties_of_moved"].backend
    assert _refuting(moved, "iterate-sgd-float32", "no-l2", "no-l1") == {"SGD"}


@pytest.mark.parametrize(
    ("case", "is_special"),
    [
        ("adam-first-step-float32", False),
        ("nesterovs-first-step-float64", False),
        ("adam-rate-nan-float32", True),
        ("setting-learning-rate-rmsprop-network-nan-float32", True),
        ("sgd-subnormal-float64", True),
        ("clip-element-wise-infinite-float64", True),
        ("limit-float32-adam-float64", True),
    ],
)
def test_special_values_are_met_where_dl4j_computes_with_them(case: str, is_special: bool) -> None:
    assert meets_special_values(fixtures_by_id()[case].case) is is_special
