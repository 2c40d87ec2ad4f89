"""The type of options and arguments that are paths."""

from __future__ import annotations

import errno
import os
from typing import Any

import click


class PathType(click.Path):
    """A path as click takes it, and not a name that no file can have, for which click has no words."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path; raises :class:`click.BadParameter`, through ``fail``."""
        try:
            os.lstat(value)
        except ValueError as error:
            self.fail(f"{value!r} is no name of a file: {error}", param, ctx)
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                self.fail(f"{value!r} is too long a name", param, ctx)
        return super().convert(value, param, ctx)
