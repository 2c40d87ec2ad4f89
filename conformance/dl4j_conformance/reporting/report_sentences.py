"""The sentences about a report that is read from a file, of its records: findings, failures, diagnosis, reasons.

Those about a run that has just been made, whose summary knows more, are in ``run_sentences``. No line is mark-up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from dl4j_conformance.cases.values import decimal_of
from dl4j_conformance.judging.verdict import Status
from dl4j_conformance.reporting import phrases
from dl4j_conformance.reporting.phrases import cases, ulps
from dl4j_conformance.reporting.records import Diagnosis, Finding, Misreading, Result, Value, Words
from dl4j_conformance.reporting.report_file import Report


def side(found: Value | Words) -> str:
    """Return a value as its bits and its number, or the words."""
    match found:
        case Value():
            return f"{found.bits} {decimal_of(found.value)}"
        case Words():
            return found.words


def place(finding: Finding) -> str:
    """Return the place of a finding, such as ``step 0, 0_W[3]``."""
    return phrases.place(finding.step, finding.key, finding.index)


def in_one_line(finding: Finding) -> str:
    """Return a finding in one line."""
    return f"{finding.level}: {place(finding)}: expected {side(finding.expected)}, got {side(finding.got)}"


def described(result: Result) -> Iterator[str]:
    """Yield the lines that describe a failing case: what it is for, its findings, and how to see them again."""
    yield f"{result.case} ({', '.join(result.clauses)}): {result.comment}"
    for finding in result.findings:
        yield f"{place(finding)}: {finding.level}"
        yield f"  expected {side(finding.expected)}"
        yield f"  got      {side(finding.got)}" + ("" if finding.ulps is None else f"  ({ulps(finding.ulps)})")
        if finding.allowed:
            yield f"  allowed  {finding.allowed}"
    if (more := result.differences - len(result.findings)) > 0:
        yield f"and {more} more differences"
    if result.reproduce:
        yield f"reproduce: {result.reproduce}"


def failing(report: Report) -> Iterator[Result]:
    """Yield the results of the failing cases that are not declared to fail."""
    return (result for result in report.results if result.status is Status.FAILED and not result.deviation)


def deviating(report: Report) -> Iterator[str]:
    """Yield how many cases deviate as declared, for each deviation, and what is not as declared."""
    found = Counter(result.deviation for result in report.results if result.deviation)
    yield from (f"as declared: {cases(number)}: {deviation}" for deviation, number in found.items())
    yield from (f"NOT AS DECLARED: {line}" for line in report.footer.breaches)


def failing_by_topic(report: Report) -> dict[str, list[str]]:
    """Return the ids of the failing cases by topic, the topic with the most first."""
    found: dict[str, list[str]] = {}
    for result in failing(report):
        found.setdefault(result.topic, []).append(result.case)
    return dict(sorted(found.items(), key=lambda entry: (-len(entry[1]), entry[0])))


def explanation(found: Diagnosis) -> Iterator[str]:
    """Yield the misreadings that explain the failures, and where the rest goes wrong first."""
    if found.readings:
        yield f"misreadings that explain {found.explained} of {found.failing} failing cases:"
    for reading in found.readings:
        certain = "certain" if reading.certain else "likely"
        share = f"{len(reading.cases)} of {reading.discriminating} discriminating cases"
        yield f"  {_sentence(reading)}; {certain}: {share}"
        yield from (f"    or {_sentence(other)}" for other in reading.alternatives)
    if found.hints:
        yield "hints, which too many cases contradict:"
    for hint in found.hints:
        yield f"  {_sentence(hint)}; {len(hint.cases)} of {hint.discriminating} discriminating cases"
    if found.rounding:
        yield f"differ by rounding alone: {cases(found.rounding)}"
    if found.unexplained:
        yield f"unexplained: {cases(len(found.unexplained))}"
    if divergence := found.first_divergence:
        where = phrases.place(divergence.step, divergence.key, divergence.index)
        yield f"first divergence, in {divergence.case}: {where}: {divergence.intermediate}"
        yield f"  expected {side(divergence.expected)}, got {side(divergence.got)}"


def _sentence(found: Misreading) -> str:
    return f"{found.id}: {found.sentence} ({', '.join(found.clauses)})"


def idle(report: Report) -> Counter[str]:
    """Return how many cases were not run and are not declared, by reason."""
    return Counter(one.reason for one in report.results if one.status is Status.NOT_RUN and not one.deviation)


def not_run(report: Report) -> Iterator[str]:
    """Yield how many cases were not run and are not declared, for each reason."""
    for reason, number in idle(report).items():
        yield f"not run: {cases(number)}: {reason}"
