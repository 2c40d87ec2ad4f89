"""``explain --dl4j``: the intermediates of recorded networks of later versions, and where a backend goes wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

import dl4j_fixtures
from dl4j_backends.block_interface import BlockNetwork, BlockObservation, BlockStep
from dl4j_backends.blocks import NumpyBlockBackend
from dl4j_backends.interface import Dl4jException
from dl4j_conformance.cases.values import same_bits
from dl4j_conformance.cli.exit_code import ExitCode
from dl4j_conformance.cli.main import cli
from dl4j_conformance.execution.traced_blocks import traced_blocks
from dl4j_conformance.vectors.block_recording import BlockRecording, read_block_recordings
from dl4j_oracle.arithmetic.ieee import IeeeArithmetic, IeeeArray
from dl4j_oracle.arithmetic.trace import Trace
from dl4j_oracle.blocks.profile import BLOCK_VERSIONS
from sampling import sample

FIRST = {"0.9.1": "v091-11-0000", "1.0.0-M2.1": "m21-11-0000"}
RECORDINGS = {
    recording.id: recording
    for version in FIRST
    for path in dl4j_fixtures.recordings(version)
    for recording in read_block_recordings(path)
}


def explain(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["explain", *arguments])


@pytest.mark.parametrize("version", FIRST)
def test_a_backend_that_is_right(version: str) -> None:
    result = explain("--dl4j", version, FIRST[version], "numpy", "--elements", "1")
    assert result.exit_code == 0, result.output
    assert "numpy: every value has the bits of the evaluation model\n" in result.stdout
    rows = [line.split()[:2] for line in result.stdout.splitlines() if line]
    assert ["0_W", "divided[0]"] in rows


def test_the_order_of_the_intermediates_is_that_of_the_update() -> None:
    """1.0.0-M2.1 divides first and penalizes the gradient; a block's values are named by its keys."""
    result = explain("--dl4j", "1.0.0-M2.1", FIRST["1.0.0-M2.1"], "--elements", "1")
    head, first = result.stdout.split("step 1: ")[0].split("step 0: ")
    assert "l2_bias" in head
    rows = [line.split() for line in first.splitlines()[2:] if line and not line.startswith(" ")]
    assert [(row[0], row[1].partition("[")[0]) for row in rows] == [
        ("0_W", "g"),
        ("0_b", "g"),
        ("0_W", "divided"),
        ("0_b", "divided"),
        ("0_W..0_b", "lr"),
        ("0_b", "with_l1"),
        ("0_b", "with_l2"),
        ("0_W..0_b", "t"),
        ("0_W..0_b", "root"),
        ("0_W..0_b", "alphat"),
        ("0_W..0_b", "m"),
        ("0_W..0_b", "v"),
        ("0_W..0_b", "update"),
        ("0_W", "result"),
        ("0_b", "result"),
    ]
    # The learning rate of the cycle, the quotient by 4, and 1 - beta2 rounded to float32.
    assert "0.8167364359696581" in rows[4]
    assert "0.0011035536" in rows[3]
    assert "0.03162257373332977" in rows[8]


class _Wrong:
    """The NumPy backend with another last bit, or another value, in the second step."""

    name = "wrong"

    def __init__(self, factor: float) -> None:
        self._factor = factor

    def open(self, network: BlockNetwork) -> Any:
        session, factor = NumpyBlockBackend().open(network), self._factor
        plain = session.update

        def update(step: BlockStep) -> BlockObservation:
            seen = plain(step)
            if step.iteration != 1:
                return seen
            updates = {key: array.copy() for key, array in seen.updates.items()}
            updates["0_b"][0] *= np.float32(factor)
            return replace(seen, updates=updates)

        session.update = update  # type: ignore[method-assign]
        return session


@pytest.mark.parametrize(
    ("factor", "message"),
    [
        (1 + 2**-22, "differs by rounding alone, first in step 1, 0_b, result[0]"),
        (1.5, "goes wrong first in step 1, 0_b, result[0]"),
    ],
)
def test_a_backend_that_is_wrong(factor: float, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dl4j_conformance.cli.explain.resolve_blocks", lambda *_: _Wrong(factor))
    result = explain("--dl4j", "1.0.0-M2.1", FIRST["1.0.0-M2.1"], "numpy", "--elements", "1")
    assert result.exit_code == 1, result.output
    assert message in result.stdout


def test_a_file_of_recordings() -> None:
    (path,) = (path for path in dl4j_fixtures.recordings("0.9.1") if "sample" in path.name)
    result = explain("--dl4j", "0.9.1", str(path), "--elements", "1")
    assert result.stdout.startswith(FIRST["0.9.1"])
    result = explain("--dl4j", "1.0.0-M2.1", str(path))
    assert result.exit_code == ExitCode.UNREADABLE
    assert "has no networks of DL4J 1.0.0-M2.1" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["v091-11-000"], "there is no network 'v091-11-000' of DL4J 0.9.1; did you mean"),
        ([], "name a CASE of DL4J 0.9.1"),
        ([FIRST["0.9.1"], "torch.optim"], "implements DL4J 0.8.0 alone"),
        ([FIRST["0.9.1"], "nothing"], "unknown backend 'nothing'"),
    ],
)
def test_errors(arguments: list[str], message: str) -> None:
    result = explain("--dl4j", "0.9.1", *arguments)
    assert result.exit_code in (ExitCode.USAGE, ExitCode.COULD_NOT_RUN)
    assert message in " ".join(result.output.split())


@pytest.mark.parametrize("id_", sample(list(RECORDINGS), 12))
def test_traced_updates_are_those_that_dl4j_recorded(id_: str) -> None:
    recording: BlockRecording = RECORDINGS[id_]
    network = recording.network
    arithmetic = IeeeArithmetic(network.dtype, BLOCK_VERSIONS[network.version].norm_order)
    if recording.failure:
        with pytest.raises(Dl4jException):
            traced_blocks(network, recording.steps, arithmetic, Trace())
        return
    traced = traced_blocks(network, recording.steps, arithmetic, Trace())
    for step, recorded in zip(traced, recording.recorded, strict=True):
        assert (step.seen.failure and step.seen.failure.kind) == (recorded.failure and recorded.failure.kind)
        assert recorded.updates is not None
        assert step.seen.updates is not None
        for key, array in recorded.updates.items():
            assert same_bits(array, IeeeArray.own(step.seen.updates[key].value).values).all()  # type: ignore[arg-type]
