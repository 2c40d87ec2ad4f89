"""A saved model: its network with parameters and updater state, read from a zip of ``ModelSerializer``, or written."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from dl4j_backends import bounded_file, bounded_json
from dl4j_backends.engine.parameters import ParameterSettings
from dl4j_backends.engine.settings import layer_settings
from dl4j_backends.interface import Floats, Network
from dl4j_backends.model_files import archive, yaml_text
from dl4j_backends.model_files.archive import Archive
from dl4j_backends.model_files.configuration import Configuration, read_configuration
from dl4j_backends.model_files.errors import ModelFileError
from dl4j_backends.model_files.layers import number
from dl4j_backends.model_files.nd4j_array import read_array, write_array

_YAML = (".yaml", ".yml")
#: A configuration alone may describe any number of parameters.
_MOST_ZEROS = 10_000_000


@dataclass(frozen=True)
class Part:
    """A part of a model's vector of parameters, or of its state: of the parameter ``key``, and its place there.

    Of a state also the ``name`` of the array, such as ``m``.
    """

    key: str
    place: slice
    name: str = ""

    @property
    def length(self) -> int:
        """The number of values."""
        return int(self.place.stop - self.place.start)


@dataclass(frozen=True, eq=False)
class Model:
    """A model as it stands in a file.

    ``data`` is its configuration as JSON data. ``params`` is the vector of all parameters, and ``state`` that of all
    updaters: 1-D, float32 or float64. None: the file has none.
    """

    configuration: Configuration
    data: Mapping[str, Any] = field(repr=False)
    params: Floats | None = field(default=None, repr=False)
    state: Floats | None = field(default=None, repr=False)

    @property
    def dtype(self) -> str:
        """``float32`` or ``float64``: the type of the parameters; float32, as DL4J's default is, if there are none."""
        return "float32" if self.params is None else self.params.dtype.name

    @property
    def parameters(self) -> Sequence[Part]:
        """The parts of the vector of parameters, in order: layer by layer, for a graph in topological order."""
        found = self.configuration
        layers = dict(zip(found.names, found.layers, strict=True))
        return _parts(
            (f"{name}_{p.name}", "", p.length)
            for name in found.order
            for p in layer_settings(layers[name], found.conf).parameters
        )

    @property
    def state_layout(self) -> Sequence[Part]:
        """The parts of the updater's state, in order: layer by layer as they were added, parameter by parameter."""
        found = self.configuration
        return _parts(
            (f"{name}_{p.name}", array, p.length)
            for name, layer in zip(found.names, found.layers, strict=True)
            for p in layer_settings(layer, found.conf).parameters
            for array in p.updater.state
        )

    @property
    def network(self) -> Network:
        """The network, with the state of the file, or a new one if it has none. Parameters that it lacks are zeros.

        Raises :class:`ModelFileError` if too many are lacking.
        """
        found = self.configuration
        parts = self.parameters
        params = self.params
        if params is None:
            length = parts[-1].place.stop
            if length > _MOST_ZEROS:
                raise ModelFileError(f"describes {length:,} parameters, and has none: {_MOST_ZEROS:,} zeros are made")
            params = np.zeros(length, self.dtype)
        return Network(
            self.dtype,
            found.conf,
            found.layers,
            {part.key: params[part.place] for part in parts},
            has_state=self.state is not None,
            state=self.state,
            vertices=found.vertices,
            chain=found.chain,
            topology=found.topology,
        )


def _parts(lengths: Iterable[tuple[str, str, int]]) -> list[Part]:
    """Return parts that lie one after the other, from their keys, names and lengths."""
    parts, start = [], 0
    for key, name, length in lengths:
        parts.append(Part(key, slice(start, start + length), name))
        start += length
    return parts


def read_model(path: str | Path) -> Model:
    """Return the model of a zip that ``ModelSerializer`` wrote, or of a ``configuration.json`` or YAML alone.

    Nothing is unpacked, executed or deserialized: the state of ``updater.bin``, which DL4J 0.4 wrote, is not read.
    Raises :class:`ModelFileError`, which names the file, the entry and the place in it.

    Source: ``ModelSerializer.restoreMultiLayerNetwork``, ``restoreComputationGraph``.
    """
    path = Path(path)
    try:
        with bounded_file.open_regular(path) as file:
            if archive.is_archive(file):
                return _of_archive(Archive(file))
            return _of_configuration(_read_text(file), path.suffix.lower() in _YAML)
    except bounded_file.FileError as error:
        raise ModelFileError(f"{path}: {error}") from error
    except ModelFileError as error:
        raise error.within(str(path)) from error


@dataclass(frozen=True, eq=False)
class Trained:
    """The values that training changes in a model: arrays are 1-D, of the model's dtype.

    ``params`` and ``learning_rates`` are by key, ``momentum`` by layer, where NaN is none. ``state`` is the whole view,
    or None if there is none; ``iteration_count`` is the number of the next iteration.
    """

    params: Mapping[str, Floats]
    state: Floats | None
    learning_rates: Mapping[str, float]
    momentum: Mapping[str, float]
    iteration_count: int


def after_training(model: Model, trained: Trained) -> Model:
    """Return a model as it is after training, in the places in which ``ModelSerializer`` saves that.

    Raises ``KeyError`` if a parameter or a rate is missing.
    """
    data = copy.deepcopy(dict(model.data))
    # Its layers are parts of the data.
    found = read_configuration(data)
    for name, layer, described in zip(found.names, found.read, found.layers, strict=True):
        for parameter in layer_settings(described, found.conf).parameters:
            _register(layer.data, parameter, trained.learning_rates[f"{name}_{parameter.name}"])
        momentum = trained.momentum.get(name, math.nan)
        if not math.isnan(momentum):
            layer.data["layer"][layer.file_type]["momentum"] = number(momentum)
    data["iterationCount"] = trained.iteration_count
    params = np.concatenate([trained.params[part.key] for part in model.parameters])
    return Model(read_configuration(data), data, params, trained.state)


def _register(conf: dict[str, Any], parameter: ParameterSettings, learning_rate: float) -> None:
    """Set a parameter's rate in its ``NeuralNetConfiguration``, and the rest as ``addVariable`` does, if need be."""
    if parameter.name not in (variables := conf.get("variables") or []):
        conf["variables"] = [*variables, parameter.name]
        conf["l1ByParam"] = {**(conf.get("l1ByParam") or {}), parameter.name: parameter.l1}
        conf["l2ByParam"] = {**(conf.get("l2ByParam") or {}), parameter.name: parameter.l2}
    conf["learningRateByParam"] = {**(conf.get("learningRateByParam") or {}), parameter.name: number(learning_rate)}


def write_model(model: Model) -> bytes:
    """Return the zip of a model, as ``ModelSerializer.writeModel`` writes it, which DL4J restores.

    Raises ``ValueError`` for a model without parameters.
    """
    if model.params is None:
        raise ValueError("a model without parameters is not saved: DL4J restores none without them")
    entries = {
        archive.CONFIGURATION: json.dumps(model.data, indent=2).encode(),
        archive.COEFFICIENTS: write_array(model.params),
    }
    if model.state is not None:
        entries[archive.UPDATER_STATE] = write_array(model.state)
    return archive.write_archive(entries)


def save_model(model: Model, path: str | Path) -> None:
    """Write the zip of a model to ``path``, whole or not at all. Raises ``ValueError`` as :func:`write_model` does."""
    path, written = Path(path), write_model(model)
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.write_bytes(written)
    unfinished.replace(path)


#: The longest configuration. Those of the largest networks have a few hundred thousand bytes.
_MOST_TEXT = 16 << 20


def _read_text(file: BinaryIO) -> bytes:
    raw = file.read(_MOST_TEXT + 1)
    _check_length(raw)
    return raw


def _check_length(raw: bytes) -> None:
    if len(raw) > _MOST_TEXT:
        raise ModelFileError(f"is too long for a configuration: more than {_MOST_TEXT >> 20} MiB")


def _of_configuration(raw: bytes, is_yaml: bool) -> Model:
    if not raw.lstrip()[:1]:
        raise ModelFileError("is empty")
    data = yaml_text.parse(raw) if is_yaml or raw.startswith(b"---") else _parse_json(raw)
    return Model(read_configuration(data), data)


def _of_archive(entries: Archive) -> Model:
    with _in_entry(archive.CONFIGURATION):
        raw = entries.read(archive.CONFIGURATION, _MOST_TEXT)
        _check_length(raw)
        data = _parse_json(raw)
        configuration = read_configuration(data)
    model = Model(configuration, data)
    with _in_entry(archive.COEFFICIENTS):
        params = _vector(entries.read(archive.COEFFICIENTS), model.parameters, "parameters")
    state = None
    if archive.UPDATER_STATE in entries:
        with _in_entry(archive.UPDATER_STATE):
            state = _vector(entries.read(archive.UPDATER_STATE), model.state_layout, "values of state")
            if state.dtype != params.dtype:
                raise ModelFileError(f"is {state.dtype}, and the parameters are {params.dtype}")
    elif archive.OLD_UPDATER in entries:
        raise ModelFileError(
            f"{archive.OLD_UPDATER}: is a serialized Java object, as DL4J 0.4 wrote it, which is never read: load and "
            "save the model with DL4J 0.5 to 0.8"
        )
    return Model(configuration, data, params, state)


@contextmanager
def _in_entry(name: str) -> Iterator[None]:
    """Name the entry of the archive in errors."""
    try:
        yield
    except ModelFileError as error:
        raise error.within(name) from error


def _vector(raw: bytes, parts: Sequence[Part], what: str) -> Floats:
    array, length = read_array(raw), sum(part.length for part in parts)
    if array.ndim != 2 or array.shape[0] != 1:
        raise ModelFileError(f"has the shape {' x '.join(map(str, array.shape))}, and must be one row")
    if array.size != length:
        raise ModelFileError(f"has {array.size:,} values, and the configuration describes {length:,} {what}")
    vector: Floats = array[0]
    return vector


def _parse_json(raw: bytes) -> Any:
    try:
        return bounded_json.parse(raw)
    except bounded_json.JsonError as error:
        place = f"line {error.line}: " if error.line else ""
        raise ModelFileError(f"{place}{error}") from error
