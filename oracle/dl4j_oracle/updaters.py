"""The gradient updaters of ND4J 0.8.0 (``org.nd4j.linalg.learning``), one rule each.

``step`` maps a gradient and what the updater remembers to the update and what it remembers next. Every rule is
written in DL4J's order of operations, which is observable in the last bits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Scalar
from dl4j_oracle.arithmetic.java import wrapped_int
from dl4j_oracle.clauses import clause
from dl4j_oracle.errors import Dl4jError


@dataclass(frozen=True)
class UpdaterSettings:
    """The layer's updater settings; NaN where unset."""

    adam_mean_decay: Scalar
    adam_var_decay: Scalar
    rho: Scalar
    rms_decay: Scalar
    epsilon: Scalar


@dataclass(frozen=True)
class Call:
    """What an updater is called with, besides the gradient; NESTEROVS alone reads the momentum."""

    iteration: int
    learning_rate: Scalar
    momentum: Scalar
    settings: UpdaterSettings
    arithmetic: Arithmetic


@dataclass(frozen=True)
class Memory:
    """What an updater remembers: its blocks of the state view and, outside of it, NESTEROVS' velocity.

    ``unseen`` is what else a misreading keeps outside of the view, by name.
    """

    view: Mapping[str, Array]
    velocity: Array | None = None
    unseen: Mapping[str, Array] = field(default_factory=dict)


@clause("BARE-2")
def pointed(memory: Memory) -> Memory:
    """What an updater remembers when its view is another array: what stood outside of it is forgotten."""
    return Memory(memory.view)


Step = Callable[[Array, Memory, Call], tuple[Array, Memory]]


def zero(settings: UpdaterSettings, arithmetic: Arithmetic) -> Scalar:
    """State that starts at 0."""
    return arithmetic.scalar(0.0)


@clause("STATE-4")
def epsilon(settings: UpdaterSettings, arithmetic: Arithmetic) -> Scalar:
    """State that starts at epsilon: ``AdaGrad`` and ``RmsProp``'s ``setStateViewArray``."""
    return settings.epsilon


@dataclass(frozen=True)
class GradientUpdater:
    """An updater: its rule, the names of its state arrays in view order, and the value they start with."""

    step: Step
    state: tuple[str, ...] = ()
    initial: Callable[[UpdaterSettings, Arithmetic], Scalar] = zero
    reads_learning_rate: bool = True
    name: str = ""


@clause("SGD-1")
def sgd(gradient: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """``Sgd``: ``g * lr``."""
    return gradient * call.learning_rate, memory


@clause("NONE-1")
def none(gradient: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """``NoOpUpdater``: ``g``."""
    return gradient, memory


@clause("ADAM-1", "ADAM-2", "ADAM-3", "ADAM-5")
def adam(gradient: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """``Adam``: epsilon outside the root and not bias-corrected; alphat of NaN or 0 becomes epsilon."""
    s, t = call.settings, wrapped_int(call.iteration + 1)
    beta1, beta2 = s.adam_mean_decay, s.adam_var_decay
    m = memory.view["m"] * beta1 + gradient * (1 - beta1)
    v = memory.view["v"] * beta2 + gradient * gradient * (1 - beta2)
    alphat = call.learning_rate * (1 - beta2.fast_pow(t)).sqrt() / (1 - beta1.fast_pow(t))
    if alphat.is_nan() or alphat.is_zero():
        alphat = s.epsilon
    return m * alphat / (v.sqrt() + s.epsilon), replace(memory, view={"m": m, "v": v})


@clause("ADADELTA-1", "ADADELTA-2")
def adadelta(gradient: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """``AdaDelta``: no learning rate; the ratio of the roots first, then the product."""
    rho, eps = call.settings.rho, call.settings.epsilon
    msg = memory.view["msg"] * rho + gradient * gradient * (1 - rho)
    update = gradient * ((memory.view["msdx"] + eps).sqrt() / (msg + eps).sqrt())
    msdx = memory.view["msdx"] * rho + update * update * (1 - rho)
    return update, replace(memory, view={"msg": msg, "msdx": msdx})


@clause("NESTEROVS-1", "NESTEROVS-2")
def nesterovs(gradient: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """``Nesterovs``: the velocity leaves the state view at the first step, which keeps that step's update."""
    mu = call.momentum
    attached = memory.velocity is None
    previous = memory.view["v"] if memory.velocity is None else memory.velocity
    velocity = previous * mu - gradient * call.learning_rate
    update = previous * mu + velocity * (-mu - 1)
    return update, Memory(view={"v": update} if attached else memory.view, velocity=velocity)


@clause("ADAGRAD-1")
def adagrad(gradient: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """``AdaGrad``: the quotient lr / (sqrt(h) + epsilon) first, then the product."""
    h = memory.view["h"] + gradient * gradient
    update = gradient * (call.learning_rate / (h.sqrt() + call.settings.epsilon))
    return update, replace(memory, view={"h": h})


@clause("RMSPROP-1")
def rmsprop(gradient: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """``RmsProp``: the product g * lr first, then the quotient."""
    decay = call.settings.rms_decay
    c = memory.view["c"] * decay + gradient * gradient * (1 - decay)
    update = gradient * call.learning_rate / (c.sqrt() + call.settings.epsilon)
    return update, replace(memory, view={"c": c})


@clause("LAYER-6")
def left_in_gradient(gradient: Array, update: Array) -> Array:
    """``getGradient`` writes the update over the gradient, and that is what goes on."""
    return update


@clause("STATE-8")
def refuse_custom() -> GradientUpdater:
    """``Updater.CUSTOM``: thrown while the updater is constructed."""
    raise Dl4jError("UnsupportedOperationException", "Custom updaters: not yet implemented")


SGD = GradientUpdater(sgd, name="SGD")
ADAM = GradientUpdater(adam, ("m", "v"), name="ADAM")
ADADELTA = GradientUpdater(adadelta, ("msg", "msdx"), reads_learning_rate=False, name="ADADELTA")
NESTEROVS = GradientUpdater(nesterovs, ("v",), name="NESTEROVS")
ADAGRAD = GradientUpdater(adagrad, ("h",), epsilon, name="ADAGRAD")
RMSPROP = GradientUpdater(rmsprop, ("c",), epsilon, name="RMSPROP")
NONE = GradientUpdater(none, reads_learning_rate=False, name="NONE")
