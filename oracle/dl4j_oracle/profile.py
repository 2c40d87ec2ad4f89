"""A profile is a record of rules. DL4J 0.8.0 is one.

A misreading of it is another, with one rule replaced::

    dataclasses.replace(DL4J_0_8_0, torch_step=my_torch_step)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from dl4j_oracle import (
    cloning,
    configuration,
    equality,
    keys,
    learning_rate,
    momentum,
    normalization,
    optimizer,
    parameters,
    regularization,
    state_layout,
    updaters,
)
from dl4j_oracle.arithmetic import interface as arithmetic
from dl4j_oracle.arithmetic import java
from dl4j_oracle.arithmetic.interface import Arithmetic, Array, NanScalar, Scalar
from dl4j_oracle.cloning import Aggregate, Clone
from dl4j_oracle.configuration import (
    Defaults,
    GlobalConfiguration,
    GradientNormalization,
    LayerConfiguration,
    LearningRatePolicy,
    Updater,
)
from dl4j_oracle.equality import ArraysAreEqual, GraphsCompare, UpdatersAreEqual
from dl4j_oracle.keys import SplitKey, SplitVertexKey
from dl4j_oracle.learning_rate import Policy
from dl4j_oracle.momentum import MomentumPolicy
from dl4j_oracle.normalization import Normalization
from dl4j_oracle.optimizer import Gradients, OptimizerState, SearchedStep, StepFunction, Update
from dl4j_oracle.parameters import Parameters
from dl4j_oracle.regularization import Division, Penalty
from dl4j_oracle.state_layout import StateLayout, has_its_length
from dl4j_oracle.updaters import GradientUpdater, Memory


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
    variables: Callable[[LayerConfiguration], Sequence[str]] = parameters.variables
    parameters: Parameters = parameters.parameters

    #: L2, L1 and the division come last, in this order (clause POST-1).
    stages: tuple[Stage, ...] = (Stage.NORMALIZATION, Stage.UPDATER, Stage.L2, Stage.L1, Stage.DIVISION)
    is_skipped: Callable[[LayerConfiguration], bool] = configuration.is_frozen
    is_normalized: Callable[[str, LayerConfiguration], bool] = normalization.is_normalized
    applies_policy: Callable[[LearningRatePolicy, Updater | None], bool] = learning_rate.is_applied
    left_in_gradient: Callable[[Array, Array], Array] = updaters.left_in_gradient
    rate_in_use: Callable[[Scalar, Scalar], Scalar] = learning_rate.new_rate
    is_regularized: Callable[[GlobalConfiguration], bool] = configuration.is_regularized
    split_key: SplitKey = keys.split_at_first_underscore
    split_vertex_key: SplitVertexKey = keys.split_at_last_underscore
    vertex_order: Callable[[Sequence[str]], list[str]] = java.in_hash_order
    is_visible_bias: Callable[[str], bool] = keys.is_visible_bias
    nan_scalar: NanScalar = arithmetic.nan_scalar
    check_view: Callable[[int | None, int], None] = state_layout.check_view
    order_of_state: Callable[[Sequence[int], Sequence[int]], Sequence[int]] = state_layout.as_added
    state_layout: StateLayout = state_layout.blocks_per_parameter
    aggregated: Aggregate = cloning.aggregated
    clone: Clone = cloning.clone_configuration_and_view
    frozen_in_clone: Callable[[Sequence[bool]], Sequence[bool]] = cloning.unless_only_the_last
    check_updater_clone: Callable[[], None] = cloning.refuse_updater_clone
    restored: Clone = cloning.clone_configuration_and_view
    restored_layer: Callable[[LayerConfiguration], LayerConfiguration] = configuration.thawed
    check_reading: Callable[[Sequence[configuration.LayerType]], None] = configuration.check_reading
    check_freezing: Callable[[bool], None] = configuration.check_freezing
    pointed: Callable[[Memory], Memory] = updaters.pointed
    accepts_state: Callable[[int | None, int], bool] = has_its_length

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

    negative_gradient_step: StepFunction = optimizer.subtract
    negative_default_step: StepFunction = optimizer.subtract_by_axpy
    gradient_step: StepFunction = optimizer.add
    default_step: StepFunction = optimizer.refuse_to_step
    negative_gradient_search: SearchedStep = optimizer.subtract_any_length
    negative_default_search: SearchedStep = optimizer.search_subtracting
    gradient_search: SearchedStep = optimizer.add_any_length
    default_search: SearchedStep = optimizer.search_adding
    stepped: Callable[[StepFunction, Gradients, Gradients, Arithmetic], Gradients] = optimizer.on_flat_vectors
    heard: Callable[[Gradients, Gradients], Gradients] = optimizer.raw_gradients
    iteration_done: Callable[[int], int] = optimizer.not_yet_counted
    count_of_update: Callable[[int], int] = optimizer.seen_by_updater
    without_gradient: Callable[[Array, Arithmetic], Array] = optimizer.last_update
    update_before_search: Callable[[Update], Update] = optimizer.update_before_search
    update_after_search: Callable[[Update], Update] = optimizer.update_after_search
    steps_after_search: Callable[[float], bool] = optimizer.steps_after_search
    count_after_search: Callable[[int], int] = optimizer.not_counted_by_search
    ends_before_search: Callable[[Array, Arithmetic], bool] = optimizer.ends_before_search
    restored_optimizer: Callable[[OptimizerState], OptimizerState] = optimizer.count_is_saved
    cloned_optimizer: Callable[[OptimizerState, bool], OptimizerState] = optimizer.counted_on
    eps_termination: Callable[[float, float], bool] = optimizer.eps_termination
    ends_before_decay: Callable[[Array, Arithmetic], bool] = optimizer.ends_before_decay
    decays_by_score: Callable[[bool], bool] = optimizer.decays_by_score
    decays_alone: Callable[[configuration.LayerType], bool] = optimizer.decays_alone
    decayed_by_score: Callable[[Scalar, Scalar], Scalar] = optimizer.decayed_by_score

    graphs_compare: GraphsCompare = equality.graphs_compare
    hashes_agree: Callable[[bool, bool, int], bool] = equality.hashes_agree
    updaters_are_equal: UpdatersAreEqual = equality.updaters_are_equal
    arrays_are_equal: ArraysAreEqual = equality.arrays_are_equal

    l2: Penalty = regularization.add_l2
    l1: Penalty = regularization.add_l1
    divide_by_batch_size: Division = regularization.divide_by_batch_size
    custom: Callable[[], GradientUpdater] = updaters.refuse_custom

    # Each of the following reads the one rule that is asked for, so that it can be seen which rules a case needs.

    def normalization(self, strategy: GradientNormalization) -> Normalization:
        """The rule of a gradient-normalisation strategy."""
        match strategy:
            case GradientNormalization.NONE:
                return self.no_normalization
            case GradientNormalization.RENORMALIZE_L2_PER_LAYER:
                return self.renormalize_l2_per_layer
            case GradientNormalization.RENORMALIZE_L2_PER_PARAM_TYPE:
                return self.renormalize_l2_per_param_type
            case GradientNormalization.CLIP_ELEMENT_WISE_ABSOLUTE_VALUE:
                return self.clip_element_wise_absolute_value
            case GradientNormalization.CLIP_L2_PER_LAYER:
                return self.clip_l2_per_layer
            case GradientNormalization.CLIP_L2_PER_PARAM_TYPE:
                return self.clip_l2_per_param_type

    def policy(self, policy: LearningRatePolicy) -> Policy:
        """The rule of a learning-rate policy."""
        match policy:
            case LearningRatePolicy.NONE:
                return self.no_policy
            case LearningRatePolicy.EXPONENTIAL:
                return self.exponential
            case LearningRatePolicy.INVERSE:
                return self.inverse
            case LearningRatePolicy.POLY:
                return self.poly
            case LearningRatePolicy.SIGMOID:
                return self.sigmoid
            case LearningRatePolicy.STEP:
                return self.step
            case LearningRatePolicy.TORCH_STEP:
                return self.torch_step
            case LearningRatePolicy.SCHEDULE:
                return self.schedule
            case LearningRatePolicy.SCORE:
                return self.score

    def step_function(self, step_function: configuration.StepFunction | None) -> StepFunction:
        """The rule of a step function, or of the default."""
        match step_function:
            case configuration.StepFunction.NEGATIVE_GRADIENT | None:
                return self.negative_gradient_step
            case configuration.StepFunction.NEGATIVE_DEFAULT:
                return self.negative_default_step
            case configuration.StepFunction.GRADIENT:
                return self.gradient_step
            case configuration.StepFunction.DEFAULT:
                return self.default_step

    def searched_step(self, step_function: configuration.StepFunction | None) -> SearchedStep:
        """The same after a search, which has another default."""
        match step_function:
            case configuration.StepFunction.NEGATIVE_GRADIENT:
                return self.negative_gradient_search
            case configuration.StepFunction.NEGATIVE_DEFAULT | None:
                return self.negative_default_search
            case configuration.StepFunction.GRADIENT:
                return self.gradient_search
            case configuration.StepFunction.DEFAULT:
                return self.default_search

    def updater(self, updater: Updater) -> GradientUpdater:
        """The rule of an updater; raises :class:`dl4j_oracle.errors.Dl4jError` for CUSTOM."""
        match updater:
            case Updater.SGD:
                return self.sgd
            case Updater.ADAM:
                return self.adam
            case Updater.ADADELTA:
                return self.adadelta
            case Updater.NESTEROVS:
                return self.nesterovs
            case Updater.ADAGRAD:
                return self.adagrad
            case Updater.RMSPROP:
                return self.rmsprop
            case Updater.NONE:
                return self.none
            case Updater.CUSTOM:
                return self.custom()


DL4J_0_8_0 = Rules("dl4j-0.8.0")
