"""The options by which a saved model is trained on: ``oracle update --model`` and ``case new --from``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import numpy as np

from dl4j_backends.interface import Network
from dl4j_backends.model_files.errors import ModelFileError
from dl4j_conformance.cases.operations import Operation, Restore, SetLearningRate, Update
from dl4j_conformance.cli.exit_code import UnreadableError
from dl4j_conformance.cli.network_option import network_in
from dl4j_conformance.cli.path_type import PathType
from dl4j_conformance.models.gradients import Gradients, read_gradients

_CHANGE = re.compile(r"(-?\d+):(?:(.+)=)?([^=]+)")
_RESTORE = re.compile(r"(-?\d+)(:without-updater)?")
_LAST = (1 << 31) - 2


@dataclass(frozen=True)
class Training:
    """The options: gradients, a new state in place of the file's, and what happens before an iteration."""

    gradients_file: Path | None
    new_state: bool
    rate_changes: Sequence[str]
    restores: Sequence[str]

    def network(self, file: Path) -> Network:
        """Return the network of a model, trained as DL4J trains: gradients are views. Raises UnreadableError."""
        network = replace(network_in(file), gradient_view=True)
        return replace(network, has_state=False, state=None) if self.new_state else network

    def gradients(self, network: Network) -> Sequence[Gradients] | None:
        """Return the gradients of each iteration: 1-D arrays of the network's dtype. Raises UnreadableError."""
        if self.gradients_file is None:
            return None
        try:
            return read_gradients(self.gradients_file, network)
        except ModelFileError as error:
            raise UnreadableError(str(error)) from error

    def script(
        self, network: Network, gradients: Sequence[Gradients], iterations: int, batch_size: int
    ) -> list[Operation]:
        """Return the updates from the model's count on, and what happens between them; the last gradients repeat.

        Gradients are 1-D arrays of the network's dtype. Raises :class:`click.UsageError`.
        """
        first = int(network.conf.get("iteration_count", 0))
        last = first + iterations - 1
        if last > _LAST:
            raise click.UsageError(f"{iterations} iterations from {first} go beyond {_LAST}, the last DL4J can update")
        changes = [_change(text, network) for text in self.rate_changes]
        restores = [_restore(text) for text in self.restores]
        for iteration, _ in (*changes, *restores):
            if not first <= iteration <= last:
                raise click.UsageError(f"iteration {iteration} is none of those that are computed: {first} to {last}")
        script: list[Operation] = []
        for number in range(iterations):
            iteration = first + number
            script += [restore for at, restore in restores if at == iteration]
            script += [change for at, of_keys in changes if at == iteration for change in of_keys]
            script.append(Update(gradients[min(number, len(gradients) - 1)], iteration, batch_size))
        return script


def _change(text: str, network: Network) -> tuple[int, Sequence[SetLearningRate]]:
    found = _CHANGE.fullmatch(text)
    try:
        rate = float(found[3]) if found else None
    except ValueError:
        rate = None
    if not found or rate is None:
        raise click.UsageError(f"--set-learning-rate: {text!r} is not ITERATION:RATE or ITERATION:KEY=RATE")
    if found[2] and found[2] not in network.params:
        raise click.UsageError(
            f"--set-learning-rate: the model has no parameter {found[2]!r}, but {', '.join([*network.params][:12])}"
        )
    keys = [found[2]] if found[2] else [*network.params]
    return int(found[1]), [SetLearningRate(key, rate) for key in keys]


def _restore(text: str) -> tuple[int, Restore]:
    found = _RESTORE.fullmatch(text)
    if not found:
        raise click.UsageError(f"--restore: {text!r} is not ITERATION or ITERATION:without-updater")
    return int(found[1]), Restore(with_updater=not found[2])


def drawn_gradients(network: Network, iterations: int, seed: int) -> Iterator[Gradients]:
    """Yield gradients for each iteration: 1-D arrays of the network's dtype, normally distributed."""
    random = np.random.default_rng(seed)
    for _ in range(iterations):
        yield {key: random.standard_normal(len(w)).astype(network.dtype) for key, w in network.params.items()}


gradients_option = click.option(
    "--gradients",
    "gradients_file",
    type=PathType(exists=True, dir_okay=False, path_type=Path),
    metavar="G.npz|G.json",
    help="Gradients by key, flat: an npz with a row for each iteration, or JSON with an object for each."
    " The last repeat.",
)


def training_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of :class:`Training`."""
    options = (
        gradients_option,
        click.option("--new-state", is_flag=True, help="Begin with a new state, as if the updater was not loaded."),
        click.option(
            "--set-learning-rate",
            "rate_changes",
            multiple=True,
            metavar="T:[KEY=]RATE",
            help="Call conf.setLearningRateByParam before iteration T.",
        ),
        click.option(
            "--restore",
            "restores",
            multiple=True,
            metavar="T[:without-updater]",
            help="Save the model before iteration T, and go on with what is restored.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function
