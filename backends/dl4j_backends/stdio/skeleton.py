"""Skeletons of adapters, one folder per language."""

from __future__ import annotations

import json
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Skeleton:
    """A language's skeleton: the ``tool`` it needs, the commands that ``build`` it and the ``command`` that runs it."""

    language: str
    title: str
    tool: str
    build: tuple[str, ...]
    command: str

    def create(self, folder: Path) -> None:
        """Write it into ``folder``, complete or not at all; raises FileExistsError unless that is new or empty."""
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise FileExistsError(f"{folder} exists and is not empty")
        # A link to an empty folder stays a link.
        target = folder.resolve()
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f".{secrets.token_hex(8)}.unfinished")
        try:
            # Installers compile Python files.
            shutil.copytree(_TEMPLATES / self.language, unfinished, ignore=shutil.ignore_patterns("__pycache__"))
            if target.exists():  # it may be the current folder, which has to stay
                for path in unfinished.iterdir():
                    path.rename(target / path.name)
                unfinished.rmdir()
            else:
                unfinished.rename(target)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise


def skeletons() -> dict[str, Skeleton]:
    """Return the skeletons by language, from ``templates/languages.json``."""
    described = json.loads((_TEMPLATES / "languages.json").read_text(encoding="utf-8"))
    return {
        language: Skeleton(language, entry["title"], entry["tool"], tuple(entry["build"]), entry["command"])
        for language, entry in described.items()
    }
