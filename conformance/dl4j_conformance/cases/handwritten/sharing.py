"""Cases of many layers, and of layers of one kind: nothing is shared, and numbers are not text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dl4j_conformance.cases.case import UPDATERS, Case
from dl4j_conformance.cases.handwritten.sketch import Entry, Sketch, State, Step, dense, rho_if_adadelta, spread, steps
from dl4j_conformance.cases.operations import Clone, Freeze, ReadState, Restore, SetLearningRate

#: More than ten: as text, 10 and 11 stand before 2.
_MANY = 12
_STATEFUL = ("ADAM", "ADADELTA", "NESTEROVS", "ADAGRAD", "RMSPROP")

#: Vertices whose order as text, as numbers and of building differ, and whose hash codes lie in several buckets.
_VERTICES = ("v10", "v9", "v2", "v1", "v11", "v0", "b", "a", "B", "10", "9", "v1_2")


def cases() -> Iterator[Case]:
    """Yield the cases of this topic."""
    for sketch in (*_many(), *_graphs(), *_of_one_kind()):
        yield from sketch.cases()


def _layer(updater: str, n_in: int, n_out: int, **settings: Any) -> dict[str, Any]:
    return dense(updater, n_in, n_out, **{"learning_rate": 0.1, **rho_if_adadelta(updater), **settings})


def _keys_as_text() -> list[str]:
    return sorted(f"{i}_{name}" for i in range(_MANY) for name in "Wb")


def _mixed() -> list[dict[str, Any]]:
    """Return layers of all updaters in turn, each with a rate of its own."""
    chosen = [UPDATERS[i % len(UPDATERS)] for i in range(_MANY)]
    return [_layer(updater, 1, 1, learning_rate=0.1 + i / 16) for i, updater in enumerate(chosen)]


def _many() -> Iterator[Sketch]:
    given = {"lr_policy": "Exponential", "lr_policy_decay_rate": 0.5}
    scripts: Mapping[str, Sequence[Entry]] = {
        "updates": [*steps(2)],
        "keys-as-text": [
            Step(dict.fromkeys(sorted(f"{i}_{p}" for i in range(_MANY) for p in "Wb"), (1.5,)), only=True)
        ],
        "some-keys": [Step({f"{i}_W": (0.5,) for i in (11, 1, 10, 2)}, only=True), Step()],
        "rate-from-outside": [SetLearningRate("10_W", 0.7), SetLearningRate("1_b", 0.3), *steps(2)],
        "freeze": [Freeze(10), *steps(2)],
        "restore": [Step(), Restore(with_updater=True), Step()],
        "clone": [Step(), Clone(), ReadState(), Step()],
    }
    for slug, script in scripts.items():
        yield Sketch(
            f"twelve-layers-{slug}",
            "Twelve layers: the keys of the last two begin with 10 and 11.",
            ("KEY-1", "STATE-1"),
            _mixed(),
            script,
            given,
        )
    for updater in _STATEFUL:
        yield Sketch(
            f"twelve-layers-{updater.lower()}",
            f"Twelve layers of {updater}, and a state that is set: their order in the state is that of their numbers.",
            ("KEY-1", "STATE-1", "STATE-7"),
            [_layer(updater, 1, 1) for _ in range(_MANY)],
            [Step(), State(spread(2 * _MANY * (2 if updater in ("ADAM", "ADADELTA") else 1), low=0.0)), Step()],
        )


def _graphs() -> Iterator[Sketch]:
    for slug, chain in (("in-order", ()), ("chained-backwards", tuple(reversed(_VERTICES)))):
        yield Sketch(
            f"twelve-vertices-{slug}",
            "Vertices whose names sort otherwise than they were added.",
            ("GRAPH-1", "GRAPH-7"),
            _mixed(),
            [Step(), ReadState(), Restore(with_updater=True), Step()],
            vertices=_VERTICES,
            chain=chain,
        )


def _of_one_kind() -> Iterator[Sketch]:
    for updater in UPDATERS:
        u = updater.lower()
        yield Sketch(
            f"two-alike-{u}",
            f"Two layers of {updater}, equal in all but their gradients; in the third update only one has any.",
            ("MLU-1", "STATE-1"),
            [_layer(updater, 2, 2), _layer(updater, 2, 2)],
            [*steps(2), Step({"1_W": (1.0, 2.0, 3.0, 4.0)}, only=True), Step()],
        )
        yield Sketch(
            f"weights-as-long-as-bias-{u}",
            f"Under {updater} the weights and the bias, which are as long, are updated by themselves, each at times.",
            ("MLU-2", "STATE-3"),
            [_layer(updater, 1, 2)],
            [Step(), Step({"0_b": (1.0, -2.0)}, only=True), Step({"0_W": (0.5, 3.0)}, only=True), Step()],
        )
        yield Sketch(
            f"two-of-one-updater-{u}",
            f"Two layers of {updater} with settings of their own.",
            ("MLU-1", "CONF-1"),
            [
                _layer(updater, 2, 1, **_settings(updater, 0.75), epsilon=0.01),
                _layer(updater, 1, 2, **_settings(updater, 0.5), epsilon=1e-4, learning_rate=0.3),
            ],
            steps(3),
        )


def _settings(updater: str, decay: float) -> dict[str, Any]:
    """Return the decays of an updater."""
    match updater:
        case "ADAM":
            return {"adam_mean_decay": decay, "adam_var_decay": decay * decay}
        case "ADADELTA":
            return {"rho": decay}
        case "NESTEROVS":
            return {"momentum": decay, "momentum_schedule": {"1": decay / 2}}
        case "RMSPROP":
            return {"rms_decay": decay}
    return {}
