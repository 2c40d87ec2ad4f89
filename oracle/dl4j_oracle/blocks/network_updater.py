"""The updater of a network of 0.9.1 or 1.0.0, which runs a profile's rules in any arithmetic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, assert_never

from dl4j_oracle.arithmetic import java
from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Scalar
from dl4j_oracle.blocks.gradients import GradientForm, Gradients
from dl4j_oracle.blocks.layout import UpdaterBlock, blocks_of
from dl4j_oracle.blocks.network_configuration import Layer, Parameter, Regularization
from dl4j_oracle.blocks.pipeline import Stage
from dl4j_oracle.blocks.profile import BlockRules
from dl4j_oracle.blocks.updaters import rule_of
from dl4j_oracle.clauses import clause
from dl4j_oracle.configuration import GradientNormalization
from dl4j_oracle.errors import ConfigurationError
from dl4j_oracle.network.network_description import check_params
from dl4j_oracle.updaters import Call, Memory, UpdaterSettings

_OF_PARAMETER_TYPE = (
    GradientNormalization.RENORMALIZE_L2_PER_PARAM_TYPE,
    GradientNormalization.CLIP_L2_PER_PARAM_TYPE,
)


@dataclass(frozen=True)
class BlockDescription:
    """A network as plain data: settings of the network (``conf``) and of each layer, and parameters by key.

    ``params`` maps a key (``0_W``) to the parameter's values, flat, as they stand in the network's parameter vector.
    """

    conf: Mapping[str, Any]
    layers: Sequence[Mapping[str, Any]]
    params: Mapping[str, Sequence[float]]


class BlockNetworkUpdater:
    """The updater of a network, constructed with a new state, in an arithmetic under a profile's rules.

    Raises :class:`~dl4j_oracle.errors.ConfigurationError` for a description whose parts do not fit together, and
    :class:`~dl4j_oracle.errors.Dl4jError` where DL4J's build or the constructor throws.
    """

    def __init__(self, description: BlockDescription, arithmetic: Arithmetic, rules: BlockRules) -> None:
        if not description.layers:
            raise ConfigurationError("layers", "a network needs at least one layer")
        self.rules = rules
        self.arithmetic = arithmetic.with_nan_scalar(rules.nan_scalar)
        #: The arithmetic of updaters, which may treat NaN otherwise.
        self._inside = arithmetic.with_nan_scalar(rules.nan_in_updater)
        self.network = rules.build(description.conf, description.layers)
        self.blocks = blocks_of(
            self.network, rules.joins, lambda updater: len(rule_of(rules.updaters, updater.type).state)
        )
        lengths = {parameter.key: parameter.length for parameter in self.network.parameters}
        check_params(description.params, lengths)
        self._offsets = dict(zip(lengths, accumulate(lengths.values(), initial=0), strict=False))
        self._params = {key: self.arithmetic.array(description.params[key]) for key in lengths}
        self._settings = [self._settings_of(block) for block in self.blocks]
        #: The state of each block.
        self.memories = [self._new_memory(number) for number in range(len(self.blocks))]
        self.rates = rules.rates(self.network, self.blocks, self.arithmetic)

    def _settings_of(self, block: UpdaterBlock) -> UpdaterSettings:
        def setting(name: str) -> Scalar:
            return self.rules.setting(self.arithmetic.scalar(block.updater.setting(name)), self.arithmetic)

        return UpdaterSettings(*map(setting, ("beta1", "beta2", "rho", "rms_decay", "epsilon")))

    def _new_memory(self, number: int) -> Memory:
        block, settings = self.blocks[number], self._settings[number]
        rule = rule_of(self.rules.updaters, block.updater.type)
        first = rule.initial(settings, self._inside)
        return Memory({name: self._inside.full(block.length, first) for name in rule.state})

    @property
    @clause("BLOCK-7")
    def state(self) -> Array | None:
        """The state view: block by block, array by array; None if no updater has state."""
        arrays = [
            memory.view[name]
            for block, memory in zip(self.blocks, self.memories, strict=True)
            for name in rule_of(self.rules.updaters, block.updater.type).state
        ]
        return self.arithmetic.join(arrays) if arrays else None

    def assign(self, state: Array) -> None:
        """Copy ``state`` (1-D, of the network's dtype and the view's length) into the view."""
        start = 0
        for number, memory in enumerate(self.memories):
            length = self.blocks[number].length
            view = dict(memory.view)
            for name in rule_of(self.rules.updaters, self.blocks[number].updater.type).state:
                view[name] = self._inside.slice(state, start, start + length)
                start += length
            self.memories[number] = Memory(view)

    def gradients(
        self, form: GradientForm, given: Mapping[str, Sequence[float]], own: Mapping[str, Sequence[float]] | None
    ) -> Gradients:
        """Return gradients for :meth:`update`, from values of every parameter, each 1-D and of the network's dtype.

        Raises ConfigurationError.
        """
        lengths = {parameter.key: parameter.length for parameter in self.network.parameters}
        arrays = [None if values is None else self._arrays(values, lengths) for values in (given, own)]
        return self.rules.gradients(form, arrays[0] or {}, arrays[1])

    def _arrays(self, values: Mapping[str, Sequence[float]], lengths: Mapping[str, int]) -> dict[str, Array]:
        for key in values:
            if key not in lengths:
                raise ConfigurationError(key, f"no such parameter; the network has {', '.join(lengths)}")
        for key, length in lengths.items():
            if len(values.get(key, ())) != length:
                raise ConfigurationError(key, f"has {len(values.get(key, ()))} values, needs {length}")
        return {key: self.arithmetic.array(values[key]) for key in lengths}

    @clause("BLOCK-16")
    def update(self, gradients: Gradients, iteration: int, epoch: int, batch_size: int) -> None:
        """Update by ``gradients``, which are changed in place. Raises Dl4jError; what was done until then stays."""
        for stage in self.rules.stages:
            match stage:
                case Stage.DIVISION:
                    if self.network.is_averaged:
                        self._divide(gradients, self.arithmetic.scalar(batch_size))
                case Stage.NORMALIZATION:
                    for name in java.in_hash_order([str(index) for index in range(len(self.network.layers))]):
                        self._normalize(self.network.layers[int(name)], gradients)
                case Stage.BLOCKS:
                    for number, block in enumerate(self.blocks):
                        if not block.is_skipped:
                            self._update_block(number, gradients.flat, iteration, epoch)
                case _:
                    assert_never(stage)

    def descend(self, updates: Gradients) -> None:
        """Subtract the updates (1-D, of the network's type) from the parameters, all at once, as training does."""
        keys = list(self._params)
        whole = self.arithmetic.join([self._params[key] for key in keys])
        moved = whole - self.arithmetic.join([updates.flat[key] for key in keys])
        self._params = self._parts(self.network.parameters, moved)

    def _divide(self, gradients: Gradients, batch_size: Scalar) -> None:
        for parameter in self.network.parameters:
            if self.rules.is_divided(parameter):
                gradients.flat[parameter.key] = gradients.flat[parameter.key] / batch_size

    @clause("BLOCK-12")
    def _normalize(self, layer: Layer, gradients: Gradients) -> None:
        """Normalise a layer: its slice of the own view, or its arrays by key."""
        rule = self.rules.normalization(layer.normalization)
        if rule is None:
            return
        threshold = self.arithmetic.scalar(layer.threshold)
        keys = [parameter.key for parameter in layer.parameters]
        if layer.normalization in _OF_PARAMETER_TYPE:
            for key in keys:
                offset = 0 if gradients.form is GradientForm.MAP else self._offsets[key]
                placed = self.arithmetic.placed(gradients.named[key], offset)
                gradients.named[key] = rule(placed, threshold, self.arithmetic)
            return
        whole = self.arithmetic.join([gradients.own[key] for key in keys])
        normalized = rule(self.arithmetic.placed(whole, self._offsets[keys[0]]), threshold, self.arithmetic)
        gradients.own.update(self._parts(layer.parameters, normalized))

    def _update_block(self, number: int, flat: dict[str, Array], iteration: int, epoch: int) -> None:
        block = self.blocks[number]
        rate, momentum = self.rates.of_block(block, iteration, epoch)
        self._regularize(block, flat, rate, iteration, epoch, before=True)
        call = Call(
            iteration,
            self._as_setting(rate),
            self._as_setting(momentum),
            self._settings[number],
            self._inside,
            block.parameters[0].key,
        )
        gradient = self._inside.join([flat[parameter.key] for parameter in block.parameters])
        step = rule_of(self.rules.updaters, block.updater.type).step
        update, self.memories[number] = step(gradient, self.memories[number], call)
        flat.update(self._parts(block.parameters, update))
        self._regularize(block, flat, rate, iteration, epoch, before=False)

    def _as_setting(self, value: Scalar | None) -> Scalar:
        unset = self.arithmetic.scalar(float("nan"))
        return unset if value is None else self.rules.setting(value, self.arithmetic)

    def _regularize(
        self, block: UpdaterBlock, flat: dict[str, Array], rate: Scalar | None, iteration: int, epoch: int, before: bool
    ) -> None:
        for parameter in block.parameters:
            for one in parameter.regularization:
                if (one.kind in self.rules.before_updater) is before:
                    coefficient = self._coefficient(one, rate, iteration, epoch)
                    if self.rules.left_out(one.kind, coefficient, self.arithmetic):
                        continue
                    penalty = self.rules.penalty(one.kind)
                    flat[parameter.key] = penalty(flat[parameter.key], self._params[parameter.key], coefficient)

    @clause("NATIVE-10")
    def _coefficient(self, one: Regularization, rate: Scalar | None, iteration: int, epoch: int) -> Scalar:
        """Return a coefficient, multiplied by the rate if weight decay is to be; without a rate that is 1."""
        coefficient = one.coefficient.value_at(iteration, epoch, self.arithmetic)
        return coefficient * rate if one.apply_lr and rate is not None else coefficient

    def _parts(self, parameters: Sequence[Parameter], whole: Array) -> dict[str, Array]:
        ends = list(accumulate((parameter.length for parameter in parameters), initial=0))
        return {
            parameter.key: self.arithmetic.slice(whole, start, start + parameter.length)
            for parameter, start in zip(parameters, ends, strict=False)
        }
