"""A case's script in the trace arithmetic, operation by operation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dl4j_backends.interface import Seen
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.networks import Networks
from dl4j_conformance.cases.operations import Iterate, Operation, Update
from dl4j_conformance.execution.oracle_session import (
    TracedSession,
    description,
    given_state,
    raising_as_backends,
)
from dl4j_conformance.execution.script import perform
from dl4j_oracle.arithmetic.interface import Arithmetic
from dl4j_oracle.arithmetic.trace import Named, Node, Trace
from dl4j_oracle.network.traced_updater import TracedUpdater


@dataclass(frozen=True, eq=False)
class TracedStep:
    """One operation: what can be ``seen`` after it, and how it was computed.

    ``named`` has the intermediates of an update or an iteration in order, the gradients first. ``state`` has the arrays
    of the state view by gradient key and name.
    """

    seen: Seen[Node, Node]
    named: tuple[Named, ...]
    state: Mapping[tuple[str, str], Node]


def traced_script(case: Case, arithmetic: Arithmetic, trace: Trace) -> list[TracedStep]:
    """Return the steps of the script, recorded in ``trace``.

    Raises :class:`dl4j_backends.interface.Dl4jException` as the construction does.
    """
    network = case.network
    with raising_as_backends():
        traced = TracedUpdater(description(network), arithmetic, state=given_state(network), trace=trace)
    networks = Networks(TracedSession(traced))
    return [_step(networks, operation) for operation in case.script]


def _step(networks: Networks[TracedSession], operation: Operation) -> TracedStep:
    seen = perform(networks, operation)
    traced = networks.current.traced
    named = (*traced.given, *traced.intermediates) if isinstance(operation, Update | Iterate) else ()
    return TracedStep(seen, named, traced.state_arrays)
