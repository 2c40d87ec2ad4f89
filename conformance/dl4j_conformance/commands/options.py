"""Options that several commands have."""

from __future__ import annotations

import re

import click

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


class _Duration(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """``60s``, ``2m``, ``1h`` or a number of seconds; the value is in seconds."""

    name = "duration"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Raises :class:`click.BadParameter`, through ``fail``."""
        if isinstance(value, float):
            return value
        found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", value)
        if not found or not float(found[1]):
            self.fail(f"{value!r} is not a time such as 60s, 2m, 1h or 90 (seconds)", param, ctx)
        return float(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[found[2]]


DURATION = _Duration()
