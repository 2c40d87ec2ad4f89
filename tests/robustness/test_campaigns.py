"""A sample of each campaign; ``python tests/robustness`` has them whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from robustness import adapters, deviations, ports
from robustness.attempt import Attempt
from robustness.campaign import Campaign, again, attempts
from robustness.campaigns import CAMPAIGNS
from robustness.material import read_files

#: How many attempts of each campaign are made here.
_SAMPLE = {"files": 48, "deviations": 18, "backends": 8, "commands": 27, "signals": 6}
_SEED = 14


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("material")
    read_files(folder)
    return folder


@pytest.mark.parametrize("name", CAMPAIGNS)
def test_a_sample_is_as_expected(name: str, material: Path) -> None:
    campaign = CAMPAIGNS[name]
    tried = list(attempts(campaign, _SEED, range(_SAMPLE[name]), material))
    wrong = [
        f"{one.attempt.kind}, {one.attempt.detail}: {'; '.join(one.wrong)}\n  {again(campaign, _SEED, one.number)}"
        for one in tried
        if one.wrong
    ]
    assert not wrong, "\n" + "\n".join(wrong)
    assert len(tried) == _SAMPLE[name]


def test_the_deviations_that_are_changed_are_right(material: Path) -> None:
    raw = deviations.RIGHT.encode()
    right = Campaign("right", 1, lambda folder, number, random: deviations.attempt(folder, "", raw))
    (one,) = attempts(right, 0, range(1), material)
    assert (one.wrong, one.ended.code) == ((), 0)
    assert len(deviations.declared(raw, material) or ()) == 6


def test_an_adapter_and_a_port_without_a_fault_conform(material: Path) -> None:
    """Else every fault would be found, whatever it is."""
    right = Campaign("right", 2, lambda folder, number, random: _right(folder)[number])
    assert [one.wrong for one in attempts(right, 0, range(2), material)] == [(), ()]


def _right(material: Path) -> tuple[Attempt, Attempt]:
    return adapters.attempt(material, "update", "none", "0"), ports.attempt(material, "none", {}, (0,))
