"""Python backends in processes of their own: the same verdicts, and nothing that they do reaches anybody else."""

from __future__ import annotations

import platform
import sys
from contextlib import closing
from typing import Any

import hostile_python
import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as np_st

from dl4j_backends import floating_point_mode
from dl4j_backends.addresses import resolve
from dl4j_backends.crash import BackendCrashError
from dl4j_backends.interface import BackendUnavailableError, Network, Observation, Search
from dl4j_backends.python.backend import PythonBackend
from dl4j_backends.python.codec import decode, encode
from dl4j_backends.stdio.options import WireOptions
from dl4j_conformance.cli.main import cli
from dl4j_conformance.execution.observe import observe
from dl4j_conformance.execution.oracle_backend import OracleBackend
from golden_fixtures import fixtures_by_id

ON_X86 = pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="only x86-64's control word is known")


def run(name: str, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["run", f"python:hostile_python:{name}", "--case", "sgd-first-step-*", *arguments])


def test_a_right_backend_conforms_as_it_does_in_this_process() -> None:
    in_process, alone = (run("right", "--case", "adam-*", *more).stdout for more in (["--in-process"], []))
    assert "conforms" in alone
    assert in_process == alone


@pytest.mark.parametrize("in_process", [(), ("--in-process",)])
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("exits", "SystemExit: 0 ["),
        ("divides", "ZeroDivisionError: integer division or modulo by zero ["),
        ("a_set", "set"),
        ("float16", "1-D array of float16, not a 1-D array of float"),
    ],
)
def test_a_crash_fails_the_case_and_shows_the_frames_of_the_backend(
    name: str, said: str, in_process: tuple[str, ...]
) -> None:
    result = run(name, *in_process)
    assert result.exit_code == 1, result.output
    assert said in result.stdout
    assert "does not conform" in result.stdout
    assert "observe.py" not in result.stdout
    assert "host.py" not in result.stdout
    if said.endswith("["):
        assert "hostile_python.py:" in result.stdout


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("strange", "Strange: (its __str__ raises ValueError)"),
        ("interrupts", "KeyboardInterrupt"),
        ("objects", "an array of object is no array of numbers"),
    ],
)
def test_whatever_is_raised_in_its_process_is_a_crash(name: str, said: str) -> None:
    result = run(name)
    assert result.exit_code == 1
    assert said in result.stdout


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("exits_hard", "exited"),
        ("hangs", "timed-out"),
        ("exits_later", "exit-status"),
        ("exits_at_once", "SystemExit: 0"),
        ("unread", "RuntimeError: name is not for you"),
    ],
)
def test_a_process_that_ends_or_hangs_is_a_named_fault(name: str, said: str) -> None:
    result = run(name, "--timeout", "1")
    assert result.exit_code == 3, result.output
    assert said in result.stdout
    assert "conforms" not in result.stdout


@pytest.mark.parametrize("name", ["loud", "reads"])
def test_its_standard_streams_are_not_those_of_the_conversation(name: str) -> None:
    result = run(name, "--timeout", "5")
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(("name", "code"), [("refuses_speechlessly", 4), ("throws_speechlessly", 1)])
def test_a_reason_or_message_without_text_ends_no_process(name: str, code: int) -> None:
    result = run(name)
    assert result.exit_code == code, result.output
    assert "its __str__ raises ValueError" in result.stdout
    assert "the adapter" not in result.stdout


def test_jobs_drive_several_processes() -> None:
    assert run("right", "--jobs", "2").exit_code == 0


def test_what_it_does_at_import_is_its_process_s_alone() -> None:
    before = set(sys.modules)
    with closing(resolve("python:hostile_python:flushes_when_imported")):  # type: ignore[type-var]
        assert floating_point_mode.is_ieee()
    assert set(sys.modules) == before


@ON_X86
def test_flushed_subnormals_fail_and_the_mode_is_named() -> None:
    name, said = "python:hostile_python:flushes_when_imported", "changed the floating-point mode"
    alone = CliRunner().invoke(cli, ["run", name, "--case", "*subnormal*"])
    assert alone.exit_code == 1
    assert said in alone.stdout
    within = CliRunner().invoke(cli, ["run", name, "--case", "*subnormal*", "--in-process"])
    assert said in within.stdout
    assert floating_point_mode.is_ieee()


@pytest.mark.parametrize("name", ["rounds_up", pytest.param("flushes", marks=ON_X86)])
def test_the_judge_keeps_its_mode_beside_a_backend_in_this_process(name: str) -> None:
    case = fixtures_by_id()["sgd-first-step-float32"].case
    outcome = observe(getattr(hostile_python, name), case)
    assert outcome.changed_mode
    assert floating_point_mode.is_ieee()
    assert not observe(OracleBackend(), case).changed_mode


@pytest.mark.parametrize(
    "change", [hostile_python.round_upwards, pytest.param(hostile_python.flush_to_zero, marks=ON_X86)]
)
def test_a_changed_mode_is_noticed_and_set_back(change: Any) -> None:
    assert not floating_point_mode.restore()
    change()
    try:
        changed = not floating_point_mode.is_ieee()
    finally:
        restored = floating_point_mode.restore()
    assert changed
    assert restored
    assert floating_point_mode.is_ieee()
    assert np.float32(1e-40) * np.float32(0.5) > 0


def test_a_platform_answers_from_its_process() -> None:
    backend = resolve("python:hostile_python:on_a_jvm")
    assert isinstance(backend, PythonBackend)
    with closing(backend):
        found = backend.platform
        assert found is not None
        assert (found.versions, found.threads) == ({"jvm": "mine"}, 3)
        assert (found.power(2.0, 0.5), found.exponential(float("inf"))) == (2.5, float("-inf"))


def test_the_reason_of_a_module_that_fails_has_its_line(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_broken_port.py").write_text("import math\n\nx = math.sqrt(-1)\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        BackendUnavailableError, match=r"ValueError: math domain error \[my_broken_port.py:3 in <module>"
    ):
        resolve("python:my_broken_port:X")


def test_explain_and_replay_have_deadlines(tmp_path: Any) -> None:
    result = CliRunner().invoke(
        cli, ["explain", "sgd-first-step-float32", "python:hostile_python:hangs", "--timeout", "1"]
    )
    assert (result.exit_code, "timed-out" in result.stderr) == (3, True)


_ARRAYS = st.one_of(
    [
        np_st.arrays(dtype, np_st.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4), elements=elements)
        for dtype, elements in (
            ("float32", st.floats(width=32)),
            ("float64", st.floats()),
            (">f4", st.floats(width=32)),
            ("int64", None),
            ("bool", None),
        )
    ]
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | _ARRAYS,
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple) | st.dictionaries(st.text() | st.integers(), inner, max_size=3)
    ),
    max_leaves=8,
)


def _same(a: Any, b: Any) -> bool:
    match a:
        case np.ndarray():
            return type(b) is np.ndarray and (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())
        case dict():
            return isinstance(b, dict) and list(a) == list(b) and all(_same(a[key], b[key]) for key in a)
        case tuple():
            return isinstance(b, tuple) and len(a) == len(b) and all(map(_same, a, b))
        case float():
            return isinstance(b, float) and np.float64(a).tobytes() == np.float64(b).tobytes()
        case _:
            return type(a) is type(b) and bool(a == b)


@given(_VALUES)
def test_values_travel_without_loss(value: Any) -> None:
    import json

    assert _same(decode(json.loads(json.dumps(encode(value), allow_nan=False))), value)


def test_records_travel() -> None:
    weights = np.array([1, 2], "float32")
    network = Network("float32", {"a": 1}, ({"b": {"0": 0.5}},), {"0_W": weights}, vertices=("a",))
    found = decode(encode(network))
    assert repr(found) == repr(network)
    assert _same(found.params, {"0_W": weights})
    search = decode(encode(Search({"0_W": weights}, float("nan"), 0.5)))
    assert _same(search.gradients, {"0_W": weights})
    assert decode(encode(Observation(iteration_done=3))).iteration_done == 3


@pytest.mark.parametrize("value", [object(), np.array([object()]), {1: object()}, np.array(["x"]), print])
def test_what_is_no_value_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="no "):
        encode(value)


@pytest.mark.parametrize(
    "data",
    [
        {"record": ["Popen", {}]},
        {"record": ["Network", {"x": 1}]},
        {"session": 1},
        {"array": ["|O", [1], "00"]},
        {"array": ["<f4", [1], "0"]},
        {"array": ["<f4", [-1, 7], "00000000"]},
        {"array": ["<f4", [1]]},
        {"array": [{}, [1], "00"]},
        {"map": [1]},
        {"double": "00"},
        {"x": 1},
        {},
    ],
)
def test_what_no_encoding_wrote_is_refused(data: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        decode(data)


def test_a_crash_does_not_end_the_process() -> None:
    backend = resolve("python:hostile_python:divides", WireOptions(restarts=0))
    case = fixtures_by_id()["sgd-first-step-float32"].case
    with closing(backend):  # type: ignore[type-var]
        for _ in range(3):
            with pytest.raises(BackendCrashError, match="ZeroDivisionError"):
                observe(backend, case)
