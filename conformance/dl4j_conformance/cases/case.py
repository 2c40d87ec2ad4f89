"""A case: a network, and a script of operations on its updater. It holds no expected values.

The same type is what Hypothesis generates, what fixtures store, what a backend is given and what a failure prints.
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from dl4j_backends import interface
from dl4j_backends.interface import Network
from dl4j_conformance.cases import json_form, sizes, values
from dl4j_conformance.cases import operations as operation_module
from dl4j_conformance.cases.json_form import CaseError
from dl4j_conformance.cases.operations import Freeze, Operation, read_script
from dl4j_conformance.cases.topology import check_topology
from dl4j_conformance.cases.values import DL4J_DTYPES, DTYPES
from dl4j_fixtures import is_chained
from dl4j_oracle import updaters

T = TypeVar("T")

#: What a case may be marked as. ``basic``: it tells no catalogued misreading from DL4J.
FLAGS = ("basic",)

#: The updaters that DL4J implements: all but CUSTOM.
UPDATERS = tuple(str(updater) for updater in updaters.UPDATERS)


@dataclass(frozen=True, eq=False)
class Case:
    """``id`` is a slug; ``clauses`` and ``comment`` say what the case is for; ``flags`` are of :data:`FLAGS`."""

    id: str
    network: Network
    script: tuple[Operation, ...]
    clauses: tuple[str, ...] = ()
    comment: str = ""
    provenance: str = ""
    quirks: tuple[int, ...] = field(default=())
    flags: tuple[str, ...] = field(default=())

    @property
    def dtype(self) -> str:
        """``float32`` or ``float64``."""
        return self.network.dtype

    @cached_property
    def updaters(self) -> tuple[str, ...]:
        """The updater of each layer, as configured."""
        default = self.network.conf.get("updater") or "SGD"
        return tuple(layer.get("updater") or default for layer in self.network.layers)

    def layer_of(self, key: str) -> int | None:
        """Return the layer of a well-formed key, or of a layer's name."""
        names = self.network.names
        if self.network.is_standalone_layer:
            return 0
        if key in names:
            return names.index(key)
        if self.network.vertices:
            name = key.rpartition("_")[0]
            return names.index(name) if name in names else None
        number = key.partition("_")[0]
        return int(number) if number.isascii() and number.isdigit() else None

    @property
    def is_chained(self) -> bool:
        """The fit of the layers: true if each takes what the one below gives, as real systems need it."""
        return is_chained({"layers": self.network.layers, **self.network.form})

    @property
    def _is_of_any_shape(self) -> bool:
        """True for a graph that is no chain, or of which something is frozen."""
        frozen = any(layer.get("frozen") for layer in self.network.layers)
        frozen |= any(isinstance(operation, Freeze) for operation in self.script)
        return self.network.topology is not None or (bool(self.network.vertices) and frozen)

    @cached_property
    def required_capabilities(self) -> frozenset[str]:
        """The capabilities that a backend must declare to be asked this case."""
        needed = {interface.STATE_IN} if self.network.has_state else set()
        needed |= {interface.GRADIENT_VIEW} if self.network.gradient_view else set()
        needed |= {interface.GRAPH} if self.network.vertices else set()
        needed |= {interface.LAYER} if self.network.is_standalone_layer else set()
        needed |= set() if self.is_chained else {interface.UNCHAINED}
        needed |= {interface.TOPOLOGY} if self._is_of_any_shape else set()
        needed |= {interface.MODEL_FILES} if self.network.needs_file else set()
        for operation in self.script:
            needed |= operation.required_capabilities
        if interface.LINE_SEARCH in needed and self.network.conf["optimization_algo"] != "LINE_GRADIENT_DESCENT":
            needed.add(interface.SEARCH_DIRECTIONS)
        return frozenset(needed)


def to_json(case: Case) -> dict[str, Any]:
    """Return the case as JSON data, see the fixture schema."""
    flags = {"flags": list(case.flags)} if case.flags else {}
    return {
        "id": case.id,
        "comment": case.comment,
        "clauses": list(case.clauses),
        "quirks": list(case.quirks),
        **flags,
        "provenance": case.provenance,
        "dtype": case.dtype,
        "network": network_to_json(case.network),
        "script": [operation_module.to_json(operation) for operation in case.script],
    }


def network_to_json(network: Network) -> dict[str, Any]:
    """Return the network part of a case as JSON data."""
    described: dict[str, Any] = {
        "conf": dict(network.conf),
        "layers": [dict(layer) for layer in network.layers],
        "params": {key: values.to_json(array) for key, array in network.params.items()},
    }
    if network.has_state:
        described["state"] = None if network.state is None else values.to_json(network.state)
    described |= network.form
    return described


def from_json(data: Any) -> Case:
    """Read back :func:`to_json`; raises :class:`CaseError`."""
    where = str(data.get("id", "case")) if isinstance(data, Mapping) else "case"
    try:
        dtype = read_dtype(data["dtype"])
        network = read_network(data["network"], dtype)
        script = read_script(data["script"], network)
        sizes.check(network, script)
        return Case(
            id=read_text(data["id"], "id"),
            network=network,
            script=script,
            clauses=_all_of(str, data.get("clauses", []), "clauses"),
            comment=read_text(data.get("comment", ""), "comment"),
            provenance=read_text(data.get("provenance", ""), "provenance"),
            quirks=_all_of(int, data.get("quirks", []), "quirks"),
            flags=_all_of(str, data.get("flags", []), "flags"),
        )
    except KeyError as error:
        raise CaseError(f"{where}: {error.args[0]!r} is missing") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise CaseError(f"{where}: {error}") from error


def read_text(value: Any, where: str) -> str:
    """Return a string; raises :class:`CaseError`."""
    if not isinstance(value, str):
        raise CaseError(f"{where}: must be a string, not {reprlib.repr(value)}")
    return value


def _all_of(kind: type[T], value: Any, where: str) -> tuple[T, ...]:
    if not isinstance(value, list) or not all(type(entry) is kind for entry in value):
        raise CaseError(f"{where}: must be an array of {kind.__name__}, not {reprlib.repr(value)}")
    return tuple(value)


def read_dtype(name: Any) -> str:
    """Return ``float32`` or ``float64``, also from DL4J's names; raises :class:`CaseError`."""
    dtype = DL4J_DTYPES.get(name, name) if isinstance(name, str) else None
    if dtype not in DTYPES:
        raise CaseError(f"dtype must be one of {', '.join((*DTYPES, *DL4J_DTYPES))}, not {reprlib.repr(name)}")
    return str(dtype)


def read_network(data: Mapping[str, Any], dtype: str) -> Network:
    """Read the network part of a case; raises :class:`CaseError`."""
    if not isinstance(data, Mapping):
        raise CaseError(f"network: must be an object, not {reprlib.repr(data)}")
    read = {"dtype": dtype, "has_state": "state" in data, "is_standalone_layer": data.get("bare") is True}
    network = json_form.read(Network, {**data, **read}, dtype, "network")
    vertices, chain = network.vertices, network.chain
    if vertices and not len(set(vertices)) == len(vertices) == len(network.layers):
        raise CaseError(f"vertices: must be {len(network.layers)} different names, one for each layer")
    if chain and sorted(chain) != sorted(vertices):
        raise CaseError("chain: must be the vertices, in another order")
    if network.is_standalone_layer and (vertices or len(network.layers) != 1):
        raise CaseError("bare: the network must have one layer, and no vertices")
    if network.topology:
        if chain:
            raise CaseError("chain: a graph with a topology has none")
        check_topology(network.topology, vertices)
    return network
