"""The skeleton of a file of deviations, made from a run: as few entries as say exactly what was seen."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from dl4j_backends import plain_text
from dl4j_conformance.cases.case import Case
from dl4j_conformance.deviations.check import explains, shown
from dl4j_conformance.deviations.cover import Cover
from dl4j_conformance.diagnosis.misreadings import Diagnosis
from dl4j_conformance.judging.deviation import Kind
from dl4j_conformance.judging.kill_matrix import Kill
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Result
from dl4j_oracle.misreadings import by_id

#: The keys that select failing cases.
_BY_CASE = ("topic", "clause", "case")

_HEAD = """\
# Cases that are known to fail, or that this port does not run. Everything else has to run and to pass.
# Decide each kind ({kinds}), and give a reason. A key `issue` has a link,
# `expires = 2027-01-31` a last day.
"""


def skeleton(
    failures: Sequence[Result],
    idle: Mapping[str, str],
    diagnosis: Diagnosis | None,
    judged: Judged,
) -> str:
    """Return a file that declares the ``failures``, and the cases that did not run, with the reasons (``idle``).

    A misreading stands for all cases that show it, if all of them fail by it. Other failures are grouped by the
    misreadings that explain them, and what did not run by its reason.
    """
    cover = Cover.of(judged.cases, judged.topics)
    parts = [_HEAD.format(kinds=", ".join(Kind))]
    left = {failure.case.id: failure for failure in failures}
    for ids in _candidates(diagnosis):
        showing = judged.showing(ids)
        if showing and showing <= left.keys() and all(explains(ids, left[id_]) for id_ in showing):
            parts.append(_entry({}, Kind.UNDECIDED, _sentences(ids), ids))
            left = {id_: failure for id_, failure in left.items() if id_ not in showing}
    by_reading: dict[frozenset[str], set[str]] = {}
    for id_, failure in left.items():
        by_reading.setdefault(_readings(failure, diagnosis), set()).add(id_)
    for ids, group in sorted(by_reading.items(), key=lambda entry: (-len(entry[1]), sorted(entry[0]))):
        parts += _entries(cover, group, _BY_CASE, Kind.UNDECIDED, _sentences(ids), ids)
    return "\n".join([*parts, *_not_run(cover, idle)])


@dataclass(frozen=True)
class Judged:
    """The cases that were to run, the topics of all cases, and the kills of those that ran, by id."""

    cases: Collection[Case]
    topics: Mapping[str, str]
    kills: Mapping[str, Mapping[str, Kill]]
    claimed: Level

    def showing(self, ids: frozenset[str]) -> set[str]:
        """Return the cases that can show one of the misreadings."""
        return {case for case, kills in self.kills.items() if shown(ids, kills, self.claimed)}


def _candidates(diagnosis: Diagnosis | None) -> list[frozenset[str]]:
    """Return the misreadings that may stand for all cases that show them: all together, and each alone."""
    ids = [reading.misreading.id for reading in diagnosis.readings] if diagnosis else []
    return [frozenset(ids), *(frozenset({id_}) for id_ in ids)]


def _readings(failure: Result, diagnosis: Diagnosis | None) -> frozenset[str]:
    """Return the misreadings that explain a failure, the same that will be asked to explain it."""
    readings = diagnosis.readings if diagnosis else ()
    ids = frozenset(reading.misreading.id for reading in readings if failure.case.id in reading.cases)
    return ids if ids and explains(ids, failure) else frozenset()


def _sentences(ids: Collection[str]) -> str:
    return " ".join(by_id(id_).sentence for id_ in sorted(ids)) or "No known misreading explains it."


def _not_run(cover: Cover, idle: Mapping[str, str]) -> Iterator[str]:
    """Yield the entries of cases that were not run: by the capabilities that are missing, the others by reason."""
    lacking = {id_ for (key, _), ids in cover.words.items() if key == "needs" and ids <= idle.keys() for id_ in ids}
    yield from _entries(cover, lacking, ("needs",), Kind.NOT_IMPLEMENTED, "The capability is not declared.", ())
    by_reason: dict[str, set[str]] = {}
    for id_ in idle.keys() - lacking:
        by_reason.setdefault(idle[id_], set()).add(id_)
    for reason, group in sorted(by_reason.items()):
        words = plain_text.line(reason) or "It was not run."
        yield from _entries(cover, group, _BY_CASE, Kind.NOT_IMPLEMENTED, words, ())


def _entries(
    cover: Cover, ids: Set[str], keys: Collection[str], kind: Kind, reason: str, misreadings: Collection[str]
) -> Iterator[str]:
    """Yield an entry for each key that the words for some cases have."""
    words: dict[str, list[str]] = {}
    for key, text in cover.words_for(ids, keys):
        words.setdefault(key, []).append(text)
    for key, texts in words.items():
        yield _entry({key: texts}, kind, reason, misreadings)


def _entry(selector: Mapping[str, Sequence[str]], kind: Kind, reason: str, misreadings: Collection[str]) -> str:
    lines = ["[[deviation]]", *(f"{key} = {_texts(texts)}" for key, texts in selector.items())]
    lines += [f"misreading = {_texts(sorted(misreadings))}"] if misreadings else []
    return "\n".join([*lines, f"kind = {_text(kind)}", f"reason = {_text(reason)}", ""])


def _texts(texts: Sequence[str]) -> str:
    if len(texts) == 1:
        return _text(texts[0])
    return "[\n" + "".join(f"  {_text(text)},\n" for text in texts) + "]"


def _text(text: str) -> str:
    """Return a text as TOML: what JSON escapes is escaped alike there, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
