"""``dl4j-conformance model``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from dl4j_backends import strict_json
from dl4j_conformance.cli.network_option import MODEL_FILE, model_in
from dl4j_conformance.cli.terminal import say, write_document
from dl4j_conformance.models.overview import overview
from dl4j_conformance.models.overview_text import lines_of


@click.group("model")
def command() -> None:
    """Look into saved models of DL4J: zips of ModelSerializer, and configurations alone."""


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
