"""Pages that are looked at: of a run that passes, of one that fails, of both beside an absent backend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from click.testing import CliRunner

from dl4j_conformance.cli.main import cli
from dl4j_conformance.reporting import records
from dl4j_conformance.reporting.html.page import page
from dl4j_conformance.reporting.report_file import Report, read_report
from robustness.hostile import HOSTILE

WRONG = "misreading:adam-epsilon-inside-root"
ABSENT = "python:absent:X"
#: It runs when it becomes part of a page.
SCRIPT = """</script></style>--><img src=x onerror="console.error(1)"><script>console.error(2)</script>{{ 7 * 7 }}"""


def reports(folder: Path, case: str = "*-three-steps-float32") -> tuple[Report, Report, Report]:
    """Return the reports of a backend that passes, of one that fails and of one that is absent."""
    path = folder / "report.jsonl"
    CliRunner().invoke(cli, ["run", "numpy", WRONG, ABSENT, "--case", case, "--report", str(path)])
    right, wrong, absent = read_report(path)
    return right, wrong, absent


def hostile(report: Report) -> Report:
    """Return a failing report in which every text from outside wants to do something."""
    text = f"{SCRIPT}{HOSTILE}{'x' * 400}"
    failing = next(result for result in report.results if result.findings)
    finding = replace(failing.findings[0], key=text, got=records.Words(text), allowed=text)
    reached = tuple(replace(one, updater="NESTEROVS") for one in failing.reached)
    failed = replace(
        failing, reached=reached, comment=text, topic=text, clauses=(text,), findings=(finding,), reproduce=text
    )
    declared = replace(failed, case=f"declared {text}", deviation=text)
    refused = replace(failed, case=text, status=records.Status.NOT_RUN, reason=text, findings=(), drift=(), bits="")
    fault = records.Fault(text, text, text, text, f"{text}\n{text}", recovered=False)
    reading = records.Named(text, text, (text,), (text,), True, failing.findings[0].level, 1, (text, failed.case), ())
    divergence = records.Divergence(text, 0, text, None, text, records.Words(text), records.Words(text))
    footer = replace(
        report.footer,
        verdict=text,
        faults=(fault,),
        not_run={text: 1},
        breaches=(text,),
        below_floor=(text,),
        stopped_by=text,
        unavailable=text,
        declaration={text: text},
        diagnosis=records.Diagnosis(False, 1, 1, 0, (text,), (reading,), (reading,), divergence),
    )
    header = replace(report.header, backend=text, name=text, platform=text, versions={text: text}, capabilities=(text,))
    return Report(header, (failed, declared, refused), footer)


def pages(folder: Path, found: tuple[Report, Report, Report]) -> Mapping[str, Path]:
    """Write the pages into a folder, and return where they are by name."""
    right, wrong, absent = found
    shown = {
        "passing": [right],
        "failing": [wrong],
        "compared": [right, wrong, absent],
        "hostile": [hostile(wrong)],
    }
    for name, several in shown.items():
        (folder / f"{name}.html").write_text(page(several), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in shown}
