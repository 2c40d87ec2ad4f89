"""``python -m dl4j_conformance.benchmark.start``, and with it the start itself, which must not rot."""

from __future__ import annotations

import subprocess
import sys

import pytest

from dl4j_conformance.benchmark.start import NUMPY, STARTS, Start, is_fast, measure, processor_time, ratio

HELP, RUN = STARTS[1:]


def _round(numpy: float, help_: float, run: float) -> dict[str, float]:
    return {NUMPY.name: numpy, HELP.name: help_, RUN.name: run}


def test_the_first_round_does_not_count() -> None:
    asked: list[str] = []

    def seconds(one: Start) -> float:
        asked.append(one.name)
        return float(len(asked))

    assert measure(1, seconds) == [_round(4, 5, 6)]
    assert asked == 2 * [one.name for one in STARTS]


def test_ratios_are_taken_within_rounds() -> None:
    rounds = [_round(1, 0.5, 6), _round(10, 4, 70), _round(1, 0.4, 5)]
    assert (ratio(rounds, HELP), ratio(rounds, RUN)) == (0.4, 6)
    assert is_fast(rounds)
    assert not is_fast([_round(1, 1.01 * HELP.most, 1)])
    assert not is_fast([_round(1, 0.1, 1.01 * RUN.most)])


def test_a_start_that_prints_nothing_is_no_start() -> None:
    with pytest.raises(ValueError, match="status 3"):
        processor_time(Start("broken", ("-c", "raise SystemExit(3)"), 1.0))


def test_the_first_line_ends_a_start() -> None:
    assert processor_time(Start("endless", ("-c", "print(flush=True)\nwhile True: pass"), 1.0)) < 5


def test_the_help_and_the_first_line_of_a_run_come_soon() -> None:
    """Held to bounds that are about twice what was measured: modules that a start does not need are imported late."""
    rounds = measure(4, processor_time)
    assert is_fast(rounds), [(one.name, ratio(rounds, one), one.most) for one in STARTS]


def test_the_help_imports_nothing_large() -> None:
    script = "import dl4j_conformance.cli.main, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603
    large = {"numpy", "rich", "hypothesis", "mpmath", "cattrs", "psutil", "jsonschema", "importlib.metadata"}
    assert not large & set(done.stdout.split())
