"""The figures of the held-out set: how many entries are caught, named and placed rightly, and how fast."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from rich.table import Table

from mutants.held_out.entries import PAIRS
from mutants.held_out.measurement import Measured
from mutants.held_out.truth import Judgement, Naming


@dataclass(frozen=True)
class Judged:
    """An entry's measurement and judgement."""

    measured: Measured
    judgement: Judgement

    @property
    def words(self) -> str:
        """Return them on one line."""
        found, names = self.measured, self.measured.names
        if not found.failed:
            return f"{found.entry}: NOT CAUGHT ({found.run_seconds:.1f} s)"
        said = "; ".join(" or ".join(sorted(ids)) for ids in names.named)
        said = f"named {'completely' if names.is_complete else 'in part'}: {said}" if said else "unnamed"
        place = "" if found.diverges_rightly else " (WRONG)"
        false = "".join(f"; FALSE: {id_}" for id_ in sorted(self.judgement.false_names))
        times = f"run {found.run_seconds:.1f} s, diagnosis {found.diagnosis_seconds:.1f} s, {found.ratio:.1f} x passing"
        return (
            f"{found.entry}: caught in {found.failed} cases; {said} [{self.judgement.naming.value}]{false}; "
            f"first divergence{place}: {found.place or 'none'}; {times}"
        )

    @property
    def document(self) -> dict[str, Any]:
        """Return them as JSON."""
        found, names = self.measured, self.measured.names
        return {
            "entry": found.entry,
            "failed": found.failed,
            "named": [sorted(ids) for ids in names.named],
            "complete": names.is_complete,
            "naming": self.judgement.naming.value,
            "false_names": sorted(self.judgement.false_names),
            "nearest_is_right": self.judgement.nearest_is_right,
            "first_divergence": found.intermediate,
            "place": found.place,
            "first_divergence_is_right": found.diverges_rightly,
            "run_seconds": found.run_seconds,
            "diagnosis_seconds": found.diagnosis_seconds,
            "ratio": found.ratio,
        }


def figures(judged: Sequence[Judged]) -> dict[str, dict[str, str]]:
    """Return the figures in words: of all entries, of single mistakes and of pairs."""
    parts = {
        "all": judged,
        "single mistakes": [one for one in judged if one.measured.entry not in PAIRS],
        "pairs": [one for one in judged if one.measured.entry in PAIRS],
    }
    return {name: _of(part) for name, part in parts.items() if part}


def table(found: Mapping[str, Mapping[str, str]]) -> Table:
    """Return the figures as a table with a column for each part."""
    made = Table("", *found, box=None)
    for said in found["all"]:
        made.add_row(said, *(part[said] for part in found.values()))
    return made


def _of(judged: Sequence[Judged]) -> dict[str, str]:
    caught = [one for one in judged if one.measured.failed]
    naming = Counter(one.judgement.naming for one in caught)
    known = len(caught) - naming[Naming.NOT_JUDGED]
    ratios = [one.measured.ratio for one in judged]
    return {
        "caught": f"{len(caught)} of {len(judged)}",
        "not judged": f"{naming[Naming.NOT_JUDGED]}",
        **{kind.value: f"{naming[kind]} of {known}" for kind in Naming if kind is not Naming.NOT_JUDGED},
        "nearest rightly": f"{sum(one.judgement.nearest_is_right for one in caught)} of {known}",
        "with FALSE names": f"{sum(bool(one.judgement.false_names) for one in caught)} of {known}",
        "first divergence right": f"{sum(one.measured.diverges_rightly for one in caught)} of {len(caught)}",
        "times a passing run": f"median {median(ratios):.1f}, greatest {max(ratios):.1f}",
    }
