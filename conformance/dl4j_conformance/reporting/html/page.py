"""The page: reports rendered by templates into one HTML file."""

from __future__ import annotations

from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from dl4j_backends import plain_text
from dl4j_conformance.judging.level import Level
from dl4j_conformance.reporting.html import plots
from dl4j_conformance.reporting.html.backend import backend
from dl4j_conformance.reporting.html.side_by_side import side_by_side
from dl4j_conformance.reporting.report_file import Report
from dl4j_conformance.reporting.report_sentences import idle, side


def page(reports: Sequence[Report]) -> str:
    """Return the page of all backends of these reports, side by side if there are several."""
    backends = [backend(report, number, is_alone=len(reports) == 1) for number, report in enumerate(reports, 1)]
    compared = side_by_side(backends) if len(backends) > 1 else None
    return _environment().get_template("page.html").render(backends=backends, compared=compared)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("dl4j_conformance.reporting.html"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_plain,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "levels": tuple(Level),
        "in_short": plots.in_short,
        "side": side,
        "idle": idle,
    }
    return environment


def _plain(value: object) -> object:
    """Return text from outside with its unseen characters by number: none may turn a line or hide what follows."""
    return plain_text.line(value) if isinstance(value, str) and not isinstance(value, Markup) else value
