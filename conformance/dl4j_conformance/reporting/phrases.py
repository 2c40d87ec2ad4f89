"""The phrases that the sentences about runs and those about reports have in common: numbers of things, and places."""

from __future__ import annotations

from dl4j_conformance.judging.comparison import CONSTRUCTION


def cases(number: int) -> str:
    """Return a number of cases in words."""
    return "1 case" if number == 1 else f"{number} cases"


def ulps(number: float) -> str:
    """Return a distance in words; a whole number of ulps has all its digits."""
    return "1 ulp" if number == 1 else f"{number if isinstance(number, int) else format(number, 'g')} ulps"


def place(step: int, key: str, index: int | None) -> str:
    """Return the place of a difference, such as ``step 0, 0_W[3]`` or ``construction, keys``."""
    when = "construction" if step == CONSTRUCTION else f"step {step}"
    return f"{when}, {key}" + ("" if index is None else f"[{index}]")
