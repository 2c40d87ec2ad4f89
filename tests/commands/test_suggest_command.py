"""``suggest`` prints programs that run, and whose steps are DL4J's wherever the program says so."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

import pytest
from click.testing import CliRunner

from dl4j_backends.engine.settings import layer_settings as read_settings
from dl4j_backends.frameworks.construction import Mode, construction
from dl4j_conformance.cli.exit_code import ExitCode
from dl4j_conformance.cli.main import cli
from dl4j_conformance.migration.counterpart import Fit, Library
from dl4j_conformance.migration.drift import drift
from dl4j_conformance.migration.libraries import LIBRARIES
from dl4j_conformance.migration.settings import LayerSettings, layer_settings
from dl4j_oracle.configuration import Updater
from dl4j_oracle.errors import ConfigurationError
from dl4j_oracle.updaters import UPDATERS
from toolchains import required_module

_MODULES = {
    "torch": ("torch", "torch"),
    "optax": ("optax", "optax"),
    "keras": ("dl4j_backends.frameworks.keras", "keras"),
}
#: Settings other than the defaults, and regularization.
_LAYERS: Mapping[Updater, tuple[Mapping[str, Any], ...]] = {
    Updater.SGD: ({}, {"learning_rate": 0.03, "l1": 0.01, "l2": 0.1}),
    Updater.NONE: ({}, {"l2": 0.1}),
    Updater.NESTEROVS: ({}, {"momentum": 0.5, "l1": 0.01}, {"momentum": 0.0}),
    Updater.ADAM: ({}, {"epsilon": 1e-3, "adam_mean_decay": 0.8, "adam_var_decay": 0.95, "l2": 0.1}),
    Updater.ADADELTA: ({"rho": 0.95}, {"rho": 0.5, "epsilon": 1e-3, "l1": 0.01, "l2": 0.1}),
    Updater.ADAGRAD: ({}, {"epsilon": 1e-3, "learning_rate": 0.02, "l2": 0.1}),
    Updater.RMSPROP: ({}, {"epsilon": 1e-3, "rms_decay": 0.8, "l1": 0.01}),
}


def suggest(*arguments: str) -> str:
    done = CliRunner().invoke(cli, ["suggest", *arguments])
    assert done.exit_code == 0, done.output
    return done.output


def refused(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["suggest", *arguments])
    return done.exit_code, done.output


def drifts(library: Library, layer: Mapping[str, Any], *, as_it_is: bool = False) -> float:
    regularized = {"use_regularization": True}
    return drift(library, layer_settings(regularized, [{"n_in": 1, "n_out": 1, **layer}]), as_it_is=as_it_is, steps=40)


@pytest.mark.parametrize("updater", UPDATERS)
@pytest.mark.parametrize("name", _MODULES)
def test_steps_are_equal_where_the_program_says_so(name: str, updater: Updater) -> None:
    required_module(*_MODULES[name])
    library = LIBRARIES[name]
    for layer in _LAYERS[updater]:
        found = drifts(library, {"updater": updater, **layer})
        assert (found < 1e-13) == (library.counterparts[updater].fit is Fit.EQUAL), layer
        assert found < 0.1, layer


@pytest.mark.parametrize(
    ("name", "updater"), [("torch", Updater.ADAM), ("torch", Updater.RMSPROP), ("optax", Updater.ADAGRAD)]
)
def test_without_what_is_set_by_hand_they_are_not(name: str, updater: Updater) -> None:
    required_module(*_MODULES[name])
    layer = {"updater": updater}
    assert drifts(LIBRARIES[name], layer, as_it_is=True) > max(1e-5, 2 * drifts(LIBRARIES[name], layer))


@pytest.mark.parametrize("updater", [updater for updater in UPDATERS if updater is not Updater.NONE])
@pytest.mark.parametrize("name", LIBRARIES)
def test_the_optimizers_are_those_of_the_backends(name: str, updater: Updater) -> None:
    library, layer = LIBRARIES[name], {"n_in": 1, "n_out": 1, "updater": updater, "rho": 0.9}
    counterpart, settings = library.counterparts[updater], layer_settings({}, [layer])
    alone, matched = (
        construction(library.address, updater, read_settings(layer, {}), 0.1, mode)
        for mode in (Mode.ALONE, Mode.MATCHED)
    )
    assert (counterpart.name, arguments(counterpart.plain, settings)) == (alone.name, alone.arguments)
    more = matched.arguments.items() - alone.arguments.items()
    assert more <= arguments(counterpart.call, settings).items()
    assert all(array in counterpart.state for array in matched.start)


def arguments(call: str, settings: LayerSettings) -> Mapping[str, Any]:
    """Return the arguments of a call by their names, but for the learning rate."""
    parsed = ast.parse(filled(call, settings), mode="eval").body
    assert isinstance(parsed, ast.Call)
    named = {keyword.arg or "": ast.unparse(keyword.value) for keyword in parsed.keywords if keyword.arg != "lr"}
    return {name: eval(text, {"epsilon_of_step": None}) for name, text in named.items()}  # noqa: S307 - our own


def filled(call: str, settings: LayerSettings) -> str:
    return Template(call).substitute({name: repr(value) for name, value in settings.numbers.items()})


@pytest.mark.parametrize("name", LIBRARIES)
def test_every_updater_has_a_program(name: str) -> None:
    assert LIBRARIES[name].counterparts.keys() == UPDATERS.keys()
    for updater in UPDATERS:
        rho = ("--rho", "0.9") if updater is Updater.ADADELTA else ()
        text = suggest("--updater", updater.lower(), "--to", name, "--l1", "0.5", "--l2", "0.25", *rho)
        assert ast.get_docstring(ast.parse(text))
        assert "$" not in text
        assert max(map(len, text.splitlines())) <= 120


def test_a_network_gives_the_settings_of_a_layer(tmp_path: Path) -> None:
    layers = [
        {"n_in": 3, "n_out": 2, "updater": "SGD"},
        {
            "n_in": 2,
            "n_out": 1,
            "updater": "NESTEROVS",
            "bias_learning_rate": 0.5,
            "frozen": True,
            "gradient_normalization": "ClipL2PerLayer",
            "gradient_normalization_threshold": 2.5,
            "momentum_schedule": {"10": 0.8},
        },
    ]
    conf = {"learning_rate": 0.02, "lr_policy": "Step", "mini_batch": False}
    file = tmp_path / "network.json"
    file.write_text(json.dumps({"conf": conf, "layers": layers}, indent=1))
    text = " ".join(suggest("--network", str(file), "--layer", "1", "--to", "torch").split())
    assert "torch.optim.SGD(parameters, lr=0.02, momentum=0.9, nesterov=True)" in text
    for sentence in (
        "as ClipL2PerLayer does, threshold 2.5",
        "Policy Step",
        "momentum schedule",
        "rate 0.5",
        "is frozen",
        "is off",
    ):
        assert sentence in text
    assert "momentum" not in suggest("--network", str(file), "--to", "torch")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--updater", "NESTEROVS", "--momentum", "0"), "NESTEROVS with a momentum of 0 is SGD."),
        (("--updater", "ADADELTA", "--rho", "0.9"), "DL4J's AdaDelta takes none."),
        (("--updater", "ADAM"), "At a learning rate of 0 it stands still."),
        (("--updater", "ADAM", "--momentum", "0.5"), "momentum is given, and ADAM does not read it."),
        (("--updater", "NONE", "--learning-rate", "0.5"), "learning_rate is given, and NONE does not read it."),
        (("--updater", "SGD"), "Take the sum as the loss"),
        (("--l2", "0.1"), "Give it the weights alone"),
    ],
)
def test_what_differs_is_said(arguments: tuple[str, ...], sentence: str) -> None:
    for name in LIBRARIES:
        assert sentence in " ".join(suggest("--to", name, *arguments).split())


def test_a_case_gives_the_settings() -> None:
    text = suggest("--case", "adagrad-first-step-float32", "--to", "torch")
    assert "torch.optim.Adagrad(" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--updater", "ADADELTA"), "--rho: is not set, and has no default"),
        (("--learning-rate", "inf"), "--learning-rate: is inf"),
        (("--learning-rate", "-1"), "--learning-rate: is -1.0"),
        (("--l2", "inf"), "--l2: is inf"),
        (("--updater", "ADAM", "--adam-var-decay", "1"), "--adam-var-decay: is 1.0"),
        (("--layer", "0"), "names a layer of --network or of --case"),
        (("--updater", "ADAM", "--case", "adam-first-step-float32"), "name one of them"),
        (("--case", "adam-first-step-float32", "--layer", "7"), "there is no layer 7"),
    ],
)
def test_what_makes_no_sense_is_said(arguments: tuple[str, ...], words: str) -> None:
    code, output = refused(*arguments, "--to", "torch")
    assert (code, words in output) == (ExitCode.USAGE, True), output


@pytest.mark.parametrize("text", ["", "[]", '{"layers": 3}', '{"layers": [{}'])
def test_a_file_that_is_no_network(tmp_path: Path, text: str) -> None:
    file = tmp_path / "network.json"
    file.write_text(text)
    code, output = refused("--network", str(file), "--to", "torch")
    assert (code, str(file) in output) == (ExitCode.UNREADABLE, True), output


def test_a_file_with_a_setting_that_makes_no_sense(tmp_path: Path) -> None:
    file = tmp_path / "network.json"
    file.write_text('{"layers": [{"n_in": 1, "n_out": 1, "updater": "ADAMM"}]}')
    code, output = refused("--network", str(file), "--to", "torch")
    assert (code, f"{file}: layers[0].updater: must be one of" in output) == (ExitCode.USAGE, True), output


def test_a_number_with_which_no_library_does_what_dl4j_does() -> None:
    with pytest.raises(ConfigurationError, match=r"layers\[0\].epsilon: is inf"):
        layer_settings({}, [{"n_in": 1, "n_out": 1, "updater": "ADAM", "epsilon": "Infinity"}])
