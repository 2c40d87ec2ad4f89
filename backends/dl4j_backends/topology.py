"""The shape of a computation graph, as a backend is told it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

#: The kind of a vertex that has a layer.
LAYER = "layer"
#: The kinds of vertices, as classes of ``org.deeplearning4j.nn.conf.graph``, and the numbers of inputs that they take.
#: A layer that is given several inputs is fed by a merge of them.
KINDS = {
    LAYER: range(1, 33),
    "merge": range(1, 33),
    "element_wise": range(2, 33),
    "subset": range(1, 2),
    "stack": range(1, 33),
    "unstack": range(1, 2),
    "preprocessor": range(1, 2),
    "l2": range(2, 3),
    "l2_normalize": range(1, 2),
    "scale": range(1, 2),
}


@dataclass(frozen=True)
class Vertex:
    """A vertex of a kind of :data:`KINDS`, and the inputs of the graph and vertices that feed it.

    ``layer_name`` is the name of its layer, if that is another than the vertex's.
    """

    name: str
    inputs: Sequence[str]
    kind: str = LAYER
    layer_name: str | None = None

    @property
    def layer(self) -> str | None:
        """The name of its layer; None if it has none."""
        return None if self.kind != LAYER else self.name if self.layer_name is None else self.layer_name

    @property
    def form(self) -> dict[str, Any]:
        """The vertex as JSON data."""
        told: dict[str, Any] = {"name": self.name, "inputs": list(self.inputs)}
        told |= {"kind": self.kind} if self.kind != LAYER else {}
        return told | ({} if self.layer_name is None else {"layer_name": self.layer_name})


@dataclass(frozen=True)
class Topology:
    """The inputs of a graph, its vertices in the order in which they are added, and the names of its outputs."""

    inputs: Sequence[str]
    vertices: Sequence[Vertex]
    outputs: Sequence[str]

    @property
    def form(self) -> dict[str, Any]:
        """The shape as JSON data."""
        vertices = [vertex.form for vertex in self.vertices]
        return {"inputs": list(self.inputs), "vertices": vertices, "outputs": list(self.outputs)}
