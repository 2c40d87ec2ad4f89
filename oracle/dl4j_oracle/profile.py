"""Profiles: records of all rules, one for each version of DL4J.

A misreading is another profile, with one rule replaced::

    dataclasses.replace(DL4J_0_8_0, l2=my_l2)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import assert_never

from dl4j_oracle import (
    cloning,
    configuration,
    equality,
    keys,
    learning_rate,
    line_search,
    momentum,
    normalization,
    optimizer,
    parameters,
    regularization,
    search_direction,
    state_layout,
    topology,
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
    OptimizationAlgorithm,
    Updater,
)
from dl4j_oracle.equality import ArraysAreEqual, GraphsCompare, UpdatersAreEqual
from dl4j_oracle.keys import SplitKey, SplitVertexKey
from dl4j_oracle.learning_rate import Policy
from dl4j_oracle.line_search import Line, Tried
from dl4j_oracle.momentum import MomentumPolicy
from dl4j_oracle.normalization import Normalization
from dl4j_oracle.optimizer import Gradients, OptimizerState, SearchedStep, StepFunction, Update
from dl4j_oracle.parameters import Parameters
from dl4j_oracle.regularization import Division, Penalty
from dl4j_oracle.search_direction import Directions, SearchState
from dl4j_oracle.state_layout import StateLayout, has_its_length
from dl4j_oracle.topology import MergesAdded, SetOrder, TopologicalOrder, Topology, Trained
from dl4j_oracle.updaters import GradientUpdater, Memory


class Stage(Enum):
    """A stage of the update. Normalisation works on a layer, the others on one parameter after the other."""

    NORMALIZATION = "preApply"
    UPDATER = "applyLrDecayPolicy, getGradient"
    L2 = "postApply: l2"
    L1 = "postApply: l1"
    DIVISION = "postApply: miniBatchSize"


Inherit = Callable[[LayerConfiguration, GlobalConfiguration, Defaults], LayerConfiguration]
Validation = Callable[[GlobalConfiguration, str], None]


@dataclass(frozen=True)
class Rules:
    """All rules of the update, each replaceable by itself."""

    #: The name of the profile or of the misreading.
    id: str

    # --- Configuration

    #: The settings that an updater reads, and their values if they are not set.
    updater_defaults: Defaults = updaters.defaults_of
    #: A layer's settings after the build: its own, then the network's, then defaults.
    inherit: Inherit = configuration.inherit
    #: The refusal of a learning-rate policy that lacks a setting, or of a setting that no policy reads.
    validate: Validation = learning_rate.validate
    #: The names of a layer's parameters in the order in which the configuration registers them.
    variables: Callable[[LayerConfiguration], Sequence[str]] = parameters.variables
    #: The parameters of a layer that are transposed where gradients are laid out, with their rows and columns.
    transposed: Callable[[LayerConfiguration], Mapping[str, tuple[int, int]]] = parameters.transposed
    #: A layer's parameters in the order of ``paramTable``.
    parameters: Parameters = parameters.parameters
    #: The refusal to put a ``FrozenLayer`` around an output layer.
    check_freezing: Callable[[bool], None] = configuration.check_freezing

    # --- Order of stages

    #: The stages of an update; L2, L1 and the division come last, in this order (clause POST-1).
    stages: tuple[Stage, ...] = (Stage.NORMALIZATION, Stage.UPDATER, Stage.L2, Stage.L1, Stage.DIVISION)
    #: Whether nothing of a layer is updated.
    is_skipped: Callable[[LayerConfiguration], bool] = configuration.is_frozen
    #: Whether a parameter is a visible bias, which is not updated outside of pretraining.
    is_visible_bias: Callable[[str], bool] = keys.is_visible_bias
    #: The gradients that a layer is updated with, from those given and its parameters.
    completed: Callable[[Mapping[str, Array], Mapping[str, Array]], Mapping[str, Array]] = updaters.as_given
    #: Whether an update that raises leaves no trace.
    rolls_back: Callable[[], bool] = updaters.keeps_what_was_done
    #: The array that goes on to the next stage, from the gradient and the updater's update.
    left_in_gradient: Callable[[Array, Array], Array] = updaters.left_in_gradient
    #: The scalar that an array operation uses: ND4J replaces NaN.
    nan_scalar: NanScalar = arithmetic.nan_scalar

    # --- Gradient normalisation

    #: Whether a parameter of a layer takes part in normalisation.
    is_normalized: Callable[[str, LayerConfiguration], bool] = normalization.is_normalized
    #: The gradients that are normalised together, from a layer's own and those of the other layers.
    normalized_together: Callable[[Gradients, Callable[[], Gradients]], Gradients] = normalization.of_one_layer
    #: The strategy None.
    no_normalization: Normalization = normalization.no_normalization
    #: The strategy RenormalizeL2PerLayer.
    renormalize_l2_per_layer: Normalization = normalization.renormalize_l2_per_layer
    #: The strategy RenormalizeL2PerParamType.
    renormalize_l2_per_param_type: Normalization = normalization.renormalize_l2_per_param_type
    #: The strategy ClipElementWiseAbsoluteValue.
    clip_element_wise_absolute_value: Normalization = normalization.clip_element_wise_absolute_value
    #: The strategy ClipL2PerLayer.
    clip_l2_per_layer: Normalization = normalization.clip_l2_per_layer
    #: The strategy ClipL2PerParamType.
    clip_l2_per_param_type: Normalization = normalization.clip_l2_per_param_type

    # --- Learning rate and momentum

    #: Whether rate and momentum are pushed into the updater before its step.
    applies_policy: Callable[[LearningRatePolicy, Updater | None], bool] = learning_rate.is_applied
    #: The rate that the updater uses, from the rates before and after the policy.
    rate_in_use: Callable[[Scalar, Scalar], Scalar] = learning_rate.new_rate
    #: The parameters whose rates decay though they are not updated, from a layer and those that are not.
    decaying_besides: Callable[[LayerConfiguration, Sequence[str]], Sequence[str]] = learning_rate.none_besides
    #: A layer's rates after the rate of one parameter has decayed.
    rates_after: Callable[[Mapping[str, Scalar], str, Scalar], Mapping[str, Scalar]] = learning_rate.of_one_parameter
    #: A layer's rates after that of one parameter was set from outside.
    rates_set: Callable[[Mapping[str, Scalar], str, Scalar], Mapping[str, Scalar]] = learning_rate.of_one_parameter
    #: The policy None.
    no_policy: Policy = learning_rate.NO_POLICY
    #: The policy Exponential.
    exponential: Policy = learning_rate.EXPONENTIAL
    #: The policy Inverse.
    inverse: Policy = learning_rate.INVERSE
    #: The policy Poly.
    poly: Policy = learning_rate.POLY
    #: The policy Sigmoid.
    sigmoid: Policy = learning_rate.SIGMOID
    #: The policy Step.
    step: Policy = learning_rate.STEP
    #: The policy TorchStep.
    torch_step: Policy = learning_rate.TORCH_STEP
    #: The policy Schedule.
    schedule: Policy = learning_rate.SCHEDULE
    #: The policy Score during an update; between updates the optimiser decays the rate.
    score: Policy = learning_rate.SCORE
    #: A layer's momentum at an iteration, from its momentum and its schedule.
    momentum_policy: MomentumPolicy = momentum.scheduled_momentum
    #: The momentum that the updater uses, from the momenta before and after the schedule.
    momentum_in_use: Callable[[Scalar, Scalar], Scalar] = momentum.new_momentum

    # --- Updaters

    #: The updater SGD.
    sgd: GradientUpdater = updaters.SGD
    #: The updater ADAM.
    adam: GradientUpdater = updaters.ADAM
    #: The updater ADADELTA.
    adadelta: GradientUpdater = updaters.ADADELTA
    #: The updater NESTEROVS.
    nesterovs: GradientUpdater = updaters.NESTEROVS
    #: The updater ADAGRAD.
    adagrad: GradientUpdater = updaters.ADAGRAD
    #: The updater RMSPROP.
    rmsprop: GradientUpdater = updaters.RMSPROP
    #: The updater NONE.
    none: GradientUpdater = updaters.NONE
    #: The updater CUSTOM, or the refusal to construct it.
    custom: Callable[[], GradientUpdater] = updaters.refuse_custom

    # --- Regularization and division

    #: Whether a network's L1 and L2 coefficients count.
    is_regularized: Callable[[GlobalConfiguration], bool] = configuration.is_regularized
    #: The update with L2.
    l2: Penalty = regularization.add_l2
    #: The update with L1.
    l1: Penalty = regularization.add_l1
    #: Whether updates are divided by the batch size.
    is_averaged: Callable[[GlobalConfiguration], bool] = configuration.is_averaged
    #: The update divided by the number of examples in the minibatch.
    divide_by_batch_size: Division = regularization.divide_by_batch_size

    # --- Updater state

    #: The layers in the order of their state, from the orders in which they were added and are fed.
    order_of_state: Callable[[Sequence[int], Sequence[int]], Sequence[int]] = state_layout.as_added
    #: Whether a state given to the constructor is used, or the refusal of one of another length.
    accepts_state: Callable[[int | None, int], bool] = has_its_length
    #: The refusal of a state view of another length for a standalone layer.
    check_view: Callable[[int | None, int], None] = state_layout.check_view
    #: The order of the blocks of the state view.
    state_layout: StateLayout = state_layout.blocks_per_parameter
    #: An updater's memory after a state was copied into its view.
    assigned: Callable[[Memory], Memory] = updaters.assigned
    #: An updater's memory after its view has become another array.
    pointed: Callable[[Memory], Memory] = updaters.pointed

    # --- Clones and serialization

    #: A layer and its updater in the clone of a network.
    clone: Clone = cloning.clone_configuration_and_view
    #: Whether each layer of a clone is frozen.
    frozen_in_clone: Callable[[Sequence[bool]], Sequence[bool]] = cloning.unless_only_the_last
    #: Whether each vertex of a cloned graph is frozen.
    frozen_in_cloned_graph: Callable[[Sequence[bool]], Sequence[bool]] = cloning.each_frozen
    #: The refusal to clone the updater of a network.
    check_updater_clone: Callable[[], None] = cloning.refuse_updater_clone
    #: The updater that the aggregators of a class make of several.
    aggregated: Aggregate = cloning.aggregated
    #: The optimiser of a cloned network; the flag says whether it is a graph.
    cloned_optimizer: Callable[[OptimizerState, bool], OptimizerState] = optimizer.counted_on
    #: The refusal to read back a network with a layer of a type that DL4J's reader does not know.
    check_reading: Callable[[Sequence[configuration.LayerType]], None] = configuration.check_reading
    #: A layer and its updater in a network that is read back.
    restored: Clone = cloning.clone_configuration_and_view
    #: The configuration of a layer that is read back.
    restored_layer: Callable[[LayerConfiguration], LayerConfiguration] = configuration.thawed
    #: The optimiser of a network that is read back.
    restored_optimizer: Callable[[OptimizerState], OptimizerState] = optimizer.count_is_saved

    #: A layer and its updater after ``clear``, from the layer with a new state and as it was.
    cleared: Clone = cloning.made_anew
    #: The optimiser after ``clear``.
    cleared_optimizer: Callable[[OptimizerState], OptimizerState] = optimizer.kept_after_clear

    # --- Keys

    #: The layer's index and the parameter's name in a key of a ``MultiLayerNetwork``.
    split_key: SplitKey = keys.split_at_first_underscore
    #: The vertex and the parameter's name in a key of a ``ComputationGraph``.
    split_vertex_key: SplitVertexKey = keys.split_at_last_underscore
    #: The vertices in the order in which they are updated.
    vertex_order: Callable[[Sequence[str]], list[str]] = java.in_hash_order

    # --- Computation graphs

    #: The vertices of a graph, from those that were asked for.
    merges_added: MergesAdded = topology.merges_added
    #: The order in which a set of numbers is iterated.
    set_order: SetOrder = java.in_integer_hash_order
    #: The vertices in the order in which they are fed.
    topological_order: TopologicalOrder = topology.in_queue_order
    #: The vertices that backpropagation gives gradients.
    trained_vertices: Trained = topology.trained
    #: Whether there is an updater for the vertex of a key.
    has_updater: Callable[[str, Topology], bool] = topology.has_updater

    #: The configuration of a layer whose pretraining ends.
    pretraining_ended: Callable[[LayerConfiguration], LayerConfiguration] = configuration.pretraining_ended

    # --- Optimiser: StochasticGradientDescent and LineGradientDescent

    #: NegativeGradientStepFunction, the default.
    negative_gradient_step: StepFunction = optimizer.subtract
    #: NegativeDefaultStepFunction.
    negative_default_step: StepFunction = optimizer.subtract_by_axpy
    #: GradientStepFunction.
    gradient_step: StepFunction = optimizer.add
    #: DefaultStepFunction.
    default_step: StepFunction = optimizer.refuse_to_step
    #: The new parameters, from a step function, the parameters and the updates by key.
    stepped: Callable[[StepFunction, Gradients, Gradients, Arithmetic], Gradients] = optimizer.on_flat_vectors
    #: The update of a parameter without a gradient, from the one it had last.
    without_gradient: Callable[[Array, Arithmetic], Array] = optimizer.last_update
    #: The gradients that listeners see, from those of backpropagation and the updates.
    heard: Callable[[Gradients, Gradients], Gradients] = optimizer.raw_gradients
    #: The count that the updater sees, from the network's iteration count.
    count_of_update: Callable[[int], int] = optimizer.seen_by_updater
    #: The count that ``iterationDone`` is told, from the network's iteration count.
    iteration_done: Callable[[int], int] = optimizer.not_yet_counted

    # --- Optimiser: line search

    #: NegativeGradientStepFunction with the length that a search found.
    negative_gradient_search: SearchedStep = optimizer.subtract_any_length
    #: NegativeDefaultStepFunction with that length, the default of searches.
    negative_default_search: SearchedStep = optimizer.search_subtracting
    #: GradientStepFunction with that length.
    gradient_search: SearchedStep = optimizer.add_any_length
    #: DefaultStepFunction with that length.
    default_search: SearchedStep = optimizer.search_adding
    #: The updater before a search.
    update_before_search: Callable[[Update], Update] = optimizer.update_before_search
    #: The updater after a search.
    update_after_search: Callable[[Update], Update] = optimizer.update_after_search
    #: Whether a step of this length is taken.
    steps_after_search: Callable[[Scalar], bool] = optimizer.steps_after_search
    #: The count that the updater sees after a search, from the count before it.
    count_after_search: Callable[[int], int] = optimizer.not_counted_by_search
    #: Whether the iteration ends before its search, from the updates as one vector.
    ends_before_search: Callable[[Array, Arithmetic], bool] = optimizer.ends_before_search

    #: The gradients that a first search lays out, of the array of all gradients and the updates by key.
    gradients_at_first: Callable[[Gradients, Gradients], Gradients] = optimizer.gradients_given
    #: The record of searches that is left where there is no gradient to lay out.
    begun_without_gradient: Callable[[SearchState], SearchState | None] = optimizer.begun_all_the_same
    #: The parameters that a call's first step starts from, of those of its optimizer and of the network.
    search_start: Callable[[Gradients, Gradients], Gradients] = optimizer.own_parameters
    #: Whether the updater runs before every search of a call.
    updates_before_every_search: Callable[[], bool] = optimizer.updates_before_first_search

    # --- Optimiser: the length of a step

    #: Whether a search wants the score to fall, from the step function.
    descends: Callable[[configuration.StepFunction | None], bool] = line_search.descends
    #: The refusal of a gradient of another length than that of the parameters.
    check_gradient: Callable[[int, int], None] = line_search.check_length
    #: The slope of the score, from the direction and the gradient.
    slope: Callable[[Array, Array], Scalar] = line_search.slope
    #: The direction, scaled if its norm is infinite.
    scaled_to_step_max: Callable[[Array, Arithmetic], Array] = line_search.scaled_to_step_max
    #: The step below which a search gives up, from the gradient and the parameters.
    smallest_step: Callable[[Array, Array, Arithmetic], Scalar] = line_search.smallest_step
    #: Whether a step leaves every parameter where it was.
    hardly_moves: Callable[[Array, Array, Arithmetic], bool] = line_search.hardly_moves
    #: Whether the score of a step is good enough.
    suffices: Callable[[Line, Tried, Arithmetic], bool] = line_search.suffices
    #: Whether a score is better than another; the flag says whether it has to fall.
    improves: Callable[[Scalar, Scalar, bool], bool] = line_search.improves
    #: The next step, from the last two.
    next_step: Callable[[Line, Tried, Tried, Arithmetic], Scalar] = line_search.next_step
    #: The length that is found if no step's score is good enough, from the best and the last step.
    length_without_sufficing: Callable[[Scalar, Scalar], Scalar] = line_search.best_step

    # --- Optimiser: the direction of a step

    #: The directions of LineGradientDescent.
    line_gradient_descent: Directions = search_direction.LINE_GRADIENT_DESCENT
    #: The directions of ConjugateGradient.
    conjugate_gradient: Directions = search_direction.CONJUGATE_GRADIENT
    #: The directions of LBFGS.
    lbfgs: Directions = search_direction.LBFGS
    #: The gradient that passes for the last one, from that which was kept and the new one.
    last_gradient: Callable[[Array, Array, bool], Array] = search_direction.last_gradient

    # --- Optimiser: decay by score

    #: Whether the policy Score decays rates; the flag says whether the network is a graph.
    decays_by_score: Callable[[bool], bool] = optimizer.decays_by_score
    #: Whether the policy Score decays the rates of a standalone layer of this type.
    decays_alone: Callable[[configuration.LayerType], bool] = optimizer.decays_alone
    #: Whether an iteration ends before rates decay, from the updates as one vector.
    ends_before_decay: Callable[[Array, Arithmetic], bool] = optimizer.ends_before_decay
    #: Whether two scores are so near that rates decay.
    eps_termination: Callable[[float, float], bool] = optimizer.eps_termination
    #: The decayed rate, from the rate and the decay rate.
    decayed_by_score: Callable[[Scalar, Scalar], Scalar] = optimizer.decayed_by_score

    # --- Equality

    #: Whether the gradient updaters of one parameter are equal.
    updaters_are_equal: UpdatersAreEqual = equality.updaters_are_equal
    #: Whether two arrays are equal.
    arrays_are_equal: ArraysAreEqual = equality.arrays_are_equal
    #: Whether the updaters of two graphs are equal and have the same hash code.
    graphs_compare: GraphsCompare = equality.graphs_compare
    #: Whether the hash codes of two updaters are the same.
    hashes_agree: Callable[[bool, bool, int], bool] = equality.hashes_agree

    # Each of the following reads the one field that is asked for: the kill matrix records which fields a case reads.

    def normalization(self, strategy: GradientNormalization) -> Normalization:
        """Return the rule of a gradient-normalisation strategy."""
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
            case _:
                assert_never(strategy)

    def policy(self, policy: LearningRatePolicy) -> Policy:
        """Return the record of a learning-rate policy."""
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
            case _:
                assert_never(policy)

    def step_function(self, step_function: configuration.StepFunction | None) -> StepFunction:
        """Return the rule of a step function, or of the default."""
        match step_function:
            case configuration.StepFunction.NEGATIVE_GRADIENT | None:
                return self.negative_gradient_step
            case configuration.StepFunction.NEGATIVE_DEFAULT:
                return self.negative_default_step
            case configuration.StepFunction.GRADIENT:
                return self.gradient_step
            case configuration.StepFunction.DEFAULT:
                return self.default_step
            case _:
                assert_never(step_function)

    def searched_step(self, step_function: configuration.StepFunction | None) -> SearchedStep:
        """Return the rule of a step function after a search, or of the default, which is another one."""
        match step_function:
            case configuration.StepFunction.NEGATIVE_GRADIENT:
                return self.negative_gradient_search
            case configuration.StepFunction.NEGATIVE_DEFAULT | None:
                return self.negative_default_search
            case configuration.StepFunction.GRADIENT:
                return self.gradient_search
            case configuration.StepFunction.DEFAULT:
                return self.default_search
            case _:
                assert_never(step_function)

    def directions(self, algorithm: OptimizationAlgorithm) -> Directions:
        """Return the record of an optimizer's directions."""
        match algorithm:
            case OptimizationAlgorithm.CONJUGATE_GRADIENT:
                return self.conjugate_gradient
            case OptimizationAlgorithm.LBFGS:
                return self.lbfgs
            case OptimizationAlgorithm.LINE_GRADIENT_DESCENT | OptimizationAlgorithm.STOCHASTIC_GRADIENT_DESCENT:
                return self.line_gradient_descent
            case _:
                assert_never(algorithm)

    def updater(self, updater: Updater) -> GradientUpdater:
        """Return the record of an updater. Raises :class:`dl4j_oracle.errors.Dl4jError` for CUSTOM."""
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
            case _:
                assert_never(updater)


DL4J_0_8_0 = Rules("dl4j-0.8.0")

#: The versions of DL4J whose rules are known, by number.
VERSIONS: Mapping[str, Rules] = {"0.8.0": DL4J_0_8_0}

#: The rules that hold where none are named.
DEFAULT_RULES = DL4J_0_8_0
