"""Cases of schedules and policies across events: serialization, clones and the like before every iteration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.handwritten.sketch import Entry, Iteration, Sketch, State, Step, dense
from dl4j_conformance.cases.operations import (
    Average,
    Clone,
    CloneUpdater,
    Freeze,
    ReadState,
    Restore,
    SetLearningRate,
    Switch,
)
from dl4j_conformance.cases.values import DTYPES

#: Keys with an iteration without a key before, between and behind them.
_RATES = {"1": 0.3, "2": 0.07, "4": 0.011}
_MOMENTA = {"1": 0.5, "2": 0.25, "4": 0.75}
_ITERATIONS = 6


@dataclass(frozen=True)
class Event:
    """Operations between two updates, their clauses, and the model that they need: a network, a graph or a layer."""

    operations: Sequence[Entry]
    clauses: Sequence[str]
    model: str = "network"


EVENTS: Mapping[str, Event] = {
    "restore": Event((Restore(with_updater=True),), ("STATE-11",)),
    "restore-without-updater": Event((Restore(with_updater=False),), ("STATE-11",)),
    "restore-graph": Event((Restore(with_updater=True),), ("STATE-11",), "graph"),
    "clone": Event((Clone(),), ("STATE-9", "STATE-10")),
    "clone-graph": Event((Clone(),), ("STATE-9", "STATE-10"), "graph"),
    "clone-layer": Event((Clone(),), ("BARE-3",), "layer"),
    "clone-left-aside": Event((Clone(), Switch(0)), ("STATE-9",)),
    "restored-left-aside": Event((Restore(with_updater=True), Switch(0)), ("STATE-11",)),
    "set-state": Event((State((0.5, -0.25)),), ("STATE-7",)),
    "freeze": Event((Freeze(0),), ("LAYER-8",)),
    "clone-updater": Event((CloneUpdater(),), ("STATE-12",), "graph"),
    "average": Event((Clone(), Step(iteration=9), Switch(0), Average((1,), combined=False)), ("BARE-5",), "layer"),
    "set-rate": Event((SetLearningRate("1_W", 0.7),), ("LAYER-4",)),
    "read-state": Event((ReadState(),), ("STATE-1",)),
}

#: Every policy that compounds, so that a rate or a count that is lost shows.
_POLICIES: Mapping[str, Mapping[str, Any]] = {
    "exponential": {"lr_policy": "Exponential", "lr_policy_decay_rate": 0.9},
    "inverse": {"lr_policy": "Inverse", "lr_policy_decay_rate": 0.3, "lr_policy_power": 0.75},
    "step": {"lr_policy": "Step", "lr_policy_decay_rate": 0.7, "lr_policy_steps": 2.0},
    "torchstep": {"lr_policy": "TorchStep", "lr_policy_decay_rate": 0.5, "lr_policy_steps": 12.0},
    "poly": {"lr_policy": "Poly", "lr_policy_power": 2.0, "num_iterations": 10},
    "sigmoid": {"lr_policy": "Sigmoid", "lr_policy_decay_rate": 0.5, "lr_policy_steps": 3.0},
}


def cases() -> Iterator[Case]:
    """Yield the cases of this topic."""
    for sketch in (*_schedules(), *_policies(), *_counted()):
        yield from sketch.cases()


def _network(model: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the layers of a model under both schedules, and its further fields."""
    nesterovs = dense("NESTEROVS", 1, 1, learning_rate=0.1, momentum_schedule=_MOMENTA)
    if model == "layer":
        return [nesterovs], {"is_standalone_layer": True}
    layers = [dense("SGD", 1, 1, learning_rate=0.2), nesterovs]
    return layers, {"vertices": ("a", "b")} if model == "graph" else {}


def _with(event: Event, before: Sequence[int]) -> list[Entry]:
    """Return updates at iterations 0 to 5, with the event before some of them."""
    script: list[Entry] = []
    for iteration in range(_ITERATIONS):
        if iteration in before:
            script += event.operations
        script.append(Step(iteration=iteration))
    return script


def _schedules() -> Iterator[Sketch]:
    conf = {"lr_policy": "Schedule", "learning_rate_schedule": _RATES}
    for name, event in EVENTS.items():
        layers, fields = _network(event.model)
        places: dict[str, Sequence[int]] = {str(iteration): (iteration,) for iteration in range(_ITERATIONS)}
        if not any(isinstance(operation, Average) for operation in event.operations):
            places["every"] = range(_ITERATIONS)
        for number, (said, before) in enumerate(places.items()):
            yield Sketch(
                f"schedules-{name}-before-{said}",
                f"Both schedules have keys at 1, 2 and 4; this comes before iteration {said}.",
                ("LR-10", "MOM-1", *event.clauses),
                layers,
                _with(event, before),
                conf,
                # Rates and momenta are doubles in either type: the types take turns, for the size of the fixtures.
                dtypes=DTYPES if said == "every" else DTYPES[number % 2 :][:1],
                **fields,
            )


def _policies() -> Iterator[Sketch]:
    for policy, conf in _POLICIES.items():
        for name in ("restore", "clone"):
            yield Sketch(
                f"{policy}-{name}-before-every",
                f"The policy {conf['lr_policy']} goes on from the rate as it stands.",
                ("LR-2", *EVENTS[name].clauses),
                [dense("SGD", 1, 1, learning_rate=0.1)],
                _with(EVENTS[name], range(_ITERATIONS)),
                conf,
            )


def _counted() -> Iterator[Sketch]:
    conf = {"lr_policy": "Schedule", "learning_rate_schedule": _RATES}
    for model in ("network", "graph"):
        for name in ("restore", "clone"):
            layers, fields = _network(model)
            script: list[Entry] = [Iteration()]
            for _ in range(_ITERATIONS - 1):
                script += (*EVENTS[name].operations, Iteration())
            yield Sketch(
                f"schedules-{name}-of-{model}-counted",
                "The network counts the iterations itself: its count decides which key is met.",
                ("LR-10", "MOM-1", "GRAPH-6" if model == "graph" else "OPT-8", *EVENTS[name].clauses),
                layers,
                script,
                conf,
                **fields,
            )
