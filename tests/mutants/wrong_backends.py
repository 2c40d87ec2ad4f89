"""Backends that are wrong on purpose, each in one thing. ``run`` has to fail every one of them.

``python:mutants.wrong_backends:NAME`` is the address of one of them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dl4j_backends.interface import ALL_CAPABILITIES, STATE_OUT, Network, Observation
from dl4j_backends.numpy import NumpyBackend
from dl4j_conformance.execution.oracle_backend import OracleBackend
from dl4j_oracle import configuration, learning_rate, updaters
from dl4j_oracle.arithmetic.interface import Array, Scalar
from dl4j_oracle.arithmetic.norm_order import nd4j_native, sequential
from dl4j_oracle.profile import DL4J_0_8_0, Stage
from dl4j_oracle.state_layout import Block
from dl4j_oracle.updaters import Call, GradientUpdater, Memory


@dataclass(frozen=True)
class Wrong:
    """What is wrong, the wrong backend, and a case that has to show it (without the type)."""

    sentence: str
    backend: Any
    shown_by: str


def _rules(**changed: Any) -> OracleBackend:
    return OracleBackend(replace(DL4J_0_8_0, id="wrong", **changed))


def _policy(policy: learning_rate.Policy, rule: learning_rate.PolicyRule) -> learning_rate.Policy:
    return replace(policy, rule=rule)


def _step(updater: GradientUpdater, step: updaters.UpdateRule) -> GradientUpdater:
    return dataclasses.replace(updater, step=step)


# --- updaters


def _adam_epsilon_inside_root(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    _, after = updaters.adam(g, memory, call)
    s, t = call.settings, call.iteration + 1
    alphat = _alphat(call, t)
    return after.view["m"] * alphat / (after.view["v"] + s.epsilon).sqrt(), after


def _alphat(call: Call, t: int) -> Scalar:
    s = call.settings
    alphat = call.learning_rate * (1 - s.adam_var_decay.fast_pow(t)).sqrt() / (1 - s.adam_mean_decay.fast_pow(t))
    return s.epsilon if alphat.is_nan() or alphat.is_zero() else alphat


def _adam_without_fallback(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    _, after = updaters.adam(g, memory, call)
    s, t = call.settings, call.iteration + 1
    alphat = call.learning_rate * (1 - s.adam_var_decay.fast_pow(t)).sqrt() / (1 - s.adam_mean_decay.fast_pow(t))
    return after.view["m"] * alphat / (after.view["v"].sqrt() + s.epsilon), after


def _adam_corrected_epsilon(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    _, after = updaters.adam(g, memory, call)
    s, t = call.settings, call.iteration + 1
    correction = (1 - s.adam_var_decay.fast_pow(t)).sqrt()
    return after.view["m"] * _alphat(call, t) / (after.view["v"].sqrt() + s.epsilon * correction), after


def _adam_late(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    return updaters.adam(g, memory, replace(call, iteration=call.iteration - 1))


def _nesterovs_attached(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    update, after = updaters.nesterovs(g, Memory(memory.view), call)
    assert after.velocity is not None
    return update, Memory({"v": after.velocity})


def _adagrad_product_first(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    _, after = updaters.adagrad(g, memory, call)
    return g * call.learning_rate / (after.view["h"].sqrt() + call.settings.epsilon), after


def _rmsprop_epsilon_inside(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    _, after = updaters.rmsprop(g, memory, call)
    return g * call.learning_rate / (after.view["c"] + call.settings.epsilon).sqrt(), after


def _adadelta_scaled(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    update, after = updaters.adadelta(g, memory, call)
    return update * call.learning_rate, after


# --- normalisation, rates, penalties


def _clip_per_param_type_multiplies(gradients: Mapping[str, Array], t: Scalar, _: Any) -> dict[str, Array]:
    norms = {name: g.norm2_number() for name, g in gradients.items()}
    return {name: g * (t / norms[name]) if norms[name] > t else g for name, g in gradients.items()}


def _clip_from_equality(gradients: Mapping[str, Array], t: Scalar, _: Any) -> dict[str, Array]:
    norms = {name: g.norm2_number() for name, g in gradients.items()}
    return {
        name: g if t > norms[name] or norms[name].is_nan() else g / (norms[name] / t) for name, g in gradients.items()
    }


def _np_clip(gradients: Mapping[str, Array], t: Scalar, _: Any) -> dict[str, Array]:
    return {name: g.clip_below(-t).clip_above(t) for name, g in gradients.items()}


def _one_norm_for_all(gradients: Mapping[str, Array], _: Scalar, __: Any) -> dict[str, Array]:
    return {name: g / g.norm2_number() for name, g in gradients.items()}


def _closed_form(lr: Scalar, iteration: int, settings: Any) -> Scalar:
    return settings.initial * settings.decay_rate.pow(settings.arithmetic.scalar(iteration))


def _iteration_modulo_steps(lr: Scalar, iteration: int, settings: Any) -> Scalar:
    due = settings.arithmetic.scalar(iteration).remainder(settings.steps).is_zero()
    return lr * settings.decay_rate if iteration > 1 and due else lr


def _nearest_lower(lr: Scalar, iteration: int, settings: Any) -> Scalar:
    reached = [t for t in settings.schedule if t <= iteration]
    return settings.schedule[max(reached)] if reached else lr


def _sign_of_zero_is_one(gradient: Array, parameter: Array, l1: Scalar, rate: Scalar) -> Array:
    if not l1 > 0:
        return gradient
    one = parameter.arithmetic.scalar(1)
    away_from_zero = (parameter.sign() + parameter.arithmetic.scalar(0.5)).sign()
    return gradient + away_from_zero * one * l1


def _negative_penalties(gradient: Array, parameter: Array, l2: Scalar, rate: Scalar) -> Array:
    return gradient + parameter * l2


def _rho_default(updater: configuration.Updater) -> Mapping[str, float]:
    defaults = updaters.defaults_of(updater)
    return {**defaults, "rho": 0.95} if "rho" in defaults else defaults


def _global_bias_rate(layer: Any, common: Any, defaults: Any) -> Any:
    built = configuration.inherit(layer, common, defaults)
    if layer.bias_learning_rate != layer.bias_learning_rate and common.bias_learning_rate == common.bias_learning_rate:
        return replace(built, bias_learning_rate=common.bias_learning_rate)
    return built


def _split_at_last_underscore(key: str, layers: int) -> tuple[int, str]:
    prefix, _, name = key.rpartition("_")
    return DL4J_0_8_0.split_key(f"{prefix}_{name}" if prefix.isdigit() else key.replace("_", ""), layers)


def _all_m_then_all_v(blocks: Sequence[Block]) -> Sequence[Block]:
    return sorted(blocks, key=lambda block: (block.layer, block.name))


_LATE_DIVISION = (Stage.NORMALIZATION, Stage.UPDATER, Stage.L2, Stage.L1, Stage.DIVISION)
assert DL4J_0_8_0.stages == _LATE_DIVISION


def _lanes_to_32(squares: np.ndarray, offset: int) -> Any:
    if len(squares) != 32:
        return nd4j_native(squares, offset)
    lanes = np.add.accumulate(squares.reshape(-1, 4), axis=0)[-1]
    return (lanes[0] + lanes[2]) + (lanes[1] + lanes[3])


# --- the shape of what comes back


class Shaped(NumpyBackend):
    """The NumPy backend with something done to every observation."""

    def __init__(self, change: Any, capabilities: frozenset[str] = ALL_CAPABILITIES) -> None:
        self._change = change
        self.capabilities = capabilities

    def open(self, network: Network) -> Any:
        session = super().open(network)
        update = session.update

        def changed(gradients: Mapping[str, np.ndarray], iteration: int, batch_size: int) -> Observation:
            return self._change(update(gradients, iteration, batch_size))

        session.update = changed  # type: ignore[method-assign]
        return session


def _crash(_: Observation) -> Observation:
    raise ZeroDivisionError("a port's mistake")


def _exit(_: Observation) -> Observation:
    raise SystemExit(0)


class _Scribbler(NumpyBackend):
    """Steps its parameters, which it was given to read."""

    def open(self, network: Network) -> Any:
        for array in network.params.values():
            array[:] = 7
        return super().open(network)


WRONG: dict[str, Wrong] = {
    "adam_epsilon_inside_root": Wrong(
        "Adam's epsilon stands inside the root.",
        _rules(adam=_step(updaters.ADAM, _adam_epsilon_inside_root)),
        "adam-near-epsilon",
    ),
    "adam_corrected_epsilon": Wrong(
        "Adam's epsilon is bias-corrected.",
        _rules(adam=_step(updaters.ADAM, _adam_corrected_epsilon)),
        "adam-large-epsilon",
    ),
    "adam_without_fallback": Wrong(
        "A step size of zero or NaN stays.",
        _rules(adam=_step(updaters.ADAM, _adam_without_fallback)),
        "adam-rate-zero",
    ),
    "adam_late": Wrong("Adam's exponent is t.", _rules(adam=_step(updaters.ADAM, _adam_late)), "adam-first-step"),
    "nesterovs_attached": Wrong(
        "The state view follows the velocity.",
        _rules(nesterovs=_step(updaters.NESTEROVS, _nesterovs_attached)),
        "nesterovs-detached-view",
    ),
    "adagrad_from_zero": Wrong(
        "AdaGrad's state starts at 0.",
        _rules(adagrad=replace(updaters.ADAGRAD, initial=updaters.zero)),
        "adagrad-first-step",
    ),
    "adagrad_product_first": Wrong(
        "AdaGrad multiplies by the rate before it divides.",
        _rules(adagrad=_step(updaters.ADAGRAD, _adagrad_product_first)),
        "rounding-adagrad",
    ),
    "rmsprop_from_zero": Wrong(
        "RmsProp's state starts at 0.",
        _rules(rmsprop=replace(updaters.RMSPROP, initial=updaters.zero)),
        "initial-state-rmsprop",
    ),
    "rmsprop_epsilon_inside": Wrong(
        "RmsProp's epsilon stands inside the root.",
        _rules(rmsprop=_step(updaters.RMSPROP, _rmsprop_epsilon_inside)),
        "rmsprop-large-epsilon",
    ),
    "adadelta_scaled": Wrong(
        "AdaDelta is scaled by the learning rate.",
        _rules(adadelta=_step(updaters.ADADELTA, _adadelta_scaled)),
        "adadelta-first-step",
    ),
    "adadelta_rho_default": Wrong("An unset rho is .95.", _rules(updater_defaults=_rho_default), "adadelta-rho-unset"),
    "clip_per_param_type_multiplies": Wrong(
        "ClipL2PerParamType multiplies by t/n.",
        _rules(clip_l2_per_param_type=_clip_per_param_type_multiplies),
        "clip-per-param-type-threshold-third",
    ),
    "clip_from_equality": Wrong(
        "ClipL2PerParamType clips at equality.",
        _rules(clip_l2_per_param_type=_clip_from_equality),
        "clip-per-param-type-threshold-and-norm-infinite",
    ),
    "np_clip": Wrong(
        "Element-wise clipping lets the upper bound win.",
        _rules(clip_element_wise_absolute_value=_np_clip),
        "clip-element-wise-threshold-negative",
    ),
    "one_norm_for_all": Wrong(
        "Norm2 of one element is its absolute value.",
        _rules(renormalize_l2_per_param_type=_one_norm_for_all),
        "renormalize-per-param-type-one-element-tiny",
    ),
    "sequential_norms": Wrong("Norms are summed front to back.", OracleBackend(norm_order=sequential), "summation-27"),
    "lanes_too_late": Wrong(
        "Lanes begin one element later.",
        OracleBackend(norm_order=lambda squares, at: (nd4j_native if len(squares) >= 24 else sequential)(squares, at)),
        "summation-23",
    ),
    "lanes_too_long": Wrong("Lanes end one element later.", OracleBackend(norm_order=_lanes_to_32), "summation-32"),
    "pairwise_norms": Wrong(
        "Norms are summed by NumPy, in pairs.",
        OracleBackend(norm_order=lambda squares, offset: squares.sum()),
        "summation-96",
    ),
    "closed_form_decay": Wrong(
        "Exponential decay in closed form.",
        _rules(exponential=_policy(learning_rate.EXPONENTIAL, _closed_form)),
        "exponential-sgd",
    ),
    "iteration_modulo_steps": Wrong(
        "TorchStep fires at multiples of steps.",
        _rules(torch_step=_policy(learning_rate.TORCH_STEP, _iteration_modulo_steps)),
        "torchstep-divisors",
    ),
    "nearest_lower_schedule": Wrong(
        "A schedule looks for the nearest lower key.",
        _rules(schedule=_policy(learning_rate.SCHEDULE, _nearest_lower)),
        "schedule-from-the-middle",
    ),
    "momentum_schedule_ignored": Wrong(
        "The momentum schedule is ignored.",
        _rules(momentum_policy=lambda momentum, *given: momentum),
        "momentum-schedule",
    ),
    "l2_before_updater": Wrong(
        "L2 is added before the updater.",
        _rules(stages=(Stage.NORMALIZATION, Stage.L2, Stage.UPDATER, Stage.L1, Stage.DIVISION)),
        "l2-sgd",
    ),
    "l1_before_l2": Wrong(
        "L1 is added before L2.",
        _rules(stages=(Stage.NORMALIZATION, Stage.UPDATER, Stage.L1, Stage.L2, Stage.DIVISION)),
        "l1-l2-sgd",
    ),
    "division_first": Wrong(
        "The batch size divides the gradient.",
        _rules(stages=(Stage.DIVISION, Stage.NORMALIZATION, Stage.UPDATER, Stage.L2, Stage.L1)),
        "division-adam",
    ),
    "sign_of_zero_is_one": Wrong("sign(0) is 1.", _rules(l1=_sign_of_zero_is_one), "l1-sgd"),
    "negative_penalties": Wrong("A negative l2 counts.", _rules(l2=_negative_penalties), "coefficients-negative"),
    "nan_propagates": Wrong("NaN scalars stay NaN.", _rules(nan_scalar=lambda scalar, _: scalar), "sgd-rate-nan"),
    "global_bias_rate": Wrong(
        "The network's bias learning rate counts.", _rules(inherit=_global_bias_rate), "global-bias-rate-ignored"
    ),
    "vb_updated": Wrong(
        "The visible bias is updated.", _rules(is_visible_bias=lambda name: False), "visible-bias-skipped-sgd"
    ),
    "split_at_last_underscore": Wrong(
        "Keys are split at the last underscore.",
        _rules(split_key=_split_at_last_underscore),
        "unknown-parameter-with-underscores",
    ),
    "all_m_then_all_v": Wrong(
        "A layer's state is all m, then all v.", _rules(state_layout=_all_m_then_all_v), "layout-adam"
    ),
    "custom_accepted": Wrong("CUSTOM is SGD.", _rules(custom=lambda: updaters.SGD), "custom-first"),
    "no_validation": Wrong(
        "Incomplete policies are accepted.",
        _rules(validate=lambda conf, name: None),
        "refused-exponential-without-rate",
    ),
    "float64_results": Wrong(
        "Updates come back in another type.",
        Shaped(lambda seen: replace(seen, updates={k: a.astype("float64") for k, a in seen.updates.items()})),
        "sgd-first-step",
    ),
    "missing_update": Wrong(
        "The bias is not returned.",
        Shaped(lambda seen: replace(seen, updates={k: a for k, a in seen.updates.items() if not k.endswith("b")})),
        "sgd-first-step",
    ),
    "short_state": Wrong(
        "The state lacks its last value.",
        Shaped(lambda seen: replace(seen, state=None if seen.state is None else seen.state[:-1])),
        "adam-first-step",
    ),
    "crash": Wrong("It raises something of its own.", Shaped(_crash), "sgd-first-step"),
    "exit": Wrong("It ends the process.", Shaped(_exit), "sgd-first-step"),
    "nothing": Wrong("It returns nothing.", Shaped(lambda seen: None), "sgd-first-step"),
    "words": Wrong(
        "Its learning rates are words.",
        Shaped(lambda seen: replace(seen, learning_rates=dict.fromkeys(seen.learning_rates, "fast"))),
        "sgd-first-step",
    ),
    "scribbler": Wrong("It writes to its parameters.", _Scribbler(), "l2-sgd"),
    "stateless_updates": Wrong(
        "Updates are NaN, and no state is declared.",
        Shaped(
            lambda seen: replace(seen, updates={k: a * np.nan for k, a in seen.updates.items()}),
            ALL_CAPABILITIES - {STATE_OUT},
        ),
        "sgd-first-step",
    ),
}

globals().update({name: wrong.backend for name, wrong in WRONG.items()})
