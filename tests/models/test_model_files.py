"""Reading and writing DL4J's model files: against what the real DL4J wrote, and did next."""

from __future__ import annotations

import copy
import io
import json
import math
import struct
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dl4j_backends.model_files import (
    Model,
    ModelFileError,
    Trained,
    after_training,
    read_array,
    read_model,
    write_array,
    write_model,
)
from dl4j_backends.model_files.archive import Archive
from dl4j_backends.numpy import NumpyBackend
from dl4j_conformance.cases.case import Case
from dl4j_conformance.execution.oracle_backend import OracleBackend, state_blocks
from dl4j_conformance.execution.outcome import by_key
from dl4j_conformance.vectors.training_run import read_training_run
from models.draw_models import NAMES as DRAWN
from models.draw_models import lines_of
from models.write_models import DATA, SELECTED, YAML, problems

#: What ND4J 0.8.0 wrote of [[1, 2, 3], [4, 5, 6]] in both orders, of its second row, of the transposed matrices, of a
#: scalar and of the row in float64.
_WRITTEN = {
    "c": (
        [[1, 2, 3], [4, 5, 6]],
        "00074a415641435050000000080003494e54000000020000000200000003000000030000000100000000000000010000006300074a415641"
        "435050000000060005464c4f41543f80000040000000404000004080000040a0000040c00000",
    ),
    "f": (
        [[1, 4], [2, 5], [3, 6]],
        "00074a415641435050000000080003494e54000000020000000300000002000000010000000300000000000000010000006600074a415641"
        "435050000000060005464c4f41543f80000040000000404000004080000040a0000040c00000",
    ),
}
_ROW = (
    "00074a415641435050000000080003494e54000000020000000100000003000000010000000100000000000000010000006300074a41564143"
    "5050000000030005464c4f41544080000040a0000040c00000"
)


@pytest.mark.parametrize("order", ["c", "f"])
def test_arrays_as_nd4j_writes_them(order: Any) -> None:
    values, written = _WRITTEN[order]
    array = read_array(bytes.fromhex(written))
    assert array.dtype == np.float32
    assert array.tolist() == values
    assert array.flags.c_contiguous is (order == "c")
    assert write_array(array, order).hex() == written


def test_a_vector_is_a_row() -> None:
    assert write_array(np.array([4, 5, 6], np.float32)).hex() == _ROW
    assert read_array(bytes.fromhex(_ROW)).shape == (1, 3)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("order", ["c", "f"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1), (3, 4), (2, 3, 4), (2, 1, 3, 2)])
def test_arrays_come_back_with_every_bit(shape: tuple[int, ...], order: Any, dtype: str) -> None:
    bits = np.random.default_rng(3).integers(0, 256, (math.prod(shape), np.dtype(dtype).itemsize), np.uint8)
    array = np.frombuffer(bits.tobytes(), dtype).reshape(shape)
    read = read_array(write_array(array, order))
    assert (read.shape, read.dtype) == (array.shape, array.dtype)
    assert read.tobytes() == array.tobytes()


@pytest.mark.parametrize("mode", ["HEAP", "DIRECT"])
def test_other_allocation_modes(mode: str) -> None:
    written = write_array(np.ones(3)).replace(b"\x00\x07JAVACPP", struct.pack(">H", len(mode)) + mode.encode())
    assert read_array(written).tolist() == [[1, 1, 1]]


def test_a_view_of_a_longer_buffer() -> None:
    """As a shape with an offset and steps says it."""
    shape = struct.pack(">8i", 2, 1, 2, 9, 2, 1, 2, ord("c"))
    written = bytearray(write_array(np.arange(5.0)))
    written[18:50] = shape
    assert read_array(bytes(written)).tolist() == [[1, 3]]


@pytest.mark.parametrize("array", [np.ones(3, np.int32), np.ones(3, np.float16), np.ones(0)])
def test_arrays_that_are_not_written(array: Any) -> None:
    with pytest.raises(ValueError, match=r"DL4J's arrays are|no arrays without elements"):
        write_array(array)


@pytest.mark.parametrize("backend", [OracleBackend(), NumpyBackend()], ids=["oracle", "numpy"])
@pytest.mark.parametrize("name", [*SELECTED, *DRAWN])
def test_the_next_updates_have_dl4j_s_bits(name: str, backend: Any) -> None:
    assert list(problems(DATA / f"{name}.zip", backend)) == []


def test_older_versions_compile_fewer_lines() -> None:
    program = "a\nb // since 0.7.1\n// since 0.8.0:\nc\nd\n// end\ne"
    assert list(lines_of(program, "0.6.0")) == ["a", "e"]
    assert list(lines_of(program, "0.7.1")) == ["a", "b // since 0.7.1", "e"]
    assert list(lines_of(program, "0.8.0")) == ["a", "b // since 0.7.1", "c", "d", "e"]


def test_zero_padding_has_no_parameters(tmp_path: Path) -> None:
    """DL4J writes it, and cannot read it."""
    data = copy.deepcopy(dict(read_model(DATA / "updater-adam-epsilon-0.zip").data))
    padding = {**data["confs"][0], "layer": {"zeroPadding": {"padding": [1, 1, 1, 1]}}, "variables": []}
    data["confs"].insert(0, padding)
    path = tmp_path / "configuration.json"
    path.write_text(json.dumps(data))
    network = read_model(path).network
    assert network.layers[0] == {"type": "activation"}
    assert sorted(network.params) == ["1_W", "1_b", "2_W", "2_b"]


@pytest.mark.parametrize("name", [*SELECTED, *DRAWN])
def test_a_model_is_written_as_it_was_read(name: str, tmp_path: Path) -> None:
    """Array for array with the same bytes, and a configuration of the same content."""
    path = tmp_path / "again.zip"
    model = read_model(DATA / f"{name}.zip")
    path.write_bytes(write_model(model))
    with (DATA / f"{name}.zip").open("rb") as file, path.open("rb") as other:
        old, new = Archive(file), Archive(other)
        assert sorted(old.names) == sorted(new.names)
        assert all(old.read(entry) == new.read(entry) for entry in old.names if entry.endswith(".bin"))
        assert json.loads(old.read("configuration.json")) == json.loads(new.read("configuration.json"))
    assert repr(read_model(path).configuration) == repr(model.configuration)


@pytest.mark.parametrize("name", YAML)
def test_yaml_says_the_same(name: str) -> None:
    pytest.importorskip("yaml")
    found, wanted = read_model(DATA / f"{name}.yaml").configuration, read_model(DATA / f"{name}.zip").configuration
    assert (found.conf, found.layers, found.vertices, found.topology) == (
        wanted.conf,
        wanted.layers,
        wanted.vertices,
        wanted.topology,
    )


@pytest.mark.parametrize("name", SELECTED)
def test_the_layout_of_the_state_is_the_oracle_s(name: str) -> None:
    model = read_model(DATA / f"{name}.zip")
    network = model.network
    blocks = state_blocks(Case("layout", network, ()))
    wanted = [(network.key(block.layer, block.parameter), block.name, block.length) for block in blocks]
    assert [(part.key, part.name, part.length) for part in model.state_layout] == wanted


def _changed(change: Callable[[Any], None], tmp_path: Path, name: str = "policy-sigmoid") -> Model:
    """Return the configuration of a model with a change, without its arrays."""
    with zipfile.ZipFile(DATA / f"{name}.zip") as archive:
        data = json.loads(archive.read("configuration.json"))
    change(data)
    path = tmp_path / "configuration.json"
    path.write_text(json.dumps(data))
    return read_model(path)


def _layer(data: Any) -> Any:
    (layer,) = data["confs"][0]["layer"].values()
    return layer


@pytest.mark.parametrize(("said", "wanted"), [("NaN", "NaN"), (0.0, 0.0), (None, 0.0), ("1e-3", 1e-3)])
def test_epsilon_unset_and_0_are_told_apart(said: Any, wanted: Any, tmp_path: Path) -> None:
    """A file is not built: what is unset stays so, and what is absent or null is Java's 0."""

    def change(data: Any) -> None:
        _layer(data).update(updater="ADAM", epsilon=said, adamMeanDecay=0.9, adamVarDecay=0.999)

    model = _changed(change, tmp_path)
    assert model.configuration.layers[0]["epsilon"] == wanted
    assert model.configuration.conf.get("built", False) is (wanted == "NaN")


def test_an_absent_epsilon_is_0(tmp_path: Path) -> None:
    def change(data: Any) -> None:
        _layer(data).update(updater="RMSPROP", rmsDecay=0.9)
        del _layer(data)["epsilon"]

    assert _changed(change, tmp_path).configuration.layers[0]["epsilon"] == 0.0


def test_variables_that_are_not_registered_have_the_layer_s_rates(tmp_path: Path) -> None:
    """As in a configuration that was written before a network was made of it."""

    def change(data: Any) -> None:
        for conf in data["confs"]:
            conf.update(variables=[], learningRateByParam={}, l1ByParam={}, l2ByParam={})

    assert "learning_rate_by_param" not in _changed(change, tmp_path).configuration.layers[0]


def test_what_the_update_does_not_depend_on_is_passed_over(tmp_path: Path) -> None:
    def change(data: Any) -> None:
        _layer(data).update(activationFn={"new": {}}, dropOut="much", weightInit=7, unheardOf=[1])
        data["inputPreProcessors"] = {"0": {"unheardOf": {}}}

    wanted = read_model(DATA / "policy-sigmoid.zip").configuration
    assert _changed(change, tmp_path).configuration.layers == wanted.layers


def test_null_is_java_s_zero(tmp_path: Path) -> None:
    def change(data: Any) -> None:
        data["confs"][0].update(useRegularization=None, pretrain=None)
        data["iterationCount"] = None

    model = _changed(change, tmp_path)
    assert model.network.conf.get("iteration_count", 0) == 0
    assert not model.network.conf.get("use_regularization", False)


def test_a_configuration_alone_has_zeros_and_a_new_state(tmp_path: Path) -> None:
    network = _changed(lambda data: None, tmp_path).network
    assert not any(array.any() for array in network.params.values())
    assert not network.has_state


def test_a_configuration_with_more_parameters_than_zeros_are_made(tmp_path: Path) -> None:
    def change(data: Any) -> None:
        _layer(data)["nin"] = 1 << 30

    model = _changed(change, tmp_path)
    with pytest.raises(ModelFileError, match="zeros are made"):
        _ = model.network


def test_a_model_without_parameters_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="without parameters is not saved"):
        write_model(_changed(lambda data: None, tmp_path))


def test_nothing_else_in_an_archive_is_read(tmp_path: Path) -> None:
    """Normalizers are Java objects: they stay where they are."""
    path = tmp_path / "model.zip"
    path.write_bytes((DATA / "policy-sigmoid.zip").read_bytes())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("normalizer.bin", b"\xac\xed\x00\x05 whatever")
    assert read_model(path).params is not None


#: DL4J restores a center loss in Java 8 alone: the oracle restores as it does in later ones.
_RESTORED = [name for name in SELECTED if name != "layer-center-loss"]


@pytest.mark.parametrize("name", _RESTORED)
def test_a_model_that_was_trained_on_goes_on_as_a_restored_one(name: str, tmp_path: Path) -> None:
    """Five of DL4J's next updates, then a file, then the others: as `restore` of the oracle has them."""
    model = read_model(DATA / f"{name}.zip")
    run = read_training_run(DATA / f"{name}.jsonl.gz", model.network)
    session = OracleBackend().open(run.network)
    for iteration in run.iterations[:5]:
        update = iteration.update
        seen = session.train(update.gradients, update.iteration, update.batch_size)
    trained = Trained(seen.params, seen.state, seen.learning_rates, seen.momentum, update.iteration + 1)
    path = tmp_path / "trained.zip"
    path.write_bytes(write_model(after_training(model, trained)))
    read = read_model(path)
    assert read.network.conf["iteration_count"] == update.iteration + 1
    from_file = OracleBackend().open(replace(read.network, gradient_view=True))
    restored = session.restore(with_updater=True)
    for iteration in run.iterations[5:]:
        update = iteration.update
        found, wanted = (
            by_key(one.train(update.gradients, update.iteration, update.batch_size)) for one in (from_file, restored)
        )
        assert found.keys() == wanted.keys()
        for key in wanted:
            assert np.asarray(found[key]).tobytes() == np.asarray(wanted[key]).tobytes(), key


def test_a_configuration_that_was_never_a_network_registers_its_variables(tmp_path: Path) -> None:
    def change(data: Any) -> None:
        for conf in data["confs"]:
            conf.update(variables=[], learningRateByParam={}, l1ByParam={}, l2ByParam={}, useRegularization=True)
            for layer in conf["layer"].values():
                layer["l2"] = 0.5

    model = _changed(change, tmp_path)
    params = {part.key: np.ones(part.length, "float32") for part in model.parameters}
    rates = {part.key: 0.25 for part in model.parameters}
    after = after_training(model, Trained(params, None, rates, {}, 3))
    assert after.data["confs"][0]["variables"] == ["W", "b"]
    assert after.data["confs"][0]["l2ByParam"] == {"W": 0.5, "b": 0.0}
    assert after.data["confs"][0]["learningRateByParam"] == {"W": 0.25, "b": 0.25}


def test_the_written_archive_says_nothing_of_when_it_was_written() -> None:
    model = read_model(DATA / "frozen.zip")
    assert write_model(model) == write_model(model)
    with zipfile.ZipFile(io.BytesIO(write_model(model))) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
