"""The program that makes a library's optimizer out of DL4J's settings, and says what it cannot keep."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from string import Template

from dl4j_conformance.migration.counterpart import Counterpart, Fit, Library
from dl4j_conformance.migration.settings import LayerSettings

_WIDTH = 100
_IMPORTS = {"math.": "import math\n\n", "jax.": "import jax\n", "jnp.": "import jax.numpy as jnp\n"}
_FITS = {
    Fit.EQUAL: "With this program the steps are equal up to rounding.",
    Fit.DIFFERENT: "The steps are near DL4J's, and not equal.",
}
_LOSS = (
    "DL4J's gradients are sums over the minibatch. Take the sum as the loss, not the mean: the step divides by the "
    "size of the batch, at its end."
)
_DECAY = "Leave the library's own weight decay off: DL4J adds L1 and L2 after the updater, and no rate multiplies them."
_WEIGHTS = "Give it the weights alone: biases have coefficients of their own, and so an optimizer of their own."
_NAN = "If gradients or rates are NaN, DL4J goes its own way: a NaN number that meets an array counts as 1e-5."


def write(library: Library, settings: LayerSettings) -> str:
    """Return the program with a docstring that says what is set by hand, and what is lost."""
    counterpart = library.counterparts[settings.updater]
    return f'"""{_docstring(counterpart, settings)}"""\n\n{code(library, counterpart, settings)}'


def code(library: Library, counterpart: Counterpart, settings: LayerSettings) -> str:
    """Return the program of a counterpart. It is a module with ``optimizer_for``, and where steps need it ``step``."""
    numbers = {name: repr(value) for name, value in settings.numbers.items()}
    has_rate = "learning_rate" in numbers
    pieces = {
        "call": counterpart.call,
        "state": counterpart.state,
        "before": counterpart.before,
        "functions": counterpart.functions,
        "regularization": _regularization(library, settings),
        "iteration_parameter": "iteration, " if counterpart.before else "",
        "of_iteration": " of an iteration, counted from 0" if counterpart.before else "",
        "rate": "learning_rate" if has_rate else "1.0",
        "rate_parameter": f", learning_rate={numbers['learning_rate']}" if has_rate else "",
    }
    body = Template(library.template).safe_substitute(pieces)
    imports = "".join(statement for use, statement in _IMPORTS.items() if use in body)
    return Template(body).substitute(numbers, imports=imports)


def _regularization(library: Library, settings: LayerSettings) -> str:
    factors = ((settings.l2, library.parameter), (settings.l1, library.sign))
    terms = " + ".join(f"{value!r} * {factor}" for value, factor in factors if value)
    return Template(library.regularization).substitute(terms=terms) if terms else ""


def _docstring(counterpart: Counterpart, settings: LayerSettings) -> str:
    parts = [f"DL4J 0.8.0's {settings.updater} as {counterpart.name}.", _FITS[counterpart.fit]]
    parts += _listed("Set by hand:", counterpart.by_hand)
    parts += _listed("Not kept:", [*counterpart.lost, _NAN])
    parts += _listed("Yours to do:", [*_yours(settings), *settings.left])
    return "\n\n".join(parts) + "\n"


def _yours(settings: LayerSettings) -> Iterator[str]:
    yield _LOSS
    yield _WEIGHTS if settings.l1 or settings.l2 else _DECAY


def _listed(title: str, sentences: Sequence[str]) -> list[str]:
    """Return the sentences as a list under a title; nothing if there are none."""
    if not sentences:
        return []
    items = (textwrap.fill(text, _WIDTH, initial_indent="- ", subsequent_indent="  ") for text in sentences)
    return ["\n".join((title, *items))]
