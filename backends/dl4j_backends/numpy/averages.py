"""``GradientUpdaterAggregator``: what averages of updaters keep, one updater's own among them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import reduce
from operator import add

from dl4j_backends.interface import Dl4jException
from dl4j_backends.numpy.nd4j import Array
from dl4j_backends.numpy.updaters import STATE_ARRAYS, GradientUpdater

#: Three classes forget epsilon, and have that of a new object.
_FORGOTTEN = {"ADADELTA": 1e-6, "ADAGRAD": 1e-6, "RMSPROP": 1e-8}


def aggregated(groups: Sequence[Sequence[GradientUpdater]]) -> GradientUpdater:
    """The updater that an aggregator gives which took up the first group, and was combined with that of the second.

    Its state is new arrays.
    """
    updaters = [updater for group in groups for updater in group]
    first, count = updaters[0], len(updaters)
    if STATE_ARRAYS[first.kind] and not all(updater.initialized for updater in updaters):
        raise Dl4jException("NullPointerException", "nothing to aggregate")

    def mean(of: Callable[[GradientUpdater], float]) -> float:
        return reduce(add, (reduce(add, map(of, group)) for group in groups)) / count

    epsilon = mean(lambda updater: updater.settings.epsilon)
    settings = replace(
        first.settings,
        adam_mean_decay=mean(lambda updater: updater.settings.adam_mean_decay),
        adam_var_decay=mean(lambda updater: updater.settings.adam_var_decay),
        rho=mean(lambda updater: updater.settings.rho),
        rms_decay=mean(lambda updater: updater.settings.rms_decay),
        epsilon=_FORGOTTEN.get(first.kind, epsilon),
    )
    rate = mean(lambda updater: updater.learning_rate)
    with first.nd4j.silently():
        arrays = tuple(_mean(groups, number, count) for number in range(STATE_ARRAYS[first.kind]))
    return replace(
        first,
        settings=settings,
        state=arrays,
        velocity=None,
        # Sgd's aggregator alone begins with 0, which a -0.0 becomes.
        learning_rate=rate + 0.0 if first.kind == "SGD" else rate,
        momentum=mean(lambda updater: updater.momentum),
        calls=sum(updater.calls for updater in updaters) // count,
    )


def _mean(groups: Sequence[Sequence[GradientUpdater]], number: int, count: int) -> Array:
    nd4j = groups[0][0].nd4j
    first, *others = [_sum(group, number) for group in groups]
    for other in others:
        nd4j.add(first, other)
    nd4j.divide(first, count)
    return first


def _sum(group: Sequence[GradientUpdater], number: int) -> Array:
    nd4j = group[0].nd4j
    first, *others = _arrays(group, number)
    total = nd4j.copy(first)
    for other in others:
        nd4j.add(total, other)
    return total


def _arrays(group: Sequence[GradientUpdater], number: int) -> Iterator[Array]:
    """An array of each, as it uses it: NESTEROVS' velocity where it has left the view."""
    for updater in group:
        yield updater.state[number] if updater.velocity is None else updater.velocity
