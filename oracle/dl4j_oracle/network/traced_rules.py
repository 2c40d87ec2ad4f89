"""Names for computed values: a profile whose rules leave the names of their local variables in a trace.

``m``, ``v`` and ``alphat`` are local variables of :func:`dl4j_oracle.updaters.adam`, and so are the intermediates that
``explain`` shows: to rename one renames it there. The results of rules have no names of their own; they are given here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, replace
from functools import wraps
from types import FrameType
from typing import Any

from dl4j_oracle import updaters
from dl4j_oracle.arithmetic.trace import Trace, TracedArray, TracedScalar, joint_owner
from dl4j_oracle.learning_rate import Policy
from dl4j_oracle.profile import Rules
from dl4j_oracle.updaters import GradientUpdater

#: The names of rules' results, by field of the profile. Policies and updaters have theirs by their records.
_RESULTS = {
    **dict.fromkeys(
        (
            "renormalize_l2_per_layer",
            "renormalize_l2_per_param_type",
            "clip_element_wise_absolute_value",
            "clip_l2_per_layer",
            "clip_l2_per_param_type",
        ),
        "normalized",
    ),
    "momentum_policy": "mu",
    "l2": "with_l2",
    "l1": "with_l1",
    "divide_by_batch_size": "divided",
}

#: Local variables that hold a rule's inputs, which are no intermediates.
_GIVEN = frozenset(
    {
        *("gradient", "gradients", "g", "threshold", "parameter", "l1", "l2", "batch_size", "lr", "momentum"),
        *("beta1", "beta2", "rho", "eps", "mu", "decay", "previous"),
    }
)


def traced(rules: Rules, trace: Trace) -> Rules:
    """Return ``rules`` that record in ``trace`` the names of their local variables and results."""
    changes: dict[str, Any] = {}
    for field in fields(rules):
        name, rule = field.name, getattr(rules, field.name)
        match rule:
            case GradientUpdater():
                changes[name] = replace(rule, step=_watched(rule.step, name, "update", trace))
            case Policy():
                changes[name] = replace(rule, rule=_watched(rule.rule, name, "lr", trace))
            case _ if name in _RESULTS:
                changes[name] = _watched(rule, name, _RESULTS[name], trace)
    return replace(rules, **changes)


def _watched(rule: Callable[..., Any], field: str, result: str, trace: Trace) -> Callable[..., Any]:
    # A misreading may call the rule that it changes.
    modules = (rule.__module__, updaters.__name__)

    def on_return(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        # Local variables of private functions and comprehensions are no intermediates.
        public = frame.f_globals.get("__name__") in modules and not code.co_name.startswith(("_", "<"))
        if event == "return" and (public or code is getattr(rule, "__code__", None)):
            _name_locals(frame.f_locals, field, trace)

    @wraps(rule)
    def watched(*arguments: Any) -> Any:
        with _profiled(on_return):
            returned = rule(*arguments)
        return _name_result(returned, arguments[0], field, result, trace)

    return watched


@contextmanager
def _profiled(callback: Callable[[FrameType, str, object], None]) -> Iterator[None]:
    """Have Python call ``callback`` at every return: only so can a function's local variables be read from outside."""
    before = sys.getprofile()
    sys.setprofile(callback)
    try:
        yield
    finally:
        sys.setprofile(before)


def _name_locals(found: Mapping[str, Any], field: str, trace: Trace) -> None:
    owner = _owner(found.values())
    for name, value in found.items():
        if isinstance(value, TracedScalar | TracedArray) and name not in _GIVEN:
            trace.name(field, name, value.node, owner)


def _name_result(returned: Any, given: Any, field: str, result: str, trace: Trace) -> Any:
    """Name a rule's result: arrays by parameter, an update with the updater's memory, or one value; return it."""
    match returned:
        case TracedScalar() | TracedArray():
            if returned.node is not given.node:
                trace.name(field, result, returned.node, _owner([given]))
            return returned
        case (TracedArray() as update, memory):
            trace.name(field, result, update.node, _owner([given]))
            return update, memory
        case Mapping():
            return {name: _of_one(array, given[name], field, result, trace) for name, array in returned.items()}
    return returned


def _of_one(array: TracedArray, given: TracedArray, field: str, result: str, trace: Trace) -> TracedArray:
    """Return the array as part of the update of ``given`` alone, though a layer's norm joins its gradients."""
    owned = array.arithmetic.array_of("same", array.value, array)
    node = replace(owned.node, owner=given.node.owner)
    trace.nodes[node.number] = node
    trace.name(field, result, node, node.owner)
    return replace(owned, node=node)


def _owner(values: Iterable[Any]) -> str:
    """Return the owner of the values, those in mappings included."""
    flat = [one for value in values for one in (value.values() if isinstance(value, Mapping) else (value,))]
    return joint_owner(one.node.owner for one in flat if isinstance(one, TracedScalar | TracedArray))
