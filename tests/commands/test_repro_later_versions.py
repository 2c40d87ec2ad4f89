"""``repro --dl4j``: programs of recorded networks of later versions print the bits that DL4J was recorded with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from test_repro import RUN

import dl4j_fixtures
from dl4j_conformance.cases.values import hex_of
from dl4j_conformance.cli.main import cli
from dl4j_conformance.cli.recorded_network import case_of
from dl4j_conformance.repro import LANGUAGES, program_of_blocks, write
from dl4j_conformance.vectors.block_recording import BlockRecording, read_block_recordings
from sampling import sample

RECORDINGS = {
    recording.id: recording
    for version in ("0.9.1", "1.0.0-M2.1")
    for path in dl4j_fixtures.recordings(version)
    for recording in read_block_recordings(path)
}


def _lines(recording: BlockRecording) -> Iterator[str]:
    if recording.failure:
        yield f"construction: DL4J throws {recording.failure.kind}"
    for number, step in enumerate(recording.recorded):
        for key in recording.network.params:
            assert step.updates is not None
            yield f"step {number}: {key} {' '.join(hex_of(step.updates[key]))}"
        if step.failure:
            yield f"step {number}: DL4J throws {step.failure.kind}"
        elif step.state is not None:
            yield f"step {number}: state {' '.join(hex_of(step.state))}"
    yield "as expected"


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_recorded_networks_run_and_print_their_bits(language: str, tmp_path: Path) -> None:
    chosen = [RECORDINGS[id_] for id_ in sample(list(RECORDINGS), 10)]
    programs = {one.id: _program(one, language) for one in chosen}
    printed = dict(RUN[language](programs, tmp_path))
    for recording in chosen:
        found = [line.partition(" DL4J throws ") for line in printed[recording.id].splitlines()]
        without_messages = [f"{head}{throws}{rest.partition(':')[0]}".rstrip() for head, throws, rest in found]
        assert without_messages == list(_lines(recording)), recording.id


def test_norms_and_updaters_of_later_versions_are_among_the_programs() -> None:
    """The samples change: here a network is chosen for each operation that 0.8.0 does not have."""
    wanted = {"norm2_of_view(", "norm2_in_order(", "larger(", "magnitudes(", "add_in_double("}
    for recording in RECORDINGS.values():
        text = _program(recording, "python").partition("def show(")[2]
        found = {name for name in wanted if name in text}
        if found:
            wanted -= found
            ((_, printed),) = RUN["python"]({recording.id: _program(recording, "python")}, Path())
            assert printed.endswith("as expected\n")
        if not wanted:
            return
    pytest.fail(f"no recorded network needs {wanted}")


def _program(recording: BlockRecording, language: str) -> str:
    return write(program_of_blocks(case_of(recording), recording.network, recording.steps), LANGUAGES[language])


def test_the_command(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["repro", "--dl4j", "1.0.0-M2.1", "m21-11-0000"])
    ((_, printed),) = RUN["python"]({"m21-11-0000": result.stdout}, tmp_path)
    assert printed.endswith("as expected\n")
    wrong = result.stdout.replace("lr_0_W__0_b_1 = ", "lr_0_W__0_b_1 = 2 * ")
    assert wrong != result.stdout
    ((_, printed),) = RUN["python"]({"m21-11-0000": wrong}, tmp_path)
    assert "arrays differ from what DL4J computes" in printed


def test_a_network_that_is_not_recorded() -> None:
    result = CliRunner().invoke(cli, ["repro", "--dl4j", "0.9.1", "v091-11-00"])
    assert result.exit_code == 2
    assert "there is no network 'v091-11-00' of DL4J 0.9.1; did you mean" in " ".join(result.output.split())
