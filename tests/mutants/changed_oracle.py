"""The parts that wrong ports are made of: the oracle with another rule, or given other numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from dl4j_backends.interface import ALL_CAPABILITIES, Floats, Network, Observation
from dl4j_conformance.execution.oracle_backend import OracleBackend
from dl4j_conformance.execution.oracle_session import OracleSession
from dl4j_oracle.network.multi_layer_updater import MultiLayerUpdater
from dl4j_oracle.profile import DL4J_0_8_0, Rules


@dataclass(frozen=True)
class WrongPort:
    """A wrong port, and the beginning of the ids of the cases that are made for it."""

    backend: Any
    shown_by: str


#: Wrong ports with their names.
Named = Iterator[tuple[str, WrongPort]]


def with_rule(name: str, rule: Any) -> OracleBackend:
    """Return the oracle in which one rule is another."""
    return OracleBackend(replace(DL4J_0_8_0, id="wrong", **{name: rule}))


def with_rules(*rows: tuple[str, str, Any, str]) -> Named:
    """Yield the port of each row: its name, the rule that is another, that rule, and the cases made for it."""
    for name, field, change, shown_by in rows:
        yield name, WrongPort(with_rule(field, change), shown_by)


def unchanged(number: int) -> int:
    return number


class Narrowed:
    """The oracle, given iterations and batch sizes that a narrower type changed."""

    name = "narrowed"
    capabilities = ALL_CAPABILITIES

    def __init__(
        self,
        iteration: Callable[[int], int] = unchanged,
        batch_size: Callable[[int], int] = unchanged,
        rules: Rules = DL4J_0_8_0,
    ) -> None:
        self._iteration, self._batch_size = iteration, batch_size
        self._oracle = OracleBackend(rules)

    def open(self, network: Network) -> OracleSession:
        return NarrowedSession(self._oracle.open(network).updater, self._iteration, self._batch_size)


class NarrowedSession(OracleSession):
    def __init__(
        self, updater: MultiLayerUpdater, iteration: Callable[[int], int], batch_size: Callable[[int], int]
    ) -> None:
        super().__init__(updater)
        self._iteration, self._batch_size = iteration, batch_size

    def with_updater(self, updater: MultiLayerUpdater) -> Self:
        return type(self)(updater, self._iteration, self._batch_size)

    def update(self, gradients: Mapping[str, Floats], iteration: int, batch_size: int) -> Observation:
        return super().update(gradients, self._iteration(iteration), self._batch_size(batch_size))
