"""Recorded values of later versions lie in their enclosures, and every arithmetic computes their rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import dl4j_fixtures
from dl4j_backends.block_interface import BlockNetwork, BlockStep
from dl4j_conformance.execution.block_session import OracleBlockBackend, OracleBlockSession, block_updater
from dl4j_conformance.execution.enclosed_blocks import EnclosedBlockSession
from dl4j_conformance.execution.enclosed_script import exact_interval, float64_intervals
from dl4j_conformance.judging.block_enclosures import Checked, checked
from dl4j_conformance.vectors.block_recording import BlockRecording, read_block_recordings
from dl4j_oracle.arithmetic import reals
from dl4j_oracle.arithmetic.enclosure import EnclosureArithmetic
from dl4j_oracle.arithmetic.error_model import error_model
from dl4j_oracle.arithmetic.exact import ExactArithmetic, ExactArray
from dl4j_oracle.arithmetic.exact_enclosure import ExactEnclosureArithmetic
from dl4j_oracle.arithmetic.ieee import IeeeArithmetic
from dl4j_oracle.arithmetic.rounding import BINARY64
from dl4j_oracle.arithmetic.trace import TraceArithmetic, TracedArray, TracedScalar
from dl4j_oracle.blocks.gradients import GradientForm
from dl4j_oracle.blocks.profile import BLOCK_VERSIONS
from sampling import sample

VERSIONS = ("0.9.1", "1.0.0-M2.1")
RECORDINGS = {
    (version, recording.id): recording
    for version in VERSIONS
    for recording in read_block_recordings(dl4j_fixtures.recordings(version)[0])
}


def _checked(recording: BlockRecording) -> list[Checked]:
    return list(checked(recording.network, recording.steps, recording.recorded))


@pytest.mark.parametrize("version", VERSIONS)
def test_every_recorded_value_lies_in_its_enclosure(version: str) -> None:
    inside = claimed = 0
    for (of_version, id_), recording in RECORDINGS.items():
        if of_version == version and id_ in SAMPLE:
            found = _checked(recording)
            assert [one for one in found if not all(one.inside)] == [], id_
            inside += sum(len(one.inside) for one in found)
            claimed += sum(sum(one.claimed) for one in found)
    # Of hardly any value nothing is claimed: the enclosures are narrowed by the state that was seen.
    assert claimed > 0.8 * inside


def test_a_wrong_value_lies_outside() -> None:
    recording = RECORDINGS["0.9.1", "v091-11-0000"]
    first = recording.recorded[0]
    assert first.updates is not None
    wrong = {**first.updates, "0_W": first.updates["0_W"] * np.float32(1.001)}
    seen = (replace(first, updates=wrong), *recording.recorded[1:])
    found = list(checked(recording.network, recording.steps, seen))
    assert [(one.step, one.key) for one in found if not all(one.inside)] == [(0, "0_W")]


UPDATERS = {
    "0.9.1": ("Sgd", "Adam", "AdaMax", "Nadam", "AdaDelta", "AdaGrad", "Nesterovs", "RmsProp", "NoOp"),
    "1.0.0-M2.1": (*("Sgd", "Adam", "AMSGrad", "AdaMax", "Nadam"), *("AdaDelta", "AdaGrad", "Nesterovs", "RmsProp")),
}


def _cases() -> Iterator[tuple[BlockNetwork, list[BlockStep]]]:
    """Yield a network for each updater and type, with two steps: L2, a norm that is renormalised, and a division."""
    random = np.random.default_rng(1)
    for version, names in UPDATERS.items():
        for name in names:
            for dtype in ("float32", "float64"):
                normalization = {"gradient_normalization": "RenormalizeL2PerLayer"}
                layer: dict[str, Any] = {"n_in": 2, "n_out": 1, "l2": 0.1, **normalization, "updater": {"type": name}}
                conf = {"use_regularization": True} if version == "0.9.1" else {}
                params = {"0_W": np.array([0.5, -0.25], dtype), "0_b": np.array([0.125], dtype)}
                steps = [
                    BlockStep(i, 0, 3, {key: random.standard_normal(len(x)).astype(dtype) for key, x in params.items()})
                    for i in range(2)
                ]
                yield BlockNetwork(version, dtype, conf, [layer], params), steps


CASES = {f"{n.version}-{n.layers[0]['updater']['type']}-{n.dtype}": (n, steps) for n, steps in _cases()}


@pytest.mark.parametrize("id_", CASES)
def test_exact_values_and_those_of_ieee_lie_in_both_enclosures(id_: str) -> None:
    network, steps = CASES[id_]
    model = error_model(network.dtype)
    ieee = OracleBlockBackend().open(network)
    enclosed = EnclosedBlockSession(network, EnclosureArithmetic(model))
    for number, step in enumerate(steps):
        seen, sets = ieee.update(step), enclosed.update(step)
        for key, array in sets.updates.items():
            intervals = float64_intervals(array)
            assert intervals.contains(seen.updates[key]).all()
            for index, value in enumerate(_exact(network, steps[: number + 1], key)):
                assert intervals.low[index] <= value <= intervals.high[index]
                assert _exactly_enclosed(network, steps[: number + 1], key, index, float(seen.updates[key][index]))


def _exact(network: BlockNetwork, steps: list[BlockStep], key: str) -> list[float]:
    """Return the exact values after the last step, as doubles."""

    def run(prec: int) -> list[float]:
        arithmetic = ExactArithmetic(prec)
        updater = block_updater(network, arithmetic, BLOCK_VERSIONS[network.version])
        session = OracleBlockSession(updater, GradientForm.OWN, ExactArray.own, lambda scalar: scalar)
        *_, last = [session.update(step) for step in steps]
        return [reals.round_to(x, BINARY64) for x in last.updates[key].values]

    return reals.decided(run)


def _exactly_enclosed(network: BlockNetwork, steps: list[BlockStep], key: str, index: int, value: float) -> bool:
    def evaluate(prec: int) -> bool:
        session = EnclosedBlockSession(network, ExactEnclosureArithmetic(error_model(network.dtype), prec))
        *_, last = [session.update(step) for step in steps]
        return exact_interval(last.updates[key], index).contains(value)

    return reals.decided(evaluate)


@pytest.mark.parametrize("id_", CASES)
def test_a_trace_computes_what_its_inner_arithmetic_does(id_: str) -> None:
    network, steps = CASES[id_]
    rules = BLOCK_VERSIONS[network.version]
    arithmetic = TraceArithmetic(IeeeArithmetic(network.dtype, rules.norm_order))
    session = OracleBlockSession(
        block_updater(network, arithmetic, rules), GradientForm.OWN, TracedArray.own, TracedScalar.own
    )
    plain = OracleBlockBackend().open(network)
    for step in steps:
        traced, seen = session.update(step), plain.update(step)
        for key, array in traced.updates.items():
            np.testing.assert_array_equal(array.value.values, seen.updates[key])  # type: ignore[attr-defined]
    assert len(arithmetic.trace.nodes) > 10


SAMPLE = {id_ for _, id_ in sample(list(RECORDINGS), 6)}
