"""A wheel, built from an sdist as anybody would: small, typed, complete, and it judges."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.parser import Parser
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest

from toolchains import required_module

ROOT = Path(__file__).parents[2]
DATA = ROOT / "fixtures" / "dl4j_fixtures" / "data"
PACKAGES = ("dl4j_oracle", "dl4j_backends", "dl4j_conformance", "dl4j_fixtures")
_RUN = "import sys; sys.path.insert(0, {}); from dl4j_conformance.cli.main import main; main()"


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    required_module("build", "test")
    required_module("hatchling", "test")
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    (path,) = dist.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the packages, as a wheel's installation leaves it."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)  # noqa: S202 - our own
    return folder


def _command(installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    start = [sys.executable, "-c", _RUN.format(repr(str(installed)))]
    return subprocess.run([*start, *arguments], cwd=installed, capture_output=True, text=True, check=False)  # noqa: S603


def test_size(wheel: Path) -> None:
    """It has the fixtures and recordings of three versions."""
    assert wheel.stat().st_size < 6_800_000


def test_the_sdist_has_what_a_checkout_has(dist: Path) -> None:
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607
    committed = {name for name in listed.stdout.split("\0") if (ROOT / name).is_file()}
    assert committed - held == set()


def test_every_package_is_typed(installed: Path) -> None:
    for package in PACKAGES:
        assert (installed / package / "py.typed").is_file(), package


def test_the_entry_point_has_the_name_of_the_distribution(installed: Path) -> None:
    """So `pipx run` and `uvx` need no name beside it."""
    (about,) = installed.glob("*.dist-info")
    metadata = Parser().parsestr((about / "METADATA").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (metadata["Name"], metadata["Version"]) == (project["name"], project["version"])
    assert f"\n{project['name']} = " in (about / "entry_points.txt").read_text()


def test_the_plugins_entry_point_has_no_list_of_files(installed: Path) -> None:
    """pytest reads that of every package with such an entry point, in every project."""
    (about,) = installed.glob("*.dist-info")
    assert "pytest11" not in (about / "entry_points.txt").read_text()
    plugin = PathDistribution(installed / "pytest_dl4j_conformance.egg-info")
    (point,) = plugin.entry_points.select(group="pytest11")
    assert (point.name, point.value) == ("dl4j_conformance.plugin", "dl4j_conformance.plugin")
    assert not plugin.files
    assert plugin.version == PathDistribution(about).version


def test_the_archive_has_the_files_of_the_checkout(installed: Path) -> None:
    data = installed / "dl4j_fixtures" / "data"
    assert [path.name for path in data.iterdir()] == ["files.tar.xz"]
    with tarfile.open(data / "files.tar.xz") as archive:
        held = {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]
    assert held == {path.relative_to(DATA).as_posix(): path.read_bytes() for path in DATA.rglob("*.json")}


def test_it_judges(installed: Path) -> None:
    done = _command(installed, "run", "numpy", "--case", "adam-first-step-*", "--level", "recorded")
    assert (done.returncode, "2 of 2 cases" in done.stdout) == (0, True), done.stdout + done.stderr


def test_it_writes_a_page(installed: Path, tmp_path: Path) -> None:
    report = str(tmp_path / "report.jsonl")
    _command(installed, "run", "misreading:adam-negated", "--case", "adam-first-step-float32", "--report", report)
    done = _command(installed, "report", "html", report)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("<!DOCTYPE html>")
    assert "Intermediates, step by step" in done.stdout


def test_what_is_installed_is_not_rewritten(installed: Path) -> None:
    data = installed / "dl4j_fixtures" / "data"
    done = _command(installed, "record", "oracle", "--into", str(data))
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    import dl4j_fixtures

    with pytest.raises(OSError, match=r"its files are in files\.tar\.xz"):
        dl4j_fixtures.write({"manifest.json": b"{}"}, data)
