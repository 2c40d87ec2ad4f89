"""Optimizers of torch, Optax and Keras as ports: each does what its documentation says, and differs where it should."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from dl4j_backends.addresses import resolve
from dl4j_backends.engine.settings import layer_settings
from dl4j_backends.frameworks.as_used import AsUsedSession
from dl4j_backends.frameworks.construction import Mode, construction
from dl4j_backends.interface import BackendUnavailableError, Floats, Network, Session, UnsupportedError
from dl4j_conformance.cli.main import cli
from toolchains import required_module

LIBRARIES = ("torch.optim", "optax", "keras")
SETTINGS = {
    "learning_rate": 0.25,
    "momentum": 0.75,
    "adam_mean_decay": 0.75,
    "adam_var_decay": 0.9,
    "rms_decay": 0.75,
    "rho": 0.75,
    "epsilon": 1e-3,
}
RATE, EPSILON = SETTINGS["learning_rate"], SETTINGS["epsilon"]
GRADIENTS = [np.array([0.5, -0.125, 3e-3]), np.array([-1.5, 0.75, 1e-3]), np.array([0.25, 2.0, -4e-3])]


#: The module that each library is, and the extra that has it.
MODULES = {"torch.optim": ("torch", "torch"), "optax": ("optax", "optax"), "keras": ("keras", "keras")}


def opened(address: str, network: Network) -> Session:
    """Return a session, or skip the test if the library is not installed."""
    try:
        backend = resolve(address)
    except BackendUnavailableError:
        required_module(*MODULES[address.partition(":")[0]])
        raise
    return backend.open(network)


def network(
    updater: str,
    dtype: str = "float64",
    conf: Mapping[str, Any] = {"mini_batch": False},
    weights: float = -0.0,
    **layer: Any,
) -> Network:
    """Return a dense layer of one input and three units, with ``weights`` in every parameter."""
    settings = {"type": "dense", "n_in": 1, "n_out": 3, "updater": updater, **SETTINGS, **layer}
    params = {key: np.full(3, weights, dtype) for key in ("0_W", "0_b")}
    return Network(dtype, conf, [{k: v for k, v in settings.items() if v is not None}], params)


def updates(
    session: Session, iterations: Sequence[int] = (0, 1, 2), dtype: str = "float64", batch_size: int = 1
) -> list[Floats]:
    """Return the updates of the weights; a session that moves them begins each with -0.0."""
    found, moves = [], isinstance(session, AsUsedSession)
    for iteration, gradient in zip(iterations, GRADIENTS, strict=False):
        if moves:
            session.set_params({key: np.full(3, -0.0, dtype) for key in ("0_W", "0_b")})
        seen = session.update({"0_W": gradient.astype(dtype)}, iteration, batch_size)
        found.append(seen.updates["0_W"] if seen.updates else -seen.params["0_W"])
    return found


def sgd(g: Any, t: int, state: list[Any]) -> Any:
    return RATE * g


def sum_of_gradients(g: Any, t: int, state: list[Any]) -> Any:
    """Nesterov's momentum of torch and Optax: the sum is not scaled."""
    state[0] = SETTINGS["momentum"] * state[0] + g
    return RATE * (g + SETTINGS["momentum"] * state[0])


def velocity(g: Any, t: int, state: list[Any]) -> Any:
    """Nesterov's momentum of Keras."""
    state[0] = SETTINGS["momentum"] * state[0] - RATE * g
    return RATE * g - SETTINGS["momentum"] * state[0]


def ada_grad(g: Any, t: int, state: list[Any]) -> Any:
    state[0] = state[0] + g * g
    return RATE * g / (np.sqrt(state[0]) + EPSILON)


def ada_grad_from_a_tenth(g: Any, t: int, state: list[Any]) -> Any:
    """Optax and Keras: the sum begins with 0.1, and epsilon is inside the root."""
    state[0] = state[0] + g * g + (0.1 if t == 1 else 0)
    return RATE * g / np.sqrt(state[0] + EPSILON)


def rms_prop(g: Any, t: int, state: list[Any]) -> Any:
    state[0] = SETTINGS["rms_decay"] * state[0] + (1 - SETTINGS["rms_decay"]) * g * g
    return RATE * g / (np.sqrt(state[0]) + EPSILON)


def rms_prop_inside(g: Any, t: int, state: list[Any]) -> Any:
    rms_prop(g, t, state)
    return RATE * g / np.sqrt(state[0] + EPSILON)


def moments(g: Any, state: list[Any]) -> None:
    beta1, beta2 = SETTINGS["adam_mean_decay"], SETTINGS["adam_var_decay"]
    state[0] = beta1 * state[0] + (1 - beta1) * g
    state[1] = beta2 * state[1] + (1 - beta2) * g * g


def adam_corrected(g: Any, t: int, state: list[Any]) -> Any:
    """Algorithm 1 of Kingma and Ba: both moments are corrected, and epsilon is added to the corrected root."""
    moments(g, state)
    m = state[0] / (1 - SETTINGS["adam_mean_decay"] ** t)
    v = state[1] / (1 - SETTINGS["adam_var_decay"] ** t)
    return RATE * m / (np.sqrt(v) + EPSILON)


def adam_hat(g: Any, t: int, state: list[Any]) -> Any:
    """The form before section 2.1 of Kingma and Ba, which DL4J and Keras have."""
    moments(g, state)
    alpha = RATE * math.sqrt(1 - SETTINGS["adam_var_decay"] ** t) / (1 - SETTINGS["adam_mean_decay"] ** t)
    return alpha * state[0] / (np.sqrt(state[1]) + EPSILON)


def ada_delta(g: Any, t: int, state: list[Any]) -> Any:
    rho = SETTINGS["rho"]
    state[0] = rho * state[0] + (1 - rho) * g * g
    update = g * np.sqrt(state[1] + EPSILON) / np.sqrt(state[0] + EPSILON)
    state[1] = rho * state[1] + (1 - rho) * update * update
    return update


Formula = Callable[[Any, int, list[Any]], Any]

#: What the documentation of each library says of its optimizer, and the sign of its state in DL4J's view.
DOCUMENTED: Mapping[tuple[str, str], Formula] = {
    **{(library, "SGD"): sgd for library in LIBRARIES},
    **{(library, "ADADELTA"): ada_delta for library in LIBRARIES},
    ("torch.optim", "NESTEROVS"): sum_of_gradients,
    ("torch.optim", "ADAGRAD"): ada_grad,
    ("torch.optim", "RMSPROP"): rms_prop,
    ("torch.optim", "ADAM"): adam_corrected,
    ("optax", "NESTEROVS"): sum_of_gradients,
    ("optax", "ADAGRAD"): ada_grad_from_a_tenth,
    ("optax", "RMSPROP"): rms_prop_inside,
    ("optax", "ADAM"): adam_corrected,
    ("keras", "NESTEROVS"): velocity,
    ("keras", "ADAGRAD"): ada_grad_from_a_tenth,
    ("keras", "RMSPROP"): rms_prop_inside,
    ("keras", "ADAM"): adam_hat,
}


def nearly(got: Floats, expected: Any) -> None:
    """Fail unless they are equal up to the roundings of three steps, of which each has less than twenty."""
    np.testing.assert_allclose(got, expected, rtol=64 * float(np.finfo(got.dtype).eps), atol=0)


@pytest.mark.parametrize(("library", "updater"), DOCUMENTED)
def test_an_updater_alone_does_what_its_documentation_says(library: str, updater: str) -> None:
    session, formula = opened(library, network(updater)), DOCUMENTED[library, updater]
    state = [np.zeros(3), np.zeros(3)]
    for t, got in enumerate(updates(session), start=1):
        nearly(got, formula(GRADIENTS[t - 1], t, state))
    shown, arrays = session.state(), {"SGD": 0, "ADAM": 2, "ADADELTA": 2}.get(updater, 1)
    scale = -RATE if formula is sum_of_gradients else 1.0
    if arrays:
        assert shown is not None
        nearly(shown[: 3 * arrays], scale * np.concatenate(state[:arrays]))
    else:
        assert shown is None


@pytest.mark.parametrize(
    ("library", "updater", "start"),
    [
        ("torch.optim", "ADAGRAD", 0.0),
        ("optax", "ADAGRAD", 0.1),
        ("keras", "ADAGRAD", 0.1),
        ("torch.optim", "RMSPROP", 0.0),
        ("torch.optim:matched", "ADAGRAD", EPSILON),
        ("torch.optim:matched", "RMSPROP", EPSILON),
        ("optax:matched", "ADAGRAD", EPSILON),
        ("optax:matched", "RMSPROP", EPSILON),
        ("keras:matched", "ADAGRAD", EPSILON),
        ("keras:matched", "RMSPROP", EPSILON),
    ],
)
def test_the_state_begins_as_the_library_does(library: str, updater: str, start: float) -> None:
    assert opened(library, network(updater)).state().tolist() == [start] * 6  # type: ignore[union-attr]


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("updater", ["NESTEROVS", "ADAM", "ADADELTA"])
def test_a_state_that_is_set_is_gone_on_with(library: str, updater: str) -> None:
    one, other = opened(library, network(updater)), opened(library, network(updater))
    expected = updates(one, (0, 1))[1]
    first = opened(library, network(updater))
    updates(first, (0,))
    other.set_state(first.state())  # type: ignore[arg-type]
    nearly(other.update({"0_W": GRADIENTS[1].copy()}, 1, 1).updates["0_W"], expected)  # type: ignore[index]


@pytest.mark.parametrize(("library", "formula"), [("torch.optim", adam_corrected), ("keras", adam_hat)])
def test_adam_alone_takes_the_iteration_of_the_network(library: str, formula: Formula) -> None:
    got = updates(opened(library, network("ADAM")), (6, 3))
    state = [np.zeros(3), np.zeros(3)]
    nearly(got[0], formula(GRADIENTS[0], 7, state))
    nearly(got[1], formula(GRADIENTS[1], 4, state))


def test_momentum_of_torch_follows_a_change_of_the_rate_at_once() -> None:
    """DL4J's velocity keeps the rates of its own steps; a sum of gradients is scaled by the rate of this step."""
    session = opened("torch.optim", network("NESTEROVS", conf={"mini_batch": False, **SCHEDULE}))
    first, second = updates(session, (0, 1))
    buffer = GRADIENTS[0]
    nearly(first, 0.25 * (buffer + 0.75 * buffer))
    buffer = 0.75 * buffer + GRADIENTS[1]
    nearly(second, 0.5 * (GRADIENTS[1] + 0.75 * buffer))


SCHEDULE = {"lr_policy": "Schedule", "lr_policy_decay_rate": 0.5, "learning_rate_schedule": {"1": 0.5}}


def test_scalars_of_keras_adam_are_as_wide_as_its_arrays() -> None:
    settings = {"adam_mean_decay": 0.9, "adam_var_decay": 0.999, "epsilon": 1e-8}
    session = opened("keras", network("ADAM", "float32", **settings))
    (update,) = updates(session, (0,), "float32")
    one = np.float32(1)
    narrow = np.float32(RATE) * np.sqrt(one - np.float32(0.999)) / (one - np.float32(0.9))
    g = GRADIENTS[0].astype("float32")
    m, v = g * np.float32(1 - 0.9), g * g * np.float32(1 - 0.999)
    root = np.sqrt(v) + np.float32(1e-8)
    assert np.abs(update - m * narrow / root).max() < 4 * np.spacing(np.float32(RATE))
    wide = np.float32(RATE * math.sqrt(1 - 0.999) / (1 - 0.9))
    assert np.abs(update - m * wide / root).min() > 32 * np.spacing(np.float32(RATE))


def run(address: str, case: str) -> str:
    """Return what ``run`` prints at level bounded."""
    opened(address, network("SGD"))
    return CliRunner().invoke(cli, ["run", address, "--level", "bounded", "--case", case]).output


@pytest.mark.parametrize(
    ("address", "case"),
    [
        ("torch.optim:matched", "adagrad-three-steps-*"),
        ("torch.optim:matched", "rmsprop-three-steps-*"),
        ("torch.optim:matched", "adam-three-steps-*"),
        ("optax:matched", "adam-three-steps-float64"),
        ("torch.optim", "adadelta-three-steps-*"),
        ("optax:matched", "rmsprop-three-steps-*"),
        ("keras", "adam-three-steps-float64"),
    ],
)
def test_with_these_settings_it_conforms_at_level_bounded(address: str, case: str) -> None:
    assert f"{address} conforms" in run(address, case)


@pytest.mark.parametrize(
    ("address", "case"),
    [
        ("torch.optim", "adagrad-three-steps-*"),
        ("torch.optim", "rmsprop-three-steps-*"),
        ("optax", "rmsprop-three-steps-*"),
        ("keras:matched", "rmsprop-three-steps-*"),
        ("torch.optim", "adam-three-steps-*"),
    ],
)
def test_without_them_it_does_not(address: str, case: str) -> None:
    assert "does not conform: 0 of 2 cases passed" in run(address, case)


@pytest.mark.parametrize("library", LIBRARIES)
def test_as_used_the_loss_is_a_mean(library: str) -> None:
    """DL4J divides the update by the batch size, so that a scaled gradient does not count for less in Adam."""
    alone = updates(opened(library, network("ADAM", conf={}, epsilon=1e-30)), batch_size=8)[0]
    as_used = updates(opened(f"{library}:as-used", network("ADAM", conf={}, epsilon=1e-30)), batch_size=8)[0]
    nearly(as_used, 8 * alone)


@pytest.mark.parametrize(("library", "updater"), DOCUMENTED)
def test_as_used_the_gradient_is_divided_by_the_batch_size_first(library: str, updater: str) -> None:
    if updater == "ADADELTA":  # as used it has a learning rate
        formula: Formula = lambda g, t, state: RATE * ada_delta(g, t, state)  # noqa: E731
    else:
        formula = DOCUMENTED[library, updater]
    state = [np.zeros(3), np.zeros(3)]
    got = updates(opened(f"{library}:as-used", network(updater, conf={})), batch_size=8)
    for t, (update, gradient) in enumerate(zip(got, GRADIENTS, strict=True), start=1):
        nearly(update, formula(gradient / 8, t, state))


@pytest.mark.parametrize("library", LIBRARIES)
def test_as_used_the_optimizer_counts_by_itself(library: str) -> None:
    skipping = updates(opened(f"{library}:as-used", network("ADAM")), (5, 9, 2))
    for got, expected in zip(skipping, updates(opened(library, network("ADAM"))), strict=True):
        nearly(got, expected)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("updater", ["SGD", "ADADELTA"])
def test_as_used_decay_is_the_optimizers(library: str, updater: str) -> None:
    """torch and Optax add it to the gradient; Keras takes it off the weights, times the rate."""
    conf = {"mini_batch": False, "use_regularization": True}
    session = opened(f"{library}:as-used", network(updater, conf=conf, weights=2.0, l2=0.25))
    moved = 2.0 - session.update({"0_W": GRADIENTS[0].copy()}, 0, 1).params["0_W"]
    decay, state = 0.25 * 2.0, [np.zeros(3), np.zeros(3)]
    gradient = GRADIENTS[0] if library == "keras" else GRADIENTS[0] + decay
    step = RATE * (gradient if updater == "SGD" else ada_delta(gradient, 1, state))
    expected = step + RATE * decay if library == "keras" else step
    np.testing.assert_allclose(moved, expected, rtol=0, atol=4 * np.spacing(2.0))


#: clip_grad_norm_ adds 1e-6 to the norm, and Keras computes norms in float32.
CLIPPING = {"torch.optim": 2e-6, "optax": 1e-14, "keras": 2.0**-23}


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("ClipElementWiseAbsoluteValue", np.clip(GRADIENTS[1], -1, 1)),
        ("ClipL2PerLayer", GRADIENTS[1] / np.linalg.norm([*GRADIENTS[1], *GRADIENTS[2]])),
        ("ClipL2PerParamType", GRADIENTS[1] / np.linalg.norm(GRADIENTS[1])),
    ],
)
def test_as_used_clipping_is_the_librarys(library: str, strategy: str, expected: Floats) -> None:
    session = opened(f"{library}:as-used", network("SGD", gradient_normalization=strategy))
    seen = session.update({"0_W": GRADIENTS[1].copy(), "0_b": GRADIENTS[2].copy()}, 0, 1)
    np.testing.assert_allclose(-seen.params["0_W"], RATE * expected, rtol=CLIPPING[library])


POLICIES: Mapping[str, tuple[Mapping[str, Any], Sequence[float]]] = {
    "Exponential": ({"lr_policy_decay_rate": 0.5}, (1, 0.5, 0.25)),
    "Step": ({"lr_policy_decay_rate": 0.5, "lr_policy_steps": 2}, (1, 1, 0.5)),
    "TorchStep": ({"lr_policy_decay_rate": 0.5, "lr_policy_steps": 2}, (1, 1, 0.5)),
    "Poly": ({"lr_policy_power": 2, "num_iterations": 4}, (1, 0.5625, 0.25)),
    "Schedule": ({"learning_rate_schedule": {"1": 0.5, "2": 0.125}}, (1, 2, 0.5)),
    "Inverse": ({"lr_policy_decay_rate": 1.0, "lr_policy_power": 1}, (1, 1 / 2, 1 / 3)),
}
LACKING = {("torch.optim", "Schedule"), ("torch.optim", "Inverse"), ("optax", "Inverse")}


@pytest.mark.parametrize(("library", "policy"), [(lib, p) for lib in LIBRARIES for p in POLICIES])
def test_as_used_schedules_begin_with_the_first_rate(library: str, policy: str) -> None:
    settings, expected = POLICIES[policy]
    given = network("SGD", conf={"mini_batch": False, "lr_policy": policy, **settings})
    if (library, policy) in LACKING:
        with pytest.raises(UnsupportedError, match=f"lr_policy {policy}: {library} has no schedule like it"):
            opened(f"{library}:as-used", given)
        return
    for got, factor, gradient in zip(updates(opened(f"{library}:as-used", given)), expected, GRADIENTS, strict=True):
        nearly(got, RATE * factor * gradient)


REGULARIZED = {"use_regularization": True}


@pytest.mark.parametrize(
    ("address", "given", "reason"),
    [
        ("torch.optim", network("NONE"), "updater NONE: torch.optim has nothing that corresponds to it"),
        ("optax", network("NONE"), "updater NONE: optax has nothing"),
        ("keras", network("NONE"), "updater NONE: keras has nothing"),
        ("torch.optim", network("ADAM", adam_mean_decay=1.0), "torch.optim.Adam refuses these settings: Invalid beta"),
        ("torch.optim", network("ADADELTA", rho=None), "torch.optim.Adadelta refuses .*: Invalid rho value: nan"),
        ("torch.optim", network("NESTEROVS", momentum=0.0), "torch.optim.SGD refuses .*: Nesterov momentum requires"),
        ("keras", network("NESTEROVS", momentum=0.0), "keras.optimizers.SGD has no velocity under a momentum of 0"),
        ("keras", network("NESTEROVS", momentum=1.5), "keras.optimizers.SGD refuses these settings"),
        ("torch.optim:as-used", network("SGD", conf=REGULARIZED, l1=0.5), "l1: the optimizers of torch.optim decay"),
        (
            "keras:as-used",
            network("SGD", bias_learning_rate=0.5),
            "settings of their own: keras trains a model with one",
        ),
        (
            "torch.optim:as-used",
            network("NESTEROVS", momentum_schedule={"1": 0.5}),
            "momentum_schedule: torch.optim changes no momentum",
        ),
    ],
)
def test_a_network_without_counterpart_is_unsupported(address: str, given: Network, reason: str) -> None:
    with pytest.raises(UnsupportedError, match=reason):
        opened(address, given)


@pytest.mark.parametrize(
    ("address", "given", "reason"),
    [
        ("torch.optim", network("ADAM"), "iteration -1: torch's Adam counts from 1"),
        ("optax", network("ADAM"), "iteration -1: Optax counts from 0"),
        *(
            (
                f"{library}:as-used",
                network("SGD", gradient_normalization="RenormalizeL2PerLayer"),
                "gradient_normalization RenormalizeL2PerLayer: ",
            )
            for library in LIBRARIES
        ),
    ],
)
def test_an_update_without_counterpart_is_unsupported(address: str, given: Network, reason: str) -> None:
    session = opened(address, given)
    with pytest.raises(UnsupportedError, match=reason):
        session.update({"0_W": GRADIENTS[0].copy()}, -1, 1)


def test_a_velocity_under_a_rate_of_zero_has_no_sum_of_gradients() -> None:
    session = opened("torch.optim", network("NESTEROVS", learning_rate=0.0))
    session.set_state(np.ones(6))
    with pytest.raises(UnsupportedError, match="a velocity under a learning rate of 0"):
        session.update({"0_W": GRADIENTS[0].copy()}, 0, 1)


@pytest.mark.parametrize("address", ["torch.optim", "torch.optim:as-used"])
def test_a_rate_that_float32_cannot_hold_is_unsupported(address: str) -> None:
    session = opened(address, network("SGD", "float32", learning_rate=1e39))
    with pytest.raises(UnsupportedError, match=r"torch\.optim\.SGD cannot make this step: value cannot be converted"):
        session.update({"0_W": GRADIENTS[0].astype("float32")}, 0, 1)


def test_a_schedule_that_divides_by_zero_is_unsupported() -> None:
    conf = {"lr_policy": "Poly", "lr_policy_power": -1.0, "num_iterations": 1}
    session = opened("torch.optim:as-used", network("SGD", conf=conf))
    with pytest.raises(UnsupportedError, match=r"a schedule that torch\.optim\.SGD cannot follow: "):
        updates(session)


@pytest.mark.parametrize(
    ("library", "schedule"),
    [("torch.optim", {}), ("optax", {}), ("keras", {}), ("optax", {"0": 0.25}), ("keras", {"0": 0.25})],
)
def test_a_schedule_without_changes_keeps_the_rate(library: str, schedule: Mapping[str, float]) -> None:
    conf = {"mini_batch": False, "lr_policy": "Schedule", "learning_rate_schedule": schedule}
    for got, gradient in zip(updates(opened(f"{library}:as-used", network("SGD", conf=conf))), GRADIENTS, strict=True):
        nearly(got, RATE * gradient)


def test_adams_matched_epsilon_changes_with_the_step() -> None:
    settings = layer_settings(network("ADAM").layers[0], {})
    made = construction("torch.optim", "ADAM", settings, RATE, Mode.MATCHED)
    assert [made.epsilon_of_step(t) for t in (1, 2)] == [1e-3 / math.sqrt(1 - 0.9**t) for t in (1, 2)]
    with pytest.raises(ValueError, match=r"torch\.optim\.Adam has one epsilon for all steps"):
        construction("torch.optim", "ADAM", settings, RATE).epsilon_of_step(1)


@pytest.mark.parametrize("mode", ["", ":alone", ":matched", ":as-used"])
@pytest.mark.parametrize(
    ("library", "missing", "extra"),
    [
        ("torch.optim", "torch", "torch"),
        ("optax", "optax", "optax"),
        ("optax", "jax", "optax"),
        ("keras", "keras", "keras"),
    ],
)
def test_a_missing_library_is_named(
    library: str, missing: str, extra: str, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(sys.modules):
        if name.startswith("dl4j_backends.frameworks."):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    install = rf"^{missing} is not installed: pip install 'dl4j-conformance\[{extra}\]'$"
    with pytest.raises(BackendUnavailableError, match=install):
        resolve(f"{library}{mode}")


@pytest.mark.parametrize("address", LIBRARIES)
def test_a_clone_has_an_optimizer_of_its_own(address: str) -> None:
    layer = {"type": "dense", "n_in": 1, "n_out": 3, "updater": "RMSPROP", **SETTINGS}
    params = {"W": np.zeros(3), "b": np.zeros(3)}
    session = opened(address, Network("float64", {"mini_batch": False}, [layer], params, is_standalone_layer=True))
    first, second, third = ({"W": gradient.copy()} for gradient in GRADIENTS)
    session.update(first, 0, 1)
    clone, other = session.clone(), session.clone()
    clone.update(second, 1, 1)
    # What the clone learns, neither the original nor another clone knows.
    expected, seen = session.update(third, 1, 1).updates, other.update({"W": GRADIENTS[2].copy()}, 1, 1).updates
    assert expected
    assert seen
    np.testing.assert_allclose(seen["W"][:2], expected["W"][:2], rtol=0.01)
    # A clone of RMSPROP has the epsilon of a new object, which shows beside small gradients.
    assert abs(seen["W"][2]) > 1.3 * abs(expected["W"][2])
