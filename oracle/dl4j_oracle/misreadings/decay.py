"""The parts of the learning-rate policies: the count, the rate it starts from, the settings, the formula."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

from dl4j_oracle import learning_rate as right
from dl4j_oracle import momentum
from dl4j_oracle.arithmetic.interface import Scalar
from dl4j_oracle.configuration import LayerConfiguration
from dl4j_oracle.learning_rate import PolicyRule, PolicySettings
from dl4j_oracle.misreadings.parts import decompose
from dl4j_oracle.momentum import MomentumPolicy

#: From the iteration to the count that a policy uses.
Count = Callable[[int], int]
#: From the current rate and the settings, which have the initial one, to the rate that is decayed.
Start = Callable[[Scalar, PolicySettings], Scalar]
#: From the settings to the value of one of them that a formula uses.
Setting = Callable[[PolicySettings], Scalar]
#: From an iteration and a schedule to the value that holds, or None.
Lookup = Callable[[int, Mapping[int, Scalar]], Scalar | None]


def iteration(count: int) -> int:
    """Return the iteration: policies count from 0."""
    return count


def one_later(count: int) -> int:
    """Return the count of someone who counts from 1."""
    return count + 1


def current(lr: Scalar, settings: PolicySettings) -> Scalar:
    """Return the current rate: policies compound."""
    return lr


def initial(lr: Scalar, settings: PolicySettings) -> Scalar:
    """Return the initial rate."""
    return settings.initial


def always(count: int, settings: PolicySettings) -> bool:
    """Return True, whatever the count is."""
    return True


def new_rate(lr: Scalar, count: int, settings: PolicySettings) -> Scalar:
    """Return the decayed rate itself."""
    return lr


@dataclass(frozen=True)
class Decay:
    """A policy that makes a rate by a formula."""

    #: The rate by the formula, from the rate that it starts from.
    formula: PolicyRule
    count: Count = iteration
    start: Start = current
    decay_rate: Setting = attrgetter("decay_rate")
    power: Setting = attrgetter("power")
    steps: Setting = attrgetter("steps")
    #: Whether the rate is decayed at this count.
    is_due: Callable[[int, PolicySettings], bool] = always
    #: The rate that is used, from that of the formula.
    limited: PolicyRule = new_rate

    def rule(self) -> PolicyRule:
        """Return the policy as a rule."""

        def policy(lr: Scalar, iteration: int, settings: PolicySettings) -> Scalar:
            count = self.count(iteration)
            own = replace(
                settings,
                decay_rate=self.decay_rate(settings),
                power=self.power(settings),
                steps=self.steps(settings),
            )
            if not self.is_due(count, own):
                return lr
            return self.limited(self.formula(self.start(lr, own), count, own), count, own)

        return policy


def after_first(count: int) -> bool:
    """Return whether TorchStep's count is above 1."""
    return count > 1


def divides_steps(count: int, settings: PolicySettings) -> bool:
    """Return whether the count divides ``steps``, which is not zero."""
    return settings.steps.remainder(settings.arithmetic.scalar(count)).is_zero()


@dataclass(frozen=True)
class Fall:
    """The policy TorchStep, which multiplies the rate at some counts."""

    count: Count = iteration
    #: Whether the rate may be decayed at this count.
    has_begun: Callable[[int], bool] = after_first
    #: Whether it is decayed at this count, once it may be.
    is_due: Callable[[int, PolicySettings], bool] = divides_steps

    def rule(self) -> PolicyRule:
        """Return the policy as a rule."""

        def policy(lr: Scalar, iteration: int, settings: PolicySettings) -> Scalar:
            count = self.count(iteration)
            if self.has_begun(count) and self.is_due(count, settings):
                return lr * settings.decay_rate
            return lr

        return policy


def exactly(count: int, schedule: Mapping[int, Scalar]) -> Scalar | None:
    """Return the value of exactly this count."""
    return schedule.get(count)


def nearest_lower(count: int, schedule: Mapping[int, Scalar]) -> Scalar | None:
    """Return the value of the largest count that is not above this one."""
    reached = [key for key in schedule if key <= count]
    return schedule[max(reached)] if reached else None


@dataclass(frozen=True)
class RateSchedule:
    """The policy Schedule."""

    count: Count = iteration
    lookup: Lookup = exactly
    #: The rate where the schedule has none.
    otherwise: Start = current

    def rule(self) -> PolicyRule:
        """Return the policy as a rule."""

        def policy(lr: Scalar, iteration: int, settings: PolicySettings) -> Scalar:
            found = self.lookup(self.count(iteration), settings.schedule)
            return self.otherwise(lr, settings) if found is None else found

        return policy


@dataclass(frozen=True)
class MomentumSchedule:
    """The schedule of momentum."""

    count: Count = iteration
    lookup: Lookup = exactly
    #: The momentum where the schedule has none, from the layer's and its first.
    otherwise: Callable[[Scalar, Scalar], Scalar] = lambda momentum, initial: momentum

    def rule(self) -> MomentumPolicy:
        """Return the schedule as a rule."""

        def scheduled(momentum: Scalar, iteration: int, schedule: Mapping[int, Scalar], initial: Scalar) -> Scalar:
            found = self.lookup(self.count(iteration), schedule)
            return self.otherwise(momentum, initial) if found is None else found

        return scheduled


@dataclass(frozen=True)
class Besides:
    """The parameters whose rates decay though they are not updated."""

    #: Those of parameters without a gradient.
    missing: bool = False
    #: Those of frozen layers.
    frozen: bool = False

    def rule(self) -> Callable[[LayerConfiguration, Sequence[str]], Sequence[str]]:
        """Return the choice as a rule."""

        def decaying(layer: LayerConfiguration, without_gradient: Sequence[str]) -> Sequence[str]:
            return without_gradient if (self.frozen if layer.frozen else self.missing) else ()

        return decaying


for _rule in (right.exponential, right.inverse, right.step, right.poly, right.sigmoid):
    decompose(_rule, Decay(_rule))
decompose(right.none_besides, Besides())
decompose(right.torch_step, Fall())
decompose(right.schedule, RateSchedule())
decompose(momentum.scheduled_momentum, MomentumSchedule())
