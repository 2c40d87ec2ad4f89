"""What the site needs beyond ``docs/``: three pages of the root, and links that lead where they lead in a checkout."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
#: Pages of the root, by their paths in the site.
_OF_THE_ROOT = {"index.md": "README.md", "contributing.md": "CONTRIBUTING.md", "changelog.md": "CHANGELOG.md"}
_PLACES = {place: page for page, place in _OF_THE_ROOT.items()}
_LINK = re.compile(r"\[([^\]]*)\]\((?!https?:|#|mailto:)([^)#\s]+)(#[^)\s]*)?\)")
#: A list that follows a line of text at once: GitHub sees a list, Python-Markdown does not.
_LIST = re.compile(r"(?m)^(?![-|#>\s]|\d+\. )(.+)\n(?=(?:- |1\. ))")
_FENCE = re.compile(r"(^ *```.*?^ *```$)", re.MULTILINE | re.DOTALL)


def on_files(files: Files, config: Any) -> Files:
    """Add the pages of the root."""
    for page, place in _OF_THE_ROOT.items():
        files.append(File.generated(config, page, content=(ROOT / place).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Page, config: Any, files: Files) -> str:
    """Return a page whose links lead to pages of the site, or to the repository."""
    own = page.file.src_uri
    folder = posixpath.dirname(_OF_THE_ROOT.get(own, f"docs/{own}"))

    def led(link: re.Match[str]) -> str:
        text, target, anchor = link[1], posixpath.normpath(posixpath.join(folder, link[2])), link[3] or ""
        inside = _PLACES.get(target, target.removeprefix("docs/") if target.startswith("docs/") else "")
        if inside and files.get_file_from_path(inside):
            return f"[{text}]({posixpath.relpath(inside, posixpath.dirname(own) or '.')}{anchor})"
        if not (ROOT / target).exists():
            return link[0]  # the build says that it leads nowhere
        return f"[{text}]({config.repo_url}/blob/HEAD/{target})" if config.repo_url else text

    parts = _FENCE.split(markdown)
    parts[::2] = [_LIST.sub(r"\1\n\n", _LINK.sub(led, part)) for part in parts[::2]]
    return "".join(parts)
