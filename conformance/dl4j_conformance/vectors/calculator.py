"""The calculator of the results of DL4J for given numbers, exactly and as bits, step by step.

Arrays are 1-D, of the network's dtype.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from dl4j_backends.interface import Dl4jException, Failure, Network, Observation, Seen
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.networks import Networks
from dl4j_conformance.cases.operations import Operation, Update
from dl4j_conformance.cases.values import Floats, decimal_of, hex_of, to_json
from dl4j_conformance.execution.oracle_backend import OracleBackend, state_blocks
from dl4j_conformance.execution.oracle_session import ArithmeticSession, ExactSession, network_updater
from dl4j_conformance.vectors.golden import Decimals, decimals
from dl4j_oracle.arithmetic import reals
from dl4j_oracle.arithmetic.exact import ExactArithmetic

A = TypeVar("A")
D = TypeVar("D")


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
    """The values after one iteration, or the error that DL4J throws (``error`` is its kind and message)."""

    iteration: int
    numbers: tuple[Number, ...]
    error: str = ""


def calculate(network: Network, script: Sequence[Operation], shown: int, digits: int) -> list[Calculated]:
    """Return the last ``shown`` iterations of a training: bits from the evaluation model, and exact values.

    After every update the parameters take the step. Other operations of the script are done between updates. Exact
    values have so many ``digits``. The list ends with the error
    that DL4J throws, if it throws one.

    Raises :class:`dl4j_oracle.errors.ConfigurationError` for settings that are none, and
    :class:`dl4j_oracle.errors.UndecidedError` for a value that no working precision decides.
    """
    asked = [operation for operation in script if isinstance(operation, Update)][-shown:]
    try:
        seen = list(_train(OracleBackend().open(network), script, shown))
    except Dl4jException as error:
        return [Calculated(asked[0].iteration, (), str(error))]
    exact = reals.decided(lambda prec: _exact(network, script, shown, prec, digits))
    state_names = [
        f"state {network.key(b.layer, b.parameter)} {b.name}[{i}]"
        for b in state_blocks(Case("calculation", network, tuple(asked)))
        for i in range(b.length)
    ]
    return [
        Calculated(iteration, (), str(step.failure))
        if step.failure
        else Calculated(iteration, tuple(_numbers(step, precise, state_names)))
        for (iteration, step), precise in zip(seen, exact, strict=True)
    ]


def _train(
    session: ArithmeticSession[A, D], script: Sequence[Operation], shown: int
) -> Iterator[tuple[int, Seen[A, D]]]:
    """Yield the last ``shown`` iterations and their numbers; the failure that ends the training is the last."""
    networks: Networks[ArithmeticSession[A, D]] = Networks(session)
    left = sum(isinstance(operation, Update) for operation in script)
    iteration = 0
    for operation in script:
        try:
            if not isinstance(operation, Update):
                operation.perform(networks)
                continue
            iteration = operation.iteration
            seen = networks.current.train(operation.gradients, iteration, operation.batch_size)
        except Dl4jException as error:
            yield iteration, Seen(failure=Failure(error.kind, error.message))
            return
        if left <= shown:
            yield iteration, seen
        left -= 1


def _exact(network: Network, script: Sequence[Operation], shown: int, prec: int, digits: int) -> list[Decimals]:
    session = ExactSession(network_updater(network, ExactArithmetic(prec)))
    return [decimals(seen, digits) for _, seen in _train(session, script, shown)]


def _numbers(seen: Observation, exact: Decimals, state_names: Sequence[str]) -> Iterator[Number]:
    for key, rate in seen.learning_rates.items():
        yield Number(
            f"learning rate {key}", decimal_of(float(rate)), hex_of(np.array([rate]))[0], exact.learning_rates[key]
        )
    for key, array in (seen.updates or {}).items():
        yield from _elements(f"update {key}", array, (exact.updates or {})[key])
    if seen.state is not None and exact.state is not None:
        yield from _rows(state_names, seen.state, exact.state)
    for key, array in seen.params.items():
        yield from _elements(f"param {key}", array, exact.params[key])


def _elements(name: str, array: Floats, exact: Sequence[str]) -> Iterator[Number]:
    return _rows([f"{name}[{i}]" for i in range(len(array))], array, exact)


def _rows(names: Sequence[str], array: Floats, exact: Sequence[str]) -> Iterator[Number]:
    written = to_json(array)
    for name, decimal, bits, digits in zip(names, written["decimal"], written["hex"], exact, strict=True):
        yield Number(name, decimal, bits, digits)
