"""Training runs of the real DL4J, as its ``TraceListener`` traces them, and how far a backend drifts along one.

A trace is JSON lines, gzipped or not: the network, then one line per iteration with what the updater got and gave
(docs/trace.md). A field that is absent was not recorded, and is not compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from dl4j_backends import floating_point_mode, interface
from dl4j_backends.interface import (
    Backend,
    Dl4jException,
    Floats,
    Network,
    Observation,
    Session,
    UnsupportedError,
)
from dl4j_conformance.cases import json_form, sizes, values
from dl4j_conformance.cases.case import Case, read_dtype, read_network
from dl4j_conformance.cases.json_form import CaseError
from dl4j_conformance.cases.networks import Networks
from dl4j_conformance.cases.operations import Iterate, Operation, Update
from dl4j_conformance.cases.values import ValuesError
from dl4j_conformance.execution.observe import contained, copied, plain_copy
from dl4j_conformance.execution.oracle_backend import OracleBackend
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.execution.script import perform
from dl4j_conformance.judging.comparison import Difference, differences
from dl4j_conformance.vectors.json_lines import UnreadableFileError, json_lines
from dl4j_oracle.configuration import LearningRatePolicy

#: The version of the format.
_VERSION = 1
#: What a line may say of the time after its iteration: fields of :class:`Observation`.
RECORDABLE = frozenset({"updates", "params", "state", "learning_rates", "momentum"})
_MAPS = ("updates", "params", "learning_rates", "momentum")


@dataclass(frozen=True, eq=False)
class TracedIteration:
    """One iteration of a training run."""

    #: The parameters before it: 1-D arrays of the network's dtype. Those that were not recorded are absent.
    params: Mapping[str, Floats]
    #: The gradients that backpropagation gave, with the iteration and the batch size.
    update: Update
    score: float
    #: What DL4J made of it.
    expected: Observation
    #: The fields of ``expected`` that were recorded.
    recorded: frozenset[str] = RECORDABLE


@dataclass(frozen=True, eq=False)
class TrainingRun:
    """A training run of the real DL4J."""

    network: Network
    iterations: tuple[TracedIteration, ...]


def is_training_run(path: Path) -> bool:
    """Return whether the file begins as a trace of a training run does: with its network, or its first iteration."""
    try:
        return bool({"trace", "iteration"} & next(json_lines(path), (0, {}))[1].keys())
    except UnreadableFileError:
        return False


def read_training_run(path: Path, of_file: Network | None = None) -> TrainingRun:
    """Return the training run in a file; raises :class:`UnreadableFileError` with file and line.

    A network ``of_file``, such as a saved model has, stands for that of the trace, which may lack the first line.
    """
    lines = json_lines(path)
    number, head = next(lines)
    try:
        network = replace(of_file, gradient_view=True) if of_file else _read_network(head)
        if "trace" not in head:
            lines = chain([(number, head)], lines)
        state_size = _state_size(network)
        iterations: list[TracedIteration] = []
        for number, line in lines:  # noqa: B007 - the last number is where an error is
            iterations.append(_read(line, network, state_size, iterations))
        if not iterations:
            raise CaseError("no update was traced")
        sizes.check(network, [iteration.update for iteration in iterations])
    except KeyError as error:
        raise UnreadableFileError(f"{path}:{number}: {error.args[0]!r} is missing") from error
    except (CaseError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableFileError(f"{path}:{number}: {error}") from error
    return TrainingRun(network, tuple(iterations))


def not_recorded(run: TrainingRun) -> Mapping[str, int]:
    """Return in how many iterations a field is absent, by field."""
    counts = Counter(name for iteration in run.iterations for name in RECORDABLE - iteration.recorded)
    return {name: counts[name] for name in sorted(counts)}


def drift(backend: Backend, run: TrainingRun) -> Iterator[tuple[Difference, ...]]:
    """Yield what differs after each iteration of the run, on a session that goes all along it.

    A backend with an ``optimizer`` makes its own iterations, from the first parameters on. Another only updates: then
    regularization needs parameters, and it raises :class:`UnsupportedError` if it cannot be told them. Raises what
    ``backend`` raises, and :class:`BackendCrashError` for what is no exception of its own.
    """
    network, capabilities = run.network, backend.capabilities
    follow = _way_to_follow(run, capabilities)
    if interface.GRADIENT_VIEW not in capabilities:
        network = replace(network, gradient_view=False)
    with contained():
        session = backend.open(plain_copy(network))
    try:
        for iteration in run.iterations:
            with contained():
                expected, got = follow(session, iteration)
            floating_point_mode.restore()
            got = _comparable(got, iteration, network)
            case = Case("trace", network, (iteration.update,))
            yield differences(case, Outcome(steps=(expected,)), Outcome(steps=(got,)), capabilities)
    finally:
        with contained():
            session.close()


def _way_to_follow(
    run: TrainingRun, capabilities: frozenset[str]
) -> Callable[[Session, TracedIteration], tuple[Observation, Observation]]:
    """Return the function that takes a session over an iteration. Raises :class:`UnsupportedError`."""
    if interface.OPTIMIZER in capabilities:
        return _iterate
    if interface.MOVES_PARAMS in capabilities:
        _check_params(run)
        return _move
    if not run.network.conf.get("use_regularization"):
        return _update
    if interface.SET_PARAMS not in capabilities:
        raise UnsupportedError(
            f"the run has penalties, and the backend declares neither {interface.OPTIMIZER} nor {interface.SET_PARAMS}"
        )
    _check_params(run)
    return _update_with_params


def _check_params(run: TrainingRun) -> None:
    """Raise :class:`UnsupportedError` if the parameters before an iteration were not recorded."""
    for iteration in run.iterations:
        if missing := run.network.params.keys() - iteration.params.keys():
            raise UnsupportedError(
                f"it must be told the parameters, and the trace does not have {min(missing)} of `params` before "
                f"iteration {iteration.update.iteration}; a backend that declares {interface.OPTIMIZER} needs none"
            )


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


def _move(session: Session, iteration: TracedIteration) -> tuple[Observation, Observation]:
    """Tell the session the parameters, and let it move them."""
    expected, seen = _update_with_params(session, iteration)
    return replace(expected, updates=None, params=iteration.expected.params), seen


def _seen(session: Session, operation: Operation) -> Observation:
    return copied(perform(Networks(session), operation, reads_state=False))


def _comparable(got: Observation, iteration: TracedIteration, network: Network) -> Observation:
    """Return what was seen without that for which nothing was recorded."""
    shown: dict[str, Any] = {name: getattr(iteration.expected, name) for name in RECORDABLE - iteration.recorded}
    for name in iteration.recorded & {*_MAPS}:
        wanted, found = getattr(iteration.expected, name) or {}, getattr(got, name) or {}
        known = {*network.names} if name == "momentum" else {*network.params}
        shown[name] = {key: value for key, value in found.items() if key in wanted or key not in known}
    return replace(got, **shown)


def _read_network(head: Mapping[str, Any]) -> Network:
    if head["trace"] != _VERSION:
        raise CaseError(f"trace: this suite reads version {_VERSION} of the format, not {head['trace']!r}")
    if not isinstance(head["network"], dict):
        raise CaseError("network: must be an object")
    dtype = read_dtype(head["network"]["dtype"])
    network = replace(read_network(head["network"], dtype), gradient_view=True)
    sizes.check(network, ())
    return network


def _state_size(network: Network) -> int:
    """Return the length of the network's state view. Raises :class:`CaseError` for a network that DL4J refuses."""
    try:
        return OracleBackend().open(network).updater.state_size
    except Dl4jException as error:
        raise CaseError(f"network: DL4J does not build it: {error}") from error


def _read(
    line: Mapping[str, Any], network: Network, state_size: int, before: Sequence[TracedIteration]
) -> TracedIteration:
    """Read one iteration of a network, which comes after those ``before``. Raises :class:`CaseError`."""
    update = json_form.read(Update, line, network.dtype, "iteration")
    due = before[-1].update.iteration + 1 if before else network.conf.get("iteration_count", 0)
    if update.iteration != due:
        raise CaseError(f"iteration: is {update.iteration} where {due} is due; every iteration has a line, in order")
    recorded = RECORDABLE & line.keys()
    if not recorded:
        raise CaseError(f"records nothing that could be compared: it has none of {', '.join(sorted(RECORDABLE))}")
    fields = {name: line[name] for name in recorded}
    if "updates" in recorded and fields["updates"] is None:
        raise CaseError("updates: must be an object")
    expected = json_form.read(Observation, fields, network.dtype, "iteration")
    for name, arrays in (
        ("gradients", update.gradients),
        ("updates", expected.updates or {}),
        ("params", expected.params),
    ):
        _check_arrays(network, name, arrays)
    if expected.state is not None and len(expected.state) != state_size:
        raise CaseError(f"state: has {len(expected.state)} values, the network's state view {state_size}")
    counted = update.iteration + 1
    expected = replace(expected, heard=update.gradients, iteration_done=update.iteration, iteration_count=counted)
    params = before[-1].expected.params if before else network.params
    return TracedIteration(params, update, _score(line, network), expected, recorded)


def _check_arrays(network: Network, name: str, arrays: Mapping[str, Floats]) -> None:
    """Raise :class:`CaseError` for arrays (1-D, of the network's dtype) that fit no parameter."""
    for key, array in arrays.items():
        if key not in network.params:
            raise CaseError(f"{name}.{key}: the network has no such parameter, but {', '.join(network.params)}")
        if len(array) != len(network.params[key]):
            raise CaseError(f"{name}.{key}: has {len(array)} values, the parameter {len(network.params[key])}")


def _score(line: Mapping[str, Any], network: Network) -> float:
    """Return the score, which only policy Score reads."""
    if "score" not in line and network.conf.get("lr_policy") != LearningRatePolicy.SCORE:
        return 0.0
    try:
        return values.double_from_json({"hex": line["score"]})
    except ValuesError as error:
        raise CaseError(f"score: {error}") from error
