"""``dl4j-conformance fixtures``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

import dl4j_fixtures
from dl4j_backends import signals
from dl4j_backends.interface import ALL_CAPABILITIES
from dl4j_conformance.cases.case import UPDATERS
from dl4j_conformance.cases.values import DTYPES
from dl4j_conformance.cli.exit_code import ExitCode, NotWrittenError, UnreadableError
from dl4j_conformance.cli.options import (
    FIXTURES,
    LATER_FIXTURES,
    OUTPUT,
    folder_option,
)
from dl4j_conformance.cli.terminal import say
from dl4j_conformance.execution.oracle_backend import check_network
from dl4j_conformance.vectors import export
from dl4j_conformance.vectors.export import FORMATS, Port, exported
from dl4j_conformance.vectors.fixtures import Selection, read_fixture
from dl4j_conformance.vectors.manifest_changes import changes, is_below, least_release, markdown, read_manifest
from dl4j_fixtures import Destination, destination
from dl4j_oracle.clauses import VERSIONS
from dl4j_oracle.errors import ConfigurationError
from dl4j_oracle.suggestion import did_you_mean

#: Lines that a log has of a long computation.
_LINES = 10


@click.group("fixtures")
def command() -> None:
    """Verify, export, compare or regenerate the golden fixtures."""


@command.command()
@folder_option
def verify(folder: Path | None) -> ExitCode:
    """Check every fixture and the kill matrix: schema, hashes, bits against decimals, counts.

    Exits 5 and names what was changed.
    """
    where = folder or FIXTURES.default()
    problems = dl4j_fixtures.verify(where) or _meaningless(where)
    for problem in problems:
        say(problem, err=True)
    if problems:
        say(f"{len(problems)} problems in {where}", err=True)
        return ExitCode.UNREADABLE
    described = dl4j_fixtures.manifest(where)
    count = sum(len(entry["cases"]) for entry in described["files"].values())
    say(f"{where}: version {dl4j_fixtures.version(described)}: {count} fixtures are intact")
    return ExitCode.CONFORMS if folder else _verify_later()


def _verify_later() -> ExitCode:
    """Check the fixtures of later versions, which can be read if they are intact: the files have checksums."""
    from dl4j_conformance.vectors.block_fixtures import block_fixtures

    where, code = LATER_FIXTURES.default(), ExitCode.CONFORMS
    for version in VERSIONS[1:]:
        try:
            say(f"{where}: DL4J {version}: {len(block_fixtures(version, where))} fixtures are intact")
        except dl4j_fixtures.FixtureError as error:
            say(str(error), err=True)
            code = ExitCode.UNREADABLE
    return code


@command.command()
@folder_option
@click.option(
    "--check",
    is_flag=True,
    help="Write nothing; exit 1 if a byte would change. Of the kill matrix, every twentieth row is computed.",
)
@click.option(
    "--dl4j", "version", type=click.Choice(VERSIONS), help="Only the fixtures of this version of DL4J.  [default: all]"
)
def regenerate(folder: Path | None, check: bool, version: str | None) -> ExitCode:
    """Compute every fixture anew from its case and the oracle, and the kill matrix. The same cases give the same bytes.

    Promoted cases are read from the fixtures themselves. With --check every twentieth row of the kill matrix is
    computed, other ones when cases are added. A --folder without --dl4j is one of fixtures of 0.8.0.
    """
    later: Sequence[str] = VERSIONS[1:] if folder is None else ()
    if version:
        later = () if version == VERSIONS[0] else (version,)
    codes = [_regenerate_later(name, folder, check=check) for name in later]
    if version in (None, VERSIONS[0]):
        codes.append(_regenerate(folder, check=check))
    return max(codes)


def _regenerate_later(version: str, folder: Path | None, *, check: bool) -> ExitCode:
    """Compute the fixtures of a later version anew."""
    from dl4j_conformance.vectors.block_fixtures import every_block_row, packed, regenerated, some_block_rows, stored

    where = folder or (LATER_FIXTURES.default() if check else LATER_FIXTURES.of_checkout())
    say(f"computing DL4J {version}", err=True)
    try:
        rows = some_block_rows(version, where) if check else every_block_row
        content, before = regenerated(version, where, rows), stored(version, where)
    except dl4j_fixtures.FixtureError as error:
        raise UnreadableError(str(error)) from error
    path = where / f"{version}.jsonl.gz"
    if content == before:
        say(f"{path}: no byte changed")
        return ExitCode.CONFORMS
    if not check:
        try:
            destination(path).write(packed(content))
        except OSError as error:
            raise NotWrittenError(f"{path}: cannot be written: {error}") from error
    say(f"{path}: {'differs' if check else 'written'}")
    return ExitCode.DOES_NOT_CONFORM if check else ExitCode.CONFORMS


def _regenerate(folder: Path | None, *, check: bool) -> ExitCode:
    """Compute the fixtures of 0.8.0 anew."""
    from dl4j_conformance.vectors.golden import ByCase, all_files, every_reach, every_row, some

    where = folder or (FIXTURES.default() if check else FIXTURES.of_checkout())
    try:
        with _progress() as progress:
            rows: ByCase = partial(every_row, progress=progress)
            reaches: ByCase = every_reach
            if check:
                rows = some(dl4j_fixtures.kills(where), rows)
                reaches = some(dl4j_fixtures.reach(where), every_reach)
            files = all_files(where, lambda topic: say(f"computing {topic}", err=True), rows, reaches)
        present = dl4j_fixtures.names(where)
        stored = {name: dl4j_fixtures.read(where / name) for name in present}
    except dl4j_fixtures.FixtureError as error:
        raise UnreadableError(str(error)) from error
    changed = [name for name, content in files.items() if stored.get(name) != content]
    stale = [name for name in present if name not in files]
    if not check:
        _write(files, where)
    for name in (*changed, *stale):
        say(f"{where / name}: {'differs' if check else 'written' if name in files else 'removed'}")
    if check and (changed or stale):
        return ExitCode.DOES_NOT_CONFORM
    if not (changed or stale):
        say(f"{where}: {len(files)} files, no byte changed")
    return ExitCode.CONFORMS


def _capabilities(context: click.Context, parameter: click.Parameter, value: str | None) -> frozenset[str] | None:
    """Return the capabilities of a list; raises :class:`click.BadParameter` for an unknown one."""
    if value is None:
        return None
    names = frozenset(name.strip() for name in value.split(",")) - {"", "none"}
    for name in sorted(names - ALL_CAPABILITIES):
        hint = did_you_mean(name, sorted(ALL_CAPABILITIES), "`dl4j-conformance docs protocol` lists them")
        raise click.BadParameter(f"there is no capability {name!r}; {hint}")
    return names


@command.command("export")
@click.argument("file", type=OUTPUT)
@click.option("--format", "style", type=click.Choice(FORMATS), default="json", show_default=True)
@click.option(
    "--updater",
    "updaters",
    multiple=True,
    type=click.Choice(UPDATERS, case_sensitive=False),
    help="An updater that your port has; give it several times for several. Cases with another are left out.",
)
@click.option(
    "--needs",
    callback=_capabilities,
    metavar="NAME,...",
    help="The capabilities that your port has, or `none`. Cases that need another are left out.",
)
@click.option("--type", "dtype", type=click.Choice(DTYPES), help="Only cases of this type.")
@click.option("--case", "glob", metavar="GLOB", help="Only cases whose id matches, such as 'adam-*'.")
@folder_option
def export_command(
    file: Destination,
    style: str,
    updaters: Sequence[str],
    needs: frozenset[str] | None,
    dtype: str | None,
    glob: str | None,
    folder: Path | None,
) -> ExitCode:
    """Write the cases that a port can use into FILE, for tests without Python. `docs fixtures` describes the formats.

    \b
    Examples:
      dl4j-conformance fixtures export cases.json --updater SGD --updater ADAM --needs none
      dl4j-conformance fixtures export cases.csv --format csv --type float32 --needs state_in,clone
    """
    where = folder or FIXTURES.default()
    port = Port(frozenset(updaters) or None, needs, dtype)
    try:
        cases = exported(port, Selection(glob), where)
        version = dl4j_fixtures.version(dl4j_fixtures.manifest(where))
    except dl4j_fixtures.FixtureError as error:
        raise UnreadableError(str(error)) from error
    if not cases:
        raise click.UsageError("no case is left: allow more updaters or capabilities, or another --case")
    try:
        with file.open() as opened:
            export.write(opened, style, cases, version)
    except OSError as error:
        raise NotWrittenError(f"{file.path}: cannot be written: {error.strerror or error}") from error
    say(f"{file.path}: {len(cases)} cases of the fixtures {version}", err=True)
    return ExitCode.CONFORMS


@command.command("changes")
@click.argument("old")
@click.argument("new", required=False)
def changes_command(old: str, new: str | None) -> ExitCode:
    """Write what was added, changed and removed between two sets of fixtures, as an entry of a changelog.

    OLD and NEW are manifests, folders of fixtures, or git revisions of this suite's checkout. NEW is by default
    what the checkout in the current folder has. Exits 1 if the release in NEW is too low for the changes.

    \b
    Example:
      dl4j-conformance fixtures changes v0.1.0
    """
    try:
        before = read_manifest(old)
        after = dl4j_fixtures.manifest(FIXTURES.default()) if new is None else read_manifest(new)
    except dl4j_fixtures.FixtureError as error:
        raise UnreadableError(str(error)) from error
    found = changes(before, after)
    for line in markdown(before, after, found):
        say(line)
    release, least = dl4j_fixtures.release(after), least_release(before, found)
    if is_below(release, least):
        say(f"the release is {release}: after these changes it has to be {least} at least (RELEASE)", err=True)
        return ExitCode.DOES_NOT_CONFORM
    return ExitCode.CONFORMS


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Yield the function that shows how many cases of the kill matrix are done, which takes the longest by far.

    A terminal has a bar; a log has a line for each tenth.
    """
    console = Console(stderr=True)
    columns = (TextColumn("kill matrix"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", visible=False)

        def show(done: int, of: int) -> None:
            bar.update(task, completed=done, total=of, visible=True)
            if not console.is_terminal and done * _LINES // of > (done - 1) * _LINES // of:
                say(f"kill matrix: {done} of {of} cases", err=True)

        yield show


def _write(files: Mapping[str, bytes], folder: Path) -> None:
    signals.last_step()
    try:
        dl4j_fixtures.write(files, folder)
    except OSError as error:
        raise NotWrittenError(f"{folder}: cannot be written: {error.strerror or error}") from error


def _meaningless(folder: Path) -> list[str]:
    """Return the problems of fixtures that follow the schema and are no cases: bits that contradict their decimals."""
    problems = []
    for data in dl4j_fixtures.load(folder=folder):
        try:
            check_network(read_fixture(data).case.network)
        except dl4j_fixtures.FixtureError as error:
            problems.append(str(error))
        except ConfigurationError as error:
            problems.append(f"case {data['id']}: {error}")
    return problems
