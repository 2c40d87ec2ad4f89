"""The part of ``fuzz`` that is for DL4J 0.9.1 and 1.0.0-M2.1."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
from rich.markup import escape
from rich.progress import Progress

from dl4j_backends import plain_text, signals, strict_json
from dl4j_backends.addresses import UnknownAddressError
from dl4j_backends.block_interface import BLOCK_VERSIONS, BlockBackend
from dl4j_backends.interface import BackendUnavailableError
from dl4j_backends.stdio.options import WireOptions
from dl4j_conformance.cli.exit_code import CouldNotRunError, ExitCode
from dl4j_conformance.cli.terminal import say, say_paragraph
from dl4j_conformance.execution.ending import end
from dl4j_conformance.execution.oracle_backend import resolve_blocks
from dl4j_conformance.judging.comparison import CONSTRUCTION, Difference
from dl4j_conformance.judging.level import Level
from dl4j_conformance.reporting.phrases import cases
from dl4j_conformance.reporting.run_sentences import share_identical
from dl4j_conformance.reporting.text import terminal
from dl4j_conformance.running.block_fuzzing import BlockFind, BlockFuzzed, fuzz_blocks
from dl4j_conformance.vectors.block_json import recording_to_json
from dl4j_fixtures import Destination, destination
from dl4j_oracle.clauses import VERSIONS

_OF_ADDRESS = re.compile(r"dl4j:version=(.*)")
_LEVELS = (Level.BIT_EXACT, Level.BOUNDED)
#: The most differences of a find that are shown.
_SHOWN = 5


def version_asked_for(address: str, chosen: str | None) -> str:
    """Return the version to judge a backend as: chosen, of a real DL4J, or 0.8.0. Raises click.UsageError."""
    found = _OF_ADDRESS.fullmatch(address)
    named = found[1] if found and found[1] in VERSIONS else None
    if chosen and named and chosen != named:
        raise click.UsageError(f"--dl4j {chosen} and {address} contradict each other")
    return chosen or named or VERSIONS[0]


def run_block_fuzz(
    address: str,
    version: str,
    options: WireOptions,
    examples: int,
    seed: int,
    claimed: Level,
    keep_going: bool,
    save: Destination | None,
    until: float,
    default: Path,
) -> ExitCode:
    """Judge a backend of a later version on drawn networks, print what was found and save it."""
    if claimed not in _LEVELS:
        raise click.UsageError(f"--level {claimed}: networks of {version} are judged at {' or '.join(_LEVELS)}")
    if version not in BLOCK_VERSIONS:
        raise click.UsageError(f"--dl4j {version}: is none of {', '.join(BLOCK_VERSIONS)}")
    backend = _resolved(address, options)
    console = terminal(err=True)
    with signals.held():
        try:
            with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
                task = bar.add_task(escape(plain_text.line(address)), total=examples)
                found = fuzz_blocks(
                    backend,
                    version,
                    examples,
                    seed,
                    claimed=claimed,
                    until=until,
                    keep_going=keep_going,
                    progress=lambda judged: bar.update(task, completed=min(judged, examples)),
                )
        finally:
            faults = end(backend)
        for number, find in enumerate(found.finds, start=1):
            if keep_going:
                say(f"kind {number} of {len(found.finds)}, {cases(find.count)}: {find.name}")
            _explain(address, find)
            _save(address, find, save, default, is_one_of_several=keep_going)
        if found.broken:
            say_paragraph(f"not run: {address}: {found.broken}", err=True)
        for fault in faults:
            say_paragraph(fault.fault.explained(), err=True)
        for line in _verdict(address, version, found):
            say(line)
        if found.stopped_by:
            say(f"stopped early ({found.stopped_by.name})")
        signals.last_step()
    return _exit_code(found, is_broken=bool(found.broken) or any(not fault.recovered for fault in faults))


def _resolved(address: str, options: WireOptions) -> BlockBackend:
    try:
        return resolve_blocks(address, options)
    except UnknownAddressError as error:
        raise click.UsageError(str(error)) from error
    except BackendUnavailableError as error:
        raise CouldNotRunError(f"not run: {address}: {error}") from error


def _exit_code(found: BlockFuzzed, *, is_broken: bool) -> ExitCode:
    if found.stopped_by:
        return ExitCode.of(found.stopped_by)
    if found.finds:
        return ExitCode.DOES_NOT_CONFORM
    if is_broken:
        return ExitCode.COULD_NOT_RUN
    return ExitCode.CONFORMS if found.judged else ExitCode.BELOW_FLOOR


def _verdict(address: str, version: str, found: BlockFuzzed) -> Iterator[str]:
    not_run = f", {found.not_run} not run" if found.not_run else ""
    if found.finds:
        failed = sum(find.count for find in found.finds)
        yield f"{address}: {failed} of {cases(found.judged)} of {version} failed{not_run}"
        return
    if not found.judged:
        yield f"{address}: nothing ran ({found.not_run} cases not run)"
        return
    yield f"{address}: no difference in {cases(found.judged)} of {version}{not_run}"
    if found.values:
        yield share_identical(found.identical, found.values)


def _explain(address: str, find: BlockFind) -> None:
    """Print the smallest case of a find: its differences, its network, its updates."""
    recording, differences = find.replayed.recording, find.replayed.differences
    network = recording.network
    say(f"FAILED {recording.id} on {address}: {find.name}")
    for difference in differences[:_SHOWN]:
        say(f"  {_words(difference)}")
    if len(differences) > _SHOWN:
        say(f"  and {len(differences) - _SHOWN} more")
    say(f"conf    {network.dtype}, gradients {network.gradient}, {dict(network.conf)}")
    for index, layer in enumerate(network.layers):
        say(f"layer {index} {dict(layer)}")
    for index, step in enumerate(recording.steps):
        say(f"step {index}  iteration {step.iteration}, epoch {step.epoch}, batch of {step.batch_size}")


def _words(difference: Difference) -> str:
    when = "at the construction" if difference.step == CONSTRUCTION else f"step {difference.step}"
    place = difference.key if difference.index is None else f"{difference.key}[{difference.index}]"
    far = "" if difference.ulps is None else f" ({difference.ulps} ulps)"
    return f"{when}, {place}: expected {difference.expected}, got {difference.got}{far}"


def _save(address: str, find: BlockFind, chosen: Destination | None, default: Path, *, is_one_of_several: bool) -> None:
    """Save the case as a recording and say so. A name that is not chosen gets its hash."""
    path = chosen.path if chosen else default
    if is_one_of_several or not chosen:
        path = path.with_stem(f"{path.stem}-{find.replayed.recording.id.removeprefix('fuzz-')}")
    try:
        place = chosen if chosen and path == chosen.path else destination(path)
        place.write((strict_json.compact(recording_to_json(find.replayed.recording)) + "\n").encode())
    except OSError as error:
        say(f"--save {path}: {error.strerror}: the case is not saved", err=True)
    else:
        say(f"reproduce: {shlex.join(['dl4j-conformance', 'replay', str(path), address])}")
