"""The blocks of a network, and their state view (``BaseMultiLayerUpdater``'s constructor, ``UpdaterUtils``)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dl4j_oracle.blocks.iupdater import IUpdater, updaters_are_equal
from dl4j_oracle.blocks.network_configuration import BuiltNetwork, Parameter
from dl4j_oracle.blocks.schedule import same_double
from dl4j_oracle.clauses import clause
from dl4j_oracle.configuration import LearningRatePolicy


@dataclass(frozen=True)
class UpdaterBlock:
    """Parameters that follow each other and share an updater: the places of their gradient and of their state."""

    parameters: tuple[Parameter, ...]
    start: int
    state_start: int
    state_length: int

    @property
    def length(self) -> int:
        """The number of the block's parameters."""
        return sum(parameter.length for parameter in self.parameters)

    @property
    def updater(self) -> IUpdater:
        """The configuration of the updater: the first parameter's."""
        return self.parameters[0].updater

    @property
    def is_skipped(self) -> bool:
        """True for a visible bias, which stands in a block of its own."""
        return self.parameters[0].is_pretrained


#: Whether a parameter joins the block of the one before it.
Joins = Callable[[Parameter, Parameter, BuiltNetwork], bool]


@clause("BLOCK-2")
def joins(before: Parameter, after: Parameter, network: BuiltNetwork) -> bool:
    """Return whether two parameters share a block: their updaters are equal, and neither is a visible bias."""
    if before.is_pretrained or after.is_pretrained:
        return False
    return updaters_are_equal(before.updater, after.updater)


@clause("BLOCK-3")
def joins_with_equal_rates(before: Parameter, after: Parameter, network: BuiltNetwork) -> bool:
    """Return whether two parameters share a block of 0.9.1: their rates must be equal too, and what decays them.

    Under TorchStep and Score no parameters share one; under Schedule the maps of their layers must be equal.
    """
    if not joins(before, after, network) or before.learning_rate != after.learning_rate:
        return False
    policy = network.policy.lr_policy
    if policy is LearningRatePolicy.SCHEDULE:
        x, y = (network.layers[p.layer].learning_rate_schedule for p in (before, after))
        return x.keys() == y.keys() and all(same_double(value, y[key]) for key, value in x.items())
    return policy not in (LearningRatePolicy.TORCH_STEP, LearningRatePolicy.SCORE)


@clause("BLOCK-2", "BLOCK-7")
def blocks_of(
    network: BuiltNetwork, joins_block: Joins, arrays_of_state: Callable[[IUpdater], int]
) -> tuple[UpdaterBlock, ...]:
    """Return the blocks, in flat order; ``arrays_of_state`` says how many arrays an updater keeps."""
    groups: list[list[Parameter]] = []
    for parameter in network.parameters:
        if groups and joins_block(groups[-1][-1], parameter, network):
            groups[-1].append(parameter)
        else:
            groups.append([parameter])
    blocks: list[UpdaterBlock] = []
    start = state_start = 0
    for group in groups:
        length = sum(parameter.length for parameter in group)
        state = length * arrays_of_state(group[0].updater)
        blocks.append(UpdaterBlock(tuple(group), start, state_start, state))
        start, state_start = start + length, state_start + state
    return tuple(blocks)
