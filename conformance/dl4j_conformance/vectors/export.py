"""Exports of fixtures for ports in any language: the cases that a port can use, in one file: JSON, CSV or npz.

An exported case is a fixture that says what it needs, and in which order its gradients and parameters stand.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

import dl4j_fixtures
from dl4j_backends import strict_json
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.values import Floats, from_hex
from dl4j_conformance.vectors.fixtures import Selection, read_fixture

FORMATS = ("json", "csv", "npz")
_COLUMNS = ("case", "path", "index", "hex", "value", "exact")


@dataclass(frozen=True)
class Port:
    """The abilities of a port, which decide what cases it can use. None stands for all there are."""

    updaters: frozenset[str] | None = None
    capabilities: frozenset[str] | None = None
    dtype: str | None = None

    def can_use(self, case: Case) -> bool:
        """Return whether the port has the type, the updaters of all layers and the capabilities of a case."""
        return (
            self.dtype in (None, case.dtype)
            and (self.updaters is None or self.updaters >= set(case.updaters))
            and (self.capabilities is None or self.capabilities >= case.required_capabilities)
        )


def exported(port: Port, selection: Selection, folder: Path) -> list[dict[str, Any]]:
    """Return the cases of ``folder`` that ``port`` can use, as JSON data.

    Raises :class:`dl4j_fixtures.FixtureError`.
    """
    found = []
    for data in dl4j_fixtures.load(dtype=port.dtype, folder=folder, has=selection.has_id):
        case = read_fixture(data).case
        if port.can_use(case):
            found.append(_with_needs(data, case))
    return found


def _with_needs(data: Mapping[str, Any], case: Case) -> dict[str, Any]:
    """Return a fixture with the capabilities that it needs, and with every order that its objects have."""
    needs = sorted(case.required_capabilities)
    network = {**data["network"], "params_order": list(data["network"]["params"])}
    script = [_ordered(operation) for operation in data["script"]]
    return {"id": data["id"], "needs": needs, **data, "network": network, "script": script}


def _ordered(operation: Mapping[str, Any]) -> dict[str, Any]:
    """Return an operation, or its line search, with the order of its gradients beside them."""
    data = dict(operation)
    if "gradients" in data:
        data["gradients_order"] = list(data["gradients"])
    if "search" in data:
        data["search"] = _ordered(data["search"])
    if "further" in data:
        data["further"] = [_ordered(search) for search in data["further"]]
    return data


def write(file: BinaryIO, style: str, cases: Sequence[Mapping[str, Any]], version: str) -> None:
    """Write exported cases in one of :data:`FORMATS`; ``version`` is that of the fixtures. Raises OSError."""
    match style:
        case "json":
            file.write(_json(cases, version).encode())
        case "csv":
            _write_csv(file, cases)
        case _:
            _write_npz(file, cases, version)


def _json(cases: Sequence[Mapping[str, Any]], version: str) -> str:
    head = {"format_version": dl4j_fixtures.FORMAT_VERSION, "version": version}
    lines = ",\n".join(map(strict_json.compact, cases))
    return f'{strict_json.compact(head)[:-1]},"cases":[\n{lines}\n]}}\n'


def _write_csv(file: BinaryIO, cases: Sequence[Mapping[str, Any]]) -> None:
    """Write a row for every value and setting; ``path`` is its place in the case, a JSON Pointer (RFC 6901)."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    rows = csv.writer(text)
    rows.writerow(_COLUMNS)
    for case in cases:
        rows.writerows((case["id"], *row) for row in _rows(case, ""))
    text.detach()  # flushes, and leaves the file open


def _rows(data: Any, path: str) -> Iterator[tuple[str, int | str, str, str, str]]:
    match data:
        case {"hex": str(pattern)}:
            yield path, "", pattern, data["decimal"], data.get("exact", "")
        case {"hex": [*patterns]} if patterns:
            columns = patterns, data["decimal"], data.get("exact", [""] * len(patterns))
            yield from ((path, index, *cells) for index, cells in enumerate(zip(*columns, strict=True)))
        case dict() if data:
            for key, value in data.items():
                yield from _rows(value, f"{path}/{_token(key)}")
        case list() if data:
            for index, value in enumerate(data):
                yield from _rows(value, f"{path}/{index}")
        case str():
            yield path, "", "", data, ""
        case _:
            yield path, "", "", strict_json.compact(data), ""


def _token(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _write_npz(file: BinaryIO, cases: Sequence[Mapping[str, Any]], version: str) -> None:
    """Write every array under its case and path; ``cases`` has the JSON, with the names of arrays in their places."""
    arrays: dict[str, Floats] = {}
    described = [_with_names(case, case["id"], case["dtype"], arrays) for case in cases]
    text = np.frombuffer(_json(described, version).encode(), np.uint8)
    np.savez_compressed(file, cases=text, **arrays)  # type: ignore[arg-type,unused-ignore]


def _with_names(data: Any, path: str, dtype: str, arrays: dict[str, Floats]) -> Any:
    """Return JSON data in which ``{"array": name}`` stands for values, which are put into ``arrays``."""
    match data:
        case {"hex": list(patterns)}:
            arrays[path] = from_hex(patterns, dtype)
            return {"array": path}
        case dict():
            return {key: _with_names(value, f"{path}/{_token(key)}", dtype, arrays) for key, value in data.items()}
        case list():
            return [_with_names(value, f"{path}/{index}", dtype, arrays) for index, value in enumerate(data)]
        case _:
            return data
