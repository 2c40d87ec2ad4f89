"""Wrong ports that round settings to float32."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from dl4j_backends.engine.session import EngineSession
from dl4j_backends.interface import Network
from dl4j_backends.numpy import NumpyBackend
from dl4j_conformance.execution.oracle_session import OracleSession
from dl4j_oracle.profile import DL4J_0_8_0
from mutants.changed_oracle import Named, Narrowed, NarrowedSession, WrongPort, unchanged, with_rule


def _float32(number: float) -> float:
    with np.errstate(all="ignore"):
        return float(np.float32(number))


Change = Callable[[Network], Network]


class _Rewriting(NumpyBackend):
    """The NumPy backend in front of which a port changes the network."""

    def __init__(self, change: Change) -> None:
        self._change = change

    def open(self, network: Network) -> EngineSession:
        return super().open(self._change(network))


def _rounded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _rounded(entry) for key, entry in value.items()}
    return _float32(float(value)) if value is not None else None


def _with_rounded(name: str, network: Network) -> Network:
    def changed(settings: Mapping[str, Any]) -> dict[str, Any]:
        return {key: _rounded(value) if key == name else value for key, value in settings.items()}

    return replace(network, conf=changed(network.conf), layers=[changed(layer) for layer in network.layers])


#: Settings, and the beginning of the ids of cases with values that float32 rounds.
ROUNDED: Mapping[str, str] = {
    "learning_rate": "double-learning-rate-",
    "bias_learning_rate": "double-bias-learning-rate-",
    "momentum": "double-momentum-float",
    "momentum_schedule": "double-momentum-schedule-",
    "adam_mean_decay": "double-adam-mean-decay-",
    "adam_var_decay": "double-adam-var-decay-",
    "rho": "double-rho-",
    "rms_decay": "double-rms-decay-",
    "epsilon": "double-epsilon-",
    "gradient_normalization_threshold": "double-threshold-",
    "l1": "double-l1-float",
    "l2": "double-l2-float",
    "l1_bias": "double-l1-bias-",
    "l2_bias": "double-l2-bias-",
    "lr_policy_decay_rate": "double-policy-",
    "lr_policy_power": "double-policy-",
    "lr_policy_steps": "double-policy-",
    "learning_rate_schedule": "double-policy-schedule-",
}


class _RoundedRates(Narrowed):
    """The oracle in which a rate set from outside is rounded."""

    def open(self, network: Network) -> OracleSession:
        return _RoundedRatesSession(self._oracle.open(network).updater, unchanged, unchanged)


class _RoundedRatesSession(NarrowedSession):
    def set_learning_rate(self, key: str, learning_rate: float) -> None:
        super().set_learning_rate(key, _float32(learning_rate))


def roundings() -> Named:
    for name, shown_by in ROUNDED.items():
        yield f"{name}_rounded", WrongPort(_Rewriting(partial(_with_rounded, name)), shown_by)
    for strategy in ("clip_l2_per_layer", "clip_l2_per_param_type"):
        rule = getattr(DL4J_0_8_0, strategy)
        changed = partial(_with_rounded_threshold, rule)
        wrong = with_rule(strategy, changed)
        shown_by = f"double-threshold-{strategy.replace('_l2', '').replace('_', '-')}-float"
        yield f"threshold_of_{strategy}_rounded", WrongPort(wrong, shown_by)
    yield "set_learning_rate_rounded", WrongPort(_RoundedRates(), "double-rate-from-outside-")


def _with_rounded_threshold(rule: Any, gradients: Any, threshold: Any, arithmetic: Any) -> Any:
    return rule(gradients, arithmetic.scalar(_float32(float(threshold.value))), arithmetic)
