"""The plan of a sweep: its settings, its grid of states and weights, and its shards.

A shard is one case: a parameter whose gradient has consecutive patterns, in one update at one point of the grid.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from itertools import product
from typing import Any

import numpy as np

from dl4j_backends import strict_json
from dl4j_backends.interface import STATE_IN, Network
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.operations import Update
from dl4j_conformance.cases.values import Floats, hex_of
from dl4j_conformance.execution.observe import observe
from dl4j_conformance.execution.oracle_backend import OracleBackend, check_network, state_blocks
from dl4j_conformance.judging.level import Level
from dl4j_conformance.sweep.patterns import Bits, Patterns, values_of

#: The parameter that is swept.
KEY = "0_W"


class PlanError(ValueError):
    """Settings that do not fit each other."""


@dataclass(frozen=True)
class Point:
    """A point of the grid: the value of every element of a state array, by name, and the weight, as bit patterns."""

    state: tuple[tuple[str, str], ...]
    weight: str


@dataclass(frozen=True)
class Shard:
    """Positions of patterns from ``start`` to before ``stop``, at a point of the grid."""

    number: int
    point: int
    start: int
    stop: int


@dataclass(frozen=True, eq=False)
class Plan:
    """The settings of a sweep.

    ``state`` has the values of each of the updater's arrays, by name, and ``weights`` those of the parameter, each 1-D
    of the patterns' dtype: every combination is swept. Without ``state`` the updater begins as a new one.
    """

    conf: Mapping[str, Any]
    layer: Mapping[str, Any]
    patterns: Patterns
    state: Mapping[str, Floats]
    weights: Floats
    iteration: int = 0
    batch_size: int = 1
    shard_size: int = 1 << 20
    claimed: Level = Level.BIT_EXACT
    #: How many offending patterns are kept.
    shown: int = 20

    @property
    def dtype(self) -> str:
        """``float32`` or ``float64``."""
        return self.patterns.dtype

    @cached_property
    def points(self) -> tuple[Point, ...]:
        """The grid: every combination of the state arrays' values and the weights."""
        columns = [[(name, bits) for bits in hex_of(values)] for name, values in self.state.items()]
        return tuple(Point(state, weight) for state in product(*columns) for weight in hex_of(self.weights))

    @property
    def shards_of_point(self) -> int:
        """The number of shards at each point of the grid."""
        return -(-self.patterns.count // self.shard_size)

    @property
    def shards(self) -> int:
        """The number of all shards."""
        return self.shards_of_point * len(self.points)

    def shard(self, number: int) -> Shard:
        """Return the shard of this number, counted from 0."""
        point, part = divmod(number, self.shards_of_point)
        start = part * self.shard_size
        return Shard(number, point, start, min(start + self.shard_size, self.patterns.count))

    def bits(self, shard: Shard) -> Bits:
        """Return the patterns of a shard (1-D, uint32 or uint64)."""
        return self.patterns.bits(shard.start, shard.stop)

    def case(self, shard: Shard) -> Case:
        """Return the case of a shard: a dense layer, of whose weights the gradient has these patterns."""
        gradient = values_of(self.bits(shard), self.dtype)
        point = self.points[shard.point]
        network = self._network(len(gradient), self._value(point.weight))
        if self.state:
            network = self._with_state(network, dict(point.state))
        update = Update({KEY: gradient}, self.iteration, self.batch_size)
        return Case(f"sweep-{shard.number}", network, (update,))

    def settings(self) -> dict[str, Any]:
        """Return the settings as JSON data, bits for values."""
        return {
            "dtype": self.dtype,
            "conf": dict(self.conf),
            "layer": dict(self.layer),
            "patterns": {"first": self.patterns.first, "count": self.patterns.count, "seed": self.patterns.seed},
            "state": {name: hex_of(values) for name, values in self.state.items()},
            "weights": hex_of(self.weights),
            "iteration": self.iteration,
            "batch_size": self.batch_size,
            "level": str(self.claimed),
        }

    def identity(self, backend: Mapping[str, Any]) -> str:
        """Return the hash of everything that decides what is found: settings, shards, and the ``backend``'s facts."""
        suite = version("dl4j-conformance")
        decisive = {
            "suite": suite,
            **self.settings(),
            "shard_size": self.shard_size,
            "shown": self.shown,
            "backend": dict(backend),
        }
        return hashlib.sha256(strict_json.compact(decisive, sort_keys=True).encode()).hexdigest()

    @property
    def required_capabilities(self) -> frozenset[str]:
        """The capabilities that a backend must declare to be swept."""
        return frozenset({STATE_IN} if self.state else ())

    def check(self) -> None:
        """Raise :class:`PlanError` if the updater has not just the arrays of ``state``, all or none of them.

        Raise :class:`dl4j_oracle.errors.ConfigurationError` for settings that DL4J does not have.
        """
        case = Case("sweep", self._network(1, 0.0), (Update({KEY: np.zeros(1, self.dtype)}, self.iteration, 1),))
        check_network(case.network)
        outcome = observe(OracleBackend(), case)
        if failure := outcome.failure or outcome.steps[0].failure:
            raise PlanError(f"DL4J throws {failure}: there is nothing to sweep")
        blocks = [block.name for block in state_blocks(case) if block.parameter == "W"]
        if self.state and set(self.state) != set(blocks):
            has = f"the state arrays {', '.join(blocks)}: give each of them" if blocks else "no state"
            raise PlanError(f"{self.layer.get('updater')} has {has}")

    def _value(self, bits: str) -> float:
        return float(np.frombuffer(bytes.fromhex(bits), np.dtype(self.dtype).newbyteorder(">"))[0])

    def _network(self, length: int, weight: float) -> Network:
        params = {KEY: np.full(length, weight, self.dtype), "0_b": np.zeros(1, self.dtype)}
        return Network(self.dtype, self.conf, ({**self.layer, "n_in": length, "n_out": 1},), params)

    def _with_state(self, network: Network, values: Mapping[str, str]) -> Network:
        # The layout is that of any length: a view of many elements would be made for nothing.
        blocks = state_blocks(Case("sweep", self._network(2, 0.0), ()))
        length = len(network.params[KEY])
        arrays = [
            np.full(length if block.parameter == "W" else 1, self._value(values[block.name]), self.dtype)
            for block in blocks
        ]
        return Network(**{**vars(network), "has_state": True, "state": np.concatenate(arrays)})
