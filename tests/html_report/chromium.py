"""Chromium, which looks at pages: Debian's package, driven by ``look.js`` with packages from npm."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from toolchains import downloaded, required

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Look:
    """A page in one colour scheme and width, and everything that is wrong with it."""

    name: str
    scheme: str
    width: int
    #: Errors and warnings of the console, and of scripts.
    errors: Sequence[str]
    requests: Sequence[str]
    #: Those of axe, with everything unfolded.
    violations: Sequence[str]
    #: By how much the page is wider than the window.
    overflow: int
    #: Texts of drawings that do not fit into them.
    cut_off: Sequence[str]
    background: str
    #: Links within the page that lead nowhere.
    dead_links: Sequence[str]
    #: The text of what the first press of the tabulator key reaches.
    first_focus: str
    #: Whether the case that a number in the matrix leads to is seen after Enter; None without such a number.
    is_led_to_case: bool | None
    #: Folded parts that would not be printed.
    not_printed: int


#: A screen and a phone, light and dark; and one of them, the narrowest.
FORMS = tuple(product(("light", "dark"), (1280, 390)))
PHONE = FORMS[1:2]


def asked(pages: Mapping[str, Path], forms: Sequence[tuple[str, int]] = FORMS) -> list[dict[str, object]]:
    """Return the looks at pages, by name, in colour schemes and widths."""
    return [
        {"name": name, "file": str(path), "scheme": scheme, "width": width}
        for name, path in pages.items()
        for scheme, width in forms
    ]


def look(looks: Sequence[Mapping[str, object]], folder: Path, screenshots: Path | None = None) -> list[Look]:
    """Return what each look finds; ``folder`` gets the packages. Ends the test if a program is missing."""
    node, chromium = required("node"), required("chromium")
    for name in ("package.json", "package-lock.json", "look.js"):
        shutil.copy(HERE / name, folder)
    arguments = ("--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund")
    downloaded(required("npm"), "ci", *arguments, folder=folder)
    request = {"chromium": chromium, "screenshots": screenshots and str(screenshots), "looks": looks}
    done = subprocess.run(  # noqa: S603
        [node, "look.js"],
        input=json.dumps(request),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return [Look(**found) for found in json.loads(done.stdout)]
