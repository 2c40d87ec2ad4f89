"""The formulae of the specification are what the rules compute, and change with them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dl4j_oracle import formulae, updaters
from dl4j_oracle.arithmetic.interface import Array
from dl4j_oracle.clauses import clauses, specification_folder
from dl4j_oracle.formula_rendering import render
from dl4j_oracle.formulae import FORMULAE
from dl4j_oracle.misreadings import catalogue
from dl4j_oracle.profile import DL4J_0_8_0
from dl4j_oracle.updaters import Call, Memory


@pytest.mark.parametrize("page", sorted(specification_folder().glob("*.md")), ids=lambda page: page.stem)
def test_the_pages_have_the_formulae_of_the_rules(page: object) -> None:
    text = page.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    assert formulae.written_into(text) == text, "run `python -m dl4j_oracle.formulae docs/specification`"


def test_every_rendered_formula_stands_on_a_page() -> None:
    shown = {clause.id: clause.formula.strip("`") for clause in clauses()}
    assert {id_: shown[id_] for id_ in FORMULAE} == {id_: render(formula) for id_, formula in FORMULAE.items()}


@pytest.mark.parametrize(
    ("clause", "formula"),
    [
        ("ADAM-1", "m <- m*beta1 + g*(1 - beta1);  v <- v*beta2 + g*g*(1 - beta2)"),
        ("ADAM-2", "g <- m*alphat/(sqrt(v) + epsilon)"),
        ("ADAGRAD-1", "h <- h + g*g;  g <- g*(lr/(sqrt(h) + epsilon))"),
        ("LR-7", "t > 1 and s % t = 0: lr <- lr*d"),
        ("NORM-5", "norm > t: factor = t/norm,  g <- g*factor"),
        ("NORM-6", "norm > t: factor = norm/t,  g <- g/factor"),
    ],
)
def test_formulae_are_those_of_dl4j(clause: str, formula: str) -> None:
    assert render(FORMULAE[clause]) == formula


def test_another_rule_has_another_formula() -> None:
    misread = {m.id: m.rules for m in catalogue()}
    inside = render(FORMULAE["ADAM-2"], misread["adam-epsilon-inside-root"])
    assert inside.endswith("/sqrt(v + epsilon)"), inside
    assert "min" not in render(FORMULAE["NORM-4"], misread["clip-element-wise-absolute-value-ignored"])

    def doubled(gradient: Array, memory: Memory, call: Call) -> tuple[Array, Memory]:
        return gradient * call.learning_rate + gradient * call.learning_rate, memory

    rules = replace(DL4J_0_8_0, sgd=replace(updaters.SGD, step=doubled))
    assert render(FORMULAE["SGD-1"], rules) == "g <- g*lr + g*lr"
