"""Names for computed values: a profile whose rules leave the names of their local variables in a trace.

``m``, ``v`` and ``alphat`` are local variables of :func:`dl4j_oracle.updaters.adam`, and so are the intermediates that
``explain`` shows: to rename one renames it there. The results of rules have no names of their own; they are given here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
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

#: The names of rules' results, by field of the profile, in every version.
SHARED_RESULTS = {
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
    "l2": "with_l2",
    "l1": "with_l1",
}
#: Those of 0.8.0. Policies and updaters have theirs by their records.
_RESULTS = {**SHARED_RESULTS, "momentum_policy": "mu", "divide_by_batch_size": "divided"}

#: The local variables that hold a rule's inputs, which are no intermediates.
GIVEN = frozenset(
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
                changes[name] = replace(rule, step=watched(rule.step, name, "update", trace))
            case Policy():
                changes[name] = replace(rule, rule=watched(rule.rule, name, "lr", trace))
            case _ if name in _RESULTS:
                changes[name] = watched(rule, name, _RESULTS[name], trace)
    return replace(rules, **changes)


def watched(
    rule: Callable[..., Any], field: str, result: str, trace: Trace, given: Collection[str] = GIVEN
) -> Callable[..., Any]:
    """Return a rule that records in ``trace`` its result, called ``result``, and its local variables.

    Variables whose names are in ``given`` hold its inputs. ``field`` is the rule's in the profile.
    """
    # A misreading may call the rule that it changes.
    modules = (rule.__module__, updaters.__name__)

    def on_return(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        # Local variables of private functions and comprehensions are no intermediates.
        public = frame.f_globals.get("__name__") in modules and not code.co_name.startswith(("_", "<"))
        if event == "return" and (public or code is getattr(rule, "__code__", None)):
            _name_locals(frame.f_locals, field, trace, given)

    @wraps(rule)
    def watching(*arguments: Any) -> Any:
        with _profiled(on_return):
            returned = rule(*arguments)
        return _name_result(returned, arguments[0], field, result, trace)

    return watching


@contextmanager
def _profiled(callback: Callable[[FrameType, str, object], None]) -> Iterator[None]:
    """Have Python call ``callback`` at every return: only so can a function's local variables be read from outside."""
    before = sys.getprofile()
    sys.setprofile(callback)
    try:
        yield
    finally:
        sys.setprofile(before)


def _name_locals(found: Mapping[str, Any], field: str, trace: Trace, given: Collection[str]) -> None:
    owner = _owner(found.values())
    for name, value in found.items():
        if isinstance(value, TracedScalar | TracedArray) and name not in given:
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
    owned = owned_by(given.node.owner, array, trace)
    trace.name(field, result, owned.node, owned.node.owner)
    return owned


def owned_by(owner: str, array: TracedArray, trace: Trace) -> TracedArray:
    """Return the same array (1-D, of the network's dtype), as part of the update of ``owner`` alone."""
    same = array.arithmetic.array_of("same", array.value, array)
    node = replace(same.node, owner=owner)
    trace.nodes[node.number] = node
    return replace(same, node=node)


def _owner(values: Iterable[Any]) -> str:
    """Return the owner of the values, those in mappings included."""
    flat = [one for value in values for one in (value.values() if isinstance(value, Mapping) else (value,))]
    return joint_owner(one.node.owner for one in flat if isinstance(one, TracedScalar | TracedArray))
