"""``dl4j-conformance explain``."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click
import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from dl4j_backends.addresses import UnknownAddressError
from dl4j_backends.interface import BackendUnavailableError, UnsupportedError
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.operations import in_words
from dl4j_conformance.cases.values import decimal_at, decimal_of, hex_of
from dl4j_conformance.cli.main import COULD_NOT_RUN, DOES_NOT_CONFORM
from dl4j_conformance.cli.options import BACKEND_HELP, case_argument
from dl4j_conformance.diagnosis.explanation import ExplainedStep, Explanation, Intermediate, explain
from dl4j_conformance.execution.observe import BackendCrashError, observe
from dl4j_conformance.execution.oracle_backend import resolve
from dl4j_conformance.execution.outcome import Failure, Outcome
from dl4j_oracle.clauses import clauses
from dl4j_oracle.errors import Dl4jError


@click.command("explain", epilog=BACKEND_HELP)
@case_argument
@click.argument("backend", required=False)
@click.option("--elements", type=click.IntRange(min=1), default=3, show_default=True, help="Of each array, at most.")
@click.option("--digits", type=click.IntRange(1, 1000), default=17, show_default=True, help="Of exact values.")
def command(case: Case, backend: str | None, elements: int, digits: int) -> None:
    """Show what DL4J computes in CASE, one intermediate after the other, and where BACKEND goes wrong.

    CASE is the id of a fixture or a file that `fuzz` saved. Every intermediate is shown exactly, as the evaluation
    model's bits, and with its enclosure. A backend that gives intermediates is compared at each of them.

    \b
    Examples:
      dl4j-conformance explain adam-first-step-float32
      dl4j-conformance explain clip-per-layer-above-float32 python:my_port:Backend
      dl4j-conformance explain dl4j-fuzz-failure.jsonl python:my_port:Backend --elements 8
    """
    got = _observe(backend, case) if backend else None
    explanation = explain(case, digits, got)
    console = Console(width=max(Console().width, 160))
    for line in _head(explanation):
        console.print(escape(line), soft_wrap=True, highlight=False)
    for number, step in enumerate(explanation.steps):
        console.print()
        console.print(escape(f"step {number}: {in_words(step.operation)}"), soft_wrap=True, highlight=False)
        if step.intermediates:
            console.print(_table(step, elements, with_backend=got is not None))
        for line in _errors(step, compared=got is not None):
            console.print(escape(line), soft_wrap=True, highlight=False)
    if backend and got:
        first = _first_divergence(explanation, got)
        console.print()
        verdict = first or "every value has the bits of the evaluation model"
        console.print(escape(f"{backend}: {verdict}"), soft_wrap=True, highlight=False)
        sys.exit(DOES_NOT_CONFORM if first else 0)


def _observe(backend: str, case: Case) -> Outcome:
    try:
        return observe(resolve(backend), case)
    except UnknownAddressError as error:
        raise click.UsageError(str(error)) from error
    except (BackendUnavailableError, UnsupportedError, BackendCrashError) as error:
        click.echo(f"not run: {backend}: {error}", err=True)
        sys.exit(COULD_NOT_RUN)


def _head(explanation: Explanation) -> Iterator[str]:
    case = explanation.case
    yield f"{case.id}: {case.comment}" if case.comment else case.id
    known = {clause.id: clause for clause in clauses()}
    for id_ in case.clauses:
        clause = known[id_]
        yield f"  {id_} {clause.title}. {clause.statement}".rstrip()
        if clause.formula:
            yield f"    {clause.formula.strip('`')}"
    yield f"network  {dict(case.network.conf)}"
    for index, layer in enumerate(case.network.layers):
        yield f"layer {index}  {dict(layer)}"
    for key, array in case.network.params.items():
        yield f"{key}  w = {', '.join(map(decimal_of, array.tolist() if array.dtype == 'float64' else array))}"
    if case.network.state is not None:
        yield f"state  {len(case.network.state)} values are given"
    if explanation.error:
        yield f"DL4J throws while it constructs the updater: {explanation.error}"


def _table(step: ExplainedStep, elements: int, *, with_backend: bool) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("key", "intermediate", "exact", "evaluation model", "bits", "enclosure"):
        table.add_column(column, no_wrap=True)
    if with_backend:
        table.add_column("backend", no_wrap=True)
    for found in step.intermediates:
        for index in _shown(found, elements):
            row = _row(found, index)
            if with_backend:
                row += (_of_backend(found, index),)
            table.add_row(*map(escape, row), style="bold red" if index in found.differing else None)
        more = len(found.ieee) - len(_shown(found, elements))
        if more:
            table.add_row("", f"  and {more} more")
    return table


def _shown(found: Intermediate, elements: int) -> list[int]:
    """The first elements, and the first that differ."""
    return sorted({*range(min(elements, len(found.ieee))), *found.differing[:elements]})


def _row(found: Intermediate, index: int) -> tuple[str, ...]:
    place = f"[{index}]" if len(found.ieee) > 1 else ""
    return (
        found.owner,
        f"{found.name}{place}",
        found.exact[index] if found.exact else "",
        decimal_at(found.ieee, index),
        hex_of(found.ieee[index : index + 1])[0],
        _enclosure(found, index),
    )


def _enclosure(found: Intermediate, index: int) -> str:
    """How far the enclosure reaches to both sides of the evaluation model's value, in ulps of it."""
    if found.enclosure is None:
        return "no claim"
    low, high = float(found.enclosure.low[index]), float(found.enclosure.high[index])
    value = found.ieee[index]
    if low > high:
        return "NaN"
    if low == high:
        text = "exact"
    elif np.isfinite([low, high, value]).all():
        ulp = float(np.spacing(abs(value)))
        text = f"{(low - float(value)) / ulp:+.2f} {(high - float(value)) / ulp:+.2f} ulp"
    else:
        text = f"{decimal_of(low)} to {decimal_of(high)}"
    return f"{text} or NaN" if found.enclosure.nan[index] else text


def _of_backend(found: Intermediate, index: int) -> str:
    if found.backend is None or index >= len(found.backend):
        return ""
    return hex_of(found.backend[index : index + 1])[0] if index in found.differing else "="


def _errors(step: ExplainedStep, *, compared: bool) -> Iterator[str]:
    if step.error:
        yield f"  DL4J throws {step.error}"
    if compared and step.backend_error:
        yield f"  the backend throws {step.backend_error}"


def _first_divergence(explanation: Explanation, got: Outcome) -> str:
    """In words, what goes wrong first; empty if nothing does."""
    if clash := _clash(explanation.error, got.failure):
        return f"construction: {clash}"
    wrong = explanation.first_wrong
    for number, step in enumerate(explanation.steps):
        if wrong and wrong.step == number:
            place = f"step {number}, {wrong.intermediate.owner}, {wrong.intermediate.name}[{wrong.index}]"
            return (
                f"differs by rounding alone, first in {place}" if wrong.by_rounding else f"goes wrong first in {place}"
            )
        if clash := _clash(step.error, got.steps[number].failure):
            return f"step {number}: {clash}"
    return ""


def _clash(expected: Dl4jError | None, got: Failure | None) -> str:
    """Two exceptions that are not of one kind."""
    kinds = expected.kind if expected else "nothing", got.kind if got else "nothing"
    return "" if kinds[0] == kinds[1] else f"DL4J throws {kinds[0]}, the backend {kinds[1]}"
