"""Reports for people: on a terminal, or as Markdown for a pull request or a job summary."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterator
from enum import Enum

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dl4j_backends import plain_text
from dl4j_conformance.cases.values import DTYPES
from dl4j_conformance.judging.level import Level
from dl4j_conformance.reporting import run_sentences
from dl4j_conformance.reporting.failing_cases import failing_cases, reproduction
from dl4j_conformance.reporting.summary import Summary, Tally

#: More columns than the table ever has.
_WIDEST = 200


class Detail(Enum):
    """The length of a report: the verdict alone, the first of everything, or all of it."""

    QUIET = "quiet"
    USUAL = "usual"
    VERBOSE = "verbose"


def terminal(*, err: bool = False) -> Console:
    """Return the console of stdout, or of stderr: without colours if NO_COLOR says so, and plain in CI."""
    is_plain = os.environ.get("CI", "").lower() not in ("", "0", "false")
    return Console(
        stderr=err,
        force_terminal=False if is_plain else None,
        color_system=None if os.environ.get("NO_COLOR") else "auto",
    )


def print_pretty(found: Summary, console: Console, detail: Detail = Detail.USUAL) -> None:
    """Print the first failures, the ids of all of them, the table, the diagnosis, and last of all the verdict."""
    if found.unavailable and not found.total.ran:
        for line in plain_text.paragraph(f"not run: {found.backend}: {found.unavailable}").split("\n"):
            print_line(console, line, "yellow")
        return
    if detail is not Detail.QUIET:
        _print_body(found, console, is_verbose=detail is Detail.VERBOSE)
    style = "bold green" if found.conforms else "bold red" if found.unexpected or found.breaches else "bold yellow"
    print_line(console, run_sentences.verdict(found), style)


def _print_body(found: Summary, console: Console, *, is_verbose: bool) -> None:
    for failure in found.unexpected[: None if is_verbose else run_sentences.SHOWN_CASES]:
        for line in run_sentences.describe(failure):
            print_line(console, line)
        console.print()
    blocks = (
        failing_cases(found, console.width, all_of_them=is_verbose),
        (*run_sentences.not_run(found, all_of_them=is_verbose), *run_sentences.faults(found)),
    )
    for block in map(list, blocks):
        for line in block:
            print_line(console, line)
        if block:
            console.print()
    print_line(console, f"{found.backend}: updater x type x level")
    console.print(counts(found, console))
    for line in (
        *run_sentences.allowances(found),
        *run_sentences.explained(found),
        *run_sentences.identical(found),
        *run_sentences.below_floor(found),
        *run_sentences.deviating(found),
    ):
        print_line(console, line)
    for line in reproduction(found):
        print_line(console, line, is_whole=True)


def counts(found: Summary, console: Console) -> Table | Text:
    """Return the counts by updater, type and level, as they are now.

    The table fits into 80 columns. Where it does not fit, it is a list.
    """
    table = _table(found)
    width = console.measure(table, options=console.options.update(max_width=_WIDEST)).maximum
    return table if width <= console.width else _list(found)


def _list(found: Summary) -> Text:
    lines = []
    for updater, dtype, cells in _rows(found):
        counted = [f"{level} {_colored(tally)}" for level, tally in zip(Level, cells, strict=True)]
        idle = [f"{cells[0].not_run} not run"] if cells[0].not_run else []
        lines.append(f"{updater} {dtype}: {', '.join([*counted, *idle])}")
    return Text.from_markup("\n".join(lines))


def _table(found: Summary) -> Table:
    rows = list(_rows(found))
    idle = any(cells[0].not_run for *_, cells in rows)
    table = Table("updater", "type", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for title in (*Level, *(["not run"] if idle else [])):
        table.add_column(str(title), justify="right", no_wrap=True)
    for updater, dtype, cells in rows:
        not_run = [str(cells[0].not_run or "")] if idle else []
        table.add_row(updater, dtype, *map(_colored, cells), *not_run)
    return table


def print_line(console: Console, line: str, style: str = "", *, is_whole: bool = False) -> None:
    """Print a line without mark-up. Only a terminal breaks it, between words, unless it has to stay ``is_whole``."""
    plain = plain_text.line(line)
    if console.is_terminal and not is_whole:
        indent = plain[: len(plain) - len(plain.lstrip())]
        rows = textwrap.wrap(
            plain,
            max(console.width, 40),
            subsequent_indent=f"{indent}    ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        plain = "\n".join(rows)
    console.print(Text(plain, style), soft_wrap=True, highlight=False)


def markdown(found: Summary) -> str:
    """Return the same as Markdown."""
    plain = plain_text.markdown
    if found.unavailable and not found.total.ran:
        reason, *more = found.unavailable.split("\n")
        block = ["", *plain_text.markdown_block(more)] if more else []
        return "\n".join([f"**{plain(found.backend)}**: not run: {plain(reason)}", *block]) + "\n"
    lines = [
        f"### {plain(found.backend)}",
        "",
        f"| updater | type | {' | '.join(Level)} |",
        f"| --- | --- | {' | '.join('---:' for _ in Level)} |",
    ]
    lines += [
        f"| {updater} | {dtype} | {' | '.join(map(_with_idle, cells))} |" for updater, dtype, cells in _rows(found)
    ]
    lines += [text for line in run_sentences.allowances(found) for text in ("", plain(line))]
    for failure in found.unexpected[: run_sentences.SHOWN_CASES]:
        lines += ["", *plain_text.markdown_block(run_sentences.describe(failure))]
    beside = (
        *run_sentences.deviating(found),
        *run_sentences.below_floor(found),
        *run_sentences.identical(found),
        *run_sentences.explained(found),
        *run_sentences.not_run(found),
    )
    lines += ["", plain(run_sentences.verdict(found)), *(f"- {plain(line.strip())}" for line in beside)]
    lines += ["", *plain_text.markdown_block(run_sentences.faults(found))] if found.faults else []
    return "\n".join(lines) + "\n"


def _rows(found: Summary) -> Iterator[tuple[str, str, list[Tally]]]:
    for updater in found.updaters:
        for dtype in DTYPES:
            if (updater, dtype, Level.STRUCTURE) in found.table:
                # A terminal is drawn by a thread of its own, while results are added level by level.
                yield updater, dtype, [found.table.get((updater, dtype, level), Tally()) for level in Level]


def _cell(tally: Tally) -> str:
    return f"{tally.passed}/{tally.ran}" if tally.ran else "-"


def _with_idle(tally: Tally) -> str:
    """Return a cell of a table that has no column for what was not run."""
    if not tally.ran:
        return "not run"
    return _cell(tally) + (f" ({tally.not_run} not run)" if tally.not_run else "")


def _colored(tally: Tally) -> str:
    color = "red" if tally.failed else "green" if tally.passed else "yellow"
    return f"[{color}]{_cell(tally)}[/]"
