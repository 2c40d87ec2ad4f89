"""Endings: how a case ends without an outcome, and how the process of an adapter ends."""

from __future__ import annotations

from dataclasses import dataclass

from dl4j_backends.block_interface import BlockBackend
from dl4j_backends.crash import BackendCrashError
from dl4j_backends.interface import Backend, BackendUnavailableError, UnsupportedError
from dl4j_backends.stdio.faults import AdapterFault
from dl4j_conformance.cases.case import Case
from dl4j_conformance.execution.observe import observe
from dl4j_conformance.execution.outcome import Outcome


class UndeclaredError(Exception):
    """The case needs a capability that the backend does not declare."""


#: What is raised if a case ends without an outcome.
ENDINGS = (UndeclaredError, UnsupportedError, BackendUnavailableError, AdapterFault, BackendCrashError)
Ending = UndeclaredError | UnsupportedError | BackendUnavailableError | AdapterFault | BackendCrashError


def attempt(backend: Backend, case: Case) -> Outcome | Ending:
    """Return what ``backend`` makes of ``case``, or how it ended."""
    missing = case.required_capabilities - backend.capabilities
    if missing:
        return UndeclaredError(f"the backend does not declare {', '.join(sorted(missing))}")
    try:
        return observe(backend, case)
    except ENDINGS as error:
        return error


@dataclass(frozen=True)
class Fault:
    """An adapter's fault in ``case`` (None: when it ended); ``recovered`` if a restart and a replay cured it."""

    fault: AdapterFault
    case: str | None = None
    recovered: bool = False


def end(backend: Backend | BlockBackend) -> list[Fault]:
    """End the processes of a backend that has any. Return the faults that it recovered from, and that of its end."""
    # Imported at the end: psutil would delay the first line of every run.
    from dl4j_backends.stdio.backend import ProcessBackend

    if not isinstance(backend, ProcessBackend):
        return []
    recovered = [Fault(fault, recovered=True) for fault in backend.recovered]
    fault = backend.close()
    return [*recovered, Fault(fault)] if fault else recovered
