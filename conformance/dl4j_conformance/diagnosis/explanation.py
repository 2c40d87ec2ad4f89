"""What happens in a case, step by step: intermediates exactly, as bits, in enclosures, and as a backend has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.operations import Operation
from dl4j_conformance.cases.values import Floats, hex_of
from dl4j_conformance.execution.oracle_backend import state_blocks
from dl4j_conformance.execution.outcome import Outcome, Step
from dl4j_conformance.execution.traced_script import TracedStep, traced_script
from dl4j_oracle.arithmetic import intervals, reals
from dl4j_oracle.arithmetic.decimals import to_decimal
from dl4j_oracle.arithmetic.enclosed_scalar import EnclosedScalar
from dl4j_oracle.arithmetic.enclosure import EnclosedArray, EnclosureArithmetic
from dl4j_oracle.arithmetic.error_model import error_model
from dl4j_oracle.arithmetic.exact import ExactArithmetic, ExactArray, ExactScalar
from dl4j_oracle.arithmetic.ieee import IeeeArithmetic, IeeeArray, IeeeScalar
from dl4j_oracle.arithmetic.interface import Array, Scalar
from dl4j_oracle.arithmetic.intervals import Intervals
from dl4j_oracle.arithmetic.trace import Following, Node, Trace
from dl4j_oracle.errors import Dl4jError, UndecidedError

#: An intermediate's owner (a gradient key, or a layer's index) and name. What the caller finds is a "result", a state
#: array "state NAME", unless a rule has this name for it.
Place = tuple[str, str]


@dataclass(frozen=True, eq=False)
class Intermediate:
    """One intermediate of one step.

    ``rule`` is the field of the profile that computed it. ``ieee`` holds its values in the array's type, or one Java
    double; ``exact`` decimals, ``enclosure`` what rounding can make of it along the way that the evaluation model
    takes; ``backend`` what a backend has there. The last three are None where nothing is known.
    """

    rule: str
    owner: str
    name: str
    ieee: Floats
    exact: Sequence[str] | None = None
    enclosure: Intervals | None = None
    backend: Floats | None = None

    @property
    def differing(self) -> tuple[int, ...]:
        """Where the backend has other bits."""
        if self.backend is None:
            return ()
        if self.backend.shape != self.ieee.shape or self.backend.dtype != self.ieee.dtype:
            return tuple(range(len(self.ieee)))
        pairs = zip(hex_of(self.ieee), hex_of(self.backend), strict=True)
        return tuple(index for index, (left, right) in enumerate(pairs) if left != right)

    @property
    def outside(self) -> tuple[int, ...]:
        """Where the backend leaves the enclosure: no rounding on the evaluation model's way gives that value."""
        if self.backend is None or self.enclosure is None or self.backend.shape != self.ieee.shape:
            return self.differing
        inside = self.enclosure.contains(self.backend)
        return tuple(index for index in self.differing if not inside[index])


@dataclass(frozen=True, eq=False)
class ExplainedStep:
    """One operation of the script: what it computed, and the exception in which it ended, if it did."""

    operation: Operation
    intermediates: tuple[Intermediate, ...] = ()
    error: Dl4jError | None = None
    backend_error: str = ""


@dataclass(frozen=True, eq=False)
class Wrong:
    """Element ``index`` of an intermediate of operation ``step``; ``by_rounding``: its enclosure has room for it."""

    step: int
    intermediate: Intermediate
    index: int
    by_rounding: bool = False


@dataclass(frozen=True, eq=False)
class Explanation:
    """A case, explained: ``error`` is what its construction throws."""

    case: Case
    steps: tuple[ExplainedStep, ...] = ()
    error: Dl4jError | None = None

    @property
    def first_wrong(self) -> Wrong | None:
        """The first intermediate that the backend has outside of its enclosure, else the first with other bits."""
        every = [(number, found) for number, step in enumerate(self.steps) for found in step.intermediates]
        for number, found in every:
            if found.outside:
                return Wrong(number, found, found.outside[0])
        for number, found in every:
            if found.differing:
                return Wrong(number, found, found.differing[0], by_rounding=True)
        return None


def explain(case: Case, digits: int = 20, got: Outcome | None = None) -> Explanation:
    """Every intermediate of ``case``, exact ones to ``digits`` digits; ``got`` is what a backend made of the case."""
    trace = Trace()
    try:
        traced = traced_script(case, IeeeArithmetic(case.dtype), trace)
    except Dl4jError as error:
        return Explanation(case, error=error)
    exact = reals.decided(lambda prec: _decimals(case, prec, digits))
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
                exact[number].get(place),
                enclosed[number].get(place) if enclosed else None,
                observed.get(place),
            )
            for place, (rule, node) in values.items()
        )
        backend_error = f"{seen.failure.kind}: {seen.failure.message}" if seen and seen.failure else ""
        steps.append(ExplainedStep(operation, intermediates, step.error, backend_error))
    return Explanation(case, tuple(steps))


def _places(step: TracedStep) -> tuple[dict[Place, tuple[str, Node]], dict[Place, Place]]:
    """What a step computed, by place with its rule; and where results and state arrays are found there."""
    values = {(named.owner, named.name): (named.rule, named.node) for named in step.intermediates}
    places = {named.node.number: (named.owner, named.name) for named in step.intermediates}
    shown = {(key, "result"): node for key, node in step.updates.items()}
    shown |= {(key, "params"): node for key, node in step.params.items()}
    if not step.error:
        shown |= {(key, f"state {name}"): node for (key, name), node in step.state.items()}
    known = {place: _known(place, places.get(node.number)) for place, node in shown.items()}
    values |= {place: ("", node) for place, node in shown.items() if known[place] == place}
    return values, known


def _known(place: Place, named: Place | None) -> Place:
    """Where the rules have it: a result under any name, a state array under its own."""
    return named if named and (place[1] == "result" or place[1] == f"state {named[1]}") else place


def _observed(case: Case, seen: Step, places: Mapping[Place, Place]) -> dict[Place, Floats]:
    """What a backend shows, under the places of what the oracle computes; its intermediates speak for themselves."""
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
        found[owner, name] = values
    return found


def _decimals(case: Case, prec: int, digits: int) -> list[dict[Place, Sequence[str]]]:
    return [
        {place: [to_decimal(x, digits) for x in _reals(node.value)] for place, (_, node) in _places(step)[0].items()}
        for step in traced_script(case, ExactArithmetic(prec), Trace())
    ]


def _enclosed(case: Case, ahead: Trace) -> list[dict[Place, Intervals]] | None:
    """The enclosures along the way that the evaluation model takes; None where comparisons are too uncertain."""
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
            return value.values
        case EnclosedScalar():
            return value.value
    raise TypeError(f"not of the enclosure arithmetic: {value!r}")
