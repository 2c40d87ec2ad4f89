"""The HTML report in a browser, light and dark, on a screen and on a phone, from the keyboard and on paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from html_report.chromium import FORMS, PHONE, Look, asked, look
from html_report.pages import pages, reports

#: A page with a known fault of each sort.
FAULTY = """<!DOCTYPE html><html lang="en"><title>faulty</title><main><h1>faulty</h1>
<img src="https://dl4j-conformance.invalid/x.png"><p style="color: #ccc; background: #fff">pale</p>
<a href="#nowhere">nowhere</a><div style="width: 2000px">wide</div>
<details><summary>folded</summary><p>not on paper</p></details>
<svg viewBox="0 0 9 9" width="90"><text y="9">much too long</text></svg>
<table class="matrix"><tr><td><a href="#nowhere">1</a></table><script>console.error("wrong")</script></main>"""


@pytest.fixture(scope="module")
def looks(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[Look]]:
    folder = tmp_path_factory.mktemp("pages")
    shown = dict(pages(folder, reports(folder)))
    odd = {"hostile": shown.pop("hostile"), "faulty": folder / "faulty.html"}
    odd["faulty"].write_text(FAULTY, encoding="utf-8")
    found: dict[str, list[Look]] = {}
    for one in look([*asked(shown), *asked(odd, PHONE)], folder):
        found.setdefault(one.name, []).append(one)
    return found


def is_on_its_own(one: Look) -> bool:
    """Return whether nothing but the page itself was loaded: each link to a part of it is a request for the page."""
    return len({address.partition("#")[0] for address in one.requests}) == 1


CHECKS: Mapping[str, Callable[[Look], bool]] = {
    "no error on the console": lambda one: not one.errors,
    "no request but the page": is_on_its_own,
    "no violation of axe": lambda one: not one.violations,
    "no scrolling of the page to the side": lambda one: one.overflow <= 0,
    "no text that a drawing cuts off": lambda one: not one.cut_off,
    "no link that leads nowhere": lambda one: not one.dead_links,
    "first of all a link to the content": lambda one: one.first_focus == "Skip to the content",
    "a way from the matrix to a case": lambda one: one.is_led_to_case is not False,
    "all of it on paper": lambda one: one.not_printed == 0,
}


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("name", ["passing", "failing", "compared", "hostile"])
def test_a_page(name: str, check: str, looks: Mapping[str, list[Look]]) -> None:
    assert [(one.scheme, one.width) for one in looks[name]] == list(PHONE if name == "hostile" else FORMS)
    assert not [one for one in looks[name] if not CHECKS[check](one)]


@pytest.mark.parametrize("check", CHECKS)
def test_each_check_finds_its_fault(check: str, looks: Mapping[str, list[Look]]) -> None:
    assert any(not CHECKS[check](one) for one in looks["faulty"])


def test_dark_is_dark(looks: Mapping[str, list[Look]]) -> None:
    assert len({one.background for one in looks["passing"]}) == 2


def test_the_failing_page_has_a_way_to_a_case(looks: Mapping[str, list[Look]]) -> None:
    assert all(one.is_led_to_case for one in looks["failing"])
