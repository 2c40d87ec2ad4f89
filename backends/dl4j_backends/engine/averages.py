"""``GradientUpdaterAggregator``: averages of updaters, that of a single updater among them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import reduce
from operator import add

from dl4j_backends.engine.nd4j import Array
from dl4j_backends.engine.parameter_updater import ParameterUpdater
from dl4j_backends.interface import Dl4jException


def aggregated(groups: Sequence[Sequence[ParameterUpdater]]) -> ParameterUpdater:
    """Return the average of updaters of one parameter, in new arrays.

    One aggregator takes up the updaters of a group; that of the first group is then combined with the others.
    Raises :class:`Dl4jException` where an updater has no state yet.
    """
    updaters = [updater for group in groups for updater in group]
    first, count = updaters[0], len(updaters)
    facts = first.updater
    if facts.state and not all(updater.initialized for updater in updaters):
        raise Dl4jException("NullPointerException", "nothing to aggregate")

    def mean(of: Callable[[ParameterUpdater], float]) -> float:
        return reduce(add, (reduce(add, map(of, group)) for group in groups)) / count

    forgotten = facts.epsilon_of_average
    settings = replace(
        first.settings,
        adam_mean_decay=mean(lambda updater: updater.settings.adam_mean_decay),
        adam_var_decay=mean(lambda updater: updater.settings.adam_var_decay),
        rho=mean(lambda updater: updater.settings.rho),
        rms_decay=mean(lambda updater: updater.settings.rms_decay),
        epsilon=mean(lambda updater: updater.settings.epsilon) if forgotten is None else forgotten,
    )
    rate = mean(lambda updater: updater.learning_rate)
    with first.nd4j.silently():
        arrays = tuple(_mean(groups, number, count) for number in range(len(facts.state)))
    return replace(
        first,
        settings=settings,
        state=arrays,
        velocity=None,
        learning_rate=rate + 0.0 if facts.sums_rates_from_zero else rate,
        momentum=mean(lambda updater: updater.momentum),
        calls=sum(updater.calls for updater in updaters) // count,
    )


def _mean(groups: Sequence[Sequence[ParameterUpdater]], number: int, count: int) -> Array:
    nd4j = groups[0][0].nd4j
    first, *others = [_sum(group, number) for group in groups]
    for other in others:
        nd4j.add(first, other)
    nd4j.divide(first, count)
    return first


def _sum(group: Sequence[ParameterUpdater], number: int) -> Array:
    nd4j = group[0].nd4j
    first, *others = (updater.arrays[number] for updater in group)
    total = nd4j.copy(first)
    for other in others:
        nd4j.add(total, other)
    return total
