"""Bits and decimals there and back, and distances in ulps."""

from __future__ import annotations

import math
import struct
from decimal import Context, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl4j_conformance.cases import values
from dl4j_conformance.cases.drawn.values import arrays, edge_values
from dl4j_conformance.cases.values import ValuesError

dtypes = st.sampled_from(("float32", "float64"))


@given(st.data(), dtypes, st.integers(0, 9))
def test_json_there_and_back(data: st.DataObject, dtype: str, length: int) -> None:
    array = data.draw(arrays(dtype, length))
    written = values.to_json(array)
    np.testing.assert_array_equal(values.from_json(written, dtype), array)
    code = ">f" if dtype == "float32" else ">d"
    for pattern, x in zip(written["hex"], array, strict=True):
        if not math.isnan(x):
            assert pattern == struct.pack(code, x).hex()


@given(st.data(), dtypes)
def test_decimals_read_back_as_the_value(data: st.DataObject, dtype: str) -> None:
    kind = np.dtype(dtype).type
    x = kind(data.draw(edge_values(dtype)))
    text = values.decimal_of(x if dtype == "float32" else float(x))
    back = kind(float(text))
    assert back.tobytes() == x.tobytes() or (math.isnan(x) and text == "NaN")


def _float32(bits: int) -> Decimal:
    """The value of these bits; that of infinity is the number which the next exponent would have."""
    number = 2.0**128 if bits == 0x7F800000 else struct.unpack(">f", bits.to_bytes(4, "big"))[0]
    return Decimal(number)


@given(st.integers(0, 0x7F7FFFFF), st.sampled_from(["", "-"]))
def test_a_text_becomes_the_nearest_float32_in_one_rounding(low: int, sign: str) -> None:
    """Texts halfway between two neighbours, and beside that, nearer than doubles lie to it."""
    exact = Context(prec=400)
    tie = exact.divide(exact.add(_float32(low), _float32(low + 1)), Decimal(2))
    little = exact.multiply(tie, Decimal("1e-40"))
    nearest = {tie: low + low % 2, exact.add(tie, little): low + 1, exact.subtract(tie, little): low}
    for text, expected in nearest.items():
        (bits,) = values.hex_of(np.array([values.from_decimal(f"{sign}{text}", "float32")]))
        assert int(bits, 16) == expected + (0x80000000 if sign else 0), text


@pytest.mark.parametrize(
    ("text", "bits"),
    [
        ("1.00000017881393432617187499", "3f800001"),
        ("1.00000017881393432617187500", "3f800002"),
        ("3.4028235677973366e38", "7f7fffff"),
        ("340282356779733661637539395458142568448", "7f800000"),
        ("-3.4028235677973366e38", "ff7fffff"),
        ("7.0064923216240853546186479164495e-46", "00000000"),
        ("7.0064923216240853546186479164496e-46", "00000001"),
        ("1e-999999999", "00000000"),
        ("-1e-999999999", "80000000"),
        ("1e999999999", "7f800000"),
        ("-0", "80000000"),
        ("NaN", "7fc00000"),
        ("-Infinity", "ff800000"),
        (" 0." + "0" * 5000 + "1e5001 ", "3f800000"),
    ],
)
def test_texts_of_float32(text: str, bits: str) -> None:
    assert values.hex_of(np.array([values.from_decimal(text, "float32")])) == [bits]


def test_texts_that_are_no_numbers() -> None:
    for text in ("", "x", "1e", "0x10", "1,2", "--1"):
        with pytest.raises(ValueError, match="could not convert"):
            values.from_decimal(text, "float32")


def test_every_nan_is_written_alike() -> None:
    payloads = np.array([0x7FC00000, 0xFFC00000, 0x7F800001], "uint32").view("float32")
    assert values.hex_of(payloads) == ["7fc00000"] * 3


@pytest.mark.parametrize(
    ("expected", "got", "distance"),
    [
        (1.0, 1.0000001192092896, 1),
        (0.0, -0.0, 1),
        (-1e-45, 1e-45, 3),
        (1.0, -1.0, 2 * 0x3F800000 + 1),
        (math.inf, 3.4028234663852886e38, None),
        (math.nan, 1.0, None),
    ],
)
def test_ulps(expected: float, got: float, distance: int | None) -> None:
    assert values.ulps(expected, got, "float32") == distance
    assert values.ulps(got, expected, "float32") == distance


@pytest.mark.parametrize(
    "data", [None, [], {"hex": "3f800000"}, {"hex": ["3F800000"]}, {"hex": ["3f8"]}, {"hex": [1]}, {"decimal": ["1"]}]
)
def test_what_is_no_list_of_bits(data: object) -> None:
    with pytest.raises(ValuesError):
        values.from_json(data, "float32")


def test_decimals_must_not_contradict_the_bits() -> None:
    with pytest.raises(ValuesError, match="decimals"):
        values.from_json({"hex": ["3f800000"], "decimal": ["2.0"]}, "float32")
