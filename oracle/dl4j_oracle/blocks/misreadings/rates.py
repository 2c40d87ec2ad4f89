"""Misreadings of learning rates and momenta: how 0.9.1 pushes them, and what 1.0.0 asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dl4j_oracle.arithmetic.interface import Arithmetic, Scalar
from dl4j_oracle.blocks.iupdater import UpdaterClass
from dl4j_oracle.blocks.layout import UpdaterBlock
from dl4j_oracle.blocks.misreadings.misreading import NEW, OLD, block_misreading
from dl4j_oracle.blocks.network_configuration import BuiltNetwork
from dl4j_oracle.blocks.rates import PushedRates, ScheduledRates
from dl4j_oracle.configuration import LearningRatePolicy

_Found = tuple[Scalar | None, Scalar | None]


@block_misreading(
    "bias-rate-counts",
    OLD,
    clauses=("BLOCK-6",),
    replaces="rates",
    references=("DL4J 0.8.0", "biasLearningRate's page"),
)
class _BiasRateCounts(PushedRates):
    """A bias learning rate counts without a policy too."""

    def of_block(self, block: UpdaterBlock, iteration: int, epoch: int) -> _Found:
        _, momentum = super().of_block(block, iteration, epoch)
        return self.kept.rates[block.parameters[0].key], momentum


@block_misreading("decay-from-the-start", OLD, clauses=("BLOCK-6",), replaces="rates", references=("DL4J 1.0.0-M2.1",))
class _DecayFromTheStart(PushedRates):
    """A policy starts from the configured rate each time: schedules of 1.0.0-M2.1 do not compound."""

    def of_block(self, block: UpdaterBlock, iteration: int, epoch: int) -> _Found:
        configured = {p.key: self._arithmetic.scalar(p.learning_rate) for p in block.parameters}
        self.kept = replace(self.kept, rates={**self.kept.rates, **configured})
        return super().of_block(block, iteration, epoch)


@block_misreading(
    "nesterovs-not-pushed", OLD, clauses=("BLOCK-6",), replaces="rates", references=("how other updaters are updated",)
)
class _NesterovsNotPushed(PushedRates):
    """Without a policy nothing is pushed into Nesterovs: neither bias rates nor momenta of a schedule."""

    def of_block(self, block: UpdaterBlock, iteration: int, epoch: int) -> _Found:
        if self._network.policy.lr_policy is not LearningRatePolicy.NONE:
            return super().of_block(block, iteration, epoch)
        layer = block.parameters[0].layer
        return self.kept.of_updaters[layer], self.kept.momenta[layer]


@block_misreading(
    "policy-not-pushed", OLD, clauses=("BLOCK-6",), replaces="rates", references=("a port that reads updater objects",)
)
class _PolicyNotPushed(PushedRates):
    """A policy changes the rates of the configuration, and not those of the updater objects."""

    def _push(self, layer: int, iteration: int, rate: Scalar) -> None:
        super()._push(layer, iteration, self.kept.of_updaters[layer])


@block_misreading(
    "momentum-from-a-map", OLD, clauses=("BLOCK-5",), replaces="rates", references=("MapSchedule of DL4J 1.0.0-M2.1",)
)
class _MomentumFromAMap(PushedRates):
    """The momentum is the schedule's value at the greatest iteration that is not after this one."""

    def _push(self, layer: int, iteration: int, rate: Scalar) -> None:
        super()._push(layer, iteration, rate)
        schedule = self._network.layers[layer].updater.momentum_schedule
        before = [i for i in schedule if i <= iteration] if isinstance(schedule, Mapping) else []
        if before and isinstance(schedule, Mapping):
            momenta = list(self.kept.momenta)
            momenta[layer] = self._arithmetic.scalar(schedule[max(before)])
            self.kept = replace(self.kept, momenta=momenta)


@block_misreading(
    "momentum-schedule-returns", OLD, clauses=("BLOCK-5",), replaces="rates", references=("a port that looks it up",)
)
class _MomentumScheduleReturns(PushedRates):
    """A momentum of the schedule counts for its iteration alone."""

    def _push(self, layer: int, iteration: int, rate: Scalar) -> None:
        momenta = list(self.kept.momenta)
        momenta[layer] = self._arithmetic.scalar(self._network.layers[layer].updater.setting("momentum"))
        self.kept = replace(self.kept, momenta=momenta)
        super()._push(layer, iteration, rate)


@block_misreading(
    "rate-compounds", NEW, clauses=("SCHED-1",), replaces="rates", references=("DL4J 0.9.1", "DL4J 0.8.0")
)
class _RateCompounds(ScheduledRates):
    """The values of a schedule multiply up from call to call: policies of 0.9.1 compound."""

    def __init__(self, network: BuiltNetwork, blocks: Sequence[UpdaterBlock], arithmetic: Arithmetic) -> None:
        super().__init__(network, blocks, arithmetic)
        self._last: dict[str, Scalar] = {}

    def of_block(self, block: UpdaterBlock, iteration: int, epoch: int) -> _Found:
        rate, momentum = super().of_block(block, iteration, epoch)
        key = block.parameters[0].key
        if rate is None or block.updater.learning_rate_schedule is None:
            return rate, momentum
        first = block.updater.learning_rate_schedule.value_at(0, 0, self._arithmetic)
        self._last[key] = self._last.get(key, first) * (rate / first)
        return self._last[key], momentum


@block_misreading(
    "counts-from-one", NEW, clauses=("SCHED-1",), replaces="rates", references=("a port that counts before it updates",)
)
class _CountsFromOne(ScheduledRates):
    """Schedules see the iteration and the epoch plus one."""

    def of_block(self, block: UpdaterBlock, iteration: int, epoch: int) -> _Found:
        return super().of_block(block, iteration + 1, epoch + 1)


@block_misreading(
    "epochs-as-iterations", NEW, clauses=("SCHED-1",), replaces="rates", references=("DL4J 0.9.1, which has no epochs",)
)
class _EpochsAsIterations(ScheduledRates):
    """Schedules by epoch read the iteration."""

    def of_block(self, block: UpdaterBlock, iteration: int, epoch: int) -> _Found:
        return super().of_block(block, iteration, iteration)


@block_misreading(
    "iterations-as-epochs",
    NEW,
    clauses=("SCHED-1",),
    replaces="rates",
    references=("Keras, whose schedulers run by epoch",),
)
class _IterationsAsEpochs(ScheduledRates):
    """Schedules by iteration read the epoch."""

    def of_block(self, block: UpdaterBlock, iteration: int, epoch: int) -> _Found:
        return super().of_block(block, epoch, epoch)


@block_misreading(
    "momentum-constant", NEW, clauses=("SCHED-1",), replaces="rates", references=("torch.optim.SGD(momentum=0.9)",)
)
class _MomentumConstant(ScheduledRates):
    """NESTEROVS: The momentum is 0.9, whatever is configured."""

    def of_block(self, block: UpdaterBlock, iteration: int, epoch: int) -> _Found:
        rate, momentum = super().of_block(block, iteration, epoch)
        return rate, momentum if block.updater.type is not UpdaterClass.NESTEROVS else self._arithmetic.scalar(0.9)
