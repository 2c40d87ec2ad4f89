"""``dl4j-conformance identify``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import click

from dl4j_backends import strict_json
from dl4j_backends.addresses import UnknownAddressError
from dl4j_backends.crash import BackendCrashError
from dl4j_backends.interface import BackendUnavailableError
from dl4j_backends.stdio.faults import AdapterFault
from dl4j_conformance.cli.exit_code import ExitCode
from dl4j_conformance.cli.options import BACKEND_HELP, Connection, grouped, in_process_option, timeout_option
from dl4j_conformance.cli.terminal import say, say_columns, write_document
from dl4j_conformance.diagnosis.identification import Evidence, Identified, Part, identified
from dl4j_conformance.execution.ending import end
from dl4j_oracle.clauses import VERSIONS


@click.command("identify", epilog=BACKEND_HELP)
@click.argument("backend", metavar="BACKEND")
@click.option(
    "--dl4j",
    "version",
    type=click.Choice(VERSIONS),
    help="The version in whose words it is asked.  [default: the last one that it implements]",
)
@click.option("--verbose", is_flag=True, help="With every case that shows something, and not one for each part.")
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
@timeout_option
@in_process_option
@grouped(connection=Connection)
def command(backend: str, version: str | None, verbose: bool, style: str, connection: Connection) -> ExitCode:
    """Say which version of DL4J each part of BACKEND follows: updaters, division, order, state...

    It runs the cases that tell the versions apart, in the words of one version, and holds the outcomes against what
    each version makes of the same network. Exits 1 if the parts follow no version together.

    \b
    Examples:
      dl4j-conformance identify numpy
      dl4j-conformance identify numpy --dl4j 0.9.1
      dl4j-conformance identify 'stdio:node adapter.js' --verbose
      dl4j-conformance identify dl4j --format json
    """
    try:
        with ExitStack() as stack:
            asked, found = _loaded(backend, version, connection)
            stack.callback(end, found)
            result = identified(found, asked)
    except UnknownAddressError as error:
        raise click.UsageError(str(error)) from error
    except (BackendUnavailableError, BackendCrashError, AdapterFault) as error:
        say(f"{backend}: {error}", err=True)
        return ExitCode.COULD_NOT_RUN
    if style == "json":
        write_document(strict_json.indented(_json(backend, result)))
    else:
        for line in _lines(backend, result, verbose=verbose):
            say_columns(*line)
        say(sentence(backend, result))
    return ExitCode.CONFORMS if result.versions else ExitCode.DOES_NOT_CONFORM


def _loaded(address: str, version: str | None, connection: Connection) -> tuple[str, Any]:
    """Return the version in whose words a backend is asked, and the backend."""
    from dl4j_conformance.cli.block_run_plan import in_words

    return in_words(address, version, connection.wire_options)


def sentence(backend: str, found: Identified) -> str:
    """Return in a sentence which versions the parts follow."""
    if not any(part.is_shown for part in found.parts):
        return f"{backend} was asked nothing that tells versions apart"
    if found.versions:
        return f"{backend} follows DL4J {' or '.join(found.versions)}"
    parts = [part for part in found.parts if part.is_shown]
    told = ", ".join(f"{part.name} as {' or '.join(part.versions) or 'no version'}" for part in parts)
    return f"{backend} mixes versions of DL4J: {told}"


def _lines(backend: str, found: Identified, *, verbose: bool) -> Iterator[tuple[str, ...]]:
    for part in found.parts:
        if not part.is_shown:
            yield part.name, "not shown"
            continue
        for number, one in enumerate(part.evidence if verbose else _plainest(part)):
            versions = " or ".join(part.versions) or "no version"
            yield (part.name if number == 0 else "", versions if number == 0 else "", _words(one))


def _plainest(part: Part) -> tuple[Evidence, ...]:
    """Return the cases that leave fewest versions: one that suffices, or as many as it takes."""
    ranked = sorted(part.evidence, key=lambda one: len(one.versions))
    left, shown = set(VERSIONS), []
    for one in ranked:
        if not left <= set(one.versions):
            left &= set(one.versions)
            shown.append(one)
    return tuple(shown) or tuple(ranked[:1])


def _words(one: Evidence) -> str:
    others = "; ".join(f"{version}: {value}" for version, value in one.by_version.items())
    return f"{one.case}: {one.place} is {one.value} ({others})"


def _json(backend: str, found: Identified) -> dict[str, Any]:
    return {
        "backend": backend,
        "asked_as": found.asked,
        "versions": list(found.versions),
        "sentence": sentence(backend, found),
        "parts": [
            {
                "part": part.name,
                "versions": list(part.versions) if part.is_shown else None,
                "evidence": [
                    {
                        "case": one.case,
                        "versions": list(one.versions),
                        "place": one.place,
                        "value": one.value,
                        "by_version": dict(one.by_version),
                    }
                    for one in part.evidence
                ],
            }
            for part in found.parts
        ],
    }
