"""Writing cases down: numbers as Python floats, turned into both types; parameters filled in unless given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, assert_never

import numpy as np

from dl4j_backends.interface import Network, Search
from dl4j_backends.topology import Topology
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.operations import Iterate, Operation, SetState, Update
from dl4j_conformance.cases.parameter_lengths import parameter_lengths
from dl4j_conformance.cases.values import DTYPES, Floats

#: Numbers for both types, or a function from the type to them.
Numbers = Sequence[float] | Callable[[str], Sequence[float]]


@dataclass(frozen=True)
class Step:
    """An update. Gradients that are not given are spread values (:func:`spread`); ``only`` leaves out the others."""

    gradients: Mapping[str, Numbers] = field(default_factory=dict)
    iteration: int | None = None
    batch_size: int = 1
    only: bool = False


@dataclass(frozen=True)
class Searched:
    """The result of a line search, or the scores of its ``tries``, and what comes after its step."""

    step: float | None = 1.0
    gradients: Mapping[str, Numbers] = field(default_factory=dict)
    score: float = 1.0
    only: bool = False
    tries: tuple[float, ...] | None = None


def tried(*scores: float, **after: Any) -> Searched:
    """Return a search that finds the length of its step from these scores."""
    return Searched(None, tries=scores, **after)


@dataclass(frozen=True)
class Iteration:
    """An iteration of the optimiser, its gradients as those of a :class:`Step`, in the ``order`` of these keys."""

    gradients: Mapping[str, Numbers] = field(default_factory=dict)
    score: float = 1.0
    batch_size: int = 1
    only: bool = False
    order: Sequence[str] = ()
    search: Searched | None = None
    further: Sequence[Searched] = ()


@dataclass(frozen=True)
class State:
    """Set the state view to these numbers."""

    numbers: Numbers


#: What a script is written with; operations without arrays stand for themselves.
Entry = Step | Iteration | State | Operation


@dataclass(frozen=True)
class Sketch:
    """A case for both types: ``slug`` without the type, layers and settings under DL4J's names, a script."""

    slug: str
    comment: str
    clauses: Sequence[str]
    layers: Sequence[Mapping[str, Any]]
    script: Sequence[Entry] = (Step(),)
    conf: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, Numbers] = field(default_factory=dict)
    quirks: Sequence[int] = ()
    flags: Sequence[str] = ()
    state: Numbers | None = None
    has_state: bool = False
    gradient_view: bool = False
    vertices: Sequence[str] = ()
    is_standalone_layer: bool = False
    chain: Sequence[str] = ()
    topology: Topology | None = None
    dtypes: Sequence[str] = DTYPES

    def cases(self) -> Iterator[Case]:
        """Yield the case in each type."""
        for dtype in self.dtypes:
            yield Case(
                id=f"{self.slug}-{dtype}",
                network=self._network(dtype),
                script=tuple(self._operations(dtype)),
                clauses=tuple(self.clauses),
                comment=self.comment,
                provenance="hand-written",
                quirks=tuple(self.quirks),
                flags=tuple(self.flags),
            )

    def _lengths(self) -> dict[str, int]:
        return {
            name if self.is_standalone_layer else f"{self.vertices[i] if self.vertices else i}_{name}": length
            for i, layer in enumerate(self.layers)
            for name, length in parameter_lengths(layer).items()
        }

    def _network(self, dtype: str) -> Network:
        params = {
            key: _array(self.params.get(key, spread(length, salt=number + 101)), dtype)
            for number, (key, length) in enumerate(self._lengths().items())
        }
        state = None if self.state is None else _array(self.state, dtype)
        has_state = self.has_state or state is not None
        shared = {field.name: getattr(self, field.name) for field in fields(Network) if hasattr(self, field.name)}
        own = {"dtype": dtype, "params": params, "state": state, "has_state": has_state}
        return Network(**{**shared, **own})

    def _operations(self, dtype: str) -> Iterator[Operation]:
        next_iteration = 0
        for number, entry in enumerate(self.script):
            match entry:
                case Step():
                    iteration = next_iteration if entry.iteration is None else entry.iteration
                    next_iteration = iteration + 1
                    yield Update(self._gradients(entry, number, dtype), iteration, entry.batch_size)
                case Iteration():
                    found = self._gradients(entry, number, dtype)
                    given = {key: found[key] for key in entry.order or found}
                    after = self._search(entry.search, number + 100, dtype) if entry.search else None
                    further = tuple(
                        self._search(one, number + 200 + 100 * i, dtype) for i, one in enumerate(entry.further)
                    )
                    yield Iterate(given, entry.score, entry.batch_size, after, further or None)
                case State(numbers):
                    yield SetState(_array(numbers, dtype))
                case Operation():
                    yield entry
                case _:
                    assert_never(entry)

    def _search(self, searched: Searched, number: int, dtype: str) -> Search:
        return Search(self._gradients(searched, number, dtype), searched.score, searched.step, searched.tries)

    def _gradients(self, step: Step | Iteration | Searched, number: int, dtype: str) -> dict[str, Floats]:
        filled: dict[str, Numbers] = {}
        if not step.only:
            for salt, (key, length) in enumerate(self._lengths().items()):
                filled[key] = spread(length, salt=16 * number + salt)
        return {key: _array(numbers, dtype) for key, numbers in {**filled, **step.gradients}.items()}


def dense(updater: str, n_in: int = 2, n_out: int = 2, **settings: Any) -> dict[str, Any]:
    """Return a dense layer: ``W`` of n_in * n_out and ``b`` of n_out values."""
    return {"n_in": n_in, "n_out": n_out, "updater": updater, **settings}


#: Salts of :func:`spread`, found by search, with which every other order of summing the squares of so many values
#: (front to back, back to front, two or four lanes and their variants, pairwise, in a wider type) gives another norm
#: in both types, wherever it is another order. 23 and 24 values: all orders but one.
ORDER_SHOWING_SALTS = {
    16: 62,
    21: 506,
    22: 1149,
    23: 2952,
    24: 279,
    25: 2790,
    26: 1579,
    27: 57,
    28: 2875,
    29: 253,
    30: 3664,
    31: 3939,
    32: 49,
    33: 13,
    63: 16,
    64: 23,
    96: 2,
}


def rho_if_adadelta(updater: str, rho: float = 0.95) -> dict[str, Any]:
    """Return AdaDelta's rho, which has no default, for layers that are not about its absence."""
    return {"rho": rho} if updater == "ADADELTA" else {}


def spread(length: int, salt: int = 0, low: float = -2.0, high: float = 2.0) -> tuple[float, ...]:
    """Values spread over [low, high) without pattern: the fractional parts of multiples of the golden ratio."""
    return tuple(low + (high - low) * ((0.6180339887498949 * (37 * salt + i + 1)) % 1.0) for i in range(length))


def steps(count: int, **fixed: Any) -> tuple[Step, ...]:
    """Return ``count`` equal updates."""
    return tuple(Step(**fixed) for _ in range(count))


def of_type(float32: Sequence[float], float64: Sequence[float]) -> Callable[[str], Sequence[float]]:
    """Numbers that depend on the type: its edges."""
    return lambda dtype: float32 if dtype == "float32" else float64


def _array(numbers: Numbers, dtype: str) -> Floats:
    given = numbers(dtype) if callable(numbers) else numbers
    with np.errstate(all="ignore"):
        return np.array(given, "float64").astype(dtype)
