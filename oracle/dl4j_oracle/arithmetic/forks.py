"""Arithmetics whose values are sets (enclosures), and their comparisons, which may go either way.

A comparison that may go either way is a fork. :class:`Forks` holds the decisions of one path through the rules, and
:func:`paths` runs every path; the results of the paths are then united by their hulls.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Self, TypeVar

from dl4j_oracle.arithmetic.error_model import ErrorBound, ErrorModel
from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Scalar
from dl4j_oracle.errors import UndecidedError

_Result = TypeVar("_Result")

#: One operation may fork so often; after that nothing is claimed of it.
MOST_FORKS = 8


@dataclass
class Forks:
    """The decisions of one path: the ``given`` ones, then False for every further fork; ``taken`` are all of them."""

    given: tuple[bool, ...] = ()
    taken: list[bool] = field(default_factory=list)

    def decide(self) -> bool:
        """Return the decision of the next fork. Raises UndecidedError beyond :data:`MOST_FORKS`."""
        decision = self.given[len(self.taken)] if len(self.taken) < len(self.given) else False
        self.taken.append(decision)
        if len(self.taken) > MOST_FORKS:
            raise UndecidedError(f"more than {MOST_FORKS} comparisons may go either way")
        return decision

    def restart(self, given: tuple[bool, ...]) -> None:
        """Begin another path."""
        self.given, self.taken = given, []


def paths(forks: Forks, run: Callable[[], _Result]) -> Iterator[_Result]:
    """Yield ``run()`` for every way in which its forks can go. Raises UndecidedError as :meth:`Forks.decide` does."""
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
    """A set of Java doubles. Comparisons fork where the sets do not decide them."""

    @abstractmethod
    def hull(self, other: Self) -> Self:
        """Return the smallest interval that holds both."""


class EnclosingArray(Array):
    """A 1-D array of sets, one for every element."""

    @abstractmethod
    def hull(self, other: Self) -> Self:
        """Return, element by element, the smallest interval that holds both."""

    def settled(self) -> Self:
        """Return the same sets, computed if they were put off."""
        return self

    @abstractmethod
    def observed(self, values: Sequence[float]) -> Self:
        """Return the part of each set that is rounded to what was seen: ``values`` (1-D), which lie in the sets.

        A zero or an infinity does not tell how far it was rounded: its set stays whole.
        """


class EnclosingArithmetic(Arithmetic):
    """An arithmetic of sets, whose operations err by ``model``; ``forks`` are shared by all its values."""

    model: ErrorModel[ErrorBound]
    forks: Forks
