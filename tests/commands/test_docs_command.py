"""``docs``: every page, for those who have the wheel only."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dl4j_conformance.cli.docs import _pages
from dl4j_conformance.cli.main import cli

ROOT = Path(__file__).parents[2]
PAGES = _pages(ROOT / "docs")


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["docs", *arguments])


def test_pages_are_listed_with_their_titles() -> None:
    result = invoke()
    assert result.exit_code == 0
    listed = dict(line.split("\t") for line in result.stdout.splitlines())
    assert listed.keys() == PAGES.keys()
    assert listed["specification/4-updaters"] == "Gradient updaters"


@pytest.mark.parametrize("name", ["protocol", "protocol.md", "docs/protocol.md", "specification/4-updaters"])
def test_a_page_is_printed_as_it_is(name: str) -> None:
    path = PAGES[name.removeprefix("docs/").removesuffix(".md")]
    assert invoke(name).stdout == path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "hint"),
    [("protocl", "did you mean 'protocol'?"), ("../README", "`dl4j-conformance docs` lists them"), ("", "lists them")],
)
def test_a_page_that_is_not_there(name: str, hint: str) -> None:
    result = invoke(name)
    assert result.exit_code == 2
    assert hint in result.output


def test_the_wheel_has_the_pages() -> None:
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"]
    assert wheel["wheel"]["force-include"]["docs"] == "dl4j_conformance/docs"
