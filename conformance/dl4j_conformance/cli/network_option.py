"""The option ``--network``: a saved model, or a configuration, in the place of the suite's own networks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dl4j_backends.interface import Network
from dl4j_conformance.cases import sizes
from dl4j_conformance.cases.json_form import CaseError
from dl4j_conformance.cli.exit_code import UnreadableError
from dl4j_conformance.cli.path_type import PathType
from dl4j_conformance.execution.oracle_backend import check_network

if TYPE_CHECKING:
    from dl4j_backends.model_files import Model

#: The type of an argument or option that names a file of a model.
MODEL_FILE = PathType(exists=True, dir_okay=False, path_type=Path)


def network_option(what: str) -> Callable[[Any], Any]:
    """Return the option of a command that does ``what``, as its help says, with a model's network."""
    return click.option(
        "--network",
        "model_file",
        type=MODEL_FILE,
        metavar="FILE",
        help=f"{what}: a zip of ModelSerializer, or a configuration.json.",
    )


def model_in(file: Path) -> Model:
    """Return the model in a file; raises :class:`UnreadableError`."""
    # Commands that have the option start without the reader.
    from dl4j_backends.model_files import ModelFileError, read_model

    try:
        return read_model(file)
    except ModelFileError as error:
        raise UnreadableError(str(error)) from error


def network_in(file: Path) -> Network:
    """Return the network in a file; raises :class:`UnreadableError`, also for one that is too large for cases."""
    model = model_in(file)
    try:
        network = model.network
        sizes.check(network, ())
        check_network(network)
    except (CaseError, ValueError) as error:
        raise UnreadableError(f"{file}: {error}") from error
    return network
