"""``dl4j-conformance suggest``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from dl4j_backends.bounded_file import FileError, open_regular, read_regular
from dl4j_backends.bounded_json import JsonError, parse
from dl4j_conformance.cases.case import UPDATERS, Case
from dl4j_conformance.cli.exit_code import UnreadableError
from dl4j_conformance.cli.network_option import model_in
from dl4j_conformance.cli.options import Command, case_option
from dl4j_conformance.cli.path_type import PathType
from dl4j_conformance.cli.terminal import write_document
from dl4j_conformance.migration.libraries import LIBRARIES
from dl4j_conformance.migration.program import write
from dl4j_conformance.migration.settings import layer_settings
from dl4j_oracle.errors import ConfigurationError

_SETTINGS = {
    "learning_rate": "Default: 0.1",
    "momentum": "Of NESTEROVS",
    "adam_mean_decay": "beta1 of ADAM",
    "adam_var_decay": "beta2 of ADAM",
    "rho": "Of ADADELTA, which needs it",
    "rms_decay": "Of RMSPROP",
    "epsilon": "Of ADAM, ADADELTA, ADAGRAD and RMSPROP",
    "l1": "Of the weights",
    "l2": "Of the weights",
}


def _settings_options(function: Command) -> Command:
    """Give a command an option for each number of :data:`_SETTINGS`."""
    for name, text in reversed(_SETTINGS.items()):
        function = click.option(f"--{name.replace('_', '-')}", name, type=float, help=f"{text}.")(function)
    return function


@click.command("suggest")
@click.option("--to", "library", type=click.Choice(list(LIBRARIES)), required=True, help="The library.")
@click.option("--updater", type=click.Choice(UPDATERS, case_sensitive=False), help="DL4J's updater.  [default: SGD]")
@_settings_options
@click.option(
    "--network",
    type=PathType(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Take the settings from there: a zip of ModelSerializer, a configuration.json, or JSON with `conf` and"
    " `layers`, as cases have them.",
)
@case_option
@click.option(
    "--layer",
    type=click.IntRange(min=0),
    metavar="N",
    help="Which layer, from 0 on.  [default: the first that has parameters]",
)
def command(
    library: str, updater: str | None, network: Path | None, case: Case | None, layer: int | None, **given: float | None
) -> None:
    """Print the Python code of another library's optimizer that comes nearest to DL4J 0.8.0's updater.

    Its text says what has to be set by hand, and what cannot be kept. `dl4j-conformance docs frameworks` compares
    the libraries.

    \b
    Examples:
      dl4j-conformance suggest --updater RMSPROP --to torch --learning-rate 0.01 > optimizer.py
      dl4j-conformance suggest --network network.json --layer 1 --to optax
      dl4j-conformance suggest --network model.zip --to keras
    """
    settings: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if updater:
        settings["updater"] = updater.upper()
    conf, layers = _description(settings, network, case, layer)
    try:
        found = layer_settings(conf, layers, _with_parameters(layers) if layer is None else layer)
    except ConfigurationError as error:
        if network or case:
            raise click.UsageError(f"{network or (case and case.id)}: {error}") from error
        raise click.UsageError(f"--{error.where.rpartition('.')[2].replace('_', '-')}: {error.problem}") from error
    write_document(write(LIBRARIES[library], found), newline=False)


def _with_parameters(layers: Sequence[Mapping[str, Any]]) -> int:
    """Return the place of the first layer that has parameters; 0 if there is none, or no list of layers."""
    places = (i for i, layer in enumerate(layers) if isinstance(layer, dict) and layer.get("type") != "activation")
    return next(places, 0)


def _description(
    settings: Mapping[str, Any], network: Path | None, case: Case | None, layer: int | None
) -> tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]:
    """Return the network's ``conf`` and ``layers``, from the one place that was named."""
    places = [bool(settings), network is not None, case is not None]
    if sum(places) > 1:
        raise click.UsageError("settings come from options, from --network or from --case: name one of them")
    if network:
        return _read(network)
    if case:
        return case.network.conf, case.network.layers
    if layer is not None:
        raise click.UsageError("--layer: names a layer of --network or of --case")
    is_regularized = "l1" in settings or "l2" in settings
    return {"use_regularization": is_regularized}, [{"n_in": 1, "n_out": 1, **settings}]


def _read(path: Path) -> tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]:
    """Return ``conf`` and ``layers`` of the file; raises :class:`UnreadableError`."""
    try:
        with open_regular(path) as file:
            begins = file.read(3)
        data = None if begins[:2] == b"PK" or begins == b"---" else parse(read_regular(path))
    except (FileError, JsonError) as error:
        raise UnreadableError(f"{path}: {error}") from error
    if data is None or (isinstance(data, dict) and ("confs" in data or "vertices" in data)):
        found = model_in(path).configuration
        return found.conf, found.layers
    if not isinstance(data, dict) or not isinstance(data.get("layers"), list):
        raise UnreadableError(f"{path}: must be an object with `layers`, a list of objects, and with `conf`")
    return data.get("conf", {}), data["layers"]
