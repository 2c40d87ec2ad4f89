"""A network as plain data, before DL4J builds it: checks that its parts fit together, and where they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from dl4j_oracle.configuration import LayerConfiguration, LayerType
from dl4j_oracle.errors import ConfigurationError
from dl4j_oracle.topology import Topology

#: The state to construct an updater with if none is given: it is initialised. (A given state may be None, Java's null.)
INITIALIZE = object()


@dataclass(frozen=True)
class Description:
    """A network as plain data: settings, global (``conf``) and of each layer, and parameters by gradient key.

    ``params`` maps a key (``0_W``) to the parameter's values, flat, as they stand in the network's parameter vector
    (clauses PARAM-1, PARAM-2, PARAM-5). With ``gradient_view`` gradients are views of one array (clause ARITH-5). With
    ``vertices`` it is a ``ComputationGraph``, whose layers have these names. They feed each other in the order of
    ``chain``, if that is another, unless there is a ``topology``. If it ``is_standalone_layer`` there is one layer and
    no network around it.
    """

    conf: Mapping[str, Any]
    layers: Sequence[Mapping[str, Any]]
    params: Mapping[str, Sequence[float]]
    gradient_view: bool = False
    vertices: Sequence[str] = ()
    is_standalone_layer: bool = False
    chain: Sequence[str] = ()
    topology: Topology | None = None


def check_params(params: Mapping[str, Sequence[float]], lengths: Mapping[str, int]) -> None:
    """Raise ConfigurationError unless ``params`` has exactly the keys of ``lengths``, with so many values each."""
    if not lengths:
        raise ConfigurationError("layers", "no parameters: DL4J cannot initialise such a network")
    for key in params:
        if key not in lengths:
            raise ConfigurationError(f"params.{key}", f"no such parameter; the network has {', '.join(lengths)}")
    for key, length in lengths.items():
        if key not in params:
            raise ConfigurationError(f"params.{key}", "missing")
        if len(params[key]) != length:
            raise ConfigurationError(f"params.{key}", f"has {len(params[key])} values, needs {length}")


def is_output_layer(layer: LayerConfiguration) -> bool:
    """Return whether an output of the network is an ``OutputLayer``: dense, unless it is frozen from the beginning."""
    return layer.type is LayerType.DENSE and not layer.frozen


def places_of(lengths: Mapping[str, int]) -> dict[str, range]:
    """Return the place of every parameter in an array of them all."""
    ends = list(accumulate(lengths.values()))
    return {key: range(end - length, end) for (key, length), end in zip(lengths.items(), ends, strict=True)}
