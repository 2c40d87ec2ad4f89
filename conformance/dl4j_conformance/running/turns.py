"""Turns of Hypothesis: a campaign draws examples in turns until they are used up, and what fails is shrunk."""

from __future__ import annotations

import os
import random
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import cycle
from signal import Signals
from typing import Protocol

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.errors import Flaky, HypothesisDeprecationWarning

from dl4j_backends import signals

#: A turn has so many examples at most.
LONGEST_TURN = 500
_STEPS_OF_A_SESSION = 10


class Stop(BaseException):
    """The end of all examples: Hypothesis would take an ``Exception`` for a failing one, and shrink on."""


class TurnOver(Stop):
    """The end of a turn: all its examples were drawn, or its find was shrunk for long enough."""


class DifferenceFoundError(Exception):
    """The example fails: Hypothesis shrinks it."""


class Hunter(Protocol):
    """A campaign, as its turns see it."""

    #: How many examples this turn may still have: Hypothesis draws some more than it is told.
    left: int

    @property
    def finds(self) -> Sequence[object]:
        """The failures that were found and shrunk so far."""

    @property
    def hunted(self) -> object | None:
        """The failure of the turn, which Hypothesis shrinks; None if there is none."""

    def end_hunt(self) -> None:
        """Add what is hunted to the finds."""


#: Draws the examples of a turn, as Hypothesis is set, with a seed.
Turn = Callable[[hypothesis.settings, int], object]


def take_turns(
    campaign: Hunter,
    turns: Sequence[Turn],
    examples: int,
    seed: int,
    *,
    keep_going: bool,
    longest: int = LONGEST_TURN,
    climbing: bool = False,
) -> Signals | None:
    """Let ``turns`` draw up to ``examples``, each ``longest`` at most; return the signal that ended it early.

    They end with the first find unless they are to ``keep_going``. With ``climbing`` Hypothesis looks for higher scores
    (``hypothesis.target``). The same seed draws the same examples.
    """
    seeds = random.Random(seed)  # noqa: S311 - it has to be reproducible
    plain = hypothesis.settings(
        stateful_step_count=_STEPS_OF_A_SESSION,
        phases=(Phase.generate, *((Phase.target,) if climbing else ()), Phase.shrink),
        database=None,
        deadline=None,
        derandomize=False,
        print_blob=False,
        report_multiple_bugs=False,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    stopped_by: Signals | None = None
    try:
        with signals.released(), _nothing_stored(), _nothing_learnt(), warnings.catch_warnings():
            # Hypothesis takes it for ours if another thread uses `random`, as Dask does on a worker.
            warnings.filterwarnings("ignore", "Do not use the `random` module", HypothesisDeprecationWarning)
            in_turn = cycle(turns)
            drawn = 0
            while drawn < examples and (keep_going or not campaign.finds):
                configured = hypothesis.settings(plain, max_examples=min(longest, examples - drawn))
                campaign.left = configured.max_examples
                # What is found is kept by the campaign, also if it does not fail every time.
                with suppress(TurnOver, DifferenceFoundError, Flaky):
                    next(in_turn)(configured, seeds.getrandbits(64))
                drawn += configured.max_examples - (campaign.left if campaign.hunted else 0)
                campaign.end_hunt()
    except Stop:
        pass  # the time is up, or the campaign says why
    except signals.INTERRUPTIONS as error:
        stopped_by = signals.cause(error)
    campaign.end_hunt()
    # Hypothesis may make something else of what a signal has raised.
    return stopped_by or signals.came()


@contextmanager
def _nothing_stored() -> Iterator[None]:
    """Keep Hypothesis from writing what it knows of Python's modules into the current folder.

    It does without where it cannot write, and nobody can write below the null device.
    """
    set_hypothesis_home_dir(os.devnull)
    try:
        yield
    finally:
        set_hypothesis_home_dir(None)


@contextmanager
def _nothing_learnt() -> Iterator[None]:
    """Keep Hypothesis from drawing constants of the modules that happen to be loaded.

    A seed would draw other cases in another process, such as a worker's. There is no setting for it.
    """
    try:
        from hypothesis.internal.conjecture import providers

        names, name = vars(providers), "_get_local_constants"
        found, names[name] = names[name], names["Constants"]
    except (ImportError, KeyError):  # older versions draw none
        yield
        return
    try:
        yield
    finally:
        names[name] = found
