"""The search for the misreadings that explain the failing cases of a run together.

It starts from one failing case at a time, the plainest first, and looks for the fewest misreadings that explain it
besides those that were found before. What explains that case is tried on others, and kept if it explains most of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence, Set

from dl4j_conformance.diagnosis.failures import Failures, conflict, simplicity
from dl4j_conformance.diagnosis.first_divergence import earliest
from dl4j_conformance.judging.differing_case import DifferingCase

#: Sets of so many misreadings are looked for: first single ones for every case, then several that belong together, and
#: at last several with doubtful ones among them.
_PASSES = ((1, False), (3, False), (3, True))
#: How many of the best sets are tried with one more; up to so many candidates, all pairs are tried.
_WIDTH, _ALL_PAIRS = 8, 20
#: Failing cases on which an extension is tried before it is taken.
_SAMPLE = 24
#: Cases of one kind that are given up before the kind is, and trials in vain before a pass ends.
_GIVEN_UP, _IN_VAIN = 2, 500
#: The least share of the cases that show a misreading in which it has to explain what the backend does.
LEAST_SHARE = 0.5

Ids = frozenset[str]


class Search:
    """A search in the failures of one run. It takes the same steps whatever the time they need."""

    def __init__(self, failures: Failures) -> None:
        self._failures = failures
        self._in_vain = 0

    def among(self, cases: Sequence[str], found: Ids, least: float = LEAST_SHARE) -> Ids:
        """Return ``found`` with the misreadings that explain ``cases``, each at least in a share of ``least``."""
        every = sorted(cases, key=self._plainness)
        for depth, with_doubtful in _PASSES:
            self._in_vain = 0
            found = self._pass(every, found, least, depth, with_doubtful)
        return found

    def _pass(self, every: Sequence[str], found: Ids, least: float, depth: int, with_doubtful: bool) -> Ids:
        failures = self._failures
        waiting = [case for case in every if not failures.explains(found, case)]
        given_up: Counter[object] = Counter()
        left: list[str] = []
        while waiting and self._in_vain < _IN_VAIN:
            focus, *waiting = waiting
            kind = _kind(failures.failing[focus])
            extension = None
            doubtful = failures.doubtful[focus] if with_doubtful else []
            if given_up[kind] < _GIVEN_UP and (doubtful or not with_doubtful):
                extension = self._extension(found, focus, [*failures.candidates[focus], *doubtful], every, least, depth)
                given_up[kind] += extension is None
            if extension is None:
                left.append(focus)
            else:
                found |= extension
                waiting = [case for case in [*waiting, *left] if not failures.explains(found, case)]
                left = []
        return found

    def _plainness(self, case: str) -> tuple[int, tuple[int, int, int], str]:
        failures = self._failures
        return len(failures.candidates[case]), simplicity(failures.failing[case].case), case

    def _extension(
        self, found: Ids, focus: str, candidates: Sequence[str], every: Sequence[str], least: float, depth: int
    ) -> Ids | None:
        """Return what explains the case ``focus`` together with ``found``, and most cases of ``every`` that show it."""
        failures = self._failures
        pool = [id_ for id_ in candidates if id_ not in found and not any(conflict(id_, other) for other in found)]
        bases: list[Ids] = [frozenset()]
        for size in range(1, 1 + depth):
            explaining: list[Ids] = []
            distances: dict[Ids, float] = {}
            for extension in _extended(bases, pool):
                if failures.explains(found | extension, focus):
                    explaining.append(extension)
                    continue
                self._in_vain += 1
                distances[extension] = failures.distance(found | extension, focus)
            possible = [extension for extension in explaining if self._is_gain(found, extension, every)]
            rated = [(*self._rating(found | extension, extension, every), extension) for extension in possible]
            share, *_, best = max(rated, key=lambda entry: entry[:3], default=(0.0, 0.0, 0.0, None))
            if best and share >= least:
                return best
            # What explains this case and too few others may need one more that this case does not show.
            nearest = [*explaining, *sorted(distances, key=lambda extension: distances[extension])]
            bases = nearest if size == 1 and len(pool) <= _ALL_PAIRS else nearest[:_WIDTH]
            if not bases or self._in_vain >= _IN_VAIN:
                return None
        return None

    def _is_gain(self, found: Ids, extension: Ids, cases: Sequence[str]) -> bool:
        """Return whether ``extension`` explains more cases than it spoils, and no passing case contradicts it."""
        failures = self._failures
        gained = [
            failures.explains(found | extension, case) - failures.explains(found, case)
            for case in sample(self._showing(extension, cases))
        ]
        return sum(gained) > 0 and not failures.contradicts(found | extension)

    def _rating(self, ids: Ids, extension: Ids, cases: Sequence[str]) -> tuple[float, float, float]:
        """Return the least share of the cases that show one of ``extension`` that ``ids`` explain, and two sums.

        A sample of the cases is tried. The sums say how many cases are explained, of these and of those that differ by
        rounding; a misreading more must be worth it.
        """
        shares = [self._share(ids, {id_}, cases) for id_ in sorted(extension)]
        besides, number = self._share(ids, extension, self._failures.slight)
        least = min((share for share, showing in shares if showing), default=1.0)
        most = max(share * showing for share, showing in shares)
        return round(least, 2), most / len(shares), besides * number

    def _share(self, ids: Ids, shown: Set[str], cases: Sequence[str]) -> tuple[float, int]:
        """Return the share of the cases that show one of ``shown`` that ``ids`` explain, and how many show one."""
        showing = self._showing(shown, cases)
        some = sample(showing)
        explained = sum(self._failures.explains(ids, case) for case in some)
        return (explained / len(some), len(showing)) if some else (0.0, 0)

    def _showing(self, shown: Set[str], cases: Sequence[str]) -> Sequence[str]:
        """Return the cases that show one of ``shown``."""
        return [case for case in cases if self._failures.effective(shown, case)]


def sample(cases: Sequence[str]) -> Sequence[str]:
    """Return some of the cases, spread over all of them."""
    return cases[:: -(-len(cases) // _SAMPLE) or 1]


def _extended(bases: Sequence[Ids], pool: Sequence[str]) -> Iterator[Ids]:
    """Yield each set of one of ``bases`` and one more of ``pool`` once."""
    seen: set[Ids] = set()
    for base in bases:
        for id_ in pool:
            extension = base | {id_}
            if id_ in base or extension in seen or any(conflict(id_, other) for other in base):
                continue
            seen.add(extension)
            yield extension


def _kind(differing: DifferingCase) -> object:
    """Return what failing cases have in common that probably have the same cause."""
    divergence = earliest(differing.case, differing.striking)
    return differing.case.dtype, frozenset(differing.case.updaters), divergence and divergence.intermediate


def without_idle(ids: Ids, cases: Sequence[str], explains: Callable[[Ids, str], bool]) -> Ids:
    """Return ``ids`` without those that no explanation of ``cases`` needs."""
    for id_ in sorted(ids):
        rest = ids - {id_}
        if all(explains(rest, case) for case in cases if explains(ids, case)):
            ids = rest
    return ids
