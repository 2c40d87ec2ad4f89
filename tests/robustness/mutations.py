"""Mutations of files: of their bytes, and of the JSON in them."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

#: A changed copy of some bytes.
Mutation = Callable[[bytes, Random], bytes]

Place = tuple[str | int, ...]

#: Values of wrong types, out of every range, or hard to print.
ODD: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    -0.0,
    2**31,
    2**63,
    10**30,
    "",
    "x",
    "NaN",
    "\ud800",
    "\x1b[2J\x00\u202e",
    "../../x",
    "٣",
    "x" * 100_000,
    [],
    {},
    [[]],
    [None],
    {"": None},
    {"hex": ["zz"]},
    {"hex": []},
    ["3f800000"] * 5000,
)


def bit_flip(raw: bytes, random: Random) -> bytes:
    """Change one bit."""
    at = random.randrange(len(raw))
    return raw[:at] + bytes([raw[at] ^ 1 << random.randrange(8)]) + raw[at + 1 :]


def bit_flips(raw: bytes, random: Random) -> bytes:
    """Change some bits."""
    for _ in range(random.randrange(2, 40)):
        raw = bit_flip(raw, random)
    return raw


def truncated(raw: bytes, random: Random) -> bytes:
    """Cut the end off."""
    return raw[: random.randrange(1, len(raw))]


def beheaded(raw: bytes, random: Random) -> bytes:
    """Cut the beginning off."""
    return raw[random.randrange(1, len(raw)) :]


def duplicated_chunk(raw: bytes, random: Random) -> bytes:
    """Write a part twice."""
    start, end = sorted(random.sample(range(len(raw)), 2))
    return raw[:end] + raw[start:]


def swapped_chunks(raw: bytes, random: Random) -> bytes:
    """Let two neighbouring parts change places."""
    a, b, c = sorted(random.sample(range(len(raw) + 1), 3))
    return raw[:a] + raw[b:c] + raw[a:b] + raw[c:]


def zeroed(raw: bytes, random: Random) -> bytes:
    """Replace a part by zero bytes, as a crash of the machine does."""
    start, end = sorted(random.sample(range(len(raw) + 1), 2))
    return raw[:start] + bytes(end - start) + raw[end:]


def noise(raw: bytes, random: Random) -> bytes:
    """Replace everything by noise."""
    return random.randbytes(len(raw))


def empty(raw: bytes, random: Random) -> bytes:
    """Leave nothing."""
    return b""


def blank(raw: bytes, random: Random) -> bytes:
    """Leave white space."""
    return b" \n\t\r\n" * 10


def other_encoding(raw: bytes, random: Random) -> bytes:
    """Write the text in UTF-16, UTF-32, Latin-1 or with a byte order mark."""
    text = raw.decode("utf-8", "replace")
    code = random.choice(["utf-16", "utf-16-le", "utf-32", "utf-8-sig", "latin-1", "cp500"])
    return text.encode(code, "replace") + (b'"\xff\xe9' if code == "latin-1" else b"")


def nul_bytes(raw: bytes, random: Random) -> bytes:
    """Put zero bytes between others."""
    at = random.randrange(len(raw))
    return raw[:at] + b"\0" * 3 + raw[at:]


def huge_number(raw: bytes, random: Random) -> bytes:
    """Put a number of very many digits where a digit is, or NaN or Infinity."""
    number = random.choice(
        [b"9" * 5000, b"1" + b"0" * 200_000, b"1e999999", b"0." + b"3" * 100_000, b"NaN", b"-Infinity"]
    )
    found = list(re.finditer(rb"(?<=[:\[,])-?\d[\d.eE+-]*", raw))
    if not found:
        return b'{"a":' + number + b"}\n"
    start, end = random.choice(found).span()
    return raw[:start] + number + raw[end:]


def deep_nesting(raw: bytes, random: Random) -> bytes:
    """Nest arrays or objects deeply where a value stands."""
    depth = random.choice([500, 5000, 200_000])
    opening, closing = random.choice([(b"[", b"]"), (b'{"a":', b"}")])
    nested = opening * depth + b"0" + closing * depth
    colons = [at for at, byte in enumerate(raw) if byte == 58]
    at = random.choice(colons or [0])
    return b'{"a":' + nested + b"}\n" if random.random() < 0.5 else raw[: at + 1] + nested + b"," + raw[at + 1 :]


def duplicate_key(raw: bytes, random: Random) -> bytes:
    """Write a key twice, with another value."""
    quotes = [at for at in range(1, len(raw) - 1) if raw[at : at + 1] == b'"' and raw[at - 1 : at] in b"{,"]
    if not quotes:
        return b'{"a":1,"a":2}'
    at = random.choice(quotes)
    name = raw[at : raw.index(b'"', at + 1) + 1] if b'"' in raw[at + 1 :] else b'"a"'
    return raw[:at] + name + b":" + random.choice([b"null", b"[]", b'"x"', b"1"]) + b"," + raw[at:]


BYTES: tuple[Mutation, ...] = (
    bit_flip,
    bit_flips,
    truncated,
    beheaded,
    duplicated_chunk,
    swapped_chunks,
    zeroed,
    noise,
    empty,
    blank,
    other_encoding,
    nul_bytes,
    huge_number,
    deep_nesting,
    duplicate_key,
)


def places(data: Any, where: Place = ()) -> Iterator[Place]:
    """Yield the path of every value in JSON data."""
    yield where
    match data:
        case dict():
            for key, value in data.items():
                yield from places(value, (*where, key))
        case list():
            for index, value in enumerate(data):
                yield from places(value, (*where, index))


def value_changed(data: Any, random: Random) -> Any:
    """Put an odd value somewhere into JSON data."""
    return _changed(data, random.choice(list(places(data))), random.choice(ODD))


def value_deleted(data: Any, random: Random) -> Any:
    """Delete an entry."""
    *parent, last = _inner_place(data, random)
    copy = _copy(data)
    del _at(copy, tuple(parent))[last]
    return copy


def value_moved(data: Any, random: Random) -> Any:
    """Put the value of one place into another place."""
    source, target = random.sample(list(places(data)), 2)
    return _changed(data, target, _copy(_at(data, source)))


def key_renamed(data: Any, random: Random) -> Any:
    """Give an entry another key."""
    where = random.choice([place for place in places(data) if place and isinstance(place[-1], str)])
    copy = _copy(data)
    holder = _at(copy, where[:-1])
    odd = random.choice(["", "x", "\ud800", f"{where[-1]} ", str(where[-1]).upper(), "__class__", "\x1b]0;x\x07"])
    holder[odd] = holder.pop(where[-1])
    return copy


def array_grown(data: Any, random: Random) -> Any:
    """Repeat the entries of an array."""
    where = random.choice([place for place in places(data) if isinstance(_at(data, place), list)] or [()])
    if not where:
        return [data, data]
    return _changed(data, where, _at(data, where) * random.choice([2, 3, 1000]))


JSON: tuple[Callable[[Any, Random], Any], ...] = (value_changed, value_deleted, value_moved, key_renamed, array_grown)


def in_json(change: Callable[[Any, Random], Any]) -> Mutation:
    """Return the mutation that makes a change in the JSON of one line, or of the whole file."""

    def mutation(raw: bytes, random: Random) -> bytes:
        lines = raw.splitlines(keepends=True)
        at = random.randrange(len(lines))
        try:
            json.loads(lines[at])
        except ValueError:
            return json.dumps(change(json.loads(raw), random)).encode()
        lines[at] = json.dumps(change(json.loads(lines[at]), random)).encode() + b"\n"
        return b"".join(lines)

    mutation.__name__ = change.__name__
    return mutation


def in_gzip(mutation: Mutation) -> Mutation:
    """Return the mutation of what a gzip file has inside."""

    def inside(raw: bytes, random: Random) -> bytes:
        return gzip.compress(mutation(gzip.decompress(raw), random), mtime=0)

    inside.__name__ = f"{mutation.__name__} inside"
    return inside


def gzip_bomb(raw: bytes, random: Random) -> bytes:
    """Return a small gzip file that unpacks to hundreds of megabytes."""
    content = random.choice([b" ", b"\n", b"[", b"0", b'{"a":"', b"[[],"])
    million = (content * (1_000_000 // len(content))) * 50
    return gzip.compress(million, 1, mtime=0) * random.choice([6, 10])


def gzip_with_tail(raw: bytes, random: Random) -> bytes:
    """Put something behind a gzip file."""
    return raw + random.choice([b"\0" * 100, b"x", b"\x1f\x8b", raw, raw[:20]])


def _inner_place(data: Any, random: Random) -> Place:
    return random.choice([place for place in places(data) if place])


def _at(data: Any, where: Place) -> Any:
    for key in where:
        data = data[key]
    return data


def _copy(data: Any) -> Any:
    return json.loads(json.dumps(data))


def _changed(data: Any, where: Place, value: Any) -> Any:
    if not where:
        return value
    copy = _copy(data)
    _at(copy, where[:-1])[where[-1]] = value
    return copy
