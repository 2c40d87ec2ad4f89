"""No module is imported in a circle, and the tests of the oracle import the oracle alone."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from structure.sources import PACKAGES, imported, modules


def graph(trees: dict[str, ast.Module]) -> dict[str, set[str]]:
    """Return the modules that each module imports."""
    return {name: {_module(what, trees) for what in imported(tree)} - {"", name} for name, tree in trees.items()}


def _module(name: str, trees: dict[str, ast.Module]) -> str:
    """Return the module of an imported name: itself, or what defines it; nothing if it is of another package."""
    while name and name not in trees:
        name = name.rpartition(".")[0]
    return name


def test_no_import_goes_in_a_circle() -> None:
    """Also not inside functions and under TYPE_CHECKING."""
    try:
        TopologicalSorter(graph(dict(modules()))).prepare()
    except CycleError as error:
        pytest.fail("a circle: " + " -> ".join(error.args[1]))


@pytest.mark.parametrize(
    "source", ["import a.y", "def f():\n    from a import y", "if TYPE_CHECKING:\n    from a.y import Y"]
)
def test_a_circle_is_found(source: str) -> None:
    trees = {"a": ast.parse(""), "a.x": ast.parse(source), "a.y": ast.parse("from a.x import X")}
    with pytest.raises(CycleError):
        TopologicalSorter(graph(trees)).prepare()


def test_imports_are_absolute() -> None:
    """A relative import names no module that the walk could follow."""
    for name, tree in modules().items():
        assert not [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level], name


def test_the_tests_of_the_oracle_import_the_oracle_alone() -> None:
    others = {package.__name__ for package in PACKAGES} - {"dl4j_oracle"}
    files = sorted(Path(__file__).parents[1].glob("oracle/*.py"))
    assert len(files) > 10
    for path in files:
        found = {name.partition(".")[0] for name in imported(ast.parse(path.read_text(encoding="utf-8")))}
        assert not found & others, path.name
