"""The campaigns by name."""

from __future__ import annotations

from robustness import backends, commands, files, signals

CAMPAIGNS = {c.name: c for c in (files.CAMPAIGN, backends.CAMPAIGN, commands.CAMPAIGN, signals.CAMPAIGN)}
