"""No clause of the specification is left without a rule and a case, and nothing cites a clause that is not there."""

from __future__ import annotations

import pytest

from dl4j_conformance.cases.handwritten import topics
from dl4j_oracle.clauses import VERSIONS, Clause, clauses, every_clause
from dl4j_oracle.traceability import rules_by_clause

CASES = [case for cases in topics().values() for case in cases]


@pytest.mark.parametrize("clause", clauses(), ids=lambda clause: clause.id)
def test_every_clause_has_a_statement_a_source_a_rule_and_cases_in_both_types(clause: Clause) -> None:
    assert clause.statement or clause.formula
    assert clause.source
    assert rules_by_clause().get(clause.id), "no rule cites it"
    assert {case.dtype for case in CASES if clause.id in case.clauses} == {"float32", "float64"}


@pytest.mark.parametrize("clause", every_clause(), ids=lambda clause: clause.id)
def test_every_clause_of_any_version_has_a_statement_a_source_and_a_rule(clause: Clause) -> None:
    assert clause.statement or clause.formula
    assert clause.source
    assert rules_by_clause().get(clause.id), "no rule cites it"
    assert any(clause.holds_in(version) for version in VERSIONS)


def test_clauses_begin_and_end_with_versions() -> None:
    held = {version: {clause.id for clause in clauses(version)} for version in VERSIONS}
    assert "BLOCK-1" not in held["0.8.0"]
    assert {"BLOCK-1", "BLOCK-3"} <= held["0.9.1"]
    assert "NATIVE-1" not in held["0.9.1"]
    assert "BLOCK-3" not in held["1.0.0-M2.1"]
    assert {"BLOCK-1", "NATIVE-1"} <= held["1.0.0-M2.1"]


def test_only_clauses_are_cited() -> None:
    known = {clause.id for clause in every_clause()}
    assert set(rules_by_clause()) <= known
    assert {id_ for case in CASES for id_ in case.clauses} <= known


def test_clause_ids_are_unique() -> None:
    ids = [clause.id for clause in every_clause()]
    assert len(ids) == len(set(ids))


def test_case_ids_are_unique_slugs() -> None:
    ids = [case.id for case in CASES]
    assert len(ids) == len(set(ids))
    assert all(id_ == id_.lower() and " " not in id_ for id_ in ids)


def test_a_source_may_go_on_in_indented_lines() -> None:
    restoring = next(clause for clause in clauses() if clause.id == "STATE-11")
    assert restoring.source == (
        "`ModelSerializer.writeModel`, `ModelSerializer.restoreMultiLayerNetwork`,"
        " `ModelSerializer.restoreComputationGraph`"
    )
    assert "restoreComputationGraph" not in restoring.statement
