"""Parameter groups as the layers of a network of DL4J 0.9.1 or 1.0.0-M2.1, whose blocks may span groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch

from dl4j_backends.block_interface import BlockPlace
from dl4j_backends.blocks.normalization import Gradients
from dl4j_backends.blocks.pipeline import BlockPipeline
from dl4j_backends.blocks.plan import placed
from dl4j_backends.blocks.settings import OF_LAYERS, check
from dl4j_backends.blocks.updaters import Slot
from dl4j_backends.interface import Dl4jException
from dl4j_backends.torch.block_backend import torch_sides
from dl4j_backends.torch.parameters import DTYPES, OWN, addresses, check_group, flat, is_bias, names

#: DL4J's names for weights and biases, by the type of a layer.
_ROLES = {"dense": ("W", "b"), "batch_normalization": ("gamma", "beta")}


class BlockGroups:
    """All groups of an optimizer as one network, on the parameters where they are.

    Raises ValueError for groups that DL4J does not build.
    """

    def __init__(self, version: str, groups: Sequence[Mapping[str, Any]]) -> None:
        self._params = [p for group in groups for p in group["params"]]
        self._addresses = _all_addresses(groups)
        first = self._params[0]
        if any((p.dtype, p.device) != (first.dtype, first.device) for p in self._params):
            raise ValueError("all parameters must be of one type, on one device: they are one array in DL4J")
        layers = [{name: value for name, value in group.items() if name not in OWN} for group in groups]
        parts = placed([list(_roles(group)) for group in groups])
        keys = [part.key for layer in parts for part in layer]
        params = {key: p.detach().view(-1) for key, p in zip(keys, self._params, strict=True)}
        sides = torch_sides(version, DTYPES[first.dtype], first.device)
        try:
            self._pipeline = BlockPipeline(version, groups[0]["conf"], layers, parts, params, sides)
        except Dl4jException as error:
            raise ValueError(f"DL4J {version} throws {error.kind}: {error.message}") from error
        self._flat = torch.empty(sum(p.numel() for p in self._params), dtype=first.dtype, device=first.device)
        self._views = list(self._pipeline.views(self._flat).values())
        self._changes_numbers = version == "0.9.1"

    def is_of(self, groups: Sequence[Mapping[str, Any]]) -> bool:
        """Return whether the parameters of groups are still those of this network, at the same places in memory."""
        return self._addresses == _all_addresses(groups)

    def blocks(self) -> Sequence[BlockPlace]:
        """Return the blocks, in order: parameters are named by their group, ``W`` or ``b``, and a number from 1 on."""
        return self._pipeline.blocks()

    def state_view(self) -> torch.Tensor:
        """Return a copy of DL4J's state view (1-D, of the parameters' dtype)."""
        return self._pipeline.state_view.clone()  # type: ignore[no-any-return]

    def step(self, iteration: int, epoch: int, batch_size: int) -> None:
        """Move the parameters that have a gradient; others keep their state too. Gradients stay as they are."""
        kept = []
        for p, slot, view in zip(self._params, self._pipeline.slots, self._views, strict=True):
            if p.grad is None:
                view.zero_()
                kept += [(array, array.clone()) for array in self._pipeline.state_of(slot)]
            else:
                view.copy_(flat(p.grad))
        named = self._pipeline.views(self._flat)
        self._pipeline.update(Gradients(self._flat, self._flat, named), iteration, epoch, batch_size)
        for array, before in kept:
            array.copy_(before)
        for p, update in zip(self._params, self._views, strict=True):
            if p.grad is not None:
                p.view(-1).sub_(update)

    def tell(self, state: dict[torch.Tensor, Any]) -> None:
        """Write into torch's ``state`` what has to be known to go on: of 0.9.1 rates too.

        Arrays are views of the blocks' state: 1-D, of the parameters' dtype.
        """
        for p, slot in zip(self._params, self._pipeline.slots, strict=True):
            state[p] = {"state": self._pipeline.state_of(slot)}
            if self._changes_numbers:
                state[p] |= {"learning_rate": slot.rate, "updater": dict(_changing(slot))}

    def recall(self, state: Mapping[torch.Tensor, Any]) -> None:
        """Go on from what :meth:`tell` wrote: arrays are 1-D, of the parameters' dtype."""
        for p, slot in zip(self._params, self._pipeline.slots, strict=True):
            if known := state.get(p):
                for array, values in zip(self._pipeline.state_of(slot), known["state"], strict=True):
                    array.copy_(values)
                if self._changes_numbers:
                    slot.rate = known["learning_rate"]
                    slot.updater.numbers |= known["updater"]


def check_layer(version: str, group: Mapping[str, Any]) -> None:
    """Raise ValueError for a group that is no layer of the version: for a setting, or for its parameters."""
    own = {name: value for name, value in group.items() if name not in OWN}
    type_ = own.pop("type", "dense")
    if type_ not in _ROLES:
        raise ValueError(f"type is one of {', '.join(_ROLES)}, not {type_!r}")
    check(version, own, OF_LAYERS[version])
    check_group(group)
    if group["conf"].get("lr_policy") == "Score":
        raise ValueError("lr_policy 'Score' follows the score of DL4J's own optimiser: decide on another policy")
    if version != "0.9.1":
        _check_clipping({**group["conf"], **own})


def _check_clipping(settings: Mapping[str, Any]) -> None:
    threshold = settings.get("gradient_normalization_threshold")
    clips = settings.get("gradient_normalization") == "ClipElementWiseAbsoluteValue"
    if clips and threshold is not None and float(threshold) <= 0:
        raise ValueError(f"clipping to {threshold} is refused by DL4J in each update: the threshold must be above 0")


def _changing(slot: Slot) -> Iterator[tuple[str, float]]:
    """Yield the numbers of a layer's updater object that 0.9.1 changes."""
    for name in ("learning_rate", "momentum"):
        if name in slot.updater.numbers:
            yield name, slot.updater.numbers[name]


def _roles(group: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    weight, bias = _ROLES[group.get("type", "dense")]
    for p, name in zip(group["params"], names(group), strict=True):
        yield (bias if is_bias(p, name) else weight), p.numel()


def _all_addresses(groups: Sequence[Mapping[str, Any]]) -> list[int]:
    return [address for group in groups for address in addresses(group)]
