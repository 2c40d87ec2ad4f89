"""The calculator of the results of DL4J for given numbers, exactly and as bits, step by step.

Arrays are 1-D, of the network's dtype.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dl4j_backends.interface import Network
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.operations import Update
from dl4j_conformance.cases.values import Floats, decimal_of, hex_of, to_json
from dl4j_conformance.execution.observe import observe
from dl4j_conformance.execution.oracle_backend import OracleBackend, state_blocks
from dl4j_conformance.vectors import golden


@dataclass(frozen=True)
class Number:
    """One value."""

    #: Such as ``update 0_W[1]``.
    name: str
    #: The shortest decimal of the value as DL4J holds it.
    decimal: str
    #: Its bits.
    hex: str
    #: The exact value in decimal digits.
    exact: str


@dataclass(frozen=True)
class Calculated:
    """The values after one update, or the error that DL4J throws (``error`` is its kind and message)."""

    iteration: int
    numbers: tuple[Number, ...]
    error: str = ""


def calculate(
    dtype: str,
    conf: Mapping[str, Any],
    layer: Mapping[str, Any],
    weights: Mapping[str, Floats],
    script: Sequence[Update],
    digits: int,
) -> list[Calculated]:
    """Run ``script`` on one layer: bits from the evaluation model, exact values to ``digits`` digits.

    Raises :class:`dl4j_oracle.errors.ConfigurationError` for settings that are none and
    :class:`dl4j_backends.interface.Dl4jException` for what DL4J's build refuses.
    """
    case = Case("calculation", Network(dtype, conf, (layer,), weights), tuple(script))
    seen = observe(OracleBackend(), case)
    if seen.failure:
        return [Calculated(script[0].iteration, (), f"{seen.failure.kind}: {seen.failure.message}")]
    exact = golden.exact_steps(case, digits)
    state_names = [
        f"state {case.network.key(b.layer, b.parameter)} {b.name}[{i}]"
        for b in state_blocks(case)
        for i in range(b.length)
    ]
    calculated = []
    for operation, step, precise in zip(script, seen.steps, exact, strict=True):
        if step.failure:
            calculated.append(Calculated(operation.iteration, (), f"{step.failure.kind}: {step.failure.message}"))
            continue
        numbers = [
            _double(f"learning rate {key}", step.learning_rates[key], precise.learning_rates[key])
            for key in step.learning_rates
        ]
        for key, array in (step.updates or {}).items():
            numbers += _numbers([f"update {key}[{i}]" for i in range(len(array))], array, (precise.updates or {})[key])
        if step.state is not None and precise.state is not None:
            numbers += _numbers(state_names, step.state, precise.state)
        calculated.append(Calculated(operation.iteration, tuple(numbers)))
    return calculated


def _numbers(names: Sequence[str], array: Floats, exact: Sequence[str]) -> list[Number]:
    written = to_json(array)
    rows = zip(names, written["decimal"], written["hex"], exact, strict=True)
    return [Number(name, decimal, hex_, digits) for name, decimal, hex_, digits in rows]


def _double(name: str, value: float, exact: str) -> Number:
    return Number(name, decimal_of(float(value)), hex_of(np.array([value]))[0], exact)
