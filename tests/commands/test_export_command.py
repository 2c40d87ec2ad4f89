"""``fixtures export``: what a port can use, in three formats that say the same."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

import dl4j_fixtures
from dl4j_conformance.cases import values
from dl4j_conformance.cases.case import from_json
from dl4j_conformance.cli.main import cli
from golden_fixtures import every_fixture

_SOME = ("--case", "*-first-step-*")


def export(file: Path | str, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["fixtures", "export", str(file), *arguments])


def _cases(path: Path) -> list[dict[str, Any]]:
    return list(json.loads(path.read_text())["cases"])


def test_what_a_port_has_decides_what_it_gets(tmp_path: Path) -> None:
    path = tmp_path / "cases.json"
    options = ("--updater", "sgd", "--updater", "ADAM", "--needs", "clone, state_in", "--type", "float64")
    assert export(path, *options).exit_code == 0
    expected = {
        fixture.case.id: sorted(fixture.case.required_capabilities)
        for fixture in every_fixture()
        if fixture.case.dtype == "float64"
        and {"SGD", "ADAM"} >= set(fixture.case.updaters)
        and {"clone", "state_in"} >= fixture.case.required_capabilities
    }
    assert {case["id"]: case["needs"] for case in _cases(path)} == expected
    assert {tuple(needs) for needs in expected.values()} >= {(), ("clone",), ("state_in",)}


def test_none_stands_for_no_capability(tmp_path: Path) -> None:
    path = tmp_path / "cases.json"
    assert export(path, "--needs", "none").exit_code == 0
    floors = dl4j_fixtures.manifest()["floors"]
    cases = _cases(path)
    assert len(cases) == floors["float32"]["all"] + floors["float64"]["all"]
    assert all(case["needs"] == [] for case in cases)


def test_an_exported_case_is_the_fixture_and_more(tmp_path: Path) -> None:
    path = tmp_path / "cases.json"
    assert export(path, "--case", "*search*").exit_code == 0
    stored = {data["id"]: data for data in dl4j_fixtures.load()}
    searched = 0
    for case in _cases(path):
        needs, network = case.pop("needs"), case["network"]
        assert network.pop("params_order") == list(network["params"])
        for operation in (*case["script"], *(o["search"] for o in case["script"] if "search" in o)):
            searched += "step" in operation
            if "gradients" in operation:
                assert operation.pop("gradients_order") == list(operation["gradients"])
        assert case == stored[case["id"]]
        assert needs == sorted(from_json(case).required_capabilities)
    assert searched


def test_the_file_names_the_version_of_the_fixtures(tmp_path: Path) -> None:
    path = tmp_path / "cases.json"
    assert export(path, *_SOME).exit_code == 0
    content = json.loads(path.read_text())
    assert content["version"] == dl4j_fixtures.version(dl4j_fixtures.manifest())
    assert content["format_version"] == 1


def _at(data: Any, pointer: str) -> Any:
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        data = data[int(key)] if isinstance(data, list) else data[key]
    return data


def test_csv_has_every_value_of_the_json(tmp_path: Path) -> None:
    selection = ("--case", "*key*")  # keys with every character
    assert export(tmp_path / "cases.json", *selection).exit_code == 0
    assert export(tmp_path / "cases.csv", *selection, "--format", "csv").exit_code == 0
    cases = {case["id"]: case for case in _cases(tmp_path / "cases.json")}
    with (tmp_path / "cases.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    leaves = 0
    for row in rows:
        value = _at(cases[row["case"]], row["path"])
        if row["index"]:
            i = int(row["index"])
            assert (row["hex"], row["value"]) == (value["hex"][i], value["decimal"][i])
            assert row["exact"] == (value["exact"][i] if "exact" in value else "")
        elif row["hex"]:
            assert (row["hex"], row["value"]) == (value["hex"], value["decimal"])
        else:
            assert row["value"] == value or json.loads(row["value"]) == value
        leaves += 1
    assert leaves == sum(_leaves(case) for case in cases.values())


def _leaves(data: Any) -> int:
    match data:
        case {"hex": str()}:
            return 1
        case {"hex": [*patterns]} if patterns:
            return len(patterns)
        case dict() if data:
            return sum(map(_leaves, data.values()))
        case list() if data:
            return sum(map(_leaves, data))
        case _:
            return 1


def test_npz_has_the_arrays_by_case_and_path(tmp_path: Path) -> None:
    assert export(tmp_path / "cases.json", *_SOME).exit_code == 0
    assert export(tmp_path / "cases.npz", *_SOME, "--format", "npz").exit_code == 0
    with np.load(tmp_path / "cases.npz") as arrays:
        described = json.loads(arrays["cases"].tobytes())
        for case, plain in zip(described["cases"], _cases(tmp_path / "cases.json"), strict=True):
            got = arrays[case["script"][0]["gradients"]["0_W"]["array"]]
            assert got.dtype == case["dtype"]
            assert values.hex_of(got) == plain["script"][0]["gradients"]["0_W"]["hex"]
            name = f"{case['id']}/expected/steps/0/updates/0_W"
            assert case["expected"]["steps"][0]["updates"]["0_W"] == {"array": name}
            assert values.hex_of(arrays[name]) == plain["expected"]["steps"][0]["updates"]["0_W"]["hex"]


@pytest.mark.parametrize("style", ["json", "csv", "npz"])
def test_the_same_export_has_the_same_bytes(tmp_path: Path, style: str) -> None:
    for name in "ab":
        assert export(tmp_path / name, *_SOME, "--format", style).exit_code == 0
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("cases.json", "--needs", "clones"), "there is no capability 'clones'; did you mean 'clone'?"),
        (("cases.json", "--needs", "intermediates"), "there is no capability 'intermediates'"),
        (("cases.json", "--case", "no-such-*"), "no case is left"),
        (("cases.json", "--updater", "custom"), "'custom' is not one of"),
        (("nowhere/cases.json",), "there is no folder"),
        (("folder/",), "is a folder"),
    ],
)
def test_usage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], message: str) -> None:
    monkeypatch.chdir(tmp_path)
    result = export(*arguments)
    assert (result.exit_code, message in result.output) == (2, True), result.output
    assert list(tmp_path.iterdir()) == []


def test_nothing_half_written_takes_the_place_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "cases.json"
    path.write_text("before")
    monkeypatch.setattr("dl4j_conformance.vectors.export._json", lambda *_: exec("raise OSError(28, 'no space')"))  # noqa: S102
    result = export(path, *_SOME)
    assert (result.exit_code, "cannot be written" in result.output) == (6, True)
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("cases.json", "before")]
