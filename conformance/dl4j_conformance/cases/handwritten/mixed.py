"""Networks of several layers with mixed updaters and settings, drawn once by a fixed rule.

Interactions of settings that no hand-written case covers. Case ids are numbered.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from dl4j_conformance.cases.case import UPDATERS, Case
from dl4j_conformance.cases.handwritten.normalization import STRATEGIES
from dl4j_conformance.cases.handwritten.sketch import Sketch, Step

_COUNT = 16
_CLAUSES = ("MLU-1", "LAYER-1", "STATE-1", "LR-1", "POST-1")


def cases() -> Iterator[Case]:
    """Yield the cases of this topic."""
    for number in range(_COUNT):
        yield from _sketch(number).cases()


def _sketch(number: int) -> Sketch:
    rng = _Draw(number)
    layers = [_layer(rng, UPDATERS[(number + i) % len(UPDATERS)]) for i in range(1 + number % 4)]
    script = [Step(batch_size=rng.pick((1, 4, 7, 32))) for _ in range(2)]
    return Sketch(
        f"mixed-{number:02}",
        "A drawn network: the interplay of everything.",
        _CLAUSES,
        layers,
        script,
        _conf(rng, number),
    )


def _layer(rng: _Draw, updater: str) -> dict[str, Any]:
    layer: dict[str, Any] = {"n_in": rng.pick((1, 2, 3)), "n_out": rng.pick((1, 2, 3)), "updater": updater}
    optional = {
        "learning_rate": (0.1, 0.01, 1.0),
        "bias_learning_rate": (0.2, 0.05),
        "gradient_normalization": tuple(STRATEGIES),
        "gradient_normalization_threshold": (0.5, 5.0, -1.0, 0.01),
        "l1": (0.01, 0.3),
        "l2": (0.02, 0.5),
        "l1_bias": (0.04,),
        "l2_bias": (0.03,),
        "momentum": (0.5, 0.99),
        "rho": (0.9, 0.5),
        "rms_decay": (0.5, 0.9),
        "epsilon": (1e-3, 1e-6),
    }
    return layer | {name: rng.pick(choices) for name, choices in optional.items() if rng.pick((True, False))}


def _conf(rng: _Draw, number: int) -> dict[str, Any]:
    policies: tuple[dict[str, Any], ...] = (
        {},
        {"lr_policy": "Exponential", "lr_policy_decay_rate": 0.9},
        {"lr_policy": "Inverse", "lr_policy_decay_rate": 0.5, "lr_policy_power": 2.0},
        {"lr_policy": "Step", "lr_policy_decay_rate": 0.5, "lr_policy_steps": 2.0},
        {"lr_policy": "TorchStep", "lr_policy_decay_rate": 0.5, "lr_policy_steps": 2.0},
        {"lr_policy": "Poly", "lr_policy_power": 0.5, "num_iterations": 4},
        {"lr_policy": "Schedule", "learning_rate_schedule": {"1": 0.3}},
    )
    return {"use_regularization": rng.pick((True, False)), **policies[number % len(policies)]}


class _Draw:
    """A source of choices, made with ``random.random`` alone, whose sequence Python promises to keep."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - not for secrets

    def pick(self, choices: tuple[Any, ...]) -> Any:
        return choices[int(self._random.random() * len(choices))]
