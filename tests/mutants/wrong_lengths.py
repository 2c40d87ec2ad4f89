"""Wrong ports that treat the elements of long arrays otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from dl4j_backends.engine.session import EngineSession
from dl4j_backends.interface import Floats, Network, Observation
from dl4j_backends.numpy import NumpyBackend
from dl4j_conformance.execution.oracle_backend import OracleBackend
from dl4j_oracle.arithmetic.norm_order import sequential
from mutants.changed_oracle import Named, WrongPort


def _lanes(width: int, squares: Floats, offset: int) -> Any:
    """Return the sum in lanes beyond 64 elements, what is left over at the end."""
    whole = len(squares) // width * width
    if len(squares) <= 64:
        return sequential(squares)
    lanes = np.add.accumulate(squares[:whole].reshape(-1, width), axis=0)[-1]
    return sequential(np.concatenate([lanes, squares[whole:]]))


def _without_rest(width: int, squares: Floats, offset: int) -> Any:
    """Return the sum of whole lanes beyond 64 elements."""
    whole = len(squares) // width * width
    return sequential(squares[:whole] if len(squares) > 64 else squares)


def _pairs_beyond(squares: Floats, offset: int) -> Any:
    return squares.sum() if len(squares) > 128 else sequential(squares)


class _Blocks(NumpyBackend):
    """The NumPy backend that updates whole blocks of so many elements."""

    def __init__(self, width: int) -> None:
        self._width = width

    def open(self, network: Network) -> EngineSession:
        session = super().open(network)
        update = session.update

        def changed(gradients: Mapping[str, Floats], iteration: int, batch_size: int) -> Observation:
            given = {key: array.copy() for key, array in gradients.items()}
            seen = update(gradients, iteration, batch_size)
            kept = {key: self._whole(given[key], array) for key, array in seen.updates.items()}
            return replace(seen, updates=kept)

        session.update = changed  # type: ignore[method-assign]
        return session

    def _whole(self, gradient: Floats, update: Floats) -> Floats:
        whole = len(update) // self._width * self._width
        return update if len(update) <= 64 else np.concatenate([update[:whole], gradient[whole:]])


def lengths() -> Named:
    for width in (2, 4, 8, 16):
        wrong = OracleBackend(norm_order=partial(_lanes, width))
        yield f"norm_in_{width}_lanes_beyond_64", WrongPort(wrong, "length-")
        rest = OracleBackend(norm_order=partial(_without_rest, width))
        yield f"norm_without_rest_of_{width}", WrongPort(rest, "length-")
        yield f"update_without_rest_of_{width}", WrongPort(_Blocks(width), "length-")
    yield "norm_in_pairs_beyond_128", WrongPort(OracleBackend(norm_order=_pairs_beyond), "length-")
