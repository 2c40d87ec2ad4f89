"""The parts of Adam's step.

Arrays are 1-D, of the network's dtype.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Scalar
from dl4j_oracle.arithmetic.java import wrapped_int
from dl4j_oracle.misreadings.step_parts import StepParts, configured_epsilon
from dl4j_oracle.updaters import Call, Memory, UpdateRule


def _mean_decay(call: Call) -> Scalar:
    return call.settings.adam_mean_decay


def _variance_decay(call: Call) -> Scalar:
    return call.settings.adam_var_decay


def _held(decay: Scalar, arithmetic: Arithmetic) -> Scalar:
    return decay


def _complement(decay: Scalar, call: Call) -> Scalar:
    return 1 - decay


def _mean(m: Array, g: Array, decay: Scalar, rest: Scalar) -> Array:
    return m * decay + g * rest


def _variance(v: Array, g: Array, decay: Scalar, rest: Scalar) -> Array:
    return v * decay + g * g * rest


def _mean_in_use(g: Array, before: Memory, after: Memory, decay: Scalar) -> tuple[Array, Memory]:
    return after.view["m"], after


def _variance_in_use(g: Array, before: Memory, after: Memory, decay: Scalar) -> tuple[Array, Memory]:
    return after.view["v"], after


def _exponent(call: Call) -> int:
    return wrapped_int(call.iteration + 1)


def _scalar_type(value: Scalar, arithmetic: Arithmetic) -> Scalar:
    return value


def _step_size(rate: Scalar, first: Scalar, second: Scalar) -> Scalar:
    return rate * second / first


def _or_epsilon(alphat: Scalar, epsilon: Scalar) -> Scalar:
    return epsilon if alphat.is_nan() or alphat.is_zero() else alphat


def _denominator(v: Array, epsilon: Scalar, second: Scalar) -> Array:
    return v.sqrt() + epsilon


def _combination(m: Array, alphat: Scalar, denominator: Array) -> Array:
    return m * alphat / denominator


@dataclass(frozen=True, kw_only=True)
class AdamParts(StepParts):
    """The parts of Adam's step. Below, ``rest`` is 1 minus a decay rate, and ``second`` the second correction."""

    #: The decay rate of the mean.
    mean_decay: Callable[[Call], Scalar] = _mean_decay
    #: The decay rate of the variance.
    variance_decay: Callable[[Call], Scalar] = _variance_decay
    #: The weight of a new gradient in an average, from the decay rate.
    complement: Callable[[Scalar, Call], Scalar] = _complement
    #: The epsilon of the denominator and of the fallback.
    epsilon: Callable[[Call], Scalar] = configured_epsilon
    #: The new mean from ``m, g, decay, rest``.
    mean: Callable[[Array, Array, Scalar, Scalar], Array] = _mean
    #: The new variance from ``v, g, decay, rest``.
    variance: Callable[[Array, Array, Scalar, Scalar], Array] = _variance
    #: The mean that the update is made of, and the memory, from ``g, before, after, decay``.
    mean_in_use: Callable[[Array, Memory, Memory, Scalar], tuple[Array, Memory]] = _mean_in_use
    #: The variance that the update is made of, and the memory.
    variance_in_use: Callable[[Array, Memory, Memory, Scalar], tuple[Array, Memory]] = _variance_in_use
    #: The exponent t of the corrections.
    exponent: Callable[[Call], int] = _exponent
    #: A decay rate as the corrections have it.
    held: Callable[[Scalar, Arithmetic], Scalar] = _held
    #: A power, correction or step size in the type in which it is computed.
    scalar_type: Callable[[Scalar, Arithmetic], Scalar] = _scalar_type
    #: The step size from ``rate, first, second``, where the corrections are ``1 - b1^t`` and ``sqrt(1 - b2^t)``.
    step_size: Callable[[Scalar, Scalar, Scalar], Scalar] = _step_size
    #: The step size in the place of NaN and zero, from it and epsilon.
    fallback: Callable[[Scalar, Scalar], Scalar] = _or_epsilon
    #: The denominator from ``v, epsilon, second``.
    denominator: Callable[[Array, Scalar, Scalar], Array] = _denominator
    #: The update from ``m, alphat, denominator``.
    combination: Callable[[Array, Scalar, Array], Array] = _combination

    def rule(self) -> UpdateRule:
        """Return the step, whose local variables are named as those of :func:`dl4j_oracle.updaters.adam`."""

        def adam(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
            beta1, beta2 = self.mean_decay(call), self.variance_decay(call)
            eps, t = self.epsilon(call), self.exponent(call)
            m = self.mean(memory.view["m"], g, beta1, self.complement(beta1, call))
            v = self.variance(memory.view["v"], g, beta2, self.complement(beta2, call))
            corrections = self._corrections(beta1, beta2, t, call)
            alphat = self.scalar_type(self.step_size(call.learning_rate, *corrections), call.arithmetic)
            alphat = self.fallback(alphat, eps)
            after = replace(memory, view={"m": m, "v": v})
            mean, after = self.mean_in_use(g, memory, after, beta1)
            variance, after = self.variance_in_use(g, memory, after, beta2)
            return self.combination(mean, alphat, self.denominator(variance, eps, corrections[1])), after

        return self.around(adam)

    def _corrections(self, beta1: Scalar, beta2: Scalar, t: int, call: Call) -> tuple[Scalar, Scalar]:
        def _typed(value: Scalar) -> Scalar:
            return self.scalar_type(value, call.arithmetic)

        def _power(decay: Scalar) -> Scalar:
            return _typed(self.held(decay, call.arithmetic).fast_pow(t))

        second = _typed((1 - _power(beta2)).sqrt())
        return _typed(1 - _power(beta1)), second
