"""The form of a misreading: what is refused when its module is imported, and that nothing is left out."""

from __future__ import annotations

import pkgutil
import re
from pathlib import Path
from typing import Any

import pytest

from dl4j_oracle import misreadings, optimizer, updaters
from dl4j_oracle.arithmetic.interface import Array, Scalar
from dl4j_oracle.misreadings import Misreading, by_id, catalogue, together
from dl4j_oracle.misreadings.misreading import defined_in, misreading
from dl4j_oracle.misreadings.parts import part_at
from dl4j_oracle.profile import DL4J_0_8_0, Stage

CONTRIBUTING = Path(__file__).parents[2] / "CONTRIBUTING.md"
GIVEN: dict[str, Any] = {"id_": "l2-tripled", "clauses": ("POST-2",), "replaces": "l2"}


def _tripled(g: Array, w: Array, l2: Scalar, rate: Scalar) -> Array:
    """L2 is added three times."""
    return g + w * (l2 + l2 + l2)


def _without_sentence(g: Array, w: Array, l2: Scalar, rate: Scalar) -> Array:
    return g


def _without_full_stop(g: Array, w: Array, l2: Scalar, rate: Scalar) -> Array:
    """L2 is left out"""
    return g


@pytest.mark.parametrize(
    ("changed", "rule", "message"),
    [
        ({"replaces": "l3"}, _tripled, "'l3' is no rule"),
        ({"replaces": "id"}, _tripled, "'id' is no rule"),
        ({"replaces": "l2.step"}, _tripled, r"'l2\.step' is no rule"),
        ({"replaces": "adam.stride"}, _tripled, r"'adam\.stride' is no rule"),
        ({"id_": "adam-epsilon-inside-root"}, _tripled, "the id is taken"),
        ({"id_": "L2 tripled"}, _tripled, "an id is of lower-case words"),
        ({"clauses": ()}, _tripled, "no clause is cited"),
        ({"clauses": ("POST2",)}, _tripled, "'POST2' is no clause"),
        ({}, _without_sentence, "the function has no docstring"),
        ({}, _without_full_stop, "the docstring is one sentence on one line, with a full stop"),
    ],
)
def test_a_wrong_form_is_refused(changed: dict[str, Any], rule: Any, message: str) -> None:
    given = {**GIVEN, **changed}
    with pytest.raises(ValueError, match=f"misreading '{given['id_']}' in {__name__}: {message}"):
        misreading(**given)(rule)
    assert defined_in(__name__) == ()


def test_every_module_is_in_the_catalogue() -> None:
    modules = {module.name for module in pkgutil.iter_modules(misreadings.__path__)} - {"misreading", "parts"}
    every = [m.id for name in modules for m in defined_in(f"{misreadings.__name__}.{name}")]
    assert sorted(every) == sorted(m.id for m in catalogue())


def test_a_rule_that_is_a_function_is_replaced_by_the_function() -> None:
    assert DL4J_0_8_0.decayed_by_score is optimizer.decayed_by_score
    assert by_id("score-decay-by-rate-alone").rules.decayed_by_score.__name__ == "_score_decay_by_rate_alone"


def test_a_part_that_is_a_function_is_replaced_by_the_function() -> None:
    assert by_id("l2-doubled").changes["l2.coefficient"].__name__ == "_l2_doubled"


def test_an_aspect_of_a_record_is_replaced_alone() -> None:
    changed = by_id("adagrad-from-zero").rules.adagrad
    assert changed.step is updaters.adagrad
    assert changed.initial is not updaters.ADAGRAD.initial


def test_a_tuple_is_replaced_by_what_the_function_returns() -> None:
    assert by_id("no-l2").rules.stages == (Stage.NORMALIZATION, Stage.UPDATER, Stage.L1, Stage.DIVISION)


def test_stages_are_moved_one_by_one() -> None:
    both = together([by_id("division-first"), by_id("penalties-before-updater")]).rules
    assert both.stages == (Stage.DIVISION, Stage.NORMALIZATION, Stage.L2, Stage.L1, Stage.UPDATER)
    assert both.id == "division-first+penalties-before-updater"


def test_parts_of_different_rules_are_changed_together() -> None:
    both = together([by_id("adagrad-from-zero"), by_id("no-l2")])
    assert both.fields == {"adagrad", "stages"}
    assert both.rules.adagrad.initial is by_id("adagrad-from-zero").rules.adagrad.initial
    assert both.rules.stages == by_id("no-l2").rules.stages


@pytest.mark.parametrize(
    ("first", "second"),
    [("no-l2", "l2-before-updater"), ("no-l2", "penalties-before-updater"), ("adagrad-from-zero", "adagrad-from-one")],
)
def test_the_same_part_is_changed_once(first: str, second: str) -> None:
    assert by_id(first).conflicts_with(by_id(second))
    with pytest.raises(ValueError, match=f"{first} and {second} change the same part of a rule"):
        together([by_id(first), by_id(second)])


def test_a_record_conflicts_with_its_parts() -> None:
    whole = Misreading("whole", "All.", ("POST-1",), {"stages": (Stage.UPDATER,)})
    assert whole.conflicts_with(by_id("no-l2"))
    assert by_id("no-l2").conflicts_with(whole)
    assert not Misreading("other", "It.", ("POST-1",), {"stage": 1}).conflicts_with(by_id("no-l2"))


@pytest.mark.parametrize("path", ["stages.l3", "adam.nothing", "nothing", "l2.nothing", "id", "adam.id"])
def test_there_is_no_such_part(path: str) -> None:
    with pytest.raises(LookupError):
        part_at(DL4J_0_8_0, path)


def test_the_example_of_contributing() -> None:
    section = CONTRIBUTING.read_text(encoding="utf-8").partition("## Adding a misreading")[2]
    code = re.search(r"^```python\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    assert code
    exec(code[1], {"__name__": "example"})  # noqa: S102
    (added,) = defined_in("example")
    assert added.id == "adam-without-state"
    assert added.sentence == "ADAM: The gradient is scaled by the rate, and the moments are not kept."
    assert added.changes.keys() == {"adam.step"}
    assert added.rules.adam.state == updaters.ADAM.state
    assert added not in catalogue()
