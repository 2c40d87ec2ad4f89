"""Which parameters a layer has, in ``paramTable`` order, and what its configuration says of each."""

from __future__ import annotations

from dataclasses import dataclass

from dl4j_oracle.clauses import clause
from dl4j_oracle.configuration import LayerConfiguration, LayerType, Updater


@dataclass(frozen=True)
class Parameter:
    """A parameter: ``length`` values, its updater, starting learning rate and regularisation coefficients."""

    name: str
    length: int
    updater: Updater
    learning_rate: float
    l1: float
    l2: float


@clause("LAYER-5", "STATE-2")
def parameters(layer: LayerConfiguration) -> tuple[Parameter, ...]:
    """The layer's parameters as ``ParamInitializer`` lists them; ``layer`` is a built configuration.

    ``Layer.getLearningRateByParam``, ``getL1ByParam``, ``getL2ByParam`` and ``getUpdaterByParam``.
    """
    n_in, n_out = layer.n_in, layer.n_out
    match layer.type:
        case LayerType.DENSE:
            return (_weight(layer, "W", n_in * n_out), _bias(layer, "b", n_out))
        case LayerType.AUTO_ENCODER:
            return (_weight(layer, "W", n_in * n_out), _bias(layer, "b", n_out), _bias(layer, "vb", n_in))
        case LayerType.BATCH_NORMALIZATION:
            learned = [_unregularized(layer, name, layer.learning_rate) for name in ("gamma", "beta")]
            statistics = [_statistic(name, n_out) for name in ("mean", "var")]
            return (*learned, *statistics)
        case LayerType.ACTIVATION:
            return ()


def _updater(layer: LayerConfiguration) -> Updater:
    assert layer.updater is not None  # noqa: S101 - set by `inherit`
    return layer.updater


def _weight(layer: LayerConfiguration, name: str, length: int) -> Parameter:
    return Parameter(name, length, _updater(layer), layer.learning_rate, layer.l1, layer.l2)


def _bias(layer: LayerConfiguration, name: str, length: int) -> Parameter:
    return Parameter(name, length, _updater(layer), layer.bias_learning_rate, layer.l1_bias, layer.l2_bias)


def _unregularized(layer: LayerConfiguration, name: str, learning_rate: float) -> Parameter:
    return Parameter(name, layer.n_out, _updater(layer), learning_rate, 0.0, 0.0)


def _statistic(name: str, length: int) -> Parameter:
    return Parameter(name, length, Updater.NONE, 0.0, 0.0, 0.0)
