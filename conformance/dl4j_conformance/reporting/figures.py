"""Figures: their style, and files of them that have the same bytes for the same content.

Needs matplotlib, the extra ``plot``.
"""

from __future__ import annotations

import io
from contextlib import AbstractContextManager

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

#: Distinct for colour-blind readers too (Okabe and Ito).
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
# A `$` in a name begins no formula.
_STYLE = {"svg.hashsalt": "dl4j-conformance", "svg.fonttype": "none", "text.parse_math": False}
_METADATA = {"svg": {"Date": None}, "png": {}}


def styled() -> AbstractContextManager[None]:
    """Return the context in which figures are made and written, whatever the user's matplotlibrc says."""
    return style.context(["default", _STYLE])


def written(figure: Figure, file_format: str) -> bytes:
    """Return a file of format ``file_format`` (svg or png)."""
    file = io.BytesIO()
    figure.savefig(file, format=file_format, dpi=150, metadata=_METADATA[file_format])
    return file.getvalue()


def scale_to_ulps(axes: Axes) -> None:
    """Set a vertical scale of distances: linear from 0 (equal bits) to 1 ulp, and logarithmic beyond."""
    axes.set_yscale("symlog", linthresh=1)
    axes.set_ylim(bottom=-0.2)
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))


def count_along(axes: Axes) -> None:
    """Set a horizontal axis of whole numbers, and a grid."""
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(visible=True, color="#dddddd")
