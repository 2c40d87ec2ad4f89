"""Misreadings of Nesterovs' step."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from dl4j_oracle.arithmetic.interface import Array
from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.updaters import Call, Memory, UpdateRule


def _of_velocity(advance: Callable[[Array, Array, Call], tuple[Array, Array]]) -> UpdateRule:
    """Return the step with another update and velocity, ``advance(v, g, call)``; the view is detached as in DL4J."""

    @wraps(advance)
    def step(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
        update, velocity = advance(memory.view["v"] if memory.velocity is None else memory.velocity, g, call)
        view = {"v": update} if memory.velocity is None else memory.view
        return update, Memory(view, velocity)

    return step


def _next(v: Array, g: Array, call: Call) -> Array:
    """Return DL4J's velocity after ``v``."""
    return v * call.momentum - g * call.learning_rate


@misreading(
    "nesterovs-attached-view",
    clauses=("NESTEROVS-2",),
    replaces="nesterovs.step",
    references=("quirk 40", "quirk 41", "ND4J PR #1728"),
)
def _nesterovs_attached_view(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """NESTEROVS: The state view follows the velocity."""
    previous = memory.view["v"]
    velocity = _next(previous, g, call)
    return previous * call.momentum + velocity * (-call.momentum - 1), Memory({"v": velocity})


@misreading("nesterovs-classical", clauses=("NESTEROVS-1",), replaces="nesterovs.step")
@_of_velocity
def _nesterovs_classical(v: Array, g: Array, call: Call) -> tuple[Array, Array]:
    """NESTEROVS: The update is the velocity: classical momentum."""
    after = _next(v, g, call)
    return after * (-call.arithmetic.scalar(1.0)), after


@misreading("nesterovs-dampened", clauses=("NESTEROVS-1",), replaces="nesterovs.step")
@_of_velocity
def _nesterovs_dampened(v: Array, g: Array, call: Call) -> tuple[Array, Array]:
    """NESTEROVS: The gradient is dampened by 1 - mu."""
    after = v * call.momentum - g * ((1 - call.momentum) * call.learning_rate)
    return v * call.momentum + after * (-call.momentum - 1), after


@misreading("nesterovs-without-previous", clauses=("NESTEROVS-1",), replaces="nesterovs.step")
@_of_velocity
def _nesterovs_without_previous(v: Array, g: Array, call: Call) -> tuple[Array, Array]:
    """NESTEROVS: The previous velocity is left out of the update."""
    after = _next(v, g, call)
    return after * (-call.momentum - 1), after


@misreading(
    "nesterovs-rate-outside",
    clauses=("NESTEROVS-1",),
    replaces="nesterovs.step",
    references=("torch.optim.SGD(nesterov=True)",),
)
@_of_velocity
def _nesterovs_rate_outside(v: Array, g: Array, call: Call) -> tuple[Array, Array]:
    """NESTEROVS: The rate scales the update and is not in the velocity."""
    after = v * call.momentum + g
    return (g + after * call.momentum) * call.learning_rate, after


@misreading("nesterovs-attached-upwards", clauses=("NESTEROVS-2",), replaces="nesterovs.step")
def _nesterovs_attached_upwards(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """NESTEROVS: The state view follows a velocity of the other sign."""
    previous = memory.view["v"]
    velocity = previous * call.momentum + g * call.learning_rate
    return velocity * (call.momentum + 1) - previous * call.momentum, Memory({"v": velocity})


@misreading("nesterovs-minus-mu", clauses=("NESTEROVS-1",), replaces="nesterovs.step")
@_of_velocity
def _nesterovs_minus_mu(v: Array, g: Array, call: Call) -> tuple[Array, Array]:
    """NESTEROVS: The factor is -mu and not -mu - 1."""
    after = _next(v, g, call)
    return v * call.momentum + after * (-call.momentum), after
