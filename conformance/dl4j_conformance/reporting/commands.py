"""Commands that a report names: they can be pasted into a shell as they are."""

from __future__ import annotations

import shlex
from dataclasses import dataclass


@dataclass(frozen=True)
class Commands:
    """A run's backend and options, of which commands about the same backend are made."""

    backend: str
    #: Options of the connection to the backend.
    connection: tuple[str, ...] = ()
    #: Options of the claim and of the fixtures.
    claim: tuple[str, ...] = ()
    #: Options that select cases.
    selection: tuple[str, ...] = ()
    #: Whether the fixtures are the installed ones, which other commands know.
    are_installed: bool = True
    #: The option that names the network, if it is that of a model.
    network: tuple[str, ...] = ()

    def all_failures(self) -> str:
        """Return the command that runs the same cases and shows all that fails."""
        return self._run(*self.selection, "--verbose")

    def again(self, case: str) -> str:
        """Return the command that runs a case again."""
        return self._run("--case", case)

    def explain(self, case: str) -> str | None:
        """Return the command that explains a case, if it can."""
        if not self.are_installed:
            return None
        return shlex.join(["dl4j-conformance", "explain", case, self.backend, *self.network, *self.connection])

    def _run(self, *options: str) -> str:
        return shlex.join(["dl4j-conformance", "run", self.backend, *self.connection, *self.claim, *options])
