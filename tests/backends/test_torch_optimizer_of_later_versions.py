"""``Dl4jOptimizer`` of later versions: the bits that the real DL4J recorded, and an optimiser like any other."""

from __future__ import annotations

import copy
import io
import pickle
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

import dl4j_fixtures
from dl4j_backends.blocks.normalization import Gradients
from dl4j_backends.blocks.numpy_operations import numpy_sides
from dl4j_backends.blocks.pipeline import BlockPipeline
from dl4j_backends.blocks.plan import parts_of
from dl4j_backends.blocks.settings import OF_LAYERS, OF_NETWORKS
from dl4j_conformance.cases.values import same_bits
from dl4j_conformance.vectors.block_recording import BlockRecording, read_block_recordings
from dl4j_oracle.blocks import configuration_0_9_1, configuration_1_0_0
from toolchains import required_module

torch = required_module("torch", "torch")

from dl4j_backends.torch import Dl4jOptimizer  # noqa: E402

VERSIONS = ("0.9.1", "1.0.0-M2.1")
NAMES = {"W": "weight", "b": "bias", "g": "gain"}
SIZES = ("type", "n_in", "n_out", "has_layer_norm")
SHAPES = [(4, 7), (7, 3), (3, 1)]


def _recorded(version: str) -> Iterator[BlockRecording]:
    """Yield the recorded networks that an optimizer can have: of dense layers, with gradients in their own view."""
    for recording in read_block_recordings(dl4j_fixtures.recordings(version)[0]):
        network = recording.network
        is_dense = all("type" not in layer for layer in network.layers)
        is_taken = network.conf.get("lr_policy") != "Score" and not any(one.failure for one in recording.recorded)
        if is_dense and is_taken and network.gradient == "own":
            yield recording


def _opened(recording: BlockRecording) -> tuple[Dl4jOptimizer, dict[str, Any]]:
    """Return the optimizer of a recorded network, and its parameters by key."""
    network = recording.network
    params = {key: torch.nn.Parameter(torch.from_numpy(x.copy())) for key, x in network.params.items()}
    groups = []
    for i, layer in enumerate(network.layers):
        own = {name: value for name, value in layer.items() if name not in SIZES}
        named = [(NAMES[key.partition("_")[2]], p) for key, p in params.items() if key.startswith(f"{i}_")]
        groups.append({"params": named, **own})
    return Dl4jOptimizer(groups, dl4j=network.version, **network.conf), params


@pytest.mark.parametrize("version", VERSIONS)
def test_it_takes_the_steps_that_dl4j_recorded(version: str) -> None:
    """Recorded networks keep their parameters: they are put back before each step."""
    count = 0
    for recording in _recorded(version):
        optimizer, params = _opened(recording)
        _assert_recorded(recording, optimizer, params)
        count += 1
    assert count > 20


def _assert_recorded(recording: BlockRecording, optimizer: Dl4jOptimizer, params: Mapping[str, Any]) -> None:
    assert recording.blocks is not None
    for place, wanted in zip(optimizer.blocks(), recording.blocks, strict=True):
        assert place.updater == wanted.updater
        assert place.param_offset_end == wanted.param_offset_end
        assert place.updater_view_offset_end == wanted.updater_view_offset_end
    for step, recorded in zip(recording.steps, recording.recorded, strict=True):
        assert recorded.updates is not None
        for group in optimizer.param_groups:
            group |= {"iteration": step.iteration, "epoch": step.epoch}
        for key, p in params.items():
            p.data.copy_(torch.from_numpy(recording.network.params[key]))
            p.grad = torch.from_numpy(step.gradients[key].copy())
        optimizer.step(batch_size=step.batch_size)
        for key, p in params.items():
            with np.errstate(all="ignore"):
                moved = recording.network.params[key] - recorded.updates[key]
            assert same_bits(moved, p.detach().numpy()).all(), f"{recording.id} {step.iteration} {key}"
            np.testing.assert_array_equal(p.grad.numpy(), step.gradients[key], "a gradient stays as it is")
        state = recorded.state if recorded.state is not None else np.empty(0, recording.network.dtype)
        assert same_bits(state, optimizer.state_view().numpy()).all(), f"{recording.id} {step.iteration} state"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_wrong_order_is_seen(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Divisions by the batch size are left out here, and their place is the end or the beginning."""
    divide, update = BlockPipeline._divide, BlockPipeline.update

    def moved(self: Any, gradients: Gradients, iteration: int, epoch: int, batch_size: int) -> None:
        if version == "0.9.1":
            divide(self, gradients.flat, batch_size)
        update(self, gradients, iteration, epoch, batch_size)
        if version != "0.9.1":
            divide(self, gradients.flat, batch_size)

    monkeypatch.setattr(BlockPipeline, "_divide", lambda *_: None)
    monkeypatch.setattr(BlockPipeline, "update", moved)
    with pytest.raises(AssertionError):
        test_it_takes_the_steps_that_dl4j_recorded(version)


RAMP = {"type": "RampSchedule", "base_schedule": {"type": "FixedSchedule", "value": 0.2}, "num_iter": 4}
BY_EPOCH = {"type": "MapSchedule", "schedule_type": "EPOCH", "values": {0: 0.5, 1: 0.1}}
SETTINGS: list[tuple[str, dict[str, Any], list[dict[str, Any]]]] = [
    (
        "0.9.1",
        {"updater": "ADAM", "use_regularization": True, "lr_policy": "Exponential", "lr_policy_decay_rate": 0.8},
        [{"l2": 0.1, "gradient_normalization": "ClipL2PerLayer"}, {"l1_bias": 0.3}, {"bias_learning_rate": 0.4}],
    ),
    (
        "0.9.1",
        {"updater": {"type": "Nesterovs", "momentum_schedule": {2: 0.5}}, "bias_learning_rate": 0.7},
        [{}, {"momentum": 0.3}, {"updater": {"type": "AdaMax"}, "epsilon": 1e-3}],
    ),
    (
        "1.0.0-M2.1",
        {"updater": {"type": "Adam", "learning_rate": 0.01}, "weight_decay": 0.1},
        [{"l1": 0.1}, {"gradient_normalization": "RenormalizeL2PerParamType"}, {"bias_updater": {"type": "AMSGrad"}}],
    ),
    (
        "1.0.0-M2.1",
        {"updater": {"type": "Nadam", "learning_rate_schedule": RAMP}, "mini_batch": False},
        [
            {"updater": {"type": "Nesterovs", "learning_rate_schedule": BY_EPOCH, "momentum_schedule": BY_EPOCH}},
            {"regularization": [{"type": "L2Regularization", "coefficient": BY_EPOCH}]},
            {},
        ],
    ),
]


def model(dtype: str = "float32") -> Any:
    torch.manual_seed(1)
    layers = [torch.nn.Linear(n_in, n_out, dtype=getattr(torch, dtype)) for n_in, n_out in SHAPES]
    return torch.nn.Sequential(layers[0], torch.nn.Tanh(), layers[1], torch.nn.Tanh(), layers[2])


def made(net: Any, version: str, conf: Mapping[str, Any], layers: list[dict[str, Any]]) -> Dl4jOptimizer:
    groups = [{"params": list(net[2 * i].parameters()), **own} for i, own in enumerate(layers)]
    return Dl4jOptimizer(groups, dl4j=version, **conf)


def train(net: Any, optimizer: Dl4jOptimizer, iterations: range) -> None:
    for iteration in iterations:
        backward(net, optimizer, iteration)
        optimizer.step(batch_size=5)
        optimizer.next_epoch()


def backward(net: Any, optimizer: Dl4jOptimizer, iteration: int) -> None:
    optimizer.zero_grad()
    inputs = torch.sin(torch.arange(20.0, dtype=next(net.parameters()).dtype) + iteration).view(5, 4)
    (net(inputs) - 1).square().sum().backward()


def values(net: Any) -> list[Any]:
    return [p.detach().clone() for p in net.parameters()]


def assert_same(ours: list[Any], theirs: list[Any]) -> None:
    for x, y in zip(ours, theirs, strict=True):
        assert torch.equal(x, y)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("version", "conf", "layers"), SETTINGS)
def test_training_takes_the_numpy_backends_steps(version: str, conf: Any, layers: Any, dtype: str) -> None:
    """The network is trained by torch's gradients, and NumPy's pipeline, on its own weights, is given them too."""
    net = model(dtype)
    optimizer = made(net, version, conf, layers)
    described = [{**own, "n_in": n_in, "n_out": n_out} for own, (n_in, n_out) in zip(layers, SHAPES, strict=True)]
    parts = parts_of(version, described)
    weights = np.concatenate([p.detach().numpy().ravel() for p in net.parameters()])
    views = {part.key: weights[part.start : part.stop] for layer in parts for part in layer}
    pipeline = BlockPipeline(version, conf, described, parts, views, numpy_sides(version, dtype))
    for iteration in range(5):
        backward(net, optimizer, iteration)
        flat = np.concatenate([p.grad.numpy().ravel() for p in net.parameters()])
        pipeline.update(Gradients(flat, flat, pipeline.views(flat)), iteration, iteration, 5)
        weights -= flat
        optimizer.step(batch_size=5)
        optimizer.next_epoch()
        np.testing.assert_array_equal(np.concatenate([p.detach().numpy().ravel() for p in net.parameters()]), weights)
        np.testing.assert_array_equal(optimizer.state_view().numpy(), pipeline.state_view)


def _by_state_dict(net: Any, optimizer: Dl4jOptimizer, settings: Any) -> tuple[Any, Dl4jOptimizer]:
    file = io.BytesIO()
    torch.save({"net": net.state_dict(), "optimizer": optimizer.state_dict()}, file)
    file.seek(0)
    saved = torch.load(file, weights_only=True)
    twin = model()
    other = made(twin, *settings)
    twin.load_state_dict(saved["net"])
    other.load_state_dict(saved["optimizer"])
    return twin, other


def _by_copy(net: Any, optimizer: Dl4jOptimizer, _: Any) -> tuple[Any, Dl4jOptimizer]:
    return copy.deepcopy((net, optimizer))


def _by_pickle(net: Any, optimizer: Dl4jOptimizer, _: Any) -> tuple[Any, Dl4jOptimizer]:
    twin, other = pickle.loads(pickle.dumps((net, optimizer)))  # noqa: S301 - our own
    return twin, other


@pytest.mark.parametrize("again", [_by_state_dict, _by_copy, _by_pickle])
@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("before", [0, 3])
def test_it_goes_on_bit_for_bit(again: Any, settings: Any, before: int) -> None:
    net = model()
    optimizer = made(net, *settings)
    train(net, optimizer, range(before))
    twin, other = again(net, optimizer, settings)
    train(net, optimizer, range(before, before + 3))
    train(twin, other, range(before, before + 3))
    assert_same(values(twin), values(net))
    assert torch.equal(other.state_view(), optimizer.state_view())


def test_weights_that_moved_to_other_memory_are_found() -> None:
    net, twin = model(), model()
    optimizer, other = made(net, *SETTINGS[2]), made(twin, *SETTINGS[2])
    train(net, optimizer, range(2))
    train(twin, other, range(2))
    for p in twin.parameters():
        p.data = p.data.clone()
    train(net, optimizer, range(2, 4))
    train(twin, other, range(2, 4))
    assert_same(values(twin), values(net))


@pytest.mark.parametrize("settings", SETTINGS)
def test_a_parameter_without_a_gradient_stays_with_its_state(settings: Any) -> None:
    net = model()
    optimizer = made(net, *settings)
    train(net, optimizer, range(2))
    backward(net, optimizer, 2)
    still = net[2].weight
    still.grad = None
    before, state = still.detach().clone(), [x.clone() for x in optimizer.state[still]["state"]]
    others = values(net[4])
    optimizer.step(batch_size=5)
    assert torch.equal(still, before)
    assert_same(optimizer.state[still]["state"], state)
    assert not torch.equal(net[4].weight, others[0])


@pytest.mark.parametrize("version", VERSIONS)
def test_blocks_span_groups_and_grow_with_a_new_one(version: str) -> None:
    net, p = model(), torch.nn.Parameter(torch.ones(3))
    optimizer = Dl4jOptimizer(
        [{"params": list(net[0].parameters())}, {"params": list(net[2].parameters())}],
        dl4j=version,
        updater={"type": "Adam"},
    )
    (block,) = optimizer.blocks()
    assert block.params == ("0_W", "0_b", "1_W", "1_b")
    assert len(optimizer.state_view()) == 2 * block.param_offset_end == 2 * (28 + 7 + 21 + 3)
    backward(net, optimizer, 0)
    optimizer.step()
    first = optimizer.state[net[2].weight]["state"][0].clone()
    assert first.abs().sum() > 0
    optimizer.add_param_group({"params": [p]})
    (block,) = optimizer.blocks()
    assert block.params[-1] == "2_b"
    # The first moments of all parameters come before all second moments.
    assert torch.equal(optimizer.state_view()[35 : 35 + 21], first)
    assert optimizer.param_groups[-1]["iteration"] == 1


def test_the_two_later_versions_differ() -> None:
    moved = []
    for version in VERSIONS:
        net = model()
        train(net, Dl4jOptimizer(net.parameters(), dl4j=version, updater={"type": "AdaGrad"}), range(3))
        moved.append(net[0].weight.detach())
    assert not torch.equal(*moved)


def test_the_gradients_of_a_batch_normalization_have_no_penalties() -> None:
    p, other = torch.nn.Parameter(torch.ones(2, 1)), torch.nn.Parameter(torch.ones(2, 1))
    p.grad, other.grad = torch.zeros(2, 1), torch.zeros(2, 1)
    groups = [{"params": [p], "type": "batch_normalization"}, {"params": [other]}]
    Dl4jOptimizer(groups, dl4j="1.0.0-M2.1", l2=0.5, updater={"type": "Sgd", "learning_rate": 1.0}).step()
    assert p.flatten().tolist() == [1, 1]
    assert other.flatten().tolist() == [0.5, 0.5]


PARAMS = [torch.nn.Parameter(torch.ones(2, 2))]


@pytest.mark.parametrize(
    ("version", "conf", "group", "message"),
    [
        ("0.7.0", {}, {}, "dl4j is one of 0.8.0, 0.9.1, 1.0.0-M2.1, not '0.7.0'"),
        ("0.9.1", {"l2": 0.1}, {}, "DL4J 0.9.1 has no setting 'l2' here"),
        ("0.9.1", {}, {"weight_decay": 0.1}, "no setting 'weight_decay' here"),
        ("0.9.1", {"updater": "ADAMW"}, {}, "updater is one of SGD, ADAM"),
        ("0.9.1", {"updater": {"type": "AMSGrad"}}, {}, "updater.type is one of Sgd, Adam, AdaMax"),
        ("0.9.1", {"lr_policy": "Score", "lr_policy_decay_rate": 0.5}, {}, "decide on another policy"),
        ("0.9.1", {"lr_policy": "Inverse", "lr_policy_decay_rate": 0.5}, {}, "DL4J 0.9.1 throws IllegalState"),
        ("0.9.1", {"learning_rate_schedule": {"x": 1}}, {}, "learning_rate_schedule maps counts to numbers"),
        ("0.9.1", {"use_regularization": 1}, {}, "use_regularization is True or False, not 1"),
        ("1.0.0-M2.1", {"updater": "ADAM"}, {}, 'updater of DL4J 1.0.0-M2.1 is an object, such as {"type": "Adam"}'),
        ("1.0.0-M2.1", {"learning_rate": 0.1}, {}, "no setting 'learning_rate' here"),
        ("1.0.0-M2.1", {}, {"gradient_normalisation": "None"}, "did you mean 'gradient_normalization'"),
        ("1.0.0-M2.1", {}, {"type": "auto_encoder"}, "type is one of dense, batch_normalization"),
        ("1.0.0-M2.1", {}, {"updater": {"type": "Adam", "lr": 1}}, "updater Adam has no setting 'lr'"),
        ("1.0.0-M2.1", {}, {"updater": {"type": "Adam", "beta1": True}}, "updater.beta1 is a number, not True"),
        ("1.0.0-M2.1", {}, {"updater": {"type": "Sgd", "learning_rate_schedule": 0.1}}, "is an object, such as"),
        (
            "1.0.0-M2.1",
            {},
            {"updater": {"type": "Sgd", "learning_rate_schedule": {"type": "PolySchedule", "power": 2.0}}},
            "updater.learning_rate_schedule: PolySchedule needs initial_value, max_iter",
        ),
        (
            "1.0.0-M2.1",
            {},
            {"updater": {"type": "Sgd", "learning_rate_schedule": {**BY_EPOCH, "values": {1: 0.5}}}},
            "DL4J 1.0.0-M2.1 throws IllegalArgumentException: Invalid set of values",
        ),
        ("1.0.0-M2.1", {}, {"regularization": [{"type": "WeightDecay", "coefficient": 1}]}, "needs apply_lr"),
        (
            "1.0.0-M2.1",
            {"gradient_normalization": "ClipElementWiseAbsoluteValue"},
            {"gradient_normalization_threshold": 0.0},
            "the threshold must be above 0",
        ),
    ],
)
def test_errors_say_what_dl4j_has(version: str, conf: Any, group: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        Dl4jOptimizer([{"params": PARAMS, **group}], dl4j=version, **conf)


def test_other_errors() -> None:
    later, first = Dl4jOptimizer(PARAMS, dl4j="0.9.1"), Dl4jOptimizer(PARAMS)
    with pytest.raises(ValueError, match=r"of an optimizer of DL4J 0\.9\.1, and not of 0\.8\.0"):
        first.load_state_dict(later.state_dict())
    with pytest.raises(ValueError, match=r"of an optimizer of DL4J 0\.8\.0, and not of 0\.9\.1"):
        later.load_state_dict(first.state_dict())
    for ask in (first.blocks, first.state_view):
        with pytest.raises(RuntimeError, match=r"0\.8\.0 has no blocks"):
            ask()
    for capture in (later.send, later.launch):
        with pytest.raises(RuntimeError, match="nothing to capture"):
            capture()
    with pytest.raises(ValueError, match="one type, on one device: they are one array"):
        Dl4jOptimizer([{"params": PARAMS}, {"params": [torch.nn.Parameter(torch.ones(1).double())]}], dl4j="0.9.1")
    with pytest.raises(ValueError, match="no setting"):
        later.add_param_group({"params": [torch.nn.Parameter(torch.ones(1))], "l3": 1.0})
    assert len(later.param_groups) == 1


@pytest.mark.parametrize(("version", "oracle"), [("0.9.1", configuration_0_9_1), ("1.0.0-M2.1", configuration_1_0_0)])
def test_settings_are_those_that_the_oracle_knows(version: str, oracle: Any) -> None:
    sizes = {"type", "n_in", "n_out", "has_layer_norm", "use_log_std"}
    assert set(OF_NETWORKS[version]) == {field.name for field in fields(oracle.NetworkSettings)}
    assert set(OF_LAYERS[version]) == {field.name for field in fields(oracle.LayerSettings)} - sizes
