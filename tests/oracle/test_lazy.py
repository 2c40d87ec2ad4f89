"""Sequences that compute an element when it is asked for: the right one, once, and nothing else."""

from __future__ import annotations

import pytest

from dl4j_oracle.arithmetic import exact_interval_operations, lazy
from dl4j_oracle.arithmetic.error_model import error_model
from dl4j_oracle.arithmetic.exact_enclosure import ExactEnclosureArithmetic
from dl4j_oracle.arithmetic.interface import Operation


def test_an_element_is_computed_when_it_is_asked_for_and_once() -> None:
    computed: list[int] = []

    def doubled(x: int) -> int:
        computed.append(x)
        return 2 * x

    twice = lazy.mapped(doubled, (1, 2, 3))
    sums = lazy.mapped(int.__add__, twice, (10, 20, 30))
    assert computed == []
    assert (sums[1], sums[-2], twice[1]) == (24, 24, 4)
    assert computed == [2]
    assert list(sums) == [12, 24, 36]
    assert computed == [2, 1, 3]
    assert list(twice) == [2, 4, 6]


def test_parts_and_what_is_joined_have_the_elements_of_their_places() -> None:
    whole = lazy.joined([lazy.mapped(abs, (-1, -2)), (), (3,), lazy.mapped(abs, (-4, -5, -6))])
    assert len(whole) == 6
    assert list(whole) == [1, 2, 3, 4, 5, 6]
    assert whole[2:4] == [3, 4]
    assert list(lazy.part(whole, 1, 4)) == [2, 3, 4]
    assert list(lazy.part(whole, 4, 9)) == [5, 6]
    assert list(lazy.joined([])) == []
    with pytest.raises(IndexError):
        whole[6]


def test_an_element_that_cannot_be_computed_troubles_none_but_those_who_ask_for_it() -> None:
    quotients = lazy.mapped(lambda x: 12 / x, (3, 0, 4))
    shares = lazy.mapped(lambda x: x + 1, quotients)
    assert (shares[0], shares[2]) == (5, 4)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            shares[1]


def test_operands_of_other_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="unpack"):
        lazy.mapped(int.__add__, (1, 2), (1, 2, 3))


def test_a_long_chain_needs_no_recursion() -> None:
    chain = lazy.mapped(abs, (0, 0))
    for _ in range(100_000):
        chain = lazy.mapped(lambda x: x + 1, chain)
    assert chain[1] == 100_000


def test_exact_enclosures_are_computed_for_the_element_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    divided = []
    divide = exact_interval_operations.divide

    def counted(*operands: object) -> object:
        divided.append(operands)
        return divide(*operands)  # type: ignore[arg-type]

    monkeypatch.setattr(exact_interval_operations, "divide", counted)
    arithmetic = ExactEnclosureArithmetic(error_model("float32"), 160)
    x = arithmetic.array([float(i) for i in range(1, 1001)])
    shares = x.with_scalar(Operation.DIV, arithmetic.scalar(4.0)).with_array(Operation.DIV, x)
    assert shares.values[100].contains(0.25)
    assert not shares.values[100].contains(0.2501)
    assert len(divided) == 2
    assert x.with_scalar(Operation.DIV, arithmetic.scalar(4.0)).norm2() > 4564.0
    assert len(divided) == 1002
