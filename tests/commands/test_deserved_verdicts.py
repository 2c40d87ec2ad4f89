"""No verdict without enough cases: floors of selections, misspelt capabilities, and the cases that were not run."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any

import pytest
from click.testing import CliRunner, Result

import dl4j_fixtures
from dl4j_backends.interface import Network, UnsupportedError
from dl4j_backends.numpy import NumpyBackend
from dl4j_conformance.cli.main import cli
from dl4j_conformance.vectors.fixtures import Selection, floors
from golden_fixtures import every_fixture

HERE = "python:test_deserved_verdicts:"


def invoke(*arguments: str) -> Result:
    result = CliRunner().invoke(cli, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


@pytest.fixture(scope="module")
def few_fixtures(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The cases of SGD and ADAM, which are read fast."""
    folder = tmp_path_factory.mktemp("fixtures")
    cases = [case for case in dl4j_fixtures.load("updaters") if case["id"].startswith(("sgd-", "adam-"))]
    dl4j_fixtures.write(dl4j_fixtures.render({"updaters": cases}, {}, {}), folder)
    return str(folder)


class Refusing(NumpyBackend):
    """Refuses everything."""

    def open(self, network: Network) -> Any:
        raise UnsupportedError("not today")


class RunsOne(NumpyBackend):
    """Refuses everything but one network."""

    opened = 0

    def open(self, network: Network) -> Any:
        self.opened += 1
        if self.opened > 1:
            raise UnsupportedError("one is enough")
        return super().open(network)


class OneType(NumpyBackend):
    """Has no float64."""

    def open(self, network: Network) -> Any:
        if network.dtype == "float64":
            raise UnsupportedError("float64")
        return super().open(network)


class OnlySgd(NumpyBackend):
    """Has no updater but SGD, and nothing optional."""

    capabilities = frozenset()

    def open(self, network: Network) -> Any:
        if {layer.get("updater", network.conf.get("updater", "SGD")) for layer in network.layers} - {"SGD"}:
            raise UnsupportedError("that updater")
        return super().open(network)


class Misspelt(NumpyBackend):
    capabilities = frozenset({"state_uot"})


class AsTuple(NumpyBackend):
    capabilities: Any = ("state_out",)


class AsText(NumpyBackend):
    capabilities: Any = "state_out"


class WithNumber(NumpyBackend):
    capabilities: Any = frozenset({"state_out", 7})


def test_floors_of_everything_are_those_of_the_manifest() -> None:
    promised = {
        dtype: {updater: n for updater, n in counts.items() if updater != "all"}
        for dtype, counts in dl4j_fixtures.manifest()["floors"].items()
    }
    assert floors(Selection(), every_fixture()) == promised


def test_a_case_of_each_type_and_updater_has_to_run_even_if_it_asks_for_capabilities() -> None:
    chosen = [fixture for fixture in every_fixture() if fnmatchcase(fixture.case.id, "save-and-restore*")]
    chosen = chosen or [fixture for fixture in every_fixture() if fixture.case.required_capabilities][:3]
    found = floors(Selection("x*"), chosen)
    assert all(n >= 1 for counts in found.values() for n in counts.values())


@pytest.mark.parametrize(
    ("backend", "selection", "code"),
    [
        ("Refusing", ("--case", "sgd-*"), 4),
        ("Refusing", ("--case", "sgd-first-step-float32"), 4),
        ("RunsOne", ("--case", "sgd-*"), 4),
        ("RunsOne", ("--case", "adam-first-step-*"), 4),
        ("RunsOne", ("--case", "sgd-first-step-float32"), 0),
        ("OneType", ("--case", "sgd-*"), 4),
        ("OneType", ("--case", "sgd-*-float32"), 0),
        ("OnlySgd", ("--updater", "SGD"), 0),
        ("OnlySgd", ("--case", "sgd-*"), 0),
        ("OnlySgd", ("--case", "*-first-step-*"), 4),
        ("OnlySgd", ("--updater", "ADAM"), 4),
    ],
)
def test_floors_hold_for_selections(backend: str, selection: tuple[str, str], code: int, few_fixtures: str) -> None:
    style = "markdown" if backend == "RunsOne" else "pretty"
    result = invoke("run", HERE + backend, *selection, "--format", style, "--folder", few_fixtures)
    assert result.exit_code == code
    assert ("conforms" in result.stdout) == (code == 0)
    if code:
        assert "too few cases ran: " in result.stdout
        assert "not run: " in result.stdout


def test_json_says_what_was_not_run_and_what_is_below_its_floor(few_fixtures: str) -> None:
    selection = ("--case", "sgd-first-step-*", "--folder", few_fixtures)
    result = invoke("run", HERE + "OneType", *selection, "--format", "json")
    (summary,) = json.loads(result.stdout)["backends"]
    assert summary["exit_code"] == result.exit_code == 4
    assert summary["below_floor"] == ["SGD float64: 0 of at least 1 cases ran"]
    assert summary["not_run"] == {"unsupported: float64": 1}
    assert summary["cases_not_run"] == {"unsupported: float64": ["sgd-first-step-float64"]}
    assert "conforms" not in result.stdout


@pytest.mark.parametrize(
    ("backend", "said"),
    [
        ("Misspelt", "'state_uot' is unknown; did you mean 'state_out'?"),
        ("AsTuple", "its capabilities must be a frozenset of names, not tuple"),
        ("AsText", "its capabilities must be a frozenset of names, not str"),
        ("WithNumber", "one is int (7)"),
    ],
)
@pytest.mark.parametrize("command", ["run", "fuzz"])
def test_a_wrong_capability_is_named(backend: str, said: str, command: str) -> None:
    result = invoke(command, HERE + backend)
    assert result.exit_code == 3
    assert said in result.output


def test_fuzz_without_a_judged_case_gives_no_verdict() -> None:
    result = invoke("fuzz", HERE + "Refusing", "--examples", "10")
    assert (result.exit_code, result.stdout) == (4, f"{HERE}Refusing: nothing ran (10 cases not run)\n")


def test_fuzz_draws_no_more_than_it_was_told() -> None:
    assert (
        "numpy: no difference in 30 cases\n" in invoke("fuzz", "numpy", "--examples", "30", "--updater", "SGD").stdout
    )
