"""The examples that the clauses give in words, with the numbers of the real DL4J 0.8.0."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from dl4j_backends.interface import Backend, Dl4jException, Network


@dataclass(frozen=True)
class Example:
    """One update of a layer with one weight, and DL4J's array for each key, or its exception."""

    clause: str
    quoted: str
    layer: Mapping[str, Any]
    conf: Mapping[str, Any] = field(default_factory=dict)
    gradients: Mapping[str, float] = field(default_factory=lambda: {"0_W": 1.0})
    updates: Mapping[str, float] | str = ""
    learning_rate: float = 0.1
    momentum: float = math.nan


_SGD = {"updater": "SGD"}
_ENCODER = {"updater": "NONE", "type": "auto_encoder"}
_OF_SCRIPTS = "The digits may be of any script"
_NOT_SET = "If they are given as NaN, they are NaN"
_BY_DEFAULT = "counts as not set, so that the updater's default is used"
_DECAYED = {"lr_policy": "Step", "lr_policy_decay_rate": 1.0, "lr_policy_steps": 0.0}
_CLIP = {**_SGD, "gradient_normalization": "ClipElementWiseAbsoluteValue"}
_NAN_RATE = {"updates": {"0_W": 9.999999747378752e-06}, "learning_rate": math.nan}

EXAMPLES = [
    Example("KEY-3", _OF_SCRIPTS, _SGD, {}, {"\u0660_W": 1.0}, {"\u0660_W": 0.10000000149011612}),
    Example("KEY-3", _OF_SCRIPTS, _SGD, {}, {"+\uff10_W": 1.0}, {"+\uff10_W": 0.10000000149011612}),
    Example("KEY-3", "and so is `-0`", _SGD, {}, {"-0_W": 1.0}, {"-0_W": 0.10000000149011612}),
    Example("KEY-3", "the digits beyond U+FFFF", _SGD, {}, {"\U0001d7ce_W": 1.0}, "NumberFormatException"),
    Example("KEY-3", "superscripts", _SGD, {}, {"\u2070_W": 1.0}, "NumberFormatException"),
    Example("KEY-3", "the minus U+2212", _SGD, {}, {"\u22120_W": 1.0}, "NumberFormatException"),
    Example("KEY-4", "It throws", _SGD, {}, {"\u0661_W": 1.0}, "ArrayIndexOutOfBoundsException"),
    Example("KEY-5", "`0__`", {**_ENCODER, "pretrain": False}, {}, {"0___": 1.0}, "ArrayIndexOutOfBoundsException"),
    Example("KEY-5", "a layer with `pretrain`", {**_ENCODER, "pretrain": True}, {}, {"0___": 1.0}, {"0___": 1.0}),
    Example(
        "KEY-5",
        "a layer with `pretrain`",
        {**_ENCODER, "updater": "SGD", "pretrain": True},
        {},
        {"0__": 1.0},
        "NullPointerException",
    ),
    Example(
        "MLU-1",
        "only the later is used",
        {"updater": "ADAM"},
        {},
        {"0_W": 1.0, "00_W": 2.0, "+0_W": 3.0},
        {"0_W": 1.0, "00_W": 2.0, "+0_W": 0.09999998658895493},
    ),
    Example("ARITH-6", "under the policy Step with d = 1 and s = 0", _SGD, _DECAYED, **_NAN_RATE),
    Example("CONF-1", _NOT_SET, _SGD, {"learning_rate": "NaN"}, **_NAN_RATE),
    Example("CONF-1", _NOT_SET, _CLIP, {"gradient_normalization_threshold": "NaN"}, {"0_W": 2.0}, {"0_W": 0.2}),
    Example(
        "CONF-1",
        "it is NaN",
        {**_CLIP, "gradient_normalization_threshold": "NaN"},
        {"gradient_normalization_threshold": 0.5},
        {"0_W": 2.0},
        {"0_W": 0.05},
    ),
    Example("CONF-1", _BY_DEFAULT, {"updater": "ADAM"}, {"epsilon": "NaN"}, updates={"0_W": 0.09999995678663254}),
    Example("CONF-1", _BY_DEFAULT, {"updater": "NESTEROVS"}, {"momentum": "NaN"}, updates={"0_W": 0.19}, momentum=0.9),
    Example(
        "CONF-1",
        "takes the epsilon of a network with `SGD`",
        {"updater": "ADAGRAD"},
        {"updater": "SGD", "epsilon": 0.5},
        updates={"0_W": 0.05797958746552467},
    ),
    Example(
        "CONF-1",
        "does not take the network's momentum",
        _SGD,
        {"updater": "NESTEROVS", "momentum": 0.5},
        updates={"0_W": 0.1},
    ),
    Example(
        "CONF-1",
        "the momentum that it shows is its own",
        {**_SGD, "momentum": 0.3},
        {"updater": "NESTEROVS", "momentum": 0.5},
        updates={"0_W": 0.1},
        momentum=0.3,
    ),
]


def check(example: Example, backend: Backend) -> None:
    """Assert that ``backend`` gives the numbers of the example."""
    layer = {"n_in": 1, "n_out": 1, **example.layer}
    names = ("W", "b", "vb") if layer.get("type") else ("W", "b")
    network = Network("float32", example.conf, [layer], {f"0_{name}": np.ones(1, "float32") for name in names})
    session = backend.open(network)
    gradients = {key: np.array([value], "float32") for key, value in example.gradients.items()}
    if isinstance(example.updates, str):
        with pytest.raises(Dl4jException) as caught:
            session.update(gradients, 0, 1)
        assert caught.value.kind == example.updates
        return
    seen = session.update(gradients, 0, 1)
    assert {key: array.tolist() for key, array in seen.updates.items()} == {
        key: [float(np.float32(value))] for key, value in example.updates.items()
    }
    assert seen.learning_rates is not None
    assert seen.momentum is not None
    np.testing.assert_equal([seen.learning_rates["0_W"]], [example.learning_rate])
    np.testing.assert_equal([seen.momentum["0"]], [example.momentum])
