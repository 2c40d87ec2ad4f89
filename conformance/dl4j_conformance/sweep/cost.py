"""The cost of sweeping everything, from measured rates, as a table for docs/sweep.md.

``python -m dl4j_conformance.sweep.cost SGD=20 ADAM=8 ...`` takes millions of gradients a second and core, by updater.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence

from dl4j_oracle.configuration import LearningRatePolicy
from dl4j_oracle.updaters import UPDATERS

#: Machines, and the cores of each.
MACHINES, CORES = (1, 10, 1000), 16
#: Gradients of one updater, one policy and one type: every float32, and as many of float64.
_GRADIENTS = 1 << 32
_TYPES = 2


def rows(rates: Mapping[str, float]) -> Iterator[str]:
    """Yield the rows of a Markdown table: an updater of ``rates``, one policy and one type; then all of everything."""
    yield "| sweep | one core | " + " | ".join(f"{count} machine{'s' * (count > 1)}" for count in MACHINES) + " |"
    yield "| --- " * (2 + len(MACHINES)) + "|"
    for updater, rate in rates.items():
        yield _row(updater, _GRADIENTS / (rate * 1e6))
    policies = len(LearningRatePolicy)
    total = sum(_GRADIENTS / (rate * 1e6) for rate in rates.values()) * policies * _TYPES
    yield _row(f"all {len(rates)} updaters, {policies} policies, {_TYPES} types", total)


def _row(name: str, seconds: float) -> str:
    times = (seconds, *(seconds / CORES / count for count in MACHINES))
    return f"| {name} | {' | '.join(map(_time, times))} |"


def _time(seconds: float) -> str:
    for unit, length in (("d", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= length:
            return f"{_digits(seconds / length)} {unit}"
    return f"{_digits(seconds)} s"


def _digits(number: float) -> str:
    """Return a number with two digits, or all before the point."""
    return f"{number:.2g}" if number < 100 else f"{number:.0f}"


def main(words: Sequence[str]) -> None:
    """Print the table for rates such as ``ADAM=8``."""
    given = {updater: float(rate) for updater, _, rate in (word.partition("=") for word in words)}
    sys.stdout.write("\n".join(rows({str(u): given[str(u)] for u in UPDATERS if str(u) in given})) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
