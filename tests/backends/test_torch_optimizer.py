"""``Dl4jOptimizer``: DL4J's bits in torch's training loops, and an optimiser like any other."""

from __future__ import annotations

import copy
import gzip
import io
import json
import pickle
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

import dl4j_fixtures
from dl4j_backends.bits import from_hex
from dl4j_backends.interface import Network
from dl4j_backends.numpy import NumpyBackend
from dl4j_conformance.cases.case import UPDATERS
from toolchains import required_module

torch = required_module("torch", "torch")

from test_torch_backend import Seen  # noqa: E402

from dl4j_backends.torch.nd4j import TorchNd4j  # noqa: E402
from dl4j_backends.torch.optimizer import Dl4jOptimizer  # noqa: E402

POLICIES: list[dict[str, Any]] = [
    {},
    {"lr_policy": "Exponential", "lr_policy_decay_rate": 0.9},
    {"lr_policy": "Step", "lr_policy_decay_rate": 0.5, "lr_policy_steps": 2},
    {"lr_policy": "Schedule", "learning_rate_schedule": {1: 0.5, 3: 0.25}},
]
LAYERS: list[dict[str, Any]] = [
    {"l1": 0.01, "l2": 0.1, "l1_bias": 0.2, "bias_learning_rate": 0.3, "gradient_normalization": "ClipL2PerLayer"},
    {"learning_rate": 0.7, "momentum_schedule": {2: 0.5}, "gradient_normalization": "RenormalizeL2PerParamType"},
    {"gradient_normalization": "ClipElementWiseAbsoluteValue", "gradient_normalization_threshold": 0.3},
]
SIZES = [(4, 7), (7, 3), (3, 1)]


def model(dtype: Any = None) -> Any:
    torch.manual_seed(1)
    layers = [torch.nn.Linear(n_in, n_out, dtype=dtype or torch.float32) for n_in, n_out in SIZES]
    return torch.nn.Sequential(layers[0], torch.nn.Tanh(), layers[1], torch.nn.Tanh(), layers[2])


def linear(net: Any) -> list[Any]:
    return [layer for layer in net if isinstance(layer, torch.nn.Linear)]


def optimizer(net: Any, updater: str, **settings: Any) -> Dl4jOptimizer:
    groups = [{"params": list(layer.parameters()), **own} for layer, own in zip(linear(net), LAYERS, strict=True)]
    return Dl4jOptimizer(groups, **{"updater": updater, "rho": 0.9, "use_regularization": True, **settings})


def train(net: Any, optimiser: Dl4jOptimizer, iterations: range, listen: Callable[[], None] = lambda: None) -> None:
    for iteration in iterations:
        inputs = torch.sin(torch.arange(20.0, dtype=next(net.parameters()).dtype) + iteration).view(5, 4)
        optimiser.zero_grad()
        (net(inputs) - 1).square().sum().backward()
        listen()
        optimiser.step(batch_size=5)


def values(net: Any) -> list[Any]:
    return [p.detach().clone() for p in net.parameters()]


def assert_same(ours: list[Any], theirs: list[Any]) -> None:
    for x, y in zip(ours, theirs, strict=True):
        assert torch.equal(x, y)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("conf", POLICIES, ids=lambda conf: conf.get("lr_policy", "None"))
@pytest.mark.parametrize("updater", UPDATERS)
def test_training_takes_the_numpy_backends_steps(updater: str, conf: Mapping[str, Any], dtype: str) -> None:
    """The network is trained by torch's gradients, and the backend is given them too."""
    net = model(getattr(torch, dtype))
    optimiser = optimizer(net, updater, **conf)
    named = {
        f"{i}_{name}": p
        for i, layer in enumerate(linear(net))
        for name, p in zip("Wb", layer.parameters(), strict=True)
    }
    settings = {"updater": updater, "rho": 0.9, "use_regularization": True, **conf}
    layers = [{"n_in": n_in, "n_out": n_out, **own} for (n_in, n_out), own in zip(SIZES, LAYERS, strict=True)]
    params = {key: p.detach().numpy().ravel().copy() for key, p in named.items()}
    session = NumpyBackend().open(Network(dtype, settings, layers, params))
    gradients: dict[str, Any] = {}

    def listen() -> None:
        gradients.update({key: p.grad.numpy().ravel().copy() for key, p in named.items()})

    for iteration in range(5):
        train(net, optimiser, range(iteration, iteration + 1), listen)
        before = {key: p.grad.numpy().ravel() for key, p in named.items()}
        for key, gradient in gradients.items():
            np.testing.assert_array_equal(before[key], gradient, "a gradient stays as it is")
        seen = session.iterate(gradients, 1.0, 5)
        for key, p in named.items():
            np.testing.assert_array_equal(p.detach().numpy().ravel(), seen.params[key], f"{key}, {iteration}")


@pytest.fixture
def on_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps are kernels, in Triton's interpreter."""
    required_module("triton", "torch")
    from dl4j_backends.torch.launches import KernelExecution, interpreted

    kernels = interpreted()
    execution = lambda device, dtype, target: KernelExecution(TorchNd4j(dtype, device), kernels, target)  # noqa: E731
    monkeypatch.setattr("dl4j_backends.torch.optimizer.execution_on", execution)


@pytest.mark.parametrize("updater", UPDATERS)
def test_kernels_move_parameters_as_operations_do(updater: str, request: Any) -> None:
    """What a GPU does, in Triton's interpreter."""
    net, twin = model(), model()
    train(net, optimizer(net, updater), range(3))
    request.getfixturevalue("on_kernels")
    train(twin, optimizer(twin, updater), range(3))
    assert_same(values(twin), values(net))


def train_by_graph(net: Any, optimiser: Dl4jOptimizer, iterations: range) -> None:
    """One step to warm up; then only its launches again, as a graph replays them, after what is sent before each."""
    train(net, optimiser, iterations[:1])
    (execution,) = optimiser._executions.values()
    captured = execution._launches
    take_step, optimiser.step = optimiser.step, optimiser.send
    for iteration in iterations[1:]:
        train(net, optimiser, range(iteration, iteration + 1))
        for launch in captured:
            launch()
    optimiser.step = take_step


@pytest.mark.parametrize("conf", POLICIES, ids=lambda conf: conf.get("lr_policy", "None"))
@pytest.mark.parametrize("updater", UPDATERS)
def test_captured_launches_take_every_step(updater: str, conf: Mapping[str, Any], request: Any) -> None:
    """Adam's factor, rates that decay and momenta that are scheduled are in tables."""
    net, twin = model(), model()
    train(net, optimizer(net, updater, **conf), range(4))
    request.getfixturevalue("on_kernels")
    train_by_graph(twin, optimizer(twin, updater, **conf), range(4))
    assert_same(values(twin), values(net))


@pytest.mark.usefixtures("on_kernels")
def test_captured_launches_are_of_no_use_when_nothing_is_sent() -> None:
    """Their scalars are those of the step before."""
    net, twin = model(), model()
    optimiser, other = optimizer(net, "ADAM"), optimizer(twin, "ADAM")
    for trained, its in ((net, optimiser), (twin, other)):
        train(trained, its, range(1))
    optimiser.step(batch_size=5)
    other.launch()
    assert not all(map(torch.equal, values(net), values(twin)))


@pytest.mark.usefixtures("on_kernels")
def test_a_step_of_other_launches_is_said() -> None:
    net, twin = model(), model()
    optimiser, other = optimizer(net, "SGD"), optimizer(twin, "SGD")
    for trained, its in ((net, optimiser), (twin, other)):
        train(trained, its, range(1))
        trained[0].bias.grad = None
    optimiser.step(batch_size=5)
    with pytest.raises(RuntimeError, match="other launches"):
        other.send(batch_size=5)
    other.launch()
    assert_same(values(twin), values(net))


@pytest.mark.usefixtures("on_kernels")
def test_gradients_that_are_normalised_stay_without_a_copy() -> None:
    net = model()
    optimiser = optimizer(net, "SGD")
    train(net, optimiser, range(1))
    before = [p.grad.clone() for p in net.parameters()]
    with Seen() as seen:
        optimiser.step(batch_size=5)
    assert_same([p.grad for p in net.parameters()], before)
    assert "clone" not in seen.names


def test_there_is_nothing_to_capture_on_the_cpu() -> None:
    net = model()
    optimiser = optimizer(net, "SGD")
    with pytest.raises(RuntimeError, match="take a step first"):
        optimiser.launch()
    train(net, optimiser, range(1))
    for attempt in (optimiser.send, optimiser.launch):
        with pytest.raises(RuntimeError, match="nothing to capture"):
            attempt()


@pytest.mark.usefixtures("on_kernels")
def test_gradients_in_pieces_cannot_be_captured() -> None:
    p = torch.nn.Parameter(torch.ones(2, 3))
    p.grad = torch.ones(3, 2).t()
    optimiser = Dl4jOptimizer([p])
    optimiser.step()
    with pytest.raises(RuntimeError, match="contiguous"):
        optimiser.send()


def test_it_takes_the_steps_of_a_recorded_run_of_dl4j() -> None:
    """Iris, 60 iterations: Adam, L2, clipping, a schedule. Gradients are DL4J's, parameters are to be."""
    (trace,) = dl4j_fixtures.traces()
    with gzip.open(trace, "rt") as file:
        header, *iterations = map(json.loads, file)
    network = header["network"]

    def recorded(entry: Mapping[str, Any]) -> dict[str, Any]:
        shapes = {"W": (1, -1), "b": (-1,)}
        return {key: torch.from_numpy(from_hex(x, "float32")).view(shapes[key[-1]]) for key, x in entry.items()}

    params = {key: torch.nn.Parameter(x) for key, x in recorded(network["params"]).items()}
    names = ("learning_rate", "gradient_normalization", "gradient_normalization_threshold", "l2")
    groups = [
        {"params": [params[f"{i}_W"], params[f"{i}_b"]], **{name: layer[name] for name in names}}
        for i, layer in enumerate(network["layers"])
    ]
    schedule = network["conf"]["learning_rate_schedule"]
    optimiser = Dl4jOptimizer(
        groups, updater="ADAM", use_regularization=True, lr_policy="Schedule", learning_rate_schedule=schedule
    )
    for iteration in iterations:
        for key, gradient in recorded(iteration["gradients"]).items():
            params[key].grad = gradient
        optimiser.step(batch_size=iteration["batch_size"])
        assert_same(list(params.values()), list(recorded(iteration["params"]).values()))


def _by_state_dict(net: Any, optimiser: Dl4jOptimizer) -> tuple[Any, Dl4jOptimizer]:
    file = io.BytesIO()
    torch.save({"net": net.state_dict(), "optimizer": optimiser.state_dict()}, file)
    file.seek(0)
    saved = torch.load(file, weights_only=True)
    twin = model()
    other = optimizer(twin, optimiser.param_groups[0]["conf"]["updater"])
    twin.load_state_dict(saved["net"])
    other.load_state_dict(saved["optimizer"])
    return twin, other


def _by_copy(net: Any, optimiser: Dl4jOptimizer) -> tuple[Any, Dl4jOptimizer]:
    return copy.deepcopy((net, optimiser))


def _by_pickle(net: Any, optimiser: Dl4jOptimizer) -> tuple[Any, Dl4jOptimizer]:
    twin, other = pickle.loads(pickle.dumps((net, optimiser)))  # noqa: S301 - our own
    return twin, other


@pytest.mark.parametrize("again", [_by_state_dict, _by_copy, _by_pickle])
@pytest.mark.parametrize("updater", UPDATERS)
@pytest.mark.parametrize("before", [0, 1, 3])
def test_it_goes_on_bit_for_bit(again: Any, updater: str, before: int) -> None:
    net = model()
    optimiser = optimizer(net, updater, lr_policy="Exponential", lr_policy_decay_rate=0.8)
    train(net, optimiser, range(before))
    twin, other = again(net, optimiser)
    train(net, optimiser, range(before, before + 3))
    train(twin, other, range(before, before + 3))
    assert_same(values(twin), values(net))


SHAPES = [(7, 4), (4,), (8, 8), (3, 2), (5,)]


def alone(updater: str, dtype: Any, **settings: Any) -> tuple[list[Any], Dl4jOptimizer]:
    """Return parameters of one group without a norm or a policy, and their optimizer."""
    torch.manual_seed(3)
    parameters = [torch.nn.Parameter(torch.randn(shape, dtype=dtype)) for shape in SHAPES]
    settings = {"rho": 0.9, "bias_learning_rate": 0.3, "l1": 0.01, "l2": 0.1, "use_regularization": True, **settings}
    return parameters, Dl4jOptimizer(parameters, updater=updater, **settings)


def give(parameters: list[Any], step: int) -> None:
    """Give new gradients: at step 3 one is missing, at step 5 one is not contiguous."""
    torch.manual_seed(step)
    for number, p in enumerate(parameters):
        fresh = torch.randn(p.shape, dtype=p.dtype)
        p.grad = None if (step, number) == (3, 1) else fresh
    if step == 5:
        parameters[0].grad = torch.randn(4, 7, dtype=parameters[0].dtype).t()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("updater", UPDATERS)
def test_parameters_are_taken_together_with_the_bits_of_each(
    updater: str, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    required_module("numba", "torch")
    from dl4j_backends.torch.compiled_loops import LoopsTogether

    seen: list[int] = []
    update = LoopsTogether.update

    def counted(self: Any, gradients: Any, iteration: int) -> None:
        seen.append(iteration)
        update(self, gradients, iteration)

    monkeypatch.setattr(LoopsTogether, "update", counted)
    together, optimiser = alone(updater, getattr(torch, dtype))
    each, other = alone(updater, getattr(torch, dtype))
    for step in range(8):
        size = 3 if step in (4, 6) else 1
        give(together, step)
        give(each, step)
        optimiser.step(batch_size=size)
        with monkeypatch.context() as patch:
            patch.setattr("dl4j_backends.engine.layer.Layer.is_steady", False)
            other.step(batch_size=size)
        assert_same([p.detach() for p in together], [p.detach() for p in each])
        for p, q in zip(together, each, strict=True):
            assert_same(optimiser.state[p]["state"], other.state[q]["state"])
    assert seen == ([] if updater == "NESTEROVS" else [1, 2, 6, 7])


def test_gradients_are_read_where_they_lie_at_each_step() -> None:
    """Some stay in their memory with new values, some move, and some come back."""
    required_module("numba", "torch")
    p, other = torch.nn.Parameter(torch.zeros(3)), torch.nn.Parameter(torch.zeros(2))
    optimiser = Dl4jOptimizer([p, other], updater="SGD", learning_rate=1.0)
    first, second, constant = torch.tensor([1.0, 2.0, 4.0]), torch.tensor([8.0, 16.0, 32.0]), torch.ones(2)
    other.grad = constant
    for gradient in (first, first, second, first):
        p.grad = gradient
        optimiser.step()
    first *= 64
    constant *= 2
    optimiser.step()
    assert p.tolist() == [-(3 + 8 + 64), -(6 + 16 + 128), -(12 + 32 + 256)]
    assert other.tolist() == [-6, -6]


def test_zeros_of_both_signs_are_other_numbers() -> None:
    """Weights and biases that differ in nothing else are not gone through together."""
    required_module("numba", "torch")
    parameters, optimiser = alone("SGD", torch.float32, bias_learning_rate=0.1, l1=0.0, l1_bias=-0.0, l2=0.0)
    for _ in range(2):
        give(parameters, 0)
        optimiser.step()
    (layer,) = optimiser._layers.values()
    assert len(layer.together[1]._groups) == 2  # type: ignore[union-attr]


@pytest.mark.parametrize("updater", UPDATERS)
def test_any_number_of_threads_gives_the_same_bits(updater: str, monkeypatch: pytest.MonkeyPatch) -> None:
    required_module("numba", "torch")
    from dl4j_backends.torch import compiled_loops

    monkeypatch.setattr(compiled_loops, "SHARE", 7)
    monkeypatch.setattr(compiled_loops, "WORTH_THREADS", 20)
    before, found = torch.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            parameters, optimiser = alone(updater, torch.float32)
            for step in range(4):
                give(parameters, step)
                optimiser.step(batch_size=5)
            found.append([p.detach() for p in parameters])
    finally:
        torch.set_num_threads(before)
    assert_same(found[1], found[0])
    assert_same(found[2], found[0])


def test_it_follows_parameters_to_other_memory() -> None:
    """As after ``model.to``: the state stays."""
    net, twin = model(), model()
    optimiser, other = optimizer(net, "NESTEROVS"), optimizer(twin, "NESTEROVS")
    for trained, its in ((net, optimiser), (twin, other)):
        train(trained, its, range(2))
    for p in twin.parameters():
        p.data = p.data.clone()
    for trained, its in ((net, optimiser), (twin, other)):
        train(trained, its, range(2, 4))
    assert_same(values(twin), values(net))


def test_parameters_without_a_gradient_stay() -> None:
    net = model()
    optimiser = optimizer(net, "ADAM")
    before = values(net)
    optimiser.step()
    assert_same(values(net), before)
    net[0].bias.grad = torch.ones(7)
    optimiser.step()
    assert [torch.equal(x, y) for x, y in zip(values(net), before, strict=True)] == [True, False, *[True] * 4]


def test_frozen_layers_stay() -> None:
    net = model()
    optimiser = Dl4jOptimizer(
        [{"params": list(layer.parameters()), "frozen": i == 0} for i, layer in enumerate(linear(net))]
    )
    before = values(net)
    train(net, optimiser, range(1))
    assert [torch.equal(x, y) for x, y in zip(values(net), before, strict=True)] == [True, True, *[False] * 4]


def test_a_layer_can_come_later() -> None:
    """It counts iterations from where the others are: Adam's factor depends on that."""
    first, second = (torch.nn.Parameter(torch.ones(1, 2)) for _ in range(2))
    optimiser = Dl4jOptimizer([first], updater="ADAM")
    first.grad = second.grad = torch.ones(1, 2)
    optimiser.step()
    optimiser.add_param_group({"params": [second], "learning_rate": 0.5})
    optimiser.step()
    assert [group["iteration"] for group in optimiser.param_groups] == [2, 2]
    assert not torch.equal(second, torch.ones(1, 2))


def test_a_closure_gives_the_loss() -> None:
    p = torch.nn.Parameter(torch.tensor([[3.0]]))
    optimiser = Dl4jOptimizer([p], learning_rate=0.5)

    def closure() -> Any:
        optimiser.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    assert optimiser.step(closure).item() == 9.0
    assert p.item() == 0.0


def test_without_division_by_the_minibatch() -> None:
    p = torch.nn.Parameter(torch.tensor([[3.0]]))
    p.grad = torch.ones(1, 1)
    Dl4jOptimizer([p], learning_rate=1.0, mini_batch=False).step(batch_size=4)
    assert p.item() == 2.0


@pytest.mark.parametrize("named", [False, True])
def test_what_is_a_bias(named: bool) -> None:
    """By its name, if it has one: batch normalisation's gamma is none."""
    norm = torch.nn.BatchNorm1d(2)
    for p in norm.parameters():
        p.grad = torch.ones(2)
    given = norm.named_parameters() if named else norm.parameters()
    Dl4jOptimizer(given, learning_rate=1.0, bias_learning_rate=0.5).step()
    # A global bias learning rate is never read in 0.8.0, so the group has to say it.
    assert norm.weight.tolist() == [0.0, 0.0]
    norm = torch.nn.BatchNorm1d(2)
    for p in norm.parameters():
        p.grad = torch.ones(2)
    given = list(norm.named_parameters() if named else norm.parameters())
    Dl4jOptimizer([{"params": given, "bias_learning_rate": 0.5}], learning_rate=1.0).step()
    assert norm.weight.tolist() == ([0.0, 0.0] if named else [0.5, 0.5])
    assert norm.bias.tolist() == [-0.5, -0.5]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lr": 0.1}, "no setting 'lr'"),
        ({"learning_rat": 0.1}, "did you mean 'learning_rate'"),
        ({"updater": "ADAMW"}, "one of SGD, NONE, .*, not 'ADAMW'"),
        ({"updater": "CUSTOM"}, "not 'CUSTOM'"),
        ({"gradient_normalization": "ClipL2"}, "one of None, RenormalizeL2PerLayer"),
        ({"lr_policy": "Cosine"}, "one of None, Exponential"),
        ({"lr_policy": "Step", "lr_policy_decay_rate": 0.5}, "lrPolicySteps"),
        ({"lr_policy": "Score", "lr_policy_decay_rate": 0.5}, "Score"),
    ],
)
def test_settings_that_dl4j_does_not_have(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Dl4jOptimizer([torch.nn.Parameter(torch.ones(1))], **settings)


def test_settings_of_the_network_are_not_a_layers() -> None:
    with pytest.raises(ValueError, match="no setting 'lr_policy'"):
        Dl4jOptimizer([{"params": [torch.nn.Parameter(torch.ones(1))], "lr_policy": "Step"}])


def test_parameters_it_cannot_train() -> None:
    optimiser = Dl4jOptimizer([torch.nn.Parameter(torch.ones(1))])
    with pytest.raises(ValueError, match="float32 or float64, not torch"):
        optimiser.add_param_group({"params": [torch.nn.Parameter(torch.ones(1).half())]})
    with pytest.raises(ValueError, match="contiguous"):
        optimiser.add_param_group({"params": [torch.nn.Parameter(torch.ones(2, 3).t())]})
    with pytest.raises(ValueError, match="two groups"):
        optimiser.add_param_group(
            {"params": [torch.nn.Parameter(torch.ones(1, dtype=t)) for t in (torch.float32, torch.float64)]}
        )
    assert len(optimiser.param_groups) == 1


def test_sparse_gradients_are_refused() -> None:
    embedding = torch.nn.Embedding(4, 2, sparse=True)
    embedding(torch.tensor([1])).sum().backward()
    with pytest.raises(RuntimeError, match="sparse"):
        Dl4jOptimizer(embedding.parameters()).step()
