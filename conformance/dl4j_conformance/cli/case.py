"""``dl4j-conformance case``."""

from __future__ import annotations

from pathlib import Path

import click

from dl4j_backends import strict_json
from dl4j_backends.interface import Dl4jException
from dl4j_conformance.cases import sizes
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.json_form import CaseError
from dl4j_conformance.cli.exit_code import NotWrittenError, UnreadableError
from dl4j_conformance.cli.model_training import Training, drawn_gradients, training_options
from dl4j_conformance.cli.network_option import MODEL_FILE
from dl4j_conformance.cli.options import OUTPUT, grouped
from dl4j_conformance.cli.terminal import write_document
from dl4j_conformance.running.fuzzing import recorded
from dl4j_fixtures import Destination


@click.group("case")
def command() -> None:
    """Make a case of a saved model."""


@command.command("new")
@click.option("--from", "model_file", type=MODEL_FILE, required=True, metavar="FILE", help="A zip of ModelSerializer.")
@click.option("--iterations", type=click.IntRange(1, 1000), help="How many updates.  [default: as many as gradients]")
@click.option("--batch-size", type=click.IntRange(1, (1 << 31) - 1), default=1, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True, help="Of gradients, if there are none.")
@click.option("--save", type=OUTPUT, metavar="FILE.jsonl", help="Where the case goes.  [default: stdout]")
@training_options
@grouped(training=Training)
def new(
    model_file: Path, iterations: int | None, batch_size: int, seed: int, save: Destination | None, training: Training
) -> None:
    """Make a case of a model: its network, state and count, with updates by given or by random gradients.

    The line has the case, and what DL4J's rules make of it. `replay`, `explain` and `promote` read it.

    \b
    Examples:
      dl4j-conformance case new --from model.zip --gradients gradients.npz --save case.jsonl
      dl4j-conformance case new --from model.zip --iterations 3 --set-learning-rate 1:0.01 --save case.jsonl
    """
    network = training.network(model_file)
    gradients = training.gradients(network)
    count = iterations or len(gradients or [0])
    found = list(drawn_gradients(network, count, seed)) if gradients is None else gradients
    script = tuple(training.script(network, found, count, batch_size))
    case = Case("model", network, script, comment=f"of {model_file.name}", provenance="a saved model")
    try:
        sizes.check(network, script)
        line = strict_json.compact(recorded(case, "model"))
    except (CaseError, Dl4jException) as error:
        raise UnreadableError(f"{model_file}: {error}") from error
    if save is None:
        write_document(line)
        return
    try:
        save.write((line + "\n").encode())
    except OSError as error:
        raise NotWrittenError(f"--save {save.path}: {error.strerror}") from error
