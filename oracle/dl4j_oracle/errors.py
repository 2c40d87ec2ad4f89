"""The exceptions DL4J throws, as data.

A conforming port raises the same *kind* of error at the same moment; the wording is not judged.
"""

from __future__ import annotations


class Dl4jError(Exception):
    """DL4J would throw here.

    ``kind`` is the simple name of the Java class (``IllegalStateException``), ``message`` what DL4J 0.8.0 says.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message


class ConfigurationError(ValueError):
    """A network description that is not one: unknown key, wrong type, missing part. ``where`` names the place."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}")
        self.where = where
        self.problem = problem


class UndecidedError(ArithmeticError):
    """The exact arithmetic cannot decide a comparison or a digit at its working precision."""
