"""The oracle's arithmetics side by side: what a value costs, and what a certified verdict costs.

One update of one long parameter, with L2, L1 and the division by the batch size, from a state that is given. A backend
that declares its state shows it too. The verdicts are those of level *bounded*.

Arrays are 1-D, of the network's dtype.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from statistics import median

import numpy as np

from dl4j_backends import workload
from dl4j_backends.interface import CORRECTLY_ROUNDED, STATE_OUT
from dl4j_backends.workload import BATCH_SIZE, ITERATION, KEY, Clock
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.operations import Update
from dl4j_conformance.cases.parameter_lengths import state_size
from dl4j_conformance.cases.values import Floats
from dl4j_conformance.execution.enclosed_script import enclose
from dl4j_conformance.execution.observe import observe
from dl4j_conformance.execution.oracle_backend import OracleBackend
from dl4j_conformance.execution.oracle_session import ExactSession, network_updater
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.judging.enclosure_check import EnclosureCheck, Position
from dl4j_conformance.judging.rounding import bounded_model
from dl4j_oracle.arithmetic.exact import ExactArithmetic
from dl4j_oracle.arithmetic.long_arrays import LONG
from dl4j_oracle.profile import DEFAULT_RULES

_SHOWN = frozenset({STATE_OUT})
#: Elements of which mpmath gives values, and verdicts, and those that NumPy takes operation by operation.
_MANY, _FEW, _SHORT = 1000, 200, LONG - 1
#: Bits that mpmath computes with: enough to decide nearly every comparison.
_PREC = 100
#: One element in so many is moved to an edge of its enclosure where verdicts are compared.
_EDGES = 40


@dataclass(frozen=True)
class Comparison:
    """Nanoseconds per element of each way, the median of all rounds, and how many verdicts are those of mpmath."""

    updater: str
    dtype: str
    nanoseconds: Mapping[str, float]
    compared: int
    equal: int


VALUES, VERDICTS = "exact values", "exact verdicts"
IEEE, ENCLOSURES, COMPILED = "ieee values", "enclosures", "compiled enclosures"


def compare(updater: str, dtype: str, size: int, rounds: int, clock: Clock) -> Comparison:
    """Measure one updater; ``size`` is the number of elements for ieee and the compiled enclosures."""
    many, few, short, long = (_outcome(updater, dtype, length) for length in (_MANY, _FEW, _SHORT, size))
    ways: dict[str, tuple[int, Callable[[], object]]] = {
        VALUES: (_MANY, lambda: _exactly(many.case)),
        VERDICTS: (_FEW, lambda: _decide(few, range(_FEW))),
        IEEE: (size, lambda: observe(OracleBackend(), long.case)),
        ENCLOSURES: (_SHORT, lambda: _check(short)),
        COMPILED: (size, lambda: _check(long)),
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(1 + rounds):
        for name, (length, way) in ways.items():
            started = clock()
            way()
            # The first round fills caches, and compiles.
            if number:
                taken[name].append((clock() - started) / length)
    compared, equal = _agreement(_outcome(updater, dtype, max(LONG, 1 << 15)))
    return Comparison(updater, dtype, {name: median(values) for name, values in taken.items()}, compared, equal)


@dataclass(frozen=True)
class _Outcome:
    """A case of one update, and what the evaluation model makes of it."""

    case: Case
    got: Outcome


def _outcome(updater: str, dtype: str, size: int) -> _Outcome:
    rng = np.random.default_rng(1)
    network = workload.network(updater, size, dtype)
    layer = {**network.layers[0], "l1": 0.01, "l2": 0.02}
    state = np.abs(rng.normal(size=state_size([layer], [{"W": size, "b": size}]))).astype(dtype)
    params = {key: rng.normal(size=size).astype(dtype) for key in network.params}
    network = replace(network, conf={"use_regularization": True}, layers=(layer,), params=params)
    if len(state):
        network = replace(network, has_state=True, state=state)
    case = Case("verdicts", network, (Update({KEY: rng.normal(size=size).astype(dtype)}, ITERATION, BATCH_SIZE),))
    return _Outcome(case, observe(OracleBackend(), case))


def _exactly(case: Case) -> None:
    """Compute the update in real numbers."""
    (update,) = case.script
    assert isinstance(update, Update)  # noqa: S101 - it is one
    session = ExactSession(network_updater(case.network, ExactArithmetic(_PREC)))
    session.update(update.gradients, update.iteration, update.batch_size)


def _check(given: _Outcome) -> EnclosureCheck:
    check = EnclosureCheck(given.case, _SHOWN, DEFAULT_RULES, CORRECTLY_ROUNDED)
    check.step(0, given.got.steps[0])
    return check


def _decide(given: _Outcome, indices: range | list[int]) -> list[Position]:
    """Return the positions of updates, each of which the exact enclosure decides."""
    check = EnclosureCheck(given.case, _SHOWN, DEFAULT_RULES, CORRECTLY_ROUNDED)
    updates = (given.got.steps[0].updates or {})[KEY]
    found = (check.exact.decide(0, KEY, index, float(updates[index]))[1] for index in indices)
    return [Position.INSIDE if inside else Position.OUTSIDE for inside in found]


def _agreement(given: _Outcome) -> tuple[int, int]:
    """Return how many updates were compared that lie at edges of their enclosures, and how many verdicts are equal."""
    (enclosure,) = enclose(given.case, model=bounded_model(given.case.dtype, CORRECTLY_ROUNDED))
    step = given.got.steps[0]
    updates = np.array((step.updates or {})[KEY])
    at = np.arange(0, len(updates), len(updates) // _EDGES)
    interval = (enclosure or {})[KEY].part(at)
    updates[at] = _edges(interval.low, interval.high, updates[at])
    moved = replace(step, updates={**(step.updates or {}), KEY: updates})
    outside = {escape.index for escape in _check(replace(given, got=replace(given.got, steps=(moved,)))).escapes}
    # The exact enclosure of an element depends on no other element.
    small = _part(given.case, at)
    exact = EnclosureCheck(small, _SHOWN, DEFAULT_RULES, CORRECTLY_ROUNDED).exact
    equal = sum(
        exact.decide(0, KEY, number, float(updates[index]))[1] != (index in outside)
        for number, index in enumerate(at.tolist())
    )
    return len(at), equal


def _edges(low: Floats, high: Floats, middle: Floats) -> Floats:
    """Return values of the dtype of ``middle`` just inside and just outside of intervals, in turn."""
    ends = [np.where(number % 2, low, high).astype(middle.dtype) for number in range(2)]
    steps = [ends[0], np.nextafter(ends[0], np.inf), ends[1], np.nextafter(ends[1], -np.inf)]
    return np.choose(np.arange(len(middle)) % len(steps), steps)


def _part(case: Case, at: np.ndarray) -> Case:
    """Return the case of the elements ``at`` (1-D) alone; of each state array they begin with the same values."""
    (update,) = case.script
    assert isinstance(update, Update)  # noqa: S101 - it is one
    network, size = case.network, len(update.gradients[KEY])
    layer = {**network.layers[0], "n_out": len(at)}
    params = {key: values[at] for key, values in network.params.items()}
    state = None if network.state is None else network.state.reshape(-1, size)[:, at].reshape(-1)
    small = replace(network, layers=(layer,), params=params, state=state)
    return replace(case, network=small, script=(replace(update, gradients={KEY: update.gradients[KEY][at]}),))
