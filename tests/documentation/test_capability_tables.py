"""The pages' tables of capabilities have a row for each, and name the methods that it unlocks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from dl4j_backends.interface import CAPABILITIES

DOCS = Path(__file__).parents[2] / "docs"


def _rows(page: str) -> Mapping[str, str]:
    """The rows of the table under "Capabilities", by name."""
    section = (DOCS / page).read_text(encoding="utf-8").partition("\n## Capabilities\n")[2].partition("\n## ")[0]
    return dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", section, re.MULTILINE))


def test_backends_page() -> None:
    rows = _rows("backends.md")
    assert set(rows) == {capability.name for capability in CAPABILITIES}
    page = (DOCS / "backends.md").read_text(encoding="utf-8")
    methods = dict(re.findall(r"^\| `(\w+)\(.*?\)` \| (.*) \|$", page, re.MULTILINE))
    for capability in CAPABILITIES:
        for method in capability.methods:
            named = f"`session.{method}(" in rows[capability.name]
            assert named or f"Needs `{capability.name}`" in methods[method]


def test_protocol_page() -> None:
    rows = _rows("protocol.md")
    names = {capability.name for capability in CAPABILITIES}
    assert set(rows) == {*names, "updaters", "types", "subnormals", "accuracy", "arrays"}
    assert {rows[name].split(" | ")[0] for name in names} == {"false"}
