"""``dl4j-conformance docs``: the pages of ``docs/``, which ship with the package."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from dl4j_conformance.cli.terminal import say_columns, write_document
from dl4j_oracle.suggestion import did_you_mean


@click.command("docs")
@click.argument("page", required=False)
def command(page: str | None) -> None:
    """Print PAGE of the documentation, as Markdown. Without it, list the pages.

    \b
    Examples:
      dl4j-conformance docs
      dl4j-conformance docs protocol
      dl4j-conformance docs specification/4-updaters
    """
    paths = _pages(_folder())
    if page is None:
        for name, listed in paths.items():
            say_columns(name, _title(listed))
        return
    path = paths.get(page.removeprefix("docs/").removesuffix(".md"))
    if path is None:
        hint = did_you_mean(page, list(paths), "`dl4j-conformance docs` lists them")
        raise click.UsageError(f"there is no page {page!r}; {hint}")
    write_document(path.read_text(encoding="utf-8"), newline=False)


def _folder() -> Path:
    """Return the folder of the pages: in this package when installed, in ``docs/`` in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "docs"
    return installed if installed.is_dir() else package.parents[1] / "docs"


def _pages(folder: Path) -> Mapping[str, Path]:
    """Return the pages by their paths below ``folder``, without ``.md``."""
    return {path.relative_to(folder).with_suffix("").as_posix(): path for path in sorted(folder.rglob("*.md"))}


def _title(page: Path) -> str:
    with page.open(encoding="utf-8") as lines:
        return next(lines).removeprefix("# ").strip()
