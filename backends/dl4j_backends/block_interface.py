"""The interface of a backend of DL4J 0.9.1 or 1.0.0-M2.1, whose updaters work in blocks.

A backend gets a network as plain data, never an expected value. Where DL4J throws, methods raise
:class:`~dl4j_backends.interface.Dl4jException`. Arrays are 1-D, of the network's dtype; other numbers are Java doubles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from dl4j_backends.interface import Failure, Floats

A = TypeVar("A")
D = TypeVar("D")

#: The versions of DL4J whose updaters work in blocks.
BLOCK_VERSIONS = ("0.9.1", "1.0.0-M2.1")


@dataclass(frozen=True)
class BlockNetwork:
    """A network to update, with the settings of its DL4J ``version`` under that version's names in snake_case.

    ``params`` maps keys such as ``0_W`` to 1-D arrays of ``dtype``, each as it stands in the network's parameter
    vector; they do not change. ``gradient`` says where the gradients of an update stand: ``own``, in the network's own
    flat view; ``flat``, in a second flat array; ``map``, each in an array of its own.
    """

    version: str
    dtype: str
    conf: Mapping[str, Any]
    layers: Sequence[Mapping[str, Any]]
    params: Mapping[str, Floats] = field(repr=False)
    gradient: str = "own"


@dataclass(frozen=True)
class BlockStep:
    """One call of ``update``: gradients by key, and what the own view holds beside external ones.

    In 0.9.1 there is no epoch.
    """

    iteration: int
    epoch: int
    batch_size: int
    gradients: Mapping[str, Floats] = field(repr=False)
    own_gradients: Mapping[str, Floats] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class BlockPlace:
    """A block: the keys of its parameters, its updater's class, and where gradients and state of it stand."""

    params: tuple[str, ...]
    updater: str
    param_offset_start: int
    param_offset_end: int
    updater_view_offset_start: int
    updater_view_offset_end: int


@dataclass(frozen=True, eq=False)
class BlockSeen(Generic[A, D]):
    """All that can be seen after one update; after one that raised, what was done by then."""

    #: The flat gradient array by key.
    updates: Mapping[str, A]
    #: The whole state view; None if the network has no state.
    state: A | None
    #: In 0.9.1 the configuration's rates by key, in 1.0.0 those of the blocks; None where an updater has none.
    learning_rates: Mapping[str, D] | Sequence[D | None]
    #: In 0.9.1 by layer, in 1.0.0 by block; None where the updater is not Nesterovs.
    momentum: Mapping[str, D | None] | Sequence[D | None]
    #: In 0.9.1 the rates of the layers' updater objects.
    updater_learning_rates: Sequence[D | None] | None = None
    #: The network's own view by key, beside external gradients.
    own_gradients: Mapping[str, A] | None = None
    #: The exception that the update ended in.
    failure: Failure | None = None


BlockObservation = BlockSeen[Floats, float]


class AnyBlockSession(Protocol[A, D]):
    """A network with its updater, in any arithmetic."""

    def blocks(self) -> Sequence[BlockPlace]:
        """Return the blocks, in order."""

    def state(self) -> A | None:
        """Return a copy of the state view (1-D, of the network's dtype); None if there is none."""

    def update(self, step: BlockStep) -> BlockSeen[A, D]:
        """Update once. An exception of DL4J is part of what is seen."""


class BlockSession(AnyBlockSession[Floats, float], Protocol):
    """A session of a backend."""


class BlockBackend(Protocol):
    """An implementation of at least one of :data:`BLOCK_VERSIONS`."""

    name: str

    def open(self, network: BlockNetwork) -> BlockSession:
        """Return a session; raises :class:`~dl4j_backends.interface.Dl4jException` where the build throws."""
