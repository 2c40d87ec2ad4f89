"""The interface of a backend, which opens networks and updates them.

A backend is any object with ``name``, ``capabilities`` and ``open``; nothing has to be inherited. It gets the
network as plain data, never an expected value, and reads DL4J's defaults and rules into it by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt

from dl4j_backends.topology import Topology

Floats = npt.NDArray[np.floating[Any]]

A = TypeVar("A", covariant=True)
D = TypeVar("D", covariant=True)

# Names of capabilities; :data:`CAPABILITIES` says what each means.
STATE_OUT = "state_out"
STATE_IN = "state_in"
LEARNING_RATES = "learning_rates"
SET_LEARNING_RATE = "set_learning_rate"
CLONE = "clone"
GRADIENT_VIEW = "gradient_view"
OPTIMIZER = "optimizer"
LINE_SEARCH = "line_search"
BACKTRACKING = "backtracking"
SEARCH_DIRECTIONS = "search_directions"
GRAPH = "graph"
LAYER = "layer"
EQUALITY = "equality"
FREEZE = "freeze"
SERIALIZATION = "serialization"
AGGREGATION = "aggregation"
CLEAR = "clear"
UNCHAINED = "unchained"
TOPOLOGY = "topology"
PRETRAINING = "pretraining"
MODEL_FILES = "model_files"
INTERMEDIATES = "intermediates"
SET_PARAMS = "set_params"
MOVES_PARAMS = "moves_params"


@dataclass(frozen=True)
class Capability:
    """A capability that a backend may declare. What it does not declare is neither asked of it nor judged."""

    name: str
    #: The methods of :class:`Session` that are called only where it is declared.
    methods: tuple[str, ...]
    meaning: str
    #: Whether fixtures and `fuzz` may ask for it.
    is_judged: bool = True


#: All capabilities. docs/backends.md and docs/protocol.md explain them at length.
CAPABILITIES = (
    Capability(STATE_OUT, ("state",), "the state view is read"),
    Capability(STATE_IN, ("set_state",), "networks may come with a state, and states are set"),
    Capability(LEARNING_RATES, (), "Observation.learning_rates and Observation.momentum are judged"),
    Capability(SET_LEARNING_RATE, ("set_learning_rate",), "learning rates are set between updates"),
    Capability(CLONE, ("clone",), "networks are cloned"),
    Capability(GRADIENT_VIEW, (), "the gradients of a network may be views of one array"),
    Capability(OPTIMIZER, ("iterate",), "the optimizer makes whole iterations"),
    Capability(LINE_SEARCH, ("iterate",), "an iteration may have a line search"),
    Capability(BACKTRACKING, ("iterate",), "a line search finds its length, and a call may iterate further"),
    Capability(SEARCH_DIRECTIONS, ("iterate",), "the optimizer may be ConjugateGradient or LBFGS"),
    Capability(GRAPH, (), "networks may be computation graphs"),
    Capability(LAYER, (), "networks may be one layer with its LayerUpdater"),
    Capability(EQUALITY, ("compare",), "updaters are compared by equals and hashCode"),
    Capability(FREEZE, ("freeze",), "layers are frozen after updates"),
    Capability(SERIALIZATION, ("restore",), "networks are saved and restored"),
    Capability(AGGREGATION, ("clone_updater", "average"), "updaters are cloned, and those of a layer averaged"),
    Capability(CLEAR, ("clear",), "networks are cleared, which drops the updater"),
    Capability(UNCHAINED, (), "the layers of a network need not fit each other, as real systems want it"),
    Capability(TOPOLOGY, (), "computation graphs may have any shape, frozen vertices, and layers of other names"),
    Capability(PRETRAINING, ("end_pretraining",), "the pretraining of layers ends between updates"),
    Capability(MODEL_FILES, (), "networks may be those of model files: nothing is filled, rates come by parameter"),
    Capability(INTERMEDIATES, (), "Observation.intermediates is compared by `explain`", is_judged=False),
    Capability(SET_PARAMS, ("set_params",), "`replay` sets the parameters of a trace", is_judged=False),
    Capability(MOVES_PARAMS, (), "updates show Observation.params in place of updates", is_judged=False),
)
#: Names of the capabilities that fixtures and `fuzz` may ask for.
ALL_CAPABILITIES = frozenset(capability.name for capability in CAPABILITIES if capability.is_judged)


@dataclass(frozen=True)
class Accuracy:
    """A backend's declared ``accuracy``: the errors of its operations, if larger than IEEE 754's and Java's.

    Level bounded allows what is declared, and nothing else. Ulps bound a result's distance from the exact one.
    """

    #: Of operations on arrays.
    division_ulps: float = 0.5
    square_root_ulps: float = 0.5
    #: Whether operands and results below the smallest normal number may become zero.
    flush_to_zero: bool = False
    #: The type in which scalars are computed that DL4J computes in Java's double before they meet an array, such as
    #: learning rates and Adam's step size: ``float64`` or ``float32``.
    scalars: str = "float64"
    #: Of ``pow``, ``exp`` and ``sqrt`` of scalars, in ulps of their type. Java allows ``pow`` and ``exp`` one.
    power_ulps: float = 1.0
    exponential_ulps: float = 1.0
    scalar_square_root_ulps: float = 0.5
    #: Whether updates are multiplied by ``1 / n``, n being the batch size, and not divided by n.
    reciprocal_batch_size: bool = False
    #: How many binary digits of a result on arrays level reading wants. None: half of the type's, rounded down to a
    #: type: 11 in float32 (as in float16) and 24 in float64 (as in float32).
    reading_digits: int | None = None

    def __post_init__(self) -> None:
        for name, least, such in (
            ("division_ulps", 0.5, "correctly rounded"),
            ("square_root_ulps", 0.5, "correctly rounded"),
            ("scalar_square_root_ulps", 0.5, "correctly rounded"),
            ("power_ulps", 1, "as Java allows"),
            ("exponential_ulps", 1, "as Java allows"),
        ):
            ulps = getattr(self, name)
            if not isinstance(ulps, int | float) or isinstance(ulps, bool) or not least <= ulps <= 1024:
                raise ValueError(f"{name} must be a number from {least} ({such}) to 1024, not {ulps!r}")
        for name in ("flush_to_zero", "reciprocal_batch_size"):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"{name} must be true or false, not {getattr(self, name)!r}")
        if self.scalars not in ("float32", "float64"):
            raise ValueError(f"scalars must be float32 or float64, not {self.scalars!r}")
        digits = self.reading_digits
        if digits is not None and (type(digits) is not int or not 8 <= digits <= 53):
            raise ValueError(f"reading_digits must be an integer from 8 (bfloat16) to 53 (float64), not {digits!r}")


#: IEEE 754: every operation correctly rounded, with subnormal numbers; scalars are Java's doubles.
CORRECTLY_ROUNDED = Accuracy()


class BackendUnavailableError(Exception):
    """The backend cannot run here. The message says why and what to install or change."""


class UnsupportedError(Exception):
    """The backend does not implement what a case asks for. The case is reported as not run, with this reason."""


class Dl4jException(Exception):  # noqa: N818 - it is Java's exception, as data
    """An exception that DL4J would throw: the simple name of its Java class, and its message (which is not judged)."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message


#: The settings that only networks of files have: of the network ``built``, of layers the others.
OF_FILES = (
    "built",
    "learning_rate_by_param",
    "l1_by_param",
    "l2_by_param",
    "conf",
    "kernel_size",
    "encoder_layer_sizes",
    "decoder_layer_sizes",
    "distribution_size",
    "lock_gamma_beta",
)


@dataclass(frozen=True)
class Network:
    """A network to update.

    ``conf`` holds the global settings and ``layers`` one mapping per layer, under DL4J's names in snake_case;
    absence (or the string "NaN" for a double) means unset. ``params`` maps keys such as ``0_W`` to 1-D arrays
    of ``dtype``, each as it stands in DL4J's parameter vector; while a session lasts, only ``iterate`` and
    ``set_params`` change them. ``state`` is an updater state view to construct with, if ``has_state``; None is Java's
    null.

    With a ``gradient_view`` the gradients are what training gives an updater: views, parameter after parameter, of
    one array (``MultiLayerNetwork.flattenedGradients``) that begins at a 16-byte boundary. Where in it a gradient
    begins can change the last bits of its norm (clause ARITH-5), and nothing else. Else each is an array of its own.

    With ``vertices`` it is a ``ComputationGraph`` in which each layer, under its vertex's name, feeds the next. Keys
    are then such as ``a_W``, and updates are ``ComputationGraphUpdater``'s. ``chain`` has the order in which they feed
    each other, if it is not that in which they were added to the graph. A graph of any other shape has a ``topology``.

    If it ``is_standalone_layer``, it is one layer without a network, updated by a ``LayerUpdater`` as in pretraining.
    Keys are the names of parameters. Its view is what ``setStateViewArray`` was given last; a clone
    (``LayerUpdater.clone``) has none.
    """

    dtype: str
    conf: Mapping[str, Any]
    layers: Sequence[Mapping[str, Any]]
    params: Mapping[str, Floats] = field(repr=False)
    has_state: bool = False
    state: Floats | None = field(default=None, repr=False)
    gradient_view: bool = False
    vertices: Sequence[str] = ()
    is_standalone_layer: bool = False
    chain: Sequence[str] = ()
    topology: Topology | None = None

    @property
    def names(self) -> Sequence[str]:
        """The names of the layers: ``0`` as in ``0_W``, or a vertex."""
        return self.vertices or tuple(str(index) for index in range(len(self.layers)))

    @property
    def form(self) -> dict[str, Any]:
        """The fields in which it is no plain ``MultiLayerNetwork``, as fixtures and requests write them."""
        said = {"bare": self.is_standalone_layer, "vertices": list(self.vertices), "gradient_view": self.gradient_view}
        said |= {"chain": list(self.chain), "topology": self.topology and self.topology.form}
        return {name: value for name, value in said.items() if value}

    @property
    def needs_file(self) -> bool:
        """True if no build of DL4J's gives this network, and only a file does (``dl4j-conformance docs models``)."""
        return any(self.conf.get(name) for name in OF_FILES) or any(
            layer.get(name) for layer in self.layers for name in OF_FILES
        )

    def key(self, layer: int, parameter: str) -> str:
        """Return the key of a parameter."""
        return parameter if self.is_standalone_layer else f"{self.names[layer]}_{parameter}"


@dataclass(frozen=True)
class Search:
    """The result of a line search: the length of its step, and the gradients and the score after the step.

    Without a length, the search finds it: ``tries`` are the scores of the steps that it tries, one after another, and
    the last one is the score of all further ones. The gradients there are those after the step.
    """

    gradients: Mapping[str, Floats] = field(repr=False)
    score: float
    step: float | None = None
    tries: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Failure:
    """An exception that DL4J throws. The ``kind`` is judged, the ``message`` is for people."""

    kind: str
    message: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}"


@dataclass(frozen=True, eq=False)
class Seen(Generic[A, D]):
    """All that can be seen after one operation: arrays as ``A``, Java doubles as ``D``.

    A session shows an update or an iteration with the fields down to ``iteration_count``. Those after it are for those
    who run scripts.
    """

    #: The array of every gradient key, as the caller would find it. None after what is no update.
    updates: Mapping[str, A] | None = None
    #: The whole state view; None if the network has no state, or it was not asked for.
    state: A | None = None
    #: Java doubles, by parameter key.
    learning_rates: Mapping[str, D] = field(default_factory=dict)
    #: Java doubles, by layer ("0").
    momentum: Mapping[str, D] = field(default_factory=dict)
    #: Values that the update computed on its way, such as ``0_W.m``, ``0_W.alphat``, ``0.norm``. They are not judged.
    intermediates: Mapping[str, A | D] = field(default_factory=dict)
    #: After an iteration: every parameter. After an update too, if the backend declares ``moves_params``.
    params: Mapping[str, A] = field(default_factory=dict)
    #: After an iteration: what ``TrainingListener.onGradientCalculation`` found. After a search: of its last update.
    heard: Mapping[str, A] = field(default_factory=dict)
    #: After an iteration: the count that ``iterationDone`` was told; None if it was not called.
    iteration_done: int | None = None
    #: After an iteration: the network's count.
    iteration_count: int | None = None
    #: After a comparison: what ``equals`` returns, and whether the hash codes agree.
    equal: bool | None = None
    same_hash: bool | None = None
    #: The exception that the operation ended in.
    failure: Failure | None = None


#: What a backend shows: 1-D arrays of the network's dtype (or intermediates of others), and Java doubles as floats.
Observation = Seen[Floats, float]


@dataclass(frozen=True)
class Platform:
    """The facts that decide a backend's last bits besides the rules: see clauses ARITH-5 and ARITH-6.

    ``threads`` sum its norms, as ND4J's native backend does; ``power`` and ``exponential`` are its JVM's
    ``Math.pow`` and ``Math.exp``. ``versions`` names the libraries and the JVM, for recordings.
    """

    versions: Mapping[str, str]
    threads: int
    power: Callable[[float, float], float]
    exponential: Callable[[float], float]


class AnySession(Protocol[A, D]):
    """A network with its updater, in any arithmetic. Methods raise :class:`Dl4jException` where DL4J throws.

    A session goes on after an exception, with whatever the failed call had changed by then.
    """

    def state(self) -> A | None:
        """Return a copy of the state view (1-D, of the network's dtype); None if there is none. Needs ``state_out``."""

    def update(self, gradients: Mapping[str, Floats], iteration: int, batch_size: int) -> Seen[A, D]:
        """Update by 1-D gradients of the network's dtype, which may be overwritten (``MultiLayerUpdater.update``)."""

    def iterate(
        self,
        gradients: Mapping[str, Floats],
        score: float,
        batch_size: int,
        search: Search | None = None,
        further: tuple[Search, ...] | None = None,
    ) -> Seen[A, D]:
        """Run an iteration of ``StochasticGradientDescent.optimize`` on these gradients (1-D, of the network's dtype).

        The iteration's number is the network's own count. Needs ``optimizer``. Under ``LINE_GRADIENT_DESCENT`` there is
        a ``search``, and it is one iteration of ``BaseOptimizer.optimize``. Needs ``line_search``. ``further`` searches
        are the other iterations of that call. Needs ``backtracking`` for them, and for searches without a step. Needs
        ``search_directions`` for other optimizers.
        """

    def set_state(self, state: Floats) -> None:
        """Set the state view to ``state`` (1-D, of the network's dtype). Needs ``state_in``.

        Source: ``MultiLayerUpdater.setStateViewArray``.
        """

    def set_params(self, params: Mapping[str, Floats]) -> None:
        """Set all parameters (1-D, of the network's dtype), as training changes them. Needs ``set_params``.

        Regularization of the next updates reads them.
        """

    def set_learning_rate(self, key: str, learning_rate: float) -> None:
        """Set the rate of one parameter (``conf.setLearningRateByParam``). Needs ``set_learning_rate``."""

    def clone(self) -> Self:
        """Return a session of its own on the clone (``MultiLayerNetwork.clone``); this one goes on. Needs ``clone``."""

    def restore(self, with_updater: bool) -> Self:
        """Return a session on the network as ``ModelSerializer`` saves and restores it. Needs ``serialization``."""

    def freeze(self, layer: int) -> None:
        """Put a ``FrozenLayer`` around a layer. Needs ``freeze``."""

    def end_pretraining(self, layer: int) -> None:
        """Do ``conf().setPretrain(false)`` of a layer, as a graph does after its first batch. Needs ``pretraining``."""

    def clone_updater(self) -> None:
        """Go on with what ``clone`` of the network's updater gives. Needs ``aggregation``."""

    def clear(self) -> None:
        """Run ``MultiLayerNetwork.clear``, after which the network makes a new updater. Needs ``clear``."""

    def average(self, others: Sequence[Any], combined: bool) -> None:
        """Go on with the average of this layer's updater and those of ``others``. Needs ``aggregation``.

        Every parameter's ``GradientUpdaterAggregator`` takes up the updaters in this order; if ``combined``, another
        takes up those of ``others``, and the first is combined with it.
        """

    def compare(self, other: Any) -> tuple[bool, bool] | None:
        """Return ``equals`` of the two updaters, and whether their hash codes agree. Needs ``equality``."""
        # None in an arithmetic that does not compare.

    def close(self) -> None:
        """Release what the session holds."""


class Session(AnySession[Floats, float], Protocol):
    """A session of a backend."""


class Backend(Protocol):
    """An implementation under test.

    It may have ``accuracy``, an :class:`Accuracy` that is weaker than IEEE 754. A backend on a JVM may say which with
    a :class:`Platform` as ``platform``. `fuzz` then expects the bits of that platform; without it those of one thread
    and of correctly rounded functions. `bench` measures one that has ``prepare``: :mod:`dl4j_backends.workload`.
    """

    name: str
    capabilities: frozenset[str]

    def open(self, network: Network) -> Session:
        """Return a session; raises :class:`Dl4jException` where DL4J's build or the updater's constructor throws."""


def accuracy_of(backend: Backend) -> Accuracy:
    """Return the declared accuracy of a backend, or correct rounding."""
    declared = getattr(backend, "accuracy", CORRECTLY_ROUNDED)
    if not isinstance(declared, Accuracy):
        raise BackendUnavailableError(f"its accuracy must be a dl4j_backends.interface.Accuracy, not {declared!r}")
    return declared
