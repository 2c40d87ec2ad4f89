"""Misreadings that any gradient updater can have: another sign, the rate twice, a state that is lost or late."""

from __future__ import annotations

from dataclasses import replace

from dl4j_oracle import updaters as right
from dl4j_oracle.arithmetic.interface import Array
from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.updaters import Call, GradientUpdater, Memory


def _negated(updater: GradientUpdater) -> GradientUpdater:
    def step(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
        update, after = updater.step(g, memory, call)
        return update * (-call.arithmetic.scalar(1.0)), after

    return replace(updater, step=step)


def _rate_twice(updater: GradientUpdater) -> GradientUpdater:
    def step(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
        update, after = updater.step(g, memory, call)
        return update * call.learning_rate, after

    return replace(updater, step=step)


def _forgetful(updater: GradientUpdater) -> GradientUpdater:
    """Return ``updater``, which does not keep its state."""

    def step(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
        update, _ = updater.step(g, memory, call)
        return update, memory

    return replace(updater, step=step)


def _state_one_step_late(updater: GradientUpdater) -> GradientUpdater:
    """Return ``updater`` with the state before the step in its view; the state itself goes on outside of the view."""

    def step(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
        state = memory.unseen or memory.view
        before = replace(memory, view=state, unseen={})
        update, after = updater.step(g, before, call)
        return update, replace(after, view=state, unseen={name: after.view[name] for name in updater.state})

    return replace(updater, step=step)


def _one_step_late(updater: GradientUpdater) -> GradientUpdater:
    """Return ``updater`` with the update of the gradient before; the first one is zero."""

    def step(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
        update, after = updater.step(g, memory, call)
        nothing = call.arithmetic.full(len(g), call.arithmetic.scalar(0.0))
        return memory.unseen.get("update", nothing), replace(after, unseen={"update": update})

    return replace(updater, step=step)


@misreading("sgd-negated", clauses=("SGD-1",), replaces="sgd")
def _sgd_negated() -> GradientUpdater:
    """SGD: The update has the other sign."""
    return _negated(right.SGD)


@misreading("sgd-rate-twice", clauses=("SGD-1",), replaces="sgd")
def _sgd_rate_twice() -> GradientUpdater:
    """SGD: The rate is applied once more."""
    return _rate_twice(right.SGD)


@misreading("sgd-one-step-late", clauses=("SGD-1",), replaces="sgd")
def _sgd_one_step_late() -> GradientUpdater:
    """SGD: The update is that of the gradient before."""
    return _one_step_late(right.SGD)


@misreading("adam-negated", clauses=("ADAM-2",), replaces="adam")
def _adam_negated() -> GradientUpdater:
    """ADAM: The update has the other sign."""
    return _negated(right.ADAM)


@misreading("adam-rate-twice", clauses=("ADAM-2",), replaces="adam")
def _adam_rate_twice() -> GradientUpdater:
    """ADAM: The rate is applied once more."""
    return _rate_twice(right.ADAM)


@misreading("adam-forgetful", clauses=("ADAM-2",), replaces="adam")
def _adam_forgetful() -> GradientUpdater:
    """ADAM: The state is not kept."""
    return _forgetful(right.ADAM)


@misreading("adam-state-one-step-late", clauses=("ADAM-2",), replaces="adam")
def _adam_state_one_step_late() -> GradientUpdater:
    """ADAM: The state that is seen is that before the step."""
    return _state_one_step_late(right.ADAM)


@misreading("adadelta-negated", clauses=("ADADELTA-1",), replaces="adadelta")
def _adadelta_negated() -> GradientUpdater:
    """ADADELTA: The update has the other sign."""
    return _negated(right.ADADELTA)


@misreading("adadelta-rate-twice", clauses=("ADADELTA-1",), replaces="adadelta")
def _adadelta_rate_twice() -> GradientUpdater:
    """ADADELTA: The rate is applied once more."""
    return _rate_twice(right.ADADELTA)


@misreading("adadelta-forgetful", clauses=("ADADELTA-1",), replaces="adadelta")
def _adadelta_forgetful() -> GradientUpdater:
    """ADADELTA: The state is not kept."""
    return _forgetful(right.ADADELTA)


@misreading("adadelta-state-one-step-late", clauses=("ADADELTA-1",), replaces="adadelta")
def _adadelta_state_one_step_late() -> GradientUpdater:
    """ADADELTA: The state that is seen is that before the step."""
    return _state_one_step_late(right.ADADELTA)


@misreading("adadelta-one-step-late", clauses=("ADADELTA-1",), replaces="adadelta")
def _adadelta_one_step_late() -> GradientUpdater:
    """ADADELTA: The update is that of the gradient before."""
    return _one_step_late(right.ADADELTA)


@misreading("nesterovs-negated", clauses=("NESTEROVS-1",), replaces="nesterovs")
def _nesterovs_negated() -> GradientUpdater:
    """NESTEROVS: The update has the other sign."""
    return _negated(right.NESTEROVS)


@misreading("nesterovs-rate-twice", clauses=("NESTEROVS-1",), replaces="nesterovs")
def _nesterovs_rate_twice() -> GradientUpdater:
    """NESTEROVS: The rate is applied once more."""
    return _rate_twice(right.NESTEROVS)


@misreading("nesterovs-forgetful", clauses=("NESTEROVS-1",), replaces="nesterovs")
def _nesterovs_forgetful() -> GradientUpdater:
    """NESTEROVS: The state is not kept."""
    return _forgetful(right.NESTEROVS)


@misreading("nesterovs-state-one-step-late", clauses=("NESTEROVS-1",), replaces="nesterovs")
def _nesterovs_state_one_step_late() -> GradientUpdater:
    """NESTEROVS: The state that is seen is that before the step."""
    return _state_one_step_late(right.NESTEROVS)


@misreading("nesterovs-one-step-late", clauses=("NESTEROVS-1",), replaces="nesterovs")
def _nesterovs_one_step_late() -> GradientUpdater:
    """NESTEROVS: The update is that of the gradient before."""
    return _one_step_late(right.NESTEROVS)


@misreading("adagrad-negated", clauses=("ADAGRAD-1",), replaces="adagrad")
def _adagrad_negated() -> GradientUpdater:
    """ADAGRAD: The update has the other sign."""
    return _negated(right.ADAGRAD)


@misreading("adagrad-rate-twice", clauses=("ADAGRAD-1",), replaces="adagrad")
def _adagrad_rate_twice() -> GradientUpdater:
    """ADAGRAD: The rate is applied once more."""
    return _rate_twice(right.ADAGRAD)


@misreading("adagrad-forgetful", clauses=("ADAGRAD-1",), replaces="adagrad")
def _adagrad_forgetful() -> GradientUpdater:
    """ADAGRAD: The state is not kept."""
    return _forgetful(right.ADAGRAD)


@misreading("adagrad-state-one-step-late", clauses=("ADAGRAD-1",), replaces="adagrad")
def _adagrad_state_one_step_late() -> GradientUpdater:
    """ADAGRAD: The state that is seen is that before the step."""
    return _state_one_step_late(right.ADAGRAD)


@misreading("adagrad-one-step-late", clauses=("ADAGRAD-1",), replaces="adagrad")
def _adagrad_one_step_late() -> GradientUpdater:
    """ADAGRAD: The update is that of the gradient before."""
    return _one_step_late(right.ADAGRAD)


@misreading("rmsprop-negated", clauses=("RMSPROP-1",), replaces="rmsprop")
def _rmsprop_negated() -> GradientUpdater:
    """RMSPROP: The update has the other sign."""
    return _negated(right.RMSPROP)


@misreading("rmsprop-rate-twice", clauses=("RMSPROP-1",), replaces="rmsprop")
def _rmsprop_rate_twice() -> GradientUpdater:
    """RMSPROP: The rate is applied once more."""
    return _rate_twice(right.RMSPROP)


@misreading("rmsprop-forgetful", clauses=("RMSPROP-1",), replaces="rmsprop")
def _rmsprop_forgetful() -> GradientUpdater:
    """RMSPROP: The state is not kept."""
    return _forgetful(right.RMSPROP)


@misreading("rmsprop-state-one-step-late", clauses=("RMSPROP-1",), replaces="rmsprop")
def _rmsprop_state_one_step_late() -> GradientUpdater:
    """RMSPROP: The state that is seen is that before the step."""
    return _state_one_step_late(right.RMSPROP)


@misreading("rmsprop-one-step-late", clauses=("RMSPROP-1",), replaces="rmsprop")
def _rmsprop_one_step_late() -> GradientUpdater:
    """RMSPROP: The update is that of the gradient before."""
    return _one_step_late(right.RMSPROP)


@misreading("none-negated", clauses=("NONE-1",), replaces="none")
def _none_negated() -> GradientUpdater:
    """NONE: The update has the other sign."""
    return _negated(right.NONE)


@misreading("none-scaled", clauses=("NONE-1",), replaces="none.step")
def _none_scaled(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """NONE is scaled by the learning rate."""
    return right.sgd(g, memory, call)
