"""The campaigns by name."""

from __future__ import annotations

from robustness import backends, commands, deviations, files, signals

CAMPAIGNS = {
    c.name: c for c in (files.CAMPAIGN, deviations.CAMPAIGN, backends.CAMPAIGN, commands.CAMPAIGN, signals.CAMPAIGN)
}
