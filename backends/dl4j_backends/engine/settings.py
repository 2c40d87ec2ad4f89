"""A network's settings as DL4J's build leaves them: inherited, defaulted and validated."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, TypeVar, get_args

from dl4j_backends.engine.parameters import ParameterSettings, parameters_of
from dl4j_backends.engine.updaters import Updater, UpdaterSettings, updater_named
from dl4j_backends.interface import Dl4jException

#: The names of enums and classes of DL4J.
LearningRatePolicy = Literal[
    "None", "Exponential", "Inverse", "Poly", "Sigmoid", "Step", "TorchStep", "Schedule", "Score"
]
GradientNormalization = Literal[
    "None",
    "RenormalizeL2PerLayer",
    "RenormalizeL2PerParamType",
    "ClipElementWiseAbsoluteValue",
    "ClipL2PerLayer",
    "ClipL2PerParamType",
]
StepFunction = Literal["NegativeGradient", "NegativeDefault", "Gradient", "Default"]
OptimizationAlgorithm = Literal["STOCHASTIC_GRADIENT_DESCENT", "LINE_GRADIENT_DESCENT", "CONJUGATE_GRADIENT", "LBFGS"]

LEARNING_RATE_POLICIES: tuple[LearningRatePolicy, ...] = get_args(LearningRatePolicy)
GRADIENT_NORMALIZATIONS: tuple[GradientNormalization, ...] = get_args(GradientNormalization)
STEP_FUNCTIONS: tuple[StepFunction, ...] = get_args(StepFunction)
OPTIMIZATION_ALGORITHMS: tuple[OptimizationAlgorithm, ...] = get_args(OptimizationAlgorithm)

_NEEDS_POWER = ("Inverse", "Poly")
_NEEDS_STEPS = ("Step", "Sigmoid")

Name = TypeVar("Name", bound=str)


@dataclass(frozen=True)
class NetworkSettings:
    """The settings that all layers share. Without a ``step_function`` the optimiser takes its own."""

    use_regularization: bool
    mini_batch: bool
    num_iterations: int
    iteration_count: int
    step_function: StepFunction | None
    optimization_algo: OptimizationAlgorithm
    max_num_line_search_iterations: int
    lr_policy: LearningRatePolicy
    lr_policy_decay_rate: float
    lr_policy_power: float
    lr_policy_steps: float


@dataclass(frozen=True)
class LayerSettings(UpdaterSettings):
    """One layer's settings."""

    updater: Updater
    frozen: bool
    pretrain: bool
    gradient_normalization: GradientNormalization
    gradient_normalization_threshold: float
    momentum_schedule: Mapping[int, float]
    learning_rate_schedule: Mapping[int, float]
    parameters: tuple[ParameterSettings, ...]


def network_settings(conf: Mapping[str, Any], layer_count: int) -> NetworkSettings:
    """Return the global settings.

    Raises :class:`Dl4jException` for a learning-rate policy that lacks a setting, and ``ValueError`` for a name that
    DL4J does not have.
    """
    step_function = conf.get("step_function")
    algorithm = conf.get("optimization_algo", "STOCHASTIC_GRADIENT_DESCENT")
    settings = NetworkSettings(
        use_regularization=conf.get("use_regularization", False),
        mini_batch=conf.get("mini_batch", True),
        num_iterations=conf.get("num_iterations", 1),
        iteration_count=conf.get("iteration_count", 0),
        step_function=_known("step_function", step_function, STEP_FUNCTIONS) if step_function else None,
        optimization_algo=_known("optimization_algo", algorithm, OPTIMIZATION_ALGORITHMS),
        max_num_line_search_iterations=conf.get("max_num_line_search_iterations", 5),
        lr_policy=_known("lr_policy", conf.get("lr_policy", "None"), LEARNING_RATE_POLICIES),
        lr_policy_decay_rate=_double(conf, "lr_policy_decay_rate"),
        lr_policy_power=_double(conf, "lr_policy_power"),
        lr_policy_steps=_double(conf, "lr_policy_steps"),
    )
    is_validated = layer_count and not conf.get("built")
    if is_validated and (problem := _policy_problem(settings, conf.get("learning_rate_schedule"))):
        raise Dl4jException("IllegalStateException", f'Layer "layer0" {problem}')
    return settings


def own_settings(settings: NetworkSettings, conf: Mapping[str, Any] | None) -> NetworkSettings:
    """Return the network's settings with those that a layer's ``conf`` has in their place."""
    if not conf:
        return settings
    own = network_settings(conf, 0)
    return replace(settings, **{name: getattr(own, name) for name in conf})


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
    """Return one layer's settings: its own, else the network's, else DL4J's defaults. Those ``built`` are its own.

    Raises ``ValueError`` for a name that DL4J does not have.
    """
    is_built = conf.get("built", False)
    conf = {} if is_built else conf
    updater = updater_named(layer.get("updater") or conf.get("updater") or "SGD")
    values = {field.name: _double(layer, field.name) for field in fields(UpdaterSettings)}
    if not is_built:
        values |= {
            name: _double(layer, name, _double(conf, name, default)) for name, default in updater.defaults.items()
        }
    normalization = layer.get("gradient_normalization") or conf.get("gradient_normalization") or "None"
    return LayerSettings(
        updater=updater,
        frozen=layer.get("frozen", False),
        pretrain=layer.get("pretrain", False),
        gradient_normalization=_known("gradient_normalization", normalization, GRADIENT_NORMALIZATIONS),
        gradient_normalization_threshold=_global(layer, "gradient_normalization_threshold", 1.0)
        if is_built
        else _double(
            layer,
            "gradient_normalization_threshold",
            _global(conf, "gradient_normalization_threshold", 1.0),
        ),
        momentum_schedule=_schedule(layer, conf, "momentum_schedule"),
        learning_rate_schedule=_schedule(layer, conf, "learning_rate_schedule"),
        parameters=_parameters(layer, conf, updater),
        **values,
    )


def _parameters(layer: Mapping[str, Any], conf: Mapping[str, Any], updater: Updater) -> tuple[ParameterSettings, ...]:
    rate = _double(layer, "learning_rate", _global(conf, "learning_rate", 0.1))
    # The global bias learning rate is never read in 0.8.0.
    bias_rate = _double(layer, "bias_learning_rate", rate)
    l1, l2, l1_bias, l2_bias = (
        _double(layer, name, _double(conf, name, 0.0)) for name in ("l1", "l2", "l1_bias", "l2_bias")
    )
    weights = ParameterSettings("W", 0, updater, rate, l1, l2)
    return parameters_of(layer, weights, ParameterSettings("b", 0, updater, bias_rate, l1_bias, l2_bias))


def _known(setting: str, value: object, names: tuple[Name, ...]) -> Name:
    """Return the one of ``names`` that ``value`` is."""
    for name in names:
        if name == value:
            return name
    raise ValueError(f"unknown {setting} {value!r}: it is one of {', '.join(names)}")


def _double(settings: Mapping[str, Any], name: str, default: float = math.nan) -> float:
    """Return a double, or ``default`` where it is absent or NaN: DL4J's builders take both for unset."""
    value = settings.get(name)
    number = math.nan if value is None else float(value)
    return default if math.isnan(number) else number


def _global(conf: Mapping[str, Any], name: str, initial: float) -> float:
    """Return a field of the global builder that starts with a value: there an explicit NaN stays NaN."""
    return initial if conf.get(name) is None else float(conf[name])


def _schedule(layer: Mapping[str, Any], conf: Mapping[str, Any], name: str) -> dict[int, float]:
    schedule = layer.get(name)
    if schedule is None:
        schedule = conf.get(name) or {}
    return {int(iteration): float(value) for iteration, value in schedule.items()}
