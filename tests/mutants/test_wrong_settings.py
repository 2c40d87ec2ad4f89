"""Every wrong port of a setting fails a fixture that is made for it; and the table has what it should."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from dl4j_backends.interface import ALL_CAPABILITIES
from dl4j_conformance.cases.setting_words import sensible
from dl4j_conformance.running.run import Attempt
from golden_fixtures import every_fixture
from mutants.wrong_settings import MISTAKES, WRONG_SETTINGS, Rewriting


@pytest.mark.parametrize("name", WRONG_SETTINGS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_is_failed(name: str, dtype: str) -> None:
    wrong = WRONG_SETTINGS[name]
    made_for_it = [f for f in every_fixture() if fnmatchcase(f.case.id, f"{wrong.shown_by}*-{dtype}")]
    assert any(Attempt.of(wrong.backend, fixture).differs(ALL_CAPABILITIES) for fixture in made_for_it)


def test_a_port_that_rewrites_nothing_passes() -> None:
    right = Rewriting(lambda network: network)
    made = [f for f in every_fixture() if f.case.id.startswith("setting-")]
    assert made
    assert not [f.case.id for f in made if Attempt.of(right, f).differs(ALL_CAPABILITIES)]


def test_every_setting_meets_every_mistake() -> None:
    assert len(WRONG_SETTINGS) >= 30
    for setting in ("learning_rate_sgd", "momentum", "adam_mean_decay", "rho", "rms_decay", "epsilon_adagrad"):
        assert {f"{setting}_{mistake}" for mistake in MISTAKES} <= set(WRONG_SETTINGS)
    for setting in sensible():
        assert any(name.startswith(setting.partition(" ")[0]) for name in WRONG_SETTINGS) or setting in _OF_NETWORK


#: Settings whose wrong readings are in the catalogue of misreadings, or need no number.
_OF_NETWORK = ("lr_policy", "use_regularization", "num_iterations", "iteration_count")
