"""Misreadings of Nesterovs' step."""

from __future__ import annotations

from dataclasses import replace

from dl4j_oracle.arithmetic.interface import Array, Scalar
from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.misreadings.nesterovs_parts import Motion
from dl4j_oracle.updaters import Call, Memory

#: The parts that a rate outside of the velocity changes.
_RATE_OUTSIDE = ("nesterovs.step.factor", "nesterovs.step.scale", "nesterovs.step.orientation")


def _attached(memory: Memory, update: Array, velocity: Array) -> Memory:
    return replace(memory, view={"v": velocity})


def _minus(array: Array) -> Array:
    return array * (-array.arithmetic.scalar(1.0))


def _one(call: Call) -> Scalar:
    return call.arithmetic.scalar(1.0)


def _times_rate(update: Array, call: Call) -> Array:
    return update * call.learning_rate


@misreading(
    "nesterovs-attached-view",
    clauses=("NESTEROVS-2",),
    replaces="nesterovs.step.kept",
    references=("quirk 40", "quirk 41", "ND4J PR #1728"),
)
def _nesterovs_attached_view(memory: Memory, update: Array, velocity: Array) -> Memory:
    """NESTEROVS: The state view follows the velocity."""
    return _attached(memory, update, velocity)


@misreading("nesterovs-classical", clauses=("NESTEROVS-1",), replaces="nesterovs.step.update")
def _nesterovs_classical(motion: Motion, mu: Scalar) -> Array:
    """NESTEROVS: The update is the velocity: classical momentum."""
    return _minus(motion.velocity)


@misreading("nesterovs-dampened", clauses=("NESTEROVS-1",), replaces="nesterovs.step.damping")
def _nesterovs_dampened(factor: Scalar, mu: Scalar) -> Scalar:
    """NESTEROVS: The gradient is dampened by 1 - mu."""
    return (1 - mu) * factor


@misreading("nesterovs-without-previous", clauses=("NESTEROVS-1",), replaces="nesterovs.step.update")
def _nesterovs_without_previous(motion: Motion, mu: Scalar) -> Array:
    """NESTEROVS: The previous velocity is left out of the update."""
    return motion.velocity * (-mu - 1)


@misreading(
    "nesterovs-rate-outside",
    clauses=("NESTEROVS-1",),
    replaces=(*_RATE_OUTSIDE, "nesterovs.step.update"),
    references=("torch.optim.SGD(nesterov=True)",),
)
def _nesterovs_rate_outside() -> tuple[object, ...]:
    """NESTEROVS: The rate scales the update and is not in the velocity."""

    def update(motion: Motion, mu: Scalar) -> Array:
        return motion.push - motion.velocity * mu

    return _one, _times_rate, _minus, update


@misreading(
    "nesterovs-classical-rate-outside",
    clauses=("NESTEROVS-1",),
    replaces=(*_RATE_OUTSIDE, "nesterovs.step.update"),
    references=("torch.optim.SGD(momentum=...)",),
)
def _nesterovs_classical_rate_outside() -> tuple[object, ...]:
    """NESTEROVS: The update is the velocity times the rate, which is not in the velocity: classical momentum."""

    def update(motion: Motion, mu: Scalar) -> Array:
        return _minus(motion.velocity)

    return _one, _times_rate, _minus, update


@misreading(
    "nesterovs-attached-upwards",
    clauses=("NESTEROVS-2",),
    replaces=("nesterovs.step.orientation", "nesterovs.step.kept", "nesterovs.step.update"),
)
def _nesterovs_attached_upwards() -> tuple[object, object, object]:
    """NESTEROVS: The state view follows a velocity of the other sign."""

    def update(motion: Motion, mu: Scalar) -> Array:
        return _minus(motion.velocity) * (mu + 1) - _minus(motion.previous) * mu

    return _minus, _attached, update


@misreading("nesterovs-minus-mu", clauses=("NESTEROVS-1",), replaces="nesterovs.step.update")
def _nesterovs_minus_mu(motion: Motion, mu: Scalar) -> Array:
    """NESTEROVS: The factor is -mu and not -mu - 1."""
    return motion.previous * mu + motion.velocity * (-mu)


@misreading("nesterovs-one-velocity-late", clauses=("NESTEROVS-1",), replaces="nesterovs.step.update")
def _nesterovs_one_velocity_late(motion: Motion, mu: Scalar) -> Array:
    """NESTEROVS: The update is the velocity before this gradient."""
    return _minus(motion.previous)


@misreading("nesterovs-only-ahead", clauses=("NESTEROVS-1",), replaces="nesterovs.step.update")
def _nesterovs_only_ahead(motion: Motion, mu: Scalar) -> Array:
    """NESTEROVS: The update is mu times the velocity, without the gradient."""
    return motion.velocity * (-mu)


@misreading("nesterovs-ahead-of-all", clauses=("NESTEROVS-1",), replaces="nesterovs.step.update")
def _nesterovs_ahead_of_all(motion: Motion, mu: Scalar) -> Array:
    """NESTEROVS: The previous velocity is added with the other sign."""
    return motion.velocity * (-mu - 1) - motion.previous * mu


@misreading("nesterovs-momentum-of-weights-only", clauses=("NESTEROVS-1",), replaces="nesterovs.step.momentum")
def _nesterovs_momentum_of_weights_only(call: Call) -> Scalar:
    """NESTEROVS: Only weights have a momentum; that of biases is 0."""
    return call.momentum if "W" in call.parameter else call.arithmetic.scalar(0.0)


@misreading("nesterovs-momentum-constant", clauses=("NESTEROVS-1",), replaces="nesterovs.step.momentum")
def _nesterovs_momentum_constant(call: Call) -> Scalar:
    """NESTEROVS: The momentum is 0.9 whatever is configured."""
    return call.arithmetic.scalar(0.9)


@misreading("nesterovs-momentum-ignored", clauses=("NESTEROVS-1",), replaces="nesterovs.step.momentum")
def _nesterovs_momentum_ignored(call: Call) -> Scalar:
    """NESTEROVS: There is no momentum, as in SGD."""
    return call.arithmetic.scalar(0.0)
