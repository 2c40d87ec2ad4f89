"""No package has an import circle, those inside functions and under TYPE_CHECKING included."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from importlib.util import find_spec
from pathlib import Path

import pytest

PACKAGES = ("dl4j_oracle", "dl4j_backends", "dl4j_conformance", "dl4j_fixtures")


def _modules(package: str) -> Mapping[str, Path]:
    spec = find_spec(package)
    assert spec
    assert spec.origin
    root = Path(spec.origin).parent
    names = {path: ".".join((package, *path.relative_to(root).with_suffix("").parts)) for path in root.rglob("*.py")}
    return {name.removesuffix(".__init__"): path for path, name in names.items()}


def _imported(path: Path, known: Mapping[str, Path]) -> Iterator[str]:
    """The modules of the package that a module imports, wherever in its text."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names):
                yield from (alias.name for alias in names if alias.name in known)
            case ast.ImportFrom(str(module), names):
                for alias in names:
                    found = f"{module}.{alias.name}"
                    yield from (name for name in (found if found in known else module,) if name in known)


@pytest.mark.parametrize("package", PACKAGES)
def test_there_is_no_import_circle(package: str) -> None:
    known = _modules(package)
    graph = {name: set(_imported(path, known)) for name, path in known.items()}
    assert any(graph.values())
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))
