"""The pages make a site: every page is in it, and a link or an anchor that leads nowhere ends the build."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from toolchains import required_module

ROOT = Path(__file__).parents[2]


def build(checkout: Path, site: Path, repository: str = "") -> subprocess.CompletedProcess[str]:
    """Build the site of a checkout, as ``tox -e site`` does."""
    required_module("material", "site")
    return subprocess.run(  # noqa: S603
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", ".ci/mkdocs.yml", "-d", str(site)],
        cwd=checkout,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", "SITE_REPOSITORY": repository, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def text(site: Path, page: str) -> str:
    return (site / page / "index.html").read_text(encoding="utf-8")


def test_the_site_has_every_page(tmp_path: Path) -> None:
    done = build(ROOT, tmp_path, "https://example.org/suite")
    assert done.returncode == 0, done.stderr
    pages = {path.relative_to(ROOT / "docs").with_suffix("") for path in (ROOT / "docs").rglob("*.md")}
    assert [page for page in pages if page.name != "README" and not (tmp_path / page / "index.html").exists()] == []
    # The README is the first page. What it says of a folder leads to the repository, of a page to the page.
    first = text(tmp_path, ".")
    assert 'href="https://example.org/suite/blob/HEAD/fixtures/dl4j_fixtures/data"' in first
    assert 'href="protocol/"' in first
    assert 'href="../contributing/"' in text(tmp_path, "changelog")
    # A list after a line of text is a list, as on GitHub.
    assert "<li>Formula: <code>g &lt;- g*lr</code></li>" in text(tmp_path, "specification/4-updaters")
    assert (tmp_path / "search" / "search_index.json").exists()
    assert "fonts.googleapis.com" not in first


def test_links_that_lead_nowhere_are_found(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    shutil.copytree(ROOT / "docs", checkout / "docs")
    shutil.copytree(ROOT / ".ci", checkout / ".ci")
    for page in ROOT.glob("*.md"):
        shutil.copy(page, checkout)
    wrong = ("nowhere.md", "../nowhere.py", "protocol.md#nowhere")
    links = " ".join(f"[here]({target})" for target in wrong)
    (checkout / "docs" / "faq.md").write_text(f"# Questions\n\n{links}\n", encoding="utf-8")
    (checkout / "docs" / "forgotten.md").write_text("# In no menu\n", encoding="utf-8")
    done = build(checkout, tmp_path / "site")
    assert done.returncode == 1
    for target in wrong:
        assert f"'faq.md' contains a link '{target}'" in done.stderr
    assert "forgotten.md" in done.stderr
