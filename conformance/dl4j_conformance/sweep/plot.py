"""A sweep as a plot over the exponents of its gradients: the largest distance, and the largest share of the enclosure.

Needs matplotlib, the extra ``plot``.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from dl4j_conformance.sweep.patterns import strata_of
from dl4j_conformance.sweep.tally import Stratum

# Distinct for colour-blind readers too (Okabe and Ito).
_SIGNS = (("positive", "#0072b2", 0), ("negative", "#d55e00", 1))
# The same figures give the same bytes, whatever the user's matplotlibrc. A `$` in a name begins no formula.
_STYLE = {"svg.hashsalt": "dl4j-conformance", "svg.fonttype": "none", "text.parse_math": False}
_METADATA = {"svg": {"Date": None}, "png": {}}


def drawn(title: str, strata: Mapping[int, Stratum], dtype: str, swept: str, file_format: str) -> bytes:
    """Return a file of format ``file_format`` (svg or png): ulps above shares, over the exponents of ``swept``.

    Subnormal numbers stand at the left end, NaN and the infinities at the right.
    """
    with style.context(["default", _STYLE]):
        figure = Figure(figsize=(9, 6), layout="constrained")
        above, below = figure.subplots(2, sharex=True)
        figure.suptitle(title)
        _add(above, strata, dtype, [float(strata[number].ulps) for number in sorted(strata)])
        _add(below, strata, dtype, [strata[number].share for number in sorted(strata)])
        above.set_ylabel("ulps from the evaluation model")
        above.set_yscale("symlog", linthresh=1)
        above.set_ylim(bottom=-0.2)
        above.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        below.set_ylabel("share of the enclosure (1: edge)")
        below.set_ylim(-0.05, max(1.05, *(1.05 * stratum.share for stratum in strata.values()), 1.05))
        below.axhline(1, color="#888888", linestyle="--", gid="edge")
        below.set_xlabel(f"exponent of the {swept}")
        above.legend()
        file = io.BytesIO()
        figure.savefig(file, format=file_format, dpi=150, metadata=_METADATA[file_format])
    return file.getvalue()


def _add(axes: Axes, strata: Mapping[int, Stratum], dtype: str, heights: Sequence[float]) -> None:
    exponents = strata_of(dtype) // 2
    numbers = np.array(sorted(strata))
    for name, color, sign in _SIGNS:
        chosen = numbers // exponents == sign
        x = numbers[chosen] % exponents - (exponents // 2 - 1)
        axes.plot(x, np.array(heights)[chosen], ".-", color=color, label=name, gid=f"line {name}")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(visible=True, color="#dddddd")
