"""Cases of the updater state: sizes, layout, first values, and state that is set from outside."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from dl4j_conformance.cases.case import UPDATERS, Case
from dl4j_conformance.cases.handwritten.sketch import (
    Entry,
    Sketch,
    State,
    Step,
    dense,
    rho_if_adadelta,
    spread,
    steps,
)
from dl4j_conformance.cases.operations import Clone, ReadState, SetLearningRate, Switch
from dl4j_conformance.cases.parameter_lengths import STATE_ARRAYS
from dl4j_oracle import updaters
from dl4j_oracle.configuration import Updater


def _layer(updater: str, **settings: Any) -> dict[str, Any]:
    rho = rho_if_adadelta(updater)
    return dense(updater, learning_rate=0.1, **rho, **settings)


def _small(updater: str, **settings: Any) -> dict[str, Any]:
    """Return a layer with two weights and a bias."""
    return {**_layer(updater, **settings), "n_in": 2, "n_out": 1}


def cases() -> Iterator[Case]:
    """Yield the cases of this topic."""
    for updater in filter(STATE_ARRAYS.get, UPDATERS):
        for sketch in _of_updater(updater):
            yield from sketch.cases()
    for sketch in (*_layouts(), *_refusals(), *_clones()):
        yield from sketch.cases()


def _first_values(updater: str) -> tuple[str, ...]:
    """Return the clauses of the layout and the first values of an updater's state."""
    record = updaters.UPDATERS[Updater(updater)]
    start = "STATE-4" if record.initial is updaters.epsilon else "STATE-5"
    return ("STATE-3", start) if len(record.state) > 1 else (start,)


def _of_updater(updater: str) -> Iterator[Sketch]:
    """Yield the cases of an updater with state, in a dense layer of 4 + 2 values."""
    u, given = updater.lower(), spread(6 * STATE_ARRAYS[updater], salt=9, low=0.0, high=0.5)
    yield Sketch(
        f"initial-state-{u}",
        "The state before the first update: zero, or epsilon where DL4J starts with it.",
        ("STATE-1", "STATE-2", *_first_values(updater)),
        [_layer(updater, epsilon=0.1)],
        [Step({"0_W": (0.0, 0.0, 0.0, 0.0), "0_b": (0.0, 0.0)})],
        quirks=(37,) if updater == "ADAGRAD" else (38,) if updater == "RMSPROP" else (45,),
    )
    yield Sketch(
        f"given-state-{u}",
        "Construction with a state: it is used without initialisation.",
        ("STATE-6", *_first_values(updater)),
        [_layer(updater)],
        state=given,
    )
    yield Sketch(
        f"given-special-state-{u}",
        "A state with NaN, infinities and signed zeros in it.",
        ("STATE-6",),
        [_layer(updater)],
        state=(math.nan, math.inf, -0.0, 0.0, *given[4:]),
    )
    yield Sketch(
        f"set-state-{u}",
        "State set between two updates; NESTEROVS does not notice after its first step.",
        ("STATE-7", *(("NESTEROVS-2",) if updater == "NESTEROVS" else ())),
        [_layer(updater)],
        [Step(), State(given), Step(), Step()],
        quirks=(40,) if updater == "NESTEROVS" else (),
    )
    yield Sketch(
        f"set-state-first-{u}",
        "State set before the first update, where NESTEROVS still reads it.",
        ("STATE-7",),
        [_layer(updater)],
        [State(given), Step()],
    )


def _layouts() -> Iterator[Sketch]:
    yield Sketch(
        "layout-adam",
        "Adam's state is [m v] of W, then [m v] of b.",
        ("STATE-3",),
        [dense("ADAM", 3, 1), dense("ADAM", 1, 2)],
        steps(2),
        quirks=(45,),
    )
    yield Sketch(
        "layout-adadelta",
        "AdaDelta's state is [msg msdx] of W, then [msg msdx] of b.",
        ("STATE-3",),
        [dense("ADADELTA", 3, 1, rho=0.9), dense("ADADELTA", 1, 2, rho=0.9)],
        steps(2),
        quirks=(45,),
    )
    yield Sketch(
        "layout-all-updaters",
        "One view over layers with and without state.",
        ("STATE-1", "STATE-2"),
        [
            dense("SGD", 1, 2),
            dense("ADAGRAD", 2, 1),
            dense("NONE", 1, 2),
            dense("ADAM", 2, 1),
        ],
        steps(2),
        state=spread(3 + 6, salt=5, low=0.0, high=1.0),
    )
    yield Sketch(
        "layout-visible-bias",
        "The visible bias has its place in the view although nothing updates it.",
        ("STATE-2", "LAYER-3"),
        [{"type": "auto_encoder", "n_in": 2, "n_out": 1, "updater": "ADAGRAD"}],
        steps(2),
        quirks=(46,),
    )
    yield Sketch(
        "no-state",
        "SGD and NONE have no state view.",
        ("STATE-1", "STATE-2"),
        [dense("SGD"), dense("NONE")],
        steps(2),
    )


def _refusals() -> Iterator[Sketch]:
    nine = spread(9)
    yield Sketch(
        "given-state-too-long",
        "A state of the wrong length is refused at construction.",
        ("STATE-6",),
        [_layer("ADAM")],
        state=spread(13),
    )
    yield Sketch("given-state-too-short", "One value is missing.", ("STATE-6",), [_layer("RMSPROP")], state=spread(5))
    yield Sketch(
        "given-state-null",
        "Null where a state is needed.",
        ("STATE-6",),
        [_layer("ADAGRAD")],
        has_state=True,
    )
    yield Sketch(
        "given-state-null-unneeded",
        "Null where none is needed.",
        ("STATE-6",),
        [_layer("SGD")],
        has_state=True,
    )
    yield Sketch(
        "given-state-unneeded",
        "A state for updaters that have none.",
        ("STATE-6",),
        [_layer("SGD"), _layer("NONE")],
        state=(1.0,),
    )
    yield Sketch(
        "set-state-wrong-length",
        "Setting a state of another length fails and changes nothing.",
        ("STATE-7",),
        [_layer("ADAM")],
        [Step(), State(nine), Step()],
    )
    yield Sketch(
        "set-state-without-state",
        "There is nothing to copy into.",
        ("STATE-7",),
        [_layer("SGD")],
        [Step(), State(nine), Step()],
    )
    for slug, kinds in (
        ("first", ("CUSTOM", "ADAM")),
        ("last", ("SGD", "CUSTOM")),
        ("alone", ("CUSTOM",)),
    ):
        yield Sketch(
            f"custom-{slug}",
            "CUSTOM is refused when the network's updater is made.",
            ("STATE-8",),
            [dense(updater) for updater in kinds],
            quirks=(43,),
        )


#: On with the clone, then back to the original, which must not have noticed, and to the clone.
_CLONED: tuple[Entry, ...] = (Clone(), Step(), Switch(0), Step(), Switch(1), Step())


def _clones() -> Iterator[Sketch]:
    for updater in ("SGD", "ADAM", "ADADELTA", "NESTEROVS"):
        u, quirks = updater.lower(), (40,) if updater == "NESTEROVS" else ()
        yield Sketch(
            f"clone-{u}",
            "After a clone both go on by themselves.",
            ("STATE-9", "STATE-10"),
            [_small(updater)],
            (*steps(2), *_CLONED),
            quirks=quirks,
        )
    for updater in ("SGD", "ADAM", "NESTEROVS"):
        u, quirks = updater.lower(), (40,) if updater == "NESTEROVS" else ()
        yield Sketch(
            f"clone-decayed-{u}",
            "A clone decays on from the rate as it stands.",
            ("STATE-9",),
            [_small(updater)],
            (*steps(2), *_CLONED),
            {"lr_policy": "Exponential", "lr_policy_decay_rate": 0.5},
            quirks=quirks,
        )
        yield Sketch(
            f"clone-rate-{u}",
            "A rate set from outside reaches the updaters of a clone, also without a policy.",
            ("STATE-9", "STATE-10"),
            [_small(updater)],
            (Step(), SetLearningRate("0_W", 0.7), Step(), *_CLONED),
            quirks=(30, *quirks),
        )
    yield Sketch(
        "clone-momentum-schedule",
        "A clone has the momentum that the schedule set.",
        ("STATE-9", "MOM-2"),
        [_small("NESTEROVS", momentum_schedule={"1": 0.5})],
        (*steps(2), *_CLONED),
        quirks=(40,),
    )
    yield Sketch(
        "clone-never-updated",
        "A clone before the first update.",
        ("STATE-10",),
        [_small("NESTEROVS"), dense("RMSPROP", 2, 1)],
        _CLONED,
    )
    yield Sketch(
        "clone-of-clone",
        "A clone's clone loses the velocity once more.",
        ("STATE-10",),
        [_small("NESTEROVS")],
        (*steps(2), Clone(), *steps(2), Clone(), Step(), Switch(1), Step(), Switch(0), Step()),
        quirks=(40,),
    )
    yield Sketch(
        "clone-frozen",
        "A frozen layer is frozen in the clone.",
        ("STATE-10", "LAYER-2"),
        [_small("ADAM", frozen=True), dense("ADAGRAD", 2, 1)],
        (*steps(2), *_CLONED),
    )
    yield Sketch(
        "clone-then-set-state",
        "State set in one network is not set in the other.",
        ("STATE-7", "STATE-9"),
        [_small("ADAM")],
        (Step(), Clone(), State(spread(6, salt=9, low=0.0, high=0.5)), Step(), Switch(0), Step()),
    )
    yield Sketch(
        "clone-then-set-rate",
        "A rate set in one network is not set in the other.",
        ("STATE-9",),
        [_small("SGD")],
        (Clone(), SetLearningRate("0_W", 0.7), Switch(0), Step(), Switch(1), Step()),
        {"lr_policy": "Exponential", "lr_policy_decay_rate": 0.5},
    )
    yield Sketch(
        "read-state",
        "Reading the state changes nothing.",
        ("STATE-1",),
        [_small("ADAM"), dense("NESTEROVS", 1, 1)],
        (Step(), ReadState(), Step()),
    )
