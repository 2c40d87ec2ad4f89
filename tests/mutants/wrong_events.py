"""Wrong ports that lose track of iterations, momentum or rates at an event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Self

from dl4j_backends.interface import Floats, Network, Observation
from dl4j_conformance.execution.oracle_session import OracleSession
from dl4j_oracle.cloning import LayerSnapshot
from dl4j_oracle.network.multi_layer_updater import MultiLayerUpdater
from dl4j_oracle.profile import DL4J_0_8_0
from mutants.changed_oracle import Named, Narrowed, WrongPort, with_rules


class _Late(Narrowed):
    """The oracle whose iterations are late by ``late`` after an event, for so many updates as ``lasting``."""

    def __init__(self, event: str, late: int, lasting: int) -> None:
        super().__init__()
        self._event, self._late, self._lasting = event, late, lasting

    def open(self, network: Network) -> OracleSession:
        return _LateSession(self._oracle.open(network).updater, self._event, self._late, self._lasting)


class _LateSession(OracleSession):
    def __init__(self, updater: MultiLayerUpdater, event: str, late: int, lasting: int) -> None:
        super().__init__(updater)
        self._event, self._late, self._lasting = event, late, lasting
        self._left = 0

    def with_updater(self, updater: MultiLayerUpdater) -> Self:
        return type(self)(updater, self._event, self._late, self._lasting)

    def update(self, gradients: Mapping[str, Floats], iteration: int, batch_size: int) -> Observation:
        is_late, self._left = self._left > 0, self._left - 1
        return super().update(gradients, iteration - self._late if is_late else iteration, batch_size)

    def _after(self, event: str, session: Self | None = None) -> None:
        if event == self._event:
            (session or self)._left = self._lasting

    def clone(self) -> Self:
        twin = super().clone()
        twin._left = self._left
        self._after("clone", twin)
        return twin

    def restore(self, with_updater: bool) -> Self:
        twin = super().restore(with_updater)
        self._after("restore", twin)
        return twin

    def set_state(self, state: Floats) -> None:
        super().set_state(state)
        self._after("set_state")

    def set_learning_rate(self, key: str, learning_rate: float) -> None:
        super().set_learning_rate(key, learning_rate)
        self._after("set_learning_rate")

    def freeze(self, layer: int) -> None:
        super().freeze(layer)
        self._after("freeze")

    def clone_updater(self) -> None:
        super().clone_updater()
        self._after("clone_updater")

    def average(self, others: Sequence[Self], combined: bool) -> None:
        super().average(others, combined)
        self._after("average")


#: Operations after which a port's schedules are late, and the cases with them.
EVENTS = {
    "restore": "schedules-restore-",
    "clone": "schedules-clone-",
    "set_state": "schedules-set-state-",
    "set_learning_rate": "schedules-set-rate-",
    "freeze": "schedules-freeze-",
    "clone_updater": "schedules-clone-updater-",
    "average": "schedules-average-",
}


def _lost_momentum(seen: LayerSnapshot, new: LayerSnapshot) -> LayerSnapshot:
    return replace(DL4J_0_8_0.restored(seen, new), momentum=new.momentum)


def _lost_rates(seen: LayerSnapshot, new: LayerSnapshot) -> LayerSnapshot:
    return replace(DL4J_0_8_0.restored(seen, new), learning_rates=new.learning_rates)


def events() -> Named:
    for event, shown_by in EVENTS.items():
        for said, late, lasting in (("late", 1, 99), ("once_late", 1, 1), ("early", -1, 99)):
            yield f"schedule_{said}_after_{event}", WrongPort(_Late(event, late, lasting), shown_by)
    yield from with_rules(
        ("momentum_lost_by_restore", "restored", _lost_momentum, "schedules-restore-"),
        ("momentum_lost_by_clone", "clone", _lost_momentum, "schedules-clone-before"),
        ("rates_lost_by_restore", "restored", _lost_rates, "*-restore-before-every-"),
        ("rates_lost_by_clone", "clone", _lost_rates, "*-clone-before-every-"),
    )
