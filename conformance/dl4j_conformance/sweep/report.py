"""The report of a sweep: JSON data without times, and sentences. The same findings give the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

import dl4j_conformance
from dl4j_conformance.cases.values import decimal_at, from_hex
from dl4j_conformance.judging.level import Level
from dl4j_conformance.sweep.patterns import values_of
from dl4j_conformance.sweep.plan import Plan
from dl4j_conformance.sweep.running import Swept
from dl4j_conformance.sweep.tally import Offence, Place, Worst

FORMAT_VERSION = 1

#: The types of values by the length of their patterns in hex.
_TYPES = {8: "float32", 16: "float64"}


def schema() -> dict[str, Any]:
    """Return the JSON Schema of ``--report`` files."""
    path = Path(dl4j_conformance.__file__).parent / "reporting" / "schemas" / "sweep.schema.json"
    return dict(json.loads(path.read_text(encoding="utf-8")))


def fails(plan: Plan, found: Swept) -> bool:
    """Return whether something that was checked fails the claimed level."""
    tally = found.tally
    wrong = tally.different if plan.claimed is Level.BIT_EXACT else 0
    return bool(wrong or tally.outside or tally.structural)


def document(plan: Plan, backend: Mapping[str, Any], found: Swept) -> dict[str, Any]:
    """Return the report as JSON data."""
    tally = found.tally
    return {
        "format_version": FORMAT_VERSION,
        "suite": version("dl4j-conformance"),
        "backend": dict(backend),
        "settings": plan.settings(),
        "complete": found.finished == plan.shards,
        "shards": plan.shards,
        "failed_shards": [{"shard": number, "reason": reason} for number, reason in found.course.failed.items()],
        "patterns": tally.patterns,
        "values": tally.values,
        "different": tally.different,
        "outside": tally.outside,
        "unclaimed": tally.unclaimed,
        "structural": tally.structural,
        "first_structural": list(tally.first_structural),
        "worst_ulps": _worst(plan, tally.worst_ulps),
        "worst_share": _worst(plan, tally.worst_share),
        "offences": [_offence(plan, offence) for offence in tally.offences],
        "strata": [{"stratum": number, **vars(stratum)} for number, stratum in sorted(tally.strata.items())],
    }


def sentences(plan: Plan, address: str, found: Swept) -> Iterator[str]:
    """Yield the lines of the report for people."""
    tally, shards = found.tally, plan.shards
    updater = plan.layer.get("updater", "SGD")
    points = f" at {len(plan.points)} points of state and weights" if len(plan.points) > 1 else ""
    swept = f"values of {plan.over} through {updater}, {plan.dtype}" if plan.over else f"gradients of {plan.dtype}"
    through = "" if plan.over else f" through {updater}"
    yield f"{address}: {_count(tally.patterns)} {swept}{through}{points}"
    different, outside = _count(tally.different), _count(tally.outside)
    yield f"{_count(tally.values)} values: {different} with other bits, {outside} outside of their enclosures"
    if tally.unclaimed:
        yield f"of {_count(tally.unclaimed)} values nothing is claimed"
    if worst := tally.worst_ulps:
        yield f"farthest from the evaluation model: {int(worst.measure)} ulps, {_where(plan, worst.place)}"
    if worst := tally.worst_share:
        yield f"nearest to an edge: {worst.measure:.4f} of the enclosure, {_where(plan, worst.place)}"
    for said in tally.first_structural:
        yield f"DIFFERS: {said}"
    for offence in tally.offences:
        yield f"FAILS {plan.claimed}: {_where(plan, offence.place)}"
        yield f"    expected {_shown(offence.expected)}, got {_shown(offence.got)}{_apart(offence)}"
        if offence.allowed:
            yield f"    allowed {offence.allowed}"
    for number, reason in found.course.failed.items():
        yield f"NOT JUDGED: shard {number} of {shards}: {reason}"
    if found.finished < shards:
        yield f"{shards - found.finished} of {shards} shards are missing"
    elif fails(plan, found):
        yield f"{address} does not conform"
    else:
        name = plan.over or "gradient"
        which = f"each {name} of the range" if plan.patterns.seed is None else f"each sampled {name}"
        yield f"{address} conforms at level {plan.claimed} for {which}"


def _worst(plan: Plan, worst: Worst | None) -> dict[str, Any] | None:
    return None if worst is None else {"measure": worst.measure, **_place(plan, worst.place)}


def _offence(plan: Plan, offence: Offence) -> dict[str, Any]:
    return {
        **_place(plan, offence.place),
        "expected": _value(offence.expected),
        "got": _value(offence.got),
        "ulps": offence.ulps,
        "allowed": offence.allowed,
    }


def _place(plan: Plan, place: Place) -> dict[str, Any]:
    point = plan.points[place.point]
    return {
        "array": place.array,
        "swept": _value(_hex(plan, place.pattern)),
        "state": {name: _value(bits) for name, bits in point.state},
        "weight": _value(point.weight),
    }


def _value(bits: str) -> dict[str, str]:
    return {"bits": bits, "decimal": decimal_at(from_hex([bits], _TYPES[len(bits)]), 0)}


def _hex(plan: Plan, pattern: int) -> str:
    return f"{pattern:0{2 * np.dtype(plan.patterns.dtype).itemsize}x}"


def _where(plan: Plan, place: Place) -> str:
    """Return a place in words. The gradient's own bits are shown, a NaN's payload too."""
    point = plan.points[place.point]
    unsigned = np.uint32 if plan.patterns.dtype == "float32" else np.uint64
    value = values_of(np.array([place.pattern], unsigned), plan.patterns.dtype)
    said = [f"{plan.over or 'gradient'} 0x{_hex(plan, place.pattern)} ({decimal_at(value, 0)})"]
    said += [f"{name} {_shown(bits)}" for name, bits in point.state]
    if len(plan.weights) > 1 or any(plan.weights):
        said.append(f"weight {_shown(point.weight)}")
    return f"{place.array} of {', '.join(said)}"


def _count(number: int) -> str:
    """Return a number with spaces between thousands."""
    return f"{number:,}".replace(",", " ")


def _shown(bits: str) -> str:
    return f"0x{bits} ({decimal_at(from_hex([bits], _TYPES[len(bits)]), 0)})"


def _apart(offence: Offence) -> str:
    return "" if offence.ulps is None else f", {offence.ulps} ulps apart"
