"""What commands print names pages by ``dl4j-conformance docs``: who has the wheel only has no folder ``docs/``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from sources import modules

DOCS = Path(__file__).parents[2] / "docs"


def printed() -> Iterator[tuple[str, str]]:
    """Yield the texts of the packages that a command may print, with their modules: all but what explains the code."""
    for name, tree in modules().items():
        explanations = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.FunctionDef)
            and (isinstance(node, ast.Module) or node.name.startswith("_"))
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in explanations:
                yield name, node.value


def test_no_command_prints_a_path_of_the_checkout() -> None:
    assert [(name, text) for name, text in printed() if re.search(r"\bdocs/[\w/-]+\.md", text)] == []


def test_pages_that_are_named_are_there() -> None:
    named = {page for _, text in printed() for page in re.findall(r"dl4j-conformance docs ([a-z][\w/-]*)", text)}
    assert {"protocol", "trace", "frameworks"} <= named
    assert named <= {path.relative_to(DOCS).with_suffix("").as_posix() for path in DOCS.rglob("*.md")}
