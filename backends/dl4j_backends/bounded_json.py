"""JSON from outside, parsed within limits, so that no text can fill the memory or overflow the stack.

A text within the limits takes less than 1 GB while it is parsed, whatever it is. Counts are taken from the bytes before
anything is parsed. They include what stands in strings: the limits are far above what honest texts have.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import Any

#: The longest text, in bytes.
MOST_BYTES = 64 << 20
MOST_DEPTH = 64
MOST_DIGITS = 1000


class JsonError(ValueError):
    """Text that is not JSON in UTF-8; ``line`` is where, if that is known."""

    def __init__(self, problem: str, line: int | None = None) -> None:
        super().__init__(problem)
        self.line = line


class NotUtf8Error(JsonError):
    """Bytes that are not UTF-8."""


class DuplicateKeyError(JsonError):
    """A key that stands twice in one object: readers differ in which of the values they take."""


class LimitError(JsonError):
    """JSON that goes beyond a limit; the message names it."""


@dataclass(frozen=True)
class Size:
    """The size of a text of JSON: how much memory it may take. Sizes are added up over the lines of a file."""

    length: int = 0
    values: int = 0
    members: int = 0
    containers: int = 0

    @classmethod
    def of(cls, raw: bytes) -> Size:
        """Return the size of a text."""
        return cls(len(raw), raw.count(b","), raw.count(b":"), raw.count(b"[") + raw.count(b"{"))

    def __add__(self, other: Size) -> Size:
        return Size(
            self.length + other.length,
            self.values + other.values,
            self.members + other.members,
            self.containers + other.containers,
        )

    def check(self, most: Size) -> None:
        """Raise :class:`LimitError` if this is larger than ``most``."""
        if self.length > most.length:
            raise LimitError(f"is too large: more than {most.length >> 20} MiB")
        for found, limit, name in (
            (self.values, most.values, "values"),
            (self.members, most.members, "keys"),
            (self.containers, most.containers, "arrays and objects"),
        ):
            if found > limit:
                raise LimitError(f"has too many {name}: {found:,}, and {limit:,} are allowed")


#: The largest text that is parsed.
MOST = Size(MOST_BYTES, 4_000_000, 500_000, 500_000)


Pairs = Callable[[list[tuple[str, Any]]], dict[str, Any]]


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; raises :class:`DuplicateKeyError` if a key stands twice in it."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise DuplicateKeyError(f"the key {twice[:100]!r} stands twice in one object")
    return found


def parse(raw: bytes, constant: Callable[[str], Any] | None = None, pairs: Pairs | None = unique) -> Any:
    """Return what a text of JSON says. Bare NaN and infinities are refused, or given to ``constant``, which may raise.

    ``pairs`` makes an object of its keys and values. Without it the last of two values of a key counts, and the text is
    parsed in a third of the time.

    Raises :class:`JsonError`, and its :class:`LimitError`, :class:`DuplicateKeyError` and :class:`NotUtf8Error`.
    """
    Size.of(raw).check(MOST)
    _check_depth(raw)
    if raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise NotUtf8Error("not JSON: begins with a byte order mark: write UTF-8 without one")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        where = raw.count(b"\n", 0, error.start) + 1
        raise NotUtf8Error(f"not JSON: no UTF-8: {raw[error.start : error.start + 8]!r}", where) from None
    try:
        return _decoder(constant or _refuse, pairs).decode(text)
    except _BareConstantError as error:
        name = str(error)
        place = next(found.start(1) for found in _STRING_OR_CONSTANT.finditer(text) if found[1])
        raise JsonError(f'not JSON: {name} is no JSON number, write "{name}"', text.count("\n", 0, place) + 1) from None
    except json.JSONDecodeError as error:
        raise JsonError(f"not JSON: {error.msg}", error.lineno) from None
    except RecursionError:
        raise LimitError(_TOO_DEEP) from None


def has_half_pairs(raw: bytes, data: Any) -> bool:
    """Return whether strings of ``data``, parsed from ``raw``, hold half a surrogate pair, which is not in UTF-8."""
    if not _SURROGATE.search(raw):
        return False
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.S)
_TOO_DEEP = f"is nested too deeply: {MOST_DEPTH} levels are allowed"
_OTHERS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_STEPS = [{ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}.get(byte, 0) for byte in range(256)]


def _check_depth(raw: bytes) -> None:
    """Raise :class:`LimitError` for text that is nested too deeply."""
    if raw.count(b"[") + raw.count(b"{") <= MOST_DEPTH:
        return
    # First with the brackets in strings: their removal takes longer than all the rest.
    if _depth(raw) > MOST_DEPTH and _depth(_STRING.sub(b"", raw)) > MOST_DEPTH:
        raise LimitError(_TOO_DEEP)


def _depth(raw: bytes) -> int:
    return max(accumulate(map(_STEPS.__getitem__, raw.translate(None, _OTHERS))), default=0)


def _integer(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise LimitError(f"has a number of {len(text):,} digits: {MOST_DIGITS:,} are allowed")
    return int(text)


def _double(text: str) -> float:
    if len(text) > MOST_DIGITS:
        raise LimitError(f"has a number of {len(text):,} digits: {MOST_DIGITS:,} are allowed")
    value = float(text)
    if math.isinf(value):
        raise LimitError(f"has a number that does not fit a double: {text[:40]}")
    return value


class _BareConstantError(Exception):
    """The name of a number that Python's reader knows, and JSON does not."""


#: A string, which is passed over, or such a name.
_STRING_OR_CONSTANT = re.compile(r'"(?:[^"\\]|\\.)*+"|(-?Infinity|NaN)', re.DOTALL)


def _refuse(name: str) -> Any:
    raise _BareConstantError(name)


@cache
def _decoder(constant: Callable[[str], Any], pairs: Pairs | None) -> json.JSONDecoder:
    return json.JSONDecoder(parse_int=_integer, parse_float=_double, parse_constant=constant, object_pairs_hook=pairs)
