"""Blocks, the order of an update, normalisation and regularization of later versions, on values of their jars."""

from __future__ import annotations

import math
from typing import Any

import pytest

from dl4j_oracle.blocks.gradients import GradientForm
from dl4j_oracle.errors import ConfigurationError, Dl4jError
from oracle.block_networks import PAIR, gradients_of, opened, update, values

BOTH = pytest.mark.parametrize("version", ["0.9.1", "1.0.0-M2.1"])
NO_OP = {"type": "NoOp"}
SGD = {"type": "Sgd", "learning_rate": 0.1}


def _blocks(version: str, layers: list[dict[str, Any]], conf: dict[str, Any] | None = None) -> list[list[str]]:
    return [[p.key for p in block.parameters] for block in opened(version, layers, conf).blocks]


@BOTH
def test_blocks_span_layers_with_equal_updaters(version: str) -> None:
    adam = {**PAIR, "updater": {"type": "Adam"}}
    assert _blocks(version, [adam, adam]) == [["0_W", "0_b", "1_W", "1_b"]]
    assert _blocks(version, [adam, {**PAIR, "updater": {"type": "Adam", "epsilon": 1e-7}}]) == [
        ["0_W", "0_b"],
        ["1_W", "1_b"],
    ]


@BOTH
def test_a_visible_bias_is_alone_and_is_not_updated(version: str) -> None:
    layer = {**PAIR, "type": "auto_encoder", "updater": {"type": "Adam"}}
    assert _blocks(version, [layer, layer]) == [["0_W", "0_b"], ["0_vb"], ["1_W", "1_b"], ["1_vb"]]
    network = opened(version, [layer], {"mini_batch": True})
    assert update(network, {"0_vb": [8.0]}, batch_size=4)["0_vb"] == [2.0]
    assert network.state is not None
    assert len(network.state) == 2 * 5


@BOTH
def test_batch_normalization_has_estimates_without_an_updater(version: str) -> None:
    layer: dict[str, Any] = {"type": "batch_normalization", "n_out": 2, "updater": SGD}
    last = "var" if version == "0.9.1" else "log10stdev"
    assert _blocks(version, [layer]) == [["0_gamma", "0_beta"], ["0_mean", f"0_{last}"]]
    if version != "0.9.1":
        assert _blocks(version, [{**layer, "use_log_std": False}])[1] == ["0_mean", "0_var"]


@BOTH
def test_estimates_are_divided_by_the_batch_size_in_0_9_1_alone(version: str) -> None:
    network = opened(version, [{"type": "batch_normalization", "n_out": 1, "updater": NO_OP}], {"mini_batch": True})
    last = "0_var" if version == "0.9.1" else "0_log10stdev"
    updates = update(network, {"0_gamma": [8.0], "0_mean": [8.0], last: [8.0]}, batch_size=4)
    estimate = 2.0 if version == "0.9.1" else 8.0
    assert updates == {"0_gamma": [2.0], "0_beta": [0.0], "0_mean": [estimate], last: [estimate]}


def test_layer_norm_adds_a_gain() -> None:
    assert _blocks("1.0.0-M2.1", [{**PAIR, "has_layer_norm": True, "updater": NO_OP}]) == [["0_W", "0_b", "0_g"]]
    with pytest.raises(ConfigurationError, match="belongs to dense layers"):
        opened("1.0.0-M2.1", [{"type": "batch_normalization", "n_out": 1, "has_layer_norm": True}])


class TestOf091:
    def test_the_rate_of_the_object_never_counts(self) -> None:
        assert update(opened("0.9.1", [{**PAIR, "updater": SGD}]), {"0_W": [1.0, 1.0]})["0_W"] == [0.1, 0.1]
        layer = {**PAIR, "updater": {"type": "Sgd", "learning_rate": 0.3}}
        assert update(opened("0.9.1", [layer]), {"0_W": [1.0, 1.0]})["0_W"] == [0.1, 0.1]
        network = opened("0.9.1", [layer], {"learning_rate": 0.5})
        assert update(network, {"0_W": [1.0, 1.0]})["0_W"] == [0.5, 0.5]

    def test_a_bias_rate_splits_blocks_and_has_no_other_effect_without_a_policy(self) -> None:
        layer = {**PAIR, "updater": "SGD", "bias_learning_rate": 0.5}
        assert _blocks("0.9.1", [layer]) == [["0_W"], ["0_b"]]
        assert update(opened("0.9.1", [layer]), {"0_b": [1.0, 1.0]})["0_b"] == [0.1, 0.1]
        decaying = opened("0.9.1", [layer], {"lr_policy": "Exponential", "lr_policy_decay_rate": 1.0})
        assert update(decaying, {"0_b": [1.0, 1.0]})["0_b"] == [0.5, 0.5]

    def test_under_nesterovs_the_bias_rate_counts(self) -> None:
        layer = {**PAIR, "updater": "NESTEROVS", "bias_learning_rate": 0.5, "momentum": 0.0}
        updates = update(opened("0.9.1", [layer]), {"0_W": [1.0, 1.0], "0_b": [1.0, 1.0]})
        assert updates == {"0_W": [0.1, 0.1], "0_b": [0.5, 0.5]}

    def test_the_bias_rate_of_the_network_is_inherited(self) -> None:
        assert _blocks("0.9.1", [{**PAIR, "updater": "SGD"}], {"bias_learning_rate": 0.5}) == [["0_W"], ["0_b"]]

    @pytest.mark.parametrize("policy", [{"lr_policy": "TorchStep"}, {"lr_policy": "Score"}])
    def test_under_some_policies_nothing_shares_a_block(self, policy: dict[str, Any]) -> None:
        conf = {**policy, "lr_policy_decay_rate": 0.5}
        assert _blocks("0.9.1", [{**PAIR, "updater": "SGD"}], conf) == [["0_W"], ["0_b"]]

    def test_under_schedule_the_maps_must_be_equal(self) -> None:
        conf = {"lr_policy": "Schedule", "learning_rate_schedule": {"3": 0.1}}
        plain = {**PAIR, "updater": "SGD"}
        assert len(_blocks("0.9.1", [plain, {**plain, "learning_rate_schedule": {"3": 0.1}}], conf)) == 1
        assert len(_blocks("0.9.1", [plain, {**plain, "learning_rate_schedule": {"3": 0.2}}], conf)) == 2

    def test_decay_compounds_once_per_block(self) -> None:
        conf = {"lr_policy": "Exponential", "lr_policy_decay_rate": 0.5}
        network = opened("0.9.1", [{**PAIR, "updater": "SGD"}], conf)
        for iteration in (1, 2):
            update(network, {}, iteration)
        rates = {key: rate.value for key, rate in network.rates.learning_rates(2, 0).items()}  # type: ignore[union-attr]
        assert rates == {"0_W": 0.1 / 8, "0_b": 0.1 / 8}

    def test_momentum_of_a_builder_is_the_rate(self) -> None:
        built = opened("0.9.1", [{**PAIR, "updater": {"type": "Nesterovs", "builder": True}}])
        plain = opened("0.9.1", [{**PAIR, "updater": {"type": "Nesterovs"}}])
        found = [network.rates.momenta(0, 0)["0"].value for network in (built, plain)]  # type: ignore[call-overload]
        assert found == [0.1, 0.9]

    def test_momentum_for_iteration_0_of_the_own_schedule_counts_from_the_build_on(self) -> None:
        layer = {**PAIR, "updater": {"type": "Nesterovs", "momentum_schedule": {"0": 0.5, "2": 0.25}}}
        network = opened("0.9.1", [layer])
        seen = []
        for iteration in (1, 2, 3):
            update(network, {}, iteration)
            seen.append(network.rates.momenta(iteration, 0)["0"].value)  # type: ignore[call-overload]
        assert seen == [0.5, 0.25, 0.25]

    def test_older_setters_change_all_but_nadam(self) -> None:
        older = {"epsilon": 0.5, "adam_mean_decay": 0.25}
        adam, nadam = (
            opened("0.9.1", [{**PAIR, "updater": name, **older}]).blocks[0].updater.settings
            for name in ("ADAM", "NADAM")
        )
        assert (adam["epsilon"], adam["beta1"]) == (0.5, 0.25)
        assert (nadam["epsilon"], nadam["beta1"]) == (1e-8, 0.9)

    def test_regularization_follows_the_updater_and_is_divided(self) -> None:
        conf = {"use_regularization": True, "mini_batch": True}
        layer = {**PAIR, "updater": "SGD", "l2": 0.5, "l1": 0.25, "l2_bias": 0.125}
        updates = update(opened("0.9.1", [layer], conf), {"0_W": [1.0, 1.0], "0_b": [0.0, 0.0]}, batch_size=4)
        assert updates == {"0_W": [(0.1 + 0.5 + 0.25) / 4] * 2, "0_b": [0.125 / 4] * 2}
        without = opened("0.9.1", [layer], {"mini_batch": True})
        assert update(without, {"0_W": [1.0, 1.0]}, batch_size=4)["0_W"] == [0.025, 0.025]

    def test_refused_policies_keep_their_words(self) -> None:
        with pytest.raises(Dl4jError, match=r"Layer \"layer0\" learning rate policy decay rate") as error:
            opened("0.9.1", [{**PAIR, "updater": "SGD"}], {"lr_policy": "Exponential"})
        assert error.value.kind == "IllegalStateException"


class TestOf100:
    def test_the_division_comes_first(self) -> None:
        adam = {**PAIR, "updater": {"type": "Sgd", "learning_rate": 1.0}, "l2": 0.5}
        network = opened("1.0.0-M2.1", [adam], {"mini_batch": True})
        assert update(network, {"0_W": [8.0, 8.0]}, batch_size=4)["0_W"] == [2.5, 2.5]

    @pytest.mark.parametrize(
        ("conf", "layer", "expected"),
        [
            ({"weight_decay": 0.1}, {}, 0.2),
            ({"l2": 0.1}, {"l1": 0.3}, 0.4),
            ({"l2": 0.1}, {"l2": 0.3}, 0.3),
            ({"l2": 0.1}, {"weight_decay": 0.3}, 0.4),
            ({}, {"l2": 0.1, "weight_decay": 0.3}, 0.3),
            ({}, {"regularization": [{"type": "L2Regularization", "coefficient": 0.0}]}, 0.0),
        ],
    )
    def test_lists_are_merged(self, conf: dict[str, Any], layer: dict[str, Any], expected: float) -> None:
        network = opened("1.0.0-M2.1", [{**PAIR, "updater": NO_OP, **layer}], conf)
        assert update(network, {})["0_W"][0] == pytest.approx(expected, abs=1e-15)

    def test_l2_goes_through_the_updater_and_weight_decay_does_not(self) -> None:
        def seen(**settings: Any) -> float:
            return update(opened("1.0.0-M2.1", [{**PAIR, "updater": SGD, **settings}]), {})["0_W"][0]

        assert seen(l2=0.5) == 0.5 * 0.1
        assert seen(weight_decay=0.5) == 0.5 * 0.1
        assert seen(weight_decay=0.5, weight_decay_apply_lr=False) == 0.5

    def test_a_rate_counts_as_1_for_weight_decay_where_there_is_none(self) -> None:
        layer = {**PAIR, "updater": NO_OP, "weight_decay": 0.5}
        assert update(opened("1.0.0-M2.1", [layer]), {})["0_W"] == [0.5, 0.5]

    def test_a_coefficient_of_zero_is_applied(self) -> None:
        layer = {**PAIR, "updater": NO_OP, "regularization": [{"type": "L2Regularization", "coefficient": 0.0}]}
        network = opened("1.0.0-M2.1", [layer], params={"0_W": [math.inf, 1.0]})
        assert math.isnan(update(network, {})["0_W"][0])

    def test_the_clone_of_ada_grad_loses_its_schedule(self) -> None:
        rate = {"type": "FixedSchedule", "value": 0.1}
        updater = {"type": "AdaGrad", "learning_rate_schedule": rate}
        assert math.isnan(update(opened("1.0.0-M2.1", [PAIR], {"updater": updater}), {"0_W": [1.0, 1.0]})["0_W"][0])
        assert update(opened("1.0.0-M2.1", [{**PAIR, "updater": updater}]), {"0_W": [1.0, 1.0]})["0_W"][0] > 0

    def test_ramps_of_layers_are_theirs_alone(self) -> None:
        ramp = {"type": "RampSchedule", "base_schedule": {"type": "FixedSchedule", "value": 0.1}, "num_iter": 4}
        updater = {"type": "Sgd", "learning_rate_schedule": ramp}
        own = [{**PAIR, "updater": updater}] * 2
        assert _blocks("1.0.0-M2.1", own) == [["0_W", "0_b"], ["1_W", "1_b"]]
        assert _blocks("1.0.0-M2.1", [PAIR, PAIR], {"updater": updater}) == [["0_W", "0_b", "1_W", "1_b"]]

    def test_a_bias_has_its_updater(self) -> None:
        layer = {**PAIR, "updater": SGD, "bias_updater": {"type": "Sgd", "learning_rate": 0.5}}
        updates = update(opened("1.0.0-M2.1", [layer]), {"0_W": [1.0, 1.0], "0_b": [1.0, 1.0]})
        assert updates == {"0_W": [0.1, 0.1], "0_b": [0.5, 0.5]}

    def test_without_an_updater_it_is_sgd(self) -> None:
        assert update(opened("1.0.0-M2.1", [PAIR]), {"0_W": [1.0, 1.0]})["0_W"] == [1e-3, 1e-3]


def _normalized(version: str, strategy: str, weights: list[float], threshold: float = 1.0) -> list[list[float]]:
    layer = {
        **PAIR,
        "updater": NO_OP,
        "gradient_normalization": strategy,
        "gradient_normalization_threshold": threshold,
    }
    updates = update(opened(version, [layer]), {"0_W": weights})
    return [updates["0_W"], updates["0_b"]]


NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("strategy", "weights", "threshold", "old", "new"),
    [
        ("RenormalizeL2PerLayer", [3, 4], 1, [[0.6, 0.8], [0, 0]], None),
        ("RenormalizeL2PerLayer", [NAN, 4], 1, [[NAN, 399999.99999999994], [0, 0]], None),
        ("RenormalizeL2PerLayer", [INF, 4], 1, [[NAN, 0], [0, 0]], None),
        ("RenormalizeL2PerLayer", [0, 0], 1, [[NAN, NAN], [NAN, NAN]], [[0, 0], [0, 0]]),
        (
            "RenormalizeL2PerLayer",
            [1e-200, 1e-200],
            1,
            [[INF, INF], [NAN, NAN]],
            [[9.999999999999999e-196] * 2, [0, 0]],
        ),
        ("RenormalizeL2PerParamType", [3, 4], 1, [[0.6, 0.8], [NAN, NAN]], [[0.6, 0.8], [0, 0]]),
        ("ClipElementWiseAbsoluteValue", [3, 4], 1, [[1, 1], [0, 0]], None),
        ("ClipL2PerLayer", [3, 4], 1, [[0.6000000000000001, 0.8], [0, 0]], None),
        ("ClipL2PerLayer", [3, 4], 0, [[0, 0], [0, 0]], None),
        ("ClipL2PerLayer", [3, 4], -1, [[-0.6000000000000001, -0.8], [0, 0]], None),
        ("ClipL2PerLayer", [NAN, 4], 1, [[NAN, 4], [0, 0]], None),
        ("ClipL2PerLayer", [0, 0], -1, [[NAN, NAN], [NAN, NAN]], None),
        ("ClipL2PerParamType", [3, 4], 1, [[0.6, 0.8], [0, 0]], None),
        ("ClipL2PerParamType", [3, 4], -1, [[-0.6, -0.8], [NAN, NAN]], None),
    ],
)
def test_normalization(
    strategy: str, weights: list[float], threshold: float, old: list[list[float]], new: list[list[float]] | None
) -> None:
    assert str(_normalized("0.9.1", strategy, weights, threshold)).replace("-0.0", "0.0") == _words(old)
    assert str(_normalized("1.0.0-M2.1", strategy, weights, threshold)).replace("-0.0", "0.0") == _words(new or old)


def _words(arrays: list[list[float]]) -> str:
    return str([[float(x) for x in array] for array in arrays])


def test_clipping_by_value_refuses_what_is_not_above_zero() -> None:
    assert _normalized("0.9.1", "ClipElementWiseAbsoluteValue", [3, 4], 0) == [[0, 0], [0, 0]]
    assert _normalized("0.9.1", "ClipElementWiseAbsoluteValue", [3, 4], -1) == [[1, 1], [1, 1]]
    clipped = {
        **PAIR,
        "updater": SGD,
        "gradient_normalization": "ClipElementWiseAbsoluteValue",
        "gradient_normalization_threshold": 0.0,
    }
    network = opened(
        "1.0.0-M2.1", [{**clipped, "gradient_normalization_threshold": 1.0}, clipped], {"mini_batch": True}
    )
    gradients = gradients_of(network, {"0_W": [8.0, 2.0], "1_W": [8.0, 8.0]})
    with pytest.raises(Dl4jError, match="clipbyvalue") as error:
        network.update(gradients, 0, 0, 4)
    assert error.value.kind == "RuntimeException"
    # Divided and, in the first layer, clipped; not updated.
    assert values(gradients.flat)["0_W"] == [1.0, 0.5]
    assert values(gradients.flat)["1_W"] == [2.0, 2.0]


@BOTH
def test_the_norm_of_one_element_is_the_root_of_its_square(version: str) -> None:
    layer = {"n_in": 1, "n_out": 1, "updater": NO_OP, "gradient_normalization": "ClipL2PerParamType"}
    assert update(opened(version, [layer]), {"0_W": [1e200]})["0_W"] == [0.0]


def test_the_norm_of_a_slice_depends_on_where_it_begins() -> None:
    """In 0.9.1 lanes begin at a multiple of 16 bytes: the same gradient has another norm behind another layer."""
    normal = {"n_in": 25, "n_out": 1, "updater": NO_OP, "gradient_normalization": "RenormalizeL2PerParamType"}
    weights = [math.sqrt(i + 0.3) for i in range(25)]
    seen = {}
    for version in ("0.9.1", "1.0.0-M2.1"):
        alone = update(opened(version, [normal]), {"0_W": weights})["0_W"]
        behind = update(opened(version, [{"n_in": 2, "n_out": 1, "updater": NO_OP}, normal]), {"1_W": weights})["1_W"]
        seen[version] = alone == behind
    assert seen["1.0.0-M2.1"]
    assert not seen["0.9.1"]


@BOTH
def test_external_gradients_are_updated_in_their_own_array(version: str) -> None:
    """A layer's strategy works on the own view, a parameter type's on the arrays by key, which a map does not share."""
    for strategy, hit in (("ClipElementWiseAbsoluteValue", "own"), ("RenormalizeL2PerParamType", "named")):
        layer = {**PAIR, "updater": {"type": "NoOp"}, "gradient_normalization": strategy}
        network = opened(version, [layer], {"mini_batch": True})
        zeros = {"0_b": [0.0, 0.0]}
        for form in (GradientForm.FLAT, GradientForm.MAP):
            gradients = network.gradients(form, {"0_W": [6.0, 8.0], **zeros}, {"0_W": [3.0, 4.0], **zeros})
            network.update(gradients, 0, 0, 2)
            own = [1.0, 1.0] if hit == "own" else [3.0, 4.0]
            assert values(gradients.own)["0_W"] == own
            divided = [3.0, 4.0]
            if hit == "named" and form is GradientForm.FLAT:
                divided = [0.3, 0.4] if version == "0.9.1" else [0.6, 0.8]
            assert values(gradients.flat)["0_W"] == divided


@BOTH
@pytest.mark.parametrize(("batch_size", "expected"), [(0, [INF, -INF]), (4, [0.25, -0.5])])
def test_division_by_any_batch_size(version: str, batch_size: int, expected: list[float]) -> None:
    network = opened(version, [{**PAIR, "updater": NO_OP}], {"mini_batch": True})
    assert update(network, {"0_W": [1.0, -2.0]}, batch_size=batch_size)["0_W"] == expected


@BOTH
@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ({"n_in": 1, "n_out": 0}, r"layers\[0\]\.n_out: must be at least 1"),
        ({"n_in": 0, "n_out": 1}, r"layers\[0\]\.n_in: must be at least 1"),
        ({**PAIR, "type": "lstm"}, r"layers\[0\]\.type: must be one of dense"),
        ({**PAIR, "learnig_rate": 0.1}, r"layers\[0\]\.learnig_rate: unknown key"),
        ({**PAIR, "updater": {"type": "Lion"}}, r"layers\[0\]\.updater\.type: must be one of Sgd"),
        ({**PAIR, "updater": {"type": "Adam", "beta3": 0.1}}, r"layers\[0\]\.updater\.beta3: unknown key"),
        ({**PAIR, "updater": 7}, r"layers\[0\]\.updater: must be"),
    ],
)
def test_descriptions_that_are_none(version: str, layer: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        opened(version, [layer])


def test_a_class_that_0_9_1_lacks_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"0\.9\.1 has no AMSGrad"):
        opened("0.9.1", [{**PAIR, "updater": {"type": "AMSGrad"}}])
