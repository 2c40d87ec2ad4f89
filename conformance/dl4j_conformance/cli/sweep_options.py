"""The options of ``sweep`` that decide what is swept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import click

from dl4j_conformance.cases.values import Floats
from dl4j_conformance.cli.given_numbers import read_array
from dl4j_conformance.judging.level import Level
from dl4j_conformance.sweep.patterns import Patterns, PatternsError, patterns_of
from dl4j_conformance.sweep.plan import Plan, PlanError
from dl4j_oracle.configuration import GlobalConfiguration, LayerConfiguration
from dl4j_oracle.errors import ConfigurationError
from dl4j_oracle.suggestion import did_you_mean

#: The settings of a layer that can be swept.
SCALARS = tuple(field.name for field in fields(LayerConfiguration) if field.type in ("float", float))

#: A setting's shard has a layer for each value.
_LAYERS = 256


@dataclass(frozen=True)
class Settings:
    """The options that decide what is swept."""

    updater: str
    dtype: str
    config: Sequence[str]
    state: Sequence[str]
    weights: str
    iteration: int
    batch_size: int
    over: str | None
    gradient: float
    span: str | None
    sample: int | None
    seed: int
    claimed: str
    shard_size: int

    @property
    def plan(self) -> Plan:
        """The plan. Raises :class:`click.UsageError`."""
        conf, layer = self._configuration()
        plan = Plan(
            self.dtype,
            conf,
            layer,
            self._patterns(),
            self._state(),
            read_array(self.weights, self.dtype, "--weights"),
            self.iteration,
            self.batch_size,
            min(self.shard_size, _LAYERS) if self.over else self.shard_size,
            Level(self.claimed),
            self.over or "",
            self.gradient,
        )
        try:
            plan.check()
        except ConfigurationError as error:
            raise click.UsageError(f"--config: {error}") from error
        except PlanError as error:
            raise click.UsageError(str(error)) from error
        return plan

    def _patterns(self) -> Patterns:
        dtype = "float64" if self.over else self.dtype
        if self.span and self.sample:
            raise click.UsageError("--range and --sample exclude each other")
        try:
            if self.sample:
                return Patterns(dtype, 0, self.sample, self.seed)
            if self.span:
                return Patterns(dtype, *_read_range(self.span))
        except PatternsError as error:
            raise click.UsageError(f"{'--sample' if self.sample else '--range'}: {error}") from error
        if dtype == "float64":
            raise click.UsageError("nobody enumerates 2^64 patterns: add --sample N or --range FROM:TO")
        return Patterns(dtype, 0, patterns_of(dtype))

    def _state(self) -> dict[str, Floats]:
        found: dict[str, Floats] = {}
        for text in self.state:
            name, equals, values = text.partition("=")
            if not equals or name in found:
                raise click.UsageError(f"--state: {text!r} is not NAME=V,V,... of an array that is given once")
            found[name] = read_array(values, self.dtype, f"--state {name}")
        return found

    def _configuration(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the network's settings and the layer's: a name that both have is the layer's."""
        conf: dict[str, Any] = {}
        layer: dict[str, Any] = {"updater": self.updater}
        of_layer, of_network = ({field.name for field in fields(k)} for k in (LayerConfiguration, GlobalConfiguration))
        for text in self.config:
            name, _, value = text.partition("=")
            if name in ("updater", "n_in", "n_out", "type") or name not in of_layer | of_network:
                hint = did_you_mean(name, sorted(of_layer | of_network), "`dl4j-conformance docs sweep` names some")
                raise click.UsageError(f"--config: {name!r} is not a setting: {hint}")
            (layer if name in of_layer else conf)[name] = _read_value(value)
        if any(layer.get(name) for name in ("l1", "l2")):
            conf.setdefault("use_regularization", True)
        return conf, layer


def _read_range(text: str) -> tuple[int, int]:
    """Return the first pattern and how many there are. Raises :class:`click.UsageError`."""
    first, _, after = text.partition(":")
    try:
        begin, stop = int(first, 16), int(after, 16)
    except ValueError:
        raise click.UsageError(f"--range: {text!r} is not FROM:TO in hex, such as 0x3f800000:0x40000000") from None
    return begin, stop - begin


def _read_value(text: str) -> Any:
    """Return a setting's value: JSON if it is, else the word itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text
