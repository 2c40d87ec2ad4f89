"""Misreadings that any gradient updater can have: another sign, the rate twice, a state that is lost or late."""

from __future__ import annotations

from dataclasses import replace
from functools import wraps

from dl4j_oracle import updaters as right
from dl4j_oracle.arithmetic.interface import Array, Scalar
from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.updaters import Call, Memory, UpdateRule


def _negated(update: Array, call: Call) -> Array:
    return update * (-call.arithmetic.scalar(1.0))


def _rate_twice(update: Array, call: Call) -> Array:
    return update * call.learning_rate


def _forgetful(step: UpdateRule) -> UpdateRule:
    """Return the step that does not keep its state."""

    @wraps(step)
    def forgetting(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
        update, _ = step(g, memory, call)
        return update, memory

    return forgetting


def _forgetting(name: str, step: UpdateRule) -> UpdateRule:
    """Return the step that does not keep the state array ``name``."""

    @wraps(step)
    def forgetting(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
        update, after = step(g, memory, call)
        return update, replace(after, view={**after.view, name: memory.view[name]})

    return forgetting


def _state_one_step_late(step: UpdateRule) -> UpdateRule:
    """Return the step with the state before it in its view; the state itself goes on outside of the view."""

    @wraps(step)
    def late(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
        state = {name: memory.unseen.get(name, array) for name, array in memory.view.items()}
        update, after = step(g, replace(memory, view=state), call)
        return update, replace(after, view=state, unseen={**after.unseen, **after.view})

    return late


def _one_step_late(step: UpdateRule) -> UpdateRule:
    """Return the step with the update of the gradient before; the first one is zero."""

    @wraps(step)
    def late(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
        update, after = step(g, memory, call)
        nothing = call.arithmetic.full(len(g), call.arithmetic.scalar(0.0))
        return memory.unseen.get("update", nothing), replace(after, unseen={**after.unseen, "update": update})

    return late


@misreading("sgd-negated", clauses=("SGD-1",), replaces="sgd.step.sign")
def _sgd_negated(update: Array, call: Call) -> Array:
    """SGD: The update has the other sign."""
    return _negated(update, call)


@misreading("sgd-rate-twice", clauses=("SGD-1",), replaces="sgd.step.scaling")
def _sgd_rate_twice(update: Array, call: Call) -> Array:
    """SGD: The rate is applied once more."""
    return _rate_twice(update, call)


@misreading("sgd-one-step-late", clauses=("SGD-1",), replaces="sgd.step.timing")
def _sgd_one_step_late(step: UpdateRule) -> UpdateRule:
    """SGD: The update is that of the gradient before."""
    return _one_step_late(step)


@misreading("adam-negated", clauses=("ADAM-2",), replaces="adam.step.sign")
def _adam_negated(update: Array, call: Call) -> Array:
    """ADAM: The update has the other sign."""
    return _negated(update, call)


@misreading("adam-rate-twice", clauses=("ADAM-2",), replaces="adam.step.scaling")
def _adam_rate_twice(update: Array, call: Call) -> Array:
    """ADAM: The rate is applied once more."""
    return _rate_twice(update, call)


@misreading("adam-forgetful", clauses=("ADAM-2",), replaces="adam.step.keeping")
def _adam_forgetful(step: UpdateRule) -> UpdateRule:
    """ADAM: The state is not kept."""
    return _forgetful(step)


@misreading("adam-state-one-step-late", clauses=("ADAM-2",), replaces="adam.step.keeping")
def _adam_state_one_step_late(step: UpdateRule) -> UpdateRule:
    """ADAM: The state that is seen is that before the step."""
    return _state_one_step_late(step)


@misreading("adadelta-negated", clauses=("ADADELTA-1",), replaces="adadelta.step.sign")
def _adadelta_negated(update: Array, call: Call) -> Array:
    """ADADELTA: The update has the other sign."""
    return _negated(update, call)


@misreading("adadelta-rate-twice", clauses=("ADADELTA-1",), replaces="adadelta.step.scaling")
def _adadelta_rate_twice(update: Array, call: Call) -> Array:
    """ADADELTA: The rate is applied once more."""
    return _rate_twice(update, call)


@misreading("adadelta-forgetful", clauses=("ADADELTA-1",), replaces="adadelta.step.keeping")
def _adadelta_forgetful(step: UpdateRule) -> UpdateRule:
    """ADADELTA: The state is not kept."""
    return _forgetful(step)


@misreading("adadelta-state-one-step-late", clauses=("ADADELTA-1",), replaces="adadelta.step.keeping")
def _adadelta_state_one_step_late(step: UpdateRule) -> UpdateRule:
    """ADADELTA: The state that is seen is that before the step."""
    return _state_one_step_late(step)


@misreading("adadelta-one-step-late", clauses=("ADADELTA-1",), replaces="adadelta.step.timing")
def _adadelta_one_step_late(step: UpdateRule) -> UpdateRule:
    """ADADELTA: The update is that of the gradient before."""
    return _one_step_late(step)


@misreading("nesterovs-negated", clauses=("NESTEROVS-1",), replaces="nesterovs.step.sign")
def _nesterovs_negated(update: Array, call: Call) -> Array:
    """NESTEROVS: The update has the other sign."""
    return _negated(update, call)


@misreading("nesterovs-rate-twice", clauses=("NESTEROVS-1",), replaces="nesterovs.step.scaling")
def _nesterovs_rate_twice(update: Array, call: Call) -> Array:
    """NESTEROVS: The rate is applied once more."""
    return _rate_twice(update, call)


@misreading("nesterovs-forgetful", clauses=("NESTEROVS-1",), replaces="nesterovs.step.keeping")
def _nesterovs_forgetful(step: UpdateRule) -> UpdateRule:
    """NESTEROVS: The state is not kept."""
    return _forgetful(step)


@misreading("nesterovs-state-one-step-late", clauses=("NESTEROVS-1",), replaces="nesterovs.step.keeping")
def _nesterovs_state_one_step_late(step: UpdateRule) -> UpdateRule:
    """NESTEROVS: The state that is seen is that before the step."""
    return _state_one_step_late(step)


@misreading("nesterovs-one-step-late", clauses=("NESTEROVS-1",), replaces="nesterovs.step.timing")
def _nesterovs_one_step_late(step: UpdateRule) -> UpdateRule:
    """NESTEROVS: The update is that of the gradient before."""
    return _one_step_late(step)


@misreading("adagrad-negated", clauses=("ADAGRAD-1",), replaces="adagrad.step.sign")
def _adagrad_negated(update: Array, call: Call) -> Array:
    """ADAGRAD: The update has the other sign."""
    return _negated(update, call)


@misreading("adagrad-rate-twice", clauses=("ADAGRAD-1",), replaces="adagrad.step.scaling")
def _adagrad_rate_twice(update: Array, call: Call) -> Array:
    """ADAGRAD: The rate is applied once more."""
    return _rate_twice(update, call)


@misreading("adagrad-forgetful", clauses=("ADAGRAD-1",), replaces="adagrad.step.keeping")
def _adagrad_forgetful(step: UpdateRule) -> UpdateRule:
    """ADAGRAD: The state is not kept."""
    return _forgetful(step)


@misreading("adagrad-state-one-step-late", clauses=("ADAGRAD-1",), replaces="adagrad.step.keeping")
def _adagrad_state_one_step_late(step: UpdateRule) -> UpdateRule:
    """ADAGRAD: The state that is seen is that before the step."""
    return _state_one_step_late(step)


@misreading("adagrad-one-step-late", clauses=("ADAGRAD-1",), replaces="adagrad.step.timing")
def _adagrad_one_step_late(step: UpdateRule) -> UpdateRule:
    """ADAGRAD: The update is that of the gradient before."""
    return _one_step_late(step)


@misreading("rmsprop-negated", clauses=("RMSPROP-1",), replaces="rmsprop.step.sign")
def _rmsprop_negated(update: Array, call: Call) -> Array:
    """RMSPROP: The update has the other sign."""
    return _negated(update, call)


@misreading("rmsprop-rate-twice", clauses=("RMSPROP-1",), replaces="rmsprop.step.scaling")
def _rmsprop_rate_twice(update: Array, call: Call) -> Array:
    """RMSPROP: The rate is applied once more."""
    return _rate_twice(update, call)


@misreading("rmsprop-forgetful", clauses=("RMSPROP-1",), replaces="rmsprop.step.keeping")
def _rmsprop_forgetful(step: UpdateRule) -> UpdateRule:
    """RMSPROP: The state is not kept."""
    return _forgetful(step)


@misreading("rmsprop-state-one-step-late", clauses=("RMSPROP-1",), replaces="rmsprop.step.keeping")
def _rmsprop_state_one_step_late(step: UpdateRule) -> UpdateRule:
    """RMSPROP: The state that is seen is that before the step."""
    return _state_one_step_late(step)


@misreading("rmsprop-one-step-late", clauses=("RMSPROP-1",), replaces="rmsprop.step.timing")
def _rmsprop_one_step_late(step: UpdateRule) -> UpdateRule:
    """RMSPROP: The update is that of the gradient before."""
    return _one_step_late(step)


@misreading("none-negated", clauses=("NONE-1",), replaces="none.step.sign")
def _none_negated(update: Array, call: Call) -> Array:
    """NONE: The update has the other sign."""
    return _negated(update, call)


@misreading("none-scaled", clauses=("NONE-1",), replaces="none.step")
def _none_scaled(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
    """NONE is scaled by the learning rate."""
    return right.sgd(g, memory, call)


@misreading("adam-forgets-mean", clauses=("ADAM-1",), replaces="adam.step.keeping")
def _adam_forgets_mean(step: UpdateRule) -> UpdateRule:
    """ADAM: The first moment is not kept."""
    return _forgetting("m", step)


@misreading("adam-forgets-variance", clauses=("ADAM-1",), replaces="adam.step.keeping")
def _adam_forgets_variance(step: UpdateRule) -> UpdateRule:
    """ADAM: The second moment is not kept."""
    return _forgetting("v", step)


@misreading("adadelta-forgets-msg", clauses=("ADADELTA-1",), replaces="adadelta.step.keeping")
def _adadelta_forgets_msg(step: UpdateRule) -> UpdateRule:
    """ADADELTA: The average of squared gradients is not kept."""
    return _forgetting("msg", step)


@misreading("adadelta-forgets-msdx", clauses=("ADADELTA-1",), replaces="adadelta.step.keeping")
def _adadelta_forgets_msdx(step: UpdateRule) -> UpdateRule:
    """ADADELTA: The average of squared updates is not kept."""
    return _forgetting("msdx", step)


@misreading("sgd-without-rate", clauses=("SGD-1",), replaces="sgd.step.rate")
def _sgd_without_rate(call: Call) -> Scalar:
    """SGD: There is no learning rate."""
    return call.arithmetic.scalar(1.0)


@misreading("nesterovs-without-rate", clauses=("NESTEROVS-1",), replaces="nesterovs.step.rate")
def _nesterovs_without_rate(call: Call) -> Scalar:
    """NESTEROVS: There is no learning rate."""
    return call.arithmetic.scalar(1.0)


@misreading("adagrad-without-rate", clauses=("ADAGRAD-1",), replaces="adagrad.step.rate")
def _adagrad_without_rate(call: Call) -> Scalar:
    """ADAGRAD: There is no learning rate."""
    return call.arithmetic.scalar(1.0)


@misreading("rmsprop-without-rate", clauses=("RMSPROP-1",), replaces="rmsprop.step.rate")
def _rmsprop_without_rate(call: Call) -> Scalar:
    """RMSPROP: There is no learning rate."""
    return call.arithmetic.scalar(1.0)


@misreading("adam-without-rate", clauses=("ADAM-3",), replaces="adam.step.rate")
def _adam_without_rate(call: Call) -> Scalar:
    """ADAM: There is no learning rate in the step size."""
    return call.arithmetic.scalar(1.0)
