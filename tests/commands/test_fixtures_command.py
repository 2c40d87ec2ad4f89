"""``fixtures``: intact as committed, reproducible, and no changed digit goes unnoticed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import dl4j_fixtures
from dl4j_conformance.cli.main import cli
from dl4j_conformance.vectors import golden

FILES = {name: dl4j_fixtures.read(dl4j_fixtures.DATA / name) for name in dl4j_fixtures.names()}
HEX_DIGIT = re.compile(rb'(?<=["0-9a-f])[0-9a-f](?=[0-9a-f]{0,63}")')


def fixtures(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["fixtures", *arguments])


def _loaded(*topics: str) -> dict[str, list[dict[str, Any]]]:
    return {topic: list(dl4j_fixtures.load(topic)) for topic in topics}


def _set_of(*topics: str) -> dict[str, bytes]:
    """The committed fixtures of some topics, with a manifest of their own: verifying them takes a moment."""
    loaded, kills, reach = _loaded(*topics), dl4j_fixtures.kills(), dl4j_fixtures.reach()
    ids = [fixture["id"] for fixtures in loaded.values() for fixture in fixtures]
    reaches = {id_: reach[id_] for id_ in ids}
    return dl4j_fixtures.render(loaded, golden.ABOUT, {id_: kills[id_] for id_ in ids}, {}, reaches)


SMALL = _set_of("keys", "state")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    dl4j_fixtures.write(SMALL, tmp_path)
    return tmp_path


def test_committed_fixtures_are_intact() -> None:
    result = fixtures("verify", "--folder", str(dl4j_fixtures.DATA))
    assert result.exit_code == 0, result.output
    assert "intact" in result.stdout


def test_the_whole_set_is_small() -> None:
    around = ("optimizer", "graph", "layer", "saving", "equality")
    update = sum(
        len(content) for name, content in FILES.items() if name != "kills.json" and not name.startswith(around)
    )
    assert update < 18_000_000
    assert sum(map(len, FILES.values())) < 25_000_000


def test_margins_are_short() -> None:
    rows = {"a": {"b": [-3, 1800000, None, 20000], "c": [None, "structure"], "d": [2, 12000000, 100000, 130]}}
    written = dl4j_fixtures.render({}, golden.ABOUT, rows)["kills.json"]
    assert b'"a":{"b":[-3,1.8e6,null,2e4],"c":[null,"structure"],"d":[2,1.2e7,1e5,130]}' in written
    assert json.loads(written)["cases"] == rows
    assert dl4j_fixtures.render({}, golden.ABOUT, json.loads(written)["cases"])["kills.json"] == written


def test_regenerating_changes_no_byte_and_repairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One topic, broken, becomes what it was; tox checks every byte of the whole set."""
    keys = golden.topics()["keys"]
    monkeypatch.setattr(golden, "topics", lambda: {"keys": keys})
    folder, files = ("--folder", str(tmp_path)), _set_of("keys")
    dl4j_fixtures.write(files, tmp_path)
    assert fixtures("regenerate", "--check", *folder).exit_code == 0
    monkeypatch.setattr(golden, "all_files", lambda where, progress, rows, reaches: files)
    (tmp_path / "keys-float32.json").write_text("{}")
    (tmp_path / "stale.json").write_text("{}")
    assert fixtures("regenerate", "--check", *folder).exit_code == 1
    assert fixtures("verify", *folder).exit_code == 5
    assert fixtures("regenerate", *folder).exit_code == 0
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*")} == files


def test_fixtures_are_the_same_with_pure_python_integers() -> None:
    """mpmath on Python's integers, whatever else is installed."""
    script = (
        "import sys, mpmath.libmp as m; assert m.BACKEND == 'python', m.BACKEND\n"
        "import dl4j_fixtures\n"
        "from dl4j_conformance.vectors import golden\n"
        "kills, reach = dl4j_fixtures.kills(), dl4j_fixtures.reach()\n"
        "computed = {t: [golden.fixture(c) for c in cases] for t, cases in golden.topics().items()}\n"
        "recordings = golden.recordings(dl4j_fixtures.DATA)\n"
        "for name, content in golden.rendered(computed, kills, reach, recordings).items():\n"
        "    assert dl4j_fixtures.read(dl4j_fixtures.DATA / name) == content, name\n"
    )
    environment = {**os.environ, "MPMATH_NOGMPY": "1"}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout + done.stderr


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_changed_hex_digit_is_found_and_its_case_named(copy: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(set(SMALL) - {"manifest.json", "kills.json", "reach.json"})))
    raw = SMALL[name]
    start = data.draw(st.integers(raw.index(b"\n"), len(raw) - 200))
    found = HEX_DIGIT.search(raw, start)
    if found is None:
        return
    digit = b"e" if found.group() == b"f" else b"f"
    changed = raw[: found.start()] + digit + raw[found.end() :]
    (copy / name).write_bytes(changed)
    result = fixtures("verify", "--folder", str(copy))
    (copy / name).write_bytes(raw)
    line = raw[: found.start()].count(b"\n")
    case = json.loads(raw.splitlines()[line].rstrip(b","))["id"]
    assert result.exit_code == 5
    assert "Traceback" not in result.output
    shown = changed.splitlines()[line][7:].split(b'"')[0].decode()
    assert case in result.stderr or shown in result.stderr


def test_a_changed_hash_in_the_manifest_is_found(copy: Path) -> None:
    manifest = json.loads(SMALL["manifest.json"])
    hashes = manifest["files"]["keys-float32.json"]["cases"]
    hashes["key-empty-float32"] = "0" * 64
    (copy / "manifest.json").write_text(json.dumps(manifest))
    result = fixtures("verify", "--folder", str(copy))
    assert result.exit_code == 5
    assert "key-empty-float32" in result.stderr


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("keys-float32.json", b"{", "keys-float32.json:1: not JSON"),
        ("keys-float32.json", b"\xff\xfe", "not JSON"),
        ("keys-float32.json", b"[]", "is not a file of fixtures"),
        ("keys-float32.json", None, "cannot be read"),
        ("manifest.json", None, "manifest.json: cannot be read"),
        ("manifest.json", b"[1]", "is not a manifest"),
        ("manifest.json", b'{"files": {}, "format_version": 99}', "format version 99"),
        ("manifest.json", b'{"files": {}, "format_version": 1}', "'counts' is a required property"),
        ("kills.json", None, "kills.json: cannot be read"),
        ("kills.json", b"{", "kills.json:1: not JSON"),
        ("kills.json", b"[]", "is not a kill matrix"),
        ("kills.json", b'{"cases": {}}', "is not the file of the manifest"),
        ("reach.json", None, "reach.json: cannot be read"),
        ("reach.json", b"[]", "is not the reach of rounding"),
        ("reach.json", b'{"cases": {}}', "is not the file of the manifest"),
        ("more.json", b"{}", "more.json: is not in the manifest"),
    ],
)
def test_broken_files(copy: Path, name: str, content: bytes | None, message: str) -> None:
    if content is None:
        (copy / name).unlink()
    else:
        (copy / name).write_bytes(content)
    result = fixtures("verify", "--folder", str(copy))
    assert result.exit_code == 5
    assert message in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows.pop("key-empty-float32"), "case key-empty-float32: has no row"),
        (lambda rows: rows.update({"no-such-case": {}}), "case no-such-case: is not among the fixtures"),
        (lambda rows: rows["key-empty-float32"].clear(), "case key-empty-float32: a case is basic if"),
        (lambda rows: rows.update({"key-empty-float32": {"sgd-negated": {"updates": -1}}}), "key-empty-float32"),
    ],
)
def test_a_wrong_kill_matrix_is_found(copy: Path, change: Callable[[dict[str, Any]], object], message: str) -> None:
    """Even if its hash is right."""
    rows = json.loads(SMALL["kills.json"])["cases"]
    change(rows)
    dl4j_fixtures.write(dl4j_fixtures.render(_loaded("keys", "state"), golden.ABOUT, rows), copy)
    result = fixtures("verify", "--folder", str(copy))
    assert result.exit_code == 5
    assert message in result.stderr


def test_a_removed_case_is_found(copy: Path) -> None:
    lines = SMALL["keys-float32.json"].splitlines(keepends=True)
    (copy / "keys-float32.json").write_bytes(b"".join([lines[0], *lines[2:]]))
    result = fixtures("verify", "--folder", str(copy))
    assert "case key-no-underscore-float32: is missing" in result.stderr


def test_schemas_are_schemas() -> None:
    for name in ("fixtures", "kills", "reach", "manifest"):
        Draft202012Validator.check_schema(dl4j_fixtures.schema(name))


def test_loading() -> None:
    every = list(dl4j_fixtures.load())
    some = list(dl4j_fixtures.load("keys", "float32"))
    assert 0 < len(some) < len(every)
    assert {fixture["dtype"] for fixture in some} == {"float32"}
    counts = dl4j_fixtures.manifest()["counts"]
    assert counts["float32"]["all"] + counts["float64"]["all"] == len(every)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_lengths_and_layers_that_the_cases_cover(dtype: str) -> None:
    lengths, depths = set(), set()
    for fixture in dl4j_fixtures.load(dtype=dtype):
        depths.add(len(fixture["network"]["layers"]))
        lengths |= {len(values["hex"]) for values in fixture["network"]["params"].values()}
    assert {1, 2, 3, 7, 31, 32, 33, 64} <= lengths
    assert {1, 2, 3, 4} <= depths
