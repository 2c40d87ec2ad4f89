"""A sweep as a plot over the exponents of its gradients: the largest distance, and the largest share of the enclosure.

Needs matplotlib, the extra ``plot``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dl4j_conformance.reporting.figures import COLORS, count_along, scale_to_ulps, styled, written
from dl4j_conformance.sweep.patterns import strata_of
from dl4j_conformance.sweep.tally import Stratum

_SIGNS = (("positive", COLORS[0], 0), ("negative", COLORS[1], 1))


def drawn(title: str, strata: Mapping[int, Stratum], dtype: str, swept: str, file_format: str) -> bytes:
    """Return a file of format ``file_format`` (svg or png): ulps above shares, over the exponents of ``swept``.

    Subnormal numbers stand at the left end, NaN and the infinities at the right.
    """
    with styled():
        figure = Figure(figsize=(9, 6), layout="constrained")
        above, below = figure.subplots(2, sharex=True)
        figure.suptitle(title)
        _add(above, strata, dtype, [float(strata[number].ulps) for number in sorted(strata)])
        _add(below, strata, dtype, [strata[number].share for number in sorted(strata)])
        above.set_ylabel("ulps from the evaluation model")
        scale_to_ulps(above)
        below.set_ylabel("share of the enclosure (1: edge)")
        below.set_ylim(-0.05, max(1.05, *(1.05 * stratum.share for stratum in strata.values()), 1.05))
        below.axhline(1, color="#888888", linestyle="--", gid="edge")
        below.set_xlabel(f"exponent of the {swept}")
        above.legend()
        return written(figure, file_format)


def _add(axes: Axes, strata: Mapping[int, Stratum], dtype: str, heights: Sequence[float]) -> None:
    exponents = strata_of(dtype) // 2
    numbers = np.array(sorted(strata))
    for name, color, sign in _SIGNS:
        chosen = numbers // exponents == sign
        x = numbers[chosen] % exponents - (exponents // 2 - 1)
        axes.plot(x, np.array(heights)[chosen], ".-", color=color, label=name, gid=f"line {name}")
    count_along(axes)
