"""A network's settings as DL4J's build leaves them: inherited, defaulted and validated."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dl4j_backends.interface import Dl4jException

#: Per updater, the settings that the build fills in. AdaDelta's rho has no default in 0.8.0.
_UPDATER_SETTINGS: Mapping[str, Mapping[str, float]] = {
    "ADAM": {"adam_mean_decay": 0.9, "adam_var_decay": 0.999, "epsilon": 1e-8},
    "ADADELTA": {"rho": math.nan, "epsilon": 1e-6},
    "NESTEROVS": {"momentum": 0.9},
    "ADAGRAD": {"epsilon": 1e-6},
    "RMSPROP": {"rms_decay": 0.95, "epsilon": 1e-8},
}

_NEEDS_POWER = ("Inverse", "Poly")
_NEEDS_STEPS = ("Step", "Sigmoid")


@dataclass(frozen=True)
class NetworkSettings:
    """What all layers share."""

    use_regularization: bool
    mini_batch: bool
    num_iterations: int
    iteration_count: int
    step_function: str
    lr_policy: str
    lr_policy_decay_rate: float
    lr_policy_power: float
    lr_policy_steps: float


@dataclass(frozen=True)
class ParameterSettings:
    """One parameter of a layer: its length and what its updates depend on."""

    name: str
    length: int
    updater: str
    learning_rate: float
    l1: float
    l2: float


@dataclass(frozen=True)
class LayerSettings:
    """One layer. ``values`` has the updater's doubles by name, NaN where unset."""

    updater: str
    frozen: bool
    pretrain: bool
    gradient_normalization: str
    gradient_normalization_threshold: float
    momentum: float
    momentum_schedule: Mapping[int, float]
    learning_rate_schedule: Mapping[int, float]
    adam_mean_decay: float
    adam_var_decay: float
    rho: float
    rms_decay: float
    epsilon: float
    parameters: tuple[ParameterSettings, ...]


def network_settings(conf: Mapping[str, Any], layer_count: int) -> NetworkSettings:
    """The global settings; raises ``IllegalStateException`` for a learning-rate policy that lacks a setting."""
    settings = NetworkSettings(
        use_regularization=conf.get("use_regularization", False),
        mini_batch=conf.get("mini_batch", True),
        num_iterations=conf.get("num_iterations", 1),
        iteration_count=conf.get("iteration_count", 0),
        step_function=conf.get("step_function") or "",
        lr_policy=conf.get("lr_policy", "None"),
        lr_policy_decay_rate=_double(conf, "lr_policy_decay_rate"),
        lr_policy_power=_double(conf, "lr_policy_power"),
        lr_policy_steps=_double(conf, "lr_policy_steps"),
    )
    if layer_count and (problem := _policy_problem(settings, conf.get("learning_rate_schedule"))):
        raise Dl4jException("IllegalStateException", f'Layer "layer0" {problem}')
    return settings


def _policy_problem(net: NetworkSettings, schedule: object) -> str | None:
    policy = net.lr_policy
    has_power, has_steps = not math.isnan(net.lr_policy_power), not math.isnan(net.lr_policy_steps)
    excused = (policy == "Schedule" and schedule is not None) or (policy == "Poly" and has_power)
    if policy != "None" and math.isnan(net.lr_policy_decay_rate) and not excused:
        return "learning rate policy decay rate (lrPolicyDecayRate) must be set to use learningRatePolicy."
    if policy in _NEEDS_POWER and not has_power:
        return f"learning rate policy power (lrPolicyPower) must be set to use {policy}"
    if policy in _NEEDS_STEPS and not has_steps:
        return f"learning rate policy steps (lrPolicySteps) must be set to use {policy}"
    if policy == "Schedule" and schedule is None:
        return f"learning rate policy schedule (learningRateSchedule) must be set to use {policy}"
    unused = "set but will not be applied unless the learning rate policy is set to"
    if has_power and policy not in _NEEDS_POWER:
        return f"power has been {unused} Inverse or Poly."
    if has_steps and policy not in (*_NEEDS_STEPS, "TorchStep"):
        return f"steps have been {unused} Step or Sigmoid."
    if schedule is not None and policy != "Schedule":
        return f"learning rate schedule has been {unused} Schedule."
    return None


def layer_settings(layer: Mapping[str, Any], conf: Mapping[str, Any]) -> LayerSettings:
    """One layer's settings: its own, else the network's, else DL4J's defaults."""
    updater = layer.get("updater") or conf.get("updater") or "SGD"
    own = {
        name: _double(layer, name, _double(conf, name, default))
        for name, default in _UPDATER_SETTINGS.get(updater, {}).items()
    }
    unused = {
        name: _double(layer, name)
        for name in ("momentum", "adam_mean_decay", "adam_var_decay", "rho", "rms_decay", "epsilon")
    }
    return LayerSettings(
        updater=updater,
        frozen=layer.get("frozen", False),
        pretrain=layer.get("pretrain", False),
        gradient_normalization=layer.get("gradient_normalization") or conf.get("gradient_normalization") or "None",
        gradient_normalization_threshold=_double(
            layer,
            "gradient_normalization_threshold",
            _global(conf, "gradient_normalization_threshold", 1.0),
        ),
        momentum_schedule=_schedule(layer, conf, "momentum_schedule"),
        learning_rate_schedule=_schedule(layer, conf, "learning_rate_schedule"),
        parameters=_parameters(layer, conf, updater),
        **(unused | own),
    )


def _parameters(layer: Mapping[str, Any], conf: Mapping[str, Any], updater: str) -> tuple[ParameterSettings, ...]:
    n_in, n_out = layer.get("n_in", 0), layer.get("n_out", 0)
    rate = _double(layer, "learning_rate", _global(conf, "learning_rate", 0.1))
    # The global bias learning rate is never read in 0.8.0.
    bias_rate = _double(layer, "bias_learning_rate", rate)
    l1, l2, l1_bias, l2_bias = (
        _double(layer, name, _double(conf, name, 0.0)) for name in ("l1", "l2", "l1_bias", "l2_bias")
    )

    def weights(name: str, length: int) -> ParameterSettings:
        return ParameterSettings(name, length, updater, rate, l1, l2)

    def bias(name: str, length: int) -> ParameterSettings:
        return ParameterSettings(name, length, updater, bias_rate, l1_bias, l2_bias)

    match layer.get("type", "dense"):
        case "dense" | "embedding":
            return (weights("W", n_in * n_out), bias("b", n_out))
        case "auto_encoder":
            return (weights("W", n_in * n_out), bias("b", n_out), bias("vb", n_in))
        case "convolution":
            # With a kernel of 2 x 2.
            return (bias("b", n_out), weights("W", n_in * n_out * 4))
        case "graves_lstm" | "graves_bidirectional_lstm" as kind:
            return tuple(
                parameter
                for suffix in (("",) if kind == "graves_lstm" else ("F", "B"))
                for parameter in (
                    weights(f"W{suffix}", 4 * n_in * n_out),
                    weights(f"RW{suffix}", 4 * n_out * n_out + 3 * n_out),
                    bias(f"b{suffix}", 4 * n_out),
                )
            )
        case "center_loss_output":
            centers = ParameterSettings("cL", n_in * n_out, "NONE", 0.0, 0.0, 0.0)
            return (weights("W", n_in * n_out), bias("b", n_out), centers)
        case "variational_autoencoder":
            # Encoder and decoder have one layer of two units; the reconstruction is Gaussian.
            sizes = {
                "e0": (n_in, 2),
                "pZXMean": (2, n_out),
                "pZXLogStd2": (2, n_out),
                "d0": (n_out, 2),
                "pXZ": (2, 2 * n_in),
            }
            return tuple(
                parameter
                for prefix, (rows, columns) in sizes.items()
                for parameter in (weights(f"{prefix}W", rows * columns), bias(f"{prefix}b", columns))
            )
        case "batch_normalization":
            return (
                ParameterSettings("gamma", n_out, updater, rate, 0.0, 0.0),
                ParameterSettings("beta", n_out, updater, rate, 0.0, 0.0),
                ParameterSettings("mean", n_out, "NONE", 0.0, 0.0, 0.0),
                ParameterSettings("var", n_out, "NONE", 0.0, 0.0, 0.0),
            )
        case "activation":
            return ()
        case other:
            raise ValueError(f"unknown layer type {other!r}")


def _double(settings: Mapping[str, Any], name: str, default: float = math.nan) -> float:
    """A double, or ``default`` where it is absent or NaN: DL4J's builders take both for unset."""
    value = settings.get(name)
    number = math.nan if value is None else float(value)
    return default if math.isnan(number) else number


def _global(conf: Mapping[str, Any], name: str, initial: float) -> float:
    """A field of the global builder that starts with a value: there an explicit NaN stays NaN."""
    return initial if conf.get(name) is None else float(conf[name])


def _schedule(layer: Mapping[str, Any], conf: Mapping[str, Any], name: str) -> dict[int, float]:
    schedule = layer.get(name)
    if schedule is None:
        schedule = conf.get(name) or {}
    return {int(iteration): float(value) for iteration, value in schedule.items()}
