"""``dl4j-conformance replay``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click

from dl4j_backends import signals
from dl4j_backends.addresses import UnknownAddressError
from dl4j_backends.crash import BackendCrashError
from dl4j_backends.interface import (
    Backend,
    BackendUnavailableError,
    Dl4jException,
    Network,
    UnsupportedError,
    accuracy_of,
)
from dl4j_backends.stdio.faults import AdapterFault
from dl4j_backends.stdio.options import WireOptions
from dl4j_conformance.cli.exit_code import ExitCode, UnreadableError
from dl4j_conformance.cli.network_option import network_in, network_option
from dl4j_conformance.cli.options import (
    BACKEND_HELP,
    Connection,
    grouped,
    in_process_option,
    plot_option,
    timeout_option,
)
from dl4j_conformance.cli.path_type import PathType
from dl4j_conformance.cli.plotting import plotter
from dl4j_conformance.cli.terminal import say, say_paragraph
from dl4j_conformance.execution.ending import end
from dl4j_conformance.execution.oracle_backend import resolve, resolve_blocks
from dl4j_conformance.judging.comparison import CONSTRUCTION, Difference
from dl4j_conformance.judging.fixture import Fixture
from dl4j_conformance.judging.kill_matrix import no_row
from dl4j_conformance.judging.verdict import Status
from dl4j_conformance.reporting.summary import Summary
from dl4j_conformance.reporting.text import print_pretty, terminal
from dl4j_conformance.running.block_replay import replay as replay_blocks
from dl4j_conformance.running.run import run
from dl4j_conformance.vectors.block_recording import BlockRecording, is_block_recording, read_block_recordings
from dl4j_conformance.vectors.json_lines import UnreadableFileError
from dl4j_conformance.vectors.recording import read_recording
from dl4j_conformance.vectors.training_run import (
    TrainingRun,
    drift,
    is_training_run,
    largest_distance,
    not_recorded,
    read_training_run,
)
from dl4j_fixtures import Destination
from dl4j_oracle.clauses import VERSIONS


@click.command("replay", epilog=BACKEND_HELP)
@click.argument("file", type=PathType(exists=True, dir_okay=False, path_type=Path))
@click.argument("backends", nargs=-1, metavar="[BACKEND]...")
@network_option("Take this network, with its parameters and state, for that of the trace")
@plot_option("Of a trace: draw the drift of every backend, step by step")
@click.option(
    "--dl4j",
    "version",
    type=click.Choice(VERSIONS),
    help="The version of DL4J that FILE must be of.  [default: that which FILE says]",
)
@timeout_option
@in_process_option
@grouped(connection=Connection)
def command(
    file: Path,
    backends: Sequence[str],
    model_file: Path | None,
    plot: Destination | None,
    version: str | None,
    connection: Connection,
) -> ExitCode:
    """Hold each BACKEND (default: the oracle) against FILE, a recording of the real DL4J, bit for bit.

    FILE is a recording, one JSON object per line, {"case": input, "dl4j": what DL4J made of it}, or the trace of
    a training run (`dl4j-conformance docs trace`), as DL4J's TraceListener writes it. It may be gzipped. Recordings of
    DL4J 0.9.1 and 1.0.0-M2.1 have their "version" in every line.

    \b
    Examples:
      dl4j-conformance replay fixtures/dl4j_fixtures/recordings/dl4j-0.8.0-sample.jsonl.gz oracle numpy
      dl4j-conformance replay run.jsonl.gz oracle numpy --plot drift.svg
      dl4j-conformance replay run.jsonl.gz numpy --network model.zip
    """
    addresses = backends or ("oracle",)
    network = network_in(model_file) if model_file else None
    try:
        if network and not is_training_run(file):
            raise click.UsageError(f"--network has a network for a trace, and {file} is a recording of networks")
        replay = _replay_recording
        if is_training_run(file):
            replay = partial(_replay_training_run, network)
        elif is_block_recording(file):
            replay = _replay_block_recording
        if version:
            _check_version(file, version, replay is _replay_block_recording)
        codes = replay(file, addresses, plot, connection.wire_options)
    except UnreadableFileError as error:
        raise UnreadableError(str(error)) from error
    return next((code for code in _WORST_FIRST if code in codes), ExitCode.CONFORMS)


def _check_version(file: Path, version: str, has_versions: bool) -> None:
    """Raise UnreadableError for a file of another version."""
    found = {recording.network.version for recording in read_block_recordings(file)} if has_versions else {VERSIONS[0]}
    if found != {version}:
        raise UnreadableError(f"{file}: is of DL4J {', '.join(sorted(found))}, not of {version}")


_WORST_FIRST = (ExitCode.DOES_NOT_CONFORM, ExitCode.COULD_NOT_RUN, ExitCode.NOT_WRITTEN)


def _replay_recording(
    file: Path, addresses: Sequence[str], plot: Destination | None, options: WireOptions
) -> list[ExitCode]:
    if plot:
        raise click.UsageError(f"--plot draws the drift along a trace, and {file} is a recording of networks")
    recorded = [Fixture(case, outcome) for case, outcome in read_recording(file)]
    if not recorded:
        raise UnreadableError(f"{file}: has no cases")
    return [_replay(address, recorded, options) for address in addresses]


def _replay_block_recording(
    file: Path, addresses: Sequence[str], plot: Destination | None, options: WireOptions
) -> list[ExitCode]:
    if plot:
        raise click.UsageError(f"--plot draws the drift along a trace, and {file} is a recording of networks")
    recorded = list(read_block_recordings(file))
    return [_replay_blocks(address, recorded, options) for address in addresses]


def _replay_blocks(address: str, recorded: Sequence[BlockRecording], options: WireOptions) -> ExitCode:
    try:
        backend = resolve_blocks(address, options)
    except UnknownAddressError as error:
        raise click.UsageError(str(error)) from error
    except BackendUnavailableError as error:
        say_paragraph(f"not run: {error}", err=True)
        return ExitCode.COULD_NOT_RUN
    reproduced = 0
    try:
        for recording in recorded:
            replayed = replay_blocks(backend, recording)
            reproduced += not replayed.differences
            if replayed.differences:
                first, *others = replayed.differences
                more = f", and {len(others)} more differences" if others else ""
                kind = "; rounding explains all values" if replayed.is_rounding else ""
                say(f"failed: {recording.id} ({recording.network.version}): {_words(first)}{more}{kind}")
    except (UnsupportedError, BackendUnavailableError, AdapterFault) as error:
        told = error.explained() if isinstance(error, AdapterFault) else error
        say_paragraph(f"not run: {address}: {told}", err=True)
        return ExitCode.COULD_NOT_RUN
    finally:
        faults = end(backend)
    steps = sum(len(recording.recorded) for recording in recorded)
    say(f"{address}: {reproduced} of {len(recorded)} recorded networks reproduced ({steps} steps)")
    for fault in faults:
        say_paragraph(fault.fault.explained(), err=True)
    if reproduced < len(recorded):
        return ExitCode.DOES_NOT_CONFORM
    return ExitCode.COULD_NOT_RUN if any(not fault.recovered for fault in faults) else ExitCode.CONFORMS


def _words(difference: Difference) -> str:
    """Return where a difference is, what was expected and what came."""
    when = "at the construction" if difference.step == CONSTRUCTION else f"step {difference.step}"
    place = difference.key if difference.index is None else f"{difference.key}[{difference.index}]"
    far = "" if difference.ulps is None else f" ({difference.ulps} ulp{'s' * (difference.ulps != 1)})"
    return f"{when}, {place}: expected {difference.expected}, got {difference.got}{far}"


def _replay_training_run(
    network: Network | None, file: Path, addresses: Sequence[str], plot: Destination | None, options: WireOptions
) -> list[ExitCode]:
    traced = read_training_run(file, network)
    draw = plotter("reporting.drift_plot") if plot else None
    curves: dict[str, list[int | None]] = {}
    if absent := not_recorded(traced):
        counts = ", ".join(f"{name} ({count})" for name, count in absent.items())
        say(f"not judged, since not recorded (in so many of {len(traced.iterations)} steps): {counts}")
    codes = [_follow(address, traced, options, curves.setdefault(address, [])) for address in addresses]
    if plot and draw:
        title = f"Drift from DL4J 0.8.0 along {file.name}"
        codes.append(_write(plot, draw(title, curves, plot.path.suffix.lower().removeprefix("."))))
    return codes


def _follow(address: str, traced: TrainingRun, options: WireOptions, curve: list[int | None]) -> ExitCode:
    """Take a backend along the training run; ``curve`` gets the distance after each step."""
    first: tuple[int, Difference] | None = None
    try:
        backend = resolve(address, options)
        try:
            for number, found in enumerate(drift(backend, traced)):
                curve.append(largest_distance(found))
                if found and not first:
                    first = number, found[0]
        finally:
            end(backend)
    except UnknownAddressError as error:
        raise click.UsageError(str(error)) from error
    except (BackendUnavailableError, BackendCrashError, UnsupportedError, AdapterFault, Dl4jException) as error:
        say_paragraph(f"not run: {address}: {error}", err=True)
        return ExitCode.COULD_NOT_RUN
    equal = sum(d == 0 for d in curve)
    say(f"{address}: {equal} of {len(curve)} steps of the run reproduced bit for bit")
    if first is None:
        return ExitCode.CONFORMS
    number, difference = first
    place = difference.key if difference.index is None else f"{difference.key}[{difference.index}]"
    say(f"  first at step {number}, {place}: expected {difference.expected}, got {difference.got}")
    finite = [d for d in curve if d is not None]
    say(f"  largest distance: {max(finite, default=0)} ulps")
    return ExitCode.DOES_NOT_CONFORM


def _replay(address: str, recorded: Sequence[Fixture], options: WireOptions) -> ExitCode:
    summary = Summary(address)
    try:
        backend = resolve(address, options)
    except UnknownAddressError as error:
        raise click.UsageError(str(error)) from error
    except BackendUnavailableError as error:
        say_paragraph(f"not run: {error}", err=True)
        return ExitCode.COULD_NOT_RUN
    summary.accuracy = accuracy_of(backend)
    try:
        _run(backend, recorded, summary)
    except signals.INTERRUPTIONS as error:
        summary.stopped_by = signals.cause(error).name
        raise
    finally:
        print_pretty(summary, terminal())
    steps = sum(len(fixture.expected.steps) for fixture in recorded)
    say(f"{address}: {summary.total.passed} of {len(recorded)} recorded networks reproduced ({steps} steps)")
    if summary.total.failed:
        return ExitCode.DOES_NOT_CONFORM
    return ExitCode.CONFORMS if summary.is_complete and summary.total.passed else ExitCode.COULD_NOT_RUN


def _run(backend: Backend, recorded: Sequence[Fixture], summary: Summary) -> None:
    try:
        for result in run([backend], recorded, no_row):
            summary.add(result)
            if result.status is Status.NOT_RUN:
                say(f"not run: {result.case.id}: {result.reason}", err=True)
    finally:
        summary.faults += end(backend)


def _write(plot: Destination, drawing: bytes) -> ExitCode:
    try:
        plot.write(drawing)
    except OSError as error:
        say(f"--plot {plot.path}: {error.strerror}", err=True)
        return ExitCode.NOT_WRITTEN
    say(f"drawn: {plot.path}")
    return ExitCode.CONFORMS
