"""The modules of the four packages, as syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import dl4j_backends
import dl4j_conformance
import dl4j_fixtures
import dl4j_oracle

PACKAGES = (dl4j_oracle, dl4j_backends, dl4j_conformance, dl4j_fixtures)
#: Programs that are written out, not imported.
_WRITTEN_OUT = {"runtimes", "templates"}

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@cache
def modules() -> Mapping[str, ast.Module]:
    """Return the syntax tree of every module, by dotted name; a package is its ``__init__``."""
    return {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in _files()}


def _files() -> Iterator[tuple[str, Path]]:
    for package in PACKAGES:
        (folder,) = map(Path, package.__path__)
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder.parent).with_suffix("").parts
            if not _WRITTEN_OUT & set(parts):
                yield ".".join(part for part in parts if part != "__init__"), path


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield the names that a tree imports, those in functions and under ``TYPE_CHECKING`` included."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                yield from (f"{module}.{alias.name}" for alias in names)
            case _:
                pass


def definitions(tree: ast.AST, within: str = "") -> Iterator[tuple[str, Definition]]:
    """Yield functions and classes by qualified name, those inside of functions left out."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            yield f"{within}{node.name}", node
            yield from definitions(node, f"{within}{node.name}.")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{within}{node.name}", node
