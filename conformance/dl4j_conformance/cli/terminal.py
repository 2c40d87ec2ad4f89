"""Output of the commands. Nothing is printed elsewhere, so that no text from outside reaches a terminal as it is."""

from __future__ import annotations

import click

from dl4j_backends import plain_text


def say(text: str, *, err: bool = False) -> None:
    """Print one line on stdout, or on stderr; line breaks in it are shown as what they are."""
    click.echo(plain_text.line(text), err=err)


def say_paragraph(text: str, *, err: bool = False) -> None:
    """Print several lines, such as a fault with the end of its stderr: those after the first are indented."""
    click.echo(plain_text.paragraph(text), err=err)


def say_columns(*cells: str) -> None:
    """Print cells between tabs, on one line."""
    click.echo("\t".join(map(plain_text.line, cells)))


def write_document(document: str, *, newline: bool = True) -> None:
    """Print a document that is made to be read by programs, such as JSON, whose writer has made it plain."""
    click.echo(document, nl=newline)
