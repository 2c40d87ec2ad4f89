"""A crash: an exception of a backend that is no DL4J exception, in words, with the backend's own frames."""

from __future__ import annotations

import os
import traceback
from pathlib import Path

#: Frames that are shown, the innermost ones.
_MOST_FRAMES = 5
#: Characters of a message, or of a line of code, that are shown.
_MOST_CHARACTERS = 500
#: The modules that call backends and import them: their frames say nothing about a backend.
_CALLERS = ("dl4j_conformance.", "dl4j_backends.python.", "importlib")


class BackendCrashError(Exception):
    """The backend raised something that is no DL4J exception. The message has the backend's frames."""


def described(error: BaseException) -> str:
    """Return an exception as ``TYPE: MESSAGE [FILE:LINE in FUNCTION: CODE > ...]``, on one line.

    The frames in brackets are the backend's own, without those that called it; the innermost is last.
    """
    message = _shortened(text_of(error))
    frames = " > ".join(_frames(error))
    return f"{type(error).__name__}{': ' if message else ''}{message}{f' [{frames}]' if frames else ''}"


def text_of(value: object) -> str:
    """Return the text of something that a backend made, whatever its ``__str__`` does."""
    try:
        return str(value)
    except BaseException as error:
        return f"(its __str__ raises {type(error).__name__})"


def _frames(error: BaseException) -> list[str]:
    places = list(traceback.walk_tb(error.__traceback__))
    while places and str(places[0][0].f_globals.get("__name__")).startswith(_CALLERS):
        places.pop(0)
    return [_place(frame) for frame in traceback.StackSummary.extract(iter(places[-_MOST_FRAMES:]))]


def _place(frame: traceback.FrameSummary) -> str:
    code = f": {_shortened(frame.line)}" if frame.line else ""
    return f"{_short_path(frame.filename)}:{frame.lineno} in {frame.name}{code}"


def _short_path(filename: str) -> str:
    path, here = Path(filename), Path(os.path.abspath(""))
    return str(path.relative_to(here)) if path.is_relative_to(here) else filename


def _shortened(text: str) -> str:
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}..."
