"""The identity of work in shards: a hash of everything that decides what is found."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from dl4j_backends import strict_json
from dl4j_backends.interface import Backend, accuracy_of


def facts(address: str, backend: Backend) -> dict[str, Any]:
    """Return what identifies a backend: its address, its name, and what it declares."""
    accuracy = vars(accuracy_of(backend))
    return {
        "address": address,
        "name": backend.name,
        "capabilities": sorted(backend.capabilities),
        "accuracy": accuracy,
    }


def identity(settings: Mapping[str, Any], backend: Mapping[str, Any]) -> str:
    """Return the hash of the settings, of the ``backend``'s facts and of the suite's version."""
    decisive = {"suite": version("dl4j-conformance"), **settings, "backend": dict(backend)}
    return hashlib.sha256(strict_json.compact(decisive, sort_keys=True).encode()).hexdigest()
