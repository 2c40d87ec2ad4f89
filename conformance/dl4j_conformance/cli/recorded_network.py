"""The networks of later versions that commands name: by id in the recordings of the package, or in a file."""

from __future__ import annotations

from pathlib import Path

import click

import dl4j_fixtures
from dl4j_backends.interface import Network
from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.operations import Update
from dl4j_conformance.cli.exit_code import UnreadableError
from dl4j_conformance.vectors.block_recording import BlockRecording, read_block_recordings
from dl4j_conformance.vectors.json_lines import UnreadableFileError
from dl4j_oracle.suggestion import did_you_mean


def recorded_network(name: str, version: str) -> BlockRecording:
    """Return the recorded network with this id, or the first one in a file of recordings.

    Raises :class:`click.BadParameter` and :class:`UnreadableError`.
    """
    try:
        if name.endswith((".jsonl", ".gz")):
            found = [one for one in read_block_recordings(Path(name)) if one.network.version == version]
            if not found:
                raise UnreadableError(f"{name}: has no networks of DL4J {version}")
            return found[0]
        every = {one.id: one for path in dl4j_fixtures.recordings(version) for one in read_block_recordings(path)}
    except UnreadableFileError as error:
        raise UnreadableError(str(error)) from error
    if name in every:
        return every[name]
    hint = did_you_mean(name, list(every), f"the first is {next(iter(every))}", most=3, written=str)
    raise click.BadParameter(f"there is no network {name!r} of DL4J {version}; {hint}")


def case_of(recording: BlockRecording) -> Case:
    """Return the network and the updates of a recording in the form of 0.8.0, to be shown."""
    network = recording.network
    shown = Network(network.dtype, network.conf, network.layers, network.params)
    script = tuple(Update(step.gradients, step.iteration, step.batch_size) for step in recording.steps)
    return Case(recording.id, shown, script, comment=f"a network that DL4J {network.version} was recorded with")
