"""``dl4j-conformance record``."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

import dl4j_fixtures
from dl4j_backends import interface, signals
from dl4j_backends.addresses import UnknownAddressError
from dl4j_backends.block_interface import BlockBackend
from dl4j_backends.crash import BackendCrashError
from dl4j_backends.interface import Backend, BackendUnavailableError, Platform
from dl4j_backends.stdio.faults import AdapterFault
from dl4j_conformance.cli.exit_code import CouldNotRunError, ExitCode, NotWrittenError, UnreadableError
from dl4j_conformance.cli.options import dl4j_option
from dl4j_conformance.cli.path_type import PathType
from dl4j_conformance.cli.terminal import say
from dl4j_conformance.execution import outcome
from dl4j_conformance.execution.ending import end
from dl4j_conformance.execution.observe import observe
from dl4j_conformance.execution.oracle_backend import resolve, resolve_blocks
from dl4j_conformance.judging.comparison import differences
from dl4j_conformance.vectors.fixtures import read_fixture
from dl4j_fixtures import destination
from dl4j_oracle.clauses import VERSIONS


@click.command("record")
@click.argument("backend", metavar="BACKEND")
@click.option(
    "--into",
    "folder",
    type=PathType(exists=True, file_okay=False, writable=True, path_type=Path),
    required=True,
    help="A folder of fixtures, or the `fixtures` folder of a checkout.",
)
@dl4j_option
def command(backend: str, folder: Path, version: str) -> ExitCode:
    """Store what BACKEND, the real DL4J, makes of every fixture beside the fixtures.

    Where it is not what a fixture expects, the oracle is wrong: exits 1 and names the cases.

    \b
    Examples:
      dl4j-conformance record dl4j --into fixtures
      dl4j-conformance record dl4j:version=0.9.1 --into fixtures --dl4j 0.9.1
    """
    is_later = version != VERSIONS[0]
    checkout = folder / "dl4j_fixtures" / ("later_versions" if is_later else "data")
    where = checkout if checkout.is_dir() else folder
    opened: Any
    try:
        opened = resolve_blocks(backend) if is_later else resolve(backend)
        with ExitStack() as stack:
            stack.callback(end, opened)
            platform: Platform | None = getattr(opened, "platform", None)
            if platform is None:
                raise click.UsageError(f"{backend} does not say what it runs on; only the real DL4J is recorded: dl4j")
            wrong = _record_later(opened, version, where) if is_later else _record(opened, platform, where)
    except AdapterFault as fault:
        raise CouldNotRunError(f"not recorded: {backend}: {fault.explained()}") from fault
    except UnknownAddressError as error:
        raise click.UsageError(str(error)) from error
    except BackendUnavailableError as error:
        raise CouldNotRunError(f"not run: {backend}: {error}") from error
    except dl4j_fixtures.FixtureError as error:
        raise UnreadableError(str(error)) from error
    except OSError as error:
        raise NotWrittenError(f"{where}: cannot be written: {error.strerror or error}") from error
    return ExitCode.DOES_NOT_CONFORM if wrong else ExitCode.CONFORMS


def _record(backend: Backend, platform: Platform, folder: Path) -> int:
    """Write the recordings when all are made. Return how many are not what the fixtures expect."""
    files: dict[str, bytes] = {}
    made = wrong = 0
    for name, entry in dl4j_fixtures.manifest(folder)["files"].items():
        fixtures = dl4j_fixtures.load_file(folder / name, entry)
        say(f"recording {name}", err=True)
        outcomes: dict[str, Any] = {}
        for data in fixtures:
            signals.check()
            fixture = read_fixture(data)
            try:
                got = observe(backend, fixture.case)
            except (interface.UnsupportedError, BackendCrashError) as error:
                say(f"not recorded: {fixture.case.id}: {error}", err=True)
                continue
            outcomes[fixture.case.id] = outcome.bits(got)
            found = differences(fixture.case, fixture.expected, got, backend.capabilities)
            if found:
                wrong += 1
                say(f"{fixture.case.id}: differs from the oracle, first at step {found[0].step}, {found[0].key}")
        files[name] = dl4j_fixtures.render_recorded(name, fixtures, outcomes, platform.versions)
        made += len(outcomes)
    signals.last_step()
    dl4j_fixtures.write(files, folder / dl4j_fixtures.RECORDED)
    dl4j_fixtures.seal(folder, dl4j_fixtures.recordings_of(folder))
    say(f"{folder}: {made} recordings, {wrong} of them not what the oracle expects")
    return wrong


def _record_later(backend: BlockBackend, version: str, folder: Path) -> int:
    """Write the recordings of a later version when all are made. Return how many are not what the fixtures expect."""
    from dl4j_conformance.execution.block_outcome import BlockOutcome, observe_blocks
    from dl4j_conformance.judging.block_comparison import block_differences
    from dl4j_conformance.vectors.block_fixtures import block_fixtures, packed, with_recordings

    outcomes: dict[str, BlockOutcome] = {}
    wrong = 0
    for fixture in block_fixtures(version, folder):
        signals.check()
        try:
            outcomes[fixture.case.id] = observe_blocks(backend, fixture.case)
        except (interface.UnsupportedError, BackendCrashError) as error:
            say(f"not recorded: {fixture.case.id}: {error}", err=True)
            continue
        if found := block_differences(fixture.expected, outcomes[fixture.case.id]):
            wrong += 1
            say(f"{fixture.case.id}: differs from the oracle, first at step {found[0].step}, {found[0].key}")
    signals.last_step()
    path = folder / f"{version}.jsonl.gz"
    destination(path).write(packed(with_recordings(version, folder, outcomes)))
    say(f"{path}: {len(outcomes)} recordings, {wrong} of them not what the oracle expects")
    return wrong
