"""What happens in a case, step by step: intermediates exactly, as bits, in enclosures, and as a backend has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from dl4j_conformance.case import Case, Operation, SetLearningRate, SetState, Update
from dl4j_conformance.oracle_backend import description, given_state, state_blocks
from dl4j_conformance.outcome import Outcome, Step
from dl4j_conformance.values import Floats, hex_of
from dl4j_oracle import reals
from dl4j_oracle.arithmetic import Arithmetic, Array, Scalar
from dl4j_oracle.enclosure import EnclosedArray, EnclosedScalar, EnclosureArithmetic
from dl4j_oracle.errors import Dl4jError, UndecidedError
from dl4j_oracle.exact import ExactArithmetic, ExactArray, ExactScalar
from dl4j_oracle.ieee import IeeeArithmetic, IeeeArray, IeeeScalar
from dl4j_oracle.intervals import Intervals
from dl4j_oracle.trace import Following, Node, Trace, TracedArray
from dl4j_oracle.traced_updater import TracedUpdater

#: An intermediate's owner (a gradient key, or a layer's index) and name. What the caller finds is a "result", a state
#: array "state NAME", unless a rule has this name for it.
Place = tuple[str, str]


@dataclass(frozen=True, eq=False)
class Intermediate:
    """One intermediate of one step.

    ``rule`` is the field of the profile that computed it. ``ieee`` holds its values in the array's type, or one Java
    double; ``exact`` decimals, ``enclosure`` what rounding can make of it along the way that the evaluation model
    takes; ``backend`` what a backend has there. The last three are None where nothing is known.
    """

    rule: str
    owner: str
    name: str
    ieee: Floats
    exact: Sequence[str] | None = None
    enclosure: Intervals | None = None
    backend: Floats | None = None

    @property
    def differing(self) -> tuple[int, ...]:
        """Where the backend has other bits."""
        if self.backend is None:
            return ()
        if self.backend.shape != self.ieee.shape or self.backend.dtype != self.ieee.dtype:
            return tuple(range(len(self.ieee)))
        pairs = zip(hex_of(self.ieee), hex_of(self.backend), strict=True)
        return tuple(index for index, (left, right) in enumerate(pairs) if left != right)


@dataclass(frozen=True, eq=False)
class ExplainedStep:
    """One operation of the script: what it computed, and the exception in which it ended, if it did."""

    operation: Operation
    intermediates: tuple[Intermediate, ...] = ()
    error: Dl4jError | None = None
    backend_error: str = ""


@dataclass(frozen=True, eq=False)
class Explanation:
    """A case, explained: ``error`` is what its construction throws."""

    case: Case
    steps: tuple[ExplainedStep, ...] = ()
    error: Dl4jError | None = None


@dataclass(frozen=True)
class _Pass:
    """One run through the script in one arithmetic: per operation the values by place, and the exception.

    ``seen`` says at which place there is what a backend shows: results and state arrays that a rule has a name for.
    """

    steps: list[dict[Place, tuple[str, Array | Scalar]]] = field(default_factory=list)
    errors: list[Dl4jError | None] = field(default_factory=list)
    seen: list[dict[Place, Place]] = field(default_factory=list)


def explain(case: Case, digits: int = 20, got: Outcome | None = None) -> Explanation:
    """Every intermediate of ``case``, exact ones to ``digits`` digits; ``got`` is what a backend made of the case."""
    trace = Trace()
    try:
        ieee = _run(case, IeeeArithmetic(case.dtype), trace)
    except Dl4jError as error:
        return Explanation(case, error=error)
    exact = reals.decided(lambda prec: _decimals(_run(case, ExactArithmetic(prec), Trace()), digits))
    enclosed = _enclosed(case, trace)
    steps = []
    for number, (operation, values, raised) in enumerate(zip(case.script, ieee.steps, ieee.errors, strict=True)):
        seen = got.steps[number] if got and number < len(got.steps) else None
        observed = _observed(case, seen, ieee.seen[number]) if seen else {}
        intermediates = tuple(
            Intermediate(
                rule,
                *place,
                _bits(value),
                exact[number].get(place),
                enclosed[number].get(place) if enclosed else None,
                observed.get(place),
            )
            for place, (rule, value) in values.items()
        )
        backend_error = f"{seen.failure.kind}: {seen.failure.message}" if seen and seen.failure else ""
        steps.append(ExplainedStep(operation, intermediates, raised, backend_error))
    return Explanation(case, tuple(steps))


def _run(case: Case, arithmetic: Arithmetic, trace: Trace) -> _Pass:
    updater = TracedUpdater(description(case.network), arithmetic, state=given_state(case.network), trace=trace)
    found = _Pass()
    for operation in case.script:
        error: Dl4jError | None = None
        results: Mapping[str, TracedArray] = {}
        try:
            results = _perform(updater, operation)
        except Dl4jError as raised:
            error = raised
        values: dict[Place, tuple[str, Array | Scalar]] = {}
        places: dict[int, Place] = {}
        if isinstance(operation, Update):
            for named in (*updater.given, *updater.intermediates):
                places[named.node.number] = (named.owner, named.name)
                values[named.owner, named.name] = named.rule, named.node.value
        shown = {(key, "result"): array.node for key, array in results.items()}
        if not error:
            shown |= dict(_state_parts(case, updater))
        known = {place: _known(place, places.get(node.number)) for place, node in shown.items()}
        values |= {place: ("", node.value) for place, node in shown.items() if known[place] == place}
        found.seen.append(known)
        found.steps.append(values)
        found.errors.append(error)
    return found


def _perform(updater: TracedUpdater, operation: Operation) -> Mapping[str, TracedArray]:
    match operation:
        case Update(gradients, iteration, batch_size):
            given = {key: array.tolist() for key, array in gradients.items()}
            return updater.update(given, iteration, batch_size)
        case SetState(state):
            updater.updater.set_state(state.tolist())
        case SetLearningRate(key, learning_rate):
            updater.updater.set_learning_rate(key, learning_rate)
    return {}


def _known(place: Place, named: Place | None) -> Place:
    """Where the rules have it: a result under any name, a state array under its own."""
    return named if named and (place[1] == "result" or place[1] == f"state {named[1]}") else place


def _state_parts(case: Case, updater: TracedUpdater) -> Iterator[tuple[Place, Node]]:
    for block in state_blocks(case):
        view = updater.updater.layers[block.layer].updaters[block.parameter].memory.view[block.name]
        assert isinstance(view, TracedArray)  # noqa: S101 - the arithmetic is ours
        yield (f"{block.layer}_{block.parameter}", f"state {block.name}"), view.node


def _observed(case: Case, seen: Step, places: Mapping[Place, Place]) -> dict[Place, Floats]:
    """What a backend shows, under the places of what the oracle computes; its intermediates speak for themselves."""
    found: dict[Place, Floats] = {(key, "result"): array for key, array in (seen.updates or {}).items()}
    found |= {(key, "lr"): np.array([rate]) for key, rate in seen.learning_rates.items()}
    found |= {(key, "mu"): np.array([momentum]) for key, momentum in seen.momentum.items()}
    if seen.state is not None and isinstance(seen.state, np.ndarray):
        start = 0
        for block in state_blocks(case):
            part = seen.state[start : start + block.length]
            found[f"{block.layer}_{block.parameter}", f"state {block.name}"] = part
            start += block.length
    found = {places.get(place, place): values for place, values in found.items()}
    for key, values in seen.intermediates.items():
        owner, _, name = key.rpartition(".")
        found[owner, name] = values
    return found


def _decimals(exact: _Pass, digits: int) -> list[dict[Place, Sequence[str]]]:
    return [
        {place: [reals.to_decimal(x, digits) for x in _reals(value)] for place, (_, value) in step.items()}
        for step in exact.steps
    ]


def _enclosed(case: Case, ahead: Trace) -> list[dict[Place, Intervals]] | None:
    """The enclosures along the way that the evaluation model takes; None where comparisons are too uncertain."""
    arithmetic = EnclosureArithmetic(case.dtype)
    try:
        found = _run(case, arithmetic, Following(ahead))
    except (UndecidedError, IndexError):
        return None
    return [{place: _intervals(value) for place, (_, value) in step.items()} for step in found.steps]


def _bits(value: Array | Scalar) -> Floats:
    match value:
        case IeeeArray():
            return value.values
        case IeeeScalar():
            return np.array([value.value])
    raise TypeError(f"not of the ieee arithmetic: {value!r}")


def _reals(value: Array | Scalar) -> Sequence[reals.Real]:
    match value:
        case ExactArray():
            return value.values
        case ExactScalar():
            return (value.value,)
    raise TypeError(f"not of the exact arithmetic: {value!r}")


def _intervals(value: Array | Scalar) -> Intervals:
    match value:
        case EnclosedArray():
            return value.values
        case EnclosedScalar():
            return value.value
    raise TypeError(f"not of the enclosure arithmetic: {value!r}")
