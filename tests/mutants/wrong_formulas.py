"""Wrong formulas that the catalogue does not have, each of one updater: wrong constants, exponents, arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from dl4j_backends.interface import ALL_CAPABILITIES, STATE_OUT, Network, Session
from dl4j_conformance.execution.oracle_backend import OracleBackend
from dl4j_oracle import updaters
from dl4j_oracle.arithmetic.interface import Array, Scalar
from dl4j_oracle.profile import DL4J_0_8_0
from dl4j_oracle.updaters import Call, GradientUpdater, Memory, UpdaterSettings, UpdateRule


@dataclass(frozen=True)
class Formula:
    """A backend with one updater's formula changed. It shows no state: a wrong first state fails level structure."""

    updater: str
    changed: GradientUpdater
    name: str = "wrong formula"
    capabilities: frozenset[str] = ALL_CAPABILITIES - {STATE_OUT}

    def open(self, network: Network) -> Session:
        rules = replace(DL4J_0_8_0, id="wrong", **{self.updater: self.changed})
        return OracleBackend(rules).open(network)


_RECORDS: Mapping[str, GradientUpdater] = {record.name.lower(): record for record in updaters.UPDATERS.values()}


def _formula(updater: str, step: UpdateRule) -> Formula:
    return Formula(updater, replace(_RECORDS[updater], step=step))


def _started(updater: str, value: float) -> Formula:
    def initial(settings: UpdaterSettings, arithmetic: Any) -> Scalar:
        return arithmetic.scalar(value)

    return Formula(updater, replace(_RECORDS[updater], initial=initial))


def _scaled(updater: str, factor: float) -> Formula:
    """The update times a constant; the memory is DL4J's."""

    def step(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
        update, after = _RECORDS[updater].step(g, memory, call)
        return update * call.arithmetic.scalar(factor), after

    return _formula(updater, step)


def _of(updater: str, **settings: float) -> Formula:
    """Settings that are constants, whatever is set."""

    def step(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
        fixed = {name: call.arithmetic.scalar(value) for name, value in settings.items()}
        return _RECORDS[updater].step(g, memory, replace(call, settings=replace(call.settings, **fixed)))

    return _formula(updater, step)


def _sgd_of_the_cube(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    return g * g * g * call.learning_rate, memory


def _sgd_divides(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    return g / call.learning_rate, memory


def _sgd_of_the_sign(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    return g.sign() * call.learning_rate, memory


def _sgd_decays(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    return g * (call.learning_rate / call.arithmetic.scalar(call.iteration + 1.01)), memory


def _sgd_squared_rate(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    return g * (call.learning_rate * call.learning_rate), memory


def _alphat(call: Call) -> Scalar:
    s, t = call.settings, call.iteration + 1
    return call.learning_rate * (1 - s.adam_var_decay.fast_pow(t)).sqrt() / (1 - s.adam_mean_decay.fast_pow(t))


def _adam_swapped_decays(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    s = call.settings
    swapped = replace(s, adam_mean_decay=s.adam_var_decay, adam_var_decay=s.adam_mean_decay)
    return updaters.adam(g, memory, replace(call, settings=swapped))


def _adam_of_cubes(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    s, beta = call.settings, call.settings.adam_mean_decay
    m = memory.view["m"] * beta + g * g * g * (1 - beta)
    _, after = updaters.adam(g, memory, call)
    return m * _alphat(call) / (after.view["v"].sqrt() + s.epsilon), replace(after, view={**after.view, "m": m})


def _adam_swapped_moments(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    _, after = updaters.adam(g, memory, call)
    return after.view["v"] * _alphat(call) / (after.view["m"] + call.settings.epsilon), after


def _adam_without_the_mean(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    _, after = updaters.adam(g, memory, call)
    return g * _alphat(call) / (after.view["v"].sqrt() + call.settings.epsilon), after


def _adam_three_quarters(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    _, after = updaters.adam(g, memory, call)
    root = after.view["v"].sqrt()
    return after.view["m"] * _alphat(call) / (root * root.sqrt() + call.settings.epsilon), after


def _adam_correction_of_twice_t(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    return updaters.adam(g, memory, replace(call, iteration=2 * call.iteration + 1))


def _adagrad_fourth_root(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    h = memory.view["h"] + g * g
    quarter = h.sqrt().sqrt()
    return g * (call.learning_rate / (quarter + call.settings.epsilon)), replace(memory, view={"h": h})


def _adagrad_of_cubes(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    h = memory.view["h"] + g * g * g.sign() * g
    return g * (call.learning_rate / (h.sqrt() + call.settings.epsilon)), replace(memory, view={"h": h})


def _adagrad_halves(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    h = memory.view["h"] + g * g * call.arithmetic.scalar(0.5)
    return g * (call.learning_rate / (h.sqrt() + call.settings.epsilon)), replace(memory, view={"h": h})


def _rmsprop_of_absolute_values(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    decay, eps = call.settings.rms_decay, call.settings.epsilon
    c = memory.view["c"] * decay + g * g.sign() * (1 - decay)
    return g * call.learning_rate / (c + eps), replace(memory, view={"c": c})


def _rmsprop_swapped_weights(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    decay = call.settings.rms_decay
    swapped = replace(call.settings, rms_decay=1 - decay)
    return updaters.rmsprop(g, memory, replace(call, settings=swapped))


def _rmsprop_doubled_root(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    _, after = updaters.rmsprop(g, memory, call)
    root = after.view["c"].sqrt()
    return g * call.learning_rate / (root + root + call.settings.epsilon), after


def _nesterovs_swapped(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    return updaters.nesterovs(g, memory, replace(call, learning_rate=call.momentum, momentum=call.learning_rate))


def _nesterovs_twice_mu(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    return updaters.nesterovs(g, memory, replace(call, momentum=call.momentum * call.momentum))


def _adadelta_inverse(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    _, after = updaters.adadelta(g, memory, call)
    eps = call.settings.epsilon
    return g * ((after.view["msg"] + eps).sqrt() / (memory.view["msdx"] + eps).sqrt()), after


def _adadelta_of_squares(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    update, after = updaters.adadelta(g, memory, call)
    return update * update * g.sign(), after


WRONG_FORMULAS: Mapping[str, Formula] = {
    "sgd: g cubed": _formula("sgd", _sgd_of_the_cube),
    "sgd: divided by the rate": _formula("sgd", _sgd_divides),
    "sgd: the sign alone": _formula("sgd", _sgd_of_the_sign),
    "sgd: the rate over t": _formula("sgd", _sgd_decays),
    "sgd: the rate squared": _formula("sgd", _sgd_squared_rate),
    "sgd: one per cent more": _scaled("sgd", 1.01),
    "adam: swapped decays": _formula("adam", _adam_swapped_decays),
    "adam: m of cubes": _formula("adam", _adam_of_cubes),
    "adam: v over m": _formula("adam", _adam_swapped_moments),
    "adam: the gradient for m": _formula("adam", _adam_without_the_mean),
    "adam: v to three quarters": _formula("adam", _adam_three_quarters),
    "adam: corrections of 2t": _formula("adam", _adam_correction_of_twice_t),
    "adam: decay of v .99": _of("adam", adam_var_decay=0.99),
    "adam: decay of m .8": _of("adam", adam_mean_decay=0.8),
    "adam: one per cent more": _scaled("adam", 1.01),
    "adagrad: from .1": _started("adagrad", 0.1),
    "adagrad: from 1": _started("adagrad", 1.0),
    "adagrad: fourth root": _formula("adagrad", _adagrad_fourth_root),
    "adagrad: g cubed": _formula("adagrad", _adagrad_of_cubes),
    "adagrad: half the squares": _formula("adagrad", _adagrad_halves),
    "adagrad: one per cent less": _scaled("adagrad", 0.99),
    "rmsprop: from 1": _started("rmsprop", 1.0),
    "rmsprop: absolute values": _formula("rmsprop", _rmsprop_of_absolute_values),
    "rmsprop: swapped weights": _formula("rmsprop", _rmsprop_swapped_weights),
    "rmsprop: twice the root": _formula("rmsprop", _rmsprop_doubled_root),
    "rmsprop: decay .5": _of("rmsprop", rms_decay=0.5),
    "nesterovs: swapped rate and momentum": _formula("nesterovs", _nesterovs_swapped),
    "nesterovs: momentum squared": _formula("nesterovs", _nesterovs_twice_mu),
    "nesterovs: one per cent more": _scaled("nesterovs", 1.01),
    "adadelta: the ratio inverted": _formula("adadelta", _adadelta_inverse),
    "adadelta: the update squared": _formula("adadelta", _adadelta_of_squares),
    "adadelta: rho .5": _of("adadelta", rho=0.5),
    "adadelta: epsilon 1e-3": _of("adadelta", epsilon=1e-3),
}
