"""The refutation of a misreading: a failing case has other values than the misreading gives where it changes them.

Where a misreading changes nothing, other mistakes may show.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache

import numpy as np

from dl4j_backends.interface import Dl4jException
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.operations import Update
from dl4j_conformance.cases.values import Floats
from dl4j_conformance.diagnosis.first_divergence import first_of
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.execution.traced_script import traced_script
from dl4j_conformance.judging.comparison import Difference, differences
from dl4j_conformance.judging.differing_case import DifferingCase
from dl4j_conformance.judging.enclosure_check import Place, bounds
from dl4j_conformance.judging.kill_matrix import outcome_of
from dl4j_oracle.arithmetic.ieee import IeeeArithmetic, IeeeArray, IeeeScalar
from dl4j_oracle.arithmetic.trace import Node, Trace
from dl4j_oracle.misreadings import Misreading

#: The least number from which on float32 does not hold every integer.
_UNCOUNTED = 2**24


def refuting_updaters(differing: DifferingCase, misreading: Misreading, together: Misreading) -> frozenset[str]:
    """Return the updaters of the layers in which a case refutes a misreading; an empty one stands for no layer.

    There the first value that is another one than by all ``together``, of which it is one, is a value that the
    misreading changes. What goes wrong before that is another mistake, on which later values depend. Updates of
    parameters that the network does not have refute nothing: ports have no rule for them.
    """
    case, got = differing.case, differing.outcome
    alone, reading = outcome_of(misreading, case), outcome_of(together, case)
    if got is None or reading is None or alone is None:
        return frozenset({""})
    found = differences(case, differing.fixture.expected, alone, differing.declaration.capabilities)
    changed = {_place(one) for one in found}
    by_layer: dict[int | None, list[Difference]] = {}
    for one in _other_values(together, reading, got, differing):
        if not _is_of_unknown_parameter(one, case):
            by_layer.setdefault(one.layer, []).append(one)
    layers = {layer for layer, other in by_layer.items() if _place(first_of(case, other)) in changed}
    return frozenset("" if layer is None else case.updaters[layer] for layer in layers)


def _other_values(
    misreading: Misreading, reading: Outcome, got: Outcome, differing: DifferingCase
) -> Iterator[Difference]:
    """Yield the differences of ``got`` from what the misreading gives, its ``reading``, that are more than rounding."""
    case, declaration = differing.case, differing.declaration
    held = bounds(case, got, declaration.capabilities, misreading.rules, declaration.accuracy)
    outside = {(escape.step, escape.key, escape.index) for escape in held.escapes}
    for one in differences(case, reading, got, declaration.capabilities):
        if one.is_structural or _place(one) in outside:
            yield one


def _is_of_unknown_parameter(difference: Difference, case: Case) -> bool:
    key = difference.key
    is_of_update = difference.index is not None and "." not in key and key != "state"
    return is_of_update and key not in case.network.params


def _place(difference: Difference) -> Place:
    return difference.step, difference.key, difference.index


@lru_cache(maxsize=4096)
def meets_special_values(case: Case) -> bool:
    """Return whether DL4J meets a NaN in a case, computes an infinity or a subnormal number, or counts far.

    It counts far beyond 2^24: there float32, in which some libraries count, has no number for every iteration.
    """
    if any(isinstance(one, Update) and abs(one.iteration) >= _UNCOUNTED for one in case.script):
        return True
    trace = Trace()
    with suppress(Dl4jException):
        traced_script(case, IeeeArithmetic(case.dtype), trace)
    return any(decision.operation == "is NaN" and decision.outcome for decision in trace.decisions) or any(
        _has_special(_bits(node), case.dtype) for node in trace.nodes if node.operands
    )


def _has_special(values: Floats, dtype: str) -> bool:
    return bool((~np.isfinite(values) | ((values != 0) & (np.abs(values) < np.finfo(dtype).tiny))).any())


def _bits(node: Node) -> Floats:
    match node.value:
        case IeeeArray():
            return node.value.values
        case IeeeScalar():
            return np.array([node.value.value])
    raise TypeError(f"not of the ieee arithmetic: {node.value!r}")
