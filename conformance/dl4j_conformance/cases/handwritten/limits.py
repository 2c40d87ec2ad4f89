"""Cases of counters at their limits: iterations and batch sizes that 16 bits, float32 or an int cannot hold.

Repeated, earlier and skipped iterations are here too: DL4J computes with the number that it is given, and keeps none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dl4j_conformance.cases.case import UPDATERS, Case
from dl4j_conformance.cases.handwritten.sketch import Iteration, Sketch, Step, dense, rho_if_adadelta
from dl4j_conformance.cases.values import DTYPES

#: The largest iteration, for Adam's power of the int after it does not end (clause ADAM-4).
_LAST = (1 << 31) - 2

#: Iterations around the first that 16 bits, float32 and, after one more, an int cannot hold.
ITERATIONS: Mapping[str, tuple[int, ...]] = {
    "int16": (32766, 32767, 32768, 32769),
    "uint16": (65534, 65535, 65536, 65537),
    "float32": ((1 << 24) - 1, 1 << 24, (1 << 24) + 1, (1 << 24) + 2, (1 << 24) + 3),
    "int32": (_LAST - 1, _LAST),
    "negative": (-(1 << 31), -(1 << 24) - 1, -65537, -32769),
}

#: Clause and settings of every policy that reads the iteration; ``{at}`` becomes the middle of the iterations. The
#: rates change with every iteration, and neither vanish nor overflow.
_POLICIES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "exponential": ("LR-4", {"lr_policy": "Exponential", "lr_policy_decay_rate": 0.99999999}),
    "inverse": ("LR-5", {"lr_policy": "Inverse", "lr_policy_decay_rate": 1e-7, "lr_policy_power": 0.75}),
    "step": ("LR-6", {"lr_policy": "Step", "lr_policy_decay_rate": 0.99999999, "lr_policy_steps": 1.0}),
    "torchstep": ("LR-7", {"lr_policy": "TorchStep", "lr_policy_decay_rate": 0.75, "lr_policy_steps": "{at}"}),
    "poly": ("LR-8", {"lr_policy": "Poly", "lr_policy_power": 2.0, "num_iterations": "{at}"}),
    "sigmoid": ("LR-9", {"lr_policy": "Sigmoid", "lr_policy_decay_rate": 0.25, "lr_policy_steps": "{at}"}),
}

_BATCH_SIZES: Mapping[str, tuple[int, ...]] = {
    "int16": (32767, 32768),
    "uint16": (65535, 65536, 65537),
    "float32": ((1 << 24) - 1, (1 << 24) + 1, (1 << 24) + 3),
    "int32": ((1 << 31) - 1, -(1 << 31)),
}

#: Orders of iterations: one that comes twice, one that was before, and leaps.
_ORDERS: Mapping[str, tuple[int, ...]] = {
    "twice": (1, 1, 2, 2, 2),
    "back": (3, 2, 1, 0, 1, 2),
    "skipping": (0, 2, 5, 6, 20),
    "restarting": (0, 1, 2, 0, 1, 2),
}

#: Every policy with settings whose rate shows each iteration of :data:`_ORDERS`.
_SMALL: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "none": ("LR-3", {}),
    "exponential": ("LR-4", {"lr_policy": "Exponential", "lr_policy_decay_rate": 0.9}),
    "inverse": ("LR-5", {"lr_policy": "Inverse", "lr_policy_decay_rate": 0.3, "lr_policy_power": 0.75}),
    "step": ("LR-6", {"lr_policy": "Step", "lr_policy_decay_rate": 0.7, "lr_policy_steps": 2.0}),
    "torchstep": ("LR-7", {"lr_policy": "TorchStep", "lr_policy_decay_rate": 0.5, "lr_policy_steps": 10.0}),
    "poly": ("LR-8", {"lr_policy": "Poly", "lr_policy_power": 2.0, "num_iterations": 50}),
    "sigmoid": ("LR-9", {"lr_policy": "Sigmoid", "lr_policy_decay_rate": 0.5, "lr_policy_steps": 3.0}),
    "schedule": ("LR-10", {"lr_policy": "Schedule", "learning_rate_schedule": {"1": 0.3, "2": 0.07, "5": 0.011}}),
    "score": ("LR-3", {"lr_policy": "Score", "lr_policy_decay_rate": 0.5}),
}


def cases() -> Iterator[Case]:
    """Yield the cases of this topic."""
    for sketch in (*_policies(), *_schedules(), *_adam(), *_counts(), *_batch_sizes(), *_orders()):
        yield from sketch.cases()


def _steps(iterations: tuple[int, ...]) -> list[Step]:
    return [Step(iteration=iteration) for iteration in iterations]


def _filled(settings: Mapping[str, Any], at: int) -> dict[str, Any]:
    return {name: at if value == "{at}" else value for name, value in settings.items()}


def _policies() -> Iterator[Sketch]:
    for limit, iterations in ITERATIONS.items():
        for policy, (clause, settings) in _POLICIES.items():
            # The middle is the number that the narrower type has not.
            conf = _filled(settings, iterations[len(iterations) // 2])
            yield Sketch(
                f"limit-{limit}-{policy}",
                f"The policy {conf['lr_policy']} at iterations {', '.join(map(str, iterations))}.",
                (clause, "LR-1"),
                [dense("SGD", 1, 1, learning_rate=0.1)],
                _steps(iterations),
                conf,
            )


def _schedules() -> Iterator[Sketch]:
    for limit, iterations in ITERATIONS.items():
        schedule = {str(key): 0.9 / (number + 2) for number, key in enumerate(iterations)}
        yield Sketch(
            f"limit-{limit}-schedules",
            f"Keys of both schedules, met and just missed, at iterations {', '.join(map(str, iterations))}.",
            ("LR-10", "MOM-1"),
            [dense("NESTEROVS", 1, 1, learning_rate=0.1, momentum_schedule=schedule)],
            # The last key comes first: the others must not count before they are met.
            _steps((iterations[-1], *iterations)),
            {"lr_policy": "Schedule", "learning_rate_schedule": dict(list(schedule.items())[1:])},
        )


def _adam() -> Iterator[Sketch]:
    decays = {"adam_mean_decay": 0.9999999, "adam_var_decay": 0.99999999}
    for limit, iterations in ITERATIONS.items():
        yield Sketch(
            f"limit-{limit}-adam",
            f"Adam's powers at iterations {', '.join(map(str, iterations))}, decays so near to 1 that they show.",
            ("ADAM-3", "ADAM-4"),
            [dense("ADAM", 1, 1, learning_rate=0.1, **decays)],
            _steps(iterations),
        )


def _counts() -> Iterator[Sketch]:
    for limit, start in (("int16", 32767), ("uint16", 65535), ("float32", 1 << 24), ("int32", (1 << 31) - 2)):
        yield Sketch(
            f"limit-{limit}-iteration-count",
            f"The count of iterations goes on from {start}; after the largest int comes the smallest.",
            ("OPT-2", "LR-5"),
            [dense("SGD", 1, 1, learning_rate=0.1)],
            [Iteration(), Iteration(), Iteration()],
            {**_POLICIES["inverse"][1], "iteration_count": start},
        )


def _batch_sizes() -> Iterator[Sketch]:
    for limit, sizes in _BATCH_SIZES.items():
        for updater in ("NONE", "SGD"):
            yield Sketch(
                f"limit-{limit}-batch-size-{updater.lower()}",
                f"Division by batch sizes of {', '.join(map(str, sizes))}.",
                ("POST-4",),
                [dense(updater, 2, 2, learning_rate=0.7)],
                [Step(batch_size=size) for size in sizes],
            )


def _orders() -> Iterator[Sketch]:
    for number, (order, iterations) in enumerate(_ORDERS.items()):
        listed = ", ".join(map(str, iterations))
        # Rates are doubles in either type: the types take turns, for the size of the fixtures.
        dtypes = DTYPES[number % 2 :][:1]
        for policy, (clause, conf) in _SMALL.items():
            yield Sketch(
                f"iterations-{order}-{policy}",
                f"Iterations {listed}: every call decays once more, and no call remembers the last.",
                (clause, "LR-1"),
                [dense("SGD", 1, 1, learning_rate=0.1)],
                _steps(iterations),
                conf,
                dtypes=dtypes,
            )
        for updater in UPDATERS:
            settings = {"momentum_schedule": {"1": 0.5, "2": 0.25}} if updater == "NESTEROVS" else {}
            yield Sketch(
                f"iterations-{order}-updater-{updater.lower()}",
                f"Iterations {listed} under {updater}.",
                ("LAYER-1",),
                [dense(updater, 1, 1, learning_rate=0.1, **rho_if_adadelta(updater), **settings)],
                _steps(iterations),
                dtypes=dtypes,
            )
