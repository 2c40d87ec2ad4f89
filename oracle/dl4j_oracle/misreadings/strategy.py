"""The parts of gradient normalization: what is normalized, and the strategies that work with a norm.

Arrays are 1-D, of the network's dtype; norms and thresholds are Java doubles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from dl4j_oracle import normalization as right
from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Scalar
from dl4j_oracle.configuration import LayerConfiguration, LayerType
from dl4j_oracle.keys import is_visible_bias
from dl4j_oracle.misreadings.parts import decompose
from dl4j_oracle.normalization import Gradients, Normalization

#: From the gradient of a parameter to its norm.
Measure = Callable[[Array], Scalar]
#: The norms that count, each with the names of the parameters that it changes.
Norms = Iterable[tuple[Sequence[str], Scalar]]
#: From a norm and the threshold to whether gradients of this norm are changed.
Applies = Callable[[Scalar, Scalar], bool]
#: From a norm to what is divided by.
Guard = Callable[[Scalar, Arithmetic], Scalar]
#: From a gradient, what is divided by, and the threshold to the new gradient.
Scale = Callable[[Array, Scalar, Scalar], Array]


def own_norms(gradients: Gradients, measure: Measure, arithmetic: Arithmetic) -> Norms:
    """Return each parameter's own norm."""
    return [((name,), measure(g)) for name, g in gradients.items()]


def layer_norm(gradients: Gradients, measure: Measure, arithmetic: Arithmetic) -> Norms:
    """Return the norm of the layer: the root of the sum of the squares of its parameters' norms."""
    return [(tuple(gradients), _norm_of(gradients.values(), measure, arithmetic))]


def layer_mean_norm(gradients: Gradients, measure: Measure, arithmetic: Arithmetic) -> Norms:
    """Return the root of the mean square of the layer."""
    count = arithmetic.scalar(float(sum(len(g) for g in gradients.values())))
    return [(tuple(gradients), _norm_of(gradients.values(), measure, arithmetic) / count.sqrt())]


def sum_of_norms(gradients: Gradients, measure: Measure, arithmetic: Arithmetic) -> Norms:
    """Return the sum of the norms of the layer's parameters."""
    total = sum((measure(g) for g in gradients.values()), arithmetic.scalar(0.0))
    return [(tuple(gradients), total)]


def _norm_of(gradients: Iterable[Array], measure: Measure, arithmetic: Arithmetic) -> Scalar:
    total = arithmetic.scalar(0.0)
    for g in gradients:
        norm = measure(g)
        total = total + norm * norm
    return total.sqrt()


def squared_layer_norm(gradients: Gradients, measure: Measure, arithmetic: Arithmetic) -> Norms:
    """Return the sum of the squares of the layer."""
    norm = _norm_of(gradients.values(), measure, arithmetic)
    return [(tuple(gradients), norm * norm)]


def squared_norm(g: Array) -> Scalar:
    """Return the sum of the squares of ``g``, which is 1-D."""
    norm = g.norm2()
    return norm * norm


def root_mean_square(g: Array) -> Scalar:
    """Return the root of the mean square of ``g``, which is 1-D."""
    return g.norm2() / g.arithmetic.scalar(float(len(g))).sqrt()


def always(norm: Scalar, threshold: Scalar) -> bool:
    """Return True, whatever the norm is."""
    return True


def above_threshold(norm: Scalar, threshold: Scalar) -> bool:
    """Return whether the norm exceeds the threshold; NaN does not."""
    return norm > threshold


def unguarded(norm: Scalar, arithmetic: Arithmetic) -> Scalar:
    """Return the norm itself."""
    return norm


def divided(g: Array, norm: Scalar, threshold: Scalar) -> Array:
    """Return ``g / norm``."""
    return g / norm


def times_quotient(g: Array, norm: Scalar, threshold: Scalar) -> Array:
    """Return ``g * (threshold / norm)``."""
    return g * (threshold / norm)


def by_quotient(g: Array, norm: Scalar, threshold: Scalar) -> Array:
    """Return ``g / (norm / threshold)``."""
    return g / (norm / threshold)


@dataclass(frozen=True)
class Strategy:
    """A strategy of gradient normalization that works with a norm."""

    #: The norm of one parameter's gradient.
    measure: Measure
    #: The norms that count: one for each parameter, or one of the layer.
    scope: Callable[[Gradients, Measure, Arithmetic], Norms]
    #: Whether gradients of this norm are changed.
    applies: Applies
    #: The new gradient.
    scaled: Scale
    #: What is divided by: the norm.
    guarded: Guard = unguarded

    def rule(self) -> Normalization:
        """Return the strategy as a rule."""

        def normalize(gradients: Gradients, threshold: Scalar, arithmetic: Arithmetic) -> Gradients:
            normalized = dict(gradients)
            for names, norm in self.scope(gradients, self.measure, arithmetic):
                if self.applies(norm, threshold):
                    divisor = self.guarded(norm, arithmetic)
                    normalized |= {name: self.scaled(gradients[name], divisor, threshold) for name in names}
            return normalized

        return normalize


#: The names of biases that are normalised: of dense and recurrent layers, and those like them.
_BIASES = ("b", "vb", "bF", "bB", "beta")


@dataclass(frozen=True)
class Normalized:
    """The parameters that take part in normalisation."""

    #: Those of a layer that is pretrained.
    pretraining: bool = False
    visible_bias: bool = True
    #: All biases.
    biases: bool = True
    #: Running mean and variance.
    statistics: bool = True

    def rule(self) -> Callable[[str, LayerConfiguration], bool]:
        """Return the choice as a rule."""

        def is_normalized(name: str, layer: LayerConfiguration) -> bool:
            is_statistic = layer.type is LayerType.BATCH_NORMALIZATION and name in ("mean", "var")
            return (
                (self.pretraining or not layer.pretrain)
                and (self.visible_bias or not is_visible_bias(name))
                and (self.biases or name not in _BIASES)
                and (self.statistics or not is_statistic)
            )

        return is_normalized


_RENORMALIZE = Strategy(lambda g: g.norm2(), own_norms, always, divided)
_CLIP = Strategy(lambda g: g.norm2_number(), own_norms, above_threshold, by_quotient)

decompose(right.renormalize_l2_per_layer, replace(_RENORMALIZE, measure=lambda g: g.norm2_number(), scope=layer_norm))
decompose(right.renormalize_l2_per_param_type, _RENORMALIZE)
decompose(
    right.clip_l2_per_layer,
    replace(_CLIP, measure=lambda g: g.norm2(), scope=layer_norm, scaled=times_quotient),
)
decompose(right.clip_l2_per_param_type, _CLIP)
decompose(right.is_normalized, Normalized())
