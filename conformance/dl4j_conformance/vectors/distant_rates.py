"""Learning rates at distant iterations: the oracle's rules, on the factors of many iterations at once.

A rate depends on all rates before it. What a policy multiplies it with, or divides it by, depends on the iteration
alone: so the rules compute these numbers for thousands of iterations together. The rate then goes through them one by
one, rounded each time, as in DL4J.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from dl4j_oracle.arithmetic import java
from dl4j_oracle.arithmetic.ieee import IeeeArithmetic, IeeeScalar
from dl4j_oracle.arithmetic.interface import Arithmetic, Scalar
from dl4j_oracle.configuration import GlobalConfiguration, LearningRatePolicy, own_conf, read_description
from dl4j_oracle.learning_rate import POLICIES, PolicySettings
from dl4j_oracle.profile import DEFAULT_RULES

#: Java doubles, one for each iteration: 1-D, float64.
Doubles = npt.NDArray[np.float64]
_TOGETHER = 1 << 13
_WIDE = np.longdouble
#: glibc's powl and expl are off by one unit in the 64th bit at most (its manual, "Errors in Math Functions").
_MARGIN = _WIDE(2) ** -62
_IS_WIDE = np.finfo(_WIDE).nmant >= 63


def rates_by_parameter(
    conf: Mapping[str, Any], layers: Sequence[Mapping[str, Any]], names: Sequence[str], iterations: Sequence[int]
) -> dict[str, dict[int, float]]:
    """Return the rates at some iterations, by parameter, of a network that ``conf`` and ``layers`` describe.

    The first update is that of the network's iteration count; ``names`` are the layers' in keys. Raises
    :class:`dl4j_oracle.errors.ConfigurationError` for a description that makes no sense.
    """
    common, given = read_description(conf, layers)
    found = {}
    for name, described in zip(names, given, strict=True):
        layer = described
        if not common.built:
            layer = DEFAULT_RULES.inherit(described, common, DEFAULT_RULES.updater_defaults)
        own, schedule = own_conf(layer, common), layer.learning_rate_schedule or {}
        # Parameters of a layer mostly have the same rate.
        known: dict[float, dict[int, float]] = {}
        for parameter in DEFAULT_RULES.parameters(layer):
            rate = parameter.learning_rate
            if rate not in known:
                known[rate] = rates_at(iterations, common.iteration_count, rate, own, schedule)
            found[f"{name}_{parameter.name}"] = known[rate]
    return found


def rates_at(
    iterations: Sequence[int], first: int, rate: float, conf: GlobalConfiguration, schedule: Mapping[int, float]
) -> dict[int, float]:
    """Return the rate that each of some iterations uses, if the one before ``first`` has left ``rate``.

    ``conf`` is built, and ``schedule`` the layer's. Rates follow neither the score nor a change by hand.
    """
    found, at = {}, first
    for iteration in sorted(iterations):
        rate = _after(rate, at, iteration, conf, schedule)
        found[iteration], at = rate, iteration + 1
    return found


def _after(rate: float, first: int, last: int, conf: GlobalConfiguration, schedule: Mapping[int, float]) -> float:
    """Return the rate that iteration ``last`` uses."""
    match conf.lr_policy:
        case LearningRatePolicy.NONE | LearningRatePolicy.SCORE:
            return rate
        case LearningRatePolicy.SCHEDULE:
            return _one_by_one(rate, (t for t in sorted(schedule) if first <= t <= last), conf, schedule)
        case LearningRatePolicy.TORCH_STEP:
            # Later iterations divide no steps, but all divide 0.
            stop = last if conf.lr_policy_steps == 0 or math.isnan(conf.lr_policy_steps) else abs(conf.lr_policy_steps)
            return _one_by_one(rate, range(first, int(min(last, stop)) + 1), conf, schedule)
    for start in range(first, last + 1, _TOGETHER):
        together = np.arange(start, min(start + _TOGETHER, last + 1), dtype=np.float64)
        change = _change(together, conf)
        for operand in change.operands.tolist():
            rate = change.operation(rate, operand)
        if math.isnan(rate):
            break
    return rate


def _one_by_one(
    rate: float, iterations: Iterable[int], conf: GlobalConfiguration, schedule: Mapping[int, float]
) -> float:
    arithmetic = IeeeArithmetic("float64")
    settings = _settings(conf, schedule, arithmetic, rate)
    rule = POLICIES[conf.lr_policy].rule
    scalar: Scalar = arithmetic.scalar(rate)
    for iteration in iterations:
        scalar = rule(scalar, iteration, settings)
        if scalar.is_zero() and conf.lr_policy is LearningRatePolicy.TORCH_STEP and conf.lr_policy_decay_rate > 0:
            break
    return float(cast(IeeeScalar, scalar).value)


@dataclass(frozen=True)
class _Change:
    """A policy's operation on the rate, with its operand in each iteration."""

    operation: Callable[[float, float], float]
    operands: Doubles


class _Rate:
    """A rate that notes the operation which a rule does on it."""

    def __mul__(self, other: _Vector) -> _Change:
        return _Change(lambda rate, operand: rate * operand, other.values)

    def __truediv__(self, other: _Vector) -> _Change:
        return _Change(java.divide, other.values)


def _change(iterations: Doubles, conf: GlobalConfiguration) -> _Change:
    """Return what the policy does in consecutive iterations (1-D, float64)."""
    settings = _settings(conf, {}, cast(Arithmetic, _Vectors(len(iterations))), math.nan)
    rule = cast(Callable[[Any, Any, PolicySettings], Any], POLICIES[conf.lr_policy].rule)
    with np.errstate(all="ignore"):
        change: _Change = rule(_Rate(), iterations, settings)
    return change


def _settings(
    conf: GlobalConfiguration, schedule: Mapping[int, float], arithmetic: Arithmetic, initial: float
) -> PolicySettings:
    return PolicySettings(
        decay_rate=arithmetic.scalar(conf.lr_policy_decay_rate),
        power=arithmetic.scalar(conf.lr_policy_power),
        steps=arithmetic.scalar(conf.lr_policy_steps),
        num_iterations=conf.num_iterations,
        schedule={iteration: arithmetic.scalar(value) for iteration, value in schedule.items()},
        arithmetic=arithmetic,
        initial=arithmetic.scalar(initial),
    )


@dataclass(frozen=True)
class _Vectors:
    """The arithmetic of so many doubles at once."""

    length: int

    def scalar(self, value: float | Doubles) -> _Vector:
        return _Vector(np.broadcast_to(np.asarray(value, np.float64), self.length))


@dataclass(frozen=True)
class _Vector:
    """Java doubles of as many iterations, with the operations that the rules of policies use."""

    values: Doubles

    def __add__(self, other: _Vector | float) -> _Vector:
        return _Vector(self.values + _values(other))

    def __sub__(self, other: _Vector | float) -> _Vector:
        return _Vector(self.values - _values(other))

    def __rsub__(self, other: float) -> _Vector:
        return _Vector(other - self.values)

    def __mul__(self, other: _Vector) -> _Vector:
        return _Vector(self.values * other.values)

    def __truediv__(self, other: _Vector) -> _Vector:
        return _Vector(self.values / other.values)

    def __neg__(self) -> _Vector:
        return _Vector(-self.values)

    def floor(self) -> _Vector:
        return _Vector(np.floor(self.values))

    def exp(self) -> _Vector:
        return _Vector(_rounded(np.exp(self.values.astype(_WIDE)), java.exponential, self.values))

    def pow(self, exponent: _Vector) -> _Vector:
        """Return the powers of Java: C has other ones for an exponent that is not finite, and for NaN."""
        x, y = self.values, exponent.values
        wide = np.power(x.astype(_WIDE), y.astype(_WIDE))
        return _Vector(_rounded(wide, java.power, x, y, is_special=~np.isfinite(y) | np.isnan(x)))


def _values(other: _Vector | float) -> Doubles | float:
    return other.values if isinstance(other, _Vector) else other


def _rounded(
    wide: npt.NDArray[np.longdouble],
    exactly: Callable[..., float],
    *arguments: Doubles,
    is_special: npt.NDArray[np.bool_] | bool = False,
) -> Doubles:
    """Return the nearest doubles of results; those that are too near the middle of two are computed ``exactly``."""
    low, high = (wide * (1 - _MARGIN)).astype(np.float64), (wide * (1 + _MARGIN)).astype(np.float64)
    is_decided = ((low == high) | (np.isnan(low) & np.isnan(high))) & ~np.asarray(is_special) & _IS_WIDE
    found = low.copy()
    for index in np.flatnonzero(~is_decided):
        found[index] = exactly(*(float(argument[index]) for argument in arguments))
    return found
