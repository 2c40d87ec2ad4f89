"""The parts of DL4J's rules: what a misreading replaces, so that two misreadings of one rule can be true together.

A path names a part: ``l2`` is a field of :class:`dl4j_oracle.profile.Rules`, ``adam.initial`` one of a record there.
In a mapping a name is a key: ``updaters.Adam.step`` of :class:`dl4j_oracle.blocks.profile.BlockRules`.
A rule that is one function or one tuple has parts if it is :func:`decomposed`: ``stages.division`` is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, Protocol, TypeVar

from dl4j_oracle import updaters
from dl4j_oracle.misreadings.ada_delta_parts import AdaDeltaParts
from dl4j_oracle.misreadings.ada_grad_and_rms_prop_parts import AdaGradParts, RmsPropParts
from dl4j_oracle.misreadings.adam_parts import AdamParts
from dl4j_oracle.misreadings.nesterovs_parts import NesterovsParts
from dl4j_oracle.misreadings.step_parts import SimpleStepParts

T = TypeVar("T")


class Decomposed(Protocol):
    """A frozen dataclass with a field for each part of a rule; its defaults are DL4J's."""

    def rule(self) -> Any:
        """Return the rule that is made of these parts, in the form of DL4J's."""


#: DL4J's rules that have parts, each beside its parts: the steps of updaters, and what else is decomposed.
_DECOMPOSED: list[tuple[Any, Decomposed]] = [
    (updaters.sgd, SimpleStepParts(formula=updaters.sgd)),
    (updaters.adam, AdamParts()),
    (updaters.adadelta, AdaDeltaParts()),
    (updaters.nesterovs, NesterovsParts()),
    (updaters.adagrad, AdaGradParts()),
    (updaters.rmsprop, RmsPropParts()),
    (updaters.none, SimpleStepParts(formula=updaters.none)),
]


def decompose(rule: Any, parts: Decomposed) -> None:
    """State that DL4J's ``rule`` consists of ``parts``, which make a rule that is equal in every bit."""
    _DECOMPOSED.append((rule, parts))


def decomposed(rule: Any) -> Any:
    """Return the parts of a rule; the rule itself if it has none."""
    return next((parts for whole, parts in _DECOMPOSED if whole is rule), rule)


def part_at(whole: Any, path: str) -> Any:
    """Return the part of ``whole`` at ``path``. Raises :class:`LookupError` if there is none."""
    for name in path.split("."):
        whole = decomposed(whole)
        if isinstance(whole, Mapping):
            whole = whole[_key(whole, name)]
            continue
        if not is_dataclass(whole) or name not in {field.name for field in fields(whole)} - {"id"}:
            raise LookupError(path)
        whole = getattr(whole, name)
    return whole


def changed(whole: T, changes: Mapping[str, Any]) -> T:
    """Return ``whole`` with other parts at the paths of ``changes``, none of which leads into another."""
    parts = decomposed(whole)
    below: dict[str, dict[str, Any]] = {}
    for path, part in changes.items():
        name, _, rest = path.partition(".")
        below.setdefault(name, {})[rest] = part
    if isinstance(parts, Mapping):
        inside = {_key(parts, name): inner for name, inner in below.items()}
        return {**parts, **{key: inner.get("") or changed(parts[key], inner) for key, inner in inside.items()}}  # type: ignore[return-value]
    others = {name: inner[""] if "" in inner else changed(getattr(parts, name), inner) for name, inner in below.items()}
    built = replace(parts, **others)
    return built if parts is whole else built.rule()  # type: ignore[no-any-return]


def _key(whole: Mapping[Any, Any], name: str) -> Any:
    """Return the key of this name. Raises :class:`LookupError` if there is none."""
    for key in whole:
        if str(key) == name:
            return key
    raise LookupError(name)
