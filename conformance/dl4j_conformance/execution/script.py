"""Running a script: on a backend, and on the oracle in any arithmetic."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TypeVar

from dl4j_backends.interface import AnySession, Dl4jException, Failure, Seen
from dl4j_conformance.cases.networks import Networks
from dl4j_conformance.cases.operations import Operation

A = TypeVar("A")
D = TypeVar("D")


def perform(networks: Networks[AnySession[A, D]], operation: Operation, *, reads_state: bool = True) -> Seen[A, D]:
    """Do one operation, and return what can be seen after it: also the state, unless it is not to be read.

    A DL4J exception is among what is seen; other exceptions of sessions are raised.
    """
    try:
        seen = operation.perform(networks)
    except Dl4jException as error:
        return Seen(failure=Failure(error.kind, error.message))
    if seen.updates is not None or not reads_state:
        return seen
    return replace(seen, state=networks.current.state())


def run(first: AnySession[A, D], script: Iterable[Operation]) -> Iterator[Seen[A, D]]:
    """Yield what can be seen after each operation of a script that begins on ``first``."""
    networks = Networks(first)
    for operation in script:
        yield perform(networks, operation)
