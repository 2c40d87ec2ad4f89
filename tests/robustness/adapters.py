"""Attempts with adapters that are right but for one fault, at one sort of request."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from robustness import wrong_adapter
from robustness.attempt import Attempt
from robustness.material import FIXTURES, environment
from robustness.verdicts import BROKEN, ODD, Command, both_judged

#: Requests, and cases in which they are made.
_CASES = {
    "hello": "sgd-first-step-*",
    "open": "sgd-first-step-*",
    "update": "adam-first-step-*",
    "state": "set-state-adam-*",
    "set_state": "set-state-adam-*",
    "set_learning_rate": "clone-then-set-rate-*",
    "clone": "clone-adam-*",
    "iterate": "step-default-nesterovs-*",
    "restore": "restore-center-loss-sgd-*",
    "freeze": "freeze-output-layer-sgd-*",
    "average": "layer-average-of-equals-sgd-*",
    "compare": "equal-rate-other-sgd-*",
    "close": "sgd-first-step-*",
}
#: An error is an answer that DL4J gives, but not to these.
_NEVER_ERRORS = ("hello", "state", "compare", "close")
#: Whatever a test of this sort needs on a busy machine.
_TIMEOUT = "1"
#: A reply to `hello` may take a minute where nobody says otherwise.
_PATIENCE = 100.0


def names() -> Iterator[tuple[str, str]]:
    """Yield the requests and the faults that they can have."""
    for op in _CASES:
        for fault in wrong_adapter.FAULTS:
            if fault in wrong_adapter.OF_HELLO and op != "hello":
                continue
            if fault in wrong_adapter.OF_UPDATE and op not in ("update", "iterate"):
                continue
            yield op, fault


def attempt(material: Path, op: str, fault: str, seed: str) -> Attempt:
    """Return the run of an adapter with a fault beside NumPy."""
    arguments = ("run", _address(op, fault, seed), "numpy", "--case", _CASES[op], "--folder", FIXTURES)
    return Attempt(
        f"adapter: {op}",
        fault,
        (*arguments, "--timeout", _TIMEOUT, "--format", "json"),
        _codes(op, fault),
        prepare=partial(_copy, material),
        check=both_judged,
        written=(wrong_adapter.RESTARTED,),
        tracebacks=True,
        environment=environment(),
        deadline=60,
    )


def other_attempt(material: Path, op: str, fault: str, seed: str, command: Command) -> Attempt:
    """Return another command that asks an adapter with a fault."""
    before, after = command
    broken = wrong_adapter.FAULTS[fault][1] == (3,) and op in ("hello", "open", "update")
    return Attempt(
        f"adapter: {before[0]}",
        f"{op}: {fault}",
        (*before, _address(op, fault, seed), *after),
        BROKEN if broken else ODD,
        prepare=partial(_copy, material),
        written=("found.jsonl", wrong_adapter.RESTARTED),
        tracebacks=True,
        environment=environment(),
        deadline=_PATIENCE,
    )


def _address(op: str, fault: str, seed: str) -> str:
    return f"stdio:{shlex.join([sys.executable, wrong_adapter.__file__, op, fault, seed])}"


def _codes(op: str, fault: str) -> frozenset[int]:
    codes = wrong_adapter.FAULTS[fault][1]
    match fault:
        case "error":
            return frozenset({3} if op in _NEVER_ERRORS else {1})
        case "odd-value" if op == "hello":
            # A capability may be left out, or not be declared.
            return frozenset({0, 3, 4})
        case _:
            return frozenset(codes)


def _copy(material: Path, folder: Path) -> None:
    shutil.copytree(material, folder, dirs_exist_ok=True)
