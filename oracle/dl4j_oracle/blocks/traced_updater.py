"""The updater of a network in blocks in the trace arithmetic, which names the intermediates of each update.

Arrays are 1-D, of the network's dtype.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Scalar
from dl4j_oracle.arithmetic.trace import Named, Node, Trace, TraceArithmetic, TracedArray, TracedScalar
from dl4j_oracle.blocks.gradients import GradientForm, Gradients
from dl4j_oracle.blocks.layout import UpdaterBlock
from dl4j_oracle.blocks.network_configuration import Parameter
from dl4j_oracle.blocks.network_updater import BlockDescription, BlockNetworkUpdater
from dl4j_oracle.blocks.profile import BlockRules
from dl4j_oracle.blocks.rates import Rates
from dl4j_oracle.network.traced_rules import GIVEN, SHARED_RESULTS, owned_by, watched

#: The names of rules' results, by field of the profile.
_RESULTS = {**SHARED_RESULTS, "weight_decay": "with_decay"}
_GIVEN = GIVEN | {"coefficient", "epsilon", "base", "setting", "rate"}


class TracedBlockUpdater(BlockNetworkUpdater):
    """An updater that computes in ``inner`` and records in ``trace``; raises as :class:`BlockNetworkUpdater` does.

    Intermediates belong to a key (``0_W``), to a layer (``0``), or to a block, which is called by its keys: the only
    one, or the first and the last (``0_W..1_b``).
    """

    def __init__(
        self, description: BlockDescription, inner: Arithmetic, rules: BlockRules, trace: Trace | None = None
    ) -> None:
        self.trace = trace or Trace()
        #: The gradients of the update, as they were given.
        self.given: tuple[Named, ...] = ()
        arithmetic = TraceArithmetic(inner, self.trace)
        super().__init__(description, arithmetic, _traced(rules, self.trace))
        self._labels = arithmetic
        self._params = self._labelled(self._params, "w")
        self.rates = _NamedRates(self.rates, self.trace)

    def gradients(
        self, form: GradientForm, given: Mapping[str, Sequence[float]], own: Mapping[str, Sequence[float]] | None
    ) -> Gradients:
        """Return gradients as labelled inputs of the next update; what the last one computed is forgotten."""
        self.trace.named.clear()
        made = super().gradients(form, given, own)
        for arrays, label in ((made.flat, "g"), (made.named, "g by key"), (made.own, "g of own view")):
            if arrays is made.flat and label != "g":
                continue
            arrays.update(self._labelled(arrays, label))
        self.given = tuple(Named("", "g", TracedArray.own(array).node, key) for key, array in made.flat.items())
        return made

    @property
    def intermediates(self) -> tuple[Named, ...]:
        """The named values that the last update computed, in order."""
        return tuple(self.trace.named.values())

    @property
    def state_arrays(self) -> dict[tuple[str, str], Node]:
        """The arrays of the state view by the name of their block and their own, in view order."""
        return {
            (block_name(block), name): TracedArray.own(array).node
            for block, memory in zip(self.blocks, self.memories, strict=True)
            for name, array in memory.view.items()
        }

    def _labelled(self, arrays: Mapping[str, Array], label: str) -> dict[str, Array]:
        return {key: self._labels.labelled_array(TracedArray.own(x), label, key) for key, x in arrays.items()}

    def _divide(self, gradients: Gradients, batch_size: Scalar) -> None:
        before = dict(gradients.flat)
        super()._divide(gradients, batch_size)
        for key, array in gradients.flat.items():
            if array is not before[key]:
                self.trace.name("is_divided", "divided", TracedArray.own(array).node, key)

    def _update_block(self, number: int, flat: dict[str, Array], iteration: int, epoch: int) -> None:
        known = len(self.trace.named)
        super()._update_block(number, flat, iteration, epoch)
        name = block_name(self.blocks[number])
        for place, named in [*self.trace.named.items()][known:]:
            if named.rule == "updaters":
                self.trace.named[place] = replace(named, owner=name)

    def _parts(self, parameters: Sequence[Parameter], whole: Array) -> dict[str, Array]:
        """Return the parts of an array: each is of its own parameter's update again."""
        parts = super()._parts(parameters, whole)
        return {key: owned_by(key, TracedArray.own(array), self.trace) for key, array in parts.items()}


class _NamedRates(Rates):
    """The rates of a network, whose blocks' are named in a trace."""

    def __init__(self, inner: Rates, trace: Trace) -> None:
        self._inner, self._trace = inner, trace

    def of_block(self, block: UpdaterBlock, iteration: int, epoch: int) -> tuple[Scalar | None, Scalar | None]:
        found = self._inner.of_block(block, iteration, epoch)
        used = (block.updater.has_learning_rate, "momentum" in block.updater.settings)
        for name, value, is_used in zip(("lr", "mu"), found, used, strict=True):
            if value is not None and is_used:
                self._trace.name("rates", name, TracedScalar.own(value).node, block_name(block))
        return found

    def learning_rates(self, iteration: int, epoch: int) -> Mapping[str, Scalar] | Sequence[Scalar | None]:
        return self._inner.learning_rates(iteration, epoch)

    def momenta(self, iteration: int, epoch: int) -> Mapping[str, Scalar | None] | Sequence[Scalar | None]:
        return self._inner.momenta(iteration, epoch)

    def updater_learning_rates(self) -> Sequence[Scalar | None] | None:
        return self._inner.updater_learning_rates()


def block_name(block: UpdaterBlock) -> str:
    """Return the name of a block: its only key, or its first and its last."""
    keys = [parameter.key for parameter in block.parameters]
    return keys[0] if len(keys) == 1 else f"{keys[0]}..{keys[-1]}"


def _traced(rules: BlockRules, trace: Trace) -> BlockRules:
    """Return ``rules`` that record in ``trace`` the names of their local variables and results."""
    changes: dict[str, Any] = {
        field: watched(rule, field, result, trace, _GIVEN)
        for field, result in _RESULTS.items()
        if (rule := getattr(rules, field)) is not None
    }
    updaters = {
        class_: replace(rule, step=watched(rule.step, "updaters", "update", trace, _GIVEN))
        for class_, rule in rules.updaters.items()
    }
    return replace(rules, updaters=updaters, **changes)
