"""A network as its build leaves it: slots in flat order, and how its layers are normalised."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from dl4j_backends.blocks.updaters import Slot, UpdaterObject


class Part(NamedTuple):
    """A parameter of a layer: its key, DL4J's name for it, such as ``W``, and its place in flat arrays."""

    key: str
    name: str
    start: int
    stop: int


@dataclass(eq=False)
class LayerPlan:
    """A layer: its updater object, its slots, and its normalisation."""

    updater: UpdaterObject
    slots: list[Slot]
    normalization: str
    threshold: float
    rate_schedule: Mapping[int, float]


@dataclass(eq=False)
class Plan:
    """The layers, and whether updates are divided by the batch size."""

    layers: list[LayerPlan]
    mini_batch: bool

    @property
    def slots(self) -> list[Slot]:
        """All slots, in flat order."""
        return [slot for layer in self.layers for slot in layer.slots]


#: The doubles that JSON has no numbers for.
_NAMED = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def said(settings: Any) -> Any:
    """Return plain data with doubles in place of their names, and without nulls in objects, which stand for absence."""
    match settings:
        case Mapping():
            return {name: said(value) for name, value in settings.items() if value is not None}
        case list() | tuple():
            return [said(value) for value in settings]
        case str():
            return _NAMED.get(settings, settings)
        case _:
            return settings


def parts_of(version: str, layers: Sequence[Mapping[str, Any]]) -> list[list[Part]]:
    """Return the parameters of each layer, in flat order. Raises ValueError for an unknown type of layer."""
    return placed([list(_names_and_lengths(version, layer)) for layer in layers])


def placed(layers: Sequence[Sequence[tuple[str, int]]]) -> list[list[Part]]:
    """Return the parameters of each layer, of which names and lengths are given, one after the other.

    The key of one that has the name of an earlier one of its layer has a number besides.
    """
    start, found = 0, []
    for index, layer in enumerate(layers):
        parts: list[Part] = []
        for name, length in layer:
            earlier = sum(part.name == name for part in parts)
            parts.append(Part(f"{index}_{name}{earlier or ''}", name, start, start := start + length))
        found.append(parts)
    return found


def _names_and_lengths(version: str, layer: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    n_in, n_out = layer.get("n_in", 0), layer["n_out"]
    match layer.get("type", "dense"):
        case "batch_normalization":
            spread = "log10stdev" if version != "0.9.1" and layer.get("use_log_std", True) else "var"
            yield from ((name, n_out) for name in ("gamma", "beta", "mean", spread))
        case "dense" | "auto_encoder" as kind:
            yield from (("W", n_in * n_out), ("b", n_out))
            if kind == "auto_encoder":
                yield "vb", n_in
            elif layer.get("has_layer_norm"):
                yield "g", n_out
        case unknown:
            raise ValueError(f"unknown layer type {unknown!r}")


def blocks(slots: Sequence[Slot], joined: Any) -> list[list[Slot]]:
    """Return groups of neighbours: a slot joins the one before it if ``joined`` says so; ``vb`` is alone."""
    found: list[list[Slot]] = []
    for slot in slots:
        last = found[-1][-1] if found else None
        if last and not (last.is_pretrained or slot.is_pretrained) and joined(last, slot):
            found[-1].append(slot)
        else:
            found.append([slot])
    return found
