"""Rules that remember which of them were asked for: a case shows nothing of the others."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import fields
from typing import Any, TypeVar

R = TypeVar("R", bound="Watched")


class Watched:
    """The base of a class of watched rules, beside the class of the rules themselves."""

    def __getattribute__(self, name: str) -> Any:
        attributes = object.__getattribute__(self, "__dict__")
        if "asked" in attributes and name in attributes:
            attributes["asked"].add(name)
        return object.__getattribute__(self, name)


def watched(kind: type[R], rules: Any) -> tuple[R, Set[str]]:
    """Return the same rules as a ``kind`` that is watched, and the names of those that were asked for by then."""
    asked: set[str] = set()
    found = kind(**{field.name: getattr(rules, field.name) for field in fields(rules)})
    object.__setattr__(found, "asked", asked)
    return found, asked
