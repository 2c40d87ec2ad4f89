"""Wrong ports that mix up layers, keys and the places of state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dl4j_backends.interface import Network
from dl4j_conformance.execution.oracle_session import OracleSession
from dl4j_oracle.profile import DL4J_0_8_0
from dl4j_oracle.state_layout import Block
from mutants.changed_oracle import Named, Narrowed, WrongPort, with_rules


def _one_digit(key: str, layers: int) -> tuple[int, str]:
    index, name = DL4J_0_8_0.split_key(key, layers)
    return int(str(index)[0]), name


def _last_digit(key: str, layers: int) -> tuple[int, str]:
    index, name = DL4J_0_8_0.split_key(key, layers)
    return index % 10, name


def _in_order_of_text(added: Sequence[int], fed: Sequence[int]) -> Sequence[int]:
    return sorted(DL4J_0_8_0.order_of_state(added, fed), key=str)


def _text_within(blocks: Sequence[Block]) -> Sequence[Block]:
    return sorted(blocks, key=lambda block: f"{block.layer}_")


class _Shared(Narrowed):
    """The oracle in which layers that look alike have one updater for each parameter."""

    def __init__(self, alike: Callable[[int, str, int, str], object]) -> None:
        super().__init__()
        self._alike = alike

    def open(self, network: Network) -> OracleSession:
        session = self._oracle.open(network)
        kept: dict[object, Any] = {}
        for index, layer in enumerate(session.updater.layers):
            for name, parameter in layer.parameters.items():
                alike = self._alike(index, name, parameter.length, str(parameter.updater))
                layer.updaters[name] = kept.setdefault(alike, layer.updaters[name])
        return session


def layers() -> Named:
    yield from with_rules(
        ("first_digit_of_layer", "split_key", _one_digit, "twelve-layers-"),
        ("last_digit_of_layer", "split_key", _last_digit, "twelve-layers-"),
        ("state_in_order_of_text", "order_of_state", _in_order_of_text, "twelve-layers-"),
        ("blocks_in_order_of_text", "state_layout", _text_within, "twelve-layers-"),
    )
    for said, alike in {
        "class": lambda layer, name, length, updater: (updater, length),
        "class_and_name": lambda layer, name, length, updater: (updater, name, length),
        "layer_and_shape": lambda layer, name, length, updater: (layer, length),
        "name": lambda layer, name, length, updater: (name, length),
    }.items():
        shown_by = "weights-as-long-as-bias-" if said == "layer_and_shape" else "two-alike-"
        yield f"updater_per_{said}", WrongPort(_Shared(alike), shown_by)
