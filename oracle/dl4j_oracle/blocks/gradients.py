"""The gradients of one update: the network's own flat view, or external ones beside it.

An array of each parameter stands for its slice of a flat array (1-D, of the network's dtype).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from dl4j_oracle.arithmetic.interface import Array
from dl4j_oracle.clauses import clause


class GradientForm(StrEnum):
    """The place of the gradients of an update."""

    #: In the network's own flat view.
    OWN = "own"
    #: In a second flat array.
    FLAT = "flat"
    #: Each in an array of its own: a ``DefaultGradient`` without a flat array.
    MAP = "map"


@dataclass
class Gradients:
    """The arrays that an update changes; what one stage did stays done if the next one raises."""

    #: The network's own view: strategies of a layer work on it.
    own: dict[str, Array]
    #: The arrays by key: strategies of a parameter type work on them.
    named: dict[str, Array]
    #: What division, updaters and regularization work on.
    flat: dict[str, Array]
    form: GradientForm


#: From the form of gradients, gradients by key, and what the own view holds beside external ones, to what is updated.
GradientsOf = Callable[[GradientForm, Mapping[str, Array], Mapping[str, Array] | None], Gradients]


@clause("BLOCK-16")
def in_place(form: GradientForm, gradients: Mapping[str, Array], own: Mapping[str, Array] | None = None) -> Gradients:
    """Return the gradients of an update (each 1-D, of the network's dtype).

    ``own`` is what the own view holds beside external ones. Gradients without a flat array are copied into one when the
    update begins.
    """
    flat = dict(gradients)
    if form is GradientForm.OWN or own is None:
        return Gradients(flat, flat, flat, form)
    return Gradients(dict(own), flat if form is GradientForm.FLAT else dict(gradients), flat, form)
