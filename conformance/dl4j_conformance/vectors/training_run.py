"""Traces of training runs, as DL4J's ``TraceListener`` writes them, and how far a backend drifts along one.

A trace is JSON lines, gzipped or not: the network, then one line per update with what the updater got and gave.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from dl4j_backends import interface
from dl4j_backends.interface import Backend, Dl4jException, Floats, Network, Session, TrainedSession, UnsupportedError
from dl4j_conformance.cases import values
from dl4j_conformance.cases.case import Case, read_dtype, read_network
from dl4j_conformance.cases.operations import CaseError, Update, read_operation
from dl4j_conformance.execution import outcome
from dl4j_conformance.execution.observe import seen_step
from dl4j_conformance.execution.oracle_backend import check_network
from dl4j_conformance.execution.outcome import Failure, Outcome, Step
from dl4j_conformance.judging.comparison import Difference, differences
from dl4j_conformance.vectors.json_lines import UnreadableFileError, json_lines


@dataclass(frozen=True, eq=False)
class TraceStep:
    """One iteration of the run: the parameters before it, what backpropagation gave, and what came of it."""

    params: Mapping[str, Floats]
    update: Update
    score: float
    expected: Step


@dataclass(frozen=True, eq=False)
class Trace:
    """A training run of the real DL4J."""

    network: Network
    steps: tuple[TraceStep, ...]


def is_trace(path: Path) -> bool:
    """Whether the file begins as a trace does."""
    try:
        return "trace" in next(json_lines(path), (0, {}))[1]
    except UnreadableFileError:
        return False


def read_trace(path: Path) -> Trace:
    """Raises :class:`UnreadableFileError` with file and line."""
    lines = json_lines(path)
    number, head = next(lines)
    try:
        dtype = read_dtype(head["network"]["dtype"])
        network = replace(read_network(head["network"], dtype), gradient_view=True)
        check_network(network)
        steps: list[TraceStep] = []
        for number, line in lines:  # noqa: B007 - the last number is where an error is
            steps.append(_step(line, dtype, steps[-1].expected.params if steps else network.params))
        if not steps:
            raise CaseError("no update was traced")
    except KeyError as error:
        raise UnreadableFileError(f"{path}:{number}: {error.args[0]!r} is missing") from error
    except (CaseError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableFileError(f"{path}:{number}: {error}") from error
    return Trace(network, tuple(steps))


def drift(backend: Backend, trace: Trace) -> Iterator[tuple[Difference, ...]]:
    """What differs after each iteration of the run, on a session that goes all along it.

    A backend with an ``optimizer`` makes its own iterations, from the first parameters on. Another only updates: then
    the penalties need parameters, and it raises :class:`UnsupportedError` if it cannot be told them. Raises what
    ``backend`` raises.
    """
    network, capabilities = trace.network, backend.capabilities
    iterates, told = interface.OPTIMIZER in capabilities, interface.SET_PARAMS in capabilities
    if not (iterates or told) and network.conf.get("use_regularization"):
        raise UnsupportedError(
            f"the run has penalties, and the backend declares neither {interface.OPTIMIZER} nor {interface.SET_PARAMS}"
        )
    if interface.GRADIENT_VIEW not in capabilities:
        network = replace(network, gradient_view=False)
    session = backend.open(network)
    try:
        for step in trace.steps:
            expected = step.expected
            if not iterates:
                expected = replace(expected, params={}, heard={}, iteration_done=None, iteration_count=None)
                if told:
                    cast(TrainedSession, session).set_params(step.params)
            got = Outcome(steps=(_perform(session, step, iterates=iterates),))
            case = Case("trace", network, (step.update,))
            yield differences(case, Outcome(steps=(expected,)), got, capabilities)
    finally:
        session.close()


def distance(found: tuple[Difference, ...]) -> int | None:
    """The largest distance in ulps; None where a value is not finite or something is missing."""
    distances = [difference.ulps for difference in found]
    return None if None in distances else max((d for d in distances if d is not None), default=0)


def _perform(session: Session, step: TraceStep, *, iterates: bool) -> Step:
    update = step.update
    gradients = {key: array.copy() for key, array in update.gradients.items()}
    try:
        if iterates:
            return seen_step(session.iterate(gradients, step.score, update.batch_size))
        return seen_step(session.update(gradients, update.iteration, update.batch_size))
    except Dl4jException as error:
        return Step(failure=Failure(error.kind, error.message))


def _step(line: Mapping[str, Any], dtype: str, params: Mapping[str, Floats]) -> TraceStep:
    update = read_operation(line, dtype, 0)
    if not isinstance(update, Update):
        raise CaseError("is no update")
    (expected,) = outcome.from_json({"steps": [line]}, dtype).steps
    score = values.double_from_json({"hex": line["score"]})
    counted = update.iteration + 1
    expected = replace(expected, heard=update.gradients, iteration_done=update.iteration, iteration_count=counted)
    return TraceStep(params, update, score, expected)
