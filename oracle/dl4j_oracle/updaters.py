"""The gradient updaters of ND4J 0.8.0 (``org.nd4j.linalg.learning``): one rule and one record each.

A rule maps a gradient and what the updater remembers to the update and what it remembers next. The names of its local
variables are public: ``explain`` prints them as intermediates, and the formulae of the specification are written with
them. Every rule keeps DL4J's order of operations, which is observable in the last bits.

:data:`UPDATERS` has the record of every updater; no other place states anything about one.

Arrays are 1-D, of the network's dtype, and as long as the parameter; rates and settings are Java doubles.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Scalar
from dl4j_oracle.arithmetic.java import wrapped_int
from dl4j_oracle.clauses import clause
from dl4j_oracle.configuration import Updater
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
class StepsBefore:
    """The numbers of steps that were made before: by the updater itself, in its layer and in its network."""

    own: int = 0
    layer: int = 0
    network: int = 0


@dataclass(frozen=True)
class Call:
    """The arguments of an updater besides the gradient; NESTEROVS alone reads the momentum."""

    iteration: int
    learning_rate: Scalar
    momentum: Scalar
    settings: UpdaterSettings
    arithmetic: Arithmetic
    #: The name of the parameter. Only misreadings need it, and the counts of steps.
    parameter: str = ""
    before: StepsBefore = StepsBefore()


@dataclass(frozen=True)
class Memory:
    """The arrays that an updater remembers, each of the parameter's length and of the network's dtype."""

    #: Its blocks of the state view, by name.
    view: Mapping[str, Array]
    #: NESTEROVS' velocity, once it has left the view.
    velocity: Array | None = None
    #: The arrays that a misreading keeps outside of the view, by name.
    unseen: Mapping[str, Array] = field(default_factory=dict)


@clause("BARE-2")
def pointed(memory: Memory) -> Memory:
    """Return ``memory`` when the view has become another array: what stood outside of the view is forgotten."""
    return Memory(memory.view)


#: The rule of an updater: ``GradientUpdater.getGradient``. The gradient and the update are 1-D, of the network's dtype.
UpdateRule = Callable[[Array, Memory, Call], tuple[Array, Memory]]


def zero(settings: UpdaterSettings, arithmetic: Arithmetic) -> Scalar:
    """Return 0.0, with which most state starts."""
    return arithmetic.scalar(0.0)


@clause("STATE-4")
def epsilon(settings: UpdaterSettings, arithmetic: Arithmetic) -> Scalar:
    """Return epsilon, with which state starts in ``setStateViewArray`` of ``AdaGrad`` and ``RmsProp``."""
    return settings.epsilon


@dataclass(frozen=True, kw_only=True)
class GradientUpdater:
    """Everything that is known about an updater."""

    #: The updater's name, as in a configuration.
    name: Updater
    #: The update rule.
    step: UpdateRule
    #: The names of its state arrays, in the order of the state view.
    state: tuple[str, ...] = ()
    #: The value with which every element of its state starts.
    initial: Callable[[UpdaterSettings, Arithmetic], Scalar] = zero
    #: The state arrays that the rule writes when the update is known.
    written_after_update: tuple[str, ...] = ()
    #: Whether its constructor reads a learning rate.
    reads_learning_rate: bool = True
    #: The settings that it reads, and the values of those that are not set; NaN if DL4J has none.
    defaults: Mapping[str, float] = field(default_factory=dict, hash=False)
    #: The numbers that its ``equals`` compares: fields of :class:`UpdaterSettings` or of the updater object.
    #: None if the class has no ``equals`` of its own.
    compared: tuple[str, ...] | None
    #: Epsilon in a new object that the aggregator of its class makes; None if the aggregator averages epsilon.
    epsilon_of_aggregate: float | None = None
    #: Whether the aggregator of its class adds learning rates to 0.0, so that -0.0 becomes 0.0.
    adds_rates_to_zero: bool = False


@clause("SGD-1")
def sgd(gradient: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """Return ``g * lr``, as ``Sgd``."""
    return gradient * call.learning_rate, memory


@clause("NONE-1")
def none(gradient: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """Return the gradient, as ``NoOpUpdater``."""
    return gradient, memory


@clause("ADAM-1", "ADAM-2", "ADAM-3", "ADAM-5")
def adam(gradient: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """Return the update of ``Adam``: epsilon outside the root, not bias-corrected; alphat of NaN or 0 is epsilon."""
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
    """Return the update of ``AdaDelta``, without a learning rate: the ratio of the roots first, then the product."""
    rho, eps = call.settings.rho, call.settings.epsilon
    msg = memory.view["msg"] * rho + gradient * gradient * (1 - rho)
    update = gradient * ((memory.view["msdx"] + eps).sqrt() / (msg + eps).sqrt())
    msdx = memory.view["msdx"] * rho + update * update * (1 - rho)
    return update, replace(memory, view={"msg": msg, "msdx": msdx})


@clause("NESTEROVS-1", "NESTEROVS-2")
def nesterovs(gradient: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """Return the update of ``Nesterovs``: the velocity leaves the view at the first step; the view keeps the update."""
    mu = call.momentum
    attached = memory.velocity is None
    previous = memory.view["v"] if memory.velocity is None else memory.velocity
    velocity = previous * mu - gradient * call.learning_rate
    update = previous * mu + velocity * (-mu - 1)
    return update, Memory(view={"v": update} if attached else memory.view, velocity=velocity)


@clause("ADAGRAD-1")
def adagrad(gradient: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """Return the update of ``AdaGrad``: the quotient lr / (sqrt(h) + epsilon) first, then the product."""
    h = memory.view["h"] + gradient * gradient
    update = gradient * (call.learning_rate / (h.sqrt() + call.settings.epsilon))
    return update, replace(memory, view={"h": h})


@clause("RMSPROP-1")
def rmsprop(gradient: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """Return the update of ``RmsProp``: the product g * lr first, then the quotient."""
    decay = call.settings.rms_decay
    c = memory.view["c"] * decay + gradient * gradient * (1 - decay)
    update = gradient * call.learning_rate / (c.sqrt() + call.settings.epsilon)
    return update, replace(memory, view={"c": c})


@clause("LAYER-6")
def left_in_gradient(gradient: Array, update: Array) -> Array:
    """Return the update, which ``getGradient`` writes over the gradient."""
    return update


@clause("STATE-8")
def refuse_custom() -> GradientUpdater:
    """Raise the :class:`Dl4jError` of ``Updater.CUSTOM``, thrown while the updater is constructed."""
    raise Dl4jError("UnsupportedOperationException", "Custom updaters: not yet implemented")


SGD = GradientUpdater(name=Updater.SGD, step=sgd, compared=("learning_rate",), adds_rates_to_zero=True)
ADAM = GradientUpdater(
    name=Updater.ADAM,
    step=adam,
    state=("m", "v"),
    defaults={"adam_mean_decay": 0.9, "adam_var_decay": 0.999, "epsilon": 1e-8},
    compared=("learning_rate", "adam_mean_decay", "adam_var_decay", "epsilon"),
)
ADADELTA = GradientUpdater(
    name=Updater.ADADELTA,
    step=adadelta,
    state=("msg", "msdx"),
    written_after_update=("msdx",),
    reads_learning_rate=False,
    defaults={"rho": math.nan, "epsilon": 1e-6},
    compared=("rho", "epsilon"),
    epsilon_of_aggregate=1e-6,
)
NESTEROVS = GradientUpdater(
    name=Updater.NESTEROVS,
    step=nesterovs,
    state=("v",),
    written_after_update=("v",),
    defaults={"momentum": 0.9},
    compared=("learning_rate", "momentum"),
)
ADAGRAD = GradientUpdater(
    name=Updater.ADAGRAD,
    step=adagrad,
    state=("h",),
    initial=epsilon,
    defaults={"epsilon": 1e-6},
    compared=("learning_rate", "epsilon", "calls"),
    epsilon_of_aggregate=1e-6,
)
RMSPROP = GradientUpdater(
    name=Updater.RMSPROP,
    step=rmsprop,
    state=("c",),
    initial=epsilon,
    defaults={"rms_decay": 0.95, "epsilon": 1e-8},
    compared=("learning_rate", "rms_decay", "epsilon"),
    epsilon_of_aggregate=1e-8,
)
NONE = GradientUpdater(name=Updater.NONE, step=none, reads_learning_rate=False, compared=None)

#: The updaters that DL4J implements, by name: all of :class:`Updater` but CUSTOM.
UPDATERS: Mapping[Updater, GradientUpdater] = {
    updater.name: updater for updater in (SGD, ADAM, ADADELTA, NESTEROVS, ADAGRAD, RMSPROP, NONE)
}


@clause("MLU-2")
def as_given(gradients: Mapping[str, Array], parameters: Mapping[str, Array]) -> Mapping[str, Array]:
    """Return the gradients that a layer is updated with: a parameter without one is left alone."""
    return gradients


@clause("STATE-7")
def assigned(memory: Memory) -> Memory:
    """Return an updater's memory after a state was copied into its view: what has left the view stays."""
    return memory


@clause("LAYER-7")
def keeps_what_was_done() -> bool:
    """Return False: what an update did before it raised stays done."""
    return False


@clause("CONF-2", "ADADELTA-3")
def defaults_of(updater: Updater) -> Mapping[str, float]:
    """Return the settings that the updater reads, each with its default or NaN: ``LayerValidation.updaterValidation``.

    CUSTOM reads none: it is refused when the updater is constructed.
    """
    return {} if updater is Updater.CUSTOM else UPDATERS[updater].defaults
