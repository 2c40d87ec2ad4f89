"""Updates of a later version in the trace arithmetic, step by step."""

from __future__ import annotations

from collections.abc import Sequence

from dl4j_backends.block_interface import BlockNetwork, BlockStep
from dl4j_backends.interface import Dl4jException, Seen
from dl4j_conformance.execution.block_session import OracleBlockSession, block_description
from dl4j_conformance.execution.traced_script import TracedStep
from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Scalar
from dl4j_oracle.arithmetic.trace import Node, Trace, TracedArray, TracedScalar
from dl4j_oracle.blocks.gradients import GradientForm
from dl4j_oracle.blocks.profile import BLOCK_VERSIONS
from dl4j_oracle.blocks.traced_updater import TracedBlockUpdater
from dl4j_oracle.errors import Dl4jError


def traced_blocks(
    network: BlockNetwork, steps: Sequence[BlockStep], arithmetic: Arithmetic, trace: Trace
) -> list[TracedStep]:
    """Return the updates of a network, recorded in ``trace``.

    Raises :class:`dl4j_backends.interface.Dl4jException` as the construction does.
    """
    try:
        updater = TracedBlockUpdater(block_description(network), arithmetic, BLOCK_VERSIONS[network.version], trace)
    except Dl4jError as error:
        raise Dl4jException(error.kind, error.message) from error
    session = OracleBlockSession(updater, GradientForm(network.gradient), _node_of_array, _node_of_scalar)
    return [_step(updater, session, step) for step in steps]


def _step(updater: TracedBlockUpdater, session: OracleBlockSession[Node, Node], step: BlockStep) -> TracedStep:
    seen = session.update(step)
    named = (*updater.given, *updater.intermediates)
    return TracedStep(Seen(updates=seen.updates, state=seen.state, failure=seen.failure), named, updater.state_arrays)


def _node_of_array(array: Array) -> Node:
    return TracedArray.own(array).node


def _node_of_scalar(scalar: Scalar) -> Node:
    return TracedScalar.own(scalar).node
