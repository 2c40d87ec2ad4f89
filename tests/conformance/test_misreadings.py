"""Every catalogued misreading fails at least three cases in each type, and is named."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from dl4j_backends.interface import Backend
from dl4j_conformance import runner
from dl4j_conformance.diagnosis import Observed, diagnose
from dl4j_conformance.judge import differences
from dl4j_conformance.observe import observe
from dl4j_conformance.oracle_backend import OracleBackend
from dl4j_conformance.runner import Fixture, Selection
from dl4j_conformance.values import DTYPES
from dl4j_oracle.clauses import clauses
from dl4j_oracle.misreadings import Misreading, catalogue
from dl4j_oracle.profile import Rules
from wrong_backends import WRONG, _Shaped

FIXTURES = runner.fixtures(Selection())
BY_ID = {misreading.id: misreading for misreading in catalogue()}


def _failing(backend: Backend, first: tuple[str, ...], enough: int) -> list[Observed]:
    """Failing cases, ``enough`` of each type if there are so many; those of the clauses ``first`` come first."""

    def order(fixture: Fixture) -> bool:
        return not set(first) & set(fixture.case.clauses)

    counts = dict.fromkeys(DTYPES, 0)
    found = []
    for fixture in sorted(FIXTURES, key=order):
        if counts[fixture.case.dtype] >= enough:
            continue
        got = observe(backend, fixture.case)
        if differences(fixture.case, fixture.expected, got, backend.capabilities):
            counts[fixture.case.dtype] += 1
            found.append(Observed(fixture.case, fixture.expected, got, backend.capabilities))
    return found


def test_the_catalogue_is_large_and_well_formed() -> None:
    assert len(catalogue()) >= 80
    assert len(BY_ID) == len(catalogue())
    known = {clause.id for clause in clauses()}
    rules = {field.name for field in fields(Rules)}
    for misreading in catalogue():
        assert misreading.clauses
        assert set(misreading.clauses) <= known
        assert len(misreading.changes) == 1
        assert set(misreading.changes) <= rules
        assert misreading.sentence.endswith(".")


@pytest.mark.parametrize("misreading", catalogue(), ids=lambda m: m.id)
def test_is_excluded_by_three_cases_of_each_type_and_named(misreading: Misreading) -> None:
    failing = _failing(OracleBackend(misreading.rules), misreading.clauses, enough=5)
    for dtype in DTYPES:
        assert sum(observed.case.dtype == dtype for observed in failing) >= 3, dtype
    found = diagnose(failing)
    assert found.is_complete
    assert misreading.id in {reading.id for reading in found.readings}


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
    found = diagnose(_failing(WRONG[name].backend, (), enough=40))
    assert found.is_complete
    assert [m.id for m in found.readings] == [reading]


def test_two_at_once_are_named() -> None:
    both = BY_ID["sgd-negated"].and_also(BY_ID["l2-doubled"])
    found = diagnose(_failing(OracleBackend(both.rules), ("POST-2", "SGD-1"), enough=20))
    assert found.is_complete
    assert set(found.readings[0].id.split("+")) == {"sgd-negated", "l2-doubled"}


def test_what_nobody_listed_is_not_explained() -> None:
    scaled = _Shaped(
        lambda seen: replace(seen, updates={k: a * np.asarray(1.001, a.dtype) for k, a in seen.updates.items()})
    )
    found = diagnose(_failing(scaled, (), enough=20))
    assert not found.is_complete
