"""The type of options and arguments that are paths."""

from __future__ import annotations

import errno
import os
from pathlib import Path
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
        if param and ctx:
            note(Path(value), param, ctx, is_written=False)
        return super().convert(value, param, ctx)


def note(path: Path, param: click.Parameter, ctx: click.Context, *, is_written: bool) -> None:
    """Note a file that a command is to read or write.

    Raises:
        click.BadParameter: if another option or argument names the same file, and one of the two is written.

    """
    named: list[tuple[Path, click.Parameter, bool]] = ctx.meta.setdefault(__name__, [])
    for other, its_param, other_is_written in named:
        if its_param is not param and (is_written or other_is_written) and is_same(path, other):
            its_name = its_param.get_error_hint(ctx)
            raise click.BadParameter(f"{path} is the file of {its_name} too: give it another name", ctx, param)
    named.append((path, param, is_written))


def is_same(path: Path, other: Path) -> bool:
    """Return whether two paths are one file, which may not be there yet. Devices and pipes are no such files."""
    if os.path.exists(path) and os.path.exists(other):
        return os.path.isfile(path) and os.path.samefile(path, other)
    return os.path.realpath(path) == os.path.realpath(other)
