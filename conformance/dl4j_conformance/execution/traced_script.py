"""A case's script in the trace arithmetic, operation by operation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.operations import Iterate, Operation, Update
from dl4j_conformance.execution.networks import Networks
from dl4j_conformance.execution.oracle_backend import description, given_state
from dl4j_conformance.execution.oracle_script import perform
from dl4j_oracle.arithmetic.interface import Arithmetic
from dl4j_oracle.arithmetic.trace import Named, Node, Trace, TracedArray
from dl4j_oracle.errors import Dl4jError
from dl4j_oracle.network.traced_updater import TracedUpdater


@dataclass(frozen=True, eq=False)
class TracedStep:
    """One operation: its ``intermediates`` in order (the gradients first), ``updates`` and the ``error`` it ended in.

    An iteration has new ``params`` too.

    ``state`` has the arrays of the state view by gradient key and name, ``view`` is the whole, None after an exception.
    """

    intermediates: tuple[Named, ...]
    updates: Mapping[str, Node]
    state: Mapping[tuple[str, str], Node]
    view: Node | None
    error: Dl4jError | None = None
    params: Mapping[str, Node] = field(default_factory=dict)


def traced_script(case: Case, arithmetic: Arithmetic, trace: Trace) -> list[TracedStep]:
    """The steps of the script, recorded in ``trace``; raises :class:`Dl4jError` as the construction does."""
    updater = TracedUpdater(description(case.network), arithmetic, state=given_state(case.network), trace=trace)
    networks = Networks(updater)
    return [_step(networks, operation) for operation in case.script]


def _updated(
    network: TracedUpdater, gradients: Mapping[str, Sequence[float]], iteration: int, batch_size: int
) -> tuple[dict[str, TracedArray], dict[str, TracedArray]]:
    return network.update(gradients, iteration, batch_size), {}


def _step(networks: Networks[TracedUpdater], operation: Operation) -> TracedStep:
    updates: Mapping[str, TracedArray] = {}
    params: Mapping[str, TracedArray] = {}
    error: Dl4jError | None = None
    try:
        updates, params = perform(networks, operation, _updated, TracedUpdater.iterate) or ({}, {})
    except Dl4jError as raised:
        error = raised
    updater = networks.current
    intermediates = (*updater.given, *updater.intermediates) if isinstance(operation, Update | Iterate) else ()
    view = updater.state
    return TracedStep(
        intermediates,
        {key: array.node for key, array in updates.items()},
        updater.state_arrays,
        view.node if view is not None and not error else None,
        error,
        {key: array.node for key, array in params.items()},
    )
