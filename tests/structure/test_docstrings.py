"""The house rules of CONTRIBUTING for docstrings: what they open with, and what they say of arrays."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping

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
_ARRAYS = re.compile(r"\b(\w*Array|Intervals|ndarray|Tensor)\b")
_SHAPE = re.compile(r"\b\d-D\b|\bscalar|\blength|\bshape|\belement|\bsize|\bempty\b", re.IGNORECASE)
_TYPE = re.compile(r"\bdtype|\btype|\bfloat32|\bfloat64|\bdouble|\bbool|\bbits\b|\buint", re.IGNORECASE)
#: Words by which a module's docstring may say it once for all of its functions.
_FOR_ALL = re.compile(r"(Arrays are|each) 1-D.*?(\n\n|$)", re.DOTALL)
#: What an alias may make of types of arrays.
_COLLECTIONS = ("NDArray", "Mapping", "Sequence", "dict", "list", "tuple")
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
    return not isinstance(node, ast.Module) and any(
        text.startswith(("misreading(", "block_misreading(")) for text in _decorators(node)
    )


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
    arrays = re.compile(rf"{_ARRAYS.pattern}|\b({'|'.join(sorted(aliases(modules())))})\b")
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
            if not is_described(node) or not _takes_or_returns_arrays(node, arrays):
                continue
            texts = [ast.get_docstring(node) or "", _said_for_all(tree)]
            if owner := found.get(place.rpartition(".")[0]):
                texts += [ast.get_docstring(owner) or "", shared.get(node.name, "")]
            if not says_shape_and_type(" ".join(texts)):
                yield f"{module}.{place}"


def _said_for_all(tree: ast.Module) -> str:
    found = _FOR_ALL.search(ast.get_docstring(tree) or "")
    return found[0] if found else ""


def aliases(trees: Mapping[str, ast.Module]) -> set[str]:
    """Return the names that modules give to types of arrays, such as ``Gradients``; a function's type is none."""
    return {
        name.id
        for tree in trees.values()
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript | ast.BinOp)
        for name in node.targets
        if isinstance(name, ast.Name) and _names_arrays(node.value)
    }


def _names_arrays(value: ast.expr) -> bool:
    """Return whether a type is one of arrays or a collection of them: a record's fields are described by it."""
    if isinstance(value, ast.Subscript) and ast.unparse(value.value).rpartition(".")[2] not in _COLLECTIONS:
        return False
    return bool(_ARRAYS.search(ast.unparse(value)))


def _takes_or_returns_arrays(node: ast.FunctionDef | ast.AsyncFunctionDef, arrays: re.Pattern[str]) -> bool:
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    annotations = [node.returns, *(argument.annotation for argument in arguments)]
    return any(arrays.search(ast.unparse(annotation)) for annotation in annotations if annotation)


def assert_none(names: Iterable[str]) -> None:
    """Fail with one name a line, so that all of them can be seen and mended at once."""
    found = list(names)
    assert not found, f"{len(found)} docstrings to mend:\n" + "\n".join(found)


def test_no_docstring_is_a_riddle() -> None:
    assert_none(name for name, node in documented() if is_riddle(node))


def test_functions_open_with_a_verb() -> None:
    assert_none(name for name, node in documented() if is_no_verb_phrase(node))


def test_functions_with_arrays_say_shape_and_type() -> None:
    assert_none(undescribed_arrays())


def test_an_alias_of_arrays_is_found() -> None:
    source = "A = Mapping[str, Array]\nB = X | MyArray\nC = Callable[[Array], Array]\nD = Seen[Array]\nE = list[str]"
    assert aliases({"": ast.parse(source)}) == {"A", "B"}
    assert {"Floats", "Gradients", "Doubles"} <= aliases(modules())


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
