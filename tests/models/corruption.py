"""Damaged and hostile model files, made of honest ones: each must be refused, whatever reads it."""

from __future__ import annotations

import io
import json
import random
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from dl4j_backends.model_files.nd4j_array import write_array
from models.write_models import DATA

CONFIGURATION, COEFFICIENTS, STATE = "configuration.json", "coefficients.bin", "updaterState.bin"
_HONEST = ("policy-sigmoid", "graph-branches", "layer-convolution", "layer-variational-composite")


@dataclass(frozen=True)
class Corrupted:
    """A file, by what was done to it."""

    name: str
    raw: bytes
    suffix: str = ".zip"


def every(seed: int) -> Iterator[Corrupted]:
    """Yield all damaged files; the seed decides where they are damaged."""
    place = random.Random(seed)  # noqa: S311 - it has to be reproducible
    for name in _HONEST:
        raw = (DATA / f"{name}.zip").read_bytes()
        entries = entries_of(raw)
        yield from _cut_off(name, raw, place)
        yield from _other_arrays(name, entries, place)
        yield from _other_objects(name, entries)
        yield from _other_entries(name, entries)
    yield from _texts(entries_of((DATA / "policy-sigmoid.zip").read_bytes())[CONFIGURATION], place)
    yield from _yaml((DATA / "layer-convolution.yaml").read_bytes())
    yield from _bombs(entries_of((DATA / "policy-sigmoid.zip").read_bytes()))


def entries_of(raw: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(entries: dict[str, bytes] | list[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, raw in entries.items() if isinstance(entries, dict) else entries:
            archive.writestr(zipfile.ZipInfo(name), raw, method)
    return file.getvalue()


def _cut_off(name: str, raw: bytes, place: random.Random) -> Iterator[Corrupted]:
    for length in {0, 1, 2, 4, 21, 22, *(place.randrange(len(raw)) for _ in range(14))}:
        yield Corrupted(f"{name} cut off at {length}", raw[:length])
    # Bytes of the compressed entries: the checksum does not fit any more.
    start = raw.index(b"configuration.json") + 40
    for _ in range(6):
        at = place.randrange(start, raw.index(b"PK", start))
        changed = bytearray(raw)
        changed[at] ^= 1 << place.randrange(8)
        yield Corrupted(f"{name} with a changed bit at {at}", bytes(changed))


def _with(entries: dict[str, bytes], name: str, raw: bytes) -> bytes:
    return zipped({**entries, name: raw})


def _other_arrays(name: str, entries: dict[str, bytes], place: random.Random) -> Iterator[Corrupted]:
    """Yield arrays whose head, length or type is wrong."""
    raw = entries[COEFFICIENTS]
    dtype = "FLOAT" if b"FLOAT" in raw else "DOUBLE"
    head = raw.index(dtype.encode()) + len(dtype)
    ints = (9, *range(18, 50, 4), head - len(dtype) - 6)
    for at in ints:
        for value in (-1, 0, (1 << 31) - 1, -(1 << 31), 123456):
            (before,) = struct.unpack_from(">i", raw, at)
            # From row to row there is no step in a row vector, and the element-wise stride is not read.
            if value == before or at == 42 or (at == 30 and value >= 0):
                continue
            changed = bytearray(raw)
            struct.pack_into(">i", changed, at, value)
            what = f"{name} with {value} at byte {at} of its coefficients"
            yield Corrupted(what, _with(entries, COEFFICIENTS, bytes(changed)))
    for length in {0, 1, 9, 40, head, len(raw) - 1, *(place.randrange(len(raw)) for _ in range(4))}:
        yield Corrupted(f"{name} with {length} bytes of coefficients", _with(entries, COEFFICIENTS, raw[:length]))
    for other in (b"HALF", b"INT", b"COMPRESSED", b"\xff\xfe"):
        text = struct.pack(">H", len(other)) + other
        changed = raw.replace(struct.pack(">H", len(dtype)) + dtype.encode(), text)
        yield Corrupted(f"{name} with coefficients of type {other!r}", _with(entries, COEFFICIENTS, changed))
    count = (len(raw) - head) // (4 if dtype == "FLOAT" else 8)
    type_ = "float32" if dtype == "FLOAT" else "float64"
    wrong = {
        "one too many": np.zeros(count + 1, type_),
        "one too few": np.zeros(count - 1, type_),
        "a column": np.zeros((count, 1), type_),
    }
    for what, array in wrong.items():
        yield Corrupted(f"{name} with coefficients: {what}", _with(entries, COEFFICIENTS, write_array(array)))
    yield Corrupted(f"{name} with more after its coefficients", _with(entries, COEFFICIENTS, raw + b"\0"))
    state = entries[STATE]
    other_type = np.zeros(10, "float64" if type_ == "float32" else "float32")
    for what, changed in (
        ("of other length", write_array(np.zeros(3, type_))),
        ("of other type", write_array(other_type)),
        ("cut off", state[:-3]),
        ("empty", b""),
        ("a Java object", b"\xac\xed\x00\x05sr\x00\x04Evil"),
    ):
        yield Corrupted(f"{name} with a state {what}", _with(entries, STATE, changed))


_Change = Callable[[Any], None]


def _set(*path: Any, to: Any) -> _Change:
    def change(data: Any) -> None:
        for step in path[:-1]:
            data = data[step]
        data[path[-1]] = to

    return change


def _other_objects(name: str, entries: dict[str, bytes]) -> Iterator[Corrupted]:
    """Yield configurations in which one value is of another kind, or one that DL4J does not have."""
    data = json.loads(entries[CONFIGURATION])
    for what, change in _changes(data):
        changed = json.loads(entries[CONFIGURATION])
        change(changed)
        raw = json.dumps(changed).encode()
        yield Corrupted(f"{name} with {what}", _with(entries, CONFIGURATION, raw))


def _changes(data: Any) -> Iterator[tuple[str, _Change]]:
    if "confs" in data:
        conf: tuple[Any, ...] = ("confs", 0)
        yield "no layers", _set("confs", to=[])
        yield "confs that are an object", _set("confs", to={})
        yield "a conf that is a number", _set("confs", 0, to=7)
    else:
        vertex = next(name for name, found in data["vertices"].items() if "LayerVertex" in found)
        conf = ("vertices", vertex, "LayerVertex", "layerConf")
        yield "no vertices", _set("vertices", to={})
        yield "a circle", _set("vertexInputs", vertex, to=[vertex])
        yield "an input that is not there", _set("vertexInputs", vertex, to=["nowhere"])
        yield "a vertex without inputs", _set("vertexInputs", to={})
        yield "a vertex without a type", _set("vertices", vertex, to={})
        yield "no outputs", _set("networkOutputs", to=["nowhere"])
        yield "inputs twice", _set("networkInputs", to=[*data["networkInputs"], *data["networkInputs"]])
        yield "a layer of two inputs", _set("vertexInputs", vertex, to=[*data["networkInputs"], "both"])
    found = data
    for step in conf:
        found = found[step]
    (kind,) = found["layer"]
    layer = (*conf, "layer", kind)
    yield "an iteration count that is a text", _set("iterationCount", to="many")
    for setting in ("learningRate", "momentum", "l1", "nin", "epsilon"):
        for value in (True, [], {}, "much", {"a": 1}):
            yield f"{setting} {value!r}", _set(*layer, setting, to=value)
    yield "an unknown updater", _set(*layer, "updater", to="ADAMAX")
    yield "no updater", _set(*layer, "updater", to=None)
    yield "an unknown normalization", _set(*layer, "gradientNormalization", to="Most")
    yield "no nout", _set(*layer, "nout", to=0)
    yield "an nout that no int holds", _set(*layer, "nout", to=1 << 40)
    yield "a huge nout", _set(*layer, "nout", to=(1 << 31) - 1)
    yield "an unknown layer", _set(*conf, "layer", to={"transformer": {}})
    yield "a center loss without an updater", _set(*conf, "layer", to={"CenterLossOutputLayer": {"nin": 1, "nout": 1}})
    yield "two layers", _set(*conf, "layer", to={"dense": {}, "output": {}})
    for value in ("dense", 7, 1 << 31, [], [[]], None, True):
        yield f"a layer that is {value!r}", _set(*conf, "layer", kind, to=value)
    yield "no layer", _set(*conf, "layer", to=None)
    yield "a layer that is a list", _set(*conf, "layer", to=[])
    yield "a later version's updater", _set(*layer, "iUpdater", to={"adam": {}})
    yield "a later version's layer", _set(*conf, "layer", to={"@class": "DenseLayer", "nin": 3})
    yield "an unknown policy", _set(*conf, "learningRatePolicy", to="Cosine")
    yield "a schedule that is null", _set(*conf, "learningRatePolicy", to="Schedule")
    yield "a regularization that is a text", _set(*conf, "useRegularization", to="perhaps")
    yield "no rates by parameter", _set(*conf, "learningRateByParam", to={})
    yield "rates that are texts", _set(*conf, "learningRateByParam", to=dict.fromkeys(found["variables"], "fast"))


def _other_entries(name: str, entries: dict[str, bytes]) -> Iterator[Corrupted]:
    """Yield archives whose entries are not those of a model, or more than they seem."""
    configuration, coefficients = (CONFIGURATION, entries[CONFIGURATION]), (COEFFICIENTS, entries[COEFFICIENTS])
    yield Corrupted(f"{name} with no entries", zipped({}))
    yield Corrupted(f"{name} without a configuration", zipped([coefficients]))
    yield Corrupted(f"{name} without coefficients", zipped([configuration]))
    yield Corrupted(
        f"{name} with the state of 0.4", zipped([configuration, coefficients, ("updater.bin", b"\xac\xed")])
    )
    for other in ("../evil", "/etc/evil", "a/../../evil", "..\\evil", "C:\\evil"):
        yield Corrupted(f"{name} with an entry {other}", zipped([configuration, coefficients, (other, b"x")]))
    for method, word in ((zipfile.ZIP_BZIP2, "bzip2"), (zipfile.ZIP_LZMA, "lzma")):
        yield Corrupted(f"{name} compressed by {word}", zipped(entries, method))
    encrypted = bytearray(zipped(entries))
    encrypted[6] |= 1
    encrypted[encrypted.index(b"PK\x01\x02") + 8] |= 1
    yield Corrupted(f"{name} that says it is encrypted", bytes(encrypted))
    twice = zipped([configuration, ("configuratiom.json", b"{}"), coefficients]).replace(b"tiom.json", b"tion.json")
    yield Corrupted(f"{name} with two configurations", twice)


def _texts(raw: bytes, place: random.Random) -> Iterator[Corrupted]:
    """Yield texts that are no configuration."""
    texts = {
        "nothing": b"",
        "spaces": b" \n ",
        "an array": b"[]",
        "a number": b"1",
        "another object": b'{"layers": []}',
        "no JSON": b"confs: [}",
        "a byte order mark": b"\xef\xbb\xbf" + raw,
        "no UTF-8": raw.replace(b"layer0", b"\xff\xfe"),
        "a bare NaN": raw.replace(b'"NaN"', b"NaN"),
        "a key that stands twice": raw.replace(b'"pretrain"', b'"seed"', 1),
        "deep nesting": b"[" * 100_000 + b"]" * 100_000,
        "deep objects": b'{"confs":' * 5_000 + b"1" + b"}" * 5_000,
        "many layers": b'{"confs": [' + b'{"layer":{"dense":{"nin":1,"nout":1,"updater":"SGD"}}},' * 200_000 + b"{}]}",
        "a long number": b'{"confs": ' + b"1" * 100_000 + b"}",
        "a pickle": b"\x80\x04\x95\x00\x00\x00",
        "a Java object": b"\xac\xed\x00\x05",
        "many values": b'{"confs": [' + b"0," * 5_000_000 + b"0]}",
    }
    for name, text in texts.items():
        yield Corrupted(f"a configuration that is {name}", text, ".json")
    for _ in range(10):
        length = place.randrange(1, len(raw) - 2)
        yield Corrupted(f"a configuration of {length} bytes", raw[:length], ".json")


def _yaml(raw: bytes) -> Iterator[Corrupted]:
    laughs = b"\n".join([b"a0: &a0 [x, x]", *(b"a%d: &a%d [*a%d, *a%d]" % (i, i, i - 1, i - 1) for i in range(1, 60))])
    texts = {
        "of a Python object": b"confs: !!python/object/apply:os.system ['touch evil']",
        "of endless aliases": laughs,
        "that is no YAML": b"---\nconfs: [}\n",
        "nested deeply": b"---\n" + b"[" * 5_000,
        "with a key twice": b"---\nconfs: []\nconfs: []\n",
        "with another layer": raw.replace(b"!<convolution>", b"!<transformer>"),
        "that is too long": b"---\n" + b"- x\n" * 1_000_000,
    }
    for name, text in texts.items():
        yield Corrupted(f"YAML {name}", text, ".yaml")


def _bombs(entries: dict[str, bytes]) -> Iterator[Corrupted]:
    """Yield small archives that would fill the memory."""
    zeros = b"\0" * (1 << 20)
    for name in (CONFIGURATION, COEFFICIENTS, STATE):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for other, raw in entries.items():
                with archive.open(other, "w") as entry:
                    entry.write(raw if other != name else b"")
                    for _ in range(80 if other == name else 0):
                        entry.write(zeros)
        yield Corrupted(f"a bomb as {name}", file.getvalue())
        # It says that it unpacks to little.
        lying = bytearray(file.getvalue())
        at = lying.index(name.encode(), lying.index(b"PK\x01\x02")) - 46
        struct.pack_into("<L", lying, at + 24, 1000)
        yield Corrupted(f"a bomb as {name} that says it is small", bytes(lying))
    yield Corrupted("many entries", zipped([(f"{i}", b"") for i in range(2000)]))
