"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path

import click

import dl4j_fixtures
from dl4j_conformance.case import UPDATERS
from dl4j_conformance.judge import Level

updater_option = click.option(
    "--updater",
    type=click.Choice(UPDATERS, case_sensitive=False),
    help="Only cases with this updater in a layer.",
)

_CHECKOUT = Path("fixtures", "dl4j_fixtures", "data")

folder_option = click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="The fixtures' folder. Default: that of the checkout in the current folder, else the installed one.",
)


def default_folder() -> Path:
    """The fixtures of the checkout in the current folder, else the installed ones."""
    return _CHECKOUT if _CHECKOUT.is_dir() else dl4j_fixtures.DATA


level_option = click.option(
    "--level",
    "claimed",
    type=click.Choice([str(level) for level in Level]),
    default=str(Level.BIT_EXACT),
    show_default=True,
    help="What the backend claims: a case fails if it fails this level. All levels are shown.",
)
