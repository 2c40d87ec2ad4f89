"""Writing cases of later versions down: settings and numbers, for both types and for one version or several.

Numbers are Python floats, turned into the type; parameters and gradients are filled in unless given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dl4j_backends.block_interface import BLOCK_VERSIONS, BlockNetwork, BlockStep
from dl4j_conformance.cases.block_case import BlockCase, parameter_lengths
from dl4j_conformance.cases.handwritten.sketch import Numbers, spread
from dl4j_conformance.cases.plain_network import PlainLayer, PlainNetwork, described
from dl4j_conformance.cases.values import DTYPES, Floats

OLD, NEW = BLOCK_VERSIONS


@dataclass(frozen=True)
class Call:
    """An update. Gradients that are not given are spread values; so is what the own view holds beside external ones."""

    gradients: Mapping[str, Numbers] = field(default_factory=dict)
    iteration: int | None = None
    epoch: int = 0
    batch_size: int = 1


@dataclass(frozen=True)
class BlockSketch:
    """A case for both types: ``slug`` without the type, settings under the version's names, updates.

    ``layers`` may be plain: then the case is one of each of its ``versions``, in that version's words.
    """

    slug: str
    comment: str
    clauses: Sequence[str]
    layers: Sequence[Mapping[str, Any] | PlainLayer]
    script: Sequence[Call] = (Call(),)
    conf: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, Numbers] = field(default_factory=dict)
    gradient: str = "own"
    versions: Sequence[str] = BLOCK_VERSIONS
    dtypes: Sequence[str] = DTYPES

    def cases(self, version: str, topic: str) -> Iterator[BlockCase]:
        """Yield the case in each type, if it is one of ``version``."""
        for dtype in self.dtypes if version in self.versions else ():
            conf, layers = self._described(version)
            lengths = parameter_lengths(version, layers)
            params = {
                key: _array(self.params.get(key, spread(length, salt=number + 101)), dtype)
                for number, (key, length) in enumerate(lengths.items())
            }
            network = BlockNetwork(version, dtype, conf, layers, params, self.gradient)
            script = tuple(self._steps(version, dtype, lengths))
            yield BlockCase(f"{self.slug}-{dtype}", network, script, topic, tuple(self.clauses), self.comment)

    def _described(self, version: str) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
        plain = [layer for layer in self.layers if isinstance(layer, PlainLayer)]
        if len(plain) == len(self.layers):
            conf, layers = described(PlainNetwork(plain), version)
            return {**conf, **self.conf}, list(layers)
        return self.conf, [layer for layer in self.layers if not isinstance(layer, PlainLayer)]

    def _steps(self, version: str, dtype: str, lengths: Mapping[str, int]) -> Iterator[BlockStep]:
        for number, call in enumerate(self.script):
            filled = {
                key: spread(length, salt=16 * number + salt) for salt, (key, length) in enumerate(lengths.items())
            }
            gradients = {key: _array(call.gradients.get(key, numbers), dtype) for key, numbers in filled.items()}
            iteration = number if call.iteration is None else call.iteration
            epoch = 0 if version == OLD else call.epoch
            own = None
            if self.gradient != "own":
                own = {key: _array(spread(len(x), salt=77 + number), dtype) for key, x in gradients.items()}
            yield BlockStep(iteration, epoch, call.batch_size, gradients, own)


def _array(numbers: Numbers, dtype: str) -> Floats:
    given = numbers(dtype) if callable(numbers) else numbers
    with np.errstate(all="ignore"):
        return np.array(given, "float64").astype(dtype)


def calls(count: int, **fixed: Any) -> tuple[Call, ...]:
    """Return ``count`` equal updates, iteration by iteration."""
    return tuple(Call(**fixed) for _ in range(count))


def plain(updater: str, n_in: Any = 2, n_out: Any = 1, own: Any = None, **settings: Any) -> Any:
    """Return a plain dense layer; the settings are the updater's."""
    return PlainLayer(updater, settings, {"n_in": n_in, "n_out": n_out, **(own or {})})


def dense(updater: Any, n_in: Any = 2, n_out: Any = 1, **settings: Any) -> dict[str, Any]:
    """Return a dense layer of one version: ``W`` of n_in * n_out and ``b`` of n_out values."""
    return {"n_in": n_in, "n_out": n_out, "updater": updater, **settings}


def given(updater: str, **settings: Any) -> dict[str, Any]:
    """Return an updater object."""
    return {"type": updater, **settings}
