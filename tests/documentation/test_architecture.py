"""The page on the architecture names modules and rooms that exist, and forgets no room."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PACKAGES = {init.parent.name: init.parent for init in ROOT.glob("*/dl4j_*/__init__.py")}
#: The folders that can be imported, below their packages.
ROOMS = {init.parent for folder in PACKAGES.values() for init in folder.glob("*/**/__init__.py")}


def named(page: str) -> Iterator[tuple[str, Path]]:
    """Yield the modules and rooms that a page names, in code spans and in its picture, with their paths."""
    for name in re.findall(r"`([\w./]+(?:\.py|/))`", page):
        yield name, _place(name)
    for package, boxes in re.findall(r"^  subgraph \w+ \[(\w+):.*\n((?:    .*\n)+)", page, re.MULTILINE):
        for name in re.findall(r"\w+(?:\.py|/)", boxes):
            yield name, PACKAGES[package] / name


def _place(name: str) -> Path:
    """Return the path of a name in a code span: from the root, below its package, or below the suite."""
    package, _, rest = name.partition("/")
    if package in PACKAGES:
        return PACKAGES[package] / rest
    return ROOT / name if (ROOT / package).is_dir() else PACKAGES["dl4j_conformance"] / name


def missing(page: str) -> list[str]:
    """Return the names on a page that are not in the tree."""
    return [name for name, path in named(page) if not path.exists()]


def test_four_packages() -> None:
    assert set(PACKAGES) == {"dl4j_oracle", "dl4j_backends", "dl4j_conformance", "dl4j_fixtures"}


def test_every_name_is_in_the_tree() -> None:
    assert len(re.findall(r"`([\w./]+\.py)`", PAGE)) > 30
    assert missing(PAGE) == []


def test_the_picture_shows_every_package() -> None:
    assert set(re.findall(r"^  subgraph \w+ \[(\w+):", PAGE, re.MULTILINE)) == set(PACKAGES)


def test_every_room_is_on_the_page() -> None:
    assert ROOMS - {path for _, path in named(PAGE.partition("## A case's way")[0])} == set()


@pytest.mark.parametrize("room", sorted(ROOMS), ids=lambda room: room.name)
def test_every_room_is_in_contributing(room: Path) -> None:
    assert re.search(rf"`[\w./]*\b{room.name}/`", CONTRIBUTING)


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("`judging/nowhere.py`, `cases/case.py`, `nothing/`", ["judging/nowhere.py", "nothing/"]),
        ("  subgraph it [dl4j_oracle: rules]\n    a[updaters.py] --> b[engine/]\n", ["engine/"]),
    ],
)
def test_a_module_that_moved_is_found(page: str, names: list[str]) -> None:
    assert missing(page) == names
