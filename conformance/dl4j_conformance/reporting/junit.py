"""Reports as JUnit XML, in the form that Jenkins, GitLab and most other readers take.

A suite is an updater and a topic; the first suite of each backend has the verdict as a case of its own, so that a run
that was stopped or ran too little is no success.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from dl4j_backends import plain_text
from dl4j_conformance.judging.verdict import Status
from dl4j_conformance.reporting.records import Result
from dl4j_conformance.reporting.report_file import Report
from dl4j_conformance.reporting.report_sentences import described, deviating, explanation, failing, in_one_line

#: The tags of a case that did not pass, and the attributes of a suite that count them.
_COUNTED = {"failure": "failures", "error": "errors", "skipped": "skipped"}
#: The updater of a case with layers of several.
_MIXED = "MIXED"


def junit(reports: Sequence[Report]) -> str:
    """Return one document for all backends."""
    root = Element("testsuites", name="dl4j-conformance")
    for report in reports:
        suite = SubElement(root, "testsuite", name=_text(f"{report.header.backend}: verdict"))
        _properties(suite, report)
        _verdict(suite, report)
        for (updater, topic), results in sorted(_suites(report).items()):
            suite = SubElement(root, "testsuite", name=_text(f"{report.header.backend}: {updater}/{topic}"))
            for result in results:
                _case(suite, updater, result, report)
    for suite in root:
        _count(suite, [suite])
    _count(root, list(root))
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _suites(report: Report) -> dict[tuple[str, str], list[Result]]:
    found: dict[tuple[str, str], list[Result]] = {}
    for result in report.results:
        updaters = set(result.updaters)
        updater = updaters.pop() if len(updaters) == 1 else _MIXED
        found.setdefault((updater, result.topic), []).append(result)
    return found


def _properties(suite: Element, report: Report) -> None:
    header = report.header
    facts = {
        "backend": header.backend,
        "name": header.name or "",
        "level": header.claimed,
        "fixtures": header.fixtures,
        "platform": header.platform,
        **header.versions,
    }
    properties = SubElement(suite, "properties")
    for name, value in facts.items():
        SubElement(properties, "property", name=_text(name), value=_text(value))


def _verdict(suite: Element, report: Report) -> None:
    footer = report.footer
    case = SubElement(suite, "testcase", classname=_text(report.header.backend), name="verdict")
    lines = [
        footer.verdict,
        *footer.below_floor,
        *deviating(report),
        *(explanation(footer.diagnosis) if footer.diagnosis else ()),
    ]
    lines += [footer.unavailable] if footer.unavailable else []
    for fault in footer.faults:
        lines += [f"{fault.name}: {fault.detail}", *fault.stderr.splitlines()]
    if footer.exit_code:
        has_failed = bool(any(True for _ in failing(report)) or footer.breaches)
        tag, kind = ("failure", "verdict") if has_failed else ("error", "incomplete")
        SubElement(case, tag, type=kind, message=_text(footer.verdict)).text = _block(lines)


def _case(suite: Element, updater: str, result: Result, report: Report) -> None:
    name = _text(f"{report.header.backend}.{updater}.{result.topic}")
    case = SubElement(suite, "testcase", classname=name, name=_text(result.case))
    match result.status:
        case Status.FAILED if result.deviation:
            SubElement(case, "skipped", message=_text(f"a declared deviation: {result.deviation}"))
        case Status.FAILED:
            first = in_one_line(result.findings[0]) if result.findings else result.case
            failure = SubElement(case, "failure", type=str(result.fails or ""), message=_text(first))
            failure.text = _block(list(described(result)))
        case Status.NOT_RUN if _is_broken(result, report):
            SubElement(case, "error", type="backend", message=_text(result.reason))
        case Status.NOT_RUN:
            SubElement(case, "skipped", message=_text(result.reason))


def _is_broken(result: Result, report: Report) -> bool:
    """Return whether the backend, and not the case, is why it was not run."""
    faulty = {fault.case for fault in report.footer.faults if not fault.recovered}
    return result.case in faulty or result.reason == report.footer.unavailable


def _count(counted: Element, suites: Sequence[Element]) -> None:
    """Set the numbers of cases in ``suites`` as attributes."""
    counted.set("tests", str(sum(len(suite.findall("testcase")) for suite in suites)))
    for tag, attribute in _COUNTED.items():
        # Of all suites together there is no number of skipped cases.
        if counted.tag == "testsuite" or attribute != "skipped":
            counted.set(attribute, str(sum(len(suite.findall(f"testcase/{tag}")) for suite in suites)))


def _text(text: str) -> str:
    """Return text of backends without the characters that XML cannot have."""
    return plain_text.line(text)


def _block(lines: Sequence[str]) -> str:
    return "\n".join(map(_text, lines))
