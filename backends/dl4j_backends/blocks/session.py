"""A network of 0.9.1 or 1.0.0-M2.1: flat arrays of gradients, parameters and state, and their update in place."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from dl4j_backends.block_interface import BlockNetwork, BlockObservation, BlockPlace, BlockStep
from dl4j_backends.blocks import plan_0_9_1, plan_1_0_0, schedules
from dl4j_backends.blocks.formulae import NATIVE, OLD, Call
from dl4j_backends.blocks.operations import NativeOperations, SequentialNorms
from dl4j_backends.blocks.plan import LayerPlan, blocks, said
from dl4j_backends.blocks.updaters import STATE, Penalty, Slot
from dl4j_backends.engine.java import hash_order, quotient
from dl4j_backends.engine.learning_rate import next_learning_rate
from dl4j_backends.engine.settings import network_settings
from dl4j_backends.interface import Dl4jException, Failure, Floats
from dl4j_backends.numpy.nd4j import NumpyNd4j

#: The views of a flat array (1-D, of the network's dtype), by key.
Views = Mapping[str, Floats]


class NumpyBlockSession:
    """A session on a network of its version."""

    def __init__(self, network: BlockNetwork) -> None:
        network = replace(network, conf=said(network.conf), layers=said(network.layers))
        self._network = network
        self._is_native = network.version != "0.9.1"
        self._java = (SequentialNorms if self._is_native else NumpyNd4j)(network.dtype)
        self._inside = NativeOperations(network.dtype) if self._is_native else self._java
        self._policy = network_settings({} if self._is_native else network.conf, len(network.layers))
        self._plan = (plan_1_0_0 if self._is_native else plan_0_9_1).plan(network)
        self._slots = self._plan.slots
        self._blocks = blocks(self._slots, self._are_joined)
        if any(block[0].updater.kind not in STATE for block in self._blocks):
            raise Dl4jException("ArrayIndexOutOfBoundsException", "Index 1 out of bounds for length 1")
        self._params = self._flat(network.params)
        self._state: list[list[Floats]] = [self._new_state(block) for block in self._blocks]

    def _are_joined(self, before: Slot, after: Slot) -> bool:
        if self._is_native:
            return before.updater.is_equal_to(after.updater)
        return plan_0_9_1.joined(before, after, self._policy, self._plan.layers)

    def _flat(self, arrays: Views) -> Floats:
        """Return arrays by key as one flat array (1-D, of the network's dtype). Raises ValueError for other lengths."""
        for slot in self._slots:
            if len(arrays[slot.key]) != slot.stop - slot.start:
                raise ValueError(f"{slot.key} has {len(arrays[slot.key])} values, needs {slot.stop - slot.start}")
        return np.concatenate([arrays[slot.key] for slot in self._slots])

    def _views(self, flat: Floats) -> dict[str, Floats]:
        return {slot.key: flat[slot.start : slot.stop] for slot in self._slots}

    def _new_state(self, block: list[Slot]) -> list[Floats]:
        updater, length = block[0].updater, block[-1].stop - block[0].start
        # AdaGrad's history starts at the default epsilon, whatever its own is.
        first = {"AdaGrad": 1e-6, "RmsProp": updater.numbers.get("epsilon", 0.0)}.get(updater.kind, 0.0)
        return [np.full(length, self._inside.scalar(first), self._network.dtype) for _ in STATE[updater.kind]]

    def blocks(self) -> Sequence[BlockPlace]:
        """Return the blocks, in order."""
        places = []
        end = 0
        for block, state in zip(self._blocks, self._state, strict=True):
            begin, end = end, end + sum(map(len, state))
            keys = tuple(slot.key for slot in block)
            places.append(BlockPlace(keys, block[0].updater.kind, block[0].start, block[-1].stop, begin, end))
        return places

    def state(self) -> Floats | None:
        """Return a copy of the state view (1-D, of the network's dtype); None if there is none."""
        arrays = [array for state in self._state for array in state]
        return np.concatenate(arrays) if arrays else None

    def update(self, step: BlockStep) -> BlockObservation:
        """Update once."""
        flat = self._flat(step.gradients)
        own = flat if step.own_gradients is None else self._flat(step.own_gradients)
        named = self._views(flat.copy() if self._network.gradient == "map" else flat)
        failure = None
        try:
            with np.errstate(all="ignore"):
                self._update(flat, own, named, step)
        except Dl4jException as error:
            failure = Failure(error.kind, error.message)
        seen = self._seen(step.iteration, step.epoch)
        return replace(
            seen,
            updates=self._views(flat),
            own_gradients=None if own is flat else self._views(own),
            failure=failure,
        )

    def _update(self, flat: Floats, own: Floats, named: Views, step: BlockStep) -> None:
        if self._is_native:
            self._divide(flat, step.batch_size)
        for name in hash_order([str(index) for index in range(len(self._plan.layers))]):
            self._normalize(self._plan.layers[int(name)], own, named)
        for block, state in zip(self._blocks, self._state, strict=True):
            if not block[0].is_pretrained:
                self._update_block(block, state, flat, step)
        if not self._is_native:
            self._divide(flat, step.batch_size)

    def _divide(self, flat: Floats, batch_size: int) -> None:
        if self._plan.mini_batch:
            for slot in self._slots:
                if not (self._is_native and slot.is_estimate):
                    self._java.divide(flat[slot.start : slot.stop], batch_size)

    def _normalize(self, layer: LayerPlan, own: Floats, named: Views) -> None:
        """Normalise a layer in place: its slice of the own view, or its arrays by key."""
        start, stop = layer.slots[0].start, layer.slots[-1].stop
        whole, t, nd4j = own[start:stop], layer.threshold, self._java
        match layer.normalization:
            case "RenormalizeL2PerLayer":
                self._renormalize(whole, start)
            case "ClipElementWiseAbsoluteValue":
                if self._is_native and not t > 0:
                    raise Dl4jException("RuntimeException", "Op [clipbyvalue] execution failed")
                nd4j.clip(whole, t)
            case "ClipL2PerLayer":
                norm = nd4j.norm2(whole, start)
                if norm > t:
                    nd4j.multiply(whole, quotient(t, norm))
            case "RenormalizeL2PerParamType" | "ClipL2PerParamType" as strategy:
                for slot in layer.slots:
                    # In a map each array is its own, and begins where its memory begins.
                    offset = 0 if self._network.gradient == "map" else slot.start
                    array = named[slot.key]
                    if strategy == "RenormalizeL2PerParamType":
                        self._renormalize(array, offset)
                    elif (norm := nd4j.norm2(array, offset)) > t:
                        nd4j.divide(array, quotient(norm, t))

    def _renormalize(self, array: Floats, offset: int) -> None:
        norm = self._java.norm2(array, offset)
        self._java.divide(array, 1e-5 if self._is_native and norm == 0 else norm)

    def _update_block(self, block: list[Slot], state: list[Floats], flat: Floats, step: BlockStep) -> None:
        updater = block[0].updater
        if not self._is_native:
            self._decay(block, step.iteration)
        rate, momentum = (
            self._rate(block, step.iteration, step.epoch),
            self._momentum(block, step.iteration, step.epoch),
        )
        before = ("L1", "L2") if self._is_native else ()
        for slot in block:
            for penalty in slot.penalties:
                if penalty.kind in before:
                    self._penalize(slot, penalty, flat, rate, step)
        settings = {name: self._setting(number) for name, number in updater.numbers.items()}
        call = Call(step.iteration, self._setting(rate), self._setting(momentum), settings, self._inside)
        formula = (NATIVE if self._is_native else OLD)[updater.kind]
        formula(call, flat[block[0].start : block[-1].stop], *state)
        for slot in block:
            for penalty in slot.penalties:
                if penalty.kind not in before:
                    self._penalize(slot, penalty, flat, rate, step)

    def _setting(self, number: float | None) -> float:
        """Return a setting as the updater takes it: a native operation has it in the dtype."""
        if number is None:
            return math.nan
        return float(np.dtype(self._network.dtype).type(number)) if self._is_native else number

    def _penalize(self, slot: Slot, penalty: Penalty, flat: Floats, rate: float | None, step: BlockStep) -> None:
        g, w = flat[slot.start : slot.stop], self._params[slot.start : slot.stop]
        coefficient = schedules.value(penalty.coefficient, step.iteration, step.epoch)
        if penalty.times_rate and rate is not None:
            coefficient *= rate
        if penalty.kind == "L1":
            w = self._java.sign(w, w.copy())
            if not self._is_native:
                self._java.add(g, self._java.scaled(w, coefficient, w))
                return
        np.add(g, w * self._java.exact_scalar(coefficient), out=g)

    def _decay(self, block: list[Slot], iteration: int) -> None:
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

    def _rate(self, block: list[Slot], iteration: int, epoch: int) -> float | None:
        updater = block[0].updater
        if not updater.has_rate:
            return None
        number = updater.numbers["learning_rate"]
        return number if updater.rate is None else schedules.value(updater.rate, iteration, epoch)

    def _momentum(self, block: list[Slot], iteration: int, epoch: int) -> float | None:
        updater = block[0].updater
        if updater.kind != "Nesterovs":
            return None
        if self._is_native and updater.momentum is not None:
            return schedules.value(updater.momentum, iteration, epoch)
        return updater.numbers["momentum"]

    def _asked(
        self, of_block: Callable[[list[Slot], int, int], float | None], iteration: int, epoch: int
    ) -> list[float | None]:
        """Return a value for each block, or none where a schedule has no value: then the update has failed too."""
        try:
            return [of_block(block, iteration, epoch) for block in self._blocks]
        except Dl4jException:
            return []

    def _seen(self, iteration: int, epoch: int) -> BlockObservation:
        """Return what can be seen besides gradients."""
        nothing: dict[str, Any] = {}
        if self._is_native:
            rates, momenta = (self._asked(of_block, iteration, epoch) for of_block in (self._rate, self._momentum))
            if not rates or not momenta:
                rates, momenta = [], []
            return BlockObservation(nothing, self.state(), rates, momenta)
        objects = [layer.updater for layer in self._plan.layers]
        return BlockObservation(
            nothing,
            self.state(),
            {slot.key: slot.rate for slot in self._slots},
            {str(i): updater.numbers.get("momentum") for i, updater in enumerate(objects)},
            [updater.numbers.get("learning_rate") for updater in objects],
        )
