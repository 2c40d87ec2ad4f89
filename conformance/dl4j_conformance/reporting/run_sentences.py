"""The sentences about a run that has just been made, of its summary: verdict, failures, diagnosis, reasons.

Those about a report that is read from a file are in ``report_sentences``. No line is mark-up.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

from dl4j_backends.interface import CORRECTLY_ROUNDED
from dl4j_conformance.diagnosis.misreadings import Diagnosis
from dl4j_conformance.judging.comparison import Difference
from dl4j_conformance.judging.level import Finding, Level
from dl4j_conformance.judging.verdict import Result, Status
from dl4j_conformance.reporting.phrases import cases, place, ulps
from dl4j_conformance.reporting.summary import Summary
from dl4j_oracle.misreadings import AnyMisreading

#: Failing cases that a report shows, and differences of each.
SHOWN_CASES, _SHOWN_DIFFERENCES = 5, 3

#: Reasons why cases were not run that are named, and cases of each.
_SHOWN_REASONS, _SHOWN_NOT_RUN = 20, 3

#: Misreadings that are named if they are not killed; the JSON has them all.
_SHOWN_MISREADINGS = 8


def faults(found: Summary) -> Iterator[str]:
    """Yield the lines of the first fault of each kind, explained."""
    shown = set()
    for fault in found.faults:
        kind = (fault.fault.name, fault.recovered)
        if kind in shown:
            continue
        shown.add(kind)
        if fault.recovered:
            yield f"restarted and replayed, so that no result is lost, after {fault.fault}"
            continue
        yield f"FAULT in {fault.case}" if fault.case else "FAULT when it ended"
        yield from fault.fault.explained().splitlines()


def allowances(found: Summary) -> Iterator[str]:
    """Yield the weaker arithmetic that levels bounded and reading allow because the backend declares it."""
    declared, usual = found.accuracy, CORRECTLY_ROUNDED
    parts = []
    if declared.division_ulps != usual.division_ulps:
        parts.append(f"division within {ulps(declared.division_ulps)}")
    if declared.square_root_ulps != usual.square_root_ulps:
        parts.append(f"square root within {ulps(declared.square_root_ulps)}")
    if declared.flush_to_zero:
        parts.append("subnormal numbers may be zero")
    if declared.scalars != usual.scalars:
        parts.append(f"scalars in {declared.scalars}")
    if declared.power_ulps != usual.power_ulps:
        parts.append(f"pow of scalars within {ulps(declared.power_ulps)}")
    if declared.exponential_ulps != usual.exponential_ulps:
        parts.append(f"exp of scalars within {ulps(declared.exponential_ulps)}")
    if declared.scalar_square_root_ulps != usual.scalar_square_root_ulps:
        parts.append(f"square root of scalars within {ulps(declared.scalar_square_root_ulps)}")
    if declared.reciprocal_batch_size:
        parts.append("the batch size as a reciprocal")
    if parts:
        yield f"bounded allows what the backend declares: {', '.join(parts)}"
    if declared.reading_digits is not None:
        yield f"reading allows what the backend declares: results with {declared.reading_digits} binary digits"


def verdict(found: Summary) -> str:
    """Return the verdict in a sentence."""
    total, failed, deviating = found.total, len(found.unexpected), len(found.deviating)
    to = f" to DL4J {found.version}" if found.version else ""
    if not total.ran:
        said = f"{found.backend}: nothing ran"
    elif failed:
        said = f"{found.backend} does not conform{to}"
    elif found.breaches:
        said = f"{found.backend} is not as declared"
    elif found.stopped_by:
        said = f"{found.backend} was not judged to the end"
    elif not found.is_complete:
        said = f"{found.backend} could not run everything"
    elif found.conforms:
        said = f"{found.backend} conforms{to}" + (" but for what is declared" if deviating else "")
    else:
        said = f"{found.backend} ran too little for a verdict"
    idle = sum(result.status is Status.NOT_RUN for result in found.deviating)
    counts = [
        f"{total.passed} of {total.ran} cases passed",
        *([f"{deviating} {'deviates' if deviating == 1 else 'deviate'} as declared"] if deviating else []),
        f"{failed} failed",
        f"{total.not_run - idle} not run",
        *([f"stopped early ({found.stopped_by})"] if found.stopped_by else []),
    ]
    follows = f". {found.follows}" if found.follows else ""
    return f"{said}: {', '.join(counts)}{follows}"


def deviating(found: Summary) -> Iterator[str]:
    """Yield each declared deviation that was seen, with the number of its cases, and what is not as declared."""
    numbers = Counter(result.deviation for result in found.deviating)
    for deviation, number in numbers.items():
        yield f"as declared: {cases(number)}: {deviation}"
    for breach in found.breaches:
        yield f"NOT AS DECLARED: {breach}"


#: The note on a backend whose subnormal numbers, or rounding, are not what IEEE 754 has by default.
CHANGED_MODE = (
    "it changed the floating-point mode of the processor (subnormal numbers become zero, or results are not rounded to"
    " nearest); this does not reach the judge, whose own mode is restored after every call"
)


def below_floor(found: Summary) -> Iterator[str]:
    """Yield that too few cases ran."""
    if found.below_floor:
        yield f"too few cases ran: {'; '.join(found.below_floor)}"


def not_run(found: Summary, *, all_of_them: bool = False) -> Iterator[str]:
    """Yield the cases that were not run and are not declared, by reason: a few of them, or ``all_of_them``.

    The JSON has them all.
    """
    by_reason: dict[str, list[str]] = {}
    for id_, reason in found.idle.items():
        by_reason.setdefault(reason, []).append(id_)
    reasons, most = (len(by_reason), len(found.topics)) if all_of_them else (_SHOWN_REASONS, _SHOWN_NOT_RUN)
    for reason, ids in list(by_reason.items())[:reasons]:
        more = f" and {len(ids) - most} more" if len(ids) > most else ""
        yield f"not run: {cases(len(ids))}: {reason}: {', '.join(ids[:most])}{more}"
    if rest := list(by_reason.values())[reasons:]:
        yield f"not run: {cases(sum(map(len, rest)))} for {len(rest)} other reasons"


def share_identical(identical: int, values: int) -> str:
    """Return words such as "99.98 % of 12345 values are bit-identical"; 100 % means all of them."""
    percent = "100" if identical == values else f"{math.floor(10_000 * identical / values) / 100:.2f}"
    return f"{percent} % of {values} values are bit-identical to the evaluation model"


def identical(found: Summary) -> Iterator[str]:
    """Yield the share of values with the expected bits, and notes on how they were computed."""
    if found.values:
        yield share_identical(found.identical, found.values)
        if structural := sum(failure.fails(Level.STRUCTURE) for failure in found.failures):
            yield f"{cases(structural)} failed by structure, where values are missing or cannot be compared"
    if found.changed_mode:
        yield CHANGED_MODE


def explained(found: Summary) -> Iterator[str]:
    """Yield the diagnosis of the failures; if nothing failed, how many misreadings are killed."""
    diagnosis = found.diagnosis
    if diagnosis is None:
        if not found.failures:
            yield from _kills(found)
        return
    if found.proposal:
        yield f"declare {found.proposal.words}: then all bounded cases pass"
    yield _extent(diagnosis)
    for reading in diagnosis.readings:
        share = f"{len(reading.cases)} of {reading.discriminating} discriminating cases"
        besides = "" if _is_alone(diagnosis) else f"; {'certain' if reading.is_certain else 'likely'}: {share}"
        yield f"  {_sentence(reading.misreading)}{besides}"
        for other in reading.alternatives:
            yield f"    or {_sentence(other)}"
    if diagnosis.hints:
        yield "Some cases do what these misreadings do; others contradict them, so take them as hints:"
    for hint in diagnosis.hints:
        share = f"{len(hint.cases)} of {hint.discriminating} discriminating cases"
        yield f"  {_sentence(hint.misreading)}; {share}"
    if diagnosis.divergence:
        yield f"  first divergence, in {diagnosis.divergence.case}: {diagnosis.divergence.words}"


def _extent(diagnosis: Diagnosis) -> str:
    """Return in a line how much the misreadings explain."""
    failing, rounding = diagnosis.failing, diagnosis.rounding
    besides = f"; by rounding alone: {cases(rounding)} more" if rounding else ""
    if _is_alone(diagnosis):
        (reading,) = diagnosis.readings
        tied = "matches each of these misreadings" if reading.alternatives else "matches the misreading"
        extent = f"{len(reading.cases)} of {reading.discriminating} discriminating cases"
        return f"It {tied} on {extent}{_by(reading.level)}{besides}:"
    number = len(diagnosis.readings)
    if not number:
        if rounding == failing:
            return f"Unexplained: {cases(failing)} differ by rounding alone, and match no known misreading."
        return f"Unexplained: no known misreading explains any of {failing} failing cases."
    tied = "matches a misreading, which explains" if number == 1 else f"matches {number} misreadings, which explain"
    rest = f"; unexplained: {cases(len(diagnosis.unexplained))}" if diagnosis.unexplained else ""
    return f"It {tied} {diagnosis.explained} of {failing} failing cases{besides}{rest}:"


def _is_alone(diagnosis: Diagnosis) -> bool:
    """Return whether one misreading explains everything."""
    return diagnosis.is_complete and len(diagnosis.readings) == 1


def _sentence(misreading: AnyMisreading) -> str:
    sources = f"; {', '.join(misreading.references)}" if misreading.references else ""
    return f"{misreading.id}: {misreading.sentence} ({', '.join(misreading.clauses)}{sources})"


def _by(level: Level) -> str:
    """Return in words at which level the cases kill the misreading; bounded goes without saying."""
    match level:
        case Level.BIT_EXACT:
            return ", told from DL4J by rounding alone"
        case Level.STRUCTURE:
            return ", told from DL4J by structure"
        case _:
            return ""


def _kills(found: Summary) -> Iterator[str]:
    if not any(found.kills.values()):
        return
    known, missing = len(found.known), found.not_killed
    if not missing:
        yield f"all {known} known misreadings are excluded"
        return
    shown = ", ".join(missing[:_SHOWN_MISREADINGS]) + (", ..." if len(missing) > _SHOWN_MISREADINGS else "")
    yield f"{known - len(missing)} of {known} known misreadings are excluded; not excluded: {shown}"


def in_one_line(failure: Result) -> str:
    """Return the case and its first difference."""
    if not failure.findings:
        return f"FAILED {failure.case.id}"
    finding = failure.findings[0]
    expected, got = finding.difference.expected, finding.difference.got
    return f"FAILED {failure.case.id}: {_place(finding)}: expected {expected}, got {got}"


def _place(finding: Finding) -> str:
    difference = finding.difference
    return f"{place(difference.step, difference.key, difference.index)}: {finding.level}"


def describe(failure: Result) -> Iterator[str]:
    """Yield the case, what it is for, and its first differences."""
    case = failure.case
    yield f"FAILED {case.id} ({', '.join(case.clauses) or case.provenance}): {case.comment}"
    for finding in failure.findings[:_SHOWN_DIFFERENCES]:
        difference = finding.difference
        yield f"  {_place(finding)}"
        yield f"    expected {difference.expected}"
        yield f"    got      {difference.got}{_in_ulps(difference)}"
        if finding.allowed:
            yield f"    allowed  {finding.allowed}"
    more = len(failure.findings) - _SHOWN_DIFFERENCES
    if more > 0:
        yield f"  and {more} more differences"


def _in_ulps(difference: Difference) -> str:
    if difference.index is None and difference.ulps is None:
        return ""
    return f"  ({ulps(difference.ulps)})" if difference.ulps is not None else "  (no distance in ulps)"
