"""The report of a run while it goes on: the first failures as they happen, and on a terminal a table that fills up.

All of it goes to stderr: stdout has the report at the end, and nothing else.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager, nullcontext
from threading import Timer

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from dl4j_backends import plain_text
from dl4j_conformance.judging.verdict import Result
from dl4j_conformance.reporting.phrases import cases
from dl4j_conformance.reporting.run_sentences import SHOWN_CASES, in_one_line
from dl4j_conformance.reporting.summary import Summary
from dl4j_conformance.reporting.text import counts, print_line

#: Seconds after which it is said what takes so long.
_PATIENCE = 1.0


def followed(
    results: Generator[Result, None, None], summary: Summary, total: int, console: Console
) -> Generator[Result, None, None]:
    """Yield ``results``, of which there will be ``total``, and print a line for each of the first failures.

    Failures that are declared deviations are left out.

    A terminal shows a bar and the table of ``summary``, to which the results are added, until the run has ended.
    """
    if not console.is_terminal:
        print_line(console, f"{summary.backend}: {cases(total)}")
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    bar = Progress(*columns, console=console)
    task = bar.add_task(plain_text.line(summary.backend), total=total)
    shown = Live(
        console=console,
        transient=True,
        get_renderable=lambda: Group(counts(summary, console), bar),
        vertical_overflow="ellipsis",
    )
    failed = 0
    with shown if console.is_terminal else nullcontext():
        for result in results:
            bar.advance(task)
            if result.is_failure:
                failed += 1
                bar.update(task, description=plain_text.line(f"{summary.backend} ({failed} failed)"))
                if failed <= SHOWN_CASES:
                    print_line(console, in_one_line(result))
            yield result


@contextmanager
def announced(what: str, console: Console, patience: float = _PATIENCE) -> Iterator[None]:
    """Say on a terminal what the block does, if it takes longer than ``patience`` seconds, until it has ended."""
    if not console.is_terminal:
        yield
        return
    status = console.status(Text(plain_text.line(what)))
    timer = Timer(patience, status.start)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        status.stop()
