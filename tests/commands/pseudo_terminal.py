"""A pseudo-terminal for the stderr of a command."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

COMMAND = "from dl4j_conformance.cli.main import main; main()"
_PATHS = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "backends")]


class OnTerminal:
    """A command whose stderr is a terminal of 100 columns and 40 rows. ``screen`` is all that it was sent.

    ``before`` are lines of Python that are done first. The command has a process group of its own.
    """

    def __init__(self, folder: Path, *arguments: str, before: str = "") -> None:
        self._master, slave = pty.openpty()
        self._chunks: list[bytes] = []
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(_PATHS), "TERM": "xterm"}
        environment.pop("CI", None)
        environment |= {"COLUMNS": "100", "LINES": "40", "NO_COLOR": "1"}
        self.process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", before + COMMAND, *arguments],
            stdout=subprocess.PIPE,
            stderr=slave,
            text=True,
            env=environment,
            cwd=folder,
            start_new_session=True,
        )
        os.close(slave)
        self._reader = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Self:
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()
        self._reader.join(10)
        os.close(self._master)

    @property
    def screen(self) -> str:
        return b"".join(self._chunks).decode("utf-8", "replace")

    def wait_until(self, shown: Callable[[str], bool]) -> None:
        """Wait until the terminal was sent what is waited for; the command must not have ended before."""
        while not shown(self.screen):
            assert self.process.poll() is None, self.screen[-500:]
            time.sleep(0.01)

    def end(self) -> tuple[str, int]:
        """Return stdout and the exit code."""
        out, _ = self.process.communicate(timeout=60)
        self._reader.join(10)
        return out, self.process.returncode

    def _read(self) -> None:
        try:
            while chunk := os.read(self._master, 1 << 16):
                self._chunks.append(chunk)
        except OSError:  # the other side was closed
            pass
