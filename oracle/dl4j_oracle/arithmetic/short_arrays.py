"""Operations on short arrays of intervals: one element after the other, in Python's own numbers.

A case has arrays of a few elements, for which a call of NumPy takes longer than all of its elements. The operations of
:mod:`~dl4j_oracle.arithmetic.intervals` and :mod:`~dl4j_oracle.arithmetic.interval_operations` are used as they stand:
their text is compiled for one element, as it is for machine code (:mod:`~dl4j_oracle.arithmetic.compiled`).

Arrays are 1-D: ends are float64, and flags are bool.
"""

from __future__ import annotations

import ast
import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from itertools import repeat
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from dl4j_oracle.arithmetic import interval_operations, intervals, java
from dl4j_oracle.arithmetic.intervals import Interval, Intervals

#: Arrays of at most so many elements are short: on longer ones NumPy's operations take less time.
SHORT = 8

_QUOTIENT = "quotient"

#: NumPy's functions for one number. A root is asked of no negative number.
_MATH = SimpleNamespace(
    abs=abs,
    copysign=math.copysign,
    inf=math.inf,
    isfinite=math.isfinite,
    isinf=math.isinf,
    isnan=math.isnan,
    nan=math.nan,
    sqrt=math.sqrt,
)


def apply(function: Callable[..., Any], *operands: Any) -> Any:
    """Return what an operation on intervals of one length gives (1-D).

    Operands are intervals, arrays (1-D), and what is the same for every element: one interval, widenings and numbers.
    """
    length = max(x.length for x in operands if isinstance(x, Intervals))
    if not 0 < length <= SHORT:
        return function(*operands)
    found = list(map(of_one(function), *map(_elements, operands)))
    if not isinstance(found[0], Interval):
        return np.array(found)
    low, high, nan = zip(*found, strict=True)
    return Intervals(np.array(low), np.array(high), np.array(nan))


def _elements(operand: Any) -> Iterable[Any]:
    """Return an operand for each element."""
    match operand:
        case Intervals(low, high, nan):
            return map(Interval, low.tolist(), high.tolist(), nan.tolist())
        case np.ndarray():
            return operand.tolist()  # type: ignore[no-any-return]
    return repeat(operand)


@cache
def of_one(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return an operation for one element: from intervals and numbers, which stand for arrays of them."""
    return _functions()[function.__module__, function.__name__]


@cache
def _functions() -> dict[tuple[str, str], Callable[..., Any]]:
    """Return all operations for one element, by module and name."""
    sets = _compiled(intervals, {})
    imported = {
        name: made for name, made in sets.items() if vars(interval_operations).get(name) is vars(intervals)[name]
    }
    found = {intervals: sets, interval_operations: _compiled(interval_operations, imported)}
    return {(module.__name__, name): made for module, functions in found.items() for name, made in functions.items()}


def _compiled(module: ModuleType, names: Mapping[str, Any]) -> dict[str, Any]:
    """Return the functions of a module for one element, by name, which call those in ``names``."""
    functions = [node for node in ast.parse(inspect.getsource(module)).body if isinstance(node, ast.FunctionDef)]
    tree = ast.Module([ast.fix_missing_locations(_ForOneElement().visit(node)) for node in functions], [])
    known = {**vars(module), **names, "np": _MATH, "Intervals": Interval, _QUOTIENT: java.divide}
    exec(compile(tree, f"<{module.__name__} for one element>", "exec"), known)  # noqa: S102
    return {node.name: known[node.name] for node in functions}


class _ForOneElement(ast.NodeTransformer):
    """The change from arrays to numbers: a choice and a negation are Python's, and a quotient is Java's."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        # Numbers signal nothing, so that nothing has to be silenced.
        node.decorator_list = []
        self.generic_visit(node)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        match node:
            case ast.Call(ast.Name("select"), [condition, x, y]):
                return ast.IfExp(condition, x, y)
            case ast.Call(ast.Attribute(ast.Name("np"), "logical_not"), [flag]):
                return ast.UnaryOp(ast.Not(), flag)
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        match node.op:
            case ast.Div():
                return ast.Call(ast.Name(_QUOTIENT, ast.Load()), [node.left, node.right], [])
            case ast.BitAnd():
                return ast.BoolOp(ast.And(), [node.left, node.right])
            case ast.BitOr():
                return ast.BoolOp(ast.Or(), [node.left, node.right])
        return node
