"""The expectations of a run: which of its cases are declared to fail, and which must run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dl4j_conformance.deviations.file import Deviations, DeviationsError, Required, read
from dl4j_conformance.judging.deviation import Deviation, Selector
from dl4j_conformance.judging.fixture import Fixture

#: Contradictions that are named.
_NAMED = 3


@dataclass(frozen=True)
class Expectations:
    """The deviations of a file, each with the cases of a run that it selects."""

    declared: tuple[Deviation, ...] = ()
    by_case: Mapping[str, Sequence[Deviation]] = field(default_factory=dict)
    #: Those that select the cases which can show their misreadings: which these are depends on the backend.
    by_kill: tuple[Deviation, ...] = ()
    #: The ids of the cases that must run.
    must_run: frozenset[str] = frozenset()
    #: The place where a file says so; empty if it is said of all cases.
    required_at: str = ""


def read_expectations(path: Path, cases: Sequence[Fixture], topics: Mapping[str, str]) -> Expectations:
    """Return what a file declares of ``cases``; ``topics`` has those of all cases, by id.

    Raise :class:`DeviationsError` if the file cannot be used, or as :func:`expectations` does.
    """
    return expectations(read(path, topics), cases, topics, are_all=len(cases) == len(topics))


def expectations(
    found: Deviations, cases: Sequence[Fixture], topics: Mapping[str, str], *, are_all: bool
) -> Expectations:
    """Return what is declared of the cases that are run; ``are_all`` says whether there are no others.

    Raise :class:`DeviationsError` if a deviation selects none of all cases, or one that must pass.
    """
    by_selector = [entry for entry in found.declared if entry.selector != Selector()]
    by_case: dict[str, Sequence[Deviation]] = {}
    for fixture in cases:
        case = fixture.case
        if entries := [entry for entry in by_selector if entry.selector.has(case, topics[case.id])]:
            by_case[case.id] = entries
    selected = {entry for entries in by_case.values() for entry in entries}
    mistakes = [f"{entry.place}: selects no case" for entry in by_selector if are_all and entry not in selected]
    by_kill = tuple(entry for entry in found.declared if entry.selector == Selector())
    if found.required is None:
        must_run = frozenset(fixture.case.id for fixture in cases) - by_case.keys()
    else:
        must_run = frozenset(f.case.id for f in cases if found.required.selector.has(f.case, topics[f.case.id]))
        mistakes += _contradictions(found.required, must_run, by_case)
        mistakes += [] if must_run or not are_all else [f"{found.required.place}: selects no case"]
    if mistakes:
        raise DeviationsError("\n".join(mistakes))
    return Expectations(found.declared, by_case, by_kill, must_run, found.required.place if found.required else "")


def _contradictions(
    required: Required, must_run: frozenset[str], by_case: Mapping[str, Sequence[Deviation]]
) -> list[str]:
    both = sorted(must_run & by_case.keys())[:_NAMED]
    return [f"{by_case[id_][0].place}: declares that {id_} fails; {required.place}: it must pass" for id_ in both]
