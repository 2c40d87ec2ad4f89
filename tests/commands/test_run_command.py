"""``run``: exit codes, formats, reports, selections, floors."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

import dl4j_fixtures
from dl4j_backends.interface import BackendUnavailableError, Network, UnsupportedError
from dl4j_backends.numpy import NumpyBackend
from dl4j_conformance.cases.case import UPDATERS
from dl4j_conformance.cli.main import cli
from dl4j_conformance.reporting import machine


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["run", *arguments])


class Unsupporting(NumpyBackend):
    """Refuses float64."""

    def open(self, network: Network) -> Any:
        if network.dtype == "float64":
            raise UnsupportedError("float64")
        return super().open(network)


class Minimal(NumpyBackend):
    """Declares nothing optional."""

    capabilities = frozenset()


class Unavailable(NumpyBackend):
    def __init__(self) -> None:
        raise BackendUnavailableError("no such device; install one")


class GivesUp(NumpyBackend):
    """Stops being available after three networks."""

    opened = 0

    def open(self, network: Network) -> Any:
        self.opened += 1
        if self.opened > 3:
            raise BackendUnavailableError("the device has gone")
        return super().open(network)


def test_numpy_conforms_with_a_row_for_each_updater_in_both_types() -> None:
    result = run("numpy")
    assert result.exit_code == 0
    for updater in UPDATERS:
        for dtype in ("float32", "float64"):
            assert any(updater in line and dtype in line for line in result.stdout.splitlines())
    header = next(line for line in result.stdout.splitlines() if "structure" in line)
    assert [header.index(level) for level in ("structure", "reading", "bounded", "bit-exact")] == sorted(
        header.index(level) for level in ("structure", "reading", "bounded", "bit-exact")
    )
    assert "numpy conforms" in result.stdout
    assert re.search(r"all \d+ known misreadings are excluded", result.stdout)


def test_the_oracle_is_its_own_first_backend() -> None:
    assert run("oracle", "--case", "mixed-*").exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("nonesuch",),
        ("numpy", "--case", "no-such-case"),
        ("numpy", "--updater", "ADAMAX"),
        ("numpy", "--format", "html"),
        ("numpy", "--max-fail", "0"),
        ("numpy", "--jobs", "2"),
        ("numpy", "--timeout", "0"),
        ("numpy", "--report", "/no/such/folder/report.jsonl"),
    ],
)
def test_usage_errors(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


@pytest.mark.parametrize("address", ["python:no_such_module:X", "python:test_run_command:Unavailable"])
def test_a_backend_that_cannot_run(address: str) -> None:
    result = run(address)
    assert result.exit_code == 3
    assert "not run" in result.stdout


def test_a_backend_that_gives_up_keeps_its_results(tmp_path: Path) -> None:
    path = tmp_path / "report.jsonl"
    result = run("python:test_run_command:GivesUp", "--report", str(path))
    assert result.exit_code == 3
    assert "the device has gone" in result.stdout
    header, *results, footer = [json.loads(line) for line in path.read_text().splitlines()]
    assert (header["type"], footer["type"]) == ("header", "footer")
    assert [line["status"] for line in results[:4]] == ["passed", "passed", "passed", "not run"]
    assert {line["reason"] for line in results[3:] if "declare" not in line["reason"]} == {"the device has gone"}
    assert "3 of 3 cases passed" in result.stdout


def test_backends_cannot_spoil_the_cases_for_each_other() -> None:
    result = run("python:mutants.wrong_backends:scribbler", "numpy", "--case", "l2-*", "--format", "json")
    scribbler, numpy = json.loads(result.stdout)["backends"]
    assert scribbler["total"]["failed"] > 0
    assert numpy["total"]["failed"] == 0


def test_other_backends_run_when_one_cannot() -> None:
    result = run("python:no_such_module:X", "numpy", "--case", "sgd-*")
    assert result.exit_code == 3
    assert "numpy conforms" in result.stdout


def test_fewer_cases_than_the_floor() -> None:
    result = run("python:test_run_command:Unsupporting")
    assert result.exit_code == 4
    assert "below the floor: SGD float64: 0 of at least" in result.stderr
    assert "unsupported: float64" in result.stdout


def test_optional_capabilities_are_not_under_the_floor() -> None:
    result = run("python:test_run_command:Minimal")
    assert result.exit_code == 0
    assert "not run" in result.stdout
    assert "does not declare" in result.stdout
    assert re.search(r"\d+ of \d+ known misreadings are excluded; not excluded: ", result.stdout)


def test_the_share_of_identical_values_is_reported() -> None:
    """A norm in another order changes updates, and nothing else."""
    right, wrong = (
        run(address, "--case", "summation-27-float32", "--format", "json")
        for address in ("numpy", "python:mutants.wrong_backends:sequential_norms")
    )
    values = [json.loads(result.stdout)["backends"][0]["values"] for result in (right, wrong)]
    count = values[0]["compared"]
    # 27 updates, learning rates of W and b, the layer's momentum.
    assert values[0] == {"compared": 30, "bit_identical": 30}
    assert values[1]["compared"] == count
    assert 3 <= values[1]["bit_identical"] < count
    shown = run("python:mutants.wrong_backends:sequential_norms", "--case", "summation-27-float32").stdout
    assert f"of {count} values are bit-identical to the evaluation model" in shown
    assert "100 %" not in shown


def test_a_selection_has_floors_too() -> None:
    result = run("python:test_run_command:Unsupporting", "--case", "sgd-*")
    assert result.exit_code == 4
    assert "conforms" not in result.stdout


def test_a_selection_of_which_nothing_ran_does_not_pass() -> None:
    result = run("python:test_run_command:Unsupporting", "--case", "*-float64")
    assert result.exit_code == 4
    assert "conforms" not in result.stdout


def test_changed_fixtures(tmp_path: Path) -> None:
    dl4j_fixtures.write(dl4j_fixtures.render({"keys": list(dl4j_fixtures.load("keys"))}, {}, {}), tmp_path)
    name = "keys-float32.json"
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes().replace(b'"3f800000"', b'"3f800001"', 1))
    result = run("numpy", "--folder", str(tmp_path))
    assert result.exit_code == 5
    assert "key-no-underscore-float32" in result.stderr


def test_max_fail_stops_early() -> None:
    result = run("python:mutants.wrong_backends:crash", "--max-fail", "2", "--format", "json")
    document = json.loads(result.stdout)
    assert result.exit_code == 1
    assert document["backends"][0]["total"]["failed"] == 2
    assert document["backends"][0]["stopped_by"] == "--max-fail"


def test_updater_selects() -> None:
    result = run("numpy", "--updater", "adam", "--case", "mixed-*", "--format", "json")
    (summary,) = json.loads(result.stdout)["backends"]
    assert 0 < summary["total"]["passed"] < 32


def test_machine_formats_follow_their_schema(tmp_path: Path) -> None:
    path = tmp_path / "report.jsonl"
    result = run(
        "python:mutants.wrong_backends:l1_before_l2", "--case", "l1-l2-*", "--report", str(path), "--format", "json"
    )
    validator = Draft202012Validator(machine.schema())
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for document in (json.loads(result.stdout), *lines):
        assert list(validator.iter_errors(document)) == []
    assert [line["type"] for line in lines].count("result") == 14
    assert lines[-1]["exit_code"] == result.exit_code == 1
    with pytest.raises(AssertionError):
        assert list(validator.iter_errors({**lines[0], "backend": 1})) == []


def test_markdown() -> None:
    result = run("python:mutants.wrong_backends:l1_before_l2", "--case", "l1-l2-*", "--format", "markdown")
    assert "| updater | type | structure | reading | bounded | bit-exact | recorded |" in result.stdout
    assert "FAILED l1-l2-sgd-float32" in result.stdout


def test_a_failing_layer_does_not_fail_the_others_updaters() -> None:
    """AdaGrad's wrong start shows in mixed networks; only AdaGrad's rows are failed."""
    result = run("python:mutants.wrong_backends:adagrad_from_zero", "--case", "*mixed*", "--format", "json")
    (summary,) = json.loads(result.stdout)["backends"]
    failed = {row["updater"] for row in summary["table"] if row["failed"]}
    assert failed == {"ADAGRAD"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--case", "ADAM-first*"), "no case matches 'ADAM-first*'; did you mean adam-first-step-float"),
        (("--case", "sgd-first*", "--updater", "adam"), "no case matches 'sgd-first*' and has a layer with ADAM; "),
        (("--case", "adam-["), "no case matches 'adam-['; "),
    ],
)
def test_a_selection_of_nothing_is_named(options: tuple[str, ...], message: str) -> None:
    result = CliRunner().invoke(cli, ["run", "numpy", *options])
    assert (result.exit_code, message in result.stderr) == (2, True), result.stderr
