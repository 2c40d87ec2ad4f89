"""Programs over stdio that implement DL4J 0.9.1 and 1.0.0-M2.1: they say so, are driven so, or are refused."""

from __future__ import annotations

import gzip
import json
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

import dl4j_fixtures
from dl4j_backends.addresses import resolve, resolve_blocks
from dl4j_backends.block_interface import BLOCK_VERSIONS, BlockNetwork, BlockStep
from dl4j_backends.interface import BackendUnavailableError
from dl4j_backends.stdio import block_wire, wire
from dl4j_backends.stdio.block_backend import StdioBlockBackend
from dl4j_backends.stdio.connection import STDIO, ReplayingConnection
from dl4j_backends.stdio.faults import AdapterFault
from dl4j_backends.stdio.options import WireOptions
from dl4j_backends.stdio.schemas import problem
from dl4j_conformance.cli.exit_code import ExitCode
from dl4j_conformance.cli.main import cli

ADAPTER = [sys.executable, str(Path(__file__).with_name("block_adapter.py"))]
OF_0_8_0 = [sys.executable, str(Path(__file__).with_name("numpy_adapter.py"))]


def replay(version: str, command: list[str], *options: str) -> Result:
    sample = next(path for path in dl4j_fixtures.recordings(version) if "sample" in path.name)
    return CliRunner().invoke(cli, ["replay", str(sample), f"stdio:{shlex.join(command)}", *options])


@pytest.mark.parametrize("version", BLOCK_VERSIONS)
@pytest.mark.parametrize("form", [[], ["base64"]])
def test_an_adapter_replays_a_recording(version: str, form: list[str]) -> None:
    result = replay(version, [*ADAPTER, *BLOCK_VERSIONS, *form])
    assert result.exit_code == 0, result.output
    assert "60 of 60 recorded networks reproduced" in result.stdout


@pytest.fixture
def backend() -> Iterator[StdioBlockBackend]:
    options = WireOptions(timeout=20, strict=True)
    opened = StdioBlockBackend(ReplayingConnection([*ADAPTER, *BLOCK_VERSIONS], STDIO, options))
    yield opened
    assert opened.close() is None


def network(version: str, **others: Any) -> BlockNetwork:
    updater = "ADAM" if version == "0.9.1" else {"type": "Adam", "epsilon": float("nan")}
    layers = [{"n_in": 2, "n_out": 1, "updater": updater, **others}]
    params = {"0_W": np.ones(2, "float32"), "0_b": np.zeros(1, "float32")}
    return BlockNetwork(version, "float32", {}, layers, params, "flat")


@pytest.mark.parametrize("version", BLOCK_VERSIONS)
def test_messages_are_in_the_schemas(backend: StdioBlockBackend, version: str) -> None:
    """Strict connections hold each message against them."""
    asked = network(version)
    session = backend.open(asked)
    assert [block.params for block in session.blocks()] == [("0_W", "0_b")]
    state = session.state()
    assert state is not None
    assert state.tolist() == [0.0] * 6
    gradients = {key: np.ones_like(array) for key, array in asked.params.items()}
    seen = session.update(BlockStep(0, 0, 2, gradients, gradients))
    assert seen.failure is None
    assert seen.own_gradients is not None
    assert set(seen.own_gradients) == {"0_W", "0_b"}
    assert (seen.updater_learning_rates is None) == (version != "0.9.1")


def test_an_exception_of_an_update_comes_with_what_had_been_done(backend: StdioBlockBackend) -> None:
    clips = {"gradient_normalization": "ClipElementWiseAbsoluteValue", "gradient_normalization_threshold": 0.0}
    asked = network("1.0.0-M2.1", **clips)
    gradients = {key: np.ones_like(array) for key, array in asked.params.items()}
    seen = backend.open(asked).update(BlockStep(0, 0, 2, gradients, gradients))
    assert seen.failure is not None
    assert seen.failure.kind == "RuntimeException"
    assert set(seen.updates) == {"0_W", "0_b"}


def test_sessions_are_closed_when_nobody_holds_them(backend: StdioBlockBackend) -> None:
    asked = network("0.9.1")
    kept = backend.open(asked)
    for _ in range(3):
        backend.open(asked)
    backend.open(asked)
    assert kept.blocks()
    assert len(backend._dropped) == 1


def test_an_adapter_of_0_8_0_is_refused_in_words() -> None:
    with pytest.raises(BackendUnavailableError, match=r"implements DL4J 0\.8\.0 alone.*`dl4j`"):
        resolve_blocks(f"stdio:{shlex.join(OF_0_8_0)}")
    result = replay("0.9.1", OF_0_8_0)
    assert result.exit_code == ExitCode.COULD_NOT_RUN
    assert "implements DL4J 0.8.0 alone" in result.stderr


def test_an_adapter_of_another_version_is_refused_in_words() -> None:
    result = replay("1.0.0-M2.1", [*ADAPTER, "0.9.1"])
    assert result.exit_code == ExitCode.COULD_NOT_RUN
    assert "DL4J 1.0.0-M2.1 (not in the adapter's `dl4j`)" in " ".join(result.stderr.split())


def test_an_adapter_of_later_versions_is_not_run_as_0_8_0() -> None:
    with pytest.raises(BackendUnavailableError, match=r"implements DL4J 0\.9\.1 \(`dl4j`\), and 0\.8\.0 is asked for"):
        resolve(f"stdio:{shlex.join([*ADAPTER, '0.9.1'])}")


@pytest.mark.parametrize(
    ("versions", "fault"),
    [
        (["0.91"], "unknown-capability: dl4j: '0.91' is unknown; did you mean '0.9.1'?"),
        ([], "wrong-type: dl4j: names no version"),
        ("0.9.1", "wrong-type: dl4j: '0.9.1' is no array"),
        ([1], "wrong-type: dl4j: [1] is no array of strings"),
    ],
)
def test_versions_that_are_none(versions: Any, fault: str) -> None:
    who = {"name": "x", "version": "", "language": "", "homepage": ""}
    reply = {"reply": "ok", "protocol": 1, "implementation": who, "capabilities": {}, "dl4j": versions}
    with pytest.raises(AdapterFault) as raised:
        wire.read_handshake(reply)
    assert str(raised.value).startswith(fault)


def _seen() -> dict[str, Any]:
    return {"updates": {}, "state": None, "learning_rates": {}, "momentum": {}, "updater_learning_rates": []}


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"learning_rates": []}, "wrong-type: learning_rates"),
        ({"momentum": {"0": "7"}}, "bad-values: momentum.0"),
        ({"updates": {"0_W": ["zz"]}}, "bad-values: updates.0_W"),
        ({"failure": {"kind": "X"}}, "missing-field: failure.message"),
    ],
)
def test_replies_that_are_none(changed: dict[str, Any], fault: str) -> None:
    asked = BlockNetwork("0.9.1", "float32", {}, [{"n_in": 1, "n_out": 1}], {})
    assert block_wire.read_seen({"seen": _seen()}, asked, wire.ArrayForm.HEX).updates == {}
    with pytest.raises(AdapterFault) as raised:
        block_wire.read_seen({"seen": {**_seen(), **changed}}, asked, wire.ArrayForm.HEX)
    assert str(raised.value).startswith(fault)


def test_blocks_that_are_none() -> None:
    with pytest.raises(AdapterFault, match=r"missing-field: blocks\[0\]\.params"):
        block_wire.read_blocks({"blocks": [{}]})
    with pytest.raises(AdapterFault, match=r"wrong-type: blocks\[0\]: is no object"):
        block_wire.read_blocks({"blocks": [1]})


def test_settings_of_recordings_are_requests_of_the_schema() -> None:
    for version in BLOCK_VERSIONS:
        with gzip.open(dl4j_fixtures.recordings(version)[0], "rt") as lines:
            case = json.loads(next(lines))["case"]
        described = {"dl4j": version, "dtype": "float32", **{name: case[name] for name in ("conf", "layers", "params")}}
        assert problem("requests", {"seq": 1, "op": "open", "session": 1, "network": described}) is None
        described["dl4j"] = "0.9.2"
        assert problem("requests", {"seq": 1, "op": "open", "session": 1, "network": described}) is not None
