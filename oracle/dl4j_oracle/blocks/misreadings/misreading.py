"""The form of a misreading of a later version, and the register of all of them.

It is that of :mod:`dl4j_oracle.misreadings.misreading`, over a field of :class:`~dl4j_oracle.blocks.profile.BlockRules`
or a part of one, in the versions in which it is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import TypeVar

from dl4j_oracle.blocks import configuration_0_9_1, configuration_1_0_0
from dl4j_oracle.blocks.profile import BLOCK_VERSIONS, BlockRules
from dl4j_oracle.misreadings.misreading import AnyMisreading, changes_of, problems_of
from dl4j_oracle.misreadings.parts import changed, decompose

_Rule = TypeVar("_Rule", bound=Callable[..., object])
_TYPES = ("float32", "float64")

#: The versions, by the names that misreadings have for them.
OLD, NEW = BLOCK_VERSIONS

decompose(configuration_0_9_1.build, configuration_0_9_1.BuildParts())
decompose(configuration_1_0_0.build, configuration_1_0_0.BuildParts())


@dataclass(frozen=True, eq=False)
class BlockMisreading(AnyMisreading):
    """A misreading of a later ``version``."""

    version: str = ""

    @cached_property
    def block_rules(self) -> BlockRules:
        """Rules of the version with this one changed."""
        return replace(changed(BLOCK_VERSIONS[self.version], self.changes), id=self.id)


#: By version, by id in order of definition; filled as the modules are imported.
REGISTER: dict[str, dict[str, BlockMisreading]] = {version: {} for version in BLOCK_VERSIONS}


def block_misreading(
    id_: str,
    *versions: str,
    clauses: tuple[str, ...],
    replaces: str | tuple[str, ...],
    references: tuple[str, ...],
    types: tuple[str, ...] = _TYPES,
) -> Callable[[_Rule], _Rule]:
    """Register the decorated function as a misreading of ``versions``, by default of all.

    The rest is as in :func:`dl4j_oracle.misreadings.misreading.misreading`. Raises ValueError for a wrong form.
    """
    paths = (replaces,) if isinstance(replaces, str) else replaces

    def register(rule: _Rule) -> _Rule:
        sentence = (rule.__doc__ or "").strip()
        for version in versions or tuple(BLOCK_VERSIONS):
            profile = BLOCK_VERSIONS[version]
            problems = problems_of(profile, id_, sentence, clauses, paths, is_taken=id_ in REGISTER[version])
            if found := "; ".join(problems):
                raise ValueError(f"misreading {id_!r} of {version} in {rule.__module__}: {found}")
            changes = changes_of(profile, paths, rule)
            REGISTER[version][id_] = BlockMisreading(id_, sentence, clauses, changes, references, types, version)
        return rule

    return register


def block_together(readings: Sequence[BlockMisreading]) -> BlockMisreading:
    """Return misreadings of one version, at least one, as one. Raises ValueError if two conflict."""
    for first, second in combinations(readings, 2):
        if first.conflicts_with(second):
            raise ValueError(f"{first.id} and {second.id} change the same part of a rule")
    return BlockMisreading(
        "+".join(reading.id for reading in readings),
        " ".join(reading.sentence for reading in readings),
        tuple(clause for reading in readings for clause in reading.clauses),
        {path: part for reading in readings for path, part in reading.changes.items()},
        version=readings[0].version,
    )
