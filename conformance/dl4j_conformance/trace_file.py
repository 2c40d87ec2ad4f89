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
from dl4j_conformance import outcome
from dl4j_conformance.case import Case, CaseError, Update, read_array, read_dtype, read_network, read_operation
from dl4j_conformance.json_lines import UnreadableFileError, json_lines
from dl4j_conformance.judge import Difference, differences
from dl4j_conformance.oracle_backend import check_network
from dl4j_conformance.outcome import Failure, Outcome, Step


@dataclass(frozen=True, eq=False)
class TraceStep:
    """One update of the run: the parameters before it, what it got, and what came of it."""

    params: Mapping[str, Floats]
    update: Update
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
        steps = []
        for number, line in lines:  # noqa: B007 - the last number is where an error is
            steps.append(_step(line, dtype))
        if not steps:
            raise CaseError("no update was traced")
        network = read_network({**head["network"], "params": {}}, dtype)
        network = replace(network, params=steps[0].params, gradient_view=True)
        check_network(network)
    except KeyError as error:
        raise UnreadableFileError(f"{path}:{number}: {error.args[0]!r} is missing") from error
    except (CaseError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableFileError(f"{path}:{number}: {error}") from error
    return Trace(network, tuple(steps))


def drift(backend: Backend, trace: Trace) -> Iterator[tuple[Difference, ...]]:
    """What differs after each update of the run, on a session that goes all along it.

    Raises :class:`UnsupportedError` if the penalties read parameters that the backend cannot be told, and what
    ``backend`` raises.
    """
    told = interface.SET_PARAMS in backend.capabilities
    if trace.network.conf.get("use_regularization") and not told:
        raise UnsupportedError(f"the run has penalties, and the backend does not declare {interface.SET_PARAMS}")
    network = trace.network
    if interface.GRADIENT_VIEW not in backend.capabilities:
        network = replace(network, gradient_view=False)
    session = backend.open(network)
    try:
        for step in trace.steps:
            if told:
                cast(TrainedSession, session).set_params(step.params)
            case = Case("trace", trace.network, (step.update,))
            got = Outcome(steps=(_perform(session, step.update),))
            yield differences(case, Outcome(steps=(step.expected,)), got, backend.capabilities)
    finally:
        session.close()


def distance(found: tuple[Difference, ...]) -> int | None:
    """The largest distance in ulps; None where a value is not finite or something is missing."""
    distances = [difference.ulps for difference in found]
    return None if None in distances else max((d for d in distances if d is not None), default=0)


def _perform(session: Session, update: Update) -> Step:
    gradients = {key: array.copy() for key, array in update.gradients.items()}
    try:
        seen = session.update(gradients, update.iteration, update.batch_size)
    except Dl4jException as error:
        return Step(failure=Failure(error.kind, error.message))
    return Step(None, seen.updates, seen.state, seen.learning_rates, seen.momentum)


def _step(line: Mapping[str, Any], dtype: str) -> TraceStep:
    update = read_operation(line, dtype, 0)
    if not isinstance(update, Update):
        raise CaseError("is no update")
    params = {key: read_array(entry, dtype, f"params.{key}") for key, entry in line["params"].items()}
    (expected,) = outcome.from_json({"steps": [line]}, dtype).steps
    return TraceStep(params, update, expected)
