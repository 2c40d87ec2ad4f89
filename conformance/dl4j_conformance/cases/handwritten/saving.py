"""Cases of serialization, of clones of updaters, and of updaters that are dropped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dl4j_conformance.cases.case import UPDATERS, Case
from dl4j_conformance.cases.handwritten.sketch import Iteration, Sketch, State, Step, dense, rho_if_adadelta
from dl4j_conformance.cases.operations import (
    Clear,
    Clone,
    CloneUpdater,
    Compare,
    Freeze,
    ReadState,
    Restore,
    SetLearningRate,
    Switch,
)

_DECAYING = {"lr_policy": "Exponential", "lr_policy_decay_rate": 0.5}


def cases() -> Iterator[Case]:
    """Yield the cases of this topic."""
    for sketch in (*_saved(), *_what_is_lost(), *_clones_of_updaters(), *_cleared()):
        yield from sketch.cases()


def _layer(updater: str = "SGD", **settings: Any) -> dict[str, Any]:
    return dense(updater, 1, 2, learning_rate=0.1, **rho_if_adadelta(updater), **settings)


def _saved() -> Iterator[Sketch]:
    for updater in UPDATERS:
        for with_updater in (True, False):
            yield Sketch(
                f"restore-{updater.lower()}{'' if with_updater else '-without-updater'}",
                f"A network under {updater} and a policy is saved after two updates; both go on.",
                ("STATE-11",),
                [_layer(updater, l2=0.01)],
                [Step(), Step(), Restore(with_updater), ReadState(), Step(), Switch(0), Step()],
                {"use_regularization": True, **_DECAYING},
                quirks=(40,),
            )
        yield Sketch(
            f"restore-graph-{updater.lower()}",
            "A graph's count is saved, though no clone has it.",
            ("STATE-11", "GRAPH-6"),
            [_layer(updater)],
            [Iteration(), Iteration(), Restore(with_updater=True), Iteration()],
            _DECAYING,
            quirks=(55,),
            vertices=("a",),
        )
    yield Sketch(
        "restore-momentum",
        "The momentum of a schedule is saved, and the schedule.",
        ("STATE-11", "MOM-1"),
        [_layer("NESTEROVS", momentum=0.9, momentum_schedule={"1": 0.5, "3": 0.25})],
        [Step(), Step(), Restore(with_updater=True), Step(), Step()],
    )
    for updater in ("SGD", "ADAM", "RMSPROP"):
        yield Sketch(
            f"restore-rate-from-outside-{updater.lower()}",
            "A rate set from outside is saved, and counts in the new updaters without a policy.",
            ("STATE-11",),
            [_layer(updater)],
            [Step(), SetLearningRate("0_W", 0.7), Step(), Restore(with_updater=True), Step()],
        )
        yield Sketch(
            f"restore-count-{updater.lower()}",
            "The count goes on, the score does not: policy Score decays only when two scores are alike.",
            ("STATE-11", "OPT-5"),
            [_layer(updater)],
            [Iteration(), Restore(with_updater=True), Iteration(), Iteration()],
            {"lr_policy": "Score", "lr_policy_decay_rate": 0.5, "iteration_count": 4},
            quirks=(55,),
        )


def _what_is_lost() -> Iterator[Sketch]:
    for updater in ("SGD", "ADAM", "NESTEROVS"):
        yield Sketch(
            f"restore-frozen-{updater.lower()}",
            "What was frozen is not any more.",
            ("STATE-11",),
            [_layer(updater), _layer(updater)],
            [Freeze(0), Step(), Restore(with_updater=True), Step()],
            quirks=(54,),
        )
        yield Sketch(
            f"restore-center-loss-{updater.lower()}",
            "A network with a center loss layer cannot be read back, and goes on.",
            ("STATE-13",),
            [{**_layer(updater), "type": "center_loss_output"}],
            [Step(), Restore(with_updater=True), Step()],
        )


def _clones_of_updaters() -> Iterator[Sketch]:
    for updater in UPDATERS:
        yield Sketch(
            f"updater-clone-{updater.lower()}",
            "A network's updater cannot be cloned.",
            ("STATE-12",),
            [_layer(updater)],
            [Step(), CloneUpdater(), Step()],
            quirks=(48,),
        )
        yield Sketch(
            f"updater-clone-graph-{updater.lower()}",
            "A graph goes on with a clone of its updater, which has no view; its own clone begins with a fresh state.",
            ("STATE-12", "BARE-3"),
            [_layer(updater, epsilon=0.01)],
            [Step(), Step(), CloneUpdater(), ReadState(), State((0.5,) * 8), Step(), Clone(), Step()],
            quirks=(48,),
            vertices=("a",),
        )


def _cleared() -> Iterator[Sketch]:
    for number, updater in enumerate(UPDATERS):
        yield Sketch(
            f"clear-{updater.lower()}",
            "A network is cleared: its rates stay decayed, the state of its next updater is new.",
            ("STATE-14",),
            [_layer(updater, momentum_schedule={"1": 0.25}) if updater == "NESTEROVS" else _layer(updater)],
            [Iteration(), Iteration(), Clear(), ReadState(), Iteration({"0_b": (0.5, -1.5)}, only=True), Iteration()],
            {**_DECAYING, "iteration_count": number},
        )
    for name, between in (("once", [Iteration()]), ("twice", [Iteration()] * 2), ("updated", [Step()] * 3)):
        yield Sketch(
            f"clear-compare-{name}",
            "The updaters of a cleared network have not been called: ADAGRAD, which counts that, equals its clone's.",
            ("STATE-14", "EQ-2"),
            [_layer("ADAGRAD")],
            [*between, Clear(), Clone(), Compare(0), Iteration(), Compare(0)],
        )
    for updater in ("ADAM", "RMSPROP"):
        yield Sketch(
            f"clear-graph-{updater.lower()}",
            "A graph is cleared, and keeps its updater.",
            ("STATE-14",),
            [_layer(updater)],
            [Iteration(), Clear(), ReadState(), Iteration()],
            vertices=("a",),
        )
        yield Sketch(
            f"clear-score-{updater.lower()}",
            "The score before a network was cleared is forgotten. A rate from outside counts from then on.",
            ("STATE-14", "OPT-5"),
            [_layer(updater), _layer(frozen=True)],
            [Iteration(), SetLearningRate("0_W", 0.7), Clear(), Iteration(), Iteration()],
            {"lr_policy": "Score", "lr_policy_decay_rate": 0.5},
        )
