"""Fixtures in an archive are read as those in files are, and a bad archive ends a command with its name."""

from __future__ import annotations

import io
import lzma
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

import dl4j_fixtures
from dl4j_conformance.cli.exit_code import ExitCode
from dl4j_conformance.cli.main import cli
from dl4j_conformance.vectors import golden
from dl4j_fixtures import FixtureError


def _tar(files: Mapping[str, bytes]) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for name, raw in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(raw)
            archive.addfile(entry, io.BytesIO(raw))
    return content.getvalue()


def _files() -> dict[str, bytes]:
    cases = list(dl4j_fixtures.load("keys", "float32"))
    rows = dl4j_fixtures.kills()
    return dl4j_fixtures.render({"keys": cases}, golden.ABOUT, {case["id"]: rows[case["id"]] for case in cases})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "files.tar.xz").write_bytes(lzma.compress(_tar(_files())))
    return tmp_path


def _verify(folder: Path) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["fixtures", "verify", "--folder", str(folder)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def test_files_are_read_from_it(folder: Path) -> None:
    files = _files()
    assert _verify(folder)[0] == ExitCode.CONFORMS
    assert dl4j_fixtures.names(folder) == sorted(files)
    assert {name: dl4j_fixtures.read(folder / name) for name in files} == files


def test_a_file_beside_it_comes_first(folder: Path) -> None:
    (folder / "keys-float32.json").write_bytes(b"[]")
    code, said = _verify(folder)
    assert (code, "keys-float32.json: is not a file of fixtures" in said) == (ExitCode.UNREADABLE, True)


def test_a_file_that_is_in_neither(folder: Path) -> None:
    with pytest.raises(FixtureError, match=r"none\.json: cannot be read"):
        dl4j_fixtures.read(folder / "none.json")


def test_a_file_in_it_that_the_manifest_does_not_name(tmp_path: Path) -> None:
    (tmp_path / "files.tar.xz").write_bytes(lzma.compress(_tar({**_files(), "more.json": b"{}"})))
    code, said = _verify(tmp_path)
    assert (code, "more.json: is not in the manifest" in said) == (ExitCode.UNREADABLE, True)


_WHOLE = lzma.compress(_tar({"manifest.json": b"{}" * 4000}))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not xz",
        _WHOLE[:-20],
        _WHOLE[:60] + b"\x00" * 8 + _WHOLE[68:],
        lzma.compress(b"no tar file" * 100),
        lzma.compress(bytes(100 << 20), preset=0),
    ],
    ids=["empty", "not xz", "truncated", "damaged", "no tar", "100 MiB"],
)
def test_a_bad_archive(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "files.tar.xz").write_bytes(content)
    code, said = _verify(tmp_path)
    assert (code, "files.tar.xz" in said) == (ExitCode.UNREADABLE, True), said
