"""A report as Markdown, for a pull request or a job summary: the verdict first, the details folded."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from dl4j_backends import plain_text
from dl4j_conformance.judging.level import Level
from dl4j_conformance.reporting.report_file import Report
from dl4j_conformance.reporting.report_sentences import (
    described,
    deviating,
    explanation,
    failing,
    failing_by_topic,
    not_run,
)
from dl4j_conformance.reporting.report_summary import in_cell, table

#: Failing cases that are described; the others are named.
_DESCRIBED = 5


def markdown(report: Report) -> str:
    """Return the page of one backend."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    plain = plain_text.markdown
    yield f"### {plain(report.header.backend)}"
    yield ""
    yield f"**{plain(report.footer.verdict)}**"
    beside = [*(explanation(report.footer.diagnosis) if report.footer.diagnosis else ()), *not_run(report)]
    beside += deviating(report)
    beside += [f"too few cases ran: {line}" for line in report.footer.below_floor]
    if beside:
        yield ""
        yield from (f"- {plain(line.strip())}" for line in beside)
    if rows := table(report):
        yield ""
        yield f"| updater | type | {' | '.join(Level)} |"
        yield f"| --- | --- | {' | '.join('---:' for _ in Level)} |"
        for (updater, dtype), cells in rows.items():
            yield f"| {updater} | {dtype} | {' | '.join(in_cell(cells.get(level)) for level in Level)} |"
    for topic, ids in failing_by_topic(report).items():
        yield from _folded(f"failing in {topic} ({len(ids)})", ids)
    for result in islice(failing(report), _DESCRIBED):
        yield from _folded(result.case, list(described(result)))
    for fault in report.footer.faults:
        yield from _folded(f"fault: {fault.name}", [fault.detail, fault.hint, *fault.stderr.splitlines()])


def _folded(title: str, lines: list[str]) -> Iterator[str]:
    # There are no spans of code in a summary: what could mean something there is left to the block.
    shown = title if plain_text.markdown(title) == title else "details"
    yield ""
    yield f"<details><summary>{shown}</summary>"
    yield ""
    yield from plain_text.markdown_block(lines)
    yield ""
    yield "</details>"
