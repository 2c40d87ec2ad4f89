"""A case of DL4J 0.9.1 or 1.0.0-M2.1: a network whose updaters work in blocks, and updates of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dl4j_backends.block_interface import BlockNetwork, BlockStep
from dl4j_backends.interface import Network
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.operations import Update
from dl4j_oracle.blocks.iupdater import UpdaterClass
from dl4j_oracle.blocks.layer_parameters import BlockLayerType, places

#: The classes of updaters, which are the rows of a report.
UPDATER_CLASSES = tuple(str(class_) for class_ in UpdaterClass)

#: The classes whose names in 0.9.1's enum and in 0.8.0 are other ones.
_CLASS_OF_NAME = {"NONE": "NoOp", **{name.upper(): name for name in UPDATER_CLASSES}}


@dataclass(frozen=True, eq=False)
class BlockCase:
    """A network of a later version, and the calls of ``update`` on it; ``clauses`` and ``comment`` say what for."""

    id: str
    network: BlockNetwork
    steps: tuple[BlockStep, ...]
    topic: str = ""
    clauses: tuple[str, ...] = ()
    comment: str = ""

    @property
    def version(self) -> str:
        """The version of DL4J."""
        return self.network.version

    @property
    def dtype(self) -> str:
        """``float32`` or ``float64``."""
        return self.network.dtype

    @cached_property
    def updaters(self) -> tuple[str, ...]:
        """The class of each layer's updater."""
        default = self.network.conf.get("updater") or "Sgd"
        return tuple(_class(layer.get("updater") or default) for layer in self.network.layers)

    @cached_property
    def shown(self) -> Case:
        """The case in the form in which reports have cases: with classes for updaters, and without epochs."""
        layers = [
            {**layer, "updater": updater} for layer, updater in zip(self.network.layers, self.updaters, strict=True)
        ]
        network = Network(self.dtype, self.network.conf, layers, self.network.params)
        script = tuple(Update(step.gradients, step.iteration, step.batch_size) for step in self.steps)
        return Case(self.id, network, script, self.clauses, self.comment, provenance="hand-written")


def parameter_lengths(version: str, layers: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Return the length of every parameter of a network of a version by key, in flat order."""
    lengths: dict[str, int] = {}
    for index, layer in enumerate(layers):
        found = places(
            BlockLayerType(layer.get("type", "dense")),
            layer.get("n_in", 0),
            layer["n_out"],
            f"layers[{index}]",
            layer_norm=layer.get("has_layer_norm", False),
            log_std=version != "0.9.1" and layer.get("use_log_std", True),
        )
        lengths |= {f"{index}_{place.name}": place.length for place in found}
    return lengths


def _class(updater: Any) -> str:
    if isinstance(updater, Mapping):
        return str(updater.get("type"))
    return _CLASS_OF_NAME.get(str(updater), str(updater))
