"""The one form in which a misreading is written, and the register of all of them.

A misreading is a function under :func:`misreading`. It is private, as only the register calls it, and its docstring is
the sentence that is printed. A mistake in this form is an error as soon as the module is imported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Any, TypeVar, cast

from dl4j_oracle.misreadings.parts import changed, part_at
from dl4j_oracle.profile import DL4J_0_8_0, Rules

_Rule = TypeVar("_Rule", bound=Callable[..., object])

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_TYPES = ("float32", "float64")
_CLAUSE = re.compile(r"[A-Z]+-\d+")


@dataclass(frozen=True, eq=False)
class AnyMisreading:
    """One changed rule of a version of DL4J, in a sentence, with the clauses it contradicts and where it comes from.

    ``changes`` has what stands in the place of each changed part of the profile, by the path of the part: ``l2``,
    ``adam.initial``, ``stages.division``.
    """

    id: str
    sentence: str
    clauses: tuple[str, ...]
    changes: Mapping[str, Any]
    references: tuple[str, ...] = ()
    #: The types of networks in which it shows.
    types: tuple[str, ...] = _TYPES

    @property
    def fields(self) -> frozenset[str]:
        """The fields of the record of rules that it changes."""
        return frozenset(path.partition(".")[0] for path in self.changes)

    def conflicts_with(self, other: AnyMisreading) -> bool:
        """Return whether both change the same part, so that they cannot be true of one port together."""
        return any(_overlap(ours, theirs) for ours in self.changes for theirs in other.changes)


@dataclass(frozen=True, eq=False)
class Misreading(AnyMisreading):
    """A misreading of DL4J 0.8.0."""

    @cached_property
    def rules(self) -> Rules:
        """Rules of DL4J 0.8.0 with this one changed."""
        return replace(changed(DL4J_0_8_0, self.changes), id=self.id)


def together(readings: Sequence[Misreading]) -> Misreading:
    """Return all of ``readings``, at least one, as one misreading. Raises :class:`ValueError` if two conflict."""
    for first, second in combinations(readings, 2):
        if first.conflicts_with(second):
            raise ValueError(f"{first.id} and {second.id} change the same part of a rule")
    if len(readings) == 1:
        return readings[0]
    return Misreading(
        "+".join(reading.id for reading in readings),
        " ".join(reading.sentence for reading in readings),
        tuple(clause for reading in readings for clause in reading.clauses),
        {path: part for reading in readings for path, part in reading.changes.items()},
        tuple(reference for reading in readings for reference in reading.references),
        tuple(dtype for dtype in _TYPES if any(dtype in reading.types for reading in readings)),
    )


def _overlap(ours: str, theirs: str) -> bool:
    return ours == theirs or ours.startswith(f"{theirs}.") or theirs.startswith(f"{ours}.")


#: The misreadings that each module defines, by id in order of definition; filled as the modules are imported.
_REGISTER: dict[str, dict[str, Misreading]] = {}


def misreading(
    id_: str,
    *,
    clauses: tuple[str, ...],
    replaces: str | tuple[str, ...],
    references: tuple[str, ...] = (),
    types: tuple[str, ...] = _TYPES,
) -> Callable[[_Rule], _Rule]:
    """Register the decorated function as a misreading of the rule, or the part of a rule, that it ``replaces``.

    ``replaces`` is a path (:mod:`dl4j_oracle.misreadings.parts`): a field of :class:`dl4j_oracle.profile.Rules` such as
    ``"l2"``, an aspect of a record such as ``"adam.initial"``, or a part of a rule such as ``"stages.division"``. The
    smaller the part, the more other misreadings it can be together with. If DL4J has a function there, the decorated
    function is the other one. Otherwise the decorated function takes no argument and returns what stands there; for
    several paths it returns a tuple, one for each. The function's docstring is the sentence. ``types`` are those of the
    networks in which it shows: what computes in the array's type shows in float32 alone.

    Raises :class:`ValueError` for an id of another form or one that is taken, a sentence that is missing, has several
    lines or no full stop, no clause or one of another form, and for a rule that does not exist.
    """
    paths = (replaces,) if isinstance(replaces, str) else replaces

    def register(rule: _Rule) -> _Rule:
        sentence = (rule.__doc__ or "").strip()
        taken = any(id_ in others for others in _REGISTER.values())
        problems = "; ".join(problems_of(DL4J_0_8_0, id_, sentence, clauses, paths, is_taken=taken))
        if problems:
            raise ValueError(f"misreading {id_!r} in {rule.__module__}: {problems}")
        found = Misreading(id_, sentence, clauses, changes_of(DL4J_0_8_0, paths, rule), references, types)
        _REGISTER.setdefault(rule.__module__, {})[id_] = found
        return rule

    return register


def defined_in(module: str) -> tuple[Misreading, ...]:
    """Return the misreadings of the module of this name, in order of definition."""
    return tuple(_REGISTER.get(module, {}).values())


def problems_of(
    profile: Any, id_: str, sentence: str, clauses: tuple[str, ...], paths: tuple[str, ...], *, is_taken: bool
) -> Iterator[str]:
    """Yield what is wrong with the form of a misreading of a profile."""
    if not _ID.fullmatch(id_):
        yield "an id is of lower-case words and digits, with hyphens between them"
    if is_taken:
        yield "the id is taken"
    if not sentence:
        yield "the function has no docstring, which is the sentence that is printed"
    elif "\n" in sentence or not sentence.endswith("."):
        yield "the docstring is one sentence on one line, with a full stop"
    if not clauses:
        yield "no clause is cited"
    for clause in clauses:
        if not _CLAUSE.fullmatch(clause):
            yield f"{clause!r} is no clause: ADAM-2 is one"
    for path in paths:
        try:
            part_at(profile, path)
        except LookupError:
            yield f"{path!r} is no rule: neither a field of {type(profile).__name__}, nor a part of a field"


def changes_of(profile: Any, paths: tuple[str, ...], rule: Callable[..., object]) -> dict[str, Any]:
    """Return what stands in the place of each part."""
    if len(paths) > 1:
        return dict(zip(paths, cast("tuple[Any, ...]", rule()), strict=True))
    (path,) = paths
    return {path: rule if callable(part_at(profile, path)) else rule()}
