"""A case of DL4J 0.9.1 or 1.0.0-M2.1: a network whose updaters work in blocks, and updates of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dl4j_backends.block_interface import BlockNetwork, BlockStep
from dl4j_backends.interface import Network
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.operations import Update
from dl4j_oracle.blocks.iupdater import UpdaterClass

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


def _class(updater: Any) -> str:
    if isinstance(updater, Mapping):
        return str(updater.get("type"))
    return _CLASS_OF_NAME.get(str(updater), str(updater))
