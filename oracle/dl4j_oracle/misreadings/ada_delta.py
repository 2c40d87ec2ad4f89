"""Misreadings of AdaDelta's step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps

from dl4j_oracle import updaters as right
from dl4j_oracle.arithmetic.interface import Array, Scalar
from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.updaters import Call, Memory, UpdateRule


def _with_factor(factor: Callable[[Array, Array, Scalar], Array]) -> UpdateRule:
    """Return the step that multiplies the gradient by another ``factor(msdx, msg, epsilon)``."""

    @wraps(factor)
    def step(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
        msg = _averaged(memory.view["msg"], g * g, call)
        update = g * factor(memory.view["msdx"], msg, call.settings.epsilon)
        return update, replace(memory, view={"msg": msg, "msdx": _averaged(memory.view["msdx"], update * update, call)})

    return step


def _averaged(average: Array, square: Array, call: Call) -> Array:
    return average * call.settings.rho + square * (1 - call.settings.rho)


def _right_factor(msdx: Array, msg: Array, call: Call) -> Array:
    epsilon = call.settings.epsilon
    return (msdx + epsilon).sqrt() / (msg + epsilon).sqrt()


@misreading("adadelta-epsilon-outside-roots", clauses=("ADADELTA-1",), replaces="adadelta.step")
@_with_factor
def _adadelta_epsilon_outside_roots(msdx: Array, msg: Array, epsilon: Scalar) -> Array:
    """ADADELTA: The epsilons stand outside the roots."""
    return (msdx.sqrt() + epsilon) / (msg.sqrt() + epsilon)


@misreading("adadelta-no-epsilon-above", clauses=("ADADELTA-1",), replaces="adadelta.step")
@_with_factor
def _adadelta_no_epsilon_above(msdx: Array, msg: Array, epsilon: Scalar) -> Array:
    """ADADELTA: There is no epsilon above the line."""
    return msdx.sqrt() / (msg + epsilon).sqrt()


@misreading("adadelta-of-gradient", clauses=("ADADELTA-1",), replaces="adadelta.step", references=("ND4J issue #1239",))
def _adadelta_of_gradient(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """ADADELTA: The second average is fed with the gradient."""
    msg = _averaged(memory.view["msg"], g * g, call)
    update = g * _right_factor(memory.view["msdx"], msg, call)
    return update, replace(memory, view={"msg": msg, "msdx": _averaged(memory.view["msdx"], g * g, call)})


@misreading("adadelta-parenthesis", clauses=("ADADELTA-1",), replaces="adadelta.step", references=("ND4J issue #1239",))
def _adadelta_parenthesis(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """ADADELTA: The average is (rho * msg + (1 - rho)) * g^2."""
    rho = call.settings.rho
    msg = (memory.view["msg"] * rho + (1 - rho)) * (g * g)
    update = g * _right_factor(memory.view["msdx"], msg, call)
    msdx = (memory.view["msdx"] * rho + (1 - rho)) * (update * update)
    return update, replace(memory, view={"msg": msg, "msdx": msdx})


@misreading("adadelta-one-root", clauses=("ADADELTA-1",), replaces="adadelta.step")
@_with_factor
def _adadelta_one_root(msdx: Array, msg: Array, epsilon: Scalar) -> Array:
    """ADADELTA: The quotient is taken before the root."""
    return ((msdx + epsilon) / (msg + epsilon)).sqrt()


@misreading("adadelta-product-first", clauses=("ADADELTA-1",), replaces="adadelta.step")
def _adadelta_product_first(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """ADADELTA: The product comes before the quotient."""
    epsilon = call.settings.epsilon
    msg = _averaged(memory.view["msg"], g * g, call)
    update = g * (memory.view["msdx"] + epsilon).sqrt() / (msg + epsilon).sqrt()
    return update, replace(memory, view={"msg": msg, "msdx": _averaged(memory.view["msdx"], update * update, call)})


@misreading("adadelta-old-average", clauses=("ADADELTA-1",), replaces="adadelta.step")
def _adadelta_old_average(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """ADADELTA: The divisor is the average before this gradient."""
    update = g * _right_factor(memory.view["msdx"], memory.view["msg"], call)
    msg = _averaged(memory.view["msg"], g * g, call)
    return update, replace(memory, view={"msg": msg, "msdx": _averaged(memory.view["msdx"], update * update, call)})


@misreading("adadelta-weights-swapped", clauses=("ADADELTA-1",), replaces="adadelta.step")
def _adadelta_weights_swapped(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """ADADELTA: rho and 1 - rho are swapped."""
    swapped = replace(call.settings, rho=1 - call.settings.rho)
    return right.adadelta(g, memory, replace(call, settings=swapped))
