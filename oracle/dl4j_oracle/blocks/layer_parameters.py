"""The names and lengths of a layer's parameters, in flat order."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dl4j_oracle.clauses import clause
from dl4j_oracle.errors import ConfigurationError


class BlockLayerType(StrEnum):
    """The layer types that were run on later versions."""

    DENSE = "dense"
    AUTO_ENCODER = "auto_encoder"
    BATCH_NORMALIZATION = "batch_normalization"


class Role(StrEnum):
    """The role of a parameter in its layer, which decides its regularization and its updater."""

    WEIGHT = "weight"
    BIAS = "bias"
    VISIBLE_BIAS = "visible bias"
    #: Batch normalization's gamma and beta.
    SCALE = "scale"
    #: Batch normalization's running mean and variance.
    ESTIMATE = "estimate"


@dataclass(frozen=True)
class Place:
    """A parameter's name, length and role."""

    name: str
    length: int
    role: Role


@clause("BLOCK-1")
def places(
    type_: BlockLayerType, n_in: int, n_out: int, where: str, *, layer_norm: bool = False, log_std: bool = False
) -> tuple[Place, ...]:
    """Return a layer's parameters. Raises ConfigurationError for sizes below 1 and for gains outside dense layers."""
    if n_out < 1:
        raise ConfigurationError(f"{where}.n_out", f"must be at least 1, not {n_out}")
    if layer_norm and type_ is not BlockLayerType.DENSE:
        raise ConfigurationError(f"{where}.has_layer_norm", "belongs to dense layers")
    if type_ is BlockLayerType.BATCH_NORMALIZATION:
        learned = [Place(name, n_out, Role.SCALE) for name in ("gamma", "beta")]
        spread = "log10stdev" if log_std else "var"
        return (*learned, Place("mean", n_out, Role.ESTIMATE), Place(spread, n_out, Role.ESTIMATE))
    if n_in < 1:
        raise ConfigurationError(f"{where}.n_in", f"must be at least 1, not {n_in}")
    affine = (Place("W", n_in * n_out, Role.WEIGHT), Place("b", n_out, Role.BIAS))
    if type_ is BlockLayerType.AUTO_ENCODER:
        return (*affine, Place("vb", n_in, Role.VISIBLE_BIAS))
    return (*affine, Place("g", n_out, Role.WEIGHT)) if layer_norm else affine
