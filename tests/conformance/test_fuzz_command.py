"""``fuzz``: finds nothing in what is right, and a small case in what is wrong, which ``replay`` reproduces."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import find, settings
from hypothesis.errors import NoSuchExample

from dl4j_conformance.command_line import cli
from dl4j_conformance.strategies import ODD_KEYS, odd_keys


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def test_an_odd_key_is_no_parameter_of_the_network() -> None:
    """It comes with an array of its own length, which DL4J could not add to the parameter's state."""
    assert "0_vb" in ODD_KEYS
    with pytest.raises(NoSuchExample):
        find(odd_keys({"0_W": 3, "0_b": 1, "0_vb": 3}), lambda key: key == "0_vb", settings=settings(database=None))


@pytest.mark.parametrize("seed", ["1", "2"])
def test_nothing_is_found_in_the_numpy_backend(seed: str, tmp_path: Path) -> None:
    result = invoke("fuzz", "numpy", "--examples", "150", "--seed", seed, "--save", str(tmp_path / "x.jsonl"))
    assert result.exit_code == 0, result.output
    assert "numpy: no difference in" in result.stdout
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "reading", "updater"),
    [("adam_late", "adam-t-from-zero", "ADAM"), ("rmsprop_from_zero", "rmsprop-from-zero", "RMSPROP")],
)
def test_a_mistake_is_found_shrunk_named_and_reproduced(name: str, reading: str, updater: str, tmp_path: Path) -> None:
    saved = tmp_path / "failure.jsonl"
    address = f"python:wrong_backends:{name}"
    result = invoke("fuzz", address, "--examples", "300", "--updater", updater, "--save", str(saved))
    assert result.exit_code == 1
    assert reading in result.stdout
    assert f"reproduce: dl4j-conformance replay {saved} {address}" in result.stdout
    assert "layer 2" not in result.stdout
    again = invoke("replay", str(saved), address)
    assert again.exit_code == 1
    assert invoke("replay", str(saved), "oracle", "numpy").exit_code == 0


def test_rounding_is_not_a_failure_of_level_bounded(tmp_path: Path) -> None:
    result = invoke(
        *("fuzz", "python:wrong_backends:sequential_norms", "--examples", "100", "--level", "bounded"),
        *("--save", str(tmp_path / "x.jsonl")),
    )
    assert result.exit_code == 0, result.output


def test_the_time_limit_ends_it(tmp_path: Path) -> None:
    result = invoke("fuzz", "numpy", "--examples", "1000000", "--time", "1", "--save", str(tmp_path / "x.jsonl"))
    assert result.exit_code == 0
    assert "no difference in" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("nonesuch",), 2),
        (("numpy", "--examples", "0"), 2),
        (("python:no_such_module:X",), 3),
        (("python:wrong_backends:crash", "--save", "/no/such/folder/x.jsonl"), 2),
    ],
)
def test_exit_codes(arguments: tuple[str, ...], code: int) -> None:
    result = invoke("fuzz", *arguments)
    assert result.exit_code == code
    assert "Traceback" not in result.output
