"""Nothing that a backend does to what it is given, or later to what it returned, changes what is judged."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

import numpy as np
import pytest

from dl4j_backends.engine.session import EngineSession
from dl4j_backends.interface import ALL_CAPABILITIES, Floats, Network, Observation, Search
from dl4j_backends.numpy import NumpyBackend, on_numpy
from dl4j_conformance.cases import case as case_module
from dl4j_conformance.execution.observe import copied
from dl4j_conformance.execution.oracle_backend import OracleBackend
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Result, Status
from dl4j_conformance.running.run import run
from golden_fixtures import every_fixture, kill_matrix


def _settings(network: Network) -> None:
    for layer in network.layers:
        layer.setdefault("learning_rate", 0.01)  # type: ignore[attr-defined]
    network.conf.update(updater="SGD", lr_policy="None")  # type: ignore[attr-defined]


def _nested(network: Network) -> None:
    for settings in (network.conf, *network.layers):
        for value in settings.values():
            if isinstance(value, dict):
                value.clear()


def _weights(network: Network) -> None:
    for array in network.params.values():
        array[:] = 0
    network.params.clear()  # type: ignore[attr-defined]


def _attributes(network: Network) -> None:
    object.__setattr__(network, "dtype", "float16")
    object.__setattr__(network, "vertices", ())


class _Rewriting(NumpyBackend):
    """NumPy, which rewrites the network after it has read it, and then works on a copy of its own."""

    def __init__(self, rewrite: Callable[[Network], None]) -> None:
        self._rewrite = rewrite

    def open(self, network: Network) -> EngineSession:
        session = super().open(case_module.read_network(_described(network), network.dtype))
        self._rewrite(network)
        return session


def _described(network: Network) -> dict[str, Any]:
    case = case_module.Case("x", network, ())
    described: dict[str, Any] = case_module.to_json(case)["network"]
    return deepcopy(described)


class _Live(EngineSession):
    """A right session that changes, at its next call, all arrays and mappings that it has shown."""

    def __init__(self, network: Network) -> None:
        self._given_away: list[Any] = []
        super().__init__(network, on_numpy)

    def _spoil(self) -> None:
        for value in self._given_away:
            if isinstance(value, np.ndarray):
                value[:] = 7
            else:
                value.clear()

    def state(self) -> Floats | None:
        state = super().state()
        if state is not None:
            self._given_away.append(state)
        return state

    def _kept(self, seen: Observation) -> Observation:
        for values in (seen.updates, seen.params, seen.heard, seen.learning_rates, seen.momentum):
            self._given_away += [*(value for value in values.values() if isinstance(value, np.ndarray)), values]
        return seen

    def update(self, gradients: Mapping[str, Floats], iteration: int, batch_size: int) -> Observation:
        given = {key: array.copy() for key, array in gradients.items()}
        self._spoil()
        for array in gradients.values():
            array[:] = 3
        return self._kept(super().update(given, iteration, batch_size))

    def iterate(
        self,
        gradients: Mapping[str, Floats],
        score: float,
        batch_size: int,
        search: Search | None = None,
        further: tuple[Search, ...] | None = None,
    ) -> Observation:
        self._spoil()
        return self._kept(super().iterate(gradients, score, batch_size, search, further))

    def close(self) -> None:
        self._spoil()


class _LiveBackend(NumpyBackend):
    def open(self, network: Network) -> EngineSession:
        return _Live(network)


class _SameAnswer:
    """Equal to everything."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = object.__hash__


class _Agreeing(NumpyBackend):
    """Its counts are equal to whatever is expected."""

    def open(self, network: Network) -> EngineSession:
        session = super().open(network)
        iterate = session.iterate

        def agreeing(*arguments: Any) -> Observation:
            seen = iterate(*arguments)
            object.__setattr__(seen, "iteration_count", _SameAnswer())
            return seen

        session.iterate = agreeing  # type: ignore[method-assign]
        return session


def _run(backend: NumpyBackend, part: int = 7) -> list[Result]:
    return list(run([backend], every_fixture()[::part], kill_matrix().row, Level.BIT_EXACT))


@pytest.mark.parametrize("rewrite", [_settings, _nested, _weights, _attributes])
def test_a_backend_cannot_rewrite_the_question(rewrite: Callable[[Network], None]) -> None:
    before = [json.dumps(case_module.to_json(fixture.case)) for fixture in every_fixture()[::7]]
    assert {result.status for result in _run(_Rewriting(rewrite))} == {Status.PASSED}
    after = [json.dumps(case_module.to_json(fixture.case)) for fixture in every_fixture()[::7]]
    assert after == before


def test_a_backend_that_answers_another_question_fails() -> None:
    """Rewriting first and updating then, as one that sets what it takes for a default."""

    class Defaulting(NumpyBackend):
        def open(self, network: Network) -> EngineSession:
            for layer in network.layers:
                layer.setdefault("learning_rate", 0.01)  # type: ignore[attr-defined]
            return super().open(network)

    assert any(result.status is Status.FAILED for result in _run(Defaulting()))
    assert {result.status for result in _run(NumpyBackend())} == {Status.PASSED}


def test_a_right_backend_may_show_live_arrays() -> None:
    assert _LiveBackend.capabilities >= ALL_CAPABILITIES
    assert {result.status for result in _run(_LiveBackend())} == {Status.PASSED}


def test_a_count_must_be_a_number() -> None:
    results = [result for result in _run(_Agreeing(), 1) if result.case.id == "iterate-counts-float32"]
    results = results or [r for r in _run(_Agreeing(), 3) if "optimizer" in r.case.required_capabilities]
    assert any(result.status is Status.FAILED for result in results)


def test_arrays_of_a_subclass_are_judged_as_arrays() -> None:
    class Boastful(np.ndarray):  # type: ignore[type-arg]
        def tobytes(self, order: Any = None) -> bytes:
            return b""

    class Subclassing(NumpyBackend):
        def open(self, network: Network) -> EngineSession:
            session = super().open(network)
            update = session.update

            def boasting(gradients: Any, iteration: int, batch_size: int) -> Observation:
                seen = update(gradients, iteration, batch_size)
                wrong = {key: (array + 1).view(Boastful) for key, array in seen.updates.items()}
                object.__setattr__(seen, "updates", wrong)
                return seen

            session.update = boasting  # type: ignore[method-assign]
            return session

    failed = [result.status is Status.FAILED for result in _run(Subclassing(), 20)]
    assert sum(failed) > len(failed) / 2


def test_a_clone_of_the_oracles_session_has_an_updater_of_its_own() -> None:
    """Also if somebody has wrapped a method of the first session."""
    fixture = next(found for found in every_fixture() if found.case.id == "adam-first-step-float32")
    session = OracleBackend().open(fixture.case.network)
    session.update = session.update  # type: ignore[method-assign]
    clone, before = session.clone(), session.state()
    clone.update({"0_W": np.ones(len(fixture.case.network.params["0_W"]), "float32")}, 0, 1)
    assert before is not None
    np.testing.assert_array_equal(session.state(), before)


@pytest.mark.parametrize("dtype", ["float32", "float64", ">f4", "longdouble", "int32"])
def test_long_copies_have_the_bits_and_share_nothing(dtype: str) -> None:
    """A copy of zeros is made in another way: the sign of a zero has to survive."""
    for last in (0, -0.0, 1):
        array = np.zeros(1_000_000, dtype)
        array[-1] = last
        found = (copied(Observation({"0_W": array})).updates or {})["0_W"]
        assert (found.dtype, found.tobytes()) == (array.dtype, array.tobytes())
        assert not np.shares_memory(found, array)


def test_a_long_array_is_released_when_it_is_copied() -> None:
    """Nobody else keeps what a session has just shown: update and state are not there twice at one time."""
    size = 1_000_000
    tracemalloc.start()
    try:
        copied(Observation({"0_W": np.ones(size, "float32")}, np.ones(2 * size, "float32")))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 4 * size * 5.5, "an update, and two states of twice its length"
