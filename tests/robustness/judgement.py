"""The judgement on one attempt: exit code, tracebacks, processes, files, memory."""

from __future__ import annotations

import hashlib
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from robustness.attempt import Attempt, Ended

#: No command may take more, in bytes.
MEMORY = 1 << 30

#: Exit codes by signals begin here.
_SIGNALLED = 128
#: A command that is ending anyway may end in its own way, so many seconds after a signal.
_AT_ONCE = 5.0
#: Characters by which a text changes the terminal, or the order in which it is read.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
#: Folders in which Python and Hypothesis keep what they can make again.
_CACHES = ("__pycache__", ".hypothesis")
_TRACEBACK = "Traceback (most recent call last)"
#: Words by which Python itself reports what nobody caught.
_UNCAUGHT = re.compile(r"^(Exception ignored in|Fatal Python error|Unhandled exception).*", re.MULTILINE)
_OUR_FRAME = re.compile(r'File ".*/(dl4j_(?:oracle|backends|conformance|fixtures)/[^"]*)", line (\d+)')


def problems(attempt: Attempt, before: Mapping[str, str], folder: Path, ended: Ended) -> Iterator[str]:
    """Yield everything that is wrong with the end of an attempt; ``before`` are the files that it found."""
    if ended.hung:
        yield f"hung: did not end within {attempt.deadline:g} s"
    elif ended.code not in attempt.expected:
        yield f"exit code {ended.code} instead of {' or '.join(map(str, sorted(attempt.expected)))}"
    elif attempt.signal and ended.code < _SIGNALLED and ended.survived > _AT_ONCE:
        yield f"went on for {ended.survived:.1f} s after the signal, and ended as if there had been none"
    yield from _tracebacks(attempt, ended)
    if found := _CONTROL.search(ended.stdout + ended.stderr):
        yield f"control character in the output: {found[0]!r}"
    if ended.left:
        yield f"processes left: {'; '.join(ended.left)}"
    if ended.memory > MEMORY:
        yield f"memory: {ended.memory >> 20} MiB"
    may_write = attempt.written + (attempt.written_by_success if ended.code == 0 else ())
    yield from _changes(may_write, before, files(folder))
    if not ended.hung:
        yield from attempt.check(folder, ended)


def files(folder: Path) -> dict[str, str]:
    """Return what lies in a folder: a hash of each file, the kind of everything else."""
    return {str(path.relative_to(folder)): _print(path) for path in sorted(folder.rglob("*"))}


def _print(path: Path) -> str:
    mode = path.lstat().st_mode
    if not stat.S_ISREG(mode):
        return stat.filemode(mode)[0]
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _tracebacks(attempt: Attempt, ended: Ended) -> Iterator[str]:
    text = ended.stdout + ended.stderr
    _, found, rest = text.partition(_TRACEBACK)
    ours = _OUR_FRAME.findall(rest)
    if found and (ours or not attempt.tracebacks):
        place = ":".join(ours[-1]) if ours else "elsewhere"
        yield f"traceback: {place}: {_raised(rest)}"
    elif not attempt.tracebacks and (uncaught := _UNCAUGHT.search(text)):
        yield f"uncaught: {uncaught[0][:200]}"


def _raised(text: str) -> str:
    """Return the line of a traceback that names the exception."""
    lines = [line for line in text.splitlines()[1:] if line and not line.startswith(" ")]
    return lines[0][:200] if lines else "?"


def _changes(may_write: Sequence[str], before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    """Yield the files that the command should not have written, replaced or removed."""
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) == after.get(name) or any(part in Path(name).parts for part in _CACHES):
            continue
        if any(Path(name).match(pattern) for pattern in may_write):
            continue
        change = "written" if name not in before else "removed" if name not in after else "changed"
        yield f"{change}: {name}"
