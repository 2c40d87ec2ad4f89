"""``LayerUpdater.applyLrDecayPolicy``: the next learning rate from the current one, in Java doubles.

The iteration is absolute while the rate is the last one, so every policy but Schedule compounds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from dl4j_backends.engine.java import exp, floor, power, quotient, remainder
from dl4j_backends.engine.settings import NetworkSettings


def next_learning_rate(rate: float, iteration: int, net: NetworkSettings, schedule: Mapping[int, float]) -> float:
    """Return the rate that this iteration uses and leaves behind."""
    decay, steps = net.lr_policy_decay_rate, net.lr_policy_steps
    match net.lr_policy:
        case "Exponential":
            return rate * power(decay, iteration)
        case "Inverse":
            return quotient(rate, power(1 + decay * iteration, net.lr_policy_power))
        case "Step":
            return rate * power(decay, floor(quotient(iteration, steps)))
        case "TorchStep":
            # The operands are this way round in DL4J: it decays at the divisors of `steps`.
            return rate * decay if iteration > 1 and remainder(steps, iteration) == 0 else rate
        case "Poly":
            return rate * power(1 - quotient(iteration, net.num_iterations), net.lr_policy_power)
        case "Sigmoid":
            return quotient(rate, 1 + exp(-decay * (iteration - steps)))
        case "Schedule":
            return schedule.get(iteration, rate)
        case "None" | "Score":  # Score is the optimiser's business.
            return rate
        case _:
            assert_never(net.lr_policy)
