"""The fewest words that select some cases and no others: topics, clauses, capabilities and patterns of ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Set
from dataclasses import dataclass

from dl4j_conformance.cases.case import Case

#: A key of a deviation, and a text that stands for it, such as ``("topic", "limits")``.
Word = tuple[str, str]

#: Of words that select as many cases, those of the first key are taken.
_PREFERRED = ("needs", "topic", "clause", "case")
#: A pattern without a beginning reads badly: it has to select so many cases.
_MANY = 8


@dataclass(frozen=True)
class Cover:
    """The words of a folder of fixtures, each with the ids of the cases that it selects."""

    words: Mapping[Word, frozenset[str]]

    @classmethod
    def of(cls, cases: Collection[Case], topics: Mapping[str, str]) -> Cover:
        """Return the words for ``cases``, which are all that were run; ``topics`` are those of all cases, by id.

        A word that selects others too is left out. Of clauses that is known if all cases were run. A capability that is
        not declared keeps all of its cases from being run.
        """
        found: dict[Word, set[str]] = {}
        for case in cases:
            words = {("topic", topics[case.id]), *_patterns(case.id)}
            words |= {("clause", clause) for clause in case.clauses if len(cases) == len(topics)}
            words |= {("needs", capability) for capability in case.required_capabilities}
            for word in words:
                found.setdefault(word, set()).add(case.id)
        sizes = Counter(word for id_, topic in topics.items() for word in (("topic", topic), *_patterns(id_)))
        return cls({word: frozenset(ids) for word, ids in found.items() if len(ids) == sizes.get(word, len(ids))})

    def words_for(self, ids: Set[str], keys: Collection[str]) -> list[Word]:
        """Return words with these ``keys`` that select ``ids`` and nothing else, as few as are easily found."""
        allowed = {
            word: rows
            for word, rows in self.words.items()
            if word[0] in keys and rows <= ids and _reads_well(word, rows)
        }
        left, found = set(ids), list[Word]()
        while left:
            word = min(allowed, key=lambda word: (-len(allowed[word] & left), *_cost(word)))
            found.append(word)
            left -= allowed[word]
            allowed = {other: rows for other, rows in allowed.items() if not rows.isdisjoint(left)}
        return sorted(found)


def _cost(word: Word) -> tuple[int, int, str]:
    key, text = word
    return _PREFERRED.index(key), len(text), text


def _reads_well(word: Word, rows: Collection[str]) -> bool:
    return not word[1].startswith("*") or len(rows) >= _MANY


def _patterns(id_: str) -> Iterator[Word]:
    """Yield the id, and the patterns that keep some neighbouring parts of it."""
    parts = id_.split("-")
    yield "case", id_
    for start in range(len(parts)):
        for end in range(start + 1, len(parts) + 1):
            if (start, end) != (0, len(parts)):
                kept = "-".join(parts[start:end])
                yield "case", ("*-" if start else "") + kept + ("-*" if end < len(parts) else "")
