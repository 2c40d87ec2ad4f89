"""The house rules of CONTRIBUTING for docstrings: what they open with, and what they say of arrays."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from structure.sources import Definition, definitions, modules

#: Words that turn a description into a riddle.
_RIDDLES = set("What Where How Whether Of From By Which Who Whose When Why".split())
#: Words that open a noun phrase or a clause: a function's docstring opens with a verb.
_NO_VERBS = set(
    "A An The This That These Those It Its All Every Each Any No None Nothing Everything One Two Some Only Also As At "
    "In On To With Without If Else For There Here Once Then Same Such Like".split()
)
_PLAIN_WORD = re.compile(r"[A-Z][a-z]+(-[a-z]+)*")

#: Types of arrays, in annotations.
_ARRAYS = re.compile(r"\b(Floats|\w*Array|Intervals|ndarray|Tensor)\b")
_SHAPE = re.compile(r"\b\d-D\b|\bscalar|\blength|\bshape|\belement|\bsize|\bempty\b", re.IGNORECASE)
_TYPE = re.compile(r"\bdtype|\btype|\bfloat32|\bfloat64|\bdouble|\bbool|\bbits\b|\buint", re.IGNORECASE)
#: A sentence that a module's docstring may say once for all of its functions.
_FOR_ALL = "Arrays are 1-D"
#: Where a method that others implement is described.
_INTERFACES = ("dl4j_oracle.arithmetic.interface", "dl4j_backends.interface", "dl4j_backends.engine.nd4j")


def documented() -> Iterator[tuple[str, ast.Module | Definition]]:
    """Yield every module, class and function that has a docstring, by its full name."""
    for name, tree in modules().items():
        for place, node in [("", tree), *definitions(tree)]:
            if ast.get_docstring(node) is not None:
                yield f"{name}.{place}".rstrip("."), node


def opening(node: ast.Module | Definition) -> str:
    """Return the first word of a docstring, without punctuation."""
    words = (ast.get_docstring(node) or "").split()
    return words[0].rstrip(".,:;") if words else ""


def is_described(node: ast.Module | Definition) -> bool:
    """Return whether a docstring describes what a call does: not a property's, nor one that is printed."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    return not _is_printed(node) and not any("property" in text for text in _decorators(node))


def _is_printed(node: ast.Module | Definition) -> bool:
    """Return whether the docstring is a misreading's: the sentence that `run` prints."""
    return not isinstance(node, ast.Module) and any(text.startswith("misreading(") for text in _decorators(node))


def _decorators(node: Definition) -> list[str]:
    return [ast.unparse(decorator) for decorator in node.decorator_list]


def is_riddle(node: ast.Module | Definition) -> bool:
    return opening(node) in _RIDDLES and not _is_printed(node)


def is_no_verb_phrase(node: ast.Module | Definition) -> bool:
    word = opening(node)
    return is_described(node) and (word in _NO_VERBS or not _PLAIN_WORD.fullmatch(word))


def says_shape_and_type(text: str) -> bool:
    return bool(_SHAPE.search(text) and _TYPE.search(text))


def undescribed_arrays() -> Iterator[str]:
    """Yield the public functions with arrays of which neither they nor what they implement say shape and type."""
    shared: dict[str, str] = {}
    for module in _INTERFACES:
        for place, node in definitions(modules()[module]):
            name = place.rpartition(".")[2]
            shared[name] = f"{shared.get(name, '')} {ast.get_docstring(node)} {_said_for_all(modules()[module])}"
    for module, tree in modules().items():
        found = dict(definitions(tree))
        for place, node in found.items():
            if isinstance(node, ast.ClassDef) or any(part.startswith("_") for part in place.split(".")):
                continue
            if not is_described(node) or not _takes_or_returns_arrays(node):
                continue
            texts = [ast.get_docstring(node) or "", shared.get(node.name, ""), _said_for_all(tree)]
            if owner := found.get(place.rpartition(".")[0]):
                texts.append(ast.get_docstring(owner) or "")
            if not says_shape_and_type(" ".join(texts)):
                yield f"{module}.{place}"


def _said_for_all(tree: ast.Module) -> str:
    _, found, after = (ast.get_docstring(tree) or "").partition(_FOR_ALL)
    return found + after.partition("\n\n")[0]


def _takes_or_returns_arrays(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    annotations = [node.returns, *(argument.annotation for argument in arguments)]
    return any(_ARRAYS.search(ast.unparse(annotation)) for annotation in annotations if annotation)


def test_no_docstring_is_a_riddle() -> None:
    assert [name for name, node in documented() if is_riddle(node)] == []


def test_functions_open_with_a_verb() -> None:
    assert [name for name, node in documented() if is_no_verb_phrase(node)] == []


def test_functions_with_arrays_say_shape_and_type() -> None:
    assert list(undescribed_arrays()) == []


@pytest.mark.parametrize(
    ("source", "riddle", "no_verb"),
    [
        ('def f():\n    """Where it is."""', True, False),
        ('def f():\n    """The place."""', False, True),
        ('def f():\n    """``Adam.getGradient``."""', False, True),
        ('def f():\n    """Return the place."""', False, False),
        ('class F:\n    """The place."""', False, False),
        ('class F:\n    """Whether it is."""', True, False),
        ('@property\ndef f():\n    """The place."""', False, False),
    ],
)
def test_what_is_found(source: str, riddle: bool, no_verb: bool) -> None:
    (node,) = ast.parse(source).body
    assert isinstance(node, ast.FunctionDef | ast.ClassDef)
    assert is_riddle(node) is riddle
    assert is_no_verb_phrase(node) is no_verb


def test_what_says_shape_and_type() -> None:
    assert says_shape_and_type("Return the update, 1-D of the network's dtype.")
    assert not says_shape_and_type("Return the update, 1-D.")
    assert not says_shape_and_type("Return the update as float32.")
