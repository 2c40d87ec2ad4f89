"""``dl4j-conformance bench``."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import product
from signal import Signals
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from dl4j_backends import signals, strict_json
from dl4j_backends.addresses import UnknownAddressError
from dl4j_backends.interface import BackendUnavailableError
from dl4j_backends.stdio.options import WireOptions
from dl4j_conformance.benchmark import peers, report
from dl4j_conformance.benchmark.contest import COPY, Contest, run_contest
from dl4j_conformance.benchmark.measurement import NotRun
from dl4j_conformance.benchmark.statistics import FEWEST
from dl4j_conformance.cases.case import UPDATERS
from dl4j_conformance.cases.values import DTYPES
from dl4j_conformance.cli.exit_code import ExitCode
from dl4j_conformance.cli.options import BACKEND_HELP, OUTPUT, updaters_option
from dl4j_conformance.cli.terminal import say
from dl4j_conformance.execution.ending import end
from dl4j_conformance.execution.oracle_backend import resolve
from dl4j_fixtures import Destination

_ON_DEVICE = "torch:device="


class _Bench(click.Command):
    """The command, and `bench growth` and `bench oracle`, which have options of their own."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Return the context in which the command runs, or that of a command of its own."""
        if args and args[0] in ("growth", "oracle"):
            module = importlib.import_module(f"dl4j_conformance.cli.bench_{args[0]}")
            own: click.Command = module.command
            return own.make_context(f"{info_name} {args[0]}", args[1:], parent, **extra)
        return super().make_context(info_name, args, parent, **extra)


@click.command("bench", cls=_Bench, epilog=BACKEND_HELP)
@click.argument("backends", nargs=-1, required=True, metavar="BACKEND...")
@updaters_option
@click.option(
    "--size",
    "sizes",
    multiple=True,
    type=click.IntRange(min=1),
    default=(1_000_000,),
    show_default="1000000",
    metavar="N",
    help="Elements of the gradient. Again for more than one.",
)
@click.option("--type", "dtype", type=click.Choice(DTYPES), default=DTYPES[0], show_default=True)
@click.option(
    "--rounds",
    type=click.IntRange(min=FEWEST),
    default=25,
    show_default=True,
    metavar="N",
    help="Values of each row.",
)
@click.option(
    "--report",
    "report_file",
    type=OUTPUT,
    metavar="FILE.json",
    help="Write every value there.",
)
def command(
    backends: Sequence[str],
    updaters: Sequence[str],
    sizes: Sequence[int],
    dtype: str,
    rounds: int,
    report_file: Destination | None,
) -> ExitCode:
    """Measure how fast each BACKEND updates, in turns with the others, on one thread.

    A table for each updater and size: nanoseconds per element, the bandwidth that this takes, and how many times as
    long as the first BACKEND; last, a copy of as many bytes as the updater has to move. BACKEND may also be a
    peer: torch.optim:foreach, torch.optim:fused, optax. Beside torch:device=cuda, torch.optim and the copy are
    measured on that device. `bench growth BACKEND` shows how the time of a judgement grows, `bench oracle` what the
    oracle's values and verdicts cost.

    \b
    Examples:
      dl4j-conformance bench numpy dl4j
      dl4j-conformance bench numpy torch.optim:foreach optax --updater ADAM --size 1000 --size 1000000
      dl4j-conformance bench numpy --type float64 --report bench.json
      dl4j-conformance bench torch:device=cuda torch.optim:fused --size 100000000
    """
    chosen = [updater.upper() for updater in updaters] or UPDATERS
    comparisons: list[Contest] = []
    if report_file:
        _try(report_file, report_file.clear)
    with signals.held():
        stopped_by = _measure(backends, list(product(chosen, sizes)), dtype, rounds, comparisons)
        for line in report.not_run(comparisons):
            say(line, err=True)
        if stopped_by:
            say(f"stopped early ({stopped_by.name}): {len(comparisons)} comparisons are complete")
        code = ExitCode.CONFORMS if any(map(_measured, comparisons)) else ExitCode.COULD_NOT_RUN
        if stopped_by:
            code = ExitCode.of(stopped_by)
        if report_file:
            document = report.document(comparisons, rounds, stopped_by.name if stopped_by else None)
            is_written = _try(report_file, lambda: report_file.write(strict_json.indented(document).encode()))
            code = code if is_written else code or ExitCode.NOT_WRITTEN
        signals.last_step()
    return code


def _measure(
    backends: Sequence[str], chosen: Sequence[tuple[str, int]], dtype: str, rounds: int, comparisons: list[Contest]
) -> Signals | None:
    """Add a comparison for each updater and size, and print it. Return the signal that ended it early."""
    with ExitStack() as stack:
        try:
            with signals.released():
                device = _device(backends)
                contenders = {address: _resolve(address, device, stack) for address in backends}
                for updater, size in chosen:
                    with _progress(f"{updater} {size:,}", 1 + rounds) as advance:
                        compared = run_contest(
                            contenders, updater, size, dtype, rounds, time.perf_counter_ns, advance, device
                        )
                    with signals.held():
                        Console().print(report.table(compared))
                        comparisons.append(compared)
        except signals.INTERRUPTIONS as error:
            return signals.cause(error)
    return None


@contextmanager
def _progress(description: str, total: int) -> Iterator[Callable[[], None]]:
    """Show a bar on a terminal, which goes away; yield the function that moves it on."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(description, total=total)
        yield lambda: bar.advance(task)


def _device(backends: Sequence[str]) -> str:
    """Return torch's device that the first of ``backends`` names, else the CPU."""
    named = (backend.removeprefix(_ON_DEVICE) for backend in backends if backend.startswith(_ON_DEVICE))
    return next(named, "cpu")


def _resolve(address: str, device: str, stack: ExitStack) -> object:
    """Return a backend or a peer, ended by ``stack``; or why there is none here."""
    try:
        if address in peers.ADDRESSES:
            return peers.peer(address, device)
        # A backend is measured here: its updates, and not the conversation with another process.
        backend = resolve(address, WireOptions(in_process=True))
    except UnknownAddressError as error:
        raise click.UsageError(f"{error}; peers are {', '.join(peers.ADDRESSES)}") from error
    except BackendUnavailableError as error:
        return error
    stack.callback(end, backend)
    return backend


def _measured(compared: Contest) -> bool:
    return any(name != COPY and not isinstance(values, NotRun) for name, values in compared.found.items())


def _try(place: Destination, action: Callable[[], None]) -> bool:
    """Return whether an action on the report succeeded; else say why not."""
    try:
        action()
    except OSError as error:
        say(f"--report {place.path}: {error.strerror}", err=True)
        return False
    return True
