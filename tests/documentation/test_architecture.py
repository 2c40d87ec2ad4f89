"""The page on the architecture names modules and rooms that exist, and forgets no room."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PACKAGES = {init.parent.name: init.parent for init in ROOT.glob("*/dl4j_*/__init__.py")}
SUITE = PACKAGES["dl4j_conformance"]


def _place(name: str) -> Path:
    """Return the path of a name on the page: below its package, or below the suite."""
    package, _, rest = name.partition("/")
    if package in PACKAGES:
        return PACKAGES[package] / rest
    return ROOT / package if (ROOT / package).is_dir() else SUITE / name


def missing(page: str) -> Iterator[str]:
    """Yield the modules and rooms in code spans of the page that are not in the tree."""
    for name in re.findall(r"`([\w./]+(?:\.py|/))`", page):
        nested = name in ("handwritten/", "drawn/") and (SUITE / "cases" / name).is_dir()
        beside = name in ("numpy/", "torch/") and (PACKAGES["dl4j_backends"] / name).is_dir()
        if not (_place(name).exists() or nested or beside):
            yield name


def test_four_packages() -> None:
    assert set(PACKAGES) == {"dl4j_oracle", "dl4j_backends", "dl4j_conformance", "dl4j_fixtures"}


def test_every_name_is_in_the_tree() -> None:
    assert len(re.findall(r"`([\w./]+\.py)`", PAGE)) > 30
    assert list(missing(PAGE)) == []


def test_every_room_is_on_the_page() -> None:
    for package in ("dl4j_oracle", "dl4j_backends", "dl4j_conformance"):
        for init in PACKAGES[package].glob("*/__init__.py"):
            assert f"{init.parent.name}/" in PAGE, f"{package}/{init.parent.name}"


def test_a_module_that_moved_is_found() -> None:
    assert list(missing("`judging/nowhere.py`, `cases/case.py`, `nothing/`")) == ["judging/nowhere.py", "nothing/"]
