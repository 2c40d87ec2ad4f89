"""Misreadings of an updater that lacks ND4J's rule for NaN operands, which the rest of the pipeline has."""

from __future__ import annotations

from dataclasses import replace
from functools import wraps

from dl4j_oracle.arithmetic.interface import Arithmetic, Array, Scalar
from dl4j_oracle.misreadings.misreading import misreading
from dl4j_oracle.updaters import Call, Memory, UpdateRule

_REFERENCES = ("ND4J 1.0.0-M2.1, whose updaters are native",)


def _propagating(formula: UpdateRule) -> UpdateRule:
    """Return the formula with NaN scalars that stay NaN; arrays outside of it have their rule again."""

    @wraps(formula)
    def propagating(g: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
        inside = call.arithmetic.with_nan_scalar(_itself)
        given = replace(call, arithmetic=inside)
        update, after = formula(_in(inside, g), _remembered_in(inside, memory), given)
        return _in(call.arithmetic, update), _remembered_in(call.arithmetic, after)

    return propagating


def _itself(scalar: Scalar, arithmetic: Arithmetic) -> Scalar:
    return scalar


def _in(arithmetic: Arithmetic, array: Array) -> Array:
    return arithmetic.slice(array, 0, len(array))


def _remembered_in(arithmetic: Arithmetic, memory: Memory) -> Memory:
    return Memory(
        {name: _in(arithmetic, array) for name, array in memory.view.items()},
        None if memory.velocity is None else _in(arithmetic, memory.velocity),
        {name: _in(arithmetic, array) for name, array in memory.unseen.items()},
    )


@misreading("sgd-nan-operands-stay", clauses=("ARITH-2",), replaces="sgd.step.operands", references=_REFERENCES)
def _sgd_nan_operands_stay(formula: UpdateRule) -> UpdateRule:
    """SGD: A NaN operand stays NaN in the updater."""
    return _propagating(formula)


@misreading("adam-nan-operands-stay", clauses=("ARITH-2",), replaces="adam.step.operands", references=_REFERENCES)
def _adam_nan_operands_stay(formula: UpdateRule) -> UpdateRule:
    """ADAM: A NaN operand stays NaN in the updater."""
    return _propagating(formula)


@misreading(
    "adadelta-nan-operands-stay", clauses=("ARITH-2",), replaces="adadelta.step.operands", references=_REFERENCES
)
def _adadelta_nan_operands_stay(formula: UpdateRule) -> UpdateRule:
    """ADADELTA: A NaN operand stays NaN in the updater."""
    return _propagating(formula)


@misreading(
    "nesterovs-nan-operands-stay", clauses=("ARITH-2",), replaces="nesterovs.step.operands", references=_REFERENCES
)
def _nesterovs_nan_operands_stay(formula: UpdateRule) -> UpdateRule:
    """NESTEROVS: A NaN operand stays NaN in the updater."""
    return _propagating(formula)


@misreading("adagrad-nan-operands-stay", clauses=("ARITH-2",), replaces="adagrad.step.operands", references=_REFERENCES)
def _adagrad_nan_operands_stay(formula: UpdateRule) -> UpdateRule:
    """ADAGRAD: A NaN operand stays NaN in the updater."""
    return _propagating(formula)


@misreading("rmsprop-nan-operands-stay", clauses=("ARITH-2",), replaces="rmsprop.step.operands", references=_REFERENCES)
def _rmsprop_nan_operands_stay(formula: UpdateRule) -> UpdateRule:
    """RMSPROP: A NaN operand stays NaN in the updater."""
    return _propagating(formula)
