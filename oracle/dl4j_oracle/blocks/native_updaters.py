"""The gradient updaters of 1.0.0-M2.1 that are not those of 0.9.1: native operations in the array's type.

A native operation rounds every setting to the array's type first (:func:`in_array_type`), and computes with numbers of
that type. ``1 - beta`` is rounded to it where it meets the array, as everywhere, so that the rules of SGD, AdaDelta,
RmsProp and Nesterovs are 0.9.1's. Powers are C's ``powf`` and ``pow``, which the ieee arithmetic rounds correctly, as
glibc does in all but about 0.1 % of calls, and enclosures widen by 1 ulp.

Arrays are 1-D, of the network's dtype, and as long as the block.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dl4j_oracle import updaters
from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Scalar
from dl4j_oracle.blocks.iupdater import UpdaterClass
from dl4j_oracle.blocks.updaters import UPDATERS_0_9_1, BlockUpdaterRule, usable
from dl4j_oracle.clauses import clause
from dl4j_oracle.updaters import Call, Memory


@clause("NATIVE-1")
def in_array_type(setting: Scalar, arithmetic: Arithmetic) -> Scalar:
    """Return a setting rounded to the array's type, as a native operation takes it: the element of an array."""
    return arithmetic.full(1, setting).item()


@clause("NATIVE-2")
def power(base: Scalar, call: Call) -> Scalar:
    """Return ``base^t`` in the array's type, t being the iteration in that type plus 1."""
    a = call.arithmetic
    t = in_array_type(in_array_type(a.scalar(call.iteration), a) + 1, a)
    return a.native_power(base, t)


@clause("NATIVE-3")
def step_size(call: Call) -> Scalar:
    """Return the step size of ``Adam`` and ``AMSGrad``: the root in the array's type, the quotient in double."""
    s, a = call.settings, call.arithmetic
    root = in_array_type(in_array_type(1 - power(s.adam_var_decay, call), a).sqrt(), a)
    alphat = in_array_type(in_array_type(call.learning_rate * root, a) / (1 - power(s.adam_mean_decay, call)), a)
    return usable(alphat, s.epsilon)


@clause("NATIVE-3")
def adam(gradient: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """Return the update of ``Adam``: 0.9.1's, with another step size."""
    s = call.settings
    m = memory.view["m"] * s.adam_mean_decay + gradient * (1 - s.adam_mean_decay)
    v = memory.view["v"] * s.adam_var_decay + gradient * gradient * (1 - s.adam_var_decay)
    return m * step_size(call) / (v.sqrt() + s.epsilon), replace(memory, view={"m": m, "v": v})


@clause("NATIVE-4")
def ams_grad(gradient: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """Return the update of ``AMSGrad``: Adam's, over the greatest v so far."""
    s = call.settings
    m = memory.view["m"] * s.adam_mean_decay + gradient * (1 - s.adam_mean_decay)
    v = memory.view["v"] * s.adam_var_decay + gradient * gradient * (1 - s.adam_var_decay)
    greatest = memory.view["vHat"].larger(v)
    update = m * step_size(call) / (greatest.sqrt() + s.epsilon)
    return update, replace(memory, view={"m": m, "v": v, "vHat": greatest})


@clause("NATIVE-5")
def ada_max(gradient: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """Return the update of ``AdaMax``: 0.9.1's, where 1e-32 is added in double."""
    s, a = call.settings, call.arithmetic
    m = memory.view["m"] * s.adam_mean_decay + gradient * (1 - s.adam_mean_decay)
    greater = (memory.view["u"] * s.adam_var_decay).larger(gradient.magnitude())
    u = greater.add_in_double(a.scalar(1e-32))
    alphat = usable(in_array_type(call.learning_rate / (1 - power(s.adam_mean_decay, call)), a), s.epsilon)
    return m * alphat / u, replace(memory, view={"m": m, "u": u})


@clause("NATIVE-6")
def nadam(gradient: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """Return the update of ``Nadam``: one quotient by 1 - beta1^t."""
    s, a = call.settings, call.arithmetic
    k = gradient * (1 - s.adam_mean_decay)
    m = memory.view["m"] * s.adam_mean_decay + k
    v = memory.view["v"] * s.adam_var_decay + gradient * gradient * (1 - s.adam_var_decay)
    rest = in_array_type(1 - power(s.adam_mean_decay, call), a)
    update = (m * s.adam_mean_decay + k) / rest * call.learning_rate / (v.sqrt() + s.epsilon)
    return update, replace(memory, view={"m": m, "v": v})


@clause("NATIVE-7")
def ada_grad(gradient: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """Return the update of ``AdaGrad``: the product lr * g first, then the quotient."""
    h = memory.view["h"] + gradient * gradient
    update = gradient * call.learning_rate / (h.sqrt() + call.settings.epsilon)
    return update, replace(memory, view={"h": h})


#: The updaters of 1.0.0-M2.1: those of 0.9.1, but for these.
UPDATERS_1_0_0_M2_1: Mapping[UpdaterClass, BlockUpdaterRule] = {
    **UPDATERS_0_9_1,
    UpdaterClass.ADAM: replace(UPDATERS_0_9_1[UpdaterClass.ADAM], step=adam),
    UpdaterClass.AMS_GRAD: BlockUpdaterRule(step=ams_grad, state=("m", "v", "vHat"), initial=updaters.zero),
    UpdaterClass.ADA_MAX: replace(UPDATERS_0_9_1[UpdaterClass.ADA_MAX], step=ada_max),
    UpdaterClass.NADAM: replace(UPDATERS_0_9_1[UpdaterClass.NADAM], step=nadam),
    UpdaterClass.ADA_GRAD: replace(UPDATERS_0_9_1[UpdaterClass.ADA_GRAD], step=ada_grad),
}
