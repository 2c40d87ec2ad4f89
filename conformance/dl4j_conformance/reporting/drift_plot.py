"""Drift along a trace as an SVG: the distance in ulps after every step, on a logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from xml.sax.saxutils import escape

#: The distance after each step in ulps; None where it has none (NaN, infinity, an exception).
Curve = Sequence[int | None]

_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 800, 400, 70, 40, 170, 50
_COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")


def svg(title: str, curves: Mapping[str, Curve]) -> str:
    """One line per backend. Steps without a distance are crosses at the top."""
    steps = max((len(curve) for curve in curves.values()), default=1)
    decades = max(1, max((_height(d) for curve in curves.values() for d in curve if d is not None), default=1))
    return "\n".join(_elements(title, curves, max(steps - 1, 1), math.ceil(decades))) + "\n"


def _height(distance: int) -> float:
    """0 for equal bits, 1 for one ulp, and one more for every factor of ten."""
    return 1 + math.log10(distance) if distance else 0.0


def _elements(title: str, curves: Mapping[str, Curve], last: int, decades: int) -> Iterator[str]:
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM

    def at(step: int, height: float) -> tuple[float, float]:
        x = _LEFT + (right - _LEFT) * step / last
        return round(x, 2), round(bottom - (bottom - _TOP) * height / (decades + 0.5), 2)

    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
        ' font-family="sans-serif" font-size="12">'
    )
    yield f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>'
    yield f'<text x="{_LEFT}" y="24" font-size="14">{escape(title)}</text>'
    for decade in range(decades + 1):
        _, y = at(0, decade)
        label = "0" if decade == 0 else f"1e{decade - 1}" if decade > 1 else "1"
        yield f'<line x1="{_LEFT}" y1="{y}" x2="{right}" y2="{y}" stroke="#ddd"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{label}</text>'
    yield f'<text x="{_LEFT}" y="{bottom + 20}">0</text>'
    yield f'<text x="{right}" y="{bottom + 20}" text-anchor="end">{last}</text>'
    yield f'<text x="{(_LEFT + right) / 2}" y="{bottom + 36}" text-anchor="middle">step</text>'
    middle = (_TOP + bottom) / 2
    yield f'<text transform="translate(20 {middle}) rotate(-90)" text-anchor="middle">largest distance (ulps)</text>'
    for number, (name, curve) in enumerate(curves.items()):
        color = _COLORS[number % len(_COLORS)]
        points = [at(step, _height(d)) for step, d in enumerate(curve) if d is not None]
        yield f'<polyline fill="none" stroke="{color}" points="{" ".join(f"{x},{y}" for x, y in points)}"/>'
        for x, y in (at(step, decades + 0.4) for step, d in enumerate(curve) if d is None):
            yield f'<path d="M{x - 3} {y - 3}l6 6m0 -6l-6 6" stroke="{color}"/>'
        yield f'<text x="{right + 12}" y="{_TOP + 16 * number + 12}" fill="{color}">{escape(name)}</text>'
    yield "</svg>"
