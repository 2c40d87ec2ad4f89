"""Mistakes of Nesterovs, SGD and NONE: the velocity, what looks ahead, signs, and momentum's schedule."""

from __future__ import annotations

from collections.abc import Mapping

from dl4j_backends.engine.formulae import Numbers
from dl4j_backends.engine.nd4j import Array, Nd4j
from dl4j_backends.engine.parameter_updater import ParameterUpdater
from mutants.held_out.formulae import Nesterovs, NoOp, Sgd
from mutants.held_out.mistake import Mistakes, mistake
from mutants.held_out.parts import Pipeline, Rates


class Classical(Nesterovs):
    def ahead(self, n: Numbers, x: Nd4j, g: Array, old: Array, new: Array) -> Array:
        return -new


class RateOutside(Nesterovs):
    """torch with ``nesterov=True``: ``buf = mu * buf + g``, and the rate scales ``g + mu * buf``."""

    def velocity(self, n: Numbers, x: Nd4j, g: Array, v: Array) -> Array:
        return v * x.scalar(n.momentum) + x.operand(g)

    def ahead(self, n: Numbers, x: Nd4j, g: Array, old: Array, new: Array) -> Array:
        return (g + x.operand(new * x.scalar(n.momentum))) * x.scalar(n.learning_rate)


class Dampened(Nesterovs):
    def velocity(self, n: Numbers, x: Nd4j, g: Array, v: Array) -> Array:
        return super().velocity(n, x, g * x.scalar(1 - n.momentum), v)


class PositiveVelocity(Nesterovs):
    """The velocity has the sign of the gradient; the update is the same."""

    def velocity(self, n: Numbers, x: Nd4j, g: Array, v: Array) -> Array:
        return -super().velocity(n, x, g, -v)

    def ahead(self, n: Numbers, x: Nd4j, g: Array, old: Array, new: Array) -> Array:
        return super().ahead(n, x, g, -old, -new)


class ViewKeepsVelocity(Nesterovs):
    def view(self, update: Array, velocity: Array) -> Array:
        return velocity


class WrongSignOfOld(Nesterovs):
    def ahead(self, n: Numbers, x: Nd4j, g: Array, old: Array, new: Array) -> Array:
        return super().ahead(n, x, g, -old, new)


class LooksTwiceAhead(Nesterovs):
    """The gradient is taken as if it stood at the place ahead already: the whole velocity twice."""

    def ahead(self, n: Numbers, x: Nd4j, g: Array, old: Array, new: Array) -> Array:
        return new * x.scalar(-n.momentum - 1)


class OneMinusMomentum(Nesterovs):
    def velocity(self, n: Numbers, x: Nd4j, g: Array, v: Array) -> Array:
        return super().velocity(n._replace(momentum=1 - n.momentum), x, g, v)


class NegativeStep(Sgd):
    def update(self, n: Numbers, x: Nd4j, g: Array, *state: Array) -> Array:
        return -super().update(n, x, g, *state)


class Unscaled(Sgd):
    def update(self, n: Numbers, x: Nd4j, g: Array, *state: Array) -> Array:
        return g


class NoneIsSgd(NoOp):
    def update(self, n: Numbers, x: Nd4j, g: Array, *state: Array) -> Array:
        return g * x.scalar(n.learning_rate)


class NoneIsZero(NoOp):
    def update(self, n: Numbers, x: Nd4j, g: Array, *state: Array) -> Array:
        return g * x.scalar(0.0)


class ReachedMomentum(Rates):
    def momentum(self, momentum: float, t: int, schedule: Mapping[int, float]) -> float:
        reached = [at for at in schedule if at <= t]
        return schedule[max(reached)] if reached else momentum


class MomentumAfterStep(Rates):
    def momentum(self, momentum: float, t: int, schedule: Mapping[int, float]) -> float:
        return super().momentum(momentum, t - 1, schedule)


class MomentumFactors(Rates):
    def momentum(self, momentum: float, t: int, schedule: Mapping[int, float]) -> float:
        return momentum * schedule.get(t, 1.0)


class MomentumOfFirstParameter(Pipeline):
    """The schedule is applied where the first parameter of a layer is updated, to that one alone."""

    def push_momentum(self, name: str, updater: ParameterUpdater, iteration: int) -> None:
        kept = updater.momentum
        super().push_momentum(name, updater, iteration)
        if name != self.names[0]:
            updater.momentum = kept


MOMENTUM: Mistakes = {
    "nesterovs_classical": mistake(
        "Nesterovs gives the velocity alone, as classical momentum does.",
        Classical,
        outputs="updates, state",
        first="update, v",
        shown_by="nesterovs-first-step-float32",
    ),
    "nesterovs_rate_outside": mistake(
        "Nesterovs keeps unscaled gradients in the velocity, and scales at the end, as torch does.",
        RateOutside,
        outputs="updates, state",
        first="update, v",
        shown_by="nesterovs-first-step-float32",
    ),
    "nesterovs_dampened": mistake(
        "Nesterovs' velocity takes the gradient times one minus the momentum.",
        Dampened,
        outputs="updates, state",
        first="update, v",
        shown_by="nesterovs-first-step-float32",
    ),
    "nesterovs_positive_velocity": mistake(
        "Nesterovs' velocity has the other sign; updates from zero are the same.",
        PositiveVelocity,
        outputs="updates, state",
        first="update, v",
        shown_by="nesterovs-special-float32",
    ),
    "nesterovs_view_keeps_velocity": mistake(
        "Nesterovs' state view has the velocity after the first step, not the update.",
        ViewKeepsVelocity,
        outputs="updates, state, equal",
        first="v",
        shown_by="nesterovs-first-step-float32",
    ),
    "nesterovs_wrong_sign": mistake(
        "Nesterovs subtracts the old velocity where it should add it.",
        WrongSignOfOld,
        outputs="updates, state",
        first="update, v",
        shown_by="nesterovs-first-step-float32",
    ),
    "nesterovs_looks_twice_ahead": mistake(
        "Nesterovs leaves the old velocity out of the update.",
        LooksTwiceAhead,
        outputs="updates, state",
        first="update, v",
        shown_by="nesterovs-first-step-float32",
    ),
    "nesterovs_one_minus_momentum": mistake(
        "Nesterovs' velocity decays by one minus the momentum.",
        OneMinusMomentum,
        outputs="updates, state",
        first="update, v",
        shown_by="nesterovs-special-float32",
    ),
    "sgd_negative_step": mistake(
        "SGD gives what is to be added to the parameters.",
        NegativeStep,
        outputs="updates",
        first="update",
        shown_by="sgd-first-step-float32",
    ),
    "sgd_unscaled": mistake(
        "SGD does not use its learning rate.",
        Unscaled,
        outputs="updates",
        first="update",
        shown_by="sgd-first-step-float32",
    ),
    "none_is_sgd": mistake(
        "NONE scales by the learning rate.",
        NoneIsSgd,
        outputs="updates",
        first="update",
        shown_by="none-first-step-float32",
    ),
    "none_is_zero": mistake(
        "NONE gives a zero update.",
        NoneIsZero,
        outputs="updates",
        first="update",
        shown_by="none-first-step-float32",
    ),
    "momentum_of_reached_keys": mistake(
        "Momentum's schedule holds from its greatest key that was reached.",
        ReachedMomentum,
        outputs="updates, state, momentum",
        first="momentum",
        shown_by="momentum-schedule-all-behind-float32",
    ),
    "momentum_after_step": mistake(
        "Momentum changes after the step for which it is scheduled.",
        MomentumAfterStep,
        outputs="updates, state, momentum",
        first="momentum",
        shown_by="momentum-schedule-just-missed-float32",
    ),
    "momentum_factors": mistake(
        "Momentum's schedule has factors.",
        MomentumFactors,
        outputs="updates, state, momentum",
        first="momentum",
        shown_by="momentum-schedule-with-policy-float32",
    ),
    "momentum_of_first_parameter": mistake(
        "Momentum's schedule reaches only the updater of a layer's first parameter.",
        MomentumOfFirstParameter,
        outputs="updates, state",
        first="update, v",
        shown_by="momentum-schedule-with-policy-float32",
    ),
}
