"""The table of capabilities: names, methods of a session, and the protocol's schema agree with it."""

from __future__ import annotations

import json
from pathlib import Path

from dl4j_backends import interface
from dl4j_backends.interface import (
    ALL_CAPABILITIES,
    CAPABILITIES,
    INTERMEDIATES,
    MOVES_PARAMS,
    SET_PARAMS,
    AnySession,
)
from dl4j_backends.stdio import schemas, wire

NAMES = {capability.name for capability in CAPABILITIES}


def test_every_capability_has_a_name_and_a_row() -> None:
    names = [capability.name for capability in CAPABILITIES]
    assert len(set(names)) == len(names)
    assert all(getattr(interface, name.upper()) == name for name in names)
    assert set(names) == ALL_CAPABILITIES | {INTERMEDIATES, MOVES_PARAMS, SET_PARAMS}


def test_every_method_of_a_session_but_update_and_close_needs_a_capability() -> None:
    unlocked = {method for capability in CAPABILITIES for method in capability.methods}
    public = {name for name in vars(AnySession) if not name.startswith("_")}
    assert unlocked == public - {"update", "close"}


def test_the_schema_of_replies_has_every_capability() -> None:
    path = Path(schemas.__file__).parent / "schema" / "replies.schema.json"
    declared = json.loads(path.read_text())["$defs"]["hello"]["properties"]["capabilities"]["properties"]
    booleans = {name: entry["default"] for name, entry in declared.items() if entry["type"] == "boolean"}
    assert booleans == {**dict.fromkeys(NAMES, False), "subnormals": True}


def test_adapters_may_declare_every_capability() -> None:
    reply = {
        "reply": "ok",
        "protocol": 1,
        "implementation": {"name": "n", "version": "1", "language": "", "homepage": ""},
        "capabilities": dict.fromkeys(NAMES, True),
    }
    assert wire.read_handshake(reply).capabilities == NAMES
