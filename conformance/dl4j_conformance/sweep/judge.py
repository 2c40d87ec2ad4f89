"""The judgement of a shard: bits against the evaluation model, and values against their enclosures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from dl4j_backends.interface import Accuracy, Backend
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.values import Floats, hex_of, same_bits, ulps
from dl4j_conformance.execution.observe import observe
from dl4j_conformance.execution.oracle_backend import model_of
from dl4j_conformance.execution.outcome import Outcome, value
from dl4j_conformance.judging.comparison import differences
from dl4j_conformance.judging.enclosure_check import Bounds, Escape, bounds, nearness_by_step, reported_index
from dl4j_conformance.judging.enclosure_check import Place as ValuePlace
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.rounding import bounded_model
from dl4j_conformance.sweep.arrays import Gathered, gathered, without
from dl4j_conformance.sweep.patterns import Bits, ordinals, stratum
from dl4j_conformance.sweep.plan import Plan, Shard
from dl4j_conformance.sweep.tally import Offence, Place, Stratum, Tally, Worst
from dl4j_oracle.profile import DEFAULT_RULES

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Enclosed:
    """The verdict of the enclosures: escapes, and how far each value is from the centre (1 is the edge)."""

    escapes: Sequence[Escape]
    #: Of how many values the enclosure in float64 claims nothing.
    unclaimed: int
    #: By key: 1-D float64, 0 where the enclosure is one value or unbounded.
    shares: Mapping[str, Doubles]


def judge_shard(
    case: Case, expected: Outcome, got: Outcome, capabilities: frozenset[str], accuracy: Accuracy
) -> Enclosed:
    """Return the verdict of the enclosures on what a backend made of a shard's case.

    Whatever judging does for a sweep is called here. Every value is held against its enclosure in float64. One with the
    ``expected`` bits lies in its exact enclosure too, since correct rounding is allowed. The exact enclosure decides
    about all others, and about those outside of that in float64.
    """
    if not expected.steps or not got.steps or expected.steps[0].failure or got.steps[0].failure:
        return Enclosed((), 0, {})
    steps = nearness_by_step(case, got, capabilities, bounded_model(case.dtype, accuracy))
    if not steps:
        found = bounds(case, got, capabilities, DEFAULT_RULES, accuracy)
        return Enclosed(found.escapes, found.unclaimed, {})
    places: list[ValuePlace] = []
    shares: dict[str, Doubles] = {}
    unclaimed = 0
    for key, share in steps[0].items():
        model, values = (value(outcome.steps[0], key) for outcome in (expected, got))
        settled = share <= 1
        if model is not None and values is not None and (model.shape, model.dtype) == (values.shape, values.dtype):
            settled &= same_bits(model, values)
        places += [(0, key, reported_index(key, index)) for index in np.flatnonzero(~settled).tolist()]
        nothing = np.isnan(share)
        unclaimed += int(np.count_nonzero(nothing))
        shares[key] = np.where(nothing, 0.0, share)
    found = bounds(case, got, capabilities, DEFAULT_RULES, accuracy, places) if places else Bounds()
    return Enclosed(found.escapes, unclaimed, shares)


def swept(backend: Backend, accuracy: Accuracy, plan: Plan, shard: Shard) -> Tally:
    """Return the tally of a shard. Raises as :func:`dl4j_conformance.execution.observe.observe` does."""
    case = plan.case(shard)
    expected, got = observe(model_of(backend), case), observe(backend, case)
    enclosed = judge_shard(case, expected, got, backend.capabilities, accuracy)
    arrays: list[Gathered] = []
    if expected.steps and got.steps and not (expected.steps[0].failure or got.steps[0].failure):
        arrays = list(gathered(case, expected.steps[0], got.steps[0], backend.capabilities))
        got = replace(got, steps=(without(expected.steps[0], got.steps[0], arrays),))
    # What is left is all that values and their bits do not show.
    rest = [
        difference
        for difference in differences(case, expected, got, backend.capabilities)
        if difference.is_structural
        or plan.claimed is Level.BIT_EXACT
        or any(escape.key == difference.key for escape in enclosed.escapes)
    ]
    bits = plan.bits(shard)
    counted = _Counts(plan, shard, bits, enclosed)
    for array in arrays:
        counted.add(array)
    total = sum(len(array.got) for array in arrays)
    return Tally(
        patterns=len(bits),
        values=total,
        different=counted.different,
        outside=counted.outside,
        unclaimed=enclosed.unclaimed,
        structural=len(rest),
        first_structural=tuple(sorted({f"{d.key}: expected {d.expected}, got {d.got}" for d in rest})[: plan.shown]),
        worst_ulps=counted.worst_ulps,
        worst_share=counted.worst_share,
        offences=counted.offences(),
        strata=counted.strata(),
    )


class _Counts:
    """The counts of a shard, array by array."""

    def __init__(self, plan: Plan, shard: Shard, bits: Bits, enclosed: Enclosed) -> None:
        self._plan, self._shard, self._bits, self._enclosed = plan, shard, bits, enclosed
        self.different = self.outside = 0
        self.worst_ulps: Worst | None = None
        self.worst_share: Worst | None = None
        self._offences: list[Offence] = []
        n = len(bits)
        self._different, self._outside = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self._ulps, self._share = np.zeros(n, np.int64), np.zeros(n)

    def add(self, array: Gathered) -> None:
        """Count the values of an array."""
        different = ~same_bits(array.expected, array.got)
        apart = _distances(array.expected, array.got, different)
        share = array.of(self._enclosed.shares)
        escapes = array.escapes(self._enclosed.escapes)
        self._different += different
        self._ulps = np.maximum(self._ulps, apart)
        for index in escapes:
            self._outside[index] += 1
        self.different += int(np.count_nonzero(different))
        self.outside += len(escapes)
        self.worst_ulps = Worst.of(self.worst_ulps, self._worst(apart, array))
        self._share = np.maximum(self._share, share)
        self.worst_share = Worst.of(self.worst_share, self._worst(share, array))
        self._note(array, np.flatnonzero(different), escapes)

    def _worst(self, measures: npt.NDArray[np.float64] | npt.NDArray[np.int64], array: Gathered) -> Worst | None:
        index = int(np.argmax(measures))
        measure = measures[index].item()
        return Worst(measure, self._place(array, index)) if measure else None

    def _place(self, array: Gathered, index: int) -> Place:
        return Place(self._shard.point, int(self._bits[index]), array.name)

    def _note(self, array: Gathered, different: npt.NDArray[np.int64], escapes: Mapping[int, Escape]) -> None:
        """Keep the first values of an array that fail the claimed level."""
        offending = set(sorted(escapes)[: self._plan.shown])
        if self._plan.claimed is Level.BIT_EXACT:
            offending |= set(different[: self._plan.shown].tolist())
        for index in sorted(offending)[: self._plan.shown]:
            one, other = array.expected[index : index + 1], array.got[index : index + 1]
            self._offences.append(
                Offence(
                    self._place(array, index),
                    hex_of(one)[0],
                    hex_of(other)[0],
                    ulps(float(one[0]), float(other[0]), str(one.dtype)),
                    _allowed(escapes[index]) if index in escapes else "",
                )
            )

    def offences(self) -> tuple[Offence, ...]:
        """Return the first offences of the shard."""
        return tuple(sorted(self._offences, key=lambda offence: offence.place)[: self._plan.shown])

    def strata(self) -> dict[int, Stratum]:
        """Return the figures by sign and exponent."""
        # Patterns come in the order of their strata, a sample's too.
        numbers = stratum(self._bits, self._plan.patterns.dtype)
        starts = np.concatenate([[0], np.flatnonzero(np.diff(numbers)) + 1])
        counts = np.diff([*starts, len(numbers)])
        figures = (
            counts,
            np.add.reduceat(self._different, starts),
            np.add.reduceat(self._outside, starts),
            np.maximum.reduceat(self._ulps, starts),
            np.maximum.reduceat(self._share, starts),
        )
        columns = (column.tolist() for column in figures)
        return {int(numbers[start]): Stratum(*row) for start, *row in zip(starts.tolist(), *columns, strict=True)}


def _distances(expected: Floats, got: Floats, different: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Return the distances in ulps (1-D, int64): 0 of what has none, such as NaN and the infinities."""
    apart = np.zeros(len(expected), np.int64)
    finite = different & np.isfinite(expected) & np.isfinite(got)
    if finite.any():
        # As unsigned integers: the difference of two doubles may have 64 bits, and is then cut off.
        one, other = ordinals(expected[finite]), ordinals(got[finite])
        difference = np.maximum(one, other).view(np.uint64) - np.minimum(one, other).view(np.uint64)
        apart[finite] = np.minimum(difference, np.uint64(np.iinfo(np.int64).max)).astype(np.int64)
    return apart


def _allowed(escape: Escape) -> str:
    nan = " or NaN" if escape.may_be_nan else ""
    return f"{escape.low!r} to {escape.high!r}{nan}" if escape.low <= escape.high else "NaN only"
