"""The cases that tell versions of DL4J apart: one network each, in the words of every version, and what it shows.

Each belongs to a part of an update, of which it shows the version: ``updates``, ``state`` or ``blocks`` are looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dl4j_backends.block_interface import BlockStep
from dl4j_conformance.cases.block_case import parameter_lengths
from dl4j_conformance.cases.handwritten.sketch import ORDER_SHOWING_SALTS, spread
from dl4j_conformance.cases.later_versions.sketch import plain
from dl4j_conformance.cases.plain_network import PlainLayer, PlainNetwork, described
from dl4j_conformance.cases.values import Floats

#: Settings of the network and of its layers.
Words = tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]

#: The parts of an update, in the order in which they are reported.
PARTS = (
    "updaters",
    "settings of updaters",
    "division",
    "normalization",
    "regularization",
    "learning rates",
    "blocks",
    "state layout",
)


@dataclass(frozen=True)
class VersionCase:
    """A network in the words of each version, its updates, and where they differ from version to version."""

    id: str
    part: str
    dtype: str
    #: From a version to its words. Raises UnsupportedError where it has none.
    words: Callable[[str], Words]
    #: The classes of the layers' updaters.
    updaters: tuple[str, ...]
    params: Mapping[str, Floats] = field(repr=False)
    steps: tuple[BlockStep, ...] = field(repr=False)
    shows: str = "updates"


def version_cases() -> Iterator[VersionCase]:
    """Yield the cases, part by part."""
    yield from _updaters()
    yield from _settings()
    yield from _division()
    yield from _normalization()
    yield from _regularization()
    yield from _rates()
    yield from _layout()


def _case(
    name: str,
    part: str,
    layers: Sequence[PlainLayer],
    gradients: Sequence[Mapping[str, Sequence[float]]] = ({}, {}, {}),
    *,
    dtype: str = "float64",
    batch_size: int = 1,
    shows: str = "updates",
    words: Callable[[str], Words] | None = None,
) -> VersionCase:
    """Return a case of plain layers, or of other ``words`` for them; gradients that are not given are spread values."""
    # A plain layer has the parameters of 0.9.1 in every version.
    lengths = parameter_lengths("0.9.1", [layer.own for layer in layers])

    def arrays(given: Mapping[str, Sequence[float]], salt: int) -> dict[str, Floats]:
        filled = {key: spread(length, salt=salt + i) for i, (key, length) in enumerate(lengths.items())}
        return {key: np.array(given.get(key, numbers)).astype(dtype) for key, numbers in filled.items()}

    steps = tuple(BlockStep(t, 0, batch_size, arrays(given, 16 * t)) for t, given in enumerate(gradients))
    plainly = words or (lambda version: described(PlainNetwork(layers), version))
    classes = tuple(layer.updater for layer in layers)
    return VersionCase(f"{name}-{dtype}", part, dtype, plainly, classes, arrays({}, 101), steps, shows)


def _updaters() -> Iterator[VersionCase]:
    for updater in ("Adam", "AdaMax", "Nadam", "AdaGrad", "RmsProp", "Nesterovs", "AdaDelta"):
        rate = {} if updater == "AdaDelta" else {"learning_rate": 0.01}
        given = {"rho": 0.95, "epsilon": 1e-6} if updater == "AdaDelta" else {}
        given |= {"epsilon": 0.01} if updater in ("AdaGrad", "RmsProp") else {}
        for dtype in ("float32", "float64"):
            yield _case(f"{updater.lower()}", "updaters", [plain(updater, 3, 1, **rate, **given)], dtype=dtype)


def _settings() -> Iterator[VersionCase]:
    for updater in ("Sgd", "AdaDelta", "AdaGrad", "RmsProp", "Adam"):
        layer = plain(updater, 2, 1)
        yield _case(f"defaults-{updater.lower()}", "settings of updaters", [layer], ({},))

    def rate_of_object(version: str) -> Words:
        if version == "0.8.0":
            return {}, [{"n_in": 2, "n_out": 1, "updater": "SGD", "learning_rate": 0.3}]
        return {}, [{"n_in": 2, "n_out": 1, "updater": {"type": "Sgd", "learning_rate": 0.3}}]

    yield _case("rate-of-object", "settings of updaters", [plain("Sgd", 2, 1)], ({},), words=rate_of_object)


def _division() -> Iterator[VersionCase]:
    # Updaters whose float64 formulae are those of all versions: the order alone shows.
    for updater in ("Adam", "RmsProp"):
        layer = plain(updater, 3, 1, learning_rate=0.1)
        yield _case(f"batch-{updater.lower()}", "division", [layer], batch_size=4)
    normal = PlainLayer("Sgd", {"learning_rate": 0.1}, {"type": "batch_normalization", "n_out": 2})
    yield _case("batch-estimates", "division", [normal], ({},), batch_size=4)


def _normalization() -> Iterator[VersionCase]:
    def own(strategy: str, threshold: float = 0.5) -> dict[str, Any]:
        return {"gradient_normalization": strategy, "gradient_normalization_threshold": threshold}

    zero = {"0_W": (0.0, 0.0), "0_b": (0.0,)}
    for strategy in ("RenormalizeL2PerLayer", "RenormalizeL2PerParamType"):
        yield _case(f"zero-{strategy.lower()}", "normalization", [plain("NoOp", 2, 1, own=own(strategy))], (zero,))
    refused = plain("NoOp", 2, 1, own=own("ClipElementWiseAbsoluteValue", -1.0))
    yield _case("clip-negative", "normalization", [refused], ({"0_W": (3.0, 4.0), "0_b": (0.0,)},))
    for length in (23, 31, 24):
        weights = {"0_W": spread(length, salt=ORDER_SHOWING_SALTS[length])}
        layer = plain("NoOp", length, 1, own=own("RenormalizeL2PerParamType"))
        yield _case(f"norm-of-{length}", "normalization", [layer], (weights,), dtype="float32")
    tiny = {"0_W": (3.0, 4.0), "0_b": (1e-200,)}
    layer = plain("NoOp", 2, 1, own=own("RenormalizeL2PerParamType"))
    yield _case("norm-of-one", "normalization", [layer], (tiny,))


def _regularization() -> Iterator[VersionCase]:
    for slug, own in (("l2", {"l2": 0.1}), ("l1", {"l1": 0.1}), ("both", {"l1": 0.1, "l2": 0.2})):
        layer = plain("Adam", 3, 1, own=own, learning_rate=0.1)
        yield _case(f"penalty-{slug}", "regularization", [layer])
    infinite = plain("Sgd", 2, 1, own={"l2": 0.0}, learning_rate=0.1)
    yield _case("penalty-zero", "regularization", [infinite], ({},))


def _rates() -> Iterator[VersionCase]:
    def scheduled(policy: Mapping[str, Any], schedule: Mapping[str, Any]) -> Callable[[str], Words]:
        def words(version: str) -> Words:
            layer = {"n_in": 1, "n_out": 1}
            if version == "1.0.0-M2.1":
                by_iteration = {**schedule, "schedule_type": "ITERATION", "initial_value": 0.1}
                return {}, [{**layer, "updater": {"type": "Sgd", "learning_rate_schedule": by_iteration}}]
            return policy, [{**layer, "updater": "SGD", "learning_rate": 0.1}]

        return words

    one = [{"0_W": (1.0,), "0_b": (1.0,)}] * 4
    for name, policy, schedule in (
        ("exponential", {"lr_policy_decay_rate": 0.5}, {"type": "ExponentialSchedule", "gamma": 0.5}),
        (
            "step",
            {"lr_policy_decay_rate": 0.5, "lr_policy_steps": 1.0},
            {"type": "StepSchedule", "decay_rate": 0.5, "step": 1.0},
        ),
    ):
        words = scheduled({"lr_policy": name.capitalize(), **policy}, schedule)
        yield _case(f"policy-{name}", "learning rates", [plain("Sgd", 1, 1)], one, words=words)

    def with_bias_rate(version: str) -> Words:
        layer: dict[str, Any] = {"n_in": 2, "n_out": 1}
        if version == "1.0.0-M2.1":
            updaters = {
                "updater": {"type": "Sgd", "learning_rate": 0.1},
                "bias_updater": {"type": "Sgd", "learning_rate": 0.3},
            }
            return {}, [{**layer, **updaters}]
        return {}, [{**layer, "updater": "SGD", "learning_rate": 0.1, "bias_learning_rate": 0.3}]

    yield _case("bias-rate", "learning rates", [plain("Sgd", 2, 1)], ({},), words=with_bias_rate)


def _layout() -> Iterator[VersionCase]:
    two = [plain("Adam", 2, 2, learning_rate=0.1), plain("Adam", 2, 1, learning_rate=0.1)]
    yield _case("two-layers", "blocks", two, ({},), shows="blocks")
    for updater in ("Adam", "Nesterovs", "AdaDelta"):
        settings = {"learning_rate": 0.1} if updater != "AdaDelta" else {"rho": 0.95, "epsilon": 1e-6}
        layers = [plain(updater, 2, 2, **settings), plain(updater, 2, 1, **settings)]
        yield _case(f"state-{updater.lower()}", "state layout", layers, ({}, {}), shows="state")
    history = [plain("AdaGrad", 2, 1, learning_rate=0.1, epsilon=0.01)]
    yield _case("state-adagrad", "state layout", history, ({},), shows="state")
