"""Campaigns: numbered attempts, each made from the seed and its number alone, and what was wrong with them."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from robustness.attempt import Attempt, Ended
from robustness.judgement import files, problems
from robustness.processes import perform

#: The attempt of a number, drawn with a generator of its own. The folder has the files of :mod:`material`.
Draw = Callable[[Path, int, Random], Attempt]


@dataclass(frozen=True)
class Campaign:
    """Attempts of one sort: how many make it whole, and how they are drawn."""

    name: str
    whole: int
    draw: Draw


@dataclass(frozen=True)
class Tried:
    """An attempt, its number, its end, and what was wrong with it."""

    number: int
    attempt: Attempt
    ended: Ended
    wrong: tuple[str, ...]


def attempts(campaign: Campaign, seed: int, numbers: Iterable[int], material: Path, kind: str = "") -> Iterator[Tried]:
    """Perform the attempts of these numbers whose kind has ``kind`` in it, and yield them."""
    for number in numbers:
        # A string, so that neighbouring seeds have nothing in common.
        attempt = campaign.draw(material, number, Random(f"{campaign.name} {seed} {number}"))  # noqa: S311
        if kind in f"{attempt.kind}: {attempt.detail}":
            yield _tried(number, attempt)


def _tried(number: int, attempt: Attempt) -> Tried:
    with tempfile.TemporaryDirectory(prefix="robustness-") as name:
        folder, outside = Path(name, "work"), Path(name, "outputs")
        folder.mkdir()
        outside.mkdir()
        attempt.prepare(folder)
        before = files(folder)
        ended = perform(attempt, folder, outside)
        return Tried(number, attempt, ended, tuple(problems(attempt, before, folder, ended)))


def again(campaign: Campaign, seed: int, number: int) -> str:
    """Return the command that performs one attempt again."""
    return f"python tests/robustness {campaign.name} --seed {seed} --only {number}"


def print_wrong(console: Console, campaign: Campaign, seed: int, tried: Tried) -> None:
    """Print what was wrong with an attempt, and how to see it again."""
    words = " ".join(map(repr, tried.attempt.arguments))[:300]
    console.print(
        f"[bold]wrong[/]: {escape(tried.attempt.kind)}: {escape(tried.attempt.detail)}: {escape(words)}", soft_wrap=True
    )
    for problem in tried.wrong:
        console.print(f"  {escape(problem)}", soft_wrap=True)
    console.print(f"  again: {escape(again(campaign, seed, tried.number))}", soft_wrap=True)


def print_table(console: Console, every: Iterable[Tried]) -> None:
    """Print how many attempts of each kind were as expected, and the most memory that one took."""
    tried, wrong, memory = Counter[str](), Counter[str](), Counter[str]()
    for one in every:
        kind = one.attempt.kind
        tried[kind] += 1
        wrong[kind] += bool(one.wrong)
        memory[kind] = max(memory[kind], one.ended.memory)
    table = Table("kind")
    for name in ("tried", "as expected", "wrong", "MiB"):
        table.add_column(name, justify="right")
    for kind in sorted(tried):
        as_expected = tried[kind] - wrong[kind]
        table.add_row(kind, str(tried[kind]), str(as_expected), str(wrong[kind] or ""), str(memory[kind] >> 20))
    table.add_section()
    most = max(memory.values(), default=0)
    table.add_row("all", str(tried.total()), str(tried.total() - wrong.total()), str(wrong.total()), str(most >> 20))
    console.print(table)
