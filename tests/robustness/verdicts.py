"""Commands that judge a backend, and the verdicts that `run BACKEND numpy --format json` has to print."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from robustness.attempt import Ended
from robustness.material import FAILURE, RECORDING

_WORST_FIRST = (1, 3, 4, 0)

#: Arguments of a command before and after the backend's address.
Command = tuple[tuple[str, ...], tuple[str, ...]]

#: Other commands that ask a backend.
OTHERS: tuple[Command, ...] = (
    (("fuzz",), ("--examples", "5", "--time", "20s", "--save", "found.jsonl")),
    (("explain", FAILURE), ()),
    (("replay", RECORDING), ()),
)
#: Exit codes of a backend that cannot go on, and of one that does something else than it should.
BROKEN, ODD = frozenset({1, 3}), frozenset({0, 1, 3, 4})


def both_judged(folder: Path, ended: Ended) -> Iterator[str]:
    """Yield what is wrong with the verdicts on a backend and on NumPy, which runs after it and conforms."""
    try:
        wrong, numpy = json.loads(ended.stdout)["backends"]
        codes = wrong["exit_code"], numpy["exit_code"]
        total = wrong["total"]
    except (ValueError, KeyError, TypeError):
        yield f"stdout is not the JSON of two verdicts: {ended.stdout[:200]!r}"
        return
    if codes[1] != 0:
        yield f"numpy, which ran after it, has exit code {codes[1]}"
    elif ended.code != next(code for code in _WORST_FIRST if code in codes):
        yield f"exit code {ended.code}, but the verdicts have {codes}"
    if codes[0] == 0 and (total["failed"] or not total["passed"]):
        yield f"conforms, with {total}"
