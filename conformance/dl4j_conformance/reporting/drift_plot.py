"""Drift along a trace as a plot: the distance in ulps after every step, on a logarithmic scale.

Needs matplotlib, the extra ``plot``.
"""

from __future__ import annotations

import io
import math
from collections.abc import Collection, Mapping, Sequence

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

#: The distance after each step in ulps; None where it has none (NaN, infinity, an exception).
Curve = Sequence[int | None]

# Distinct for colour-blind readers too (Okabe and Ito).
_COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
# The same curves give the same bytes, whatever the user's matplotlibrc. A `$` in a name begins no formula.
_STYLE = {"svg.hashsalt": "dl4j-conformance", "svg.fonttype": "none", "text.parse_math": False}
_METADATA = {"svg": {"Date": None}, "png": {}}


def drawn(title: str, curves: Mapping[str, Curve], file_format: str) -> bytes:
    """Return a file of format ``file_format`` (svg or png) with a line per backend.

    Steps without a distance are crosses at the top.
    """
    with style.context(["default", _STYLE]):
        figure = Figure(figsize=(9, 5), layout="constrained")
        axes = figure.add_subplot(title=title, xlabel="step", ylabel="largest distance (ulps)")
        for number, (name, curve) in enumerate(curves.items()):
            _add(axes, name, curve, _COLORS[number % len(_COLORS)])
        _scale(axes, curves.values())
        # Below the plot, since the address of a program can be long.
        figure.legend(loc="outside lower left")
        file = io.BytesIO()
        figure.savefig(file, format=file_format, dpi=150, metadata=_METADATA[file_format])
    return file.getvalue()


def _add(axes: Axes, name: str, curve: Curve, color: str) -> None:
    heights = [math.nan if d is None else float(d) for d in curve]
    axes.plot(heights, color=color, label=name, marker=".", markersize=4, gid=f"line {name}")
    missing = [step for step, d in enumerate(curve) if d is None]
    top = [0.96] * len(missing)
    axes.plot(missing, top, "x", color=color, transform=axes.get_xaxis_transform(), gid=f"no distance {name}")


def _scale(axes: Axes, curves: Collection[Curve]) -> None:
    """Set a vertical scale that is linear from 0 (equal bits) to 1 ulp, and logarithmic beyond."""
    largest = max((d for curve in curves for d in curve if d is not None), default=0)
    axes.set_yscale("symlog", linthresh=1)
    axes.set_ylim(-0.2, 10.0 * max(largest, 1))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    steps = max(map(len, curves), default=1)
    axes.set_xlim(-0.5, max(steps, 1) - 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(visible=True, color="#dddddd")
