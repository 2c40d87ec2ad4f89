"""``dl4j-conformance model``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from dl4j_backends import strict_json
from dl4j_backends.interface import Dl4jException
from dl4j_conformance.cases.values import decimal_of
from dl4j_conformance.cli.calculation import at_option
from dl4j_conformance.cli.model_training import Training, drawn_gradients, gradients_option
from dl4j_conformance.cli.network_option import MODEL_FILE, model_in
from dl4j_conformance.cli.terminal import say, write_document
from dl4j_conformance.models.overview import overview
from dl4j_conformance.models.overview_text import aligned, lines_of
from dl4j_conformance.models.reloading import reasons, reloaded
from dl4j_conformance.vectors.distant_rates import rates_by_parameter


@click.group("model")
def command() -> None:
    """Look into saved models of DL4J: zips of ModelSerializer, and configurations alone."""


@command.command("rates")
@click.argument("file", type=MODEL_FILE)
@at_option
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
def rates(file: Path, at: Sequence[int], style: str) -> None:
    """Show the learning rate of each parameter of FILE at iteration N, as its policy or schedule makes it.

    Training goes on from the file's rates and iteration count. Without --at it is the rate of the next update.

    \b
    Example:
      dl4j-conformance model rates model.zip --at 1000 --at 1000000
    """
    found = model_in(file).configuration
    first = int(found.conf.get("iteration_count", 0))
    asked = sorted({*at}) or [first]
    if asked[0] < first:
        raise click.UsageError(f"--at {asked[0]}: the model has made iteration {first - 1}, and goes on with {first}")
    by_key = rates_by_parameter(found.conf, found.layers, found.names, asked)
    if style == "json":
        texts = {key: {str(t): decimal_of(rate) for t, rate in of.items()} for key, of in by_key.items()}
        write_document(strict_json.indented(texts))
        return
    table = [["iteration", *map(str, asked)], *([key, *map(decimal_of, of.values())] for key, of in by_key.items())]
    for line in aligned(table):
        say(line)
    if found.conf.get("lr_policy") == "Score":
        say("Score: the optimizer lowers rates when the score stalls; here are no scores, and no rate changes")


@command.command("reload")
@click.argument("file", type=MODEL_FILE)
@click.option(
    "--iterations",
    type=click.IntRange(1, 1000),
    help="How many updates; the model is saved before the last.  [default: as many as gradients, or 5]",
)
@click.option("--batch-size", type=click.IntRange(1, (1 << 31) - 1), default=1, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True, help="Of gradients, if there are none.")
@gradients_option
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
def reload(
    file: Path, iterations: int | None, batch_size: int, seed: int, gradients_file: Path | None, style: str
) -> None:
    """Show how the next update of FILE changes if the model is saved and loaded before it, and why.

    The model is trained on, by given or random gradients. Before the last update it is saved, and loaded with its
    updater or without. Each number is the largest magnitude in a parameter's last update.

    \b
    Examples:
      dl4j-conformance model reload model.zip
      dl4j-conformance model reload model.zip --gradients gradients.npz --iterations 20
    """
    configuration = model_in(file).configuration
    training = Training(gradients_file, False, (), ())
    network = training.network(file)
    given = training.gradients(network)
    count = iterations or len(given or ()) or 5
    drawn = given or [*drawn_gradients(network, count, seed)]
    try:
        found = reloaded(network, [drawn[min(number, len(drawn) - 1)] for number in range(count)], batch_size)
    except Dl4jException as error:
        raise click.ClickException(f"DL4J throws: {error}") from error
    notes = [*reasons(configuration, network.state is not None)]
    if style == "json":
        write_document(strict_json.indented({"parameters": [asdict(p) for p in found], "reasons": notes}))
        return
    last = int(network.conf.get("iteration_count", 0)) + count - 1
    say(f"largest magnitude of the update of iteration {last}")
    rows = [[f"  {p.key}", p.updater, *(f"{x:.6g}" for x in (p.going_on, p.restored, p.afresh))] for p in found]
    for line in aligned([["", "updater", "not saved", "loaded", "loaded without updater"], *rows]):
        say(line)
    for note in notes:
        say(note)


@command.command("show")
@click.argument("file", type=MODEL_FILE)
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
def show(file: Path, style: str) -> None:
    """Show layers, settings in force, rates and penalties by parameter, and the updater's state in FILE.

    Behind each setting stands where it comes from, as far as the file tells: the network, the layer, DL4J's default, or
    absent. `dl4j-conformance docs models` explains it.

    \b
    Examples:
      dl4j-conformance model show model.zip
      dl4j-conformance model show configuration.json --format json
    """
    found = overview(model_in(file))
    if style == "json":
        write_document(strict_json.indented(asdict(found)))
        return
    for line in lines_of(found):
        say(line)
