"""Misreadings of Adam's step."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import wraps

from dl4j_oracle import updaters as right
from dl4j_oracle.arithmetic.interface import Array, Scalar
from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.updaters import Call, Memory, UpdateRule


def _update_from_moments(update: Callable[[Array, Array, Call], Array]) -> UpdateRule:
    """Return the step with DL4J's moments and another update: ``update(m, v, call)``."""

    @wraps(update)
    def step(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
        _, after = right.adam(g, memory, call)
        return update(after.view["m"], after.view["v"], call), after

    return step


def _updated(m: Array, v: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """Return DL4J's update from the moments ``m`` and ``v``, and them as the state."""
    return m * _alphat(call) / _denominator(v, call), replace(memory, view={"m": m, "v": v})


def _mean(memory: Memory, g: Array, call: Call) -> Array:
    """Return DL4J's first moment."""
    beta = call.settings.adam_mean_decay
    return memory.view["m"] * beta + g * (1 - beta)


def _corrections(call: Call, later: int = 1) -> tuple[Scalar, Scalar]:
    """Return ``1 - b1^t`` and ``sqrt(1 - b2^t)``, with ``t = iteration + later``."""
    s, t = call.settings, call.iteration + later
    return 1 - s.adam_mean_decay.fast_pow(t), (1 - s.adam_var_decay.fast_pow(t)).sqrt()


def _or_epsilon(alphat: Scalar, call: Call) -> Scalar:
    return call.settings.epsilon if alphat.is_nan() or alphat.is_zero() else alphat


def _alphat(call: Call, later: int = 1) -> Scalar:
    first, second = _corrections(call, later)
    return _or_epsilon(call.learning_rate * second / first, call)


def _denominator(v: Array, call: Call) -> Array:
    return v.sqrt() + call.settings.epsilon


@misreading("adam-epsilon-inside-root", clauses=("ADAM-2",), replaces="adam.step")
@_update_from_moments
def _adam_epsilon_inside_root(m: Array, v: Array, call: Call) -> Array:
    """ADAM: Epsilon stands inside the root."""
    return m * _alphat(call) / (v + call.settings.epsilon).sqrt()


@misreading(
    "adam-epsilon-corrected",
    clauses=("ADAM-2",),
    replaces="adam.step",
    references=("Kingma and Ba, algorithm 1; torch.optim.Adam",),
)
@_update_from_moments
def _adam_epsilon_corrected(m: Array, v: Array, call: Call) -> Array:
    """ADAM: Epsilon is bias-corrected: it is added to the corrected root."""
    _, second = _corrections(call)
    return m * _alphat(call) / (v.sqrt() + call.settings.epsilon * second)


@misreading("adam-no-epsilon", clauses=("ADAM-2",), replaces="adam.step")
@_update_from_moments
def _adam_no_epsilon(m: Array, v: Array, call: Call) -> Array:
    """ADAM: There is no epsilon."""
    return m * _alphat(call) / v.sqrt()


@misreading("adam-no-fallback", clauses=("ADAM-5",), replaces="adam.step")
@_update_from_moments
def _adam_no_fallback(m: Array, v: Array, call: Call) -> Array:
    """ADAM: A step size of zero or NaN stays."""
    first, second = _corrections(call)
    return m * (call.learning_rate * second / first) / _denominator(v, call)


@misreading("adam-t-from-zero", clauses=("ADAM-3",), replaces="adam.step")
@_update_from_moments
def _adam_t_from_zero(m: Array, v: Array, call: Call) -> Array:
    """ADAM: The exponent is t."""
    return m * _alphat(call, later=0) / _denominator(v, call)


@misreading("adam-t-one-later", clauses=("ADAM-3",), replaces="adam.step")
@_update_from_moments
def _adam_t_one_later(m: Array, v: Array, call: Call) -> Array:
    """ADAM: The exponent is t + 2."""
    return m * _alphat(call, later=2) / _denominator(v, call)


@misreading("adam-no-correction", clauses=("ADAM-3",), replaces="adam.step")
@_update_from_moments
def _adam_no_correction(m: Array, v: Array, call: Call) -> Array:
    """ADAM: There is no bias correction."""
    return m * _or_epsilon(call.learning_rate, call) / _denominator(v, call)


@misreading("adam-first-correction-only", clauses=("ADAM-3",), replaces="adam.step")
@_update_from_moments
def _adam_first_correction_only(m: Array, v: Array, call: Call) -> Array:
    """ADAM: Only the first moment is corrected."""
    first, _ = _corrections(call)
    return m * _or_epsilon(call.learning_rate / first, call) / _denominator(v, call)


@misreading("adam-second-correction-only", clauses=("ADAM-3",), replaces="adam.step")
@_update_from_moments
def _adam_second_correction_only(m: Array, v: Array, call: Call) -> Array:
    """ADAM: Only the second moment is corrected."""
    _, second = _corrections(call)
    return m * _or_epsilon(call.learning_rate * second, call) / _denominator(v, call)


@misreading("adam-corrections-swapped", clauses=("ADAM-3",), replaces="adam.step")
@_update_from_moments
def _adam_corrections_swapped(m: Array, v: Array, call: Call) -> Array:
    """ADAM: The corrections are the other way up."""
    first, second = _corrections(call)
    return m * _or_epsilon(call.learning_rate * first / second, call) / _denominator(v, call)


@misreading("adam-decays-swapped", clauses=("ADAM-1",), replaces="adam.step")
def _adam_decays_swapped(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """ADAM: The decay rates are swapped."""
    s = call.settings
    swapped = replace(s, adam_mean_decay=s.adam_var_decay, adam_var_decay=s.adam_mean_decay)
    return right.adam(g, memory, replace(call, settings=swapped))


@misreading("adam-second-moment-absolute", clauses=("ADAM-1",), replaces="adam.step")
def _adam_second_moment_absolute(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """ADAM: The second moment averages |g|."""
    beta = call.settings.adam_var_decay
    v = memory.view["v"] * beta + g * g.sign() * (1 - beta)
    return _updated(_mean(memory, g, call), v, memory, call)


@misreading("adam-nadam", clauses=("ADAM-1",), replaces="adam.step", references=("ND4J 0.9.1's Nadam",))
def _adam_nadam(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """ADAM: The first moment looks ahead, as in Nadam."""
    _, after = right.adam(g, memory, call)
    beta = call.settings.adam_mean_decay
    ahead = after.view["m"] * beta + g * (1 - beta)
    return ahead * _alphat(call) / _denominator(after.view["v"], call), after


@misreading("adam-rate-in-moments", clauses=("ADAM-1",), replaces="adam.step")
def _adam_rate_in_moments(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """ADAM: The gradient is scaled by the rate before the moments."""
    return right.adam(g * call.learning_rate, memory, call)


@misreading("adam-one-step-late", clauses=("ADAM-1",), replaces="adam.step")
def _adam_one_step_late(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """ADAM: The update is made of the moments before this gradient."""
    _, after = right.adam(g, memory, call)
    return memory.view["m"] * _alphat(call) / _denominator(memory.view["v"], call), after


@misreading(
    "adam-amsgrad",
    clauses=("ADAM-1",),
    replaces="adam.step",
    references=("ND4J 1.0.0-beta's AMSGrad", "torch.optim.Adam(amsgrad=True)"),
)
def _adam_amsgrad(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """ADAM: The second moment never falls, as in AMSGrad."""
    _, after = right.adam(g, memory, call)
    v = after.view["v"]
    greatest = v.maximum(memory.unseen.get("vHat", v))
    update = after.view["m"] * _alphat(call) / _denominator(greatest, call)
    return update, replace(after, unseen={"vHat": greatest})


@misreading("adam-infinite-falls-back", clauses=("ADAM-5",), replaces="adam.step", references=("ND4J 1.0.0-beta7",))
@_update_from_moments
def _adam_infinite_falls_back(m: Array, v: Array, call: Call) -> Array:
    """ADAM: An infinite step size becomes epsilon too."""
    first, second = _corrections(call)
    alphat, largest = call.learning_rate * second / first, sys.float_info.max
    fallen = call.settings.epsilon if alphat > largest or -alphat > largest else _or_epsilon(alphat, call)
    return m * fallen / _denominator(v, call)


@misreading("adam-epsilon-constant", clauses=("ADAM-2",), replaces="adam.step", references=("DL4J 0.7.2, issue #2705",))
def _adam_epsilon_constant(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """ADAM: Epsilon is 1e-8 whatever is configured."""
    settings = replace(call.settings, epsilon=call.arithmetic.scalar(1e-8))
    return right.adam(g, memory, replace(call, settings=settings))


@misreading("adam-quotient-first", clauses=("ADAM-1",), replaces="adam.step")
@_update_from_moments
def _adam_quotient_first(m: Array, v: Array, call: Call) -> Array:
    """ADAM: The quotient alphat / (sqrt(v) + epsilon) comes before the product."""
    return m * (_alphat(call) / _denominator(v, call))


@misreading("adam-division-before-rate", clauses=("ADAM-1",), replaces="adam.step")
@_update_from_moments
def _adam_division_before_rate(m: Array, v: Array, call: Call) -> Array:
    """ADAM: m is divided before it is multiplied by alphat."""
    return m / _denominator(v, call) * _alphat(call)


@misreading("adam-scaled-before-squared", clauses=("ADAM-1",), replaces="adam.step")
def _adam_scaled_before_squared(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """ADAM: The second moment adds g * (g * (1 - b2))."""
    beta = call.settings.adam_var_decay
    v = memory.view["v"] * beta + g * (g * (1 - beta))
    return _updated(_mean(memory, g, call), v, memory, call)


@misreading("adam-interpolated", clauses=("ADAM-1",), replaces="adam.step", references=("torch.optim.Adam",))
def _adam_interpolated(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """ADAM: The first moment is m + (g - m)(1 - b1), an interpolation."""
    s = call.settings
    m = memory.view["m"] + (g - memory.view["m"]) * (1 - s.adam_mean_decay)
    v = memory.view["v"] * s.adam_var_decay + g * g * (1 - s.adam_var_decay)
    return _updated(m, v, memory, call)
