"""Cases of settings that are given, left unset, or set to 0 or NaN, by the network and by its layers.

Most networks here have four layers: one leaves the setting unset, one has NaN, one has 0, one has a value of its own.
Over them stands a network that does one of the same four. So there is a layer for each of sixteen combinations, and
a port that takes 0 for unset, or inherits where it should not, differs from DL4J in at least one layer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.handwritten.sketch import Numbers, Sketch, Step, rho_if_adadelta, steps
from dl4j_oracle.configuration import Updater
from dl4j_oracle.learning_rate import POLICIES
from dl4j_oracle.updaters import UPDATERS as RECORDS
from dl4j_oracle.updaters import defaults_of

#: Gradients near which every epsilon shows, and those that show one of 1e-30 too: their squares are 0 in float32.
_SMALL = {"W": (3e-18, -2e-9), "b": (-5e-13, 7e-5)}
_TINY = {"W": (3e-18, -2e-25), "b": (-5e-13, 7e-5)}
_REGULARIZED = {"use_regularization": True}


@dataclass(frozen=True)
class _Inherited:
    """A setting of layers and of the network; ``network`` and ``layer`` are values of theirs that are no defaults."""

    name: str
    network: float
    layer: float
    #: The updater of the layers, and what they set besides the setting.
    updater: str
    clauses: Sequence[str]
    shared: Mapping[str, Any] = field(default_factory=dict)
    conf: Mapping[str, Any] = field(default_factory=dict)
    gradients: Mapping[str, Numbers] = field(default_factory=dict)
    #: The end of the ids, if there are several entries of one name.
    variant: str = ""


def _epsilon(updater: str, clause: str) -> _Inherited:
    shared = rho_if_adadelta(updater)
    return _Inherited("epsilon", 1e-3, 1e-11, updater, ("CONF-1", clause), shared, {}, _SMALL, f"-{updater.lower()}")


def _threshold(strategy: str, clause: str, variant: str) -> _Inherited:
    shared = {"gradient_normalization": strategy}
    return _Inherited(
        "gradient_normalization_threshold", 0.25, 0.75, "NONE", ("CONF-1", clause, "NORM-11"), shared, variant=variant
    )


#: The updaters that read a learning rate, each with a clause of theirs.
_RATED = {
    "SGD": "SGD-1",
    "ADAM": "ADAM-5",
    "NESTEROVS": "NESTEROVS-1",
    "ADAGRAD": "ADAGRAD-1",
    "RMSPROP": "RMSPROP-1",
}

_INHERITED = (
    *(
        _Inherited("learning_rate", 0.2, 0.3, updater, ("CONF-1", clause), variant=f"-{updater.lower()}")
        for updater, clause in _RATED.items()
    ),
    *(
        _Inherited("bias_learning_rate", 0.2, 0.3, updater, ("CONF-4",), variant=f"-{updater.lower()}")
        for updater in ("SGD", "ADAM")
    ),
    _Inherited("momentum", 0.4, 0.7, "NESTEROVS", ("CONF-1", "NESTEROVS-1")),
    _Inherited("adam_mean_decay", 0.4, 0.7, "ADAM", ("CONF-1", "ADAM-1")),
    _Inherited("adam_var_decay", 0.4, 0.7, "ADAM", ("CONF-1", "ADAM-1")),
    _Inherited("rho", 0.4, 0.7, "ADADELTA", ("CONF-1", "ADADELTA-1", "ADADELTA-3")),
    _Inherited("rms_decay", 0.4, 0.7, "RMSPROP", ("CONF-1", "RMSPROP-1")),
    _epsilon("ADAM", "ADAM-2"),
    _epsilon("ADADELTA", "ADADELTA-1"),
    _epsilon("ADAGRAD", "ADAGRAD-1"),
    _epsilon("RMSPROP", "RMSPROP-1"),
    _threshold("ClipElementWiseAbsoluteValue", "NORM-4", "-element-wise"),
    _threshold("ClipL2PerLayer", "NORM-5", "-per-layer"),
    _threshold("ClipL2PerParamType", "NORM-6", "-per-param-type"),
    _Inherited("l1", 0.2, 0.3, "NONE", ("CONF-1", "POST-3"), conf=_REGULARIZED),
    _Inherited("l2", 0.2, 0.3, "NONE", ("CONF-1", "POST-2"), conf=_REGULARIZED),
    _Inherited("l1_bias", 0.2, 0.3, "NONE", ("CONF-4", "POST-3"), conf=_REGULARIZED),
    _Inherited("l2_bias", 0.2, 0.3, "NONE", ("CONF-4", "POST-2"), conf=_REGULARIZED),
)


def cases() -> Iterator[Case]:
    """Yield the cases of this topic."""
    families = (_inherited(), _tiny_epsilons(), _other_updaters(), _names(), _schedules(), _policies(), _switches())
    for sketch in chain(*families):
        yield from sketch.cases()


def _words(value: Any) -> Mapping[str, Any]:
    """Return the four things that a network or a layer may say about a setting; None is nothing."""
    return {"unset": None, "nan": "NaN", "zero": 0.0, "set": value}


def _given(name: str, value: Any) -> dict[str, Any]:
    return {} if value is None else {name: value}


def _chained(layers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return dense layers of 1 to 2 and 2 to 1 units in turn, which fit each other."""
    return [{"n_in": 1 + i % 2, "n_out": 2 - i % 2, **layer} for i, layer in enumerate(layers)]


def _gradients(given: Mapping[str, Numbers], layers: int) -> dict[str, Numbers]:
    """Return the same gradients for each layer; the biases of one unit get the first value."""
    found: dict[str, Numbers] = {}
    for i in range(layers):
        for name, numbers in given.items():
            found[f"{i}_{name}"] = numbers[:1] if name == "b" and i % 2 and not callable(numbers) else numbers
    return found


def _inherited() -> Iterator[Sketch]:
    """Yield four networks for every setting."""
    for entry in _INHERITED:
        layers = _chained(
            [
                {"updater": entry.updater, **entry.shared, **_given(entry.name, value)}
                for value in _words(entry.layer).values()
            ]
        )
        for word, value in _words(entry.network).items():
            yield Sketch(
                f"setting-{entry.name.replace('_', '-')}{entry.variant}-network-{word}",
                f"{entry.name}: the layers leave it unset, and set NaN, 0 and {entry.layer}; the network: {word}.",
                entry.clauses,
                layers,
                steps(2, gradients=_gradients(entry.gradients, len(layers))),
                {**entry.conf, **_given(entry.name, value)},
            )


def _tiny_epsilons() -> Iterator[Sketch]:
    """Yield epsilons far below the defaults: a port that raises them to some minimum differs."""
    for updater in ("ADAM", "ADADELTA", "ADAGRAD", "RMSPROP"):
        shared = {"updater": updater, **rho_if_adadelta(updater)}
        layers = _chained([{**shared, **_given("epsilon", epsilon)} for epsilon in (None, 1e-30, 1e-16, 1e-9)])
        yield Sketch(
            f"setting-epsilon-{updater.lower()}-tiny",
            "Epsilons of 1e-38 for the network, and of 1e-30, 1e-16 and 1e-9 for layers, with gradients as small.",
            ("CONF-1", _EPSILON_CLAUSES[updater]),
            layers,
            steps(2, gradients=_gradients(_TINY, len(layers))),
            {"epsilon": 1e-38},
        )


_EPSILON_CLAUSES = {"ADAM": "ADAM-2", "ADADELTA": "ADADELTA-1", "ADAGRAD": "ADAGRAD-1", "RMSPROP": "RMSPROP-1"}

#: Values of the network for whatever updater reads them; none is a default.
_FOR_ALL = {
    "adam_mean_decay": 0.6,
    "adam_var_decay": 0.7,
    "epsilon": 1e-4,
    "momentum": 0.3,
    "rho": 0.8,
    "rms_decay": 0.5,
}


def _other_updaters() -> Iterator[Sketch]:
    """Yield layers with another updater than their network's: they inherit, or have defaults of their own updater."""
    reading = [str(name) for name, record in RECORDS.items() if record.defaults]
    for updater, others in zip(reading, reading[1:] + reading[:1], strict=True):
        both = {**defaults_of(Updater(updater)), **defaults_of(Updater(others))}
        own = {name: value / 2 for name, value in _FOR_ALL.items() if name in defaults_of(Updater(updater))}
        for word, common in (
            ("unset", {}),
            ("zero", dict.fromkeys(both, 0.0)),
            ("set", {name: _FOR_ALL[name] for name in both}),
        ):
            yield Sketch(
                f"setting-{updater.lower()}-under-{others.lower()}-network-{word}",
                f"Layers of {updater} in a network of {others}, whose settings are {word}; one has its own.",
                ("CONF-1", "CONF-2"),
                _chained([{"updater": updater}, {}, {"updater": updater, **own}, {}]),
                steps(2),
                {"updater": others, **common},
            )


def _names() -> Iterator[Sketch]:
    """Yield updaters and normalizations: NONE and None are settings too, and override the network's."""
    for word, conf in (("unset", {}), ("none", {"updater": "NONE"}), ("set", {"updater": "ADAM"})):
        yield Sketch(
            f"setting-updater-network-{word}",
            f"The layers leave the updater unset, and set NONE, RMSPROP and SGD; the network: {word}.",
            ("CONF-1", "CONF-3", "NONE-1"),
            _chained([_given("updater", updater) for updater in (None, "NONE", "RMSPROP", "SGD")]),
            steps(2),
            conf,
        )
    name = "gradient_normalization"
    for word, conf in (("unset", {}), ("none", {name: "None"}), ("set", {name: "ClipL2PerParamType"})):
        yield Sketch(
            f"setting-gradient-normalization-network-{word}",
            f"The layers leave the normalization unset, and set None and two strategies; the network: {word}.",
            ("CONF-1", "CONF-3", "NORM-1"),
            _chained(
                [
                    {"updater": "NONE", **_given(name, strategy)}
                    for strategy in (None, "None", "RenormalizeL2PerLayer", "ClipElementWiseAbsoluteValue")
                ]
            ),
            steps(2),
            conf,
        )


def _schedules() -> Iterator[Sketch]:
    """Yield schedules: an empty one is set, and overrides the network's; values of 0 and NaN are values."""
    words = {"unset": None, "empty": {}, "set": {"0": 0.6, "1": 0.2}}
    layers: tuple[Any, ...] = (None, {}, {"1": 0.0}, {"0": 0.7, "1": "NaN"})
    momentum = [{"updater": "NESTEROVS", **_given("momentum_schedule", schedule)} for schedule in layers]
    rates = [{"updater": "SGD", **_given("learning_rate_schedule", schedule)} for schedule in layers]
    for word, schedule in words.items():
        yield Sketch(
            f"setting-momentum-schedule-network-{word}",
            f"The layers have no momentum schedule, an empty one, one to 0 and one to NaN; the network: {word}.",
            ("CONF-1", "MOM-1"),
            _chained(momentum),
            steps(3),
            _given("momentum_schedule", schedule),
        )
        yield Sketch(
            f"setting-learning-rate-schedule-network-{word}",
            f"The layers have no schedule of rates, an empty one, one to 0 and one to NaN; the network: {word}.",
            ("CONF-1", "CONF-6", "LR-10"),
            _chained(rates),
            steps(3),
            {"lr_policy": "Schedule", "lr_policy_decay_rate": 0.5, **_given("learning_rate_schedule", schedule)},
        )


_POLICY_VALUES = {"lr_policy_decay_rate": 0.6, "lr_policy_power": 0.7, "lr_policy_steps": 2.0}


def _policies() -> Iterator[Sketch]:
    """Yield the settings of every policy, one of them 0, NaN or unset: what needs a setting refuses the last two."""
    layers = _chained([{"updater": "SGD"}, {"updater": "NESTEROVS", "learning_rate": 0.05}])
    for policy in POLICIES.values():
        read = [name for name in _POLICY_VALUES if name in policy.reads]
        for name in read:
            for word, value in (("zero", 0.0), ("nan", "NaN"), ("unset", None)):
                given = {other: _POLICY_VALUES[other] for other in read if other != name}
                yield Sketch(
                    f"setting-{policy.name.lower()}-{name.removeprefix('lr_policy_').replace('_', '-')}-{word}",
                    f"{policy.name} with {name} {word}.",
                    ("CONF-5", "CONF-6", *_POLICY_CLAUSES.get(policy.name, ())),
                    layers,
                    steps(4),
                    {"lr_policy": str(policy.name), "num_iterations": 10, **given, **_given(name, value)},
                )
    yield Sketch(
        "setting-step-decay-rate-one-steps-zero",
        "Java's pow(1, NaN) is NaN, which other languages take for 1.",
        ("LR-6",),
        layers,
        steps(2),
        {"lr_policy": "Step", "lr_policy_decay_rate": 1.0, "lr_policy_steps": 0.0},
    )


_POLICY_CLAUSES = {
    "Exponential": ("LR-4",),
    "Inverse": ("LR-5",),
    "Step": ("LR-6",),
    "TorchStep": ("LR-7",),
    "Poly": ("LR-8",),
    "Sigmoid": ("LR-9",),
}


def _switches() -> Iterator[Sketch]:
    """Yield the switches of the network: unset, off and on; and a policy that is None by name."""
    yield Sketch(
        "setting-lr-policy-none",
        "The policy None, given by name.",
        ("CONF-3", "LR-3"),
        _chained([{"updater": "SGD"}, {"updater": "NESTEROVS"}]),
        steps(2),
        {"lr_policy": "None", "lr_policy_decay_rate": 0.5},
    )
    coefficients = {"updater": "NONE", "l1": 0.1, "l2": 0.2, "l1_bias": 0.3, "l2_bias": 0.4}
    for word, value in (("unset", None), ("off", False), ("on", True)):
        yield Sketch(
            f"setting-use-regularization-{word}",
            f"Coefficients of a layer; useRegularization is {word}.",
            ("CONF-3", "POST-2", "POST-3"),
            _chained([coefficients]),
            [Step()],
            _given("use_regularization", value),
        )
        yield Sketch(
            f"setting-mini-batch-{word}",
            f"A batch of 4; miniBatch is {word}.",
            ("CONF-3", "POST-4"),
            _chained([{"updater": "NONE"}]),
            [Step(batch_size=4)],
            _given("mini_batch", value),
        )
