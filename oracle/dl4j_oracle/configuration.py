"""A network's configuration: DL4J's names in snake_case, its defaults and its build-time validation.

``nan`` (or absence) means unset, as in DL4J's builders. DL4J's build fills what a layer leaves unset from the
global values, then from the updaters' defaults (:func:`inherit`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from dl4j_oracle.clauses import clause
from dl4j_oracle.description import read
from dl4j_oracle.errors import ConfigurationError, Dl4jError

_NAN = math.nan


class Updater(StrEnum):
    """The enum ``org.deeplearning4j.nn.conf.Updater``."""

    SGD = "SGD"
    ADAM = "ADAM"
    ADADELTA = "ADADELTA"
    NESTEROVS = "NESTEROVS"
    ADAGRAD = "ADAGRAD"
    RMSPROP = "RMSPROP"
    NONE = "NONE"
    CUSTOM = "CUSTOM"


class GradientNormalization(StrEnum):
    """The enum ``org.deeplearning4j.nn.conf.GradientNormalization``."""

    NONE = "None"
    RENORMALIZE_L2_PER_LAYER = "RenormalizeL2PerLayer"
    RENORMALIZE_L2_PER_PARAM_TYPE = "RenormalizeL2PerParamType"
    CLIP_ELEMENT_WISE_ABSOLUTE_VALUE = "ClipElementWiseAbsoluteValue"
    CLIP_L2_PER_LAYER = "ClipL2PerLayer"
    CLIP_L2_PER_PARAM_TYPE = "ClipL2PerParamType"


class LearningRatePolicy(StrEnum):
    """The enum ``org.deeplearning4j.nn.conf.LearningRatePolicy``."""

    NONE = "None"
    EXPONENTIAL = "Exponential"
    INVERSE = "Inverse"
    POLY = "Poly"
    SIGMOID = "Sigmoid"
    STEP = "Step"
    TORCH_STEP = "TorchStep"
    SCHEDULE = "Schedule"
    SCORE = "Score"


class OptimizationAlgorithm(StrEnum):
    """The enum ``org.deeplearning4j.nn.api.OptimizationAlgorithm``."""

    STOCHASTIC_GRADIENT_DESCENT = "STOCHASTIC_GRADIENT_DESCENT"
    LINE_GRADIENT_DESCENT = "LINE_GRADIENT_DESCENT"
    CONJUGATE_GRADIENT = "CONJUGATE_GRADIENT"
    LBFGS = "LBFGS"


class StepFunction(StrEnum):
    """The classes of ``org.deeplearning4j.nn.conf.stepfunctions``, without the names' ending."""

    NEGATIVE_GRADIENT = "NegativeGradient"
    NEGATIVE_DEFAULT = "NegativeDefault"
    GRADIENT = "Gradient"
    DEFAULT = "Default"


class LayerType(StrEnum):
    """The layers whose parameters and per-parameter rules are known here."""

    DENSE = "dense"
    EMBEDDING = "embedding"
    CONVOLUTION = "convolution"
    GRAVES_LSTM = "graves_lstm"
    GRAVES_BIDIRECTIONAL_LSTM = "graves_bidirectional_lstm"
    CENTER_LOSS_OUTPUT = "center_loss_output"
    VARIATIONAL_AUTOENCODER = "variational_autoencoder"
    AUTO_ENCODER = "auto_encoder"
    BATCH_NORMALIZATION = "batch_normalization"
    ACTIVATION = "activation"


@dataclass(frozen=True)
class LayerConfiguration:
    """A layer's settings (``org.deeplearning4j.nn.conf.layers.Layer``), its ``type``, ``frozen`` and ``pretrain``.

    Those after ``l2_bias`` are needed for networks that come from files. Rates and coefficients by parameter stand for
    those of the layer, and ``conf`` has what its own ``NeuralNetConfiguration`` has in place of the network's.
    """

    type: LayerType = LayerType.DENSE
    n_in: int = 0
    n_out: int = 0
    frozen: bool = False
    pretrain: bool = False
    updater: Updater | None = None
    learning_rate: float = _NAN
    bias_learning_rate: float = _NAN
    learning_rate_schedule: Mapping[int, float] | None = None
    momentum: float = _NAN
    momentum_schedule: Mapping[int, float] | None = None
    adam_mean_decay: float = _NAN
    adam_var_decay: float = _NAN
    rho: float = _NAN
    rms_decay: float = _NAN
    epsilon: float = _NAN
    gradient_normalization: GradientNormalization | None = None
    gradient_normalization_threshold: float = _NAN
    l1: float = _NAN
    l2: float = _NAN
    l1_bias: float = _NAN
    l2_bias: float = _NAN
    learning_rate_by_param: Mapping[str, float] | None = None
    l1_by_param: Mapping[str, float] | None = None
    l2_by_param: Mapping[str, float] | None = None
    conf: Mapping[str, Any] | None = None
    #: Of a convolution.
    kernel_size: Sequence[int] = (2, 2)
    #: Of a variational auto-encoder; without a ``distribution_size`` its reconstruction is Gaussian.
    encoder_layer_sizes: Sequence[int] = (2,)
    decoder_layer_sizes: Sequence[int] = (2,)
    distribution_size: int = 0
    #: Of a batch normalization, which then has neither gamma nor beta.
    lock_gamma_beta: bool = False


@dataclass(frozen=True)
class GlobalConfiguration:
    """The settings of the network, and defaults for what layers leave unset (``NeuralNetConfiguration.Builder``).

    If they are ``built``, they come from a file: ``fromJson`` validates nothing, and fills nothing that is unset.
    """

    built: bool = False
    use_regularization: bool = False
    mini_batch: bool = True
    num_iterations: int = 1
    iteration_count: int = 0
    optimization_algo: OptimizationAlgorithm = OptimizationAlgorithm.STOCHASTIC_GRADIENT_DESCENT
    step_function: StepFunction | None = None
    minimize: bool = True
    max_num_line_search_iterations: int = 5
    lr_policy: LearningRatePolicy = LearningRatePolicy.NONE
    lr_policy_decay_rate: float = _NAN
    lr_policy_power: float = _NAN
    lr_policy_steps: float = _NAN
    updater: Updater = Updater.SGD
    learning_rate: float = 0.1
    bias_learning_rate: float = _NAN
    learning_rate_schedule: Mapping[int, float] | None = None
    momentum: float = _NAN
    momentum_schedule: Mapping[int, float] | None = None
    adam_mean_decay: float = _NAN
    adam_var_decay: float = _NAN
    rho: float = _NAN
    rms_decay: float = _NAN
    epsilon: float = _NAN
    gradient_normalization: GradientNormalization = GradientNormalization.NONE
    gradient_normalization_threshold: float = 1.0
    l1: float = _NAN
    l2: float = _NAN
    l1_bias: float = _NAN
    l2_bias: float = _NAN


#: From an updater to the settings that it reads, each with the value that it has if neither layer nor network set it;
#: NaN where DL4J leaves the setting alone.
Defaults = Callable[[Updater], Mapping[str, float]]


@clause("CONF-1", "CONF-3", "CONF-4")
def inherit(layer: LayerConfiguration, common: GlobalConfiguration, updater_defaults: Defaults) -> LayerConfiguration:
    """Return a layer as ``NeuralNetConfiguration.Builder.copyConfigToLayer`` and ``LayerValidation`` fill it.

    A layer's unset values become the global ones. The bias learning rate does not: it becomes the layer's
    learning rate. The updater's own settings are filled only for the updater that reads them.
    """
    updater = common.updater if layer.updater is None else layer.updater
    learning_rate = first_set(layer.learning_rate, common.learning_rate)
    defaults = updater_defaults(updater)
    settings: dict[str, Any] = {
        name: first_set(getattr(layer, name), getattr(common, name), default) for name, default in defaults.items()
    }
    if "momentum" in defaults:
        settings["momentum_schedule"] = first_given(layer.momentum_schedule, common.momentum_schedule, {})
    for name in ("l1", "l2", "l1_bias", "l2_bias"):
        settings[name] = first_set(getattr(layer, name), getattr(common, name), 0.0)
    return replace(
        layer,
        updater=updater,
        learning_rate=learning_rate,
        bias_learning_rate=first_set(layer.bias_learning_rate, learning_rate),
        learning_rate_schedule=first_given(layer.learning_rate_schedule, common.learning_rate_schedule),
        gradient_normalization=first_given(layer.gradient_normalization, common.gradient_normalization),
        gradient_normalization_threshold=first_set(
            layer.gradient_normalization_threshold, common.gradient_normalization_threshold
        ),
        **settings,
    )


@clause("POST-2", "POST-3", "CONF-3")
def is_regularized(common: GlobalConfiguration) -> bool:
    """Return ``useRegularization``, without which coefficients do nothing."""
    return common.use_regularization


@clause("POST-4")
def is_averaged(common: GlobalConfiguration) -> bool:
    """Return ``miniBatch``, without which nothing is divided by the batch size."""
    return common.mini_batch


@clause("LAYER-8")
def check_freezing(is_output_layer: bool) -> None:
    """Raise the :class:`Dl4jError` of ``FrozenLayer``'s constructor for an ``OutputLayer``."""
    if is_output_layer:
        raise Dl4jError("IllegalArgumentException", "Output Layers are not allowed to be frozen")


@clause("STATE-13")
def check_reading(types: Sequence[LayerType]) -> None:
    """Raise the :class:`Dl4jError` of ``MultiLayerConfiguration.fromJson`` for a ``CenterLossOutputLayer``."""
    if LayerType.CENTER_LOSS_OUTPUT in types:
        raise Dl4jError("RuntimeException", "Could not resolve type id 'CenterLossOutputLayer'")


@clause("STATE-11")
def thawed(layer: LayerConfiguration) -> LayerConfiguration:
    """Return the layer without ``FrozenLayer``, which is no configuration and is not saved."""
    return replace(layer, frozen=False)


@clause("GRAPH-14")
def pretraining_ended(layer: LayerConfiguration) -> LayerConfiguration:
    """Return the layer without ``pretrain``, as ``ComputationGraph.pretrainLayer`` leaves it after each batch."""
    return replace(layer, pretrain=False)


@clause("LAYER-2")
def is_frozen(layer: LayerConfiguration) -> bool:
    """Return whether the layer is a ``FrozenLayer``, whose update returns at once."""
    return layer.frozen


def read_description(
    conf: Mapping[str, Any], layers: Sequence[Mapping[str, Any]]
) -> tuple[GlobalConfiguration, tuple[LayerConfiguration, ...]]:
    """Return a description as given, before DL4J fills it. Raises :class:`ConfigurationError` for unknown names."""
    common = read(GlobalConfiguration, conf, "conf")
    if not layers:
        raise ConfigurationError("layers", "a network needs at least one layer")
    given = tuple(read(LayerConfiguration, layer, f"layers[{i}]") for i, layer in enumerate(layers))
    for index, layer in enumerate(given):
        _check_sizes(layer, f"layers[{index}]")
    return common, given


def own_conf(layer: LayerConfiguration, common: GlobalConfiguration) -> GlobalConfiguration:
    """Return the network's settings with those that the layer has in their place."""
    if not layer.conf:
        return common
    own = read(GlobalConfiguration, layer.conf, "layer.conf")
    return replace(common, **{name: getattr(own, name) for name in layer.conf})


def _check_sizes(layer: LayerConfiguration, where: str) -> None:
    has_no_weights = layer.type in (LayerType.BATCH_NORMALIZATION, LayerType.ACTIVATION)
    if not has_no_weights and layer.n_in < 1:
        raise ConfigurationError(f"{where}.n_in", f"must be at least 1, not {layer.n_in}")
    if layer.type is not LayerType.ACTIVATION and layer.n_out < 1:
        raise ConfigurationError(f"{where}.n_out", f"must be at least 1, not {layer.n_out}")
    for name in ("kernel_size", "encoder_layer_sizes", "decoder_layer_sizes"):
        sizes = getattr(layer, name)
        if not sizes or min(sizes) < 1:
            raise ConfigurationError(f"{where}.{name}", "must be one number or more, each at least 1")


def first_set(*values: float) -> float:
    """Return the first value that is not NaN, or NaN."""
    return next((value for value in values if not math.isnan(value)), math.nan)


def first_given(*values: Any) -> Any:
    """Return the first value that is not None, or None."""
    return next((value for value in values if value is not None), None)
