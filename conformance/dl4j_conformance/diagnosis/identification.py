"""The identification of a port: which version of DL4J each part of its update follows, and what shows it.

The oracle of each version makes of a case what that version makes of it. A version is out of the question for a part
if the port does otherwise in one of its cases.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dl4j_backends.block_interface import BLOCK_VERSIONS, BlockBackend, BlockNetwork, BlockSession
from dl4j_backends.interface import Backend, Network, UnsupportedError
from dl4j_conformance.cases.block_case import BlockCase
from dl4j_conformance.cases.values import decimal_at, same_bits
from dl4j_conformance.cases.version_cases import PARTS, VersionCase, version_cases
from dl4j_conformance.execution.block_outcome import BlockOutcome, observe_blocks
from dl4j_conformance.execution.block_session import OracleBlockBackend
from dl4j_conformance.execution.oracle_backend import OracleBackend
from dl4j_conformance.execution.other_version import open_080
from dl4j_oracle.clauses import VERSIONS

_FIRST = VERSIONS[0]


@dataclass(frozen=True)
class Evidence:
    """A case, the versions that do what the port does, and a value of the port beside those of all versions."""

    case: str
    versions: tuple[str, ...]
    #: The place of the value, such as ``step 0, 0_W[1]``, or what is looked at.
    place: str
    value: str
    by_version: Mapping[str, str]


@dataclass(frozen=True)
class Part:
    """A part of an update, the versions that it may follow, and the cases that show it."""

    name: str
    versions: tuple[str, ...]
    evidence: tuple[Evidence, ...]

    @property
    def is_shown(self) -> bool:
        """Return whether a case shows anything of this part."""
        return bool(self.evidence)


@dataclass(frozen=True)
class Identified:
    """The versions that the parts of a port follow, which was asked in the words of ``asked``."""

    asked: str
    parts: tuple[Part, ...]

    @property
    def versions(self) -> tuple[str, ...]:
        """Return the versions that all parts may follow."""
        return tuple(v for v in VERSIONS if all(v in part.versions for part in self.parts if part.is_shown))


def identified(backend: Backend | BlockBackend, asked: str) -> Identified:
    """Return which version each part of a port follows that is asked in the words of the version ``asked``.

    Raises what the backend raises, but for UnsupportedError: such a case says nothing.
    """
    evidence: dict[str, list[Evidence]] = {part: [] for part in PARTS}
    for case in version_cases():
        if found := _evidence(case, backend, asked):
            evidence[case.part].append(found)
    parts = []
    for name, found_of in evidence.items():
        versions = tuple(v for v in VERSIONS if all(v in one.versions for one in found_of))
        parts.append(Part(name, versions, tuple(found_of)))
    return Identified(asked, tuple(parts))


def told_apart() -> Iterator[tuple[VersionCase, Evidence]]:
    """Yield each case that tells versions apart, with what the oracle of each version makes of it."""
    last = VERSIONS[-1]
    for case in version_cases():
        if found := _evidence(case, oracle(last), last):
            yield case, found


def _evidence(case: VersionCase, backend: Backend | BlockBackend, asked: str) -> Evidence | None:
    """Return what a case shows; None if it shows nothing, as all versions do the same or the port cannot be asked."""
    expected = {version: _shown(case, _made(case, oracle(version), version)) for version in VERSIONS}
    known = {version: shown for version, shown in expected.items() if shown is not None}
    if len(known) == len(VERSIONS) and all(_same(one, other) for one in known.values() for other in known.values()):
        return None
    got = _shown(case, _made(case, backend, asked))
    if got is None:
        return None
    versions = tuple(version for version, shown in known.items() if _same(shown, got))
    place = _telling(got, list(known.values()))
    values = {version: _word(shown, place) for version, shown in known.items()}
    return Evidence(case.id, versions, place or case.shows, _word(got, place), values)


def oracle(version: str) -> Backend | BlockBackend:
    """Return the oracle of a version."""
    return OracleBackend() if version == _FIRST else OracleBlockBackend()


def _made(case: VersionCase, backend: Backend | BlockBackend, version: str) -> BlockOutcome | None:
    """Return what a backend makes of a case in a version's words; None where there are none."""
    try:
        conf, layers = case.words(version)
        network = BlockNetwork(version, case.dtype, conf, layers, case.params)
        asked = backend if version in BLOCK_VERSIONS else _Of080(backend, case.updaters)
        return observe_blocks(asked, BlockCase(case.id, network, case.steps))  # type: ignore[arg-type]
    except UnsupportedError:
        return None


@dataclass(frozen=True)
class _Of080:
    """A backend of 0.8.0 that is asked for networks in 0.8.0's words."""

    backend: Any
    updaters: Sequence[str]
    name: str = ""

    def open(self, network: BlockNetwork) -> BlockSession:
        given = Network(network.dtype, network.conf, network.layers, network.params)
        return open_080(self.backend, given, self.updaters, network.version)


#: Arrays by place, or words.
_Shown = Mapping[str, Any]


def _shown(case: VersionCase, outcome: BlockOutcome | None) -> _Shown | None:
    """Return what a case looks at in an outcome; None if it is not there."""
    if outcome is None:
        return None
    failure = outcome.failure or next((step.failure for step in outcome.steps if step.failure), None)
    if failure:
        return {"error": failure.kind}
    if case.shows == "blocks":
        return {"blocks": " | ".join("+".join(block.params) for block in outcome.blocks or ())}
    if case.shows == "state":
        states = {f"step {i}, state": step.state for i, step in enumerate(outcome.steps)}
        return None if any(state is None for state in states.values()) else states
    return {f"step {i}, {key}": array for i, step in enumerate(outcome.steps) for key, array in step.updates.items()}


def _same(one: _Shown, other: _Shown) -> bool:
    return one.keys() == other.keys() and all(_equal(value, other[key]) for key, value in one.items())


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return one.shape == other.shape and one.dtype == other.dtype and bool(same_bits(one, other).all())
    return bool(np.array_equal(one, other))


def _telling(got: _Shown, others: Sequence[_Shown]) -> str:
    """Return the first place at which two versions differ, such as ``step 0, 0_W[1]``; empty if it is no value."""
    for key, array in got.items():
        if isinstance(array, np.ndarray):
            for index in range(len(array)):
                if len({_word(other, f"{key}[{index}]") for other in others}) > 1:
                    return f"{key}[{index}]"
    return ""


def _word(shown: _Shown, place: str) -> str:
    """Return the value at a place, or what is shown there in words."""
    key, _, index = place.rstrip("]").rpartition("[")
    array = shown.get(key)
    if isinstance(array, np.ndarray) and index and int(index) < len(array):
        return decimal_at(array, int(index))
    return "; ".join(value for value in shown.values() if isinstance(value, str)) or "an answer"
