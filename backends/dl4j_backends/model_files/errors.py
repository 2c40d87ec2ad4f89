"""The error of files that cannot be used."""

from __future__ import annotations


class ModelFileError(ValueError):
    """A file that is no model of DL4J's, or a damaged one, or one that is not modelled here.

    The message names the place in the file, and what is wrong there.
    """

    def within(self, place: str) -> ModelFileError:
        """Return the same error with the ``place`` that contains it, such as the file, before its message."""
        return ModelFileError(f"{place}: {self}")
