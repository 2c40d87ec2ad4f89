"""The page of misreadings has them all, and its links lead to the headings of the clauses."""

from __future__ import annotations

import re
from pathlib import Path

from dl4j_conformance.reporting.misreading_catalogue import NAME, page
from dl4j_oracle.blocks.misreadings import block_catalogue
from dl4j_oracle.blocks.profile import BLOCK_VERSIONS
from dl4j_oracle.misreadings import catalogue

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / NAME).read_text(encoding="utf-8")


def anchors(text: str) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_page_is_the_catalogue() -> None:
    """If not: ``python -m dl4j_conformance.reporting.misreading_catalogue docs``."""
    assert page(catalogue()) == PAGE
    later = {misreading.id for version in BLOCK_VERSIONS for misreading in block_catalogue(version)}
    known = {misreading.id for misreading in catalogue()}
    assert set(re.findall(r"^\| `(.*?)` \|", PAGE, re.MULTILINE)) == known | later


def test_clauses_are_links_to_their_headings() -> None:
    links = set(re.findall(r"\]\((specification/.*?)#(.*?)\)", PAGE))
    known = {name: anchors((DOCS / name).read_text(encoding="utf-8")) for name, _ in links}
    assert len(links) > 80
    assert [link for link in links if link[1] not in known[link[0]]] == []
