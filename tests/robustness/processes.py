"""Processes in which commands are tried: forks of this one or fresh ones, with limits, and nothing left of them."""

from __future__ import annotations

import atexit
import ctypes
import io
import os
import resource
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import psutil

from robustness.attempt import Attempt, Ended

#: More than any command may take, so that the machine lives.
_ADDRESS_SPACE = 6 << 30
#: Largest file that a command may write.
_FILE_SIZE = 1 << 30
#: Processes of a command may take so long to end after it.
_GRACE = 1.0
_SHOWN = 1 << 20
#: Linux counts memory in kilobytes.
_KILO = 1024
_SET_CHILD_SUBREAPER = 36
#: Exit code of an attempt that could not be made.
_BROKEN = 70

#: The descriptor on which the console script says that it begins.
_BEGUN = 3
_SCRIPT = f"import os\nfrom dl4j_conformance.cli.main import main\nos.write({_BEGUN}, b'.')\nos.close({_BEGUN})\nmain()"


def perform(attempt: Attempt, folder: Path, outside: Path) -> Ended:
    """Run the command of ``attempt`` in ``folder`` and return how it ended; ``outside`` takes its output."""
    outputs = outside / "stdout", outside / "stderr"
    begun, begin = os.pipe()
    with _adopting_orphans() as orphans:
        script = attempt.own_process or attempt.signal
        # A fork begins with what this process has of its own, which late in a run of tests is much.
        began = psutil.Process().memory_info()
        pid = _start(attempt, folder, outputs, begin if script else None)
        os.close(begin)
        if script:
            os.read(begun, 1)
        if attempt.signal:
            time.sleep(attempt.after)
            os.kill(pid, attempt.signal)
        signalled = time.monotonic()
        os.close(begun)
        status, used, peak, hung = _wait(pid, attempt.deadline)
        survived = time.monotonic() - signalled
        left = tuple(_names(orphans))
    code = os.waitstatus_to_exitcode(status)
    # A program begins anew, but Linux counts what its process had before among the resources that it used.
    memory = peak if script else used.ru_maxrss * _KILO - (began.rss - began.shared)
    return Ended(code if code >= 0 else 128 - code, *map(_text, outputs), memory, left, hung, survived)


def _start(attempt: Attempt, folder: Path, outputs: tuple[Path, Path], begin: int | None) -> int:
    """Start a fork of this process, which calls the command, or becomes the console script if it is to ``begin``."""
    pid = os.fork()
    if not pid:
        _become(attempt, folder, outputs, begin)
    return pid


def _become(attempt: Attempt, folder: Path, outputs: tuple[Path, Path], begin: int | None) -> NoReturn:
    """Be the command, from its start to the end of the interpreter."""
    code = _BROKEN
    try:
        os.setsid()
        if begin is not None:
            os.dup2(begin, _BEGUN)
        for descriptor, path in enumerate((Path(os.devnull), *outputs)):
            opened = os.open(path, os.O_RDONLY if not descriptor else os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(opened, descriptor)
        os.closerange(_BEGUN + 1 if begin is not None else _BEGUN, 1024)
        os.chdir(folder)
        os.environ.update(attempt.environment)
        _default_signals()
        _limit()
        if begin is not None:
            os.execve(sys.executable, [sys.executable, "-c", _SCRIPT, *attempt.arguments], os.environ)  # noqa: S606
        sys.stdin, sys.stdout, sys.stderr = sys.__stdin__, sys.__stdout__, sys.__stderr__ = tuple(
            io.TextIOWrapper(_buffered(number, mode), encoding="utf-8") for number, mode in enumerate("rww")
        )
        sys.argv = ["dl4j-conformance", *attempt.arguments]
        # The ends of this process are not the command's.
        atexit._clear()
        code = _exit_code()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _buffered(descriptor: int, mode: str) -> io.BufferedReader | io.BufferedWriter:
    raw = io.FileIO(descriptor, mode, closefd=False)
    return io.BufferedReader(raw) if mode == "r" else io.BufferedWriter(raw)


def _exit_code() -> int:
    """Run the console script as the interpreter would, and return its exit code."""
    from dl4j_conformance.cli.main import main

    code = _code_of(main)
    # What the interpreter does last.
    for last in (threading._shutdown, atexit._run_exitfuncs, _flush):  # type: ignore[attr-defined]
        code = max(code, _code_of(last))
    return code


def _code_of(function: Callable[[], object]) -> int:
    try:
        function()
    except SystemExit as error:
        if error.code is None or isinstance(error.code, int):
            return (error.code or 0) & 0xFF
        sys.stderr.write(f"{error.code}\n")
        return 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()


def _default_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE_SIZE, _FILE_SIZE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _wait(pid: int, deadline: float) -> tuple[int, resource.struct_rusage, int, bool]:
    """Wait for a process; after ``deadline`` seconds kill it.

    Return status, use of resources, the most memory of its present program that was seen, and if it hung.
    """
    end, peak = time.monotonic() + deadline, 0
    while time.monotonic() < end:
        peak = max(peak, _peak(pid))
        found, status, used = os.wait4(pid, os.WNOHANG)
        if found:
            return status, used, peak, False
        time.sleep(0.005)
    os.kill(pid, signal.SIGKILL)
    _, status, used = os.wait4(pid, 0)
    return status, used, peak, True


def _peak(pid: int) -> int:
    """Return the most memory that the present program of a process has had; 0 of one that has ended."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return next((int(line.split()[1]) * _KILO for line in status.splitlines() if line.startswith("VmHWM:")), 0)


@contextmanager
def _adopting_orphans() -> Iterator[Callable[[], list[psutil.Process]]]:
    """Make this process the parent of what its children leave behind; yields a function that lists it.

    At the end all of it is killed.
    """
    prctl = ctypes.CDLL(None).prctl
    before = set(psutil.Process().children(recursive=True))

    def orphans() -> list[psutil.Process]:
        return [child for child in psutil.Process().children(recursive=True) if child not in before]

    prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield orphans
    finally:
        for child in orphans():
            child.kill()
        for child in orphans():
            _reap(child.pid)
        prctl(_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def _reap(pid: int) -> None:
    try:
        os.waitpid(pid, 0)
    except ChildProcessError:
        return


def _names(orphans: Callable[[], list[psutil.Process]]) -> Iterator[str]:
    """Yield the command lines of the processes that are still alive after a grace."""
    end = time.monotonic() + _GRACE
    while (alive := [*filter(_is_alive, orphans())]) and time.monotonic() < end:
        time.sleep(0.02)
    for process in alive:
        try:
            yield " ".join(process.cmdline())[:200]
        except psutil.NoSuchProcess:
            continue


def _is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD))
    except psutil.NoSuchProcess:
        return False


def _text(path: Path) -> str:
    """Return the beginning of an output."""
    with path.open("rb") as file:
        return file.read(_SHOWN).decode(errors="replace")
