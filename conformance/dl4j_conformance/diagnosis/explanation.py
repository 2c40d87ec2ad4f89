"""The explanation of a case, step by step: its intermediates exactly, as bits, in enclosures, and a backend's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np

from dl4j_backends.block_interface import BlockNetwork, BlockObservation, BlockStep
from dl4j_backends.interface import Dl4jException, Failure, Observation
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.operations import Operation
from dl4j_conformance.cases.values import Floats, hex_of
from dl4j_conformance.diagnosis.places import Place, observed, observed_blocks, places_of
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.execution.traced_blocks import traced_blocks
from dl4j_conformance.execution.traced_script import TracedStep, traced_script
from dl4j_oracle.arithmetic import intervals, reals
from dl4j_oracle.arithmetic.decimals import to_decimal
from dl4j_oracle.arithmetic.enclosed_scalar import EnclosedScalar
from dl4j_oracle.arithmetic.enclosure import EnclosedArray, EnclosureArithmetic
from dl4j_oracle.arithmetic.error_model import error_model
from dl4j_oracle.arithmetic.exact import ExactArray, ExactScalar
from dl4j_oracle.arithmetic.ieee import IeeeArithmetic, IeeeArray, IeeeScalar
from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Scalar
from dl4j_oracle.arithmetic.intervals import Intervals
from dl4j_oracle.arithmetic.lazily_exact import LazilyExactArithmetic
from dl4j_oracle.arithmetic.trace import Following, Trace
from dl4j_oracle.blocks.profile import BLOCK_VERSIONS
from dl4j_oracle.errors import UndecidedError


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
    run = _Run(
        case,
        partial(traced_script, case),
        IeeeArithmetic(case.dtype),
        partial(observed, case),
        got.steps if got else (),
    )
    return _explained(run, digits, elements)


def explain_blocks(
    case: Case,
    network: BlockNetwork,
    steps: Sequence[BlockStep],
    digits: int = 20,
    got: Sequence[BlockObservation] = (),
    elements: int | None = None,
) -> Explanation:
    """Return every intermediate of updates of a later version; ``case`` has its network and steps in 0.8.0's form.

    ``got`` is what a backend made of the steps.
    """
    arithmetic = IeeeArithmetic(case.dtype, BLOCK_VERSIONS[network.version].norm_order)
    run = _Run(case, partial(traced_blocks, network, steps), arithmetic, partial(observed_blocks, network), got)
    return _explained(run, digits, elements)


@dataclass(frozen=True)
class _Run:
    """A case, its run in the trace arithmetic, the evaluation model, and a backend's steps with their reader."""

    case: Case
    traced: Callable[[Arithmetic, Trace], list[TracedStep]]
    model: IeeeArithmetic
    observed: Callable[[Any, Mapping[Place, Place]], dict[Place, Floats]]
    got: Sequence[Observation | BlockObservation]


def _explained(run: _Run, digits: int, elements: int | None) -> Explanation:
    case, trace = run.case, Trace()
    try:
        traced = run.traced(run.model, trace)
    except Dl4jException as error:
        return Explanation(case, error=Failure(error.kind, error.message))
    enclosed = _enclosed(run, trace)
    steps = []
    for number, (operation, step) in enumerate(zip(case.script, traced, strict=True)):
        values, places = places_of(step)
        seen = run.got[number] if number < len(run.got) else None
        found = run.observed(seen, places) if seen else {}
        intermediates = tuple(
            Intermediate(
                rule,
                *place,
                _bits(node.value),
                enclosure=enclosed[number].get(place) if enclosed else None,
                backend=found.get(place),
            )
            for place, (rule, node) in values.items()
        )
        backend_error = str(seen.failure) if seen and seen.failure else ""
        steps.append(ExplainedStep(operation, intermediates, step.seen.failure, backend_error))
    return Explanation(case, reals.decided(lambda prec: _with_decimals(run, steps, elements, prec, digits)))


def _with_decimals(
    run: _Run, steps: Sequence[ExplainedStep], elements: int | None, prec: int, digits: int
) -> tuple[ExplainedStep, ...]:
    """Return the steps with exact values, computed with ``prec`` bits; raises :class:`UndecidedError`."""
    exact = run.traced(LazilyExactArithmetic(prec), Trace())
    found = []
    for explained, step in zip(steps, exact, strict=True):
        values = {place: _reals(node.value) for place, (_, node) in places_of(step)[0].items()}
        intermediates = (
            replace(one, exact=_decimals(values.get((one.owner, one.name)), one.shown(elements), digits))
            for one in explained.intermediates
        )
        found.append(replace(explained, intermediates=tuple(intermediates)))
    return tuple(found)


def _decimals(values: Sequence[reals.Real] | None, shown: Sequence[int], digits: int) -> dict[int, str] | None:
    return None if values is None else {index: to_decimal(values[index], digits) for index in shown}


def _enclosed(run: _Run, ahead: Trace) -> list[dict[Place, Intervals]] | None:
    """Return the enclosures if every comparison goes as in the evaluation model; None if one is too uncertain."""
    try:
        steps = run.traced(EnclosureArithmetic(error_model(run.case.dtype), intervals.outer), Following(ahead))
    except (UndecidedError, IndexError):
        return None
    return [{place: _intervals(node.value) for place, (_, node) in places_of(step)[0].items()} for step in steps]


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
