"""`fuzz` draws every setting unset, NaN, 0 and set, by the network and by its layers; and networks that fit."""

from __future__ import annotations

from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

from dl4j_backends.interface import ALL_CAPABILITIES, UNCHAINED, Network
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.drawn.networks import descriptions, networks
from dl4j_conformance.cases.operations import Iterate, Update
from dl4j_conformance.cases.setting_words import said, sensible

DRAWS = 5_000

T = TypeVar("T")


def _drawn(count: int, strategy: SearchStrategy[T]) -> list[T]:
    found: list[T] = []

    @seed(14)
    @settings(max_examples=count, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(strategy)
    def collect(value: T) -> None:
        found.append(value)

    collect()
    return found


def test_every_setting_is_drawn_with_every_word() -> None:
    # What is said of a batch, and of the optimizer, depends on the script, which is drawn apart.
    script = (Update({}, 0, 4), Iterate({}, 1.0, 4))
    seen = set()
    for conf, layers in _drawn(DRAWS, descriptions()):
        case = Case("drawn", Network("float64", conf, layers, {}), script)
        seen |= {(one.setting, one.layer, one.network) for one in said(case)}
    assert {(setting, *pair) for setting, pairs in sensible().items() for pair in pairs} - seen == set()


def test_networks_are_chained_where_others_are_not_declared() -> None:
    for network in _drawn(200, networks("float64", capabilities=ALL_CAPABILITIES - {UNCHAINED})):
        assert Case("drawn", network, ()).is_chained
    assert not all(Case("drawn", network, ()).is_chained for network in _drawn(100, networks("float64")))
