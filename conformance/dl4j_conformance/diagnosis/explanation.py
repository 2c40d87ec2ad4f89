"""The explanation of a case, step by step: its intermediates exactly, as bits, in enclosures, and a backend's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from dl4j_backends.interface import Dl4jException, Failure, Observation
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.operations import Operation
from dl4j_conformance.cases.values import Floats, hex_of
from dl4j_conformance.execution.oracle_backend import state_blocks
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.execution.traced_script import TracedStep, traced_script
from dl4j_oracle.arithmetic import intervals, reals
from dl4j_oracle.arithmetic.decimals import to_decimal
from dl4j_oracle.arithmetic.enclosed_scalar import EnclosedScalar
from dl4j_oracle.arithmetic.enclosure import EnclosedArray, EnclosureArithmetic
from dl4j_oracle.arithmetic.error_model import error_model
from dl4j_oracle.arithmetic.exact import ExactArray, ExactScalar
from dl4j_oracle.arithmetic.ieee import IeeeArithmetic, IeeeArray, IeeeScalar
from dl4j_oracle.arithmetic.interface import Array, Scalar
from dl4j_oracle.arithmetic.intervals import Intervals
from dl4j_oracle.arithmetic.lazily_exact import LazilyExactArithmetic
from dl4j_oracle.arithmetic.trace import Following, Node, Trace
from dl4j_oracle.errors import UndecidedError

#: An intermediate's owner (a gradient key, or a layer's index) and name. The update is a "result" and a state array
#: "state NAME", unless a rule has this name for it.
Place = tuple[str, str]


@dataclass(frozen=True, eq=False)
class Intermediate:
    """One intermediate of one step."""

    #: The field of the profile that computed it.
    rule: str
    #: A gradient key, or a layer's index.
    owner: str
    name: str
    #: The evaluation model's values: 1-D, of the network's dtype, or one Java double (float64).
    ieee: Floats
    #: Decimals of exact values by index, of those that are shown; None if they are not known.
    exact: Mapping[int, str] | None = None
    #: What rounding can make of the values if every comparison goes as in the evaluation model; None: no claim.
    enclosure: Intervals | None = None
    #: A backend's values; None if it does not show them.
    backend: Floats | None = None

    def shown(self, elements: int | None) -> Sequence[int]:
        """Return the indices of the first ``elements`` and of as many that differ; of all if it is None."""
        if elements is None:
            return range(len(self.ieee))
        return sorted({*range(min(elements, len(self.ieee))), *self.differing[:elements]})

    @cached_property
    def differing(self) -> tuple[int, ...]:
        """Return the indices of the values that have other bits in the backend."""
        if self.backend is None:
            return ()
        if self.backend.shape != self.ieee.shape or self.backend.dtype != self.ieee.dtype:
            return tuple(range(len(self.ieee)))
        pairs = zip(hex_of(self.ieee), hex_of(self.backend), strict=True)
        return tuple(index for index, (left, right) in enumerate(pairs) if left != right)

    @cached_property
    def outside(self) -> tuple[int, ...]:
        """Return the indices of the backend's values outside of the enclosure, which rounding cannot explain."""
        if self.backend is None or self.enclosure is None or self.backend.shape != self.ieee.shape:
            return self.differing
        inside = self.enclosure.contains(self.backend)
        return tuple(index for index in self.differing if not inside[index])


@dataclass(frozen=True, eq=False)
class ExplainedStep:
    """One operation of the script: its intermediates, and the exception in which it ended, if it did."""

    operation: Operation
    intermediates: tuple[Intermediate, ...] = ()
    error: Failure | None = None
    backend_error: str = ""


@dataclass(frozen=True, eq=False)
class Wrong:
    """A wrong element of an intermediate of operation ``step``; ``by_rounding``: it lies in its enclosure."""

    step: int
    intermediate: Intermediate
    index: int
    by_rounding: bool = False


@dataclass(frozen=True, eq=False)
class Explanation:
    """The steps of a case; ``error`` is what its construction throws."""

    case: Case
    steps: tuple[ExplainedStep, ...] = ()
    error: Failure | None = None

    @property
    def first_wrong(self) -> Wrong | None:
        """Return the first intermediate with a value outside of its enclosure, else the first with other bits."""
        every = [(number, found) for number, step in enumerate(self.steps) for found in step.intermediates]
        for number, found in every:
            if found.outside:
                return Wrong(number, found, found.outside[0])
        for number, found in every:
            if found.differing:
                return Wrong(number, found, found.differing[0], by_rounding=True)
        return None


def explain(case: Case, digits: int = 20, got: Outcome | None = None, elements: int | None = None) -> Explanation:
    """Return every intermediate of ``case``, the exact values to ``digits`` significant digits.

    ``got`` is what a backend made of the case. Of each array the exact values of the first ``elements`` are computed,
    and of as many that differ, or of all.
    """
    trace = Trace()
    try:
        traced = traced_script(case, IeeeArithmetic(case.dtype), trace)
    except Dl4jException as error:
        return Explanation(case, error=Failure(error.kind, error.message))
    enclosed = _enclosed(case, trace)
    steps = []
    for number, (operation, step) in enumerate(zip(case.script, traced, strict=True)):
        values, places = _places(step)
        seen = got.steps[number] if got and number < len(got.steps) else None
        observed = _observed(case, seen, places) if seen else {}
        intermediates = tuple(
            Intermediate(
                rule,
                *place,
                _bits(node.value),
                enclosure=enclosed[number].get(place) if enclosed else None,
                backend=observed.get(place),
            )
            for place, (rule, node) in values.items()
        )
        backend_error = str(seen.failure) if seen and seen.failure else ""
        steps.append(ExplainedStep(operation, intermediates, step.seen.failure, backend_error))
    return Explanation(case, reals.decided(lambda prec: _with_decimals(case, steps, elements, prec, digits)))


def _with_decimals(
    case: Case, steps: Sequence[ExplainedStep], elements: int | None, prec: int, digits: int
) -> tuple[ExplainedStep, ...]:
    """Return the steps with exact values, computed with ``prec`` bits; raises :class:`UndecidedError`."""
    exact = traced_script(case, LazilyExactArithmetic(prec), Trace())
    found = []
    for explained, step in zip(steps, exact, strict=True):
        values = {place: _reals(node.value) for place, (_, node) in _places(step)[0].items()}
        intermediates = (
            replace(one, exact=_decimals(values.get((one.owner, one.name)), one.shown(elements), digits))
            for one in explained.intermediates
        )
        found.append(replace(explained, intermediates=tuple(intermediates)))
    return tuple(found)


def _decimals(values: Sequence[reals.Real] | None, shown: Sequence[int], digits: int) -> dict[int, str] | None:
    return None if values is None else {index: to_decimal(values[index], digits) for index in shown}


def _places(step: TracedStep) -> tuple[dict[Place, tuple[str, Node]], dict[Place, Place]]:
    """Return the values of a step with their rules, by place, and the places of results and state arrays."""
    values = {(named.owner, named.name): (named.rule, named.node) for named in step.named}
    places = {named.node.number: (named.owner, named.name) for named in step.named}
    shown = {(key, "result"): node for key, node in (step.seen.updates or {}).items()}
    shown |= {(key, "params"): node for key, node in step.seen.params.items()}
    if not step.seen.failure:
        shown |= {(key, f"state {name}"): node for (key, name), node in step.state.items()}
    known = {place: _known(place, places.get(node.number)) for place, node in shown.items()}
    values |= {place: ("", node) for place, node in shown.items() if known[place] == place}
    return values, known


def _known(place: Place, named: Place | None) -> Place:
    """Return the place that a rule has for it: a result under any name, a state array under its own."""
    return named if named and (place[1] == "result" or place[1] == f"state {named[1]}") else place


def _observed(case: Case, seen: Observation, places: Mapping[Place, Place]) -> dict[Place, Floats]:
    """Return what a backend shows by the places of the oracle; its own intermediates by the names it gives them."""
    found: dict[Place, Floats] = {(key, "result"): array for key, array in (seen.updates or {}).items()}
    found |= {(key, "params"): array for key, array in seen.params.items()}
    found |= {(key, "lr"): np.array([rate]) for key, rate in seen.learning_rates.items()}
    found |= {(key, "mu"): np.array([momentum]) for key, momentum in seen.momentum.items()}
    if seen.state is not None and isinstance(seen.state, np.ndarray):
        start = 0
        for block in state_blocks(case):
            part = seen.state[start : start + block.length]
            found[case.network.key(block.layer, block.parameter), f"state {block.name}"] = part
            start += block.length
    found = {places.get(place, place): values for place, values in found.items()}
    for key, values in seen.intermediates.items():
        owner, _, name = key.rpartition(".")
        found[owner, name] = np.atleast_1d(values)
    return found


def _enclosed(case: Case, ahead: Trace) -> list[dict[Place, Intervals]] | None:
    """Return the enclosures if every comparison goes as in the evaluation model; None if one is too uncertain."""
    try:
        steps = traced_script(case, EnclosureArithmetic(error_model(case.dtype), intervals.outer), Following(ahead))
    except (UndecidedError, IndexError):
        return None
    return [{place: _intervals(node.value) for place, (_, node) in _places(step)[0].items()} for step in steps]


def _bits(value: Array | Scalar) -> Floats:
    match value:
        case IeeeArray():
            return value.values
        case IeeeScalar():
            return np.array([value.value])
    raise TypeError(f"not of the ieee arithmetic: {value!r}")


def _reals(value: Array | Scalar) -> Sequence[reals.Real]:
    match value:
        case ExactArray():
            return value.values
        case ExactScalar():
            return (value.value,)
    raise TypeError(f"not of the exact arithmetic: {value!r}")


def _intervals(value: Array | Scalar) -> Intervals:
    match value:
        case EnclosedArray():
            return value.intervals
        case EnclosedScalar():
            return intervals.repeat(value.value, 1)
    raise TypeError(f"not of the enclosure arithmetic: {value!r}")
