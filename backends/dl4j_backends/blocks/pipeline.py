"""One call of ``update`` of 0.9.1 or 1.0.0-M2.1, on flat arrays of any library, in place."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from dl4j_backends.block_interface import BlockPlace
from dl4j_backends.blocks import plan_0_9_1, plan_1_0_0, schedules
from dl4j_backends.blocks.formulae import NATIVE, OLD, Call, java_power, native_power
from dl4j_backends.blocks.normalization import Gradients, Views, normalize
from dl4j_backends.blocks.operations import Sides
from dl4j_backends.blocks.plan import Part, blocks, said
from dl4j_backends.blocks.updaters import STATE, Penalty, Slot
from dl4j_backends.engine.java import hash_order
from dl4j_backends.engine.learning_rate import next_learning_rate
from dl4j_backends.engine.nd4j import Array
from dl4j_backends.engine.settings import network_settings
from dl4j_backends.interface import Dl4jException

Block = list[Slot]


class BlockPipeline:
    """The updater of a network of a version. ``params`` (by key) are read in each update, in place.

    Raises Dl4jException where DL4J's build throws, and ValueError for settings that it has no names for.
    """

    def __init__(
        self,
        version: str,
        conf: Mapping[str, Any],
        layers: Sequence[Mapping[str, Any]],
        parts: Sequence[Sequence[Part]],
        params: Views,
        sides: Sides,
    ) -> None:
        conf, layers = said(conf), said(layers)
        self._is_native = version != "0.9.1"
        self._java, self._inside = sides.java, sides.inside
        self._policy = network_settings({} if self._is_native else conf, len(layers))
        self._plan = (plan_1_0_0 if self._is_native else plan_0_9_1).plan(conf, layers, parts)
        self._params = params
        self.slots = self._plan.slots
        self._blocks = blocks(self.slots, self._are_joined)
        if any(block[0].updater.kind not in STATE for block in self._blocks):
            raise Dl4jException("ArrayIndexOutOfBoundsException", "Index 1 out of bounds for length 1")
        #: DL4J's state view: block by block, and in a block array by array (1-D, of the network's dtype).
        self.state_view = self._inside.empty(sum(len(STATE[b[0].updater.kind]) * _length(b) for b in self._blocks))
        self._state = list(self._new_state())

    def _are_joined(self, before: Slot, after: Slot) -> bool:
        if self._is_native:
            return before.updater.is_equal_to(after.updater)
        return plan_0_9_1.joined(before, after, self._policy, self._plan.layers)

    def _new_state(self) -> Iterator[list[Array]]:
        """Yield the arrays of each block, as views of the state view, and fill them."""
        end = 0
        for block in self._blocks:
            updater, arrays = block[0].updater, []
            # AdaGrad's history starts at the default epsilon, whatever its own is.
            first = {"AdaGrad": 1e-6, "RmsProp": updater.numbers.get("epsilon", 0.0)}.get(updater.kind, 0.0)
            for _ in STATE[updater.kind]:
                start, end = end, end + _length(block)
                arrays.append(self.state_view[start:end])
                arrays[-1][:] = self._inside.scalar(first)
            yield arrays

    def blocks(self) -> Sequence[BlockPlace]:
        """Return the blocks, in order."""
        places = []
        end = 0
        for block, state in zip(self._blocks, self._state, strict=True):
            begin, end = end, end + sum(map(len, state))
            keys = tuple(slot.key for slot in block)
            places.append(BlockPlace(keys, block[0].updater.kind, block[0].start, block[-1].stop, begin, end))
        return places

    def state_of(self, slot: Slot) -> list[Array]:
        """Return the parts of the state view that belong to a parameter, array by array.

        They are views (1-D, of the network's dtype).
        """
        for block, state in zip(self._blocks, self._state, strict=True):
            if slot in block:
                start, stop = (place - block[0].start for place in (slot.start, slot.stop))
                return [array[start:stop] for array in state]
        raise ValueError(f"no parameter {slot.key}")

    def views(self, flat: Array) -> dict[str, Array]:
        """Return the views of a flat array (1-D, of the network's dtype), by key."""
        return {slot.key: flat[slot.start : slot.stop] for slot in self.slots}

    def update(self, gradients: Gradients, iteration: int, epoch: int, batch_size: int) -> None:
        """Update once. Raises Dl4jException where DL4J throws: what was done by then stays."""
        with self._java.silently():
            if self._is_native:
                self._divide(gradients.flat, batch_size)
            for name in hash_order([str(index) for index in range(len(self._plan.layers))]):
                normalize(self._plan.layers[int(name)], gradients, self._java, self._is_native)
            for block, state in zip(self._blocks, self._state, strict=True):
                if not block[0].is_pretrained:
                    self._update_block(block, state, gradients.flat, iteration, epoch)
            if not self._is_native:
                self._divide(gradients.flat, batch_size)

    def _divide(self, flat: Array, batch_size: int) -> None:
        if self._plan.mini_batch:
            for slot in self.slots:
                if not (self._is_native and slot.is_estimate):
                    self._java.divide(flat[slot.start : slot.stop], batch_size)

    def _update_block(self, block: Block, state: list[Array], flat: Array, iteration: int, epoch: int) -> None:
        if not self._is_native:
            self._decay(block, iteration)
        rate, momentum = self._rate(block, iteration, epoch), self._momentum(block, iteration, epoch)
        before = ("L1", "L2") if self._is_native else ()
        penalties = [
            (slot, penalty, self._coefficient(penalty, rate, iteration, epoch))
            for slot in block
            for penalty in slot.penalties
        ]
        for slot, penalty, coefficient in penalties:
            if penalty.kind in before:
                self._penalize(slot, penalty.kind, coefficient, flat)
        settings = {name: self._setting(number) for name, number in block[0].updater.numbers.items()}
        power = native_power if self._is_native else java_power
        call = Call(iteration, self._setting(rate), self._setting(momentum), settings, self._inside, power)
        formula = (NATIVE if self._is_native else OLD)[block[0].updater.kind]
        g = flat[block[0].start : block[-1].stop]
        for piece in self._inside.blocks(len(g)):
            formula(call, g[piece], *[array[piece] for array in state])
        for slot, penalty, coefficient in penalties:
            if penalty.kind not in before:
                self._penalize(slot, penalty.kind, coefficient, flat)

    def _setting(self, number: float | None) -> float:
        """Return a setting as the updater takes it: a native operation has it in the dtype."""
        if number is None:
            return math.nan
        return float(self._inside.narrow(number)) if self._is_native else number

    def _coefficient(self, penalty: Penalty, rate: float | None, iteration: int, epoch: int) -> float:
        coefficient = schedules.value(penalty.coefficient, iteration, epoch)
        return coefficient * rate if penalty.times_rate and rate is not None else coefficient

    def _penalize(self, slot: Slot, kind: str, coefficient: float, flat: Array) -> None:
        g, w, nd4j = flat[slot.start : slot.stop], self._params[slot.key], self._java
        spare = nd4j.row(w)
        if kind == "L1":
            w = nd4j.sign(w, spare)
            if not self._is_native:
                nd4j.add(g, nd4j.scaled(w, coefficient, spare))
                return
        elif not self._is_native and self._inside.narrow(coefficient) == 0:
            return  # OpenBLAS does nothing for such an L2
        nd4j.xp.add(g, nd4j.xp.multiply(w, nd4j.exact_scalar(coefficient), out=spare), out=g)

    def _decay(self, block: Block, iteration: int) -> None:
        """Decay the rate of a block of 0.9.1, and push it into the layer's updater object."""
        first = block[0]
        layer = self._plan.layers[first.layer]
        policy = self._policy
        if policy.lr_policy == "None" and layer.updater.kind != "Nesterovs":
            return
        rate = next_learning_rate(first.rate, iteration, policy, layer.rate_schedule)
        for slot in block:
            slot.rate = rate
        plan_0_9_1.apply_schedules(first.updater, iteration, rate)

    def _rate(self, block: Block, iteration: int, epoch: int) -> float | None:
        updater = block[0].updater
        if not updater.has_rate:
            return None
        number = updater.numbers["learning_rate"]
        return number if updater.rate is None else schedules.value(updater.rate, iteration, epoch)

    def _momentum(self, block: Block, iteration: int, epoch: int) -> float | None:
        updater = block[0].updater
        if updater.kind != "Nesterovs":
            return None
        if self._is_native and updater.momentum is not None:
            return schedules.value(updater.momentum, iteration, epoch)
        return updater.numbers["momentum"]

    def rates_and_momenta(self, iteration: int, epoch: int) -> Mapping[str, Any]:
        """Return what a BlockObservation says of the rates and momenta after an update."""
        if self._is_native:
            rates, momenta = (self._asked(of_block, iteration, epoch) for of_block in (self._rate, self._momentum))
            if not rates or not momenta:
                rates, momenta = [], []
            return {"learning_rates": rates, "momentum": momenta}
        objects = [layer.updater for layer in self._plan.layers]
        return {
            "learning_rates": {slot.key: slot.rate for slot in self.slots},
            "momentum": {str(i): updater.numbers.get("momentum") for i, updater in enumerate(objects)},
            "updater_learning_rates": [updater.numbers.get("learning_rate") for updater in objects],
        }

    def _asked(
        self, of_block: Callable[[Block, int, int], float | None], iteration: int, epoch: int
    ) -> list[float | None]:
        """Return a value for each block, or none where a schedule has no value: then the update has failed too."""
        try:
            return [of_block(block, iteration, epoch) for block in self._blocks]
        except Dl4jException:
            return []


def _length(block: Block) -> int:
    return block[-1].stop - block[0].start
