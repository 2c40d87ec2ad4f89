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
    LEARNING_RATES,
    MOVES_PARAMS,
    OPTIMIZER,
    STATE_OUT,
    Accuracy,
    Dl4jException,
    Network,
    UnsupportedError,
)
from dl4j_backends.stdio import connection, wire
from dl4j_backends.stdio.array_form import ArrayForm
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


@pytest.mark.parametrize(("strict", "form"), [(True, "hex"), (False, "hex"), (True, "base64")])
def test_numpy_conforms_over_the_wire_in_every_capability(strict: bool, form: str) -> None:
    needing = {name: f for f in every_fixture() for name in f.case.required_capabilities}
    some = [*needing.values(), *sample(every_fixture(), 8)]
    with closing(StdioBackend(ReplayingConnection([*ADAPTER, form], STDIO, WireOptions(strict=strict)))) as backend:
        assert backend.handshake.arrays.value == form
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

    def __init__(self, form: ArrayForm) -> None:
        self.handshake = SimpleNamespace(capabilities=ALL_CAPABILITIES, arrays=form)
        self.requests: list[dict[str, Any]] = []

    def ask(self, request: dict[str, Any], _: object) -> Any:
        self.requests.append(request)
        if request["op"] != "state":
            raise Dl4jException("RuntimeException", "")

    def ended(self, _: int) -> None:
        return None

    def new_number(self) -> int:
        return 2


def _requests(case: Case, form: ArrayForm = ArrayForm.HEX) -> list[dict[str, Any]]:
    """What a backend is asked when it runs a case."""
    asked = _Recorder(form)
    for _ in script.run(StdioSession(asked, 1, case.dtype), case.script):  # type: ignore[arg-type]
        pass
    return [wire.open_network(1, case.network, form), *asked.requests]  # type: ignore[list-item]


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
            for request in (request for form in ArrayForm for request in _requests(case, form)):
                assert problem("requests", {"seq": 0, **request}) is None
    assert asked == set(OPERATIONS.values())


@pytest.mark.parametrize(
    "reply",
    [
        {"reply": "ok", "updates": {}},
        {"seq": 0, "reply": "ok", "updates": {"0_W": ["3F800000"]}},
        {"seq": 0, "reply": "ok", "updates": {"0_W": ["3f800000", "3ff0000000000000"]}},
        {"seq": 0, "reply": "ok", "updates": {"0_W": {"base64": "AACAPw"}}},
        {"seq": 0, "reply": "ok", "updates": {"0_W": {"base64": "AACAPx=="}}},
        {"seq": 0, "reply": "ok", "updates": {"0_W": {"base64": "AACA_w=="}}},
        {"seq": 0, "reply": "ok", "updates": {"0_W": {"base64": "AACAPw==", "size": 1}}},
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


def _float32(text: str) -> Any:
    sent = {"updates": {"0_W": {"base64": text}}}
    seen = wire.read_observation(sent, "float32", frozenset(), ArrayForm.BASE64)
    assert problem("replies", {"seq": 0, "reply": "ok", **sent}) is None
    return seen.updates["0_W"]


def test_base64_is_little_endian() -> None:
    assert _float32("AACAPw==").tolist() == [1.0]
    assert _float32("AAAAQAAAQEAAAIBA").tolist() == [2.0, 3.0, 4.0]
    assert _float32("").size == 0
    assert ArrayForm.BASE64.written(np.array([1, -2], "float64")) == {"base64": "AAAAAAAA8D8AAAAAAAAAwA=="}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 1000])
def test_values_survive_base64_with_their_bits(dtype: str, size: int) -> None:
    special = np.array([-0.0, np.inf, -np.inf, np.finfo(dtype).smallest_subnormal, np.finfo(dtype).max, 0.1], dtype)
    sent = np.resize(special, size)
    assert ArrayForm.BASE64.read(ArrayForm.BASE64.written(sent), dtype).tobytes() == sent.tobytes()


def test_every_nan_is_sent_as_the_same_nan() -> None:
    strange = np.array([0xFFC12345, 0x7F800001], "uint32").view("float32")
    one, other = ArrayForm.BASE64.read(ArrayForm.BASE64.written(strange), "float32").view("uint32").tolist()
    assert one == other == 0x7FC00000


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"base64": "AACA"}, "3 bytes are no whole number of float32 values"),
        ({"base64": "AAAAAAAA8D8A"}, "9 bytes are no whole number"),
        ({"base64": "AACAPw"}, "adding"),
        ({"base64": "AACAPw="}, "adding"),
        ({"base64": "AACAPw==="}, "no base64"),
        ({"base64": "AACAPw==AACAPw=="}, "no base64"),
        ({"base64": "=AACAPw="}, "no base64"),
        ({"base64": "AACAPx=="}, "must be zeros"),
        ({"base64": "AACA_w=="}, "no base64"),
        ({"base64": "AACA\nPw=="}, "no base64"),
        ({"base64": "AACAPw== "}, "no base64"),
        ({"base64": "AACA\u00e4w=="}, "no base64"),
        ({"base64": ["AACAPw=="]}, "in a string"),
        ({"base64": "AACAPw==", "size": 1}, "nothing else"),
        ({}, "nothing else"),
        ("AACAPw==", "nothing else"),
        (["3f800000"], "nothing else"),
        (1, "nothing else"),
    ],
)
def test_what_is_no_base64_is_a_fault_with_its_place(sent: Any, said: str) -> None:
    every = frozenset({STATE_OUT, INTERMEDIATES, LEARNING_RATES})
    whole = {"base64": "AACAPw=="}
    for field in ("updates", "state", "intermediates", "params"):
        reply = {name: {"0_W": whole} for name in ("updates", "params", "intermediates")}
        reply |= {"state": whole, "learning_rates": {}, "momentum": {}}
        reply |= {field: sent if field == "state" else {"0_W": sent}}
        place = "state" if field == "state" else f"{field}.0_W"
        can = every | {MOVES_PARAMS} if field == "params" else every
        with pytest.raises(AdapterFault) as raised:
            wire.read_observation(reply, "float32", can, ArrayForm.BASE64)
        assert (raised.value.name, raised.value.detail.startswith(f"{place}: ")) == ("bad-values", True)
        # A string alone is a Java double there.
        alone = field == "intermediates" and isinstance(sent, str)
        assert ("16 lower-case hex digits" if alone else said) in raised.value.detail


def test_base64_is_a_fault_where_it_is_not_declared() -> None:
    with pytest.raises(AdapterFault, match=r"bad-values: updates\.0_W: must be a list of hex bit patterns"):
        wire.read_observation({"updates": {"0_W": {"base64": "AACAPw=="}}}, "float32", frozenset())


def test_the_form_of_arrays_is_declared() -> None:
    assert wire.read_handshake(_hello()).arrays is ArrayForm.HEX
    assert wire.read_handshake(_hello(arrays="hex")).arrays is ArrayForm.HEX
    assert wire.read_handshake(_hello(arrays="base64")).arrays is ArrayForm.BASE64
    assert problem("replies", {**_hello(arrays="base64"), "seq": 0}) is None
    for wrong, fault in (("base32", "unknown-capability"), (True, "wrong-type"), (["base64"], "wrong-type")):
        with pytest.raises(AdapterFault, match=r"capabilities\.arrays") as raised:
            wire.read_handshake(_hello(arrays=wrong))
        assert raised.value.name == fault


@pytest.mark.parametrize("largest", [1 << 20, 100])
def test_a_session_that_is_too_large_to_be_kept_is_not_replayed(
    largest: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(connection, "_LARGEST_REPLAY", largest)
    command = [sys.executable, "-S", str(Path(ADAPTER[1]).with_name("faulty_adapter.py")), "crash-once"]
    with closing(StdioBackend(ReplayingConnection([*command, str(tmp_path / "pids")], STDIO))) as adapter:
        session = adapter.open(Network("float64", {}, [{"n_in": 1, "n_out": 1}], _zeros("float64")))
        if largest > 100:
            session.update(_zeros("float64"), 0, 1)
            assert [fault.name for fault in adapter.recovered] == ["killed-by-signal"]
        else:
            with pytest.raises(AdapterFault, match="killed-by-signal"):
                session.update(_zeros("float64"), 0, 1)


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
