"""Damaged and hostile model files: a named error, exit code 5, no memory filled, nothing written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from dl4j_backends.model_files.errors import ModelFileError
from dl4j_backends.model_files.model import read_model
from dl4j_conformance.cli.main import cli
from models import corruption

SEED = 19
_MOST_MEMORY = 500 << 20


def test_every_corrupted_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In words that name the file, and what is wrong where."""
    monkeypatch.chdir(tmp_path)
    found = 0
    for number, corrupted in enumerate(corruption.every(SEED)):
        path = tmp_path / f"model{corrupted.suffix}"
        path.write_bytes(corrupted.raw)
        message = _refusal(path)
        assert message.startswith(f"{path}: "), corrupted.name
        assert len(message) < len(str(path)) + 600, corrupted.name
        if number % 25 == 0:
            result = CliRunner().invoke(cli, ["model", "show", str(path)])
            assert (result.exit_code, result.stdout) == (5, ""), corrupted.name
            assert result.stderr.startswith("Error: "), corrupted.name
        path.unlink()
        found += 1
    assert found >= 300
    assert list(tmp_path.iterdir()) == []


def _refusal(path: Path) -> str:
    """Return what reading a file says; nothing if it is read."""
    try:
        read_model(path)
    except ModelFileError as error:
        return str(error)
    return ""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's record of a process's memory")
def test_no_corrupted_file_fills_the_memory() -> None:
    """All in one process, of which Linux knows the most it ever had; what `resource` says counts its parent too."""
    program = f"""
import re, tempfile
from pathlib import Path
from dl4j_backends.model_files.errors import ModelFileError
from dl4j_backends.model_files.model import read_model
from models import corruption
path = Path(tempfile.mkdtemp()) / "model"
for corrupted in corruption.every({SEED}):
    path.with_suffix(corrupted.suffix).write_bytes(corrupted.raw)
    try:
        read_model(path.with_suffix(corrupted.suffix))
    except ModelFileError:
        pass
print(re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""
    ran = subprocess.run(  # noqa: S603 - no shell, arguments of our own
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1]
    )
    assert int(ran.stdout) * 1024 < _MOST_MEMORY


_COMMANDS = ("run numpy --network", "fuzz numpy --network", "explain --network", "case new --from")


@pytest.mark.parametrize("command", _COMMANDS)
def test_every_command_refuses_them(command: str, tmp_path: Path) -> None:
    path = tmp_path / "model.zip"
    path.write_bytes(b"PK\x03\x04")
    result = CliRunner().invoke(cli, [*command.split(), str(path)])
    assert result.exit_code == 5
    assert "is no complete zip" in result.stderr


@pytest.mark.parametrize("name", ["folder", "absent"])
def test_no_file(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(ModelFileError, match=r"cannot be read|is no regular file"):
        read_model(tmp_path / name)
