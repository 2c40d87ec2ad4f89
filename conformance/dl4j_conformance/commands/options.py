"""Options that several commands have."""

from __future__ import annotations

import click

from dl4j_backends.stdio.options import WireOptions
from dl4j_conformance.case import UPDATERS
from dl4j_conformance.judge import Level

updater_option = click.option(
    "--updater",
    type=click.Choice(UPDATERS, case_sensitive=False),
    help="Only cases with this updater in a layer.",
)

level_option = click.option(
    "--level",
    "claimed",
    type=click.Choice([str(level) for level in Level]),
    default=str(Level.BIT_EXACT),
    show_default=True,
    help="What the backend claims: a case fails if it fails this level. All levels are shown.",
)

timeout_option = click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=WireOptions().timeout,
    show_default=True,
    metavar="SECONDS",
    help="How long an adapter (stdio:COMMAND) may take for a reply; six times as long for the first.",
)
