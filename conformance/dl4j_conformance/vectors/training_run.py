"""Training runs of the real DL4J, as its ``TraceListener`` traces them, and how far a backend drifts along one.

A trace is JSON lines, gzipped or not: the network, then one line per update with what the updater got and gave.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dl4j_backends import floating_point_mode, interface
from dl4j_backends.interface import (
    Backend,
    Floats,
    Network,
    Observation,
    Session,
    UnsupportedError,
)
from dl4j_conformance.cases import values
from dl4j_conformance.cases.case import Case, read_dtype, read_network
from dl4j_conformance.cases.json_form import CaseError
from dl4j_conformance.cases.networks import Networks
from dl4j_conformance.cases.operations import Iterate, Operation, Update, read_operation
from dl4j_conformance.execution import outcome
from dl4j_conformance.execution.observe import contained, copied
from dl4j_conformance.execution.oracle_backend import check_network
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.execution.script import perform
from dl4j_conformance.judging.comparison import Difference, differences
from dl4j_conformance.vectors.json_lines import UnreadableFileError, json_lines


@dataclass(frozen=True, eq=False)
class TracedIteration:
    """One iteration of a training run."""

    #: The parameters before it: 1-D arrays of the network's dtype.
    params: Mapping[str, Floats]
    #: The gradients that backpropagation gave, with the iteration and the batch size.
    update: Update
    score: float
    #: What DL4J made of it.
    expected: Observation


@dataclass(frozen=True, eq=False)
class TrainingRun:
    """A training run of the real DL4J."""

    network: Network
    iterations: tuple[TracedIteration, ...]


def is_training_run(path: Path) -> bool:
    """Return whether the file begins as a trace of a training run does."""
    try:
        return "trace" in next(json_lines(path), (0, {}))[1]
    except UnreadableFileError:
        return False


def read_training_run(path: Path) -> TrainingRun:
    """Return the training run in a file; raises :class:`UnreadableFileError` with file and line."""
    lines = json_lines(path)
    number, head = next(lines)
    try:
        dtype = read_dtype(head["network"]["dtype"])
        network = replace(read_network(head["network"], dtype), gradient_view=True)
        check_network(network)
        iterations: list[TracedIteration] = []
        for number, line in lines:  # noqa: B007 - the last number is where an error is
            params = iterations[-1].expected.params if iterations else network.params
            iterations.append(_read(line, dtype, params))
        if not iterations:
            raise CaseError("no update was traced")
    except KeyError as error:
        raise UnreadableFileError(f"{path}:{number}: {error.args[0]!r} is missing") from error
    except (CaseError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableFileError(f"{path}:{number}: {error}") from error
    return TrainingRun(network, tuple(iterations))


def drift(backend: Backend, run: TrainingRun) -> Iterator[tuple[Difference, ...]]:
    """Yield what differs after each iteration of the run, on a session that goes all along it.

    A backend with an ``optimizer`` makes its own iterations, from the first parameters on. Another only updates: then
    regularization needs parameters, and it raises :class:`UnsupportedError` if it cannot be told them. Raises what
    ``backend`` raises, and :class:`BackendCrashError` for what is no exception of its own.
    """
    network, capabilities = run.network, backend.capabilities
    if interface.OPTIMIZER in capabilities:
        follow = _iterate
    elif interface.SET_PARAMS in capabilities:
        follow = _update_with_params
    elif network.conf.get("use_regularization"):
        raise UnsupportedError(
            f"the run has penalties, and the backend declares neither {interface.OPTIMIZER} nor {interface.SET_PARAMS}"
        )
    else:
        follow = _update
    if interface.GRADIENT_VIEW not in capabilities:
        network = replace(network, gradient_view=False)
    with contained():
        session = backend.open(deepcopy(network))
    try:
        for iteration in run.iterations:
            with contained():
                expected, got = follow(session, iteration)
            floating_point_mode.restore()
            case = Case("trace", network, (iteration.update,))
            yield differences(case, Outcome(steps=(expected,)), Outcome(steps=(got,)), capabilities)
    finally:
        with contained():
            session.close()


def largest_distance(found: Sequence[Difference]) -> int | None:
    """Return the largest distance in ulps; None if a value is not finite or something is missing."""
    distances = [difference.ulps for difference in found]
    return None if None in distances else max((d for d in distances if d is not None), default=0)


def _iterate(session: Session, iteration: TracedIteration) -> tuple[Observation, Observation]:
    """Let the session make an iteration of its own. Return what is expected, and what it shows."""
    update = iteration.update
    return iteration.expected, _seen(session, Iterate(update.gradients, iteration.score, update.batch_size))


def _update(session: Session, iteration: TracedIteration) -> tuple[Observation, Observation]:
    """Let the session update. Return what is expected, and what it shows."""
    expected = replace(iteration.expected, params={}, heard={}, iteration_done=None, iteration_count=None)
    return expected, _seen(session, iteration.update)


def _update_with_params(session: Session, iteration: TracedIteration) -> tuple[Observation, Observation]:
    """Tell the session the parameters, and let it update."""
    session.set_params({key: array.copy() for key, array in iteration.params.items()})
    return _update(session, iteration)


def _seen(session: Session, operation: Operation) -> Observation:
    return copied(perform(Networks(session), operation, reads_state=False))


def _read(line: Mapping[str, Any], dtype: str, params: Mapping[str, Floats]) -> TracedIteration:
    update = read_operation(line, dtype, 0)
    if not isinstance(update, Update):
        raise CaseError("is no update")
    (expected,) = outcome.from_json({"steps": [line]}, dtype).steps
    score = values.double_from_json({"hex": line["score"]})
    counted = update.iteration + 1
    expected = replace(expected, heard=update.gradients, iteration_done=update.iteration, iteration_count=counted)
    return TracedIteration(params, update, score, expected)
