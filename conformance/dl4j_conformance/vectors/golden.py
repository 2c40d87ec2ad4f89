"""Golden fixtures: a case, the bits the evaluation model expects, and the exact values to 40 digits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from types import MappingProxyType
from typing import Any

import dl4j_fixtures
from dl4j_backends.interface import Dl4jException, Seen
from dl4j_conformance.cases import case as case_module
from dl4j_conformance.cases import values
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.handwritten import topics
from dl4j_conformance.cases.json_form import CaseError
from dl4j_conformance.cases.values import DTYPES
from dl4j_conformance.execution import outcome
from dl4j_conformance.execution.in_processes import in_processes
from dl4j_conformance.execution.observe import observe
from dl4j_conformance.execution.oracle_backend import OracleBackend
from dl4j_conformance.execution.oracle_session import ExactSession, network_updater
from dl4j_conformance.execution.script import run
from dl4j_conformance.judging import kill_matrix as kills
from dl4j_conformance.judging.reach import reach, to_json
from dl4j_oracle.arithmetic import reals
from dl4j_oracle.arithmetic.decimals import to_decimal
from dl4j_oracle.arithmetic.exact import ExactArithmetic, ExactArray, ExactScalar
from dl4j_oracle.profile import DEFAULT_RULES

EXACT_DIGITS = 40

#: Of so many rows of the kill matrix, and of so many reaches, one is computed to check them.
_CHECKED = 20

#: The topic of cases that came from fuzzing.
PROMOTED = "promoted"

#: What stands at the head of every fixture file.
ABOUT = {
    "profile": DEFAULT_RULES.id,
    "model": "ieee, operation by operation; norms in ND4J 0.8.0's native order with one thread",
    "generator": "dl4j-conformance fixtures regenerate",
}


#: Decimals of the exact values after one operation.
Decimals = Seen[list[str], str]


def exact_steps(case: Case, digits: int) -> tuple[Decimals, ...]:
    """Return what the formulae mean, to ``digits`` significant digits; nothing if the construction throws.

    Raises :class:`dl4j_oracle.errors.UndecidedError` for a value that no working precision decides.
    """
    return reals.decided(lambda prec: _exact_steps(case, ExactArithmetic(prec), digits))


def fixture(case: Case) -> dict[str, Any]:
    """Return the fixture of ``case`` as JSON data, hash included."""
    expected = outcome.to_json(observe(OracleBackend(), case))
    for step, exact in zip(expected.get("steps", ()), exact_steps(case, EXACT_DIGITS), strict=True):
        _add_exact(step, exact)
    _leave_out_repetitions(expected.get("steps", ()))
    data = {**case_module.to_json(case), "expected": expected}
    return {**data, "hash": dl4j_fixtures.content_hash(data)}


def _add_exact(step: dict[str, Any], exact: Decimals) -> None:
    for key, decimals in (exact.updates or {}).items():
        step["updates"][key]["exact"] = decimals
    for key, decimals in exact.params.items():
        step["params"][key]["exact"] = decimals
    if exact.state is not None:
        step["state"]["exact"] = exact.state
    for key, decimal in exact.learning_rates.items():
        rate = step["learning_rates"][key]
        # The double's own value, to so many digits: its bits say it already.
        if decimal != to_decimal(reals.from_float(values.double_from_json(rate)), EXACT_DIGITS):
            rate["exact"] = decimal


def _leave_out_repetitions(steps: Sequence[dict[str, Any]]) -> None:
    """State, rates and momentum stand where they change: :func:`outcome.from_json` carries them on."""
    for name in ("state", "learning_rates", "momentum"):
        last = None
        for step in steps:
            if step.get(name) is not None and step[name] == last:
                del step[name]
            last = step.get(name, last)


def _exact_steps(case: Case, arithmetic: ExactArithmetic, digits: int) -> tuple[Decimals, ...]:
    try:
        session = ExactSession(network_updater(case.network, arithmetic))
    except Dl4jException:
        return ()
    return tuple(decimals(seen, digits) for seen in run(session, case.script))


def decimals(seen: Seen[ExactArray, ExactScalar], digits: int) -> Decimals:
    """Return what is seen in the exact arithmetic (1-D arrays, whatever the dtype) as decimals of so many digits."""

    def written(array: ExactArray) -> list[str]:
        return [to_decimal(value, digits) for value in array.values]

    return Seen(
        None if seen.updates is None else {key: written(array) for key, array in seen.updates.items()},
        None if seen.state is None else written(seen.state),
        {key: to_decimal(rate.value, digits) for key, rate in seen.learning_rates.items()},
        params={key: written(array) for key, array in seen.params.items()},
        failure=seen.failure,
    )


def every_row(cases: Iterable[Case], progress: kills.Progress = kills.not_shown) -> dict[str, Any]:
    """Return the kill matrix of ``cases`` as JSON data, computed anew."""
    return {id_: kills.to_json(row) for id_, row in kills.matrix(cases, progress=progress).rows.items()}


def every_reach(cases: Iterable[Case]) -> dict[str, Any]:
    """Return the reach of rounding of ``cases`` as JSON data, computed anew."""
    every = list(cases)
    with closing(in_processes(reach, every)) as reaches:
        return {case.id: to_json(found) for case, found in zip(every, reaches, strict=True)}


#: Computes a file that has an entry for each case.
ByCase = Callable[[Iterable[Case]], dict[str, Any]]


def some(stored: Mapping[str, Any], compute: ByCase) -> ByCase:
    """Return what computes every twentieth entry, and those that are missing, and has the others as ``stored``.

    Which ones changes with the number of cases.
    """

    def entries(cases: Iterable[Case]) -> dict[str, Any]:
        every = list(cases)
        anew = [
            case for number, case in enumerate(every) if (number + len(every)) % _CHECKED == 0 or case.id not in stored
        ]
        return {case.id: stored[case.id] for case in every if case.id in stored} | compute(anew)

    return entries


def all_files(
    folder: Path, progress: Callable[[str], object], rows: ByCase = every_row, reaches: ByCase = every_reach
) -> dict[str, bytes]:
    """Return every fixture file, and those beside them, computed anew; ``progress`` gets each topic.

    Promoted cases are read from ``folder``, where they have their only source.
    """
    every = {**topics(), **promoted(folder)}
    computed = {}
    for topic, cases in every.items():
        progress(topic)
        computed[topic] = [fixture(case) for case in cases]
    all_cases = [case for cases in every.values() for case in cases]
    progress("reach")
    found = reaches(all_cases)
    progress("kills")
    return rendered(computed, rows(all_cases), found, recordings(folder))


def rendered(
    computed: Mapping[str, Sequence[Mapping[str, Any]]],
    rows: Mapping[str, Any],
    reaches: Mapping[str, Any],
    recordings: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, bytes]:
    """Return the files of fixtures, what is known of each case, and the manifest, which has ``recordings`` by path."""
    return dl4j_fixtures.render(computed, ABOUT, rows, recordings, reaches)


def recordings(folder: Path) -> Mapping[str, str]:
    """Return the recordings that the manifest names; those that are there if it names none, or there is none."""
    if "manifest.json" not in dl4j_fixtures.names(folder):
        return dl4j_fixtures.recordings_of(folder)
    stored = dl4j_fixtures.manifest(folder).get("recordings")
    return stored if isinstance(stored, dict) else dl4j_fixtures.recordings_of(folder)


def promoted(folder: Path) -> dict[str, tuple[Case, ...]]:
    """Return the topic of promoted cases, as they stand in ``folder``; nothing if there are none.

    Raises :class:`dl4j_fixtures.FixtureError`.
    """
    found: list[Case] = []
    for dtype in DTYPES:
        name = f"{PROMOTED}-{dtype}.json"
        if name in dl4j_fixtures.names(folder):
            found += _cases_of(folder / name)
    return {PROMOTED: tuple(found)} if found else {}


def _cases_of(path: Path) -> list[Case]:
    content = dl4j_fixtures.parse(dl4j_fixtures.read(path), path)
    try:
        return [case_module.from_json(data) for data in content["cases"]]
    except (CaseError, KeyError, TypeError) as error:
        raise dl4j_fixtures.FixtureError(f"{path}: {error}") from error
