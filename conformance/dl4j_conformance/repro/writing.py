"""A program written in one language: its statements inside the runtime of that language."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

from dl4j_conformance.cases.values import hex_of
from dl4j_conformance.repro.languages import Language
from dl4j_conformance.repro.program import Program, Shown, Thrown
from dl4j_oracle.arithmetic.ieee import IeeeArray, IeeeScalar
from dl4j_oracle.arithmetic.interface import Array
from dl4j_oracle.arithmetic.norm_order import sequential
from dl4j_oracle.arithmetic.trace import Node

_ARRAY_FUNCTIONS = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "div": "divide",
    "rdiv": "scalar_divided_by",
    "sqrt": "roots",
    "sign": "signs",
    "clip_above": "clip_above",
    "clip_below": "clip_below",
    "magnitude": "magnitudes",
    "larger": "larger",
    "add_in_double": "add_in_double",
}
_SCALAR_FUNCTIONS = {"div": "quotient", "sqrt": "root", "floor": "floor"}
_INFIX = {"add": "+", "sub": "-", "mul": "*"}
#: Functions of which languages compute different last bits: their values are written down.
_WRITTEN_DOWN = ("pow", "fast_pow", "exp", "remainder", "dot", "largest_magnitude")


def write(program: Program, language: Language) -> str:
    """Return the source text of ``program`` in ``language``; it prints updates, parameters and states as bits.

    Its exit code is 0 if all are as expected, else 1.
    """
    dtype = program.case.dtype
    digits = 8 if dtype == "float32" else 16
    places = {
        "{{about}}": _commented(f"{program.case.id}: {program.case.comment} Run: {language.run}"),
        "{{dtype}}": dtype,
        "{{digits}}": str(digits),
        "{{size}}": str(4 * digits),
        "{{real}}": "float" if dtype == "float32" else "double",
        "{{statements}}": "\n".join(f"{language.indent}{line}".rstrip() for line in _lines(program, language)),
    }
    return re.sub(r"\{\{\w+\}\}", lambda place: places[place[0]], language.runtime)


def _lines(program: Program, language: Language) -> Iterator[str]:
    names = dict(program.names)
    real = "float" if program.case.dtype == "float32" else "double"
    for statement in program.statements():
        match statement:
            case Shown(at, what, node):
                shown, patterns = _expression(node, names), _values(node)
                label = f"step {at}: {_quoted(what, language)}"
                for part, bits in _parts(patterns):
                    place = "" if len(bits) == len(patterns) else f"[{part.start}:{part.stop}]"
                    text = f"part({shown}, {part.start}, {part.stop})" if place else shown
                    yield language.call.format(value=f'show("{label}{place}", {text}, "{" ".join(bits)}")')
            case Thrown(at, kind, message):
                place = "construction" if at < 0 else f"step {at}"
                text = _quoted(f"{place}: DL4J throws {kind}: {' '.join(message.split())}", language)
                yield language.call.format(value=f'dl4j_throws("{text}")')
            case Node():
                name = names.setdefault(statement.number, f"x{statement.number}")
                others = {number: other for number, other in names.items() if number != statement.number}
                declaration = language.array if isinstance(statement.value, Array) else language.scalar
                line = declaration.format(name=name, value=_expression(statement, others), real=real)
                yield f"{line}  {language.comment} {_meaning(statement, names)}".rstrip(f" {language.comment}")


def _expression(node: Node, names: dict[int, str]) -> str:
    if node.number in names:
        return names[node.number]
    if isinstance(node.value, Array):
        return _array(node, names)
    return _scalar(node, names)


def _array(node: Node, names: dict[int, str]) -> str:
    operands = [_expression(operand, names) for operand in node.operands]
    match node.operation:
        case "constant" | "input":
            return _literal_array(_values(node))
        case "full":
            return f"full({len(_values(node))}, {operands[0]})"
        case "join":
            text = operands[0]
            for operand in operands[1:]:
                text = f"join({text}, {operand})"
            return text
        case "slice":
            start, _, stop = node.label.partition(":")
            return f"part({operands[0]}, {start}, {stop})"
        case "same":
            return operands[0]
    function = _ARRAY_FUNCTIONS[node.operation]
    with_scalar = len(operands) == 2 and not isinstance(node.operands[1].value, Array)
    if with_scalar and function in ("add", "subtract", "multiply", "divide"):
        function += "_scalar"
    return f"{function}({', '.join(operands)})"


def _literal_array(patterns: Sequence[str]) -> str:
    """Return an array as its bit patterns, in several strings if it is long: Java has none beyond 65535 bytes."""
    text, *others = (f'array("{" ".join(bits)}")' for _, bits in _parts(patterns))
    for other in others:
        text = f"join({text}, {other})"
    return text


#: Patterns in one string.
_LONGEST_STRING = 2000


def _parts(patterns: Sequence[str]) -> Iterator[tuple[range, Sequence[str]]]:
    """Yield the parts of an array that fit in one string each, at least one, with the indices of their elements."""
    for start in range(0, max(len(patterns), 1), _LONGEST_STRING):
        part = patterns[start : start + _LONGEST_STRING]
        yield range(start, start + len(part)), part


def _scalar(node: Node, names: dict[int, str]) -> str:
    if node.operation in ("constant", "input", *_WRITTEN_DOWN):
        return literal(_value(node))
    operands = [_expression(operand, names) for operand in node.operands]
    match node.operation:
        case "add" | "sub" | "mul":
            return f"({operands[0]} {_INFIX[node.operation]} {operands[1]})"
        case "neg":
            return f"(-{operands[0]})"
        case "norm2" if IeeeArray.own(node.operands[0].value).arithmetic.norm_order is sequential:
            return f"norm2_in_order({operands[0]})"
        case "norm2" if offset := _offset(node.operands[0]):
            return f"norm2_of_view({operands[0]}, {offset})"
        case "item" | "norm2" | "absolute":
            return f"{node.operation}({operands[0]})"
    return f"{_SCALAR_FUNCTIONS[node.operation]}({', '.join(operands)})"


def literal(value: float) -> str:
    """Return a double as a literal that every language reads: the shortest decimal that reads back as it."""
    if math.isnan(value):
        return "NAN"
    text = "INFINITY" if math.isinf(value) else repr(abs(value))
    return f"(-{text})" if math.copysign(1, value) < 0 else text


def _meaning(node: Node, names: dict[int, str]) -> str:
    """Return the name of what a literal is a value of."""
    if node.operation not in _WRITTEN_DOWN:
        return ""
    return f"{node.operation}({', '.join(_expression(operand, names) for operand in node.operands)})"


def _value(node: Node) -> float:
    return IeeeScalar.own(node.value).value


def _offset(node: Node) -> int:
    return IeeeArray.own(node.value).offset


def _values(node: Node) -> Sequence[str]:
    return hex_of(IeeeArray.own(node.value).values)


# Ids, comments, keys and messages may come from a stranger's file: none of their characters may end the comment or the
# string that they stand in.


def _commented(text: str) -> str:
    """Return ``text`` for a comment up to the end of the line: no backslash, which Java and C read even there."""
    return _printable(text).replace("\\", "<backslash>").replace("??", "? ?")


def _quoted(text: str, language: Language) -> str:
    """Return ``text`` for a string between quotation marks."""
    escaped = str.maketrans({character: f"\\{character}" for character in ("\\", *language.escapes)})
    return _printable(text).translate(escaped)


def _printable(text: str) -> str:
    """Return ``text`` with every character outside of printable ASCII by its number, such as ``<U+000A>``."""
    return "".join(c if " " <= c <= "~" else f"<U+{ord(c):04X}>" for c in text)
