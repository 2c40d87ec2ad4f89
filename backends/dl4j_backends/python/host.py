"""The process of a Python backend: ``python -m dl4j_backends.python MODULE:OBJECT``.

It answers the requests of :mod:`dl4j_backends.python.backend`, one JSON object per line, on the standard streams that
it was started with. The backend finds others in their place: it reads nothing, and what it prints goes to stderr.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import IO, Any

from dl4j_backends import floating_point_mode
from dl4j_backends.crash import described, text_of
from dl4j_backends.interface import (
    CAPABILITIES,
    STATE_OUT,
    BackendUnavailableError,
    Dl4jException,
    Network,
    UnsupportedError,
)
from dl4j_backends.python.codec import decode, encode
from dl4j_backends.python.loading import LoadedBackend, load

#: After these nobody asks for the state, or they show it.
_WITHOUT_STATE = frozenset({"update", "iterate", "state", "close"})
#: The methods of a session that a request may name.
METHODS = frozenset({"update", "close", *(method for one in CAPABILITIES for method in one.methods)})


class Host:
    """The backend that ``MODULE:OBJECT`` names, and its open sessions by number."""

    def __init__(self, module_and_object: str) -> None:
        self._address = module_and_object
        self._backend: LoadedBackend | None = None
        self._shows_state = False
        self._sessions: dict[int, Any] = {}

    def reply(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the reply to a request: whatever the backend raises is an answer."""
        try:
            reply = {"reply": "ok", "value": encode(self._answer(request)), **self._state_after(request)}
        except UnsupportedError as error:
            reply = {"reply": "unsupported", "reason": text_of(error)}
        except Dl4jException as error:
            reply = {"reply": "error", "kind": text_of(error.kind), "message": text_of(error.message)}
        except BackendUnavailableError as error:
            reply = {"reply": "ok", "unavailable": text_of(error)}
        except BaseException as error:
            reply = {"reply": "ok", "crash": described(error)}
        if not floating_point_mode.is_ieee():
            reply["changed_mode"] = True
        return {"seq": request["seq"], **reply}

    def _answer(self, request: Mapping[str, Any]) -> Any:
        match request:
            case {"op": "hello", "path": list(path)}:
                sys.path[:] = path
                self._backend = load(self._address)
                self._shows_state = STATE_OUT in self._backend.capabilities
                return self._described(self._backend)
            case {"op": "open", "session": number, "network": described}:
                network = decode(described)
                if not (self._backend and isinstance(network, Network)):
                    raise ValueError("open needs a network, after hello")
                self._sessions[number] = self._backend.open(network)
            case {"op": "power" | "exponential" as function, "arguments": list(arguments)}:
                return getattr(self._backend.platform, function)(*map(decode, arguments))  # type: ignore[union-attr]
            case {"op": method, "session": number, "arguments": list(arguments)} if method in METHODS:
                given = [decode(argument, self._sessions.__getitem__) for argument in arguments]
                shown = getattr(self._sessions[number], method)(*given)
                if method == "close":
                    del self._sessions[number]
                if "as" not in request:
                    return shown
                self._sessions[request["as"]] = shown
        return None

    def _state_after(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the state that is asked for next, after all that does not show it: that spares a request."""
        number = request.get("as", request.get("session"))
        if not self._shows_state or number is None or request["op"] in _WITHOUT_STATE:
            return {}
        try:
            return {"state": encode(self._sessions[number].state())}
        except BaseException:
            return {}

    @staticmethod
    def _described(backend: LoadedBackend) -> dict[str, Any]:
        known = backend.platform and {"versions": backend.platform.versions, "threads": backend.platform.threads}
        return {
            "name": backend.name,
            "capabilities": sorted(backend.capabilities),
            "accuracy": backend.accuracy,
            "platform": known,
        }


def serve(host: Host, requests: IO[bytes], replies: IO[bytes]) -> None:
    """Answer until there are no requests."""
    encoder = json.JSONEncoder(separators=(",", ":"))
    for line in requests:
        replies.write(encoder.encode(host.reply(json.loads(line))).encode() + b"\n")
        replies.flush()


def main() -> None:
    """Serve the backend that the first argument names."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    serve(Host(sys.argv[1]), requests, replies)
