"""ND4J's format of arrays (``.bin``), as ``Nd4j.write`` of 0.8.0 writes it and ``Nd4j.read`` reads it.

Two buffers follow each other, both big-endian: the shape, then the data. A buffer is the name of its allocation mode, a
count, the name of its type, and so many values of it. A name has two bytes of length before it, as in Java's
``DataOutput.writeUTF``. The shape is the rank, the sizes, the strides (in elements), an offset, the stride from one
element to the next, and the character ``c`` or ``f``: the order in which the elements lie, rows first or columns first.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from dl4j_backends.interface import Floats
from dl4j_backends.model_files.errors import ModelFileError

Order = Literal["c", "f"]

#: ND4J's names of the types of data.
_TYPES: Mapping[str, np.dtype[Any]] = {"FLOAT": np.dtype("float32"), "DOUBLE": np.dtype("float64")}
_NAMES = {dtype: name for name, dtype in _TYPES.items()}
#: The names of the enum ``DataBuffer.AllocationMode``. None of them changes how values are written.
_ALLOCATION_MODES = ("HEAP", "JAVACPP", "DIRECT")
#: ND4J's limit.
_MOST_RANK = 32


def read_array(raw: bytes) -> Floats:
    """Return the array that ``raw`` holds: any shape of two dimensions or more, float32 or float64, in its own order.

    The result has the strides of the order ``c`` or ``f`` that stands in the file, and nothing in common with ``raw``.
    Raises :class:`ModelFileError`, which names the byte.

    Source: ``Nd4j.read(DataInputStream)``.
    """
    reader = _Reader(raw)
    shape = _read_shape(reader)
    reader.name("the allocation mode", _ALLOCATION_MODES)
    place = reader.place
    count = reader.integer("the number of values")
    dtype = _TYPES[reader.name("the type of values", tuple(_TYPES))]
    if not shape.length <= count:
        raise reader.error(place, f"has {count} values, and the shape {shape} needs {shape.length}")
    values = reader.values(count, dtype)
    reader.expect_end()
    flat = np.lib.stride_tricks.as_strided(
        values[shape.offset :], shape.sizes, [stride * dtype.itemsize for stride in shape.strides], writeable=False
    )
    return np.array(flat, order="F" if shape.order == "f" else "C")


def write_array(array: npt.ArrayLike, order: Order = "c") -> bytes:
    """Return an array of float32 or float64, as ``Nd4j.write`` writes it in ``order``; a 1-D one is a row vector.

    Raises ``ValueError`` for another type, or for an array with no elements.

    Source: ``Nd4j.write(INDArray, DataOutputStream)``.
    """
    values = np.atleast_2d(np.asarray(array))
    if values.dtype not in _NAMES:
        raise ValueError(f"DL4J's arrays are float32 or float64, not {values.dtype}")
    if not values.size:
        raise ValueError("ND4J has no arrays without elements")
    is_vector = values.ndim == 2 and 1 in values.shape
    strides = (1, 1) if is_vector and values.shape[0] == 1 else _strides(values.shape, order)
    shape = [values.ndim, *values.shape, *strides, 0, 1, ord(order)]
    flat = values.ravel(order="F" if order == "f" else "C").astype(values.dtype.newbyteorder(">"))
    return _buffer("INT", np.array(shape, ">i4")) + _buffer(_NAMES[values.dtype], flat)


def _buffer(type_name: str, values: npt.NDArray[Any]) -> bytes:
    return _utf("JAVACPP") + struct.pack(">i", len(values)) + _utf(type_name) + values.tobytes()


def _utf(name: str) -> bytes:
    return struct.pack(">H", len(name)) + name.encode("ascii")


def _strides(sizes: Sequence[int], order: Order) -> tuple[int, ...]:
    """Return the strides of an array whose elements lie one after the other."""
    if order == "f":
        return tuple(accumulate(sizes[:-1], int.__mul__, initial=1))
    return _strides(sizes[::-1], "f")[::-1]


@dataclass(frozen=True)
class _Shape:
    """The shape of an array, and where its elements lie among ``length`` values or more."""

    sizes: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int
    order: Order

    @property
    def length(self) -> int:
        """The number of values up to the last element."""
        return 1 + self.offset + sum((size - 1) * stride for size, stride in zip(self.sizes, self.strides, strict=True))

    def __str__(self) -> str:
        return " x ".join(map(str, self.sizes))


def _read_shape(reader: _Reader) -> _Shape:
    reader.name("the allocation mode", _ALLOCATION_MODES)
    place = reader.place
    count = reader.integer("the length of the shape")
    reader.name("the type of the shape", ("INT",))
    if not 4 <= count <= 2 * _MOST_RANK + 4:
        raise reader.error(place, f"is no shape: it has {count} numbers")
    place = reader.place
    rank, *numbers = map(int, reader.values(count, np.dtype("int32")))
    if count != 2 * rank + 4 or rank < 2:
        raise reader.error(place, f"is no shape: its rank is {rank}, and it has {count} numbers")
    sizes, strides = tuple(numbers[:rank]), tuple(numbers[rank : 2 * rank])
    offset, _, order = numbers[2 * rank :]
    if min(sizes) < 1:
        raise reader.error(place, f"has the sizes {', '.join(map(str, sizes))}, and each must be 1 or more")
    if order not in (ord("c"), ord("f")):
        raise reader.error(place, f"has the order {order}, which is neither 99 ('c') nor 102 ('f')")
    if offset < 0 or min(strides) < 0:
        raise reader.error(place, "has a negative offset or stride")
    shape = _Shape(sizes, strides, offset, "c" if order == ord("c") else "f")
    if math.prod(sizes) > shape.length:
        raise reader.error(place, f"has strides in which elements of {shape} lie upon each other")
    return shape


class _Reader:
    """Reads values off a file's bytes, from its beginning on; errors name the byte."""

    def __init__(self, raw: bytes) -> None:
        self._raw, self.place = memoryview(raw), 0

    def error(self, place: int, problem: str) -> ModelFileError:
        return ModelFileError(f"byte {place} {problem}")

    def integer(self, what: str) -> int:
        """Return the next int, which counts something."""
        place = self.place
        (number,) = struct.unpack(">i", self._take(4, what))
        if number < 1:
            raise self.error(place, f"says that {what} is {number}")
        return int(number)

    def name(self, what: str, known: Sequence[str]) -> str:
        """Return the next name, which must be one of those that are ``known``."""
        place = self.place
        (length,) = struct.unpack(">H", self._take(2, what))
        found = bytes(self._take(min(length, 64), what)).decode("latin-1")
        if length > 64 or found not in known:
            raise self.error(place, f"is no array of ND4J's: {what} is {found!r}, and not {' or '.join(known)}")
        return found

    def values(self, count: int, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
        """Return the next values."""
        raw = self._take(count * dtype.itemsize, f"{count} values of {dtype.itemsize} bytes each")
        return np.frombuffer(raw, dtype.newbyteorder(">")).astype(dtype)

    def expect_end(self) -> None:
        """Raise :class:`ModelFileError` if anything follows."""
        if left := len(self._raw) - self.place:
            raise self.error(self.place, f"is after the end of the array: {left} bytes are left over")

    def _take(self, length: int, what: str) -> memoryview:
        left = len(self._raw) - self.place
        if length > left:
            raise self.error(self.place, f"is too near the end: {what} needs {length} bytes, and {left} are left")
        start, self.place = self.place, self.place + length
        return self._raw[start : self.place]
