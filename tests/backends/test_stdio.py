"""Backends over the stdio protocol: a complete adapter conforms, alone or several at once; what is said to it."""

from __future__ import annotations

import json
import math
import shlex
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings

import dl4j_fixtures
from dl4j_backends.interface import (
    ALL_CAPABILITIES,
    INTERMEDIATES,
    OPTIMIZER,
    Accuracy,
    Dl4jException,
    Network,
    UnsupportedError,
)
from dl4j_backends.stdio import wire
from dl4j_backends.stdio.backend import StdioBackend
from dl4j_backends.stdio.connection import STDIO, ReplayingConnection
from dl4j_backends.stdio.faults import AdapterFault
from dl4j_backends.stdio.options import WireOptions
from dl4j_backends.stdio.schemas import problem
from dl4j_backends.stdio.session import StdioSession
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.drawn.cases import cases
from dl4j_conformance.cases.handwritten import topics
from dl4j_conformance.cases.operations import OPERATIONS
from dl4j_conformance.cli.main import cli
from dl4j_conformance.execution import script
from dl4j_conformance.execution.ending import end
from dl4j_conformance.judging.kill_matrix import no_row
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Status
from dl4j_conformance.running.run import run as judged
from dl4j_conformance.vectors.fixtures import Selection, fixtures, stored_rows
from dl4j_conformance.vectors.training_run import drift, read_training_run
from golden_fixtures import every_fixture
from sampling import sample

ADAPTER = [sys.executable, str(Path(__file__).with_name("numpy_adapter.py"))]


@pytest.fixture
def backend() -> Iterator[StdioBackend]:
    opened = StdioBackend(ReplayingConnection(ADAPTER, STDIO, WireOptions(timeout=20, strict=True)))
    yield opened
    assert opened.close() is None


def run(tmp_path: Path, *options: str) -> tuple[int, dict[str, Any], list[str]]:
    path = tmp_path / "report.jsonl"
    arguments = ["run", f"stdio:{shlex.join(ADAPTER)}", "--format", "json", "--report", str(path), *options]
    result = CliRunner().invoke(cli, arguments)
    (summary,) = json.loads(result.stdout)["backends"]
    return result.exit_code, summary, path.read_text().splitlines()


@pytest.mark.parametrize("strict", [True, False])
def test_numpy_conforms_over_the_wire_in_every_capability(strict: bool) -> None:
    needing = {name: f for f in every_fixture() for name in f.case.required_capabilities}
    some = [*needing.values(), *sample(every_fixture(), 8)]
    with closing(StdioBackend(ReplayingConnection(ADAPTER, STDIO, WireOptions(strict=strict)))) as backend:
        assert {found.status for found in judged([backend], some, no_row)} == {Status.PASSED}
        assert end(backend) == []


@pytest.mark.parametrize(("declared", "verdict"), [("declared", Status.PASSED), ("", Status.FAILED)])
def test_flushing_to_zero_has_to_be_declared(declared: str, verdict: Status) -> None:
    (fixture,) = fixtures(Selection("none-subnormal-float32"))
    with closing(StdioBackend(ReplayingConnection([*ADAPTER, "flush", *declared.split()], STDIO))) as backend:
        assert backend.accuracy == Accuracy(flush_to_zero=bool(declared))
        result = next(judged([backend], [fixture], stored_rows(), Level.BOUNDED))
        assert result.status is verdict
        assert result.fails(Level.BIT_EXACT)


def test_several_jobs_report_the_same_in_the_same_order(tmp_path: Path) -> None:
    one, several = (run(tmp_path, "--case", "*l2-*", "--jobs", jobs) for jobs in ("1", "3"))
    assert one == several
    assert one[1]["total"]["passed"] > 20


def test_a_clone_is_independent(backend: StdioBackend) -> None:
    network = Network("float32", {}, [{"updater": "ADAM", "n_in": 1, "n_out": 1}], _zeros("float32"))
    session = backend.open(network)
    clone = session.clone()
    gradients = {"0_W": np.array([1], "float32"), "0_b": np.array([2], "float32")}
    first = session.update(gradients, 0, 1)
    assert session.state().tobytes() != clone.state().tobytes()
    again = clone.update(gradients, 0, 1)
    assert first.updates["0_W"].tobytes() == again.updates["0_W"].tobytes()
    session.close()
    clone.close()


def test_a_training_run_is_replayed_over_the_wire(backend: StdioBackend) -> None:
    """An adapter without an optimizer is told the parameters: the run has L2."""
    (trace,) = dl4j_fixtures.traces()
    training = read_training_run(trace)
    short = replace(training, iterations=training.iterations[:5])
    backend.capabilities -= {OPTIMIZER}
    assert list(drift(backend, short)) == 5 * [()]


def test_what_is_not_declared_is_not_asked(backend: StdioBackend) -> None:
    backend.handshake = wire.read_handshake(
        {
            "reply": "ok",
            "protocol": 1,
            "implementation": {"name": "n", "version": "1", "language": "", "homepage": ""},
            "capabilities": {"updaters": ["SGD"], "types": ["float32"], "subnormals": False},
        }
    )
    assert not backend.handshake.subnormals
    layer = {"n_in": 1, "n_out": 1}
    for dtype, conf, named in (
        ("float64", {}, "float64"),
        ("float32", {"updater": "ADAM"}, "ADAM"),
    ):
        with pytest.raises(UnsupportedError, match=named):
            backend.open(Network(dtype, conf, [layer], _zeros(dtype)))
    # An activation layer has no updater, whatever is configured.
    backend.open(Network("float32", {}, [layer, {"type": "activation", "updater": "ADAM"}], _zeros("float32"))).close()


def test_without_declarations_everything_is_asked() -> None:
    reply = {
        "reply": "ok",
        "protocol": 1,
        "implementation": {"name": "n", "version": "1", "language": "", "homepage": ""},
        "capabilities": {},
    }
    handshake = wire.read_handshake(reply)
    assert (handshake.updaters, handshake.types) == (wire.UPDATERS, wire.TYPES)
    assert handshake.capabilities == frozenset()
    assert handshake.subnormals


def _hello(**capabilities: Any) -> dict[str, Any]:
    who = {"name": "n", "version": "1", "language": "", "homepage": ""}
    return {"reply": "ok", "protocol": 1, "implementation": who, "capabilities": capabilities}


def test_an_adapter_declares_its_accuracy() -> None:
    declared = {
        "division_ulps": 1.5,
        "square_root_ulps": 2,
        "scalars": "float32",
        "power_ulps": 3,
        "exponential_ulps": 1,
        "scalar_square_root_ulps": 0.5,
        "reciprocal_batch_size": True,
        "reading_digits": 8,
    }
    reply = _hello(accuracy=declared, subnormals=False)
    assert wire.read_handshake(reply).accuracy == Accuracy(**declared, flush_to_zero=True)
    assert wire.read_handshake(_hello()).accuracy == Accuracy()
    assert problem("replies", {**reply, "seq": 0}) is None


@pytest.mark.parametrize(
    ("accuracy", "fault", "said"),
    [
        ({"division": 1.0}, "unknown-capability", "division"),
        ({"flush_to_zero": True}, "unknown-capability", "flush_to_zero"),
        ({"power_ulps": "one"}, "wrong-type", "power_ulps"),
        ({"power_ulps": True}, "wrong-type", "power_ulps"),
        ({"scalars": "float16"}, "wrong-type", "scalars"),
        ({"scalars": ["float32"]}, "wrong-type", "scalars"),
        ({"reading_digits": 11.5}, "wrong-type", "reading_digits"),
        ({"reciprocal_batch_size": 1}, "wrong-type", "reciprocal_batch_size"),
        (["scalars"], "wrong-type", "accuracy"),
    ],
)
def test_a_wrong_accuracy_is_a_fault(accuracy: Any, fault: str, said: str) -> None:
    with pytest.raises(AdapterFault, match=said) as raised:
        wire.read_handshake(_hello(accuracy=accuracy))
    assert raised.value.name == fault


def test_doubles_that_json_has_no_numbers_for() -> None:
    conf = {"learning_rate": math.inf, "momentum_schedule": {3: -math.inf}, "epsilon": math.nan, "rho": 0.5}
    request = wire.open_network(1, Network("float32", conf, [{"l1": "NaN"}], {}))
    line = json.loads(wire.encode({"seq": 0, **request}))
    assert line["network"]["conf"] == {
        "learning_rate": "Infinity",
        "momentum_schedule": {"3": "-Infinity"},
        "epsilon": "NaN",
        "rho": 0.5,
    }
    assert problem("requests", line) is None


class _Recorder:
    """Requests of a session, which DL4J answers with exceptions wherever it can."""

    era = 0
    handshake = SimpleNamespace(capabilities=ALL_CAPABILITIES)

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []

    def ask(self, request: dict[str, Any], _: object) -> Any:
        self.requests.append(request)
        if request["op"] != "state":
            raise Dl4jException("RuntimeException", "")

    def ended(self, _: int) -> None:
        return None

    def new_number(self) -> int:
        return 2


def _requests(case: Case) -> list[dict[str, Any]]:
    """What a backend is asked when it runs a case."""
    asked = _Recorder()
    for _ in script.run(StdioSession(asked, 1, case.dtype), case.script):  # type: ignore[arg-type]
        pass
    return [wire.open_network(1, case.network), *asked.requests]  # type: ignore[list-item]


@settings(max_examples=20)
@given(cases())
def test_every_case_follows_the_schema_which_has_no_place_for_expected_values(case: Case) -> None:
    for seq, request in enumerate([wire.hello(), *_requests(case)]):
        message = json.loads(wire.encode({"seq": seq, **request}))
        assert problem("requests", message) is None
        assert problem("requests", {**message, "expected": {}}) is not None


def test_every_operation_is_asked_as_the_schema_says() -> None:
    """The hand-written cases have every operation; the schema knows of no request that nobody makes."""
    asked = set()
    for case in (case for topic in topics().values() for case in topic):
        if not {type(operation) for operation in case.script} <= asked:
            asked |= {type(operation) for operation in case.script}
            for request in _requests(case):
                assert problem("requests", {"seq": 0, **request}) is None
    assert asked == set(OPERATIONS.values())


@pytest.mark.parametrize(
    "reply",
    [
        {"reply": "ok", "updates": {}},
        {"seq": 0, "reply": "ok", "updates": {"0_W": ["3F800000"]}},
        {"seq": 0, "reply": "ok", "updates": {"0_W": ["3f800000", "3ff0000000000000"]}},
        {"seq": 0, "reply": "ok", "updates": {}, "momentum": {"0": 0.9}},
        {"seq": 0, "reply": "unsupported"},
        {"seq": 0, "reply": "error", "kind": "java.lang.IllegalStateException", "message": ""},
        {"seq": 0, "reply": "ok", "protocol": 1},
    ],
)
def test_replies_that_break_their_schema(reply: dict[str, Any]) -> None:
    assert problem("replies", reply) is not None


def test_values_survive_with_their_bits() -> None:
    patterns = ["00000001", "80000000", "7f800000", "ff7fffff", "7fc00000", "ffc12345"]
    seen = wire.read_observation({"updates": {"0_W": patterns}}, "float32", frozenset())
    assert seen.updates["0_W"].tobytes() == b"".join(bytes.fromhex(p)[::-1] for p in patterns)
    with pytest.raises(AdapterFault, match=r"bad-values: updates\.0_W: \[0\]"):
        wire.read_observation({"updates": {"0_W": ["3f8"]}}, "float32", frozenset())


def test_a_session_of_an_ended_process_says_why(backend: StdioBackend) -> None:
    network = Network("float32", {}, [{"n_in": 1, "n_out": 1}], _zeros("float32"))
    first, second = backend.open(network), backend.open(network)
    with pytest.raises(AdapterFault, match="exited"):
        # The adapter has no such session, and its KeyError ends it, twice.
        backend.connection.ask({"op": "close", "session": 99}, wire.read_nothing)
    with pytest.raises(AdapterFault, match="exited"):
        first.state()
    second.close()  # nothing is left to close
    backend.open(network).close()


def _zeros(dtype: str) -> dict[str, Any]:
    return {"0_W": np.zeros(1, dtype), "0_b": np.zeros(1, dtype)}


def test_intermediates_are_arrays_or_java_doubles() -> None:
    sent = {"updates": {}, "intermediates": {"0_W.m": ["3f800000"], "0_W.alphat": "3ff8000000000000"}}
    seen = wire.read_observation(sent, "float32", frozenset({INTERMEDIATES}))
    assert seen.intermediates["0_W.alphat"] == 1.5
    assert seen.intermediates["0_W.m"].tolist() == [1.0]  # type: ignore[union-attr]
    assert problem("replies", {"seq": 1, "reply": "ok", **sent}) is None
