"""Misreadings of Adam's step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from dl4j_oracle import updaters as right
from dl4j_oracle.arithmetic import Array, Scalar
from dl4j_oracle.updaters import Call, Memory, Step

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
