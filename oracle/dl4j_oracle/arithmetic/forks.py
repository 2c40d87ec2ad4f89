"""Arithmetics whose values are sets: hulls, and comparisons that may go either way.

Such a comparison is a fork: :class:`Forks` holds the decisions of one path, and :func:`paths` runs every path.
What the paths give is united.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Self, TypeVar

from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Scalar
from dl4j_oracle.errors import UndecidedError

_Result = TypeVar("_Result")

#: More undecided comparisons than this in one operation, and nothing is claimed.
MOST_FORKS = 8


@dataclass
class Forks:
    """The decisions of one path: those given, then False for every further fork, which is noted."""

    given: tuple[bool, ...] = ()
    taken: list[bool] = field(default_factory=list)

    def decide(self) -> bool:
        """The decision of the next fork."""
        decision = self.given[len(self.taken)] if len(self.taken) < len(self.given) else False
        self.taken.append(decision)
        if len(self.taken) > MOST_FORKS:
            raise UndecidedError(f"more than {MOST_FORKS} comparisons may go either way")
        return decision

    def restart(self, given: tuple[bool, ...]) -> None:
        """Begin another path."""
        self.given, self.taken = given, []


def paths(forks: Forks, run: Callable[[], _Result]) -> Iterator[_Result]:
    """``run()`` once for every way in which its undecided comparisons can go; raises :class:`UndecidedError`."""
    pending: list[tuple[bool, ...]] = [()]
    while pending:
        given = pending.pop()
        forks.restart(given)
        result = run()
        taken = tuple(forks.taken)
        pending += [(*taken[:i], True) for i in range(len(given), len(taken))]
        yield result
    forks.restart(())


class EnclosingScalar(Scalar):
    """A set of Java doubles."""

    @abstractmethod
    def hull(self, other: Self) -> Self:
        """What lies in either set, and between them."""


class EnclosingArray(Array):
    """A set for every element."""

    @abstractmethod
    def hull(self, other: Self) -> Self:
        """Element by element, what lies in either set, and between them."""

    @abstractmethod
    def observed(self, values: Sequence[float]) -> Self:
        """What may lie behind values of the array's type that are seen of it: itself, where it is rounded to them."""


class EnclosingArithmetic(Arithmetic):
    """An arithmetic of sets; ``forks`` are shared by all its values."""

    forks: Forks
