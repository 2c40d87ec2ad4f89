"""A misreading that is left out of the catalogue stands for a mistake that nobody listed: no other one names it."""

from __future__ import annotations

import pytest

from dl4j_conformance.cases.case import Case
from dl4j_conformance.execution.oracle_backend import OracleBackend
from dl4j_conformance.judging.kill_matrix import Row
from dl4j_conformance.reporting.run_sentences import explained
from dl4j_conformance.reporting.summary import Summary
from dl4j_conformance.running.run import run
from dl4j_conformance.vectors.fixtures import Selection, fixtures
from dl4j_oracle.misreadings import by_id, together
from golden_fixtures import kill_matrix


def _diagnosed(glob: str, misreadings: tuple[str, ...], unlisted: tuple[str, ...]) -> Summary:
    """Return the summary of a run of a backend that has all of the misreadings, if some are not in the catalogue."""

    def rows(case: Case) -> Row:
        return {id_: kills for id_, kills in kill_matrix().row(case).items() if id_ not in unlisted}

    backend = OracleBackend(together([by_id(id_) for id_ in misreadings]).rules)
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
    found = _diagnosed("adagrad-o*", ("adagrad-from-zero", unlisted[0]), unlisted)
    assert found.diagnosis
    (reading,) = found.diagnosis.readings
    assert reading.misreading.id == "adagrad-from-zero"
    # As few would not do if other values were wrong.
    assert len(reading.cases) < 0.8 * reading.discriminating
