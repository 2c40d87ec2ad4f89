"""A counterpart of a DL4J updater in another library, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from dl4j_oracle.configuration import Updater


class Fit(StrEnum):
    """The fit of a program that ``suggest`` prints: its steps are DL4J's up to rounding, or they differ."""

    EQUAL = "equal"
    DIFFERENT = "different"


@dataclass(frozen=True)
class Counterpart:
    """The optimizer of a library that comes nearest to an updater of DL4J.

    The pieces of code have placeholders as :class:`string.Template` has them, with DL4J's names of settings.
    """

    #: Its name in the library, such as ``torch.optim.RMSprop``.
    name: str
    #: The call that hands over DL4J's settings and leaves the rest to the library.
    plain: str
    #: The call with every setting that brings it nearer to DL4J.
    call: str
    fit: Fit = Fit.EQUAL
    #: Statements before the first step, which fill its state as DL4J does.
    state: str = ""
    #: Statements before each step.
    before: str = ""
    #: Functions of its own that the code needs.
    functions: str = ""
    #: The settings that bring it nearer, in a few words.
    settings: str = ""
    #: What is set by hand, in sentences.
    by_hand: tuple[str, ...] = ()
    #: What this optimizer cannot keep of DL4J's rule, in sentences.
    lost: tuple[str, ...] = ()

    @property
    def as_it_is(self) -> Counterpart:
        """The optimizer with DL4J's settings, and nothing else of DL4J."""
        return replace(self, call=self.plain, state="", before="", functions="")


@dataclass(frozen=True)
class Library:
    """A library with its counterparts of DL4J's updaters."""

    #: Its name for people.
    title: str
    #: The backend's address that runs its optimizers alone in DL4J's pipeline.
    address: str
    #: The program, with places for the pieces of a counterpart.
    template: str
    #: L1 and L2 in a step, with a place for their ``terms``.
    regularization: str
    #: A parameter there, and the function that gives signs.
    parameter: str
    sign: str
    counterparts: Mapping[Updater, Counterpart]


#: Sentences that several libraries share.
ADAGRAD_STARTS = "The sum of squares starts at DL4J's epsilon."
RMSPROP_STARTS = "The average of squares starts at DL4J's epsilon."
ADADELTA_RATE = "The learning rate is 1: DL4J's AdaDelta takes none."
EPSILON_INSIDE = (
    "Epsilon stands inside the root, and DL4J adds it outside. Its square is given: that is nearest, and exact where "
    "the average is 0. A divisor is then too small by at most DL4J's epsilon."
)
ADAM_STANDS_STILL = "At a learning rate of 0 it stands still. DL4J's Adam then steps with epsilon in place of the rate."
RATE_OUTSIDE = (
    "The learning rate multiplies outside of the velocity, and in DL4J inside. It is the same while the rate is."
)
