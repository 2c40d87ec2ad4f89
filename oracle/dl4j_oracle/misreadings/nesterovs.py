"""Misreadings of Nesterovs' step."""

from __future__ import annotations

from dataclasses import replace

from dl4j_oracle.arithmetic.interface import Array, Scalar
from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.misreadings.nesterovs_parts import Motion
from dl4j_oracle.updaters import Memory


def _attached(memory: Memory, update: Array, velocity: Array) -> Memory:
    return replace(memory, view={"v": velocity})


def _upwards(previous: Array, push: Array, mu: Scalar) -> Array:
    return previous * mu + push


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
def _nesterovs_classical(motion: Motion, mu: Scalar, rate: Scalar) -> Array:
    """NESTEROVS: The update is the velocity: classical momentum."""
    return motion.velocity * (-motion.velocity.arithmetic.scalar(1.0))


@misreading("nesterovs-dampened", clauses=("NESTEROVS-1",), replaces="nesterovs.step.push")
def _nesterovs_dampened(g: Array, mu: Scalar, rate: Scalar) -> Array:
    """NESTEROVS: The gradient is dampened by 1 - mu."""
    return g * ((1 - mu) * rate)


@misreading("nesterovs-without-previous", clauses=("NESTEROVS-1",), replaces="nesterovs.step.update")
def _nesterovs_without_previous(motion: Motion, mu: Scalar, rate: Scalar) -> Array:
    """NESTEROVS: The previous velocity is left out of the update."""
    return motion.velocity * (-mu - 1)


@misreading(
    "nesterovs-rate-outside",
    clauses=("NESTEROVS-1",),
    replaces=("nesterovs.step.push", "nesterovs.step.velocity", "nesterovs.step.update"),
    references=("torch.optim.SGD(nesterov=True)",),
)
def _nesterovs_rate_outside() -> tuple[object, object, object]:
    """NESTEROVS: The rate scales the update and is not in the velocity."""

    def push(g: Array, mu: Scalar, rate: Scalar) -> Array:
        return g

    def update(motion: Motion, mu: Scalar, rate: Scalar) -> Array:
        return (motion.push + motion.velocity * mu) * rate

    return push, _upwards, update


@misreading(
    "nesterovs-attached-upwards",
    clauses=("NESTEROVS-2",),
    replaces=("nesterovs.step.velocity", "nesterovs.step.update", "nesterovs.step.kept"),
)
def _nesterovs_attached_upwards() -> tuple[object, object, object]:
    """NESTEROVS: The state view follows a velocity of the other sign."""

    def update(motion: Motion, mu: Scalar, rate: Scalar) -> Array:
        return motion.velocity * (mu + 1) - motion.previous * mu

    return _upwards, update, _attached


@misreading("nesterovs-minus-mu", clauses=("NESTEROVS-1",), replaces="nesterovs.step.update")
def _nesterovs_minus_mu(motion: Motion, mu: Scalar, rate: Scalar) -> Array:
    """NESTEROVS: The factor is -mu and not -mu - 1."""
    return motion.previous * mu + motion.velocity * (-mu)
