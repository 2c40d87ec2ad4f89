"""The coverage of settings by cases: how many have each setting unset, NaN, 0 or a value, by layer and network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.setting_words import Word, inherited_by_updater, said, sensible

_SIGNS = {Word.UNSET: "-", Word.NAN: "N", Word.ZERO: "0", Word.VALUE: "x"}
_PAIRS = tuple((layer, network) for layer in Word for network in Word)


@dataclass(frozen=True)
class SettingCoverage:
    """Numbers of cases, by setting and by the words of a layer and of its network."""

    cases: Counter[tuple[str, Word | None, Word]]
    #: Where a layer leaves unset what its network sets: by setting, and whether the layer's updater is another.
    inherited: Counter[tuple[str, bool]]

    def empty(self) -> list[str]:
        """Return the combinations that make sense and have no case."""
        pairs = [(setting, layer, network) for setting, own in sensible().items() for layer, network in own]
        missing = [
            f"{setting}: layer {a or 'any'}, network {b}" for setting, a, b in pairs if not self.cases[setting, a, b]
        ]
        return missing + [
            f"{setting}: inherited under {'another' if other else 'the same'} updater"
            for setting in inherited_by_updater()
            for other in (False, True)
            if not self.inherited[setting, other]
        ]


def count(cases: Iterable[Case]) -> SettingCoverage:
    """Return the coverage by ``cases``, each of which counts once for all of its layers."""
    words: Counter[tuple[str, Word | None, Word]] = Counter()
    inherited: Counter[tuple[str, bool]] = Counter()
    for case in cases:
        every = set(said(case))
        words.update({(one.setting, one.layer, one.network) for one in every})
        inherited.update(
            {
                (one.setting, one.under_another_updater)
                for one in every
                if one.under_another_updater is not None and one.layer is Word.UNSET and one.network is not Word.UNSET
            }
        )
    return SettingCoverage(words, inherited)


def section(coverage: SettingCoverage) -> Sequence[str]:
    """Return the lines of the page about settings, as Markdown."""
    return [
        "",
        "## Settings",
        "",
        "How many cases leave a setting unset, or set it to NaN, to 0 or to a value. It is counted from the cases,",
        "and a setting counts only where it is read. In a column's name the first sign stands for what a layer says,",
        "the second for what its network says: `-` unset, `N` NaN, `0` zero, `x` a value. An empty schedule, `None`,",
        "`NONE` and false count as 0. In `same` and `other` a layer inherits a setting that only some updaters read,",
        "from a network with the same updater or with another. A test fails if a combination that makes sense has no",
        "case.",
        "",
        *_table(("setting", *(f"`{_SIGNS[a]}{_SIGNS[b]}`" for a, b in _PAIRS), "same", "other"), _of_layers(coverage)),
        "",
        "Settings of the network alone, and of learning-rate policies:",
        "",
        *_table(("setting", *(str(word) for word in Word)), _of_networks(coverage)),
    ]


def _of_layers(coverage: SettingCoverage) -> Iterator[Sequence[str]]:
    for setting, pairs in sensible().items():
        if pairs[0][0] is not None:
            shown = [str(coverage.cases[setting, *pair]) if pair in pairs else "" for pair in _PAIRS]
            inherits = setting in inherited_by_updater()
            both = [str(coverage.inherited[setting, other]) if inherits else "" for other in (False, True)]
            yield (_code(setting), *shown, *both)


def _of_networks(coverage: SettingCoverage) -> Iterator[Sequence[str]]:
    for setting, pairs in sensible().items():
        if pairs[0][0] is None:
            yield (
                _code(setting),
                *(str(coverage.cases[setting, None, word]) if (None, word) in pairs else "" for word in Word),
            )


def _code(setting: str) -> str:
    name, of, reader = setting.partition(" of ")
    return f"`{name}`{of}{reader}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"| --- |{' ---: |' * (len(head) - 1)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
