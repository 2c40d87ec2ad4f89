"""The records of a report: a header, a result for each case and a footer, for each backend of a run.

A report is a file of JSON lines. Each line is one of these records, and its ``type``. ``schemas/report.schema.json``
describes the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dl4j_backends.interface import Accuracy
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Status

FORMAT_VERSION = 3


@dataclass(frozen=True)
class Value:
    """A floating-point value: its bit pattern in hex, and the number."""

    bits: str
    value: float


@dataclass(frozen=True)
class Words:
    """Something that is not one value, such as a shape or an exception."""

    words: str


@dataclass(frozen=True)
class Finding:
    """A difference, and the lowest level that it fails."""

    level: Level
    #: The operation of the script from 0; -1 is the construction.
    step: int
    key: str
    index: int | None
    layer: int | None
    expected: Value | Words
    got: Value | Words
    #: The distance in values of the type; None unless both are finite.
    ulps: int | None
    #: The enclosure, of a value that lies outside of it; else empty.
    allowed: str


@dataclass(frozen=True)
class Reached:
    """The highest level that the layers with one updater pass in a case; None if not even structure."""

    updater: str
    level: Level | None
    #: The largest distance of a value; None without one.
    ulps: int | None


@dataclass(frozen=True)
class Result:
    """The verdict on one case."""

    case: str
    topic: str
    dtype: str
    #: By layer.
    updaters: tuple[str, ...]
    clauses: tuple[str, ...]
    comment: str
    status: Status
    #: Why it was not run.
    reason: str
    #: The lowest level that it fails; None if it passes all, or was not run.
    fails: Level | None
    #: Empty if it was not run.
    reached: tuple[Reached, ...]
    #: How many values were compared, and how many of them have the bits of the evaluation model.
    values: int
    identical: int
    #: Whether there is a recording of the real DL4J.
    is_recorded: bool
    #: How near a value comes to the edge of its enclosure, from 0 to 1: of a case that differs by rounding alone.
    nearness: float | None
    #: How many differences there are. The findings are the gravest of them.
    differences: int
    findings: tuple[Finding, ...]
    #: The command that runs a failing case again.
    reproduce: str | None
    #: The declared deviation that the failure matches.
    deviation: str | None = None
    #: The largest distance after each operation, in ulps: 0 if all bits are equal there, None if something differs that
    #: has no distance. Empty if nothing differs.
    drift: tuple[int | None, ...] = ()
    #: A hash of all differences: two backends with the same hash have the same bits. Empty if nothing differs.
    bits: str = ""


@dataclass(frozen=True)
class Header:
    """The facts of a run that were known before it."""

    format_version: int
    #: The number of the backend in the run, from 1, and how many there are.
    part: int
    parts: int
    #: The address of the backend, and the name that it gives itself.
    backend: str
    name: str | None
    #: What it declares; None if it is unavailable.
    capabilities: tuple[str, ...] | None
    accuracy: Accuracy | None
    claimed: Level
    #: How many cases were selected.
    cases: int
    #: The SHA-256 of the fixtures' manifest.
    fixtures: str
    platform: str
    #: Of Python, of this suite and of NumPy, by name.
    versions: Mapping[str, str]


@dataclass(frozen=True)
class Tally:
    """Numbers of cases."""

    passed: int
    failed: int
    not_run: int


@dataclass(frozen=True)
class Cell(Tally):
    """The numbers of cases with one updater, in one type, at one level."""

    updater: str
    dtype: str
    level: Level


@dataclass(frozen=True)
class Compared:
    """Numbers of values."""

    compared: int
    bit_identical: int


@dataclass(frozen=True)
class Fault:
    """A fault of an adapter."""

    name: str
    #: None: between cases, or at the end.
    case: str | None
    detail: str
    hint: str
    stderr: str
    recovered: bool


@dataclass(frozen=True)
class Misreading:
    """A misreading of the catalogue."""

    id: str
    sentence: str
    clauses: tuple[str, ...]
    references: tuple[str, ...]


@dataclass(frozen=True)
class Named(Misreading):
    """A misreading that the backend has, and what speaks for it."""

    certain: bool
    level: Level
    #: How many cases that ran can show it.
    discriminating: int
    #: The ids of those that show it.
    cases: tuple[str, ...]
    alternatives: tuple[Misreading, ...]


@dataclass(frozen=True)
class Divergence:
    """The first thing that is wrong in a small case that stays unexplained."""

    case: str
    step: int
    key: str
    index: int | None
    intermediate: str
    expected: Value | Words
    got: Value | Words


@dataclass(frozen=True)
class Diagnosis:
    """The misreadings that explain the failures together."""

    complete: bool
    explained: int
    failing: int
    rounding: int
    unexplained: tuple[str, ...]
    readings: tuple[Named, ...]
    #: What too many cases contradict to be named.
    hints: tuple[Named, ...]
    first_divergence: Divergence | None


@dataclass(frozen=True)
class Known:
    """The number of misreadings that are known, and the ids of those that nothing that ran excludes."""

    known: int
    not_excluded: tuple[str, ...]


@dataclass(frozen=True)
class Footer:
    """The results of a backend, added up, and the verdict."""

    backend: str
    exit_code: int
    #: The verdict in words.
    verdict: str
    total: Tally
    values: Compared
    #: Why the backend could not run.
    unavailable: str | None
    faults: tuple[Fault, ...]
    #: ``--max-fail``, or the signal that stopped the run.
    stopped_by: str | None
    changed_floating_point_mode: bool
    #: The updaters and types of which too few cases ran, in words.
    below_floor: tuple[str, ...]
    #: How many cases were not run, by reason.
    not_run: Mapping[str, int]
    table: tuple[Cell, ...]
    misreadings: Known
    diagnosis: Diagnosis | None
    #: The fields of the accuracy to declare, if weaker arithmetic alone explains all failures at level bounded.
    declaration: Mapping[str, float | str | bool] | None
    #: What is not as the file of deviations declares.
    breaches: tuple[str, ...]
