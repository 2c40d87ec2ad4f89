"""A profile is a record of rules. DL4J 0.8.0 is one.

A misreading of it is another, with one rule replaced::

    dataclasses.replace(DL4J_0_8_0, torch_step=my_torch_step)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from dl4j_oracle import (
    arithmetic,
    cloning,
    configuration,
    keys,
    learning_rate,
    momentum,
    normalization,
    regularization,
    state_layout,
    updaters,
)
from dl4j_oracle.arithmetic import NanScalar
from dl4j_oracle.cloning import Clone
from dl4j_oracle.configuration import (
    Defaults,
    GlobalConfiguration,
    GradientNormalization,
    LayerConfiguration,
    LearningRatePolicy,
    Updater,
)
from dl4j_oracle.keys import SplitKey
from dl4j_oracle.learning_rate import Policy
from dl4j_oracle.momentum import MomentumPolicy
from dl4j_oracle.normalization import Normalization
from dl4j_oracle.regularization import Division, Penalty
from dl4j_oracle.state_layout import StateLayout
from dl4j_oracle.updaters import GradientUpdater


class Stage(Enum):
    """A step of the update. Normalisation works on a layer, the others on one parameter after the other."""

    NORMALIZATION = "preApply"
    UPDATER = "applyLrDecayPolicy, getGradient"
    L2 = "postApply: l2"
    L1 = "postApply: l1"
    DIVISION = "postApply: miniBatchSize"


Inherit = Callable[[LayerConfiguration, GlobalConfiguration, Defaults], LayerConfiguration]
Validation = Callable[[GlobalConfiguration, str], None]


@dataclass(frozen=True)
class Rules:
    """Every rule of the pipeline, each replaceable by itself."""

    id: str

    updater_defaults: Defaults = configuration.dl4j_defaults
    inherit: Inherit = configuration.inherit
    validate: Validation = configuration.validate_learning_rate_policy

    #: L2, L1 and the division come last, in this order (clause POST-1).
    stages: tuple[Stage, ...] = (Stage.NORMALIZATION, Stage.UPDATER, Stage.L2, Stage.L1, Stage.DIVISION)
    split_key: SplitKey = keys.split_at_first_underscore
    is_visible_bias: Callable[[str], bool] = keys.is_visible_bias
    nan_scalar: NanScalar = arithmetic.nan_scalar
    state_layout: StateLayout = state_layout.blocks_per_parameter
    clone: Clone = cloning.clone_configuration_and_view

    no_normalization: Normalization = normalization.no_normalization
    renormalize_l2_per_layer: Normalization = normalization.renormalize_l2_per_layer
    renormalize_l2_per_param_type: Normalization = normalization.renormalize_l2_per_param_type
    clip_element_wise_absolute_value: Normalization = normalization.clip_element_wise_absolute_value
    clip_l2_per_layer: Normalization = normalization.clip_l2_per_layer
    clip_l2_per_param_type: Normalization = normalization.clip_l2_per_param_type

    no_policy: Policy = learning_rate.unchanged
    exponential: Policy = learning_rate.exponential
    inverse: Policy = learning_rate.inverse
    poly: Policy = learning_rate.poly
    sigmoid: Policy = learning_rate.sigmoid
    step: Policy = learning_rate.step
    torch_step: Policy = learning_rate.torch_step
    schedule: Policy = learning_rate.schedule
    score: Policy = learning_rate.unchanged
    momentum_policy: MomentumPolicy = momentum.scheduled_momentum

    sgd: GradientUpdater = updaters.SGD
    adam: GradientUpdater = updaters.ADAM
    adadelta: GradientUpdater = updaters.ADADELTA
    nesterovs: GradientUpdater = updaters.NESTEROVS
    adagrad: GradientUpdater = updaters.ADAGRAD
    rmsprop: GradientUpdater = updaters.RMSPROP
    none: GradientUpdater = updaters.NONE

    l2: Penalty = regularization.add_l2
    l1: Penalty = regularization.add_l1
    divide_by_batch_size: Division = regularization.divide_by_batch_size
    custom: Callable[[], GradientUpdater] = updaters.refuse_custom

    def normalization(self, strategy: GradientNormalization) -> Normalization:
        """The rule of a gradient-normalisation strategy."""
        return {
            GradientNormalization.NONE: self.no_normalization,
            GradientNormalization.RENORMALIZE_L2_PER_LAYER: self.renormalize_l2_per_layer,
            GradientNormalization.RENORMALIZE_L2_PER_PARAM_TYPE: self.renormalize_l2_per_param_type,
            GradientNormalization.CLIP_ELEMENT_WISE_ABSOLUTE_VALUE: self.clip_element_wise_absolute_value,
            GradientNormalization.CLIP_L2_PER_LAYER: self.clip_l2_per_layer,
            GradientNormalization.CLIP_L2_PER_PARAM_TYPE: self.clip_l2_per_param_type,
        }[strategy]

    def policy(self, policy: LearningRatePolicy) -> Policy:
        """The rule of a learning-rate policy."""
        return {
            LearningRatePolicy.NONE: self.no_policy,
            LearningRatePolicy.EXPONENTIAL: self.exponential,
            LearningRatePolicy.INVERSE: self.inverse,
            LearningRatePolicy.POLY: self.poly,
            LearningRatePolicy.SIGMOID: self.sigmoid,
            LearningRatePolicy.STEP: self.step,
            LearningRatePolicy.TORCH_STEP: self.torch_step,
            LearningRatePolicy.SCHEDULE: self.schedule,
            LearningRatePolicy.SCORE: self.score,
        }[policy]

    def updater(self, updater: Updater) -> GradientUpdater:
        """The rule of an updater; raises :class:`dl4j_oracle.errors.Dl4jError` for CUSTOM."""
        if updater is Updater.CUSTOM:
            return self.custom()
        return {
            Updater.SGD: self.sgd,
            Updater.ADAM: self.adam,
            Updater.ADADELTA: self.adadelta,
            Updater.NESTEROVS: self.nesterovs,
            Updater.ADAGRAD: self.adagrad,
            Updater.RMSPROP: self.rmsprop,
            Updater.NONE: self.none,
        }[updater]


DL4J_0_8_0 = Rules("dl4j-0.8.0")
