"""Misreadings of Adam's step."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

from dl4j_oracle import updaters as right
from dl4j_oracle.arithmetic.interface import Array, Scalar
from dl4j_oracle.updaters import Call, Memory, Step, UpdaterSettings

_Update = tuple[Array, Memory]


def _adam(update: Callable[[Array, Array, Call], Array]) -> Step:
    """A step that differs in the update only: ``update(m, v, call)``."""

    def step(g: Array, memory: Memory, call: Call) -> _Update:
        _, after = right.adam(g, memory, call)
        return update(after.view["m"], after.view["v"], call), after

    return step


def _corrections(call: Call, later: int = 1) -> tuple[Scalar, Scalar]:
    """``1 - b1^t`` and ``sqrt(1 - b2^t)``."""
    s, t = call.settings, call.iteration + later
    return 1 - s.adam_mean_decay.fast_pow(t), (1 - s.adam_var_decay.fast_pow(t)).sqrt()


def _or_epsilon(alphat: Scalar, call: Call) -> Scalar:
    return call.settings.epsilon if alphat.is_nan() or alphat.is_zero() else alphat


def _alphat(call: Call, later: int = 1) -> Scalar:
    first, second = _corrections(call, later)
    return _or_epsilon(call.learning_rate * second / first, call)


def _denominator(v: Array, call: Call) -> Array:
    return v.sqrt() + call.settings.epsilon


def _adam_squared_late(g: Array, memory: Memory, call: Call) -> _Update:
    """The second moment without the square."""
    s = call.settings
    m = memory.view["m"] * s.adam_mean_decay + g * (1 - s.adam_mean_decay)
    v = memory.view["v"] * s.adam_var_decay + g * g.sign() * (1 - s.adam_var_decay)
    return m * _alphat(call) / _denominator(v, call), replace(memory, view={"m": m, "v": v})


def _adam_swapped(g: Array, memory: Memory, call: Call) -> _Update:
    s = call.settings
    swapped = replace(s, adam_mean_decay=s.adam_var_decay, adam_var_decay=s.adam_mean_decay)
    return right.adam(g, memory, replace(call, settings=swapped))


def _nadam(g: Array, memory: Memory, call: Call) -> _Update:
    _, after = right.adam(g, memory, call)
    beta = call.settings.adam_mean_decay
    ahead = after.view["m"] * beta + g * (1 - beta)
    return ahead * _alphat(call) / _denominator(after.view["v"], call), after


def _adam_coupled(g: Array, memory: Memory, call: Call) -> _Update:
    """``m`` is fed with the gradient already scaled by the rate."""
    return right.adam(g * call.learning_rate, memory, call)


def _adam_late(g: Array, memory: Memory, call: Call) -> _Update:
    """The update is made of the moments before this gradient."""
    _, after = right.adam(g, memory, call)
    return memory.view["m"] * _alphat(call) / _denominator(memory.view["v"], call), after


def _adam_with(first: Callable[[Array, Array, Scalar], Array], second: Callable[[Array, Array, Scalar], Array]) -> Step:
    """Other averages: ``first(m, g, b1)`` and ``second(v, g, b2)``."""

    def step(g: Array, memory: Memory, call: Call) -> _Update:
        s = call.settings
        m = first(memory.view["m"], g, s.adam_mean_decay)
        v = second(memory.view["v"], g, s.adam_var_decay)
        return m * _alphat(call) / _denominator(v, call), replace(memory, view={"m": m, "v": v})

    return step


def _average(m: Array, g: Array, beta: Scalar) -> Array:
    return m * beta + g * (1 - beta)


def _average_of_squares(v: Array, g: Array, beta: Scalar) -> Array:
    return v * beta + g * g * (1 - beta)


def _amsgrad(g: Array, memory: Memory, call: Call) -> _Update:
    """The greatest second moment so far is kept outside of the view."""
    _, after = right.adam(g, memory, call)
    v = after.view["v"]
    greatest = v.maximum(memory.unseen.get("vHat", v))
    update = after.view["m"] * _alphat(call) / _denominator(greatest, call)
    return update, replace(after, unseen={"vHat": greatest})


def _or_epsilon_if_infinite(alphat: Scalar, call: Call) -> Scalar:
    largest = sys.float_info.max
    return call.settings.epsilon if alphat > largest or -alphat > largest else _or_epsilon(alphat, call)


def _infinite_falls_back(m: Array, v: Array, call: Call) -> Array:
    first, second = _corrections(call)
    return m * _or_epsilon_if_infinite(call.learning_rate * second / first, call) / _denominator(v, call)


def steps() -> Iterator[tuple[str, str, str, Step, *tuple[str, ...]]]:
    """Id, sentence, clause, step and references of each."""
    yield (
        "epsilon-inside-root",
        "Epsilon stands inside the root.",
        "ADAM-2",
        _adam(lambda m, v, c: m * _alphat(c) / (v + c.settings.epsilon).sqrt()),
    )
    yield (
        "epsilon-corrected",
        "Epsilon is bias-corrected: it is added to the corrected root.",
        "ADAM-2",
        _adam(lambda m, v, c: m * _alphat(c) / (v.sqrt() + c.settings.epsilon * _corrections(c)[1])),
        "Kingma and Ba, algorithm 1; torch.optim.Adam",
    )
    yield (
        "no-epsilon",
        "There is no epsilon.",
        "ADAM-2",
        _adam(lambda m, v, c: m * _alphat(c) / v.sqrt()),
    )
    yield (
        "no-fallback",
        "A step size of zero or NaN stays.",
        "ADAM-5",
        _adam(lambda m, v, c: m * (c.learning_rate * _corrections(c)[1] / _corrections(c)[0]) / _denominator(v, c)),
    )
    yield (
        "t-from-zero",
        "The exponent is t.",
        "ADAM-3",
        _adam(lambda m, v, c: m * _alphat(c, 0) / _denominator(v, c)),
    )
    yield (
        "t-one-later",
        "The exponent is t + 2.",
        "ADAM-3",
        _adam(lambda m, v, c: m * _alphat(c, 2) / _denominator(v, c)),
    )
    yield (
        "no-correction",
        "There is no bias correction.",
        "ADAM-3",
        _adam(lambda m, v, c: m * _or_epsilon(c.learning_rate, c) / _denominator(v, c)),
    )
    yield (
        "first-correction-only",
        "Only the first moment is corrected.",
        "ADAM-3",
        _adam(lambda m, v, c: m * _or_epsilon(c.learning_rate / _corrections(c)[0], c) / _denominator(v, c)),
    )
    yield (
        "second-correction-only",
        "Only the second moment is corrected.",
        "ADAM-3",
        _adam(lambda m, v, c: m * _or_epsilon(c.learning_rate * _corrections(c)[1], c) / _denominator(v, c)),
    )
    yield (
        "corrections-swapped",
        "The corrections are the other way up.",
        "ADAM-3",
        _adam(
            lambda m, v, c: (
                m * _or_epsilon(c.learning_rate * _corrections(c)[0] / _corrections(c)[1], c) / _denominator(v, c)
            )
        ),
    )
    yield ("decays-swapped", "The decay rates are swapped.", "ADAM-1", _adam_swapped)
    yield ("second-moment-absolute", "The second moment averages |g|.", "ADAM-1", _adam_squared_late)
    yield ("nadam", "The first moment looks ahead, as in Nadam.", "ADAM-1", _nadam, "ND4J 0.9.1's Nadam")
    yield ("rate-in-moments", "The gradient is scaled by the rate before the moments.", "ADAM-1", _adam_coupled)
    yield ("one-step-late", "The update is made of the moments before this gradient.", "ADAM-1", _adam_late)
    yield (
        "amsgrad",
        "The second moment never falls, as in AMSGrad.",
        "ADAM-1",
        _amsgrad,
        "ND4J 1.0.0-beta's AMSGrad",
        "torch.optim.Adam(amsgrad=True)",
    )
    yield (
        "infinite-falls-back",
        "An infinite step size becomes epsilon too.",
        "ADAM-5",
        _adam(_infinite_falls_back),
        "ND4J 1.0.0-beta7",
    )
    yield (
        "epsilon-constant",
        "Epsilon is 1e-8 whatever is configured.",
        "ADAM-2",
        lambda g, memory, c: right.adam(g, memory, replace(c, settings=_with_epsilon(c, 1e-8))),
        "DL4J 0.7.2, issue #2705",
    )
    yield (
        "quotient-first",
        "The quotient alphat / (sqrt(v) + epsilon) comes before the product.",
        "ADAM-1",
        _adam(lambda m, v, c: m * (_alphat(c) / _denominator(v, c))),
    )
    yield (
        "division-before-rate",
        "m is divided before it is multiplied by alphat.",
        "ADAM-1",
        _adam(lambda m, v, c: m / _denominator(v, c) * _alphat(c)),
    )
    yield (
        "scaled-before-squared",
        "The second moment adds g * (g * (1 - b2)).",
        "ADAM-1",
        _adam_with(_average, lambda v, g, beta: v * beta + g * (g * (1 - beta))),
    )
    yield (
        "interpolated",
        "The first moment is m + (g - m)(1 - b1), an interpolation.",
        "ADAM-1",
        _adam_with(lambda m, g, beta: m + (g - m) * (1 - beta), _average_of_squares),
        "torch.optim.Adam",
    )


def _with_epsilon(call: Call, epsilon: float) -> UpdaterSettings:
    return replace(call.settings, epsilon=call.arithmetic.scalar(epsilon))
