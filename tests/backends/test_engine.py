"""The engine that backends share: one table of updaters, and names that nobody takes for another."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

from dl4j_backends import workload
from dl4j_backends.engine.updaters import CUSTOM, UPDATERS, updater_named
from dl4j_backends.interface import Dl4jException, Network
from dl4j_backends.numpy import NumpyBackend
from dl4j_backends.stdio import wire
from dl4j_conformance.cases import case


def opened(layer: dict[str, Any], **conf: Any) -> Any:
    params = {"0_W": np.ones(2, "f4"), "0_b": np.ones(1, "f4")}
    return NumpyBackend().open(Network("float32", conf, [{"n_in": 2, "n_out": 1, **layer}], params))


@pytest.mark.parametrize("names", [case.UPDATERS, wire.UPDATERS], ids=["cases", "protocol"])
def test_the_table_has_the_updaters_that_are_asked_for(names: Any) -> None:
    assert set(UPDATERS) == set(names)


@pytest.mark.parametrize("updater", UPDATERS)
def test_a_formula_takes_the_arrays_of_the_record(updater: str) -> None:
    parameters = list(inspect.signature(UPDATERS[updater].formula).parameters.values())[4:]
    required = [p for p in parameters if p.default is p.empty]
    assert len(required) == len(UPDATERS[updater].state)
    assert len(parameters) - len(required) == UPDATERS[updater].leaves_view


@pytest.mark.parametrize("updater", UPDATERS)
def test_a_timed_update_is_of_numbers(updater: str) -> None:
    session = NumpyBackend().open(workload.network(updater, 4, "float32"))
    updates = session.update({workload.KEY: workload.gradient(4, "float32")}, 0, 1).updates
    assert np.isfinite(updates[workload.KEY]).all()


@pytest.mark.parametrize(
    ("setting", "where"),
    [
        ("updater", "layer"),
        ("gradient_normalization", "layer"),
        ("lr_policy", "conf"),
        ("step_function", "conf"),
        ("type", "layer"),
    ],
)
def test_an_unknown_name_is_an_error(setting: str, where: str) -> None:
    with pytest.raises(ValueError, match=r"unknown .*'SOMETHING'.*: it is one of "):
        opened({setting: "SOMETHING"}) if where == "layer" else opened({}, **{setting: "SOMETHING"})


def test_a_custom_updater_cannot_be_made() -> None:
    assert updater_named("CUSTOM") is CUSTOM
    with pytest.raises(Dl4jException, match="UnsupportedOperationException"):
        opened({"updater": "CUSTOM"})
