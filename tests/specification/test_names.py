"""Every place that lists updaters, policies, strategies or layer types has the same ones as the oracle."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from enum import StrEnum
from importlib import resources
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, Phase, find, settings

from dl4j_backends.engine import settings as engine
from dl4j_backends.engine.updaters import UPDATERS as ENGINE_UPDATERS
from dl4j_backends.stdio import wire
from dl4j_conformance.cases.case import UPDATERS
from dl4j_conformance.cases.drawn.networks import configurations, layers
from dl4j_conformance.cases.handwritten import topics
from dl4j_conformance.cases.handwritten.updaters import CLAUSES
from dl4j_oracle.arithmetic.trace import Trace
from dl4j_oracle.configuration import (
    GradientNormalization,
    LayerType,
    LearningRatePolicy,
    OptimizationAlgorithm,
    StepFunction,
    Updater,
)
from dl4j_oracle.formulae import FORMULAE
from dl4j_oracle.learning_rate import POLICIES
from dl4j_oracle.network.traced_rules import traced
from dl4j_oracle.profile import DEFAULT_RULES, VERSIONS
from dl4j_oracle.updaters import UPDATERS as RECORDS

IMPLEMENTED = [updater for updater in Updater if updater is not Updater.CUSTOM]
FOLDERS = (
    ("dl4j_backends.stdio", "schema"),
    ("dl4j_conformance.reporting", "schemas"),
    ("dl4j_fixtures", "schema"),
)
#: The names that a schema lists, by the property or definition that has them.
LISTED: dict[str, type[StrEnum]] = {
    "updater": Updater,
    "updaters": Updater,
    "lr_policy": LearningRatePolicy,
    "gradient_normalization": GradientNormalization,
    "normalization": GradientNormalization,
    "step_function": StepFunction,
    "optimization_algo": OptimizationAlgorithm,
    "type": LayerType,
}
IN_REACH = settings(
    max_examples=10_000, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)


def enumerations() -> Iterator[tuple[str, str, Sequence[str]]]:
    """Yield the file, the name and the values of every enumeration of names of DL4J in a schema."""
    for package, folder in FOLDERS:
        for file in resources.files(package).joinpath(folder).iterdir():
            if file.name.endswith(".schema.json"):
                for name, values in _enumerations(json.loads(file.read_text(encoding="utf-8")), ""):
                    yield file.name, name, values


def _enumerations(schema: Any, name: str) -> Iterator[tuple[str, Sequence[str]]]:
    match schema:
        case {"enum": values} if name in LISTED:
            yield name, values
        case dict():
            for key, entry in schema.items():
                yield from _enumerations(entry, name if key == "items" else key)
        case list():
            for entry in schema:
                yield from _enumerations(entry, name)


FOUND = list(enumerations())


@pytest.mark.parametrize(("file", "name", "values"), FOUND, ids=lambda part: part if isinstance(part, str) else "")
def test_schemas_list_the_names_of_the_oracle(file: str, name: str, values: Sequence[str]) -> None:
    allowed = [list(LISTED[name])] + ([IMPLEMENTED] if LISTED[name] is Updater else [])
    assert values in allowed


def test_no_schema_leaves_them_out() -> None:
    listed = {(file, LISTED[name]) for file, name, _ in FOUND}
    everything = {(file, names) for file in ("requests", "fixtures", "trace") for names in LISTED.values()}
    expected = everything | {("replies", Updater), ("bench", Updater)}
    assert listed == {(f"{file}.schema.json", names) for file, names in expected}


def test_every_updater_has_a_record() -> None:
    assert list(RECORDS) == IMPLEMENTED
    assert [DEFAULT_RULES.updater(updater) for updater in IMPLEMENTED] == list(RECORDS.values())


def test_every_policy_has_a_record() -> None:
    assert list(POLICIES) == list(LearningRatePolicy)
    assert [DEFAULT_RULES.policy(policy) for policy in LearningRatePolicy] == list(POLICIES.values())


def test_every_version_is_called_by_its_number() -> None:
    assert {rules.id for rules in VERSIONS.values()} == {f"dl4j-{number}" for number in VERSIONS}
    assert DEFAULT_RULES in VERSIONS.values()


def test_the_backends_know_the_same_names() -> None:
    assert set(IMPLEMENTED) == set(ENGINE_UPDATERS) == wire.UPDATERS
    assert get_args(engine.LearningRatePolicy) == tuple(LearningRatePolicy)
    assert get_args(engine.GradientNormalization) == tuple(GradientNormalization)
    assert get_args(engine.StepFunction) == tuple(StepFunction)


@pytest.mark.parametrize("updater", IMPLEMENTED)
def test_traces_name_what_an_updater_computes(updater: Updater) -> None:
    assert traced(DEFAULT_RULES, Trace()).updater(updater) != DEFAULT_RULES.updater(updater)


@pytest.mark.parametrize("policy", LearningRatePolicy)
def test_traces_name_what_a_policy_computes(policy: LearningRatePolicy) -> None:
    assert traced(DEFAULT_RULES, Trace()).policy(policy) != DEFAULT_RULES.policy(policy)


@pytest.mark.parametrize("strategy", [s for s in GradientNormalization if s is not GradientNormalization.NONE])
def test_traces_name_what_a_normalization_computes(strategy: GradientNormalization) -> None:
    assert traced(DEFAULT_RULES, Trace()).normalization(strategy) != DEFAULT_RULES.normalization(strategy)


def test_the_specification_gives_the_first_value_of_every_state_array() -> None:
    shown = [statement.wanted for id_ in ("STATE-4", "STATE-5") for statement in FORMULAE[id_].statements]
    assert set(shown) == {array for updater in RECORDS.values() for array in updater.state}


def test_there_are_cases_of_every_updater_and_of_every_policy() -> None:
    assert tuple(CLAUSES) == UPDATERS
    cases = [case for cases in topics().values() for case in cases]
    assert {case.network.conf.get("lr_policy", "None") for case in cases} == set(LearningRatePolicy)


@pytest.mark.parametrize("updater", UPDATERS)
def test_layers_of_every_updater_are_drawn(updater: str) -> None:
    read = RECORDS[Updater(updater)].defaults
    find(layers(updater), lambda layer: layer["updater"] == updater and set(read) <= set(layer), settings=IN_REACH)


@pytest.mark.parametrize("policy", LearningRatePolicy)
def test_every_policy_is_drawn_with_what_it_reads(policy: LearningRatePolicy) -> None:
    conf = find(configurations(), lambda conf: conf.get("lr_policy", "None") == policy, settings=IN_REACH)
    assert set(POLICIES[policy].reads) <= set(conf)
