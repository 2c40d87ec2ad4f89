"""Every catalogued misreading is excluded by at least three cases in each type, fails them, and is named."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields, replace

import numpy as np
import pytest

from dl4j_backends.interface import ALL_CAPABILITIES, STATE_OUT, Backend, Observation
from dl4j_conformance.cases.values import DTYPES
from dl4j_conformance.execution.oracle_backend import OracleBackend, resolve
from dl4j_conformance.judging import kill_matrix as kills
from dl4j_conformance.judging.enclosure_check import bounds
from dl4j_conformance.judging.fixture import Fixture
from dl4j_conformance.judging.kill_matrix import Observable, best
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Status
from dl4j_conformance.reporting.summary import Summary
from dl4j_conformance.running.run import run
from dl4j_oracle.clauses import clauses
from dl4j_oracle.misreadings import Misreading, by_id, catalogue, together
from dl4j_oracle.profile import Rules
from golden_fixtures import every_fixture, kill_matrix
from mutants.unseen_backends import UNSEEN
from mutants.wrong_backends import WRONG, Shaped
from sampling import sample


def _judged(backend: Backend, fixtures: Iterable[Fixture], claimed: Level = Level.BIT_EXACT) -> Summary:
    """What `run` makes of a backend."""
    summary = Summary(backend.name)
    for result in run([backend], fixtures, kill_matrix().row, claimed):
        summary.add(result)
    summary.diagnose(claimed)
    return summary


def _row(misreading: Misreading, most: int) -> list[Fixture]:
    """Some of the fixtures that exclude a misreading, ``most`` of each type, the plainest and others."""
    excluding = kill_matrix().killing(misreading.id)
    found = []
    for dtype in misreading.types:
        own = [f for f in every_fixture() if f.case.id in excluding and f.case.dtype == dtype]
        own.sort(key=lambda f: best(excluding[f.case.id]).rank)
        found += own[:: -(-len(own) // most)]
    return found


def test_the_catalogue_is_large_and_well_formed() -> None:
    assert len(catalogue()) >= 200
    assert len({misreading.id for misreading in catalogue()}) == len(catalogue())
    known = {clause.id for clause in clauses()}
    rules = {field.name for field in fields(Rules)}
    for misreading in catalogue():
        assert misreading.clauses
        assert set(misreading.clauses) <= known
        assert misreading.fields
        assert misreading.fields <= rules
        assert misreading.sentence.endswith(".")


@pytest.mark.parametrize("dtype", DTYPES)
def test_each_is_excluded_by_three_cases_of_each_type(dtype: str) -> None:
    shown = [m.id for m in catalogue() if dtype in m.types]
    counts = {id_: sum(case.endswith(dtype) for case in kill_matrix().killing(id_)) for id_ in shown}
    assert {id_: count for id_, count in counts.items() if count < 3} == {}


@pytest.mark.parametrize("misreading", sample(catalogue(), 6), ids=lambda m: m.id)
def test_each_is_failed_and_named(misreading: Misreading) -> None:
    selected = _row(misreading, most=4)
    summary = _judged(resolve(f"misreading:{misreading.id}"), selected)
    assert summary.total.failed == len(selected)
    for failure in summary.failures:
        kill = best(kill_matrix().rows[failure.case.id][misreading.id])
        assert failure.fails(Level.READING) or kill.level is Level.BIT_EXACT
    found = summary.diagnosis
    assert found
    assert found.is_complete
    (named,) = found.readings
    assert misreading in (named.misreading, *named.alternatives)
    assert len(named.cases) == named.discriminating == len(selected)
    assert misreading.id in summary.not_killed


@pytest.mark.parametrize("misreading", sample(catalogue(), 6), ids=lambda m: m.id)
def test_its_own_enclosures_hold_it(misreading: Misreading) -> None:
    for fixture in _row(misreading, most=1):
        outcome = kills.outcome_of(misreading, fixture.case)
        if outcome is None:
            assert best(kill_matrix().rows[fixture.case.id][misreading.id]).level is Level.STRUCTURE
            continue
        held = bounds(fixture.case, outcome, ALL_CAPABILITIES, misreading.rules)
        assert held.escapes == ()


def test_stored_rows_are_what_is_computed() -> None:
    """CI computes a part of the rows anew (``fixtures regenerate --check``); here a few."""
    for fixture in sample(every_fixture(), 500):
        computed = kills.to_json(kills.row(fixture.case))
        assert computed == kills.to_json(kill_matrix().rows[fixture.case.id])


def test_margins() -> None:
    """Signs differ by 2|x| in an enclosure some ulps wide; the inverse factor differs by rounding alone."""
    negated = kill_matrix().rows["sgd-first-step-float32"]["sgd-negated"][Observable.UPDATES]
    assert negated.level is Level.BOUNDED
    assert 2**22 < negated.margin < 2**25
    inverse = kill_matrix().killing("clip-per-param-type-multiplies")
    assert {best(row).level for row in inverse.values()} == {Level.BIT_EXACT}
    assert best(kill_matrix().rows["initial-state-adagrad-float64"]["adagrad-from-zero"]).level is Level.STRUCTURE


@pytest.mark.parametrize(
    ("name", "reading"),
    [
        ("adam_epsilon_inside_root", "adam-epsilon-inside-root"),
        ("closed_form_decay", "exponential-closed-form"),
        ("iteration_modulo_steps", "torchstep-forwards"),
        ("clip_per_param_type_multiplies", "clip-per-param-type-multiplies"),
        ("l2_before_updater", "l2-before-updater"),
        ("division_first", "division-first"),
        ("adagrad_from_zero", "adagrad-from-zero"),
        ("nesterovs_attached", "nesterovs-attached-view"),
        ("adadelta_rho_default", "adadelta-default-rho-095"),
        ("sign_of_zero_is_one", "sign-of-zero-is-one"),
    ],
)
def test_backends_written_without_the_catalogue_are_named(name: str, reading: str) -> None:
    row = kill_matrix().killing(reading)
    some = [f for i, f in enumerate(every_fixture()) if i % 20 == 0 or f.case.id in list(row)[:60]]
    found = _judged(WRONG[name].backend, some).diagnosis
    assert found
    assert found.is_complete
    assert [(named.misreading.id, named.alternatives) for named in found.readings] == [(reading, ())]


def test_two_at_once_are_named() -> None:
    both = together([by_id("sgd-negated"), by_id("l2-doubled")])
    some = [f for f in every_fixture() if "SGD" in f.case.updaters or "POST-2" in f.case.clauses][::3]
    found = _judged(OracleBackend(both.rules), some).diagnosis
    assert found
    assert found.is_complete
    assert [named.misreading.id for named in found.readings] == ["sgd-negated", "l2-doubled"]


def test_rounding_does_not_hide_a_misreading() -> None:
    """A port that reads DL4J so, and whose last bits are its own."""

    def nudged(seen: Observation) -> Observation:
        return replace(seen, updates={k: np.nextafter(a, a.dtype.type(0)) for k, a in seen.updates.items()})

    backend = Shaped(nudged)
    backend.open = _reopened(by_id("adam-no-correction"), nudged)  # type: ignore[method-assign]
    some = [
        f
        for f in every_fixture()
        if f.case.id.startswith(("adam-first-step", "adam-three-steps", "adagrad-three", "rmsprop-three"))
    ]
    found = _judged(backend, some).diagnosis
    assert found
    assert found.is_complete
    assert found.rounding > 0
    assert [named.misreading.id for named in found.readings] == ["adam-no-correction"]


def _reopened(misreading: Misreading, change: Callable[[Observation], Observation]) -> Callable[..., object]:
    def opened(network: object) -> object:
        session = OracleBackend(misreading.rules).open(network)  # type: ignore[arg-type]
        update = session.update
        session.update = lambda *given: change(update(*given))  # type: ignore[method-assign]
        return session

    return opened


@pytest.mark.parametrize("name", UNSEEN)
def test_what_nobody_listed_is_failed_and_placed(name: str) -> None:
    """Nearest or unexplained, but never said to be explained; what is wrong first has its name."""
    some = [f for i, f in enumerate(every_fixture()) if i % 48 == 0 or f.case.id.startswith("momentum-schedule")]
    some += [
        f
        for f in every_fixture()
        if f.case.id.startswith(("adam-large-epsilon", "penalties-of-bias-only", "l1-l2-sgd"))
    ]
    summary = _judged(UNSEEN[name].backend, dict.fromkeys(some))
    assert summary.total.failed > 0
    found = summary.diagnosis
    assert found
    assert not found.is_complete
    assert found.unexplained or not found.readings
    assert found.divergence
    assert found.divergence.intermediate in UNSEEN[name].intermediates


def _noisy(**relative: float) -> Backend:
    """A backend whose updates are off, by a relative error for each type."""
    return Shaped(
        lambda seen: replace(
            seen, updates={k: a * np.asarray(1 + relative[a.dtype.name], a.dtype) for k, a in seen.updates.items()}
        )
    )


def test_a_small_error_passes_reading_and_fails_bounded() -> None:
    """Level reading allows 2^-11 in float32 and 2^-24 in float64."""
    summary = _judged(_noisy(float32=1e-5, float64=1e-9), every_fixture()[::24], Level.READING)
    assert summary.total.passed > 20 * summary.total.failed
    assert sum(c.failed for (_, _, level), c in summary.table.items() if level is Level.BOUNDED) > 0


def test_a_gross_error_fails_reading_too() -> None:
    summary = _judged(UNSEEN["thousandfold"].backend, [f for f in every_fixture() if f.case.id.startswith("sgd-")])
    failing = [failure for failure in summary.failures if failure.fails(Level.BOUNDED)]
    assert sum(failure.fails(Level.READING) for failure in failing) > len(failing) / 2


def test_levels_are_nested() -> None:
    for result in run([resolve("misreading:adam-no-epsilon")], every_fixture()[::9], kill_matrix().row):
        passed = [not result.fails(level) for level in Level]
        assert passed == sorted(passed, reverse=True)


def test_a_right_backend_excludes_every_misreading() -> None:
    assert _judged(resolve("numpy"), every_fixture()).not_killed == []


def test_what_is_not_declared_excludes_nothing() -> None:
    """Without the state, nobody can tell whether it is right."""
    shy = Shaped(lambda seen: seen, ALL_CAPABILITIES - {STATE_OUT})
    missing = set(_judged(shy, every_fixture()).not_killed)
    assert "nesterovs-attached-view" not in missing  # a state that is set shows it
    assert "visible-bias-without-state" in missing
    shyer = Shaped(lambda seen: seen, frozenset())
    shyer_missing = _judged(shyer, every_fixture()).not_killed
    assert missing < set(shyer_missing)
    assert "zero-direction-decays" in set(shyer_missing) - missing  # learning rates alone show it


def test_cases_that_did_not_run_exclude_nothing() -> None:
    summary = _judged(resolve("numpy"), [f for f in every_fixture() if f.case.id.startswith("sgd-")])
    assert summary.total.failed == 0
    assert summary.total.passed > 0
    assert "adam-no-epsilon" in summary.not_killed
    assert "sgd-negated" not in summary.not_killed


def test_basic_is_what_excludes_nothing() -> None:
    basic = {f.case.id for f in every_fixture() if "basic" in f.case.flags}
    assert basic == {f.case.id for f in every_fixture() if not kill_matrix().rows[f.case.id]}
    assert 0 < len(basic) < 10


def test_status_is_by_claim() -> None:
    """The inverse factor passes a port that claims no more than bounds."""
    backend = resolve("misreading:clip-per-layer-divides")
    some = [f for f in every_fixture() if f.case.id.startswith("clip-per-layer-")]
    assert _judged(backend, some).total.failed > 0
    results = list(run([backend], some, kill_matrix().row, Level.BOUNDED))
    assert {result.status for result in results} == {Status.PASSED}
