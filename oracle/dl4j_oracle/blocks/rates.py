"""The learning rate and the momentum of a block: 0.9.1 pushes them into updater objects, 1.0.0 asks schedules.

Rates and momenta are Java doubles.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dl4j_oracle.arithmetic.interface import Arithmetic, Scalar
from dl4j_oracle.blocks.iupdater import UpdaterClass
from dl4j_oracle.blocks.layout import UpdaterBlock
from dl4j_oracle.blocks.network_configuration import BuiltNetwork
from dl4j_oracle.blocks.schedule import Schedule
from dl4j_oracle.clauses import clause
from dl4j_oracle.configuration import LearningRatePolicy
from dl4j_oracle.learning_rate import POLICIES, PolicySettings


@dataclass(frozen=True)
class Kept:
    """Whatever rates keep from one call to the next: rates by key, and of updater objects rates and momenta."""

    rates: Mapping[str, Scalar] = field(default_factory=dict)
    of_updaters: Sequence[Scalar] = ()
    momenta: Sequence[Scalar] = ()


class Rates(ABC):
    """The rates and momenta of a network. What does not apply is None."""

    kept: Kept = Kept()

    @abstractmethod
    def of_block(self, block: UpdaterBlock, iteration: int, epoch: int) -> tuple[Scalar | None, Scalar | None]:
        """Return the rate and the momentum with which a block is updated; those that are kept change with the call."""

    @abstractmethod
    def learning_rates(self, iteration: int, epoch: int) -> Mapping[str, Scalar] | Sequence[Scalar | None]:
        """Return the rates after a call: by key in 0.9.1, block by block in 1.0.0."""

    @abstractmethod
    def momenta(self, iteration: int, epoch: int) -> Mapping[str, Scalar | None] | Sequence[Scalar | None]:
        """Return the momenta after a call: by layer in 0.9.1, block by block in 1.0.0."""

    def updater_learning_rates(self) -> Sequence[Scalar | None] | None:
        """Return the rates of the layers' updater objects; None in 1.0.0."""
        return None


#: From a network, its blocks and the arithmetic to its rates.
RatesOf = Callable[[BuiltNetwork, Sequence[UpdaterBlock], Arithmetic], Rates]


class PushedRates(Rates):
    """The rates of 0.9.1: of every parameter, and of one updater object per layer, which is changed in place."""

    def __init__(self, network: BuiltNetwork, blocks: Sequence[UpdaterBlock], arithmetic: Arithmetic) -> None:
        self._network, self._arithmetic = network, arithmetic
        updaters = [layer.updater for layer in network.layers]
        self.kept = Kept(
            {p.key: arithmetic.scalar(p.learning_rate) for p in network.parameters},
            [arithmetic.scalar(u.setting("learning_rate")) for u in updaters],
            [arithmetic.scalar(u.setting("momentum")) for u in updaters],
        )

    @clause("BLOCK-5", "BLOCK-6")
    def of_block(self, block: UpdaterBlock, iteration: int, epoch: int) -> tuple[Scalar | None, Scalar | None]:
        """Return the rate and momentum of the layer's updater object.

        Under a policy, or in a layer of Nesterovs, the rate of the block's first parameter decays first. It becomes
        that of all its parameters, and of the updater object.
        """
        first = block.parameters[0]
        layer = self._network.layers[first.layer]
        policy = self._network.policy.lr_policy
        if policy is not LearningRatePolicy.NONE or layer.updater.type is UpdaterClass.NESTEROVS:
            before = self.kept.rates[first.key]
            rate = POLICIES[policy].rule(before, iteration, self._settings(first.layer, before))
            of_block = {parameter.key: rate for parameter in block.parameters}
            self.kept = replace(self.kept, rates={**self.kept.rates, **of_block})
            # Batch normalization's estimates have an updater of their own, which has no rate.
            if not first.is_estimate:
                self._push(first.layer, iteration, rate)
        return self.kept.of_updaters[first.layer], self.kept.momenta[first.layer]

    def _push(self, layer: int, iteration: int, rate: Scalar) -> None:
        """Run ``applySchedules``: momentum changes at exactly the iterations of its schedule."""
        rates, momenta = list(self.kept.of_updaters), list(self.kept.momenta)
        rates[layer] = rate
        schedule = self._network.layers[layer].updater.momentum_schedule
        if isinstance(schedule, Mapping) and iteration in schedule:
            momenta[layer] = self._arithmetic.scalar(schedule[iteration])
        self.kept = replace(self.kept, of_updaters=rates, momenta=momenta)

    def _settings(self, layer: int, rate: Scalar) -> PolicySettings:
        a, policy = self._arithmetic, self._network.policy
        schedule = self._network.layers[layer].learning_rate_schedule
        return PolicySettings(
            a.scalar(policy.lr_policy_decay_rate),
            a.scalar(policy.lr_policy_power),
            a.scalar(policy.lr_policy_steps),
            policy.num_iterations,
            {iteration: a.scalar(value) for iteration, value in schedule.items()},
            a,
            rate,
        )

    def learning_rates(self, iteration: int, epoch: int) -> Mapping[str, Scalar]:
        """Return the rates that the configuration holds, by key."""
        return dict(self.kept.rates)

    def momenta(self, iteration: int, epoch: int) -> Mapping[str, Scalar | None]:
        """Return the momenta of the updater objects, by layer; None where it is not Nesterovs."""
        return {
            str(index): self.kept.momenta[index] if layer.updater.type is UpdaterClass.NESTEROVS else None
            for index, layer in enumerate(self._network.layers)
        }

    def updater_learning_rates(self) -> Sequence[Scalar | None]:
        """Return the rates of the updater objects, layer by layer; None where they have none."""
        return [
            rate if layer.updater.has_learning_rate else None
            for rate, layer in zip(self.kept.of_updaters, self._network.layers, strict=True)
        ]


class ScheduledRates(Rates):
    """The rates of 1.0.0: each the value of a schedule, or a number, whatever happened before."""

    def __init__(self, network: BuiltNetwork, blocks: Sequence[UpdaterBlock], arithmetic: Arithmetic) -> None:
        self._blocks, self._arithmetic = blocks, arithmetic

    @clause("SCHED-1")
    def of_block(self, block: UpdaterBlock, iteration: int, epoch: int) -> tuple[Scalar | None, Scalar | None]:
        """Return ``getLearningRate`` and ``currentMomentum``."""
        updater = block.updater
        return (
            self._value("learning_rate", block, updater.learning_rate_schedule, iteration, epoch),
            self._value("momentum", block, updater.momentum_schedule, iteration, epoch),
        )

    def _value(self, name: str, block: UpdaterBlock, schedule: object, iteration: int, epoch: int) -> Scalar | None:
        if name not in block.updater.settings:
            return None
        if isinstance(schedule, Schedule):
            return schedule.value_at(iteration, epoch, self._arithmetic)
        return self._arithmetic.scalar(block.updater.settings[name])

    def learning_rates(self, iteration: int, epoch: int) -> Sequence[Scalar | None]:
        """Return ``getLearningRate``, block by block; None where the updater has none."""
        return [self.of_block(block, iteration, epoch)[0] for block in self._blocks]

    def momenta(self, iteration: int, epoch: int) -> Sequence[Scalar | None]:
        """Return ``currentMomentum``, block by block; None where the updater is not Nesterovs."""
        return [self.of_block(block, iteration, epoch)[1] for block in self._blocks]
