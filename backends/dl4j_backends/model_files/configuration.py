"""DL4J's ``configuration.json`` (or YAML) as a network's description: settings, layers, and the order of their arrays.

A configuration that is read is not built again: DL4J 0.8.0 validates nothing, and fills nothing that is unset. If its
build would leave the settings as they are, the description does not say that they are ``built``, and every port can
take it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dl4j_backends.engine.graph import Graph
from dl4j_backends.engine.settings import layer_settings, network_settings
from dl4j_backends.interface import Dl4jException, Network
from dl4j_backends.model_files.layers import Described, ReadLayer, known, read_layer
from dl4j_backends.model_files.records import (
    ConfRecord,
    GraphRecord,
    MultiLayerRecord,
    Path,
    problem,
    read_record,
    shown,
)
from dl4j_backends.topology import Topology, Vertex

#: The deepest networks of 0.8.0's time have a few hundred.
_MOST_LAYERS = 2000
#: The enum ``OptimizationAlgorithm`` without HESSIAN_FREE, for which DL4J finds no optimizer.
_ALGORITHMS = ("STOCHASTIC_GRADIENT_DESCENT", "LINE_GRADIENT_DESCENT", "CONJUGATE_GRADIENT", "LBFGS")
_STEP_FUNCTIONS = {
    "default": "Default",
    "gradient": "Gradient",
    "negativeDefault": "NegativeDefault",
    "negativeGradient": "NegativeGradient",
}
#: The kinds of vertices by their types in files.
_KINDS = {
    "ElementWiseVertex": "element_wise",
    "L2NormalizeVertex": "l2_normalize",
    "L2Vertex": "l2",
    "MergeVertex": "merge",
    "PreprocessorVertex": "preprocessor",
    "ScaleVertex": "scale",
    "StackVertex": "stack",
    "SubsetVertex": "subset",
    "UnstackVertex": "unstack",
}
#: What a network has without saying so.
_USUAL: Mapping[str, Any] = {
    "iteration_count": 0,
    "lr_policy": "None",
    "mini_batch": True,
    "minimize": True,
    "optimization_algo": "STOCHASTIC_GRADIENT_DESCENT",
    "use_regularization": False,
}


@dataclass(frozen=True)
class Configuration:
    """A network without parameters: the fields of :class:`dl4j_backends.interface.Network` that a configuration has.

    ``order`` has the names of the layers as their parameters lie in the network's vector, ``read`` the layers as they
    stand in the file.
    """

    conf: Mapping[str, Any]
    layers: Sequence[Mapping[str, Any]]
    vertices: Sequence[str]
    chain: Sequence[str]
    topology: Topology | None
    order: Sequence[str]
    read: Sequence[ReadLayer]

    @property
    def names(self) -> Sequence[str]:
        """The names of the layers in keys: indices, or vertices."""
        return self.vertices or tuple(map(str, range(len(self.layers))))


def read_configuration(data: Any) -> Configuration:
    """Return the network that a configuration describes.

    Raises :class:`~dl4j_backends.model_files.errors.ModelFileError`, which names the place.

    Source: ``MultiLayerConfiguration.fromJson``, ``ComputationGraphConfiguration.fromJson``.
    """
    if not isinstance(data, dict):
        raise problem("$", f"must be an object, not {shown(data)}")
    if "vertices" in data:
        return _graph(data)
    if "confs" in data:
        return _network(data)
    raise problem(
        "$", "has neither the confs of a MultiLayerConfiguration nor a ComputationGraphConfiguration's vertices"
    )


def _network(data: Mapping[str, Any]) -> Configuration:
    record = read_record(MultiLayerRecord, data, "$")
    if not record.confs:
        raise problem("$.confs", "is empty: a network has layers")
    if len(record.confs) > _MOST_LAYERS:
        raise problem("$.confs", f"has {len(record.confs):,} layers, and {_MOST_LAYERS:,} are allowed")
    layers = [read_layer(conf, f"$.confs[{index}]") for index, conf in enumerate(record.confs)]
    common = {**_of_optimizer(record.confs[0], "$.confs[0]"), "iteration_count": record.iteration_count}
    return _described(common, layers)


def _graph(data: Mapping[str, Any]) -> Configuration:
    record = read_record(GraphRecord, data, "$")
    if len(record.vertices) > _MOST_LAYERS:
        raise problem("$.vertices", f"are {len(record.vertices):,}, and {_MOST_LAYERS:,} are allowed")
    layers: dict[str, ReadLayer] = {}
    for name, vertex in record.vertices.items():
        path = f"$.vertices.{name[:100]}"
        if len(vertex) != 1:
            raise problem(path, "must have one key, the type of the vertex")
        if "LayerVertex" in vertex:
            layers[name] = _of_vertex(vertex["LayerVertex"], f"{path}.LayerVertex")
    if not layers:
        raise problem("$.vertices", "has no layers")
    shape = _topology(record, layers)
    common = {
        **_of_optimizer(record.default_configuration, "$.defaultConfiguration"),
        "iteration_count": record.iteration_count,
    }
    return _described(common, list(layers.values()), shape)


def _of_vertex(vertex: Any, path: Path) -> ReadLayer:
    if not isinstance(vertex, dict) or not isinstance(vertex.get("layerConf"), dict):
        raise problem(f"{path}.layerConf", "must be an object")
    return read_layer(vertex["layerConf"], f"{path}.layerConf")


def _topology(record: GraphRecord, layers: Mapping[str, ReadLayer]) -> Topology:
    """Return the shape of a graph, whose merges of a layer's inputs are vertices of their own in files."""
    names = {*record.network_inputs, *record.vertices}
    if len(names) < len(record.network_inputs) + len(record.vertices):
        raise problem("$.networkInputs", "has a name twice, or that of a vertex")
    vertices = []
    for name, vertex in record.vertices.items():
        sources, where = record.vertex_inputs.get(name, ()), f"$.vertexInputs.{name[:100]}"
        if not sources:
            raise problem(where, "is missing: every vertex has inputs")
        for source in sources:
            if source not in names:
                raise problem(where, f"names {source[:100]!r}, and there is no such vertex")
        if name not in layers:
            vertices.append(Vertex(name, sources, _kind(next(iter(vertex)), len(sources))))
            continue
        if len(sources) > 1:
            raise problem(where, "has several inputs, and a layer has one: DL4J writes a MergeVertex before it")
        layer_name = layers[name].name
        if layer_name is None:
            raise problem(f"{layers[name].path}.layer", "has no layerName, without which DL4J finds no updater")
        vertices.append(Vertex(name, sources, layer_name=None if layer_name == name else layer_name))
    for name in record.network_outputs:
        if name not in record.vertices:
            raise problem("$.networkOutputs", f"names {name[:100]!r}, and there is no such vertex")
    return Topology(record.network_inputs, vertices, record.network_outputs)


def _kind(type_: str, inputs: int) -> str:
    """Return the kind of a vertex without a layer. For the update those that are not modelled are like others."""
    known_kind = _KINDS.get(type_)
    return known_kind or ("preprocessor" if inputs == 1 else "merge")


def _of_optimizer(data: Mapping[str, Any], path: Path) -> Described:
    """Return the settings of the network alone, which its optimiser reads."""
    conf = read_record(ConfRecord, data, path)
    found: Described = {"num_iterations": conf.num_iterations, "minimize": conf.minimize}
    if conf.optimization_algo is not None:
        found["optimization_algo"] = known(conf.optimization_algo, _ALGORITHMS, f"{path}.optimizationAlgo")
    if conf.step_function:
        name = known(next(iter(conf.step_function)), tuple(_STEP_FUNCTIONS), f"{path}.stepFunction")
        found["step_function"] = _STEP_FUNCTIONS[name]
    return found


def _described(of_network: Described, layers: Sequence[ReadLayer], shape: Topology | None = None) -> Configuration:
    """Return the description. Most layers share their ``NeuralNetConfiguration``: the first one's is the network's."""
    updated = [layer for layer in layers if layer.described.get("type") != "activation"]
    if not updated:
        raise problem("$", "describes a network without parameters, which DL4J cannot initialise")
    common = {**of_network, **updated[0].conf}
    if schedule := updated[0].described.get("learning_rate_schedule"):
        # Without it DL4J's build refuses the policy.
        common["learning_rate_schedule"] = schedule
    conf = {name: value for name, value in common.items() if name not in _USUAL or value != _USUAL[name]}
    described = [_with_own_conf(layer, common) if layer in updated else layer.described for layer in layers]
    if not _is_filled(conf, described):
        conf = {"built": True, **conf}
    if shape is None:
        names = tuple(map(str, range(len(layers))))
        return Configuration(conf, described, (), (), None, names, layers)
    vertices = tuple(vertex.name for vertex in shape.vertices if vertex.layer is not None)
    fed = Graph(Network("float32", conf, described, {}, vertices=vertices, topology=shape)).fed
    if len(fed) < len(shape.inputs) + len(shape.vertices):
        raise problem("$.vertexInputs", "leads around in a circle")
    order = tuple(name for name in fed if name in vertices)
    if _is_chain(shape, order):
        return Configuration(conf, described, vertices, () if order == vertices else order, None, order, layers)
    return Configuration(conf, described, vertices, (), shape, order, layers)


def _is_chain(shape: Topology, order: Sequence[str]) -> bool:
    """Return whether each layer feeds the next, and nothing else stands between them."""
    below = dict(zip(order, (*shape.inputs[:1], *order), strict=False))
    plain = [Vertex(name, (below[name],)) for name in (vertex.name for vertex in shape.vertices) if name in below]
    found = [replace(vertex, inputs=tuple(vertex.inputs)) for vertex in shape.vertices]
    return len(shape.inputs) == 1 and found == plain and tuple(shape.outputs) == tuple(order[-1:])


def _with_own_conf(layer: ReadLayer, common: Mapping[str, Any]) -> Described:
    own = {name: value for name, value in layer.conf.items() if common.get(name) != value}
    return {**layer.described, "conf": own} if own else layer.described


def _is_filled(conf: Mapping[str, Any], layers: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether DL4J's build accepts the settings, and leaves them as they are."""
    try:
        network_settings(conf, len(layers))
    except Dl4jException:
        return False
    built = {**conf, "built": True}
    # In the texts NaN is equal to NaN.
    return all(repr(layer_settings(layer, conf)) == repr(layer_settings(layer, built)) for layer in layers)
