"""The gradient updaters of 0.9.1 that are not those of 0.8.0, and the record of an updater over a block.

A rule maps a block's gradient and what the updater remembers to the update and what it remembers next, as in
:mod:`dl4j_oracle.updaters`, whose rules are used where nothing has changed. Operands that ND4J's raw operations take
(``AddOp``, ``Max``) keep their NaN: :meth:`~dl4j_oracle.arithmetic.interface.Array.with_array`.

Arrays are 1-D, of the network's dtype, and as long as the block; rates and settings are Java doubles.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from dl4j_oracle import updaters
from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Operation, Scalar
from dl4j_oracle.arithmetic.java import wrapped_int
from dl4j_oracle.blocks.iupdater import UpdaterClass
from dl4j_oracle.clauses import clause
from dl4j_oracle.errors import Dl4jError
from dl4j_oracle.updaters import Call, Memory, UpdaterSettings, UpdateRule

#: The largest double; what is greater is infinite.
_LARGEST = 1.7976931348623157e308


@dataclass(frozen=True, kw_only=True)
class BlockUpdaterRule:
    """An updater's rule, the names of its state arrays in the order of the view, and their first value."""

    step: UpdateRule
    state: tuple[str, ...] = ()
    initial: Callable[[UpdaterSettings, Arithmetic], Scalar] = updaters.zero


@clause("BLOCK-8")
def nesterovs(gradient: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """Return the update of ``Nesterovs``: the view holds the velocity itself."""
    mu, previous = call.momentum, memory.view["v"]
    velocity = previous * mu - gradient * call.learning_rate
    update = (previous * mu).with_array(Operation.ADD, velocity * (-mu - 1))
    return update, replace(memory, view={"v": velocity})


@clause("BLOCK-9")
def constant_history(settings: UpdaterSettings, arithmetic: Arithmetic) -> Scalar:
    """Return 1e-6, with which ``AdaGrad``'s history starts, whatever epsilon is configured."""
    return arithmetic.scalar(1e-6)


@clause("BLOCK-10")
def ada_max(gradient: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """Return the update of ``AdaMax``: alphat of NaN, 0 or an infinity is epsilon; 1e-32 is added to u for good."""
    s, t = call.settings, wrapped_int(call.iteration + 1)
    beta1, beta2 = s.adam_mean_decay, s.adam_var_decay
    m = memory.view["m"] * beta1 + gradient * (1 - beta1)
    u = (memory.view["u"] * beta2).larger(gradient.magnitude()) + call.arithmetic.scalar(1e-32)
    alphat = usable(call.learning_rate / (1 - beta1.fast_pow(t)), s.epsilon)
    return m * alphat / u, replace(memory, view={"m": m, "u": u})


@clause("BLOCK-11")
def nadam(gradient: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """Return the update of ``Nadam``: two quotients by 1 - beta1^t, and v is not corrected."""
    s, t = call.settings, wrapped_int(call.iteration + 1)
    beta1, beta2 = s.adam_mean_decay, s.adam_var_decay
    k = gradient * (1 - beta1)
    m = memory.view["m"] * beta1 + k
    v = memory.view["v"] * beta2 + gradient * gradient * (1 - beta2)
    rest = 1 - beta1.fast_pow(t)
    update = (m * beta1 / rest + k / rest) * call.learning_rate / (v.sqrt() + s.epsilon)
    return update, replace(memory, view={"m": m, "v": v})


def usable(alphat: Scalar, epsilon: Scalar) -> Scalar:
    """Return ``alphat``, or epsilon in place of NaN, zero and infinities."""
    is_infinite = alphat > _LARGEST or -alphat > _LARGEST
    return epsilon if alphat.is_nan() or alphat.is_zero() or is_infinite else alphat


#: The updaters of 0.9.1. Those whose rule is in :mod:`dl4j_oracle.updaters` compute as in 0.8.0.
UPDATERS_0_9_1: Mapping[UpdaterClass, BlockUpdaterRule] = {
    UpdaterClass.SGD: BlockUpdaterRule(step=updaters.sgd),
    UpdaterClass.ADAM: BlockUpdaterRule(step=updaters.adam, state=("m", "v")),
    UpdaterClass.ADA_MAX: BlockUpdaterRule(step=ada_max, state=("m", "u")),
    UpdaterClass.NADAM: BlockUpdaterRule(step=nadam, state=("m", "v")),
    UpdaterClass.ADA_DELTA: BlockUpdaterRule(step=updaters.adadelta, state=("msg", "msdx")),
    UpdaterClass.ADA_GRAD: BlockUpdaterRule(step=updaters.adagrad, state=("h",), initial=constant_history),
    UpdaterClass.NESTEROVS: BlockUpdaterRule(step=nesterovs, state=("v",)),
    UpdaterClass.RMS_PROP: BlockUpdaterRule(step=updaters.rmsprop, state=("c",), initial=updaters.epsilon),
    UpdaterClass.NO_OP: BlockUpdaterRule(step=updaters.none),
}


def rule_of(rules: Mapping[UpdaterClass, BlockUpdaterRule], updater: UpdaterClass) -> BlockUpdaterRule:
    """Return an updater's rule. Raises Dl4jError for ``AdaBelief``, whose ``instantiate`` always fails."""
    if updater is UpdaterClass.ADA_BELIEF:
        raise Dl4jError("ArrayIndexOutOfBoundsException", "Index 1 out of bounds for length 1")
    return rules[updater]
