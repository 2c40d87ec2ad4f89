"""The options of the plugin, checked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import pytest

from dl4j_backends.stdio.options import WireOptions
from dl4j_conformance.judging.level import Level
from dl4j_conformance.reporting.commands import Commands
from dl4j_oracle.suggestion import did_you_mean

#: Longer than anybody waits, and no timer of any system overflows.
_LONGEST = 1e8


@dataclass(frozen=True)
class Options:
    """The backend that is judged, and what it claims."""

    #: Empty where the cases are only listed.
    address: str
    level: Level
    wire: WireOptions
    #: The file of declared deviations, if there is one.
    deviations: Path | None = None

    @property
    def commands(self) -> Commands:
        """The commands that are named at the end: they ask the same backend with the same claim."""
        usual = WireOptions()
        timeout = () if self.wire.timeout == usual.timeout else ("--timeout", f"{self.wire.timeout:g}")
        in_process = ("--in-process",) if self.wire.in_process else ()
        claim = () if self.level is Level.BIT_EXACT else ("--level", str(self.level))
        declared = ("--deviations", str(self.deviations)) if self.deviations else ()
        return Commands(self.address, (*timeout, *in_process), claim, declared)

    @classmethod
    def of(cls, config: pytest.Config) -> Options:
        """Return the options of a command line; raise :class:`pytest.UsageError` for one that is missing or wrong."""
        address = config.getoption("dl4j_backend")
        if not address and not config.option.collectonly:
            raise pytest.UsageError(
                "the suite judges a backend: name its address, such as --dl4j-backend 'stdio:node adapter.js'"
                " (`dl4j-conformance list backends` shows every kind)"
            )
        wire = WireOptions(
            timeout=_timeout(config.getoption("dl4j_timeout")),
            strict=config.getoption("dl4j_strict_wire"),
            in_process=config.getoption("dl4j_in_process"),
        )
        deviations = config.getoption("dl4j_deviations")
        level = _level(config.getoption("dl4j_level"))
        return cls(address or "", level, wire, Path(deviations) if deviations else None)


def _level(name: str) -> Level:
    try:
        return Level(name)
    except ValueError:
        hint = did_you_mean(name, list(Level), f"it is one of {', '.join(Level)}", written=str)
        raise pytest.UsageError(f"--dl4j-level: there is no level {name!r}; {hint}") from None


def _timeout(text: str | None) -> float:
    if text is None:
        return WireOptions().timeout
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= _LONGEST:
        raise pytest.UsageError(
            f"--dl4j-timeout: {text!r} is not a number of seconds, more than 0 and at most {_LONGEST:g}"
        )
    return seconds
