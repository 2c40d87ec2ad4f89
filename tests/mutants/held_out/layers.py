"""Mistakes of layers and keys: frozen layers, visible biases, missing gradients, unknown parameters."""

from __future__ import annotations

from collections.abc import Mapping

from dl4j_backends.engine.nd4j import Array
from dl4j_backends.interface import Dl4jException
from mutants.held_out.mistake import GRADIENT, Mistakes, mistake
from mutants.held_out.parts import Gradients, Pipeline, Session


class FrozenUpdated(Pipeline):
    def is_skipped(self) -> bool:
        return False


class FrozenZero(Pipeline):
    def update(self, gradients: Gradients, iteration: int, batch_size: int) -> None:
        super().update(gradients, iteration, batch_size)
        if self.is_skipped():
            for g, _ in gradients.values():
                g[:] = 0


class FrozenDecays(Pipeline):
    """The rates of frozen layers follow the policy."""

    def update(self, gradients: Gradients, iteration: int, batch_size: int) -> None:
        if self.is_skipped() and (self._net.lr_policy != "None" or self._settings.updater.takes_momentum):
            for name in gradients:
                self._push_rates(name, iteration)
        super().update(gradients, iteration, batch_size)


class VisibleBiasUpdated(Pipeline):
    def is_left_out(self, name: str) -> bool:
        return False


class MissingAreZeros(Session):
    """A parameter without a gradient is updated with zeros."""

    def _step(
        self, gradients: Mapping[str, Array], iteration: int, batch_size: int, views: Mapping[str, slice]
    ) -> None:
        there = {self._split(key) for key in gradients}
        missing = {
            self._network.key(i, name): self._nd4j.empty(parameter.length) * 0
            for i, layer in enumerate(self._layers)
            for name, parameter in layer._parameters.items()
            if (self._names[i], name) not in there and not layer.is_frozen
        }
        super()._step({**gradients, **missing}, iteration, batch_size, views)


class AllRatesDecay(Session):
    """A scheduler goes over all parameters, those without a gradient among them."""

    def _step(
        self, gradients: Mapping[str, Array], iteration: int, batch_size: int, views: Mapping[str, slice]
    ) -> None:
        super()._step(gradients, iteration, batch_size, views)
        there = {self._split(key) for key in gradients}
        for i, layer in enumerate(self._layers):
            for name in layer.names:
                if (self._names[i], name) not in there and self._net.lr_policy != "None":
                    layer._push_rates(name, iteration)


class LenientNumbers(Session):
    """Python's ``int``, which trims spaces and has no bounds."""

    def _layer_number(self, number: str) -> str:
        try:
            layer = int(number)
        except ValueError as error:
            raise Dl4jException("NumberFormatException", number) from error
        if not 0 <= layer < len(self._layers):
            raise Dl4jException("ArrayIndexOutOfBoundsException", number)
        return str(layer)


class FromTheEnd(Session):
    """Python's negative indexes."""

    def _layer_number(self, number: str) -> str:
        if number.startswith("-") and number[1:].isascii() and number[1:].isdigit():
            layer = int(number)
            if -len(self._layers) <= layer < 0:
                return str(len(self._layers) + layer)
        return super()._layer_number(number)


class DigitsAlone(Session):
    def _layer_number(self, number: str) -> str:
        if not (number.isascii() and number.isdigit()):
            raise Dl4jException("NumberFormatException", number)
        return super()._layer_number(number)


class LastUnderscore(Session):
    def _split(self, key: str) -> tuple[str, str]:
        if self._network.vertices or self._network.is_standalone_layer or "_" not in key:
            return super()._split(key)
        number, _, name = key.rpartition("_")
        return self._layer_number(number), name


class UnknownIgnored(Pipeline):
    def is_left_out(self, name: str) -> bool:
        return name not in self._parameters or super().is_left_out(name)


LAYERS: Mistakes = {
    "frozen_updated": mistake(
        "Frozen layers are updated.",
        FrozenUpdated,
        outputs="updates, state, learning_rates, momentum",
        first=GRADIENT | {"learning rate", "momentum"},
        shown_by="frozen-layer-float32",
    ),
    "frozen_zero": mistake(
        "The gradients of frozen layers become zero.",
        FrozenZero,
        outputs="updates",
        first="update",
        shown_by="frozen-layer-float32",
    ),
    "frozen_decays": mistake(
        "Learning rates and momentum of frozen layers follow their policy.",
        FrozenDecays,
        outputs="learning_rates, momentum",
        first="learning rate, momentum",
        shown_by="frozen-layer-float32",
    ),
    "visible_bias_updated": mistake(
        "Visible biases are updated outside of pretraining.",
        VisibleBiasUpdated,
        outputs="updates, state, learning_rates, error",
        first=GRADIENT | {"learning rate", "error"},
        shown_by="visible-bias-skipped-sgd-float32",
    ),
    "missing_are_zeros": mistake(
        "Parameters without a gradient are updated with zeros.",
        MissingAreZeros,
        outputs="state, learning_rates, momentum, updates",
        first=GRADIENT | {"learning rate", "momentum"},
        shown_by="convolution-part-rmsprop-float32",
    ),
    "rates_of_all": mistake(
        "Rates decay for parameters without a gradient and for frozen ones too.",
        AllRatesDecay,
        outputs="learning_rates, updates",
        first="learning rate",
        shown_by="rates-of-missing-gradients-float32",
    ),
    "key_lenient": mistake(
        "Layer numbers are read with spaces around them and beyond 32 bits.",
        LenientNumbers,
        outputs="error, updates, state",
        first="error",
        shown_by="key-spaced-index-float32",
    ),
    "key_from_the_end": mistake(
        "Negative layer numbers count from the last layer.",
        FromTheEnd,
        outputs="error, updates, state",
        first="error",
        shown_by="key-index-negative-float32",
    ),
    "key_digits_alone": mistake(
        "Layer numbers have no sign and no other digits than 0 to 9.",
        DigitsAlone,
        outputs="error, updates, state",
        first="error",
        shown_by="key-twice-float32",
    ),
    "key_last_underscore": mistake(
        "Keys are split at their last underscore.",
        LastUnderscore,
        outputs="error",
        first="error",
        shown_by="key-underscores-while-pretraining-sgd-float32",
    ),
    "unknown_ignored": mistake(
        "Parameters that the layer does not have are left alone.",
        UnknownIgnored,
        outputs="error, updates, state",
        first="error, update",
        shown_by="unknown-parameter-with-policy-float32",
    ),
}
