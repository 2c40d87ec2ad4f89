"""Write screenshots of the HTML report into a folder: ``python tests/html_report/screenshots.py FOLDER``.

A passing, a failing and a compared run are shown, light and dark, 1280 and 390 pixels wide, at the top and at a case.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))

from html_report.chromium import asked, look
from html_report.pages import pages, reports


def main(folder: Path) -> None:
    """Run the backends and write the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as work:
        shown = pages(Path(work), reports(Path(work)))
        look(asked({name: path for name, path in shown.items() if name != "hostile"}), Path(work), folder.resolve())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
