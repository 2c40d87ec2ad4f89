"""The formulae of 0.9.1 and 1.0.0-M2.1 that the engine does not have, on a block of a gradient and its state.

A formula overwrites the gradient ``g`` with the update, and changes the arrays of the state in place.

Arrays are 1-D, of the network's dtype, and as long as the block; numbers are Java doubles. Those of native formulae are
rounded to the dtype before. Sums and quotients by ``xp`` are raw operations, without ND4J's rules for operands.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dl4j_backends.blocks.operations import BlockNd4j
from dl4j_backends.engine import formulae as unchanged
from dl4j_backends.engine.formulae import Numbers
from dl4j_backends.engine.java import fast_math_power, incremented, power, quotient
from dl4j_backends.engine.nd4j import Array


@dataclass(frozen=True)
class Call:
    """The numbers of one call of an updater."""

    iteration: int
    learning_rate: float
    momentum: float
    settings: Mapping[str, float]
    nd4j: BlockNd4j
    #: The power of a double to a count of iterations, as the version computes it with these operations.
    power: Callable[[float, int, BlockNd4j], float]

    @cached_property
    def beta1_power(self) -> float:
        """``beta1`` to the power of the iterations, this one included."""
        return self.power(self.beta1, self.iteration, self.nd4j)

    @cached_property
    def beta2_power(self) -> float:
        """``beta2`` to the same power."""
        return self.power(self.beta2, self.iteration, self.nd4j)

    @property
    def beta1(self) -> float:
        """The decay of the first moment."""
        return self.settings["beta1"]

    @property
    def beta2(self) -> float:
        """The decay of the second moment, or of the norm."""
        return self.settings["beta2"]

    @property
    def epsilon(self) -> float:
        """The settings' epsilon."""
        return self.settings["epsilon"]


#: Called with the call, the gradient and the state's arrays in the order of the view.
BlockFormula = Callable[..., None]


def _kept(formula: Callable[..., None], alpha: Callable[[Call], float] | None = None) -> BlockFormula:
    """Return a formula of the engine, which takes its numbers in a tuple."""

    def run(call: Call, g: Array, *state: Array) -> None:
        s = call.settings
        decay = s.get("beta2", s.get("rho", s.get("rms_decay", math.nan)))
        numbers = Numbers(
            call.learning_rate,
            call.momentum,
            s.get("beta1", math.nan),
            decay,
            s.get("epsilon", math.nan),
            alpha(call) if alpha else math.nan,
        )
        formula(numbers, call.nd4j, g, g, *state)

    return run


def nesterovs(call: Call, g: Array, v: Array) -> None:
    """Compute ``NesterovsUpdater.applyUpdater``: the view is the velocity. The last sum is a raw operation."""
    nd4j, mu = call.nd4j, call.momentum
    coasting = nd4j.scaled(v, mu, nd4j.row(g))
    nd4j.multiply(g, call.learning_rate)
    nd4j.difference(coasting, g, v)
    nd4j.xp.add(coasting, nd4j.scaled(v, -mu - 1, g), out=g)


def ada_max(call: Call, g: Array, m: Array, u: Array) -> None:
    """Compute ``AdaMaxUpdater.applyUpdater``. The maximum is a raw operation."""
    nd4j = call.nd4j
    _first_moment(call, g, m)
    _grow(call, g, u)
    nd4j.xp.add(u, nd4j.scalar(1e-32), out=u)
    alpha = _usable(quotient(call.learning_rate, 1 - call.beta1_power), call.epsilon)
    nd4j.quotient(nd4j.scaled(m, alpha, g), u, g)


def nadam(call: Call, g: Array, m: Array, v: Array) -> None:
    """Compute ``NadamUpdater.applyUpdater``."""
    nd4j = call.nd4j
    fresh = nd4j.scaled(g, 1 - call.beta1, nd4j.second_row(g))
    nd4j.multiply(m, call.beta1)
    nd4j.add(m, fresh)
    _second_moment(call, g, v)
    rest = 1 - call.beta1_power
    nd4j.scaled(m, call.beta1, g)
    nd4j.divide(g, rest)
    nd4j.divide(fresh, rest)
    nd4j.add(g, fresh)
    nd4j.multiply(g, call.learning_rate)
    nd4j.quotient(g, nd4j.root_plus(v, call.epsilon, nd4j.row(g)), g)


def native_adam(call: Call, g: Array, m: Array, v: Array) -> None:
    """Compute libnd4j's ``adam_updater``."""
    _first_moment(call, g, m)
    _second_moment(call, g, v)
    _step(call, g, m, v)


def ams_grad(call: Call, g: Array, m: Array, v: Array, largest: Array) -> None:
    """Compute libnd4j's ``ams_grad_updater``."""
    _first_moment(call, g, m)
    _second_moment(call, g, v)
    call.nd4j.keep_larger(largest, v)
    _step(call, g, m, largest)


def native_ada_max(call: Call, g: Array, m: Array, u: Array) -> None:
    """Compute libnd4j's ``ada_max_updater``: its constant is a double, and so is the sum."""
    nd4j = call.nd4j
    _first_moment(call, g, m)
    _grow(call, g, u)
    nd4j.add_in_double(u, 1e-32)
    alpha = quotient(call.learning_rate, 1 - call.beta1_power)
    nd4j.scaled(m, _usable(float(nd4j.narrow(alpha)), call.epsilon), g)
    nd4j.quotient(g, u, g)


def native_nadam(call: Call, g: Array, m: Array, v: Array) -> None:
    """Compute libnd4j's ``nadam_updater``: the two terms have one quotient."""
    nd4j = call.nd4j
    fresh = nd4j.scaled(g, 1 - call.beta1, nd4j.second_row(g))
    nd4j.multiply(m, call.beta1)
    nd4j.add(m, fresh)
    _second_moment(call, g, v)
    nd4j.scaled(m, call.beta1, g)
    nd4j.add(g, fresh)
    nd4j.xp.divide(g, nd4j.scalar(1 - call.beta1_power), out=g)
    nd4j.multiply(g, call.learning_rate)
    nd4j.quotient(g, nd4j.root_plus(v, call.epsilon, nd4j.row(g)), g)


def native_ada_grad(call: Call, g: Array, h: Array) -> None:
    """Compute libnd4j's ``ada_grad_updater``: the product comes first."""
    nd4j = call.nd4j
    nd4j.add(h, nd4j.squared(g, nd4j.row(g)))
    nd4j.multiply(g, call.learning_rate)
    nd4j.quotient(g, nd4j.root_plus(h, call.epsilon, nd4j.row(g)), g)


def _first_moment(call: Call, g: Array, m: Array) -> None:
    nd4j = call.nd4j
    nd4j.multiply(m, call.beta1)
    nd4j.add(m, nd4j.scaled(g, 1 - call.beta1, nd4j.row(g)))


def _second_moment(call: Call, g: Array, v: Array) -> None:
    nd4j = call.nd4j
    square = nd4j.squared(g, nd4j.row(g))
    nd4j.multiply(square, 1 - call.beta2)
    nd4j.multiply(v, call.beta2)
    nd4j.add(v, square)


def _grow(call: Call, g: Array, u: Array) -> None:
    """Set ``u`` to the larger of ``beta2 * u`` and ``|g|``, and to ``|g|`` where one of them is NaN."""
    call.nd4j.multiply(u, call.beta2)
    call.nd4j.xp.abs(g, out=g)
    call.nd4j.keep_larger(u, g)


def _step(call: Call, g: Array, m: Array, v: Array) -> None:
    """Write Adam's update into ``g``: the root of its step size is of the dtype, its quotient a double."""
    nd4j = call.nd4j
    root = np.sqrt(nd4j.narrow(1 - call.beta2_power))
    scaled = float(nd4j.narrow(call.learning_rate) * root)
    alpha = float(nd4j.narrow(quotient(scaled, 1 - call.beta1_power)))
    nd4j.scaled(m, _usable(alpha, call.epsilon), g)
    nd4j.quotient(g, nd4j.root_plus(v, call.epsilon, nd4j.row(g)), g)


def java_power(base: float, iteration: int, _: BlockNd4j) -> float:
    """Return ``FastMath.pow(base, iteration + 1)``."""
    return fast_math_power(base, incremented(iteration))


def native_power(base: float, iteration: int, nd4j: BlockNd4j) -> float:
    """Return C's power in the dtype; the count is of the dtype too."""
    count = nd4j.narrow(iteration) + nd4j.narrow(1)
    return float(nd4j.narrow(power(base, float(count))))


def _usable(alpha: float, epsilon: float) -> float:
    return epsilon if alpha == 0 or not math.isfinite(alpha) else alpha


def _old_adam_step(call: Call) -> float:
    """Return ``AdamUpdater``'s step size: infinite ones stay."""
    rest = 1 - call.beta2_power
    root = math.nan if rest < 0 else math.sqrt(rest)
    alpha = quotient(call.learning_rate * root, 1 - call.beta1_power)
    return call.epsilon if alpha == 0 or math.isnan(alpha) else alpha


#: By class: what 0.9.1 computes.
OLD: Mapping[str, BlockFormula] = {
    "Sgd": _kept(unchanged.sgd),
    "Adam": _kept(unchanged.adam, _old_adam_step),
    "AdaMax": ada_max,
    "Nadam": nadam,
    "AdaDelta": _kept(unchanged.ada_delta),
    "AdaGrad": _kept(unchanged.ada_grad),
    "Nesterovs": nesterovs,
    "RmsProp": _kept(unchanged.rms_prop),
    "NoOp": _kept(unchanged.no_op),
}
#: By class: what 1.0.0-M2.1 computes.
NATIVE: Mapping[str, BlockFormula] = {
    **OLD,
    "Adam": native_adam,
    "AMSGrad": ams_grad,
    "AdaMax": native_ada_max,
    "Nadam": native_nadam,
    "AdaGrad": native_ada_grad,
}
