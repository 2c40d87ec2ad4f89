"""``dl4j-conformance repro``."""

from __future__ import annotations

import click

from dl4j_conformance.cases.case import Case
from dl4j_conformance.cli.options import case_argument
from dl4j_conformance.cli.terminal import write_document
from dl4j_conformance.repro import LANGUAGES, program, write


@click.command("repro")
@case_argument
@click.option(
    "--language", type=click.Choice(list(LANGUAGES)), default="python", show_default=True, help="Of the program."
)
def command(case: Case, language: str) -> None:
    """Print CASE as a program that needs nothing of this package: DL4J's operations one by one, and the bits they give.

    The program prints every update and state as bits. It exits with 0 if they are as expected, else with 1.

    \b
    Examples:
      dl4j-conformance repro adam-first-step-float32 > repro.py && python repro.py
      dl4j-conformance repro adam-first-step-float32 --language c > repro.c
      dl4j-conformance repro dl4j-fuzz-failure.jsonl --language java > Repro.java && java Repro.java
    """
    write_document(write(program(case), LANGUAGES[language]), newline=False)
