"""``dl4j-conformance oracle schedule``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from dl4j_backends import bounded_json, strict_json
from dl4j_conformance.cli.terminal import say, write_document
from dl4j_conformance.vectors.scheduled import scheduled
from dl4j_oracle.errors import ConfigurationError, Dl4jError, UndecidedError

_MOST = 100_000


@click.command("schedule")
@click.argument("schedule")
@click.option("--iterations", type=click.IntRange(1, _MOST), default=10, show_default=True, help="How many, from 0 on.")
@click.option(
    "--iterations-per-epoch", type=click.IntRange(min=1), help="Of the training.  [default: all are of epoch 0]"
)
@click.option("--digits", type=click.IntRange(1, 1000), default=50, show_default=True, help="Of exact values.")
@click.option("--format", "style", type=click.Choice(["pretty", "json"]), default="pretty", show_default=True)
def schedule_command(schedule: str, iterations: int, iterations_per_epoch: int | None, digits: int, style: str) -> None:
    """Show the value of SCHEDULE of DL4J 1.0.0-M2.1 at each iteration.

    SCHEDULE is JSON, with the class as "type", as in a network of that version: `dl4j-conformance docs torch`.

    \b
    Examples:
      dl4j-conformance oracle schedule '{"type": "CycleSchedule", "schedule_type": "ITERATION",
        "max_learning_rate": 0.1, "cycle_length": 10}'
      dl4j-conformance oracle schedule '{"type": "RampSchedule", "num_iter": 4,
        "base_schedule": {"type": "FixedSchedule", "value": 0.1}}'
    """
    length = iterations_per_epoch or iterations
    positions = [(iteration, iteration // length) for iteration in range(iterations)]
    try:
        numbers = list(scheduled(_read(schedule), positions, digits))
    except ConfigurationError as error:
        raise click.BadParameter(str(error), param_hint="SCHEDULE") from error
    except Dl4jError as error:
        raise click.ClickException(f"DL4J throws: {error.kind}: {error.message}") from error
    except UndecidedError as error:
        raise click.ClickException(f"the exact value cannot be given: {error}") from error
    if style == "json":
        found = [
            {"iteration": iteration, "epoch": epoch, **asdict(number)}
            for (iteration, epoch), number in zip(positions, numbers, strict=True)
        ]
        write_document(strict_json.indented(found))
        return
    for (iteration, epoch), number in zip(positions, numbers, strict=True):
        place = f"{iteration:>6}" + (f" {epoch:>6}" if iterations_per_epoch else "")
        say(f"{place}  {number.decimal:<24} {number.hex}  exact {number.exact}")


def _read(text: str) -> Any:
    try:
        return bounded_json.parse(text.encode("utf-8", "surrogateescape"))
    except bounded_json.JsonError as error:
        raise click.BadParameter(str(error), param_hint="SCHEDULE") from error
