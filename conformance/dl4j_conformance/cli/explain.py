"""``dl4j-conformance explain``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dl4j_backends import plain_text
from dl4j_backends.addresses import UnknownAddressError
from dl4j_backends.block_interface import BlockObservation
from dl4j_backends.crash import BackendCrashError
from dl4j_backends.interface import (
    BackendUnavailableError,
    Dl4jException,
    Failure,
    Observation,
    UnsupportedError,
)
from dl4j_backends.stdio.faults import AdapterFault
from dl4j_backends.stdio.options import WireOptions
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.drawn.of_network import cases_of
from dl4j_conformance.cases.values import decimal_of
from dl4j_conformance.cli.exit_code import CouldNotRunError, ExitCode
from dl4j_conformance.cli.network_option import network_in, network_option
from dl4j_conformance.cli.options import (
    BACKEND_HELP,
    Connection,
    case_called,
    dl4j_option,
    grouped,
    in_process_option,
    timeout_option,
)
from dl4j_conformance.cli.recorded_network import case_of, recorded_network
from dl4j_conformance.diagnosis.explanation import ExplainedStep, Explanation, explain, explain_blocks
from dl4j_conformance.execution.ending import end
from dl4j_conformance.execution.moving import recovered
from dl4j_conformance.execution.observe import observe
from dl4j_conformance.execution.oracle_backend import OracleBackend, resolve, resolve_blocks
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.reporting.intermediate_cells import COLUMNS, Cell, of_backend
from dl4j_conformance.reporting.text import print_line
from dl4j_oracle.clauses import VERSIONS, clauses


@click.command("explain", epilog=BACKEND_HELP)
@click.argument("case", required=False)
@click.argument("backend", required=False)
@network_option("Explain a case drawn on this network: CASE, as `run` numbers them, or model-000")
@click.option("--elements", type=click.IntRange(min=1), default=3, show_default=True, help="Of each array, at most.")
@click.option("--digits", type=click.IntRange(1, 1000), default=17, show_default=True, help="Of exact values.")
@dl4j_option
@timeout_option
@in_process_option
@grouped(connection=Connection)
def command(
    case: str | None,
    backend: str | None,
    model_file: Path | None,
    elements: int,
    digits: int,
    version: str,
    connection: Connection,
) -> ExitCode:
    """Show what DL4J computes in CASE, one intermediate after the other, and where BACKEND goes wrong.

    CASE is the id of a fixture or a file that `fuzz` saved. With a later --dl4j it is a network of the recordings of
    that version, by its id, or the first one of a file of recordings. Every intermediate is shown exactly, as the
    evaluation model's bits, and with its enclosure. A backend that gives intermediates is compared at each of them.

    \b
    Examples:
      dl4j-conformance explain adam-first-step-float32
      dl4j-conformance explain clip-per-layer-above-float32 python:my_port:Backend
      dl4j-conformance explain dl4j-fuzz-failure.jsonl python:my_port:Backend --elements 8
      dl4j-conformance explain --network model.zip python:my_port:Backend
      dl4j-conformance explain --dl4j 1.0.0-M2.1 m21-11-0000 numpy
    """
    if model_file and case and not backend and not case.startswith("model-"):
        case, backend = None, case
    if version == VERSIONS[0]:
        chosen = _chosen(case, model_file)
        got = _observe(backend, connection.wire_options, chosen) if backend else None
        explanation = explain(chosen, digits, got, elements)
    elif model_file or case is None:
        raise click.UsageError(f"name a CASE of DL4J {version}; saved models are of {VERSIONS[0]}")
    else:
        explanation, got = _explain_blocks(case, version, backend, connection.wire_options, digits, elements)
    console = Console(width=max(Console().width, 160))
    columns = {**COLUMNS, "backend": of_backend} if got else COLUMNS
    for line in _head(explanation):
        print_line(console, line)
    for number, step in enumerate(explanation.steps):
        console.print()
        print_line(console, f"step {number}: {step.operation.words}")
        if step.intermediates:
            console.print(_table(step, elements, columns))
        for line in _errors(step):
            print_line(console, line)
    first = _first_divergence(explanation, got) if got else ""
    if backend:
        console.print()
        print_line(console, f"{backend}: {first or 'every value has the bits of the evaluation model'}")
    return ExitCode.DOES_NOT_CONFORM if first else ExitCode.CONFORMS


def _chosen(name: str | None, model_file: Path | None) -> Case:
    """Return the case that is asked for. Raises :class:`click.UsageError`."""
    if model_file is None:
        if name is None:
            raise click.UsageError("name a CASE, or a network with --network")
        return case_called(name)
    every = {case.id: case for case in cases_of(network_in(model_file))}
    if (name or next(iter(every))) not in every:
        raise click.UsageError(f"there is no case {name!r} on the network: they are {', '.join([*every][:3])}, ...")
    return every[name or next(iter(every))]


def _explain_blocks(
    name: str, version: str, address: str | None, options: WireOptions, digits: int, elements: int
) -> tuple[Explanation, Outcome | None]:
    """Return the explanation of a recorded network of a later version, and the exceptions of a backend."""
    recording = recorded_network(name, version)
    case, network, steps = case_of(recording), recording.network, recording.steps
    if address is None:
        return explain_blocks(case, network, steps, digits, elements=elements), None
    seen: list[BlockObservation] = []
    failure = None
    with _backend_errors(address):
        backend = resolve_blocks(address, options)
        try:
            session = backend.open(network)
            seen += map(session.update, steps)
        except Dl4jException as error:
            failure = Failure(error.kind, error.message)
    got = Outcome(failure, steps=tuple(Observation(failure=one.failure) for one in seen))
    return explain_blocks(case, network, steps, digits, seen, elements), got


@contextmanager
def _backend_errors(address: str) -> Iterator[None]:
    """Raise errors of a backend as those of the command."""
    try:
        yield
    except UnknownAddressError as error:
        raise click.UsageError(str(error)) from error
    except (BackendUnavailableError, UnsupportedError, BackendCrashError, AdapterFault) as error:
        raise CouldNotRunError(f"not run: {address}: {error}") from error


def _observe(address: str, options: WireOptions, case: Case) -> Outcome:
    with _backend_errors(address):
        backend = resolve(address, options)
        try:
            return recovered(case, observe(OracleBackend(), case), observe(backend, case))
        finally:
            end(backend)


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


def _table(step: ExplainedStep, elements: int, columns: Mapping[str, Cell]) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in columns:
        table.add_column(title, no_wrap=True)
    for found in step.intermediates:
        shown = found.shown(elements)
        for index in shown:
            row = [Text(plain_text.line(cell(found, index))) for cell in columns.values()]
            table.add_row(*row, style="bold red" if index in found.differing else None)
        more = len(found.ieee) - len(shown)
        if more:
            table.add_row("", f"  and {more} more")
    return table


def _errors(step: ExplainedStep) -> Iterator[str]:
    if step.error:
        yield f"  DL4J throws {step.error}"
    if step.backend_error:
        yield f"  the backend throws {step.backend_error}"


def _first_divergence(explanation: Explanation, got: Outcome) -> str:
    """Return in words what goes wrong first; empty if nothing does."""
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


def _clash(expected: Failure | None, got: Failure | None) -> str:
    """Return two exceptions in words if they are not of one kind, else nothing."""
    kinds = expected.kind if expected else "nothing", got.kind if got else "nothing"
    return "" if kinds[0] == kinds[1] else f"DL4J throws {kinds[0]}, the backend {kinds[1]}"
