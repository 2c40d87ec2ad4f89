"""Drift along a trace as a plot: the distance in ulps after every step, on a logarithmic scale.

Needs matplotlib, the extra ``plot``.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dl4j_conformance.reporting.figures import COLORS, count_along, scale_to_ulps, styled, written

#: The distance after each step in ulps; None where it has none (NaN, infinity, an exception).
Curve = Sequence[int | None]


def drawn(title: str, curves: Mapping[str, Curve], file_format: str) -> bytes:
    """Return a file of format ``file_format`` (svg or png) with a line per backend.

    Steps without a distance are crosses at the top.
    """
    with styled():
        figure = Figure(figsize=(9, 5), layout="constrained")
        axes = figure.add_subplot(title=title, xlabel="step", ylabel="largest distance (ulps)")
        for number, (name, curve) in enumerate(curves.items()):
            _add(axes, name, curve, COLORS[number % len(COLORS)])
        _scale(axes, curves.values())
        # Below the plot, since the address of a program can be long.
        figure.legend(loc="outside lower left")
        return written(figure, file_format)


def _add(axes: Axes, name: str, curve: Curve, color: str) -> None:
    heights = [math.nan if d is None else float(d) for d in curve]
    axes.plot(heights, color=color, label=name, marker=".", markersize=4, gid=f"line {name}")
    missing = [step for step, d in enumerate(curve) if d is None]
    top = [0.96] * len(missing)
    axes.plot(missing, top, "x", color=color, transform=axes.get_xaxis_transform(), gid=f"no distance {name}")


def _scale(axes: Axes, curves: Collection[Curve]) -> None:
    largest = max((d for curve in curves for d in curve if d is not None), default=0)
    scale_to_ulps(axes)
    axes.set_ylim(top=10.0 * max(largest, 1))
    steps = max(map(len, curves), default=1)
    axes.set_xlim(-0.5, max(steps, 1) - 0.5)
    count_along(axes)
