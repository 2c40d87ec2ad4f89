"""The backend: a library's optimizers in one of the modes."""

from __future__ import annotations

from typing import Any, assert_never

from dl4j_backends.engine.session import EngineSession
from dl4j_backends.frameworks.alone import LibraryExecution
from dl4j_backends.frameworks.as_used import AsUsedSession
from dl4j_backends.frameworks.construction import Mode
from dl4j_backends.frameworks.interface import Library
from dl4j_backends.interface import (
    AGGREGATION,
    ALL_CAPABILITIES,
    EQUALITY,
    GRADIENT_VIEW,
    GRAPH,
    MOVES_PARAMS,
    SET_PARAMS,
    STATE_IN,
    STATE_OUT,
    UNCHAINED,
    Network,
    Session,
)


class FrameworkBackend:
    """A library's optimizers as a port: float32 and float64.

    No library averages or compares optimizers. As it is used, it has no more of DL4J than updates and a state.
    """

    def __init__(self, library: Library, mode: Mode = Mode.ALONE) -> None:
        self.name = f"{library.name}:{mode}"
        self.accuracy = library.accuracy
        self._library, self._mode = library, mode
        match mode:
            case Mode.ALONE | Mode.MATCHED:
                self.capabilities = ALL_CAPABILITIES - {AGGREGATION, EQUALITY} | {SET_PARAMS}
            case Mode.AS_USED:
                self.capabilities = frozenset(
                    {STATE_OUT, STATE_IN, GRADIENT_VIEW, GRAPH, UNCHAINED, SET_PARAMS, MOVES_PARAMS}
                )
            case _:
                assert_never(mode)

    def open(self, network: Network) -> Session:
        """Return a session.

        Raises :class:`dl4j_backends.interface.Dl4jException` where DL4J does, and
        :class:`dl4j_backends.interface.UnsupportedError` for what has no counterpart in the library.
        """
        if self._mode is Mode.AS_USED:
            session: Any = AsUsedSession(network, self._library)  # it has the methods of its capabilities
            return session  # type: ignore[no-any-return]
        return EngineSession(network, lambda dtype: LibraryExecution(self._library, self._mode, dtype))
