"""Schedulers, workers and commands in processes of their own, for the tests of clusters."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

TESTS = Path(__file__).parents[1]
COMMAND = [sys.executable, "-c", "from dl4j_conformance.cli.main import main; main()"]


class Machines:
    """Processes that are ended with the test: a scheduler, workers, commands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._started: list[subprocess.Popen[str]] = []
        (folder / "ports").mkdir()
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(TESTS),
            "DL4J_SLOW_PORTS": str(folder / "ports"),
            "DL4J_SLOW_SECONDS": "0.2",
            "DL4J_SLOW_HOLD": str(folder / "hold"),
        }

    def start(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        """Start a program whose output is read at its end."""
        process = subprocess.Popen(  # noqa: S603
            words,
            cwd=self.folder,
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._started.append(process)
        return process

    def scheduler(self) -> tuple[subprocess.Popen[str], str]:
        """Start a scheduler; return it and its address."""
        file = self.folder / "scheduler.json"
        place = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file))
        process = self.start(sys.executable, "-m", "distributed.cli.dask_scheduler", *place)
        until(lambda: file.exists() and file.read_text().endswith("}"))
        return process, json.loads(file.read_text())["address"]

    def worker(self, address: str) -> subprocess.Popen[str]:
        """Start a worker."""
        alone = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1")
        return self.start(sys.executable, "-m", "distributed.cli.dask_worker", address, *alone)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let no update of a slow port end until the block has ended."""
        file = self.folder / "hold"
        file.touch()
        try:
            yield
        finally:
            file.unlink()

    def finished(self) -> int:
        """Return how many shards a command has finished."""
        return len(list(self.folder.glob("kept/shards/0*")))

    def ports(self) -> set[int]:
        """Return the processes that have opened the backend."""
        return {int(file.name) for file in (self.folder / "ports").iterdir()}

    def end(self) -> None:
        for process in self._started:
            process.kill()
            process.communicate()


def until(holds: Callable[[], object], seconds: float = 60) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)
