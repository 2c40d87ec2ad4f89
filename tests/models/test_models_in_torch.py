"""Saved models go on in torch with the bits of the real DL4J, which made their next ten updates."""

from __future__ import annotations

import copy
import gzip
import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from dl4j_backends.bits import from_hex
from dl4j_backends.model_files.errors import ModelFileError
from dl4j_backends.model_files.model import Model, read_model
from toolchains import required_module

torch: Any = required_module("torch", "torch")

_DATA = Path(__file__).parent / "data"
#: Dl4jOptimizer has no other optimizers and step functions.
_REFUSED = ("algorithm-lbfgs", "step-gradient")
_TRAINED = sorted(path.stem for path in _DATA.glob("*.zip") if path.stem not in _REFUSED)

Tensors = Mapping[str, Any]


def _tensors(model: Model) -> Tensors:
    return {part.key: torch.ones(part.length, dtype=getattr(torch, model.dtype)) for part in model.parameters}


def _updates(name: str) -> Sequence[Mapping[str, Any]]:
    with gzip.open(_DATA / f"{name}.jsonl.gz", "rt") as lines:
        return [json.loads(line) for line in lines]


def _go_on(optimizer: Any, tensors: Tensors, updates: Sequence[Mapping[str, Any]], dtype: str) -> None:
    """Take the recorded gradients, and expect the recorded parameters."""
    for update in updates:
        for key, tensor in tensors.items():
            tensor.grad = torch.from_numpy(from_hex(update["gradients"][key], dtype)).view_as(tensor)
        optimizer.step(batch_size=update["batch_size"])
        for key, tensor in tensors.items():
            expected = from_hex(update["params"][key], dtype)
            assert tensor.numpy().tobytes() == expected.tobytes(), (update["iteration"], key)


def _optimizer(name: str) -> tuple[Any, Tensors]:
    from dl4j_backends.torch import Dl4jOptimizer

    tensors = _tensors(read_model(_DATA / f"{name}.zip"))
    return Dl4jOptimizer.from_dl4j(_DATA / f"{name}.zip", tensors), tensors


@pytest.mark.parametrize("name", _TRAINED)
def test_goes_on_as_dl4j_does(name: str) -> None:
    optimizer, tensors = _optimizer(name)
    _go_on(optimizer, tensors, _updates(name), read_model(_DATA / f"{name}.zip").dtype)


def _saves_all(name: str) -> bool:
    """Return whether DL4J saves everything that updaters remember: not the velocity of NESTEROVS."""
    return all(layer.get("updater") != "NESTEROVS" for layer in read_model(_DATA / f"{name}.zip").network.layers)


@pytest.mark.parametrize("name", [name for name in _TRAINED if _saves_all(name)])
def test_goes_on_after_it_was_saved(name: str, tmp_path: Path) -> None:
    from dl4j_backends.torch import Dl4jOptimizer

    optimizer, tensors = _optimizer(name)
    updates, dtype = _updates(name), read_model(_DATA / f"{name}.zip").dtype
    _go_on(optimizer, tensors, updates[:4], dtype)
    saved = tmp_path / "saved.zip"
    optimizer.save_dl4j(saved)
    again = _tensors(read_model(saved))
    _go_on(Dl4jOptimizer.from_dl4j(saved, again), again, updates[4:], dtype)
    assert [path.name for path in tmp_path.iterdir()] == ["saved.zip"]


def _by_state(optimizer: Any, name: str) -> tuple[Any, Tensors]:
    """Return another optimizer with the state of ``optimizer``, through a file."""
    file = io.BytesIO()
    torch.save(optimizer.state_dict(), file)
    file.seek(0)
    other, tensors = _optimizer(name)
    other.load_state_dict(torch.load(file, weights_only=True))
    return other, tensors


def _by_copy(optimizer: Any, name: str) -> tuple[Any, Tensors]:
    """Return a copy of ``optimizer``."""
    other = copy.deepcopy(optimizer)
    keys = [part.key for part in read_model(_DATA / f"{name}.zip").parameters]
    return other, dict(zip(keys, (p for group in other.param_groups for p in group["params"]), strict=True))


@pytest.mark.parametrize("twin", [_by_state, _by_copy])
@pytest.mark.parametrize("name", ["updater-nesterovs-own", "graph-branches"])
def test_state_goes_with_it(name: str, twin: Callable[[Any, str], tuple[Any, Tensors]], tmp_path: Path) -> None:
    optimizer, tensors = _optimizer(name)
    updates, dtype = _updates(name), read_model(_DATA / f"{name}.zip").dtype
    _go_on(optimizer, tensors, updates[:4], dtype)
    other, others = twin(optimizer, name)
    for key, tensor in others.items():
        tensor.copy_(tensors[key])
    _go_on(other, others, updates[4:], dtype)
    other.save_dl4j(tmp_path / "saved.zip")
    assert read_model(tmp_path / "saved.zip").network.conf["iteration_count"] == updates[-1]["iteration"] + 1


def test_takes_the_parameters_of_a_module_in_their_order() -> None:
    """The bias of a convolution lies before its weights in DL4J, and after them in torch."""
    from dl4j_backends.torch import Dl4jOptimizer

    model = read_model(_DATA / "layer-convolution.zip")
    lengths = {part.key: part.length for part in model.parameters}
    order = ["0_W", "0_b", "3_W", "3_b", "5_W", "5_b"]
    named = [(f"module.{i}", torch.zeros(lengths[key], dtype=torch.float64)) for i, key in enumerate(order)]
    Dl4jOptimizer.from_dl4j(_DATA / "layer-convolution.zip", named)
    assert model.params is not None
    for part in model.parameters:
        assert named[order.index(part.key)][1].numpy().tobytes() == model.params[part.place].tobytes()


@pytest.mark.parametrize("name", _REFUSED)
def test_refuses_models_that_take_other_steps(name: str) -> None:
    with pytest.raises(ValueError, match="Dl4jOptimizer takes the steps of STOCHASTIC_GRADIENT_DESCENT"):
        _optimizer(name)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: {**t, "1_b": torch.zeros(3)}, "1_b has 2 values in the model, and 3 in torch"),
        (
            lambda t: {**t, "0_W": torch.zeros(12, dtype=torch.float64)},
            "0_W is float32 in the model, and torch",
        ),
        (lambda t: {key: t[key] for key in ("0_W", "0_b")}, "parameters that are not given: 1_W, 1_b"),
        (lambda t: {**t, "2_W": torch.zeros(1)}, "the model has no parameters 2_W"),
        (lambda t: {"weight": t["0_W"]}, r"4 parameters \(0_W, 0_b, 1_W, 1_b\), and 1 are given"),
        (lambda t: {**t, "0_W": torch.zeros(4, 6)[:, ::2]}, "0_W is not contiguous"),
    ],
)
def test_refuses_parameters_that_do_not_fit(change: Callable[[Tensors], Tensors], message: str) -> None:
    from dl4j_backends.torch import Dl4jOptimizer

    path = _DATA / "changed-rates.zip"
    with pytest.raises(ValueError, match=message):
        Dl4jOptimizer.from_dl4j(path, change(_tensors(read_model(path))))


def test_a_file_that_is_no_model(tmp_path: Path) -> None:
    from dl4j_backends.torch import Dl4jOptimizer

    (tmp_path / "model.zip").write_bytes(b"PK")
    with pytest.raises(ModelFileError, match=r"model\.zip: is no complete zip"):
        Dl4jOptimizer.from_dl4j(tmp_path / "model.zip", {})


def test_saves_nothing_without_a_model(tmp_path: Path) -> None:
    from dl4j_backends.torch import Dl4jOptimizer

    with pytest.raises(ValueError, match=r"was not made by Dl4jOptimizer\.from_dl4j"):
        Dl4jOptimizer([torch.zeros(2)]).save_dl4j(tmp_path / "model.zip")
    assert not [*tmp_path.iterdir()]
