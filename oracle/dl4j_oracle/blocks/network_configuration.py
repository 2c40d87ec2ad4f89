"""A network as the build of 0.9.1 or 1.0.0 leaves it: every parameter with its updater, and what is done to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from dl4j_oracle.blocks.iupdater import IUpdater
from dl4j_oracle.blocks.schedule import Schedule
from dl4j_oracle.configuration import GlobalConfiguration, GradientNormalization


class Kind(StrEnum):
    """A kind of regularization, by its class in 1.0.0."""

    L1 = "L1Regularization"
    L2 = "L2Regularization"
    WEIGHT_DECAY = "WeightDecay"


@dataclass(frozen=True)
class Regularization:
    """A regularization of one parameter; ``apply_lr`` multiplies the coefficient of weight decay by the rate."""

    kind: Kind
    coefficient: Schedule
    apply_lr: bool = False


@dataclass(frozen=True)
class Parameter:
    """A parameter of ``length`` values."""

    key: str
    layer: int
    name: str
    length: int
    updater: IUpdater
    #: The rate that 0.9.1's configuration holds for it, beside the updater's.
    learning_rate: float
    regularization: tuple[Regularization, ...]
    #: Whether it is a visible bias, which is updated in pretraining alone.
    is_pretrained: bool = False
    #: Whether its gradient is an estimate and no gradient, as batch normalization's mean.
    is_estimate: bool = False


def as_built(parameter: Parameter, updater: IUpdater) -> Parameter:
    """Return a parameter of a layer with this updater as the build leaves it."""
    return parameter


@dataclass(frozen=True)
class Layer:
    """A layer, with its parameters in flat order."""

    updater: IUpdater
    parameters: tuple[Parameter, ...]
    normalization: GradientNormalization
    threshold: float
    learning_rate_schedule: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True)
class BuiltNetwork:
    """The layers of a network, and what holds for all of them."""

    layers: tuple[Layer, ...]
    is_averaged: bool
    #: The policy of 0.9.1, with its settings.
    policy: GlobalConfiguration

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """All parameters, in flat order."""
        return tuple(parameter for layer in self.layers for parameter in layer.parameters)
