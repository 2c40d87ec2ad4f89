"""Gradients from a file, NumPy's npz or JSON: for each iteration an array for each parameter."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dl4j_backends import bounded_file, bounded_json
from dl4j_backends.interface import Floats, Network
from dl4j_backends.model_files.archive import Archive, is_archive
from dl4j_backends.model_files.errors import ModelFileError
from dl4j_conformance.cases.values import ValuesError, from_decimal, from_hex

#: Gradients of one iteration by key: 1-D arrays of the network's dtype.
Gradients = Mapping[str, Floats]
_MOST_ITERATIONS = 100_000


def read_gradients(path: Path, network: Network) -> Sequence[Gradients]:
    """Return the gradients of each iteration that a file has: 1-D arrays of the network's dtype, by key.

    In an npz, an array with two dimensions has a row for each iteration, and one with one dimension is the same in all.
    In JSON there is an array with an object for each iteration, or one object.

    Raises :class:`~dl4j_backends.model_files.errors.ModelFileError`, which names the file, the iteration and the key.
    """
    try:
        with bounded_file.open_regular(path) as file:
            if is_archive(file):
                return _of_archive(Archive(file), network)
            return _of_json(file.read(bounded_json.MOST_BYTES + 1), network)
    except bounded_file.FileError as error:
        raise ModelFileError(f"{path}: {error}") from error
    except ModelFileError as error:
        raise error.within(str(path)) from error


def _of_archive(archive: Archive, network: Network) -> Sequence[Gradients]:
    arrays = {}
    for name in archive.names:
        key = name.removesuffix(".npy")
        length = _length(network, key, name)
        array = _npy(archive.read(name), name)
        if array.ndim > 2 or array.shape[-1:] != (length,) or not array.size > 0:
            raise ModelFileError(
                f"{name}: has the shape {array.shape}, and must be ({length},), or (iterations, {length})"
            )
        arrays[key] = array.astype(network.dtype)
    counts = {len(array) for array in arrays.values() if array.ndim == 2}
    if len(counts) > 1:
        raise ModelFileError(f"has rows for different numbers of iterations: {', '.join(map(str, sorted(counts)))}")
    return [
        {key: array[index] if array.ndim == 2 else array for key, array in arrays.items()}
        for index in range(next(iter(counts), 1))
    ]


def _npy(raw: bytes, name: str) -> Floats:
    """Return the array of an npy file; nothing that is pickled is read."""
    file = io.BytesIO(raw)
    try:
        version = np.lib.format.read_magic(file)
        if version not in ((1, 0), (2, 0)):
            raise ModelFileError(f"{name}: has version {version} of NumPy's format, and must have 1.0 or 2.0")
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, is_fortran, dtype = read(file)
    except ValueError as error:
        raise ModelFileError(f"{name}: is no array of NumPy's: {error}") from error
    if dtype.kind != "f" or dtype.itemsize not in (4, 8):
        raise ModelFileError(f"{name}: has the type {dtype}, and must have float32 or float64")
    left = len(raw) - file.tell()
    if math.prod(shape) * dtype.itemsize != left:
        raise ModelFileError(f"{name}: has {left} bytes of values, and the shape {shape} needs others")
    return np.frombuffer(raw, dtype, offset=file.tell()).reshape(shape, order="F" if is_fortran else "C")


def _of_json(raw: bytes, network: Network) -> Sequence[Gradients]:
    try:
        data = bounded_json.parse(raw)
    except bounded_json.JsonError as error:
        raise ModelFileError(str(error)) from error
    objects = data if isinstance(data, list) else [data]
    if not 0 < len(objects) <= _MOST_ITERATIONS:
        raise ModelFileError(f"has {len(objects)} iterations, and must have 1 to {_MOST_ITERATIONS}")
    return [_of_object(entry, network, f"$[{index}]") for index, entry in enumerate(objects)]


def _of_object(data: Any, network: Network, where: str) -> Gradients:
    if not isinstance(data, dict):
        raise ModelFileError(f"{where} must be an object from keys such as 0_W to arrays of numbers")
    found = {}
    for key, values in data.items():
        length = _length(network, key, where)
        if not isinstance(values, list) or len(values) != length:
            raise ModelFileError(f"{where}.{key} must be an array of {length} numbers")
        found[key] = np.array([_number(v, network.dtype, f"{where}.{key}") for v in values], network.dtype)
    return found


def _number(value: Any, dtype: str, where: str) -> np.floating[Any]:
    """Return a number; a string has its bits, such as 0x3f800000, or a name such as NaN."""
    try:
        if isinstance(value, str) and value.startswith("0x"):
            number: np.floating[Any] = from_hex([value[2:]], dtype)[0]
            return number
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValuesError(f"{value!r} is no number")
        return from_decimal(str(value), dtype)
    except (ValueError, OverflowError) as error:
        raise ModelFileError(f"{where}: {value!r} is no number of {dtype}: {error}") from error


def _length(network: Network, key: str, where: str) -> int:
    if key not in network.params:
        some = ", ".join([*network.params][:12])
        raise ModelFileError(f"{where}: the model has no parameter {key[:100]!r}, but {some}")
    return len(network.params[key])
