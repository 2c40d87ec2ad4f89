"""The one form in which a misreading is written, and the register of all of them.

A misreading is a function under :func:`misreading`. It is private, as only the register calls it, and its docstring is
the sentence that is printed. A mistake in this form is an error as soon as the module is imported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar

from dl4j_oracle.profile import DL4J_0_8_0, Rules

_Rule = TypeVar("_Rule", bound=Callable[..., object])

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_CLAUSE = re.compile(r"[A-Z]+-\d+")


@dataclass(frozen=True, eq=False)
class Misreading:
    """One changed rule of DL4J 0.8.0, in a sentence, with the clauses it contradicts and where it comes from.

    ``changes`` has what stands in the place of a field of the profile, by the name of the field.
    """

    id: str
    sentence: str
    clauses: tuple[str, ...]
    changes: Mapping[str, Any]
    references: tuple[str, ...] = ()

    @property
    def rules(self) -> Rules:
        """Rules of DL4J 0.8.0 with this one changed."""
        return replace(DL4J_0_8_0, id=self.id, **self.changes)

    def and_also(self, other: Misreading) -> Misreading:
        """Return both at once; where they change the same rule, the other's."""
        return Misreading(
            f"{self.id}+{other.id}",
            f"{self.sentence} {other.sentence}",
            (*self.clauses, *other.clauses),
            {**self.changes, **other.changes},
            (*self.references, *other.references),
        )


#: The misreadings that each module defines, by id in order of definition; filled as the modules are imported.
_REGISTER: dict[str, dict[str, Misreading]] = {}


def misreading(
    id_: str, *, clauses: tuple[str, ...], replaces: str, references: tuple[str, ...] = ()
) -> Callable[[_Rule], _Rule]:
    """Register the decorated function as a misreading of the rule that it ``replaces``.

    ``replaces`` names a field of :class:`dl4j_oracle.profile.Rules`, such as ``"l2"``, or one aspect of a field that is
    a record, such as ``"adam.step"`` or ``"adam.initial"``. If DL4J's rule is a function, the decorated function is
    the other rule. If it is a record or a tuple, such as ``stages``, the decorated function takes no argument and
    returns the other one. The function's docstring is the sentence.

    Raises :class:`ValueError` for an id of another form or one that is taken, a sentence that is missing, has several
    lines or no full stop, no clause or one of another form, and for a rule that does not exist.
    """

    def register(rule: _Rule) -> _Rule:
        sentence = (rule.__doc__ or "").strip()
        problems = "; ".join(_problems(id_, sentence, clauses, replaces))
        if problems:
            raise ValueError(f"misreading {id_!r} in {rule.__module__}: {problems}")
        found = Misreading(id_, sentence, clauses, _changes(replaces, rule), references)
        _REGISTER.setdefault(rule.__module__, {})[id_] = found
        return rule

    return register


def defined_in(module: str) -> tuple[Misreading, ...]:
    """Return the misreadings of the module of this name, in order of definition."""
    return tuple(_REGISTER.get(module, {}).values())


def _problems(id_: str, sentence: str, clauses: tuple[str, ...], replaces: str) -> Iterator[str]:
    if not _ID.fullmatch(id_):
        yield "an id is of lower-case words and digits, with hyphens between them"
    if any(id_ in taken for taken in _REGISTER.values()):
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
    if not _is_a_rule(replaces):
        yield f"{replaces!r} is no rule: neither a field of Rules, nor a field of a record there"


def _is_a_rule(replaces: str) -> bool:
    name, dot, aspect = replaces.partition(".")
    if name not in _rule_names():
        return False
    record = getattr(DL4J_0_8_0, name)
    return not dot or (is_dataclass(record) and aspect in {field.name for field in fields(record)})


def _rule_names() -> set[str]:
    return {field.name for field in fields(Rules)} - {"id"}


def _changes(replaces: str, rule: Callable[..., object]) -> dict[str, Any]:
    """Return the field of ``Rules`` that changes, and what stands there instead."""
    name, _, aspect = replaces.partition(".")
    whole = getattr(DL4J_0_8_0, name)
    right = getattr(whole, aspect) if aspect else whole
    wrong = rule if callable(right) else rule()
    return {name: replace(whole, **{aspect: wrong}) if aspect else wrong}
