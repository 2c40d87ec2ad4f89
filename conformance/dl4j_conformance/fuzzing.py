"""Fuzzing: whole networks drawn by Hypothesis, judged by the evaluation model, and shrunk when they fail."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis.errors import NoSuchExample

from dl4j_backends.interface import Backend, BackendUnavailableError
from dl4j_conformance import case as case_module
from dl4j_conformance import outcome, runner
from dl4j_conformance.case import Case
from dl4j_conformance.judge import Level
from dl4j_conformance.observe import observe
from dl4j_conformance.oracle_backend import OracleBackend, model_of
from dl4j_conformance.runner import Fixture, Result, Status
from dl4j_conformance.strategies import cases


class _TimeIsUpError(Exception):
    """The time limit was reached."""


@dataclass(frozen=True, eq=False)
class Fuzzed:
    """What came of it: the smallest failing case, if one was found, and how many cases were judged or not run."""

    failure: Result | None
    judged: int
    not_run: int


def fuzz(
    backend: Backend,
    examples: int,
    seed: int,
    *,
    claimed: Level = Level.BIT_EXACT,
    updater: str | None = None,
    seconds: float | None = None,
    progress: Callable[[int], object] = lambda judged: None,
) -> Fuzzed:
    """Draw up to ``examples`` cases, for at most ``seconds``; the same seed draws the same cases.

    ``progress`` is called with the number of cases judged so far. Raises
    :class:`interface.BackendUnavailableError` and :class:`AdapterFault` as the backend does.
    """
    oracle = model_of(backend)
    end = time.monotonic() + seconds if seconds else None
    counts = dict.fromkeys(Status, 0)
    failure: Result | None = None

    def fails(case: Case) -> bool:
        nonlocal failure
        if end and time.monotonic() > end:
            raise _TimeIsUpError
        result = runner.judge(backend, Fixture(case, observe(oracle, case)), claimed)
        if result.unavailable:
            raise BackendUnavailableError(result.reason)
        if result.fault:
            raise result.fault
        counts[result.status] += 1
        progress(sum(counts.values()))
        if result.status is Status.FAILED:
            # Hypothesis tries ever smaller cases: the last that failed is the smallest so far.
            failure = result
        return result.status is Status.FAILED

    configured = settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    try:
        smallest = find(cases(updater=updater), fails, settings=configured, random=random.Random(seed))  # noqa: S311
        failure = runner.judge(backend, Fixture(smallest, observe(oracle, smallest)), claimed)
    except (NoSuchExample, _TimeIsUpError):
        pass
    return Fuzzed(failure, counts[Status.PASSED] + counts[Status.FAILED], counts[Status.NOT_RUN])


def recorded(failure: Result) -> dict[str, Any]:
    """The failing case and what is expected of it, in the form that ``replay`` reads."""
    data = case_module.to_json(failure.case)
    network = data.pop("network")
    named = f"fuzz-{case_module.content_hash(network)[:8]}"
    return {"case": {**data, **network, "id": named}, "dl4j": outcome.to_json(observe(OracleBackend(), failure.case))}
