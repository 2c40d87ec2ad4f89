"""Strict readers of other languages take every file of the project's data, and count the same cases.

The examples of ``docs/examples/fixtures`` load the same from an export.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import dl4j_fixtures
from dl4j_conformance.cases import values
from dl4j_conformance.cli.main import cli
from other_languages.languages import EXAMPLES, LANGUAGES, Programs
from toolchains import required


@pytest.fixture(scope="module", params=LANGUAGES)
def programs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Programs:
    return LANGUAGES[request.param](tmp_path_factory.mktemp(request.param))


def _lines(command: Sequence[str], *paths: Path) -> list[str]:
    done = subprocess.run([*command, *map(str, paths)], capture_output=True, check=True)  # noqa: S603
    return done.stdout.decode("utf-8").splitlines()


@pytest.fixture(scope="module")
def every_file(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, int]:
    """All files of fixtures, recordings and traces, unzipped, and how many cases (or lines) each has."""
    folder = tmp_path_factory.mktemp("files")
    described = dl4j_fixtures.manifest()
    counts = {name: len(entry["cases"]) for name, entry in described["files"].items()}
    counts |= {"kills.json": len(dl4j_fixtures.kills()), "reach.json": len(dl4j_fixtures.reach())}
    counts["manifest.json"] = len(dl4j_fixtures.ids())
    found: dict[Path, int] = {}
    for name in dl4j_fixtures.names():
        (folder / name).write_bytes(dl4j_fixtures.read(dl4j_fixtures.DATA / name))
        found[folder / name] = counts[name]
    for name in dl4j_fixtures.names(dl4j_fixtures.DATA / "recorded"):
        path = folder / f"recorded-{name}"
        path.write_bytes(dl4j_fixtures.read(dl4j_fixtures.DATA / "recorded" / name))
        found[path] = counts[name]
    for zipped in (*dl4j_fixtures.recordings(), *dl4j_fixtures.traces()):
        path = folder / zipped.stem
        path.write_bytes(gzip.decompress(zipped.read_bytes()))
        found[path] = path.read_bytes().count(b"\n")
    return found


def test_a_strict_reader_takes_every_file(programs: Programs, every_file: dict[Path, int]) -> None:
    assert _lines(programs.strict, *every_file) == [f"{path.name} {count}" for path, count in every_file.items()]


#: JSON that a strict reader refuses. JSON.parse takes the last of two values of a key.
_LOOSE = {
    "nan.json": b'{"cases": [NaN]}',
    "infinity.json": b'{"cases": [-Infinity]}',
    "zeros.json": b'{"cases": [01]}',
    "point.json": b'{"cases": [1.]}',
    "comma.json": b'{"cases": [1,]}',
    "two.json": b'{"cases": []} {}',
    "quotes.json": b"{'cases': []}",
    "latin.json": b'{"cases": ["\xe9"]}',
    "control.json": b'{"cases": ["\n"]}',
    "truncated.json": b'{"cases": [1',
    "lines.jsonl": b'{}\n{"a": NaN}\n',
}
_TWICE = {"twice.json": b'{"cases": [], "cases": []}', "deep.json": b'{"cases": [{"a": {"b": 1, "b": 1}}]}'}


def test_the_readers_are_strict(programs: Programs, tmp_path: Path) -> None:
    loose = _LOOSE if "node" in programs.strict[0] else {**_LOOSE, **_TWICE}
    for name, content in loose.items():
        (tmp_path / name).write_bytes(content)
    lines = _lines(programs.strict, *(tmp_path / name for name in loose))
    assert [line.partition(":")[0] for line in lines] == [f"{name} refused" for name in loose]


def _export(path: Path, *options: str) -> Path:
    result = CliRunner().invoke(cli, ["fixtures", "export", str(path), *options])
    assert result.exit_code == 0, result.output
    return path


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _export(tmp_path_factory.mktemp("export") / "cases.json")


def _little_endian(data: Any, dtype: str) -> str:
    return values.from_hex(data["hex"], dtype).tobytes().hex()


@pytest.fixture(scope="module")
def loaded(everything: Path) -> list[str]:
    """The lines that an example prints: case, needs, key, gradient and update."""
    lines = []
    for case in json.loads(everything.read_text())["cases"]:
        dtype, needs = case["dtype"], ",".join(case["needs"])
        for operation, step in zip(case["script"], case["expected"].get("steps", ()), strict=False):
            for key in operation.get("gradients_order", ()) if "updates" in step else ():
                if key not in step["updates"]:  # backpropagation does not reach the vertex
                    continue
                bits = [_little_endian(of[key], dtype) for of in (operation["gradients"], step["updates"])]
                lines.append(";".join([case["id"], needs, key, *bits]))
    return lines


def test_an_example_loads_an_export(programs: Programs, everything: Path, loaded: list[str]) -> None:
    assert _lines(programs.load, everything) == loaded


def test_the_example_in_python(everything: Path, loaded: list[str]) -> None:
    assert _lines([sys.executable, str(EXAMPLES / "load.py")], everything) == loaded
    assert len(loaded) > 15_000


def test_the_example_in_c_loads_csv(tmp_path: Path) -> None:
    program = str(tmp_path / "load")
    flags = ("-std=c11", "-Wall", "-Wextra", "-Werror")
    subprocess.run([required("cc"), *flags, "-o", program, str(EXAMPLES / "load.c")], check=True)  # noqa: S603
    path = _export(tmp_path / "cases.csv", "--format", "csv", "--case", "*key*")
    json_path = _export(tmp_path / "cases.json", "--case", "*key*")
    lines = [line.rsplit(";", 3) for line in _lines([program], path)]
    found = {tuple(line[:-1]): float.fromhex(line[-1]) for line in lines}
    assert len(found) == len(lines)
    for case in json.loads(json_path.read_text())["cases"]:
        for number, operation in enumerate(case["script"]):
            for key, data in operation.get("gradients", {}).items():
                token = key.replace("~", "~0").replace("/", "~1")
                where = case["id"], f"/script/{number}/gradients/{token}"
                got = [found[(*where, str(index))] for index in range(len(data["hex"]))]
                assert [*map(float, values.from_hex(data["hex"], case["dtype"]))] == got
