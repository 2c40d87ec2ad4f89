"""Badges: the verdict in a few words, as JSON for https://shields.io/badges/endpoint-badge, or as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from dl4j_backends import strict_json
from dl4j_conformance.reporting.report_file import Report
from dl4j_conformance.reporting.report_sentences import failing

_LABEL = "DL4J 0.8.0"
#: The names of colours that shields.io has.
_COLOURS = {"brightgreen": "#4c1", "red": "#e05d44", "yellow": "#dfb317"}
#: The width of a character of the usual font at 11 px, rounded up, and of the margins.
_CHARACTER, _MARGIN = 7, 10


@dataclass(frozen=True)
class Badge:
    """The words of a badge, and a colour by its name."""

    message: str
    colour: str

    @property
    def endpoint(self) -> str:
        """The JSON that shields.io reads from an address."""
        said: Mapping[str, object] = {
            "schemaVersion": 1,
            "label": _LABEL,
            "message": self.message,
            "color": self.colour,
            "isError": self.colour == "red",
        }
        return strict_json.indented(said)

    @property
    def svg(self) -> str:
        """The picture, which needs no other file."""
        left, right = (len(text) * _CHARACTER + _MARGIN for text in (_LABEL, self.message))
        title = escape(f"{_LABEL}: {self.message}", {'"': "&quot;"})
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img"'
            f' aria-label="{title}"><title>{title}</title>'
            f'<rect width="{left}" height="20" fill="#555"/>'
            f'<rect x="{left}" width="{right}" height="20" fill="{_COLOURS[self.colour]}"/>'
            '<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
            f'<text x="{left / 2:g}" y="14">{escape(_LABEL)}</text>'
            f'<text x="{left + right / 2:g}" y="14">{escape(self.message)}</text></g></svg>'
        )


def badge(reports: Sequence[Report]) -> Badge:
    """Return the badge of all backends together: of one with its level, of several with how many conform."""
    conforming = sum(report.footer.exit_code == 0 for report in reports)
    failed = sum(1 for report in reports for _ in failing(report))
    is_wrong = failed or any(report.footer.breaches for report in reports)
    colour = "brightgreen" if conforming == len(reports) else "red" if is_wrong else "yellow"
    if len(reports) > 1:
        return Badge(f"{conforming} of {len(reports)} conform", colour)
    (report,) = reports
    total = report.footer.total
    if conforming:
        deviations = sum(result.deviation is not None for result in report.results)
        besides = f", {deviations} deviate" if deviations else ""
        return Badge(f"{report.header.claimed}, {total.passed} cases{besides}", colour)
    if failed:
        return Badge(f"{failed} of {total.passed + total.failed} cases fail", colour)
    return Badge("not as declared" if is_wrong else "incomplete", colour)
