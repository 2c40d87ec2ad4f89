"""docs/frameworks.md: updaters and libraries, what is different, and how far it leads in 100 steps.

``python -m dl4j_conformance.migration.page docs/frameworks.md`` writes it anew. The part of a library that is not
installed stays as it is. A test holds the page to what runs give.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Set
from pathlib import Path
from typing import assert_never

from dl4j_backends.interface import STATE_IN, STATE_OUT, Backend, BackendUnavailableError, accuracy_of
from dl4j_conformance.cases.values import DTYPES
from dl4j_conformance.diagnosis.misreadings import Diagnosis, diagnose
from dl4j_conformance.execution.oracle_backend import resolve
from dl4j_conformance.judging.kill_matrix import Rows
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Status
from dl4j_conformance.migration.counterpart import Fit, Library
from dl4j_conformance.migration.drift import drift
from dl4j_conformance.migration.libraries import LIBRARIES
from dl4j_conformance.migration.settings import LayerSettings, layer_settings
from dl4j_conformance.running.run import run
from dl4j_conformance.vectors.fixtures import Selection, fixtures, stored_rows
from dl4j_fixtures import destination
from dl4j_oracle.configuration import Updater
from dl4j_oracle.updaters import UPDATERS

#: The cases of an updater that have ordinary numbers: no NaN, no overflow, no rate of 0.
_CASES = ("first-step", "three-steps", "constant-gradient", "settings", "near-epsilon", "large-epsilon")
#: Relative to the way: less is rounding, by far, after 100 steps in float64.
_ROUNDING = 1e-12

_MARK = re.compile(r"(<!-- (\w+), written by .*? -->\n).*?(<!-- end -->)", re.DOTALL)


class _Steps:
    """A backend of which only the steps are judged: a library keeps its state in its own way."""

    def __init__(self, backend: Backend) -> None:
        self.name, self.open = backend.name, backend.open
        self.accuracy = accuracy_of(backend)
        self.capabilities = backend.capabilities - {STATE_OUT, STATE_IN}


def page(text: str) -> str:
    """Return the page, which was ``text``, with new tables of the libraries that are installed."""

    def part(found: re.Match[str]) -> str:
        try:
            rows = "\n".join(table(LIBRARIES[found[2]]))
        except BackendUnavailableError:
            return found[0]
        return f"{found[1]}{rows}\n{found[3]}"

    return _MARK.sub(part, text)


def table(library: Library) -> Iterator[str]:
    """Yield the lines of a library's table. Raises :class:`BackendUnavailableError` without the library."""
    backend, rows = _Steps(resolve(library.address)), stored_rows()
    yield "| updater | optimizer | with DL4J's settings | drift | as `suggest` prints it | drift |"
    yield "| --- | --- | --- | ---: | --- | ---: |"
    for updater in UPDATERS:
        yield f"| {' | '.join(_cells(library, updater, _differences(backend, rows, updater)))} |"


def _cells(library: Library, updater: Updater, differences: str) -> Iterator[str]:
    counterpart, settings = library.counterparts[updater], _settings(updater)
    yield updater
    yield f"`{counterpart.name}`"
    yield f"different: {differences}" if differences else "equal"
    yield percent(drift(library, settings, as_it_is=True))
    match counterpart.fit:
        case Fit.EQUAL:
            yield f"equal with {counterpart.settings}" if counterpart.settings else "equal"
        case Fit.DIFFERENT:
            yield f"different; nearest with {counterpart.settings}"
        case _:
            assert_never(counterpart.fit)
    yield percent(drift(library, settings, as_it_is=False))


def _settings(updater: Updater) -> LayerSettings:
    """Return DL4J's defaults; rho has none."""
    rho = {"rho": 0.95} if updater is Updater.ADADELTA else {}
    return layer_settings({}, [{"n_in": 1, "n_out": 1, "updater": updater, **rho}])


def percent(drifted: float) -> str:
    """Return a drift with two digits; rounding is 0."""
    return "0" if drifted < _ROUNDING else f"{float(f'{100 * drifted:.2g}'):g} %"


def _differences(backend: Backend, rows: Rows, updater: Updater) -> str:
    """Return what differs in the updater's ordinary cases at level bounded, in words; empty if nothing does.

    Its other cases are evidence too. The backends have no NONE, for which SGD with a rate of 1 stands. Only its drift
    is measured.
    """
    name = updater.lower()
    results = list(run([backend], fixtures(Selection(f"{name}-*")), rows, Level.BOUNDED))
    differing = [result.differing for result in results if result.differing]
    ordinary = {f"{name}-{case}-{dtype}" for case in _CASES for dtype in DTYPES}
    if not any(one.case.id in ordinary and one.fails(Level.BOUNDED) for one in differing):
        return ""
    kills = {result.case.id: result.kills for result in results if result.status is not Status.NOT_RUN}
    return ", and ".join(_readings(diagnose(differing, kills, Level.BOUNDED), ordinary))


def _readings(diagnosis: Diagnosis, ordinary: Set[str]) -> Iterator[str]:
    """Yield the readings that show in ordinary cases as phrases, in order of weight, and what they do not explain."""
    for reading in diagnosis.readings:
        if not ordinary.isdisjoint(reading.cases):
            yield re.sub(r"^[A-Z]+: |\.$", "", reading.misreading.sentence)
    if not ordinary.isdisjoint(diagnosis.unexplained):
        yield "something that no known misreading explains"


if __name__ == "__main__":
    path = Path(sys.argv[1])
    destination(path).write(page(path.read_text(encoding="utf-8")).encode())
