"""The parts that the steps of all updaters have: what happens to the gradient before, to the update and state after.

Arrays are 1-D, of the network's dtype.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps

from dl4j_oracle.arithmetic.interface import Array, Scalar
from dl4j_oracle.updaters import Call, Memory, UpdateRule


def _as_it_is(array: Array, call: Call) -> Array:
    return array


def _same(step: UpdateRule) -> UpdateRule:
    return step


def _rate(call: Call) -> Scalar:
    return call.learning_rate


def configured_epsilon(call: Call) -> Scalar:
    """Return the configured epsilon, or the updater's default."""
    return call.settings.epsilon


@dataclass(frozen=True, kw_only=True)
class StepParts:
    """The parts around the formula of a step; DL4J has nothing there."""

    #: The gradient that the formula sees.
    entering: Callable[[Array, Call], Array] = _as_it_is
    #: The learning rate that the formula sees.
    rate: Callable[[Call], Scalar] = _rate
    #: The update times a factor.
    scaling: Callable[[Array, Call], Array] = _as_it_is
    #: The update with its sign.
    sign: Callable[[Array, Call], Array] = _as_it_is
    #: The step with the state that it keeps and shows.
    keeping: Callable[[UpdateRule], UpdateRule] = _same
    #: The step with the update that it gives at a time.
    timing: Callable[[UpdateRule], UpdateRule] = _same
    #: The formula with its rule for NaN operands.
    operands: Callable[[UpdateRule], UpdateRule] = _same

    def around(self, formula: UpdateRule) -> UpdateRule:
        """Return the step that has ``formula`` inside."""
        inside = self.operands(formula)

        @wraps(formula)
        def step(gradient: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
            seen = replace(call, learning_rate=self.rate(call))
            update, after = inside(self.entering(gradient, call), memory, seen)
            return self.sign(self.scaling(update, call), call), after

        return self.timing(self.keeping(step))


@dataclass(frozen=True, kw_only=True)
class SimpleStepParts(StepParts):
    """The parts of a step whose formula has none."""

    formula: UpdateRule

    def rule(self) -> UpdateRule:
        """Return the step."""
        return self.around(self.formula)
