"""The calculator of the results of DL4J 0.9.1 and 1.0.0-M2.1 for given numbers, exactly and as bits, step by step.

Arrays are 1-D, of the network's dtype.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from dl4j_backends.block_interface import BlockNetwork, BlockObservation, BlockSeen, BlockStep
from dl4j_backends.interface import Dl4jException
from dl4j_conformance.cases.values import Floats, decimal_of, hex_of, to_json
from dl4j_conformance.execution.block_session import OracleBlockBackend, OracleBlockSession, block_updater
from dl4j_conformance.vectors.calculator import Calculated, Number
from dl4j_oracle.arithmetic import reals
from dl4j_oracle.arithmetic.decimals import to_decimal
from dl4j_oracle.arithmetic.exact import ExactArithmetic, ExactArray, ExactScalar
from dl4j_oracle.blocks.gradients import GradientForm
from dl4j_oracle.blocks.profile import BLOCK_VERSIONS

A = TypeVar("A")
D = TypeVar("D")
_Exact = BlockSeen[ExactArray, ExactScalar]


def calculate(network: BlockNetwork, steps: Sequence[BlockStep], shown: int, digits: int) -> list[Calculated]:
    """Return the last ``shown`` iterations of a training: bits from the evaluation model, and exact values.

    After every update the parameters take the step. Exact values have so many ``digits``. The list ends with the error
    that DL4J throws, if it throws one.

    Raises :class:`dl4j_oracle.errors.ConfigurationError` for settings that are none, and
    :class:`dl4j_oracle.errors.UndecidedError` for a value that no working precision decides.
    """
    try:
        session = OracleBlockBackend().open(network)
    except Dl4jException as error:
        return [Calculated(steps[-shown].iteration, (), str(error))]
    seen = list(_train(session, steps))
    exact = reals.decided(lambda prec: _exact(network, steps, prec, digits))
    names = list(_state_names(session))
    calculated = [
        Calculated(step.iteration, (), str(found.failure))
        if found.failure
        else Calculated(step.iteration, tuple(_numbers(found, precise, names)))
        for step, found, precise in zip(steps, seen, exact, strict=False)
    ]
    return calculated[-shown:]


def _train(session: OracleBlockSession[A, D], steps: Sequence[BlockStep]) -> Iterator[BlockSeen[A, D]]:
    """Yield what is seen of each step, until one ends in an exception."""
    for step in steps:
        seen = session.train(step)
        yield seen
        if seen.failure:
            return


def _exact(network: BlockNetwork, steps: Sequence[BlockStep], prec: int, digits: int) -> list[dict[str, list[str]]]:
    updater = block_updater(network, ExactArithmetic(prec), BLOCK_VERSIONS[network.version])
    session = OracleBlockSession(updater, GradientForm.OWN, ExactArray.own, ExactScalar.own)
    return [_decimals(seen, digits) for seen in _train(session, steps)]


def _decimals(seen: _Exact, digits: int) -> dict[str, list[str]]:
    """Return what is seen in the exact arithmetic, by name."""
    arrays = {f"update {key}": array for key, array in seen.updates.items()}
    if seen.state is not None:
        arrays["state"] = seen.state
    return {
        **{name: [to_decimal(value, digits) for value in array.values] for name, array in arrays.items()},
        **{name: [to_decimal(rate.value, digits)] for name, rate in _rates(seen)},
    }


def _rates(seen: BlockSeen[Any, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the rates that there are: by parameter in 0.9.1, by block in 1.0.0."""
    found = seen.learning_rates
    places = found.items() if isinstance(found, Mapping) else ((f"of block {i}", rate) for i, rate in enumerate(found))
    yield from ((f"learning rate {place}", rate) for place, rate in places if rate is not None)


def _numbers(
    seen: BlockObservation, exact: Mapping[str, Sequence[str]], state_names: Sequence[str]
) -> Iterator[Number]:
    for name, rate in _rates(seen):
        yield Number(name, decimal_of(float(rate)), hex_of(np.array([rate]))[0], exact[name][0])
    for key, array in seen.updates.items():
        name = f"update {key}"
        yield from _rows([f"{name}[{i}]" for i in range(len(array))], array, exact[name])
    if seen.state is not None:
        yield from _rows(state_names, seen.state, exact["state"])


def _state_names(session: OracleBlockSession[Any, Any]) -> Iterator[str]:
    """Yield the name of each element of the state view: the block's parameters, the array, and the index in it."""
    for block in session.updater.blocks:
        keys = "+".join(parameter.key for parameter in block.parameters)
        for name in session.updater.rules.updaters[block.updater.type].state:
            yield from (f"state {keys} {name}[{i}]" for i in range(block.length))


def _rows(names: Sequence[str], array: Floats, exact: Sequence[str]) -> Iterator[Number]:
    written = to_json(array)
    for name, decimal, bits, digits in zip(names, written["decimal"], written["hex"], exact, strict=True):
        yield Number(name, decimal, bits, digits)
