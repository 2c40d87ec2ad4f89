"""Cases of arrays beyond 64 elements, whole and with a remainder modulo any number of lanes, under norms."""

from __future__ import annotations

from collections.abc import Iterator

from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.handwritten.sketch import Sketch, Step, dense, spread

#: Lengths, each with a salt of :func:`spread`, found by search, with which every other order of summing the squares
#: (lanes of 2, 4, 8 and 16, in pairs, by threads, back to front, in a wider type) gives another norm in both types.
SALTS = {65: 24, 127: 43, 128: 41, 129: 43, 1000: 1, 4097: 0}

_STRATEGIES = {
    "RenormalizeL2PerLayer": "NORM-2",
    "RenormalizeL2PerParamType": "NORM-3",
    "ClipL2PerLayer": "NORM-5",
    "ClipL2PerParamType": "NORM-6",
}


def cases() -> Iterator[Case]:
    """Yield the cases of this topic."""
    for sketch in (*_norms(), *_updaters()):
        yield from sketch.cases()


def _norms() -> Iterator[Sketch]:
    for length, salt in SALTS.items():
        # The longest have one strategy, for the size of the fixtures.
        for strategy, clause in list(_STRATEGIES.items())[: 4 if length == 129 else 1]:
            words = strategy.replace("L2", "")
            slug = "".join(f"-{c.lower()}" if c.isupper() else c for c in words)[1:]
            yield Sketch(
                f"length-{length}-{slug}",
                f"The norm of {length} values, in one layer with their bias.",
                (clause, "ARITH-5"),
                [dense("NONE", length, 1, gradient_normalization=strategy, gradient_normalization_threshold=0.7)],
                [Step({"0_W": spread(length, salt=salt)}, only=True)],
                {"mini_batch": False},
                params={"0_W": (0.0,) * length},
                quirks=(16,),
            )


def _updaters() -> Iterator[Sketch]:
    for updater, length in (("ADAM", 65), ("ADADELTA", 67), ("NESTEROVS", 71), ("ADAGRAD", 79), ("RMSPROP", 95)):
        yield Sketch(
            f"length-{length}-{updater.lower()}",
            f"Every one of {length} values is updated under {updater}, those behind the last whole lane too.",
            ("ARITH-1",),
            [dense(updater, length, 1, learning_rate=0.1, **({"rho": 0.9} if updater == "ADADELTA" else {}))],
            [Step({"0_W": spread(length, salt=3)}, only=True)],
            {"mini_batch": False},
            params={"0_W": (0.0,) * length},
        )
