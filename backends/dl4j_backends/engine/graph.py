"""``ComputationGraph``: the order in which vertices are fed, and those that backpropagation reaches."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from dl4j_backends.engine.java import integer_hash_order
from dl4j_backends.interface import Dl4jException, Network
from dl4j_backends.topology import Topology, Vertex


class Graph:
    """The shape of a network that is a graph.

    ``fed`` has all vertices in the order in which they are fed, ``layer_names`` the names by which updaters are known.
    """

    def __init__(self, network: Network) -> None:
        shape = network.topology or _chain(network.chain or network.vertices, network.vertices)
        self.outputs = shape.outputs
        self.layer_names = {vertex.layer for vertex in shape.vertices}
        self._inputs = shape.inputs
        self._unchecked = {vertex.name for vertex in shape.vertices if vertex.kind in ("stack", "preprocessor")}
        self._feeding = _feeding(shape.vertices)
        self.fed = self._fed()
        labelled = {name for name, layer in zip(network.vertices, network.layers, strict=True) if _has_labels(layer)}
        self._without_labels = labelled - {*shape.outputs}

    def _fed(self) -> Sequence[str]:
        """Do ``topologicalSortOrder``: vertices queue once the last of their inputs is placed."""
        numbered = [*self._inputs, *self._feeding]
        number = {name: i for i, name in enumerate(numbered)}
        placed: list[str] = list(self._inputs)
        for at, name in enumerate(placed):
            done = placed[: at + 1]
            fed = [numbered[i] for i in integer_hash_order([number[other] for other in self._fed_by(name)])]
            placed += [other for other in fed if all(feeder in done for feeder in self._feeding[other])]
        return placed

    def _fed_by(self, name: str) -> list[str]:
        return [other for other, inputs in self._feeding.items() if name in inputs]

    def trained(self, frozen: Collection[str]) -> set[str]:
        """Return the vertices that ``calcBackpropGradients`` gives gradients, going back to the first frozen one."""
        reached: set[str] = set()
        for name in reversed(self.fed[len(self._inputs) :]):
            if name in frozen:
                break
            if name in self._without_labels:
                raise Dl4jException("ArrayIndexOutOfBoundsException", "-1")
            if name not in self.outputs and not self._fed_by(name):
                kind = "NullPointerException" if name in self._unchecked else "IllegalStateException"
                raise Dl4jException(kind, f"Cannot do backward pass: all epsilons not set. {name}")
            reached.add(name)
        return reached


def _has_labels(layer: Mapping[str, Any]) -> bool:
    return layer.get("type") == "center_loss_output"


def _chain(fed: Sequence[str], added: Sequence[str]) -> Topology:
    source = "the input of the graph"
    below = dict(zip(fed[1:], fed, strict=False))
    return Topology((source,), [Vertex(name, (below.get(name, source),)) for name in added], fed[-1:])


def _feeding(vertices: Sequence[Vertex]) -> Mapping[str, Sequence[str]]:
    """Return the inputs of every vertex, with the merges that ``addLayer`` adds behind layers of several inputs."""
    feeding: dict[str, Sequence[str]] = {}
    for vertex in vertices:
        merge = f"{vertex.name}-merge"
        if vertex.layer is not None and len(vertex.inputs) > 1:
            feeding |= {vertex.name: (merge,), merge: vertex.inputs}
        else:
            feeding[vertex.name] = vertex.inputs
    return feeding
