"""``dl4j-conformance repro``."""

from __future__ import annotations

import click

from dl4j_conformance.cli.options import case_called, dl4j_option
from dl4j_conformance.cli.recorded_network import case_of, recorded_network
from dl4j_conformance.cli.terminal import write_document
from dl4j_conformance.repro import LANGUAGES, program, program_of_blocks, write
from dl4j_oracle.clauses import VERSIONS


@click.command("repro")
@click.argument("case")
@click.option(
    "--language", type=click.Choice(list(LANGUAGES)), default="python", show_default=True, help="Of the program."
)
@dl4j_option
def command(case: str, language: str, version: str) -> None:
    """Print CASE as a program that needs nothing of this package: DL4J's operations one by one, and the bits they give.

    With a later --dl4j it is a network of the recordings of that version, by its id, or the first one of a file of
    recordings. The program prints every update and state as bits. It exits with 0 if they are as expected, else with 1.

    \b
    Examples:
      dl4j-conformance repro adam-first-step-float32 > repro.py && python repro.py
      dl4j-conformance repro adam-first-step-float32 --language c > repro.c
      dl4j-conformance repro dl4j-fuzz-failure.jsonl --language java > Repro.java && java Repro.java
      dl4j-conformance repro --dl4j 0.9.1 v091-11-0000 > repro.py && python repro.py
    """
    if version == VERSIONS[0]:
        made = program(case_called(case))
    else:
        recording = recorded_network(case, version)
        made = program_of_blocks(case_of(recording), recording.network, recording.steps)
    write_document(write(made, LANGUAGES[language]), newline=False)
