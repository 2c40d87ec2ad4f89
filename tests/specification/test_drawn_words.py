"""`fuzz` draws every setting unset, NaN, 0 and set, by the network and by its layers; and networks that fit."""

from __future__ import annotations

from itertools import product
from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

from dl4j_backends.interface import ALL_CAPABILITIES, UNCHAINED, Network
from dl4j_conformance.cases.case import UPDATERS, Case
from dl4j_conformance.cases.drawn.networks import descriptions, networks, reworded
from dl4j_conformance.cases.operations import Iterate, Update
from dl4j_conformance.cases.setting_words import said, sensible
from dl4j_oracle.configuration import LearningRatePolicy
from dl4j_oracle.learning_rate import POLICIES

#: So many networks of each policy in a run of Hypothesis, which repeats itself, and so many runs at most.
DRAWS, RUNS = 100, 4

T = TypeVar("T")


def _drawn(count: int, strategy: SearchStrategy[T], run: int = 0) -> list[T]:
    found: list[T] = []

    @seed(14 + run)
    @settings(max_examples=count, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(strategy)
    def collect(value: T) -> None:
        found.append(value)

    collect()
    return found


def test_every_setting_is_drawn_with_every_word() -> None:
    # What is said of a batch, and of the optimizer, depends on the script, which is drawn apart.
    script = (Update({}, 0, 4), Iterate({}, 1.0, 4))
    of_every_updater = [{"updater": updater} for updater in UPDATERS]
    missing = {(setting, *pair) for setting, pairs in sensible().items() for pair in pairs}
    for run, policy in product(range(RUNS), POLICIES):
        for conf, layers in _drawn(DRAWS, reworded(_given(policy), of_every_updater), run) if missing else ():
            case = Case("drawn", Network("float64", conf, layers, {}), script)
            missing -= {(one.setting, one.layer, one.network) for one in said(case)}
    assert missing == set()


def _given(policy: LearningRatePolicy) -> dict[str, str]:
    return {} if policy is LearningRatePolicy.NONE else {"lr_policy": str(policy)}


def test_many_networks_have_such_words() -> None:
    drawn = _drawn(200, descriptions())
    assert sum("NaN" in conf.values() for conf, _ in drawn) >= 10
    assert any("updater" not in layer for _, layers in drawn for layer in layers)


def test_networks_are_chained_where_others_are_not_declared() -> None:
    for network in _drawn(60, networks("float64", capabilities=ALL_CAPABILITIES - {UNCHAINED})):
        assert Case("drawn", network, ()).is_chained
    assert not all(Case("drawn", network, ()).is_chained for network in _drawn(30, networks("float64")))
