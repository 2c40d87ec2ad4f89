"""The profiles of 0.9.1 and 1.0.0-M2.1: records of all rules of an update in blocks.

Fields have the names of :class:`dl4j_oracle.profile.Rules` where they have its subject. :data:`DL4J_0_9_1` says what
0.9.1 does; rules from modules outside of :mod:`dl4j_oracle.blocks` are those of 0.8.0. :data:`DL4J_1_0_0_M2_1` names
only what M2.1 does otherwise than 0.9.1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, assert_never

from dl4j_oracle.arithmetic.interface import Arithmetic, NanScalar, Scalar, nan_scalar
from dl4j_oracle.arithmetic.norm_order import NormOrder, nd4j_order, sequential
from dl4j_oracle.blocks import (
    configuration_0_9_1,
    configuration_1_0_0,
    gradients,
    layout,
    native_updaters,
    normalization,
    pipeline,
    rates,
    regularization,
    updaters,
)
from dl4j_oracle.blocks.gradients import GradientsOf
from dl4j_oracle.blocks.iupdater import UpdaterClass
from dl4j_oracle.blocks.layout import Joins
from dl4j_oracle.blocks.network_configuration import BuiltNetwork, Kind, Parameter
from dl4j_oracle.blocks.normalization import BlockNormalization
from dl4j_oracle.blocks.pipeline import Stage
from dl4j_oracle.blocks.rates import RatesOf
from dl4j_oracle.blocks.regularization import LeftOut, Penalty
from dl4j_oracle.blocks.updaters import BlockUpdaterRule
from dl4j_oracle.configuration import GradientNormalization


@dataclass(frozen=True, kw_only=True)
class BlockRules:
    """All rules of an update in blocks, each replaceable by itself."""

    #: The name of the profile or of the misreading.
    id: str

    # --- Configuration

    #: The form of a configuration, and the network that the build makes of it.
    build: Callable[[Mapping[str, Any], Sequence[Mapping[str, Any]]], BuiltNetwork]

    # --- Blocks

    #: Whether a parameter shares the block of the one before it.
    joins: Joins

    # --- Gradients

    #: The arrays on which normalisation, updaters and regularization work.
    gradients: GradientsOf

    # --- Order of stages

    #: The stages of an update of a network.
    stages: tuple[Stage, ...]
    #: The kinds of regularization that come before the updater; the others come after it.
    before_updater: frozenset[Kind]
    #: Whether the gradient of a parameter is divided by the batch size.
    is_divided: Callable[[Parameter], bool]

    # --- Numbers

    #: The scalar that an ND4J operation of Java uses: NaN is replaced.
    nan_scalar: NanScalar
    #: The scalar that an operation of an updater uses.
    nan_in_updater: NanScalar
    #: A setting as an updater's operations take it.
    setting: Callable[[Scalar, Arithmetic], Scalar]
    #: The order in which the squares of a norm are summed, with one thread.
    norm_order: NormOrder

    # --- Gradient normalisation

    #: The strategy RenormalizeL2PerLayer, on a layer's slice.
    renormalize_l2_per_layer: BlockNormalization
    #: The strategy RenormalizeL2PerParamType, on a parameter's array.
    renormalize_l2_per_param_type: BlockNormalization
    #: The strategy ClipElementWiseAbsoluteValue, on a layer's slice.
    clip_element_wise_absolute_value: BlockNormalization
    #: The strategy ClipL2PerLayer, on a layer's slice.
    clip_l2_per_layer: BlockNormalization
    #: The strategy ClipL2PerParamType, on a parameter's array.
    clip_l2_per_param_type: BlockNormalization

    # --- Learning rate and momentum

    #: The rates and momenta of a network: pushed into updaters, or values of schedules.
    rates: RatesOf

    # --- Updaters

    #: The updaters, by class.
    updaters: Mapping[UpdaterClass, BlockUpdaterRule]

    # --- Regularization

    #: Whether a regularization is left out because of its coefficient.
    left_out: LeftOut
    #: L2, on the update or on the gradient.
    l2: Penalty
    #: L1, on the update or on the gradient.
    l1: Penalty
    #: Weight decay; None in 0.9.1, whose configuration has none.
    weight_decay: Penalty | None

    def normalization(self, strategy: GradientNormalization) -> BlockNormalization | None:
        """Return the rule of a strategy; None of None."""
        match strategy:
            case GradientNormalization.NONE:
                return None
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

    def penalty(self, kind: Kind) -> Penalty:
        """Return the rule of a kind of regularization."""
        match kind:
            case Kind.L1:
                return self.l1
            case Kind.L2:
                return self.l2
            case Kind.WEIGHT_DECAY:
                if self.weight_decay is None:
                    raise ValueError(f"{self.id} has no weight decay")
                return self.weight_decay
            case _:
                assert_never(kind)


DL4J_0_9_1 = BlockRules(
    id="dl4j-0.9.1",
    build=configuration_0_9_1.build,
    joins=layout.joins_with_equal_rates,
    gradients=gradients.in_place,
    stages=(Stage.NORMALIZATION, Stage.BLOCKS, Stage.DIVISION),
    before_updater=frozenset(),
    is_divided=pipeline.every_parameter,
    nan_scalar=nan_scalar,
    nan_in_updater=nan_scalar,
    setting=pipeline.as_double,
    norm_order=nd4j_order(),
    renormalize_l2_per_layer=normalization.renormalize_l2,
    renormalize_l2_per_param_type=normalization.renormalize_l2,
    clip_element_wise_absolute_value=normalization.clip_element_wise,
    clip_l2_per_layer=normalization.clip_l2_by_product,
    clip_l2_per_param_type=normalization.clip_l2_by_quotient,
    rates=rates.PushedRates,
    updaters=updaters.UPDATERS_0_9_1,
    left_out=regularization.by_blas,
    l2=regularization.l2_above_zero,
    l1=regularization.l1_above_zero,
    weight_decay=None,
)

DL4J_1_0_0_M2_1 = replace(
    DL4J_0_9_1,
    id="dl4j-1.0.0-M2.1",
    build=configuration_1_0_0.build,
    joins=layout.joins,
    stages=(Stage.DIVISION, Stage.NORMALIZATION, Stage.BLOCKS),
    before_updater=frozenset({Kind.L1, Kind.L2}),
    is_divided=pipeline.all_but_estimates,
    nan_in_updater=pipeline.kept_nan,
    setting=native_updaters.in_array_type,
    norm_order=sequential,
    renormalize_l2_per_layer=normalization.renormalize_l2_guarded,
    renormalize_l2_per_param_type=normalization.renormalize_l2_guarded,
    clip_element_wise_absolute_value=normalization.clip_element_wise_above_zero,
    rates=rates.ScheduledRates,
    updaters=native_updaters.UPDATERS_1_0_0_M2_1,
    left_out=regularization.never,
    l2=regularization.axpy,
    l1=regularization.axpy_of_sign,
    weight_decay=regularization.axpy,
)

#: The versions whose updates work in blocks, by number.
BLOCK_VERSIONS: Mapping[str, BlockRules] = {"0.9.1": DL4J_0_9_1, "1.0.0-M2.1": DL4J_1_0_0_M2_1}
