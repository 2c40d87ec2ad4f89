"""Recordings of the real DL4J: JSON lines, gzipped or not, ``{"case": input, "dl4j": what it printed}``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dl4j_conformance.cases import sizes
from dl4j_conformance.cases.case import Case, read_dtype, read_network, read_text
from dl4j_conformance.cases.json_form import CaseError
from dl4j_conformance.cases.operations import read_script
from dl4j_conformance.execution import outcome
from dl4j_conformance.execution.oracle_backend import check_network
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.vectors.json_lines import UnreadableFileError, json_lines


def read_recording(path: Path) -> Iterator[tuple[Case, Outcome]]:
    """Yield the cases of a recording and what DL4J made of them; raises :class:`UnreadableFileError`."""
    for number, record in json_lines(path):
        yield _read(record, f"{path}:{number}")


def _read(record: Mapping[str, Any], where: str) -> tuple[Case, Outcome]:
    try:
        if not isinstance(record.get("case"), dict):
            raise CaseError('must be an object {"case": {...}, "dl4j": {...}}')
        data = record["case"]
        dtype = read_dtype(data["dtype"])
        script = data["script"] if "script" in data else data["steps"]
        network = read_network(data, dtype)
        operations = read_script(script, network)
        sizes.check(network, operations)
        case = Case(id=read_text(data["id"], "id"), network=network, script=operations, provenance="recording")
        check_network(case.network)
        if not isinstance(record["dl4j"], dict):
            raise CaseError('"dl4j" must be an object')
        return case, outcome.read_outcome(record["dl4j"], case)
    except KeyError as error:
        raise UnreadableFileError(f"{where}: {error.args[0]!r} is missing") from error
    except (CaseError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableFileError(f"{where}: {error}") from error
