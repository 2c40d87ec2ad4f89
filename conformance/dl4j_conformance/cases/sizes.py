"""Sizes of a case from outside: arrays as long as the layers want them, and no more of anything than can be held."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from dl4j_backends.interface import Network
from dl4j_conformance.cases.json_form import CaseError
from dl4j_conformance.cases.operations import Iterate, Operation, Update
from dl4j_conformance.cases.parameter_lengths import parameter_lengths
from dl4j_conformance.cases.values import Floats
from dl4j_oracle.configuration import read_description

_MOST_LAYERS = 1000
_MOST_PARAMETERS = 1_000_000
_MOST_OPERATIONS = 100_000
_MOST_NETWORKS = 1000
#: Operations times parameters: what is seen after every operation is kept.
_MOST_SEEN = 10_000_000


def check(network: Network, script: Sequence[Operation]) -> None:
    """Raise :class:`CaseError`, or :class:`dl4j_oracle.errors.ConfigurationError`, for what cannot be held or is wrong.

    The settings are those that DL4J has. Parameters are those of the layers, and gradients of their keys are as long.
    """
    _at_most(len(network.layers), _MOST_LAYERS, "network.layers")
    read_description(network.conf, network.layers)
    lengths = {
        network.key(index, name): (index, length)
        for index, layer in enumerate(network.layers)
        for name, length in parameter_lengths(_set(layer)).items()
    }
    parameters = 0
    for index, length in lengths.values():
        parameters += length
        _at_most(parameters, _MOST_PARAMETERS, f"network.layers[{index}]", "parameters up to here")
    _at_most(len(script), _MOST_OPERATIONS, "script", "operations")
    _at_most(sum(operation.adds_network for operation in script), _MOST_NETWORKS, "script", "clones and restores")
    _at_most(len(script) * parameters, _MOST_SEEN, "script", "operations times parameters")
    for key in lengths.keys() - network.params.keys():
        raise CaseError(f"network.params.{key}: is missing")
    for key, array in network.params.items():
        if key not in lengths:
            raise CaseError(f"network.params.{key}: no layer has this parameter")
        _as_long(array, lengths[key][1], f"network.params.{key}")
    for where, key, array in _gradients(script):
        if key in lengths:
            _as_long(array, lengths[key][1], f"{where}.{key}")


def _set(layer: Mapping[str, Any]) -> dict[str, Any]:
    """Return a layer without settings that are null, which stand for their defaults."""
    return {name: value for name, value in layer.items() if value is not None}


def _gradients(script: Iterable[Operation]) -> Iterator[tuple[str, str, Floats]]:
    """Yield every gradient of a script with its place and its key."""
    for index, operation in enumerate(script):
        if isinstance(operation, Update | Iterate):
            for key, array in operation.gradients.items():
                yield f"script[{index}].gradients", key, array
        for number, search in enumerate(operation.searches if isinstance(operation, Iterate) else ()):
            where = f"further[{number - 1}]" if number else "search"
            for key, array in search.gradients.items():
                yield f"script[{index}].{where}.gradients", key, array


def _at_most(number: int, limit: int, where: str, what: str = "are too many") -> None:
    if number > limit:
        raise CaseError(f"{where}: {number:,} {what}: {limit:,} are allowed")


def _as_long(array: Floats, length: int, where: str) -> None:
    if len(array) != length:
        raise CaseError(f"{where}: has {len(array)} values, and the parameter has {length}")
