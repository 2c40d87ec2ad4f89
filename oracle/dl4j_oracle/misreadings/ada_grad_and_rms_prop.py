"""Misreadings of the steps of AdaGrad and RmsProp, which divide by the root of a sum or an average of squares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps

from dl4j_oracle import updaters as right
from dl4j_oracle.arithmetic.interface import Array
from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.updaters import Call, Memory, UpdateRule


def _with_sum(update: Callable[[Array, Array, Call], Array]) -> UpdateRule:
    """Return AdaGrad's step with another update: ``update(g, h, call)``, with ``h`` DL4J's sum of squares."""

    @wraps(update)
    def step(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
        _, after = right.adagrad(g, memory, call)
        return update(g, after.view["h"], call), after

    return step


def _with_average(update: Callable[[Array, Array, Call], Array]) -> UpdateRule:
    """Return RmsProp's step with another update: ``update(g, c, call)``, with ``c`` DL4J's average of squares."""

    @wraps(update)
    def step(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
        _, after = right.rmsprop(g, memory, call)
        return update(g, after.view["c"], call), after

    return step


def _product_first(g: Array, h: Array, call: Call) -> Array:
    return g * call.learning_rate / (h.sqrt() + call.settings.epsilon)


def _quotient_first(g: Array, h: Array, call: Call) -> Array:
    return g * (call.learning_rate / (h.sqrt() + call.settings.epsilon))


@misreading("adagrad-epsilon-inside-root", clauses=("ADAGRAD-1",), replaces="adagrad.step", references=("TensorFlow",))
@_with_sum
def _adagrad_epsilon_inside_root(g: Array, h: Array, call: Call) -> Array:
    """ADAGRAD: Epsilon stands inside the root."""
    return g * call.learning_rate / (h + call.settings.epsilon).sqrt()


@misreading("adagrad-no-epsilon", clauses=("ADAGRAD-1",), replaces="adagrad.step")
@_with_sum
def _adagrad_no_epsilon(g: Array, h: Array, call: Call) -> Array:
    """ADAGRAD: There is no epsilon in the divisor."""
    return g * call.learning_rate / h.sqrt()


@misreading("adagrad-no-root", clauses=("ADAGRAD-1",), replaces="adagrad.step")
@_with_sum
def _adagrad_no_root(g: Array, h: Array, call: Call) -> Array:
    """ADAGRAD: There is no root."""
    return g * call.learning_rate / (h + call.settings.epsilon)


@misreading("rmsprop-epsilon-inside-root", clauses=("RMSPROP-1",), replaces="rmsprop.step", references=("TensorFlow",))
@_with_average
def _rmsprop_epsilon_inside_root(g: Array, c: Array, call: Call) -> Array:
    """RMSPROP: Epsilon stands inside the root."""
    return g * call.learning_rate / (c + call.settings.epsilon).sqrt()


@misreading("rmsprop-no-epsilon", clauses=("RMSPROP-1",), replaces="rmsprop.step")
@_with_average
def _rmsprop_no_epsilon(g: Array, c: Array, call: Call) -> Array:
    """RMSPROP: There is no epsilon in the divisor."""
    return g * call.learning_rate / c.sqrt()


@misreading("rmsprop-no-root", clauses=("RMSPROP-1",), replaces="rmsprop.step")
@_with_average
def _rmsprop_no_root(g: Array, c: Array, call: Call) -> Array:
    """RMSPROP: There is no root."""
    return g * call.learning_rate / (c + call.settings.epsilon)


@misreading("adagrad-product-first", clauses=("ADAGRAD-1",), replaces="adagrad.step", references=("ND4J 1.0.0-beta7",))
@_with_sum
def _adagrad_product_first(g: Array, h: Array, call: Call) -> Array:
    """ADAGRAD: The product comes before the quotient."""
    return _product_first(g, h, call)


@misreading("adagrad-old-accumulator", clauses=("ADAGRAD-1",), replaces="adagrad.step")
def _adagrad_old_accumulator(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """ADAGRAD: The divisor is made of the state before this gradient."""
    _, after = right.adagrad(g, memory, call)
    return _product_first(g, memory.view["h"], call), after


@misreading("rmsprop-old-accumulator", clauses=("RMSPROP-1",), replaces="rmsprop.step")
def _rmsprop_old_accumulator(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """RMSPROP: The divisor is made of the state before this gradient."""
    _, after = right.rmsprop(g, memory, call)
    return _product_first(g, memory.view["c"], call), after


@misreading("adagrad-epsilon-every-step", clauses=("ADAGRAD-1",), replaces="adagrad.step", references=("ND4J PR #888",))
def _adagrad_epsilon_every_step(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """ADAGRAD: Epsilon is added to the state at every step."""
    h = memory.view["h"] + g * g + call.settings.epsilon
    return _quotient_first(g, h, call), replace(memory, view={"h": h})


@misreading("rmsprop-epsilon-constant", clauses=("RMSPROP-1",), replaces="rmsprop.step", references=("ND4J 0.7.2",))
def _rmsprop_epsilon_constant(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """RMSPROP: Epsilon in the divisor is 1e-8 whatever is configured."""
    settings = replace(call.settings, epsilon=call.arithmetic.scalar(1e-8))
    return right.rmsprop(g, memory, replace(call, settings=settings))


@misreading(
    "rmsprop-centered",
    clauses=("RMSPROP-1",),
    replaces="rmsprop.step",
    references=("torch.optim.RMSprop(centered=True)",),
)
def _rmsprop_centered(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """RMSPROP: The square of the mean gradient is subtracted, as if centered."""
    decay = call.settings.rms_decay
    _, after = right.rmsprop(g, memory, call)
    mean = g * (1 - decay)
    if "mean" in memory.unseen:
        mean = memory.unseen["mean"] * decay + mean
    return _product_first(g, after.view["c"] - mean * mean, call), replace(after, unseen={"mean": mean})


@misreading("rmsprop-quotient-first", clauses=("RMSPROP-1",), replaces="rmsprop.step")
@_with_average
def _rmsprop_quotient_first(g: Array, c: Array, call: Call) -> Array:
    """RMSPROP: The quotient comes before the product."""
    return _quotient_first(g, c, call)


@misreading("rmsprop-weights-swapped", clauses=("RMSPROP-1",), replaces="rmsprop.step")
def _rmsprop_weights_swapped(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """RMSPROP: The decay and its complement are swapped."""
    swapped = replace(call.settings, rms_decay=1 - call.settings.rms_decay)
    return right.rmsprop(g, memory, replace(call, settings=swapped))


@misreading("rmsprop-undamped", clauses=("RMSPROP-1",), replaces="rmsprop.step")
def _rmsprop_undamped(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """RMSPROP: The square is added whole."""
    c = memory.view["c"] * call.settings.rms_decay + g * g
    return _product_first(g, c, call), replace(memory, view={"c": c})
