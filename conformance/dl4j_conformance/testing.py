"""The public Python API: strategies for Hypothesis, and the judge, for properties that a port's author writes.

Names that ``__all__`` lists are kept; those of other modules may change. docs/api.md has examples. Arrays are 1-D, of
the dtype ``float32`` or ``float64``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from hypothesis import currently_in_test_context, reject
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from dl4j_backends.interface import (
    ALL_CAPABILITIES,
    Backend,
    BackendUnavailableError,
    Dl4jException,
    Network,
    Observation,
    UnsupportedError,
)
from dl4j_backends.stdio.options import WireOptions
from dl4j_conformance.cases.case import UPDATERS, Case
from dl4j_conformance.cases.drawn import cases as drawn_cases
from dl4j_conformance.cases.drawn import networks as drawn_networks
from dl4j_conformance.cases.drawn.values import arrays
from dl4j_conformance.cases.operations import (
    Average,
    Clone,
    CloneUpdater,
    Compare,
    Freeze,
    Iterate,
    Operation,
    ReadState,
    Restore,
    SetLearningRate,
    SetState,
    Switch,
    Update,
)
from dl4j_conformance.cases.values import DTYPES, Floats
from dl4j_conformance.execution.ending import end
from dl4j_conformance.execution.observe import observe
from dl4j_conformance.execution.oracle_backend import OracleBackend, model_of, resolve
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.judging import kill_matrix
from dl4j_conformance.judging.fixture import Declaration, Fixture
from dl4j_conformance.judging.kill_matrix import Row
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Result, Status
from dl4j_conformance.reporting.run_sentences import describe
from dl4j_conformance.running.live_session import LiveSession
from dl4j_conformance.running.run import Attempt, Judgement

__all__ = [
    "ALL_CAPABILITIES",
    "UPDATERS",
    "Average",
    "Backend",
    "BackendUnavailableError",
    "Case",
    "Clone",
    "CloneUpdater",
    "Compare",
    "Dl4jException",
    "Freeze",
    "Iterate",
    "Level",
    "Network",
    "Observation",
    "Operation",
    "Outcome",
    "ReadState",
    "Restore",
    "Result",
    "SetLearningRate",
    "SetState",
    "Status",
    "Switch",
    "UnsupportedError",
    "Update",
    "assert_conforms",
    "backend_at",
    "cases",
    "expected",
    "gradients",
    "judge",
    "live_sessions",
    "networks",
    "observe",
    "scripts",
]


def networks(
    *,
    dtype: str | None = None,
    updater: str | None = None,
    max_layers: int = 3,
    capabilities: Collection[str] = ALL_CAPABILITIES,
) -> SearchStrategy[Network]:
    """Draw networks with their settings and parameters, of a type and an updater (of :data:`UPDATERS`) or any.

    Up to ``max_layers`` differ; if that is more than one, there are now and then 11 to 13, most of them copies.
    ``capabilities`` are those of the backend that will be asked: without ``graph``, for example, none is a graph.
    """
    _check(dtype, updater)
    return drawn_networks.networks(dtype, updater, max_layers, frozenset(capabilities))


def scripts(
    network: Network, *, max_steps: int = 5, capabilities: Collection[str] = ALL_CAPABILITIES
) -> SearchStrategy[tuple[Operation, ...]]:
    """Draw scripts of operations on ``network``: updates, and between them now and then what is declared besides."""
    return _scripts(network, max_steps, frozenset(capabilities))


@st.composite
def _scripts(draw: st.DrawFn, network: Network, max_steps: int, capabilities: frozenset[str]) -> tuple[Operation, ...]:
    return drawn_cases.draw_script(draw, network, max_steps, capabilities)


def cases(
    *,
    dtype: str | None = None,
    updater: str | None = None,
    max_layers: int = 3,
    max_steps: int = 5,
    capabilities: Collection[str] = ALL_CAPABILITIES,
) -> SearchStrategy[Case]:
    """Draw cases: networks, each with a script."""
    _check(dtype, updater)
    return drawn_cases.cases(dtype, updater, max_layers, max_steps, frozenset(capabilities))


def gradients(dtype: str, length: int | None = None) -> SearchStrategy[Floats]:
    """Draw gradients: 1-D arrays of ``dtype``, of ``length`` or one at which ND4J begins to sum in another way.

    Tiny, moderate and huge values are equally likely; zeros, subnormal numbers, infinities and NaN are among them.
    """
    _check(dtype, None)
    if length is not None:
        return arrays(dtype, length)
    return st.sampled_from(drawn_networks.LENGTHS).flatmap(lambda drawn_length: arrays(dtype, drawn_length))


def live_sessions(backend: Backend, *, level: Level = Level.BIT_EXACT, updater: str | None = None) -> type[LiveSession]:
    """Return a state machine for Hypothesis: sessions of ``backend`` in lock-step with DL4J's rules.

    Every step is judged at ``level``. pytest collects its ``TestCase``.
    """
    _check(None, updater)

    def judged(attempt: Attempt) -> Result:
        return _checked(_judged(backend, attempt, level))

    class Session(LiveSession):
        def __init__(self) -> None:
            drawn = drawn_networks.networks(None, updater, 2, backend.capabilities)
            super().__init__(backend, drawn, judged, lambda result: None)

    return Session


@contextmanager
def backend_at(address: str, *, timeout: float = WireOptions().timeout, in_process: bool = False) -> Iterator[Backend]:
    """Start the backend at an address such as ``stdio:node adapter.js``, and end its process with the block.

    A reply may take ``timeout`` seconds; a Python backend can be ``in_process``. Raise
    :class:`BackendUnavailableError` if it cannot run here, ValueError for a malformed address, and an exception that
    says so if the process does not end well.
    """
    backend = resolve(address, WireOptions(timeout=timeout, in_process=in_process))
    try:
        yield backend
    finally:
        faults = end(backend)
    for fault in faults:
        if not fault.recovered:
            raise fault.fault


def expected(case: Case, backend: Backend | None = None) -> Outcome:
    """Return the outcome that DL4J 0.8.0 has, on the platform of ``backend`` if it names one."""
    return observe(model_of(backend) if backend else OracleBackend(), case)


def judge(backend: Backend, case: Case, level: Level = Level.BIT_EXACT) -> Result:
    """Return the verdict on ``case``, as ``run`` has it for a golden case: it fails if it fails ``level``."""
    return _judged(backend, Attempt.of(backend, Fixture(case, expected(case, backend))), level)


def assert_conforms(backend: Backend, case: Case, level: Level = Level.BIT_EXACT) -> None:
    """Raise AssertionError with what ``run`` prints, unless ``backend`` passes ``case`` at ``level``.

    A case that the backend does not support is rejected, so that Hypothesis draws another; without Hypothesis it fails.
    """
    result = _checked(judge(backend, case, level))
    if result.status is Status.NOT_RUN:
        if currently_in_test_context():
            reject()
        raise AssertionError(f"{case.id} was not run: {result.reason}")


def _judged(backend: Backend, attempt: Attempt, level: Level) -> Result:
    return Judgement(Declaration.of(backend), _row if level is Level.READING else _no_row, level).result(attempt)


def _row(case: Case) -> Row:
    """Return the row of the kill matrix, computed: level reading looks for misreadings that explain a case."""
    return kill_matrix.row(case)


def _no_row(_: Case) -> Row:
    return {}


def _checked(result: Result) -> Result:
    """Return the result; raise AssertionError if the case failed, or the backend broke down in it."""
    if result.status is Status.FAILED:
        raise AssertionError("\n".join(describe(result)))
    if result.is_broken:
        raise AssertionError(result.fault.explained() if result.fault else result.reason)
    return result


def _check(dtype: str | None, updater: str | None) -> None:
    if dtype is not None and dtype not in DTYPES:
        raise ValueError(f"dtype must be one of {', '.join(DTYPES)}, not {dtype!r}")
    if updater is not None and updater not in UPDATERS:
        raise ValueError(f"updater must be one of {', '.join(UPDATERS)}, not {updater!r}")
