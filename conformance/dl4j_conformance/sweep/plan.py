"""The plan of a sweep: its settings, its grid of states and weights, and its shards.

A shard is one case: a parameter whose gradient has consecutive patterns, in one update at one point of the grid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np

from dl4j_backends.interface import STATE_IN, Network
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.operations import Update
from dl4j_conformance.cases.values import Floats, hex_of
from dl4j_conformance.execution.observe import observe
from dl4j_conformance.execution.oracle_backend import OracleBackend, check_network, state_blocks
from dl4j_conformance.judging.level import Level
from dl4j_conformance.sharding.identity import identity
from dl4j_conformance.sweep.patterns import Bits, Patterns, values_of


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

    The patterns are those of the gradient. With ``over`` they are those of that setting of the layer, a Java double,
    and every gradient is ``gradient``: a shard's case then has a layer, with one weight, for each pattern.

    ``state`` has the values of each of the updater's arrays, by name, and ``weights`` those of the parameter, each 1-D
    of ``dtype``: every combination is swept. Without ``state`` the updater begins as a new one.
    """

    dtype: str
    conf: Mapping[str, Any]
    layer: Mapping[str, Any]
    patterns: Patterns
    state: Mapping[str, Floats]
    weights: Floats
    iteration: int = 0
    batch_size: int = 1
    shard_size: int = 1 << 20
    claimed: Level = Level.BIT_EXACT
    over: str = ""
    gradient: float = 1.0
    #: How many offending patterns are kept.
    shown: int = 20

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
        """Return the case of a shard."""
        values = values_of(self.bits(shard), self.patterns.dtype)
        point = self.points[shard.point]
        network, gradients = self._network(values, self._value(point.weight))
        if self.state:
            network = self._with_state(network, dict(point.state))
        return Case(f"sweep-{shard.number}", network, (Update(gradients, self.iteration, self.batch_size),))

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
            "over": self.over,
            "gradient": self.gradient,
            "level": str(self.claimed),
        }

    def identity(self, backend: Mapping[str, Any]) -> str:
        """Return the hash of everything that decides what is found: settings, shards, and the ``backend``'s facts."""
        return identity({**self.settings(), "shard_size": self.shard_size, "shown": self.shown}, backend)

    @property
    def required_capabilities(self) -> frozenset[str]:
        """The capabilities that a backend must declare to be swept."""
        return frozenset({STATE_IN} if self.state else ())

    def check(self) -> None:
        """Raise :class:`PlanError` if the updater has not just the arrays of ``state``, all or none of them.

        Raise :class:`dl4j_oracle.errors.ConfigurationError` for settings that DL4J does not have.
        """
        network, gradients = self._network(np.ones(1, self.patterns.dtype), 0.0)
        case = Case("sweep", network, (Update(gradients, self.iteration, 1),))
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

    def _network(self, values: Floats, weight: float) -> tuple[Network, Mapping[str, Floats]]:
        """Return the network of a shard with these values of its patterns, and the gradients of its update."""
        if self.over:
            layers = [{**self.layer, self.over: value, "n_in": 1, "n_out": 1} for value in values.tolist()]
            lengths = [1] * len(layers)
            gradients = {f"{i}_W": np.full(1, self.gradient, self.dtype) for i in range(len(layers))}
        else:
            layers, lengths = [{**self.layer, "n_in": len(values), "n_out": 1}], [len(values)]
            gradients = {"0_W": values}
        params = {}
        for number, length in enumerate(lengths):
            params[f"{number}_W"] = np.full(length, weight, self.dtype)
            params[f"{number}_b"] = np.zeros(1, self.dtype)
        return Network(self.dtype, self.conf, tuple(layers), params), gradients

    def _with_state(self, network: Network, values: Mapping[str, str]) -> Network:
        arrays = [
            np.full(block.length, self._value(values[block.name]), self.dtype)
            for block in state_blocks(Case("sweep", network, ()))
        ]
        return replace(network, has_state=True, state=np.concatenate(arrays))
