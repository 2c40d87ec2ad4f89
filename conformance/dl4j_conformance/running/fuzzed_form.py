"""The findings of a shard of a fuzzing campaign as JSON data: counts, and the case of each find.

The outcome of a find is not kept. The backend is asked for it again, by which it is seen whether it still fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dl4j_backends.interface import Backend
from dl4j_conformance.cases import case as case_module
from dl4j_conformance.execution.observe import observe
from dl4j_conformance.execution.oracle_backend import model_of
from dl4j_conformance.judging.fixture import Declaration, Fixture
from dl4j_conformance.judging.level import Level
from dl4j_conformance.judging.verdict import Status
from dl4j_conformance.running.finds import Find, Symptom
from dl4j_conformance.running.fuzzing import Fuzzed
from dl4j_conformance.running.run import Attempt
from dl4j_conformance.sharding.checkpoint import Form

_COUNTS = ("judged", "not_run", "updated", "values", "identical", "changed_mode")


def form(backend: Backend, claimed: Level) -> Form[Fuzzed]:
    """Return the form in which a checkpoint keeps what was found in ``backend``."""
    return Form("campaign", _to_json, lambda data: _from_json(data, backend, claimed))


def _to_json(found: Fuzzed) -> dict[str, Any]:
    finds = [
        {
            "case": case_module.to_json(find.attempt.fixture.case),
            "symptom": vars(find.symptom),
            "count": find.count,
        }
        for find in found.finds
    ]
    return {**{name: getattr(found, name) for name in _COUNTS}, "finds": finds}


def _from_json(data: Mapping[str, Any], backend: Backend, claimed: Level) -> Fuzzed:
    """Read back :func:`_to_json`. Raises ``ValueError`` (also if a find fails no more), ``KeyError``, ``TypeError``."""
    finds = [_find(find, backend, claimed) for find in data["finds"]]
    return Fuzzed(finds, **{name: data[name] for name in _COUNTS})


def _find(data: Mapping[str, Any], backend: Backend, claimed: Level) -> Find:
    case = case_module.from_json(data["case"])
    attempt = Attempt.of(backend, Fixture(case, observe(model_of(backend), case)))
    find = Find(attempt, Declaration.of(backend), claimed, Symptom(**data["symptom"]), data["count"])
    if find.result.status is not Status.FAILED:
        raise ValueError("the case of a find does not fail any more")
    return find
