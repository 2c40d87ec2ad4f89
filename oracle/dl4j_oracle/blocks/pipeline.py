"""The order of an update in blocks (``BaseMultiLayerUpdater.update``, ``UpdaterBlock.update``)."""

from __future__ import annotations

from enum import Enum

from dl4j_oracle.arithmetic.interface import Arithmetic, Scalar
from dl4j_oracle.blocks.network_configuration import Parameter
from dl4j_oracle.clauses import clause


class Stage(Enum):
    """A stage of the update of a network."""

    DIVISION = "division by the batch size"
    NORMALIZATION = "gradient normalisation, layer by layer"
    BLOCKS = "rate, updater and regularization, block by block"


@clause("BLOCK-15")
def every_parameter(parameter: Parameter) -> bool:
    """Return whether a gradient is divided by the batch size: the whole flat array is, estimates too."""
    return True


@clause("NATIVE-14")
def all_but_estimates(parameter: Parameter) -> bool:
    """Return whether a gradient is divided by the batch size: batch normalization's estimates are not."""
    return not parameter.is_estimate


@clause("BLOCK-8")
def as_double(setting: Scalar, arithmetic: Arithmetic) -> Scalar:
    """Return a setting as it is: a Java double, rounded to the array's type where it meets the array."""
    return setting


@clause("NATIVE-1")
def kept_nan(scalar: Scalar, arithmetic: Arithmetic) -> Scalar:
    """Return the scalar operand of a native operation as it is: NaN propagates."""
    return scalar
