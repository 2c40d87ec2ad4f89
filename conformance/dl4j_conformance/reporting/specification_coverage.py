"""The coverage of DL4J's methods between backpropagation and the parameter step by clauses, rules and cases.

``python -m dl4j_conformance.reporting.specification_coverage docs/specification`` writes them into ``coverage.md``.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dl4j_conformance.judging.fixture import Fixture
from dl4j_conformance.reporting import setting_coverage, walked_classes
from dl4j_conformance.vectors.fixtures import Selection, fixtures
from dl4j_fixtures import destination
from dl4j_oracle.clauses import Clause, clauses
from dl4j_oracle.traceability import rules_by_clause

#: The methods in the order in which DL4J calls them, and what else decides a parameter's step.
METHODS = (
    "BaseOptimizer.gradientAndScore",
    "BaseOptimizer.updateGradientAccordingToParams",
    "UpdaterCreator.getUpdater",
    "MultiLayerUpdater.MultiLayerUpdater",
    "MultiLayerUpdater.update",
    "LayerUpdater.update",
    "LayerUpdater.preApply",
    "LayerUpdater.applyLrDecayPolicy",
    "LayerUpdater.applyMomentumDecayPolicy",
    "GradientUpdater.update",
    "GradientUpdater.getGradient",
    "Sgd.getGradient",
    "Adam.getGradient",
    "AdaDelta.getGradient",
    "Nesterovs.getGradient",
    "AdaGrad.getGradient",
    "RmsProp.getGradient",
    "NoOpUpdater.getGradient",
    "LayerUpdater.postApply",
    "LayerUpdater.init",
    "GradientUpdater.stateSizeForInputSize",
    "Adam.setStateViewArray",
    "AdaDelta.setStateViewArray",
    "Nesterovs.setStateViewArray",
    "AdaGrad.setStateViewArray",
    "RmsProp.setStateViewArray",
    "LayerUpdater.setStateViewArray",
    "LayerUpdater.getUpdaterForVariable",
    "LayerUpdater.getStateViewArray",
    "LayerUpdater.stateSizeForLayer",
    "LayerUpdater.equals",
    "GradientUpdater.equals",
    "LayerUpdater.hashCode",
    "LayerUpdater.clone",
    "MultiLayerUpdater.setStateViewArray",
    "MultiLayerUpdater.getStateViewArray",
    "MultiLayerUpdater.equals",
    "MultiLayerNetwork.clone",
    "MultiLayerNetwork.clear",
    "ComputationGraph.clear",
    "GraphBuilder.addLayer",
    "GraphBuilder.addVertex",
    "ComputationGraph.init",
    "ComputationGraph.initGradientsView",
    "ComputationGraph.topologicalSortOrder",
    "ComputationGraph.calcBackpropGradients",
    "LayerVertex.doBackward",
    "StackVertex.doBackward",
    "ComputationGraph.pretrainLayer",
    "ComputationGraphUpdater.ComputationGraphUpdater",
    "ComputationGraphUpdater.update",
    "ComputationGraphUpdater.setStateViewArray",
    "ComputationGraphUpdater.getStateViewArray",
    "ComputationGraphUpdater.equals",
    "ComputationGraphUpdater.hashCode",
    "ComputationGraph.clone",
    "StochasticGradientDescent.optimize",
    "BaseOptimizer.getIterationCount",
    "BaseOptimizer.incrementIterationCount",
    "StepFunctions.createStepFunction",
    "NegativeGradientStepFunction.step",
    "BaseOptimizer.checkTerminalConditions",
    "MultiLayerNetwork.applyLearningRateScoreDecay",
    "BaseOptimizer.optimize",
    "BaseOptimizer.setupSearchState",
    "BaseOptimizer.getDefaultStepFunctionForOptimizer",
    "LineGradientDescent.preProcessLine",
    "LineGradientDescent.postStep",
    "ConjugateGradient.preProcessLine",
    "ConjugateGradient.postStep",
    "LBFGS.setupSearchState",
    "LBFGS.preProcessLine",
    "LBFGS.postStep",
    "BackTrackLineSearch.optimize",
    "NegativeDefaultStepFunction.step",
    "GradientStepFunction.step",
    "DefaultStepFunction.step",
    "ZeroDirection.terminate",
    "EpsTermination.terminate",
    "FrozenLayer.FrozenLayer",
    "LayerVertex.setLayerAsFrozen",
    "ModelSerializer.writeModel",
    "ModelSerializer.restoreMultiLayerNetwork",
    "MultiLayerUpdater.clone",
    "ComputationGraphUpdater.clone",
    "GradientUpdater.getAggregator",
    "GradientUpdaterAggregator.aggregate",
    "GradientUpdaterAggregator.combine",
    "GradientUpdaterAggregator.getUpdater",
)


@dataclass(frozen=True)
class Row:
    """The coverage of ``method``: clauses, rules, numbers of cases and of those that are recorded on the real DL4J."""

    method: str
    clauses: Sequence[str]
    rules: Sequence[str]
    cases: int
    recorded: int

    @property
    def is_open(self) -> bool:
        """Return whether anything is missing."""
        return not (self.clauses and self.rules and self.cases) or self.recorded < self.cases


def rows(every: Sequence[Fixture]) -> Iterator[Row]:
    """Yield a row for each of :data:`METHODS`, with the numbers of ``every`` fixture that tests it."""
    known, rules = clauses(), rules_by_clause()
    for method in METHODS:
        own = [clause.id for clause in known if _is_from(clause, method)]
        tested = [fixture for fixture in every if set(own) & set(fixture.case.clauses)]
        found = sorted({rule.removeprefix("dl4j_oracle.") for id_ in own for rule in rules.get(id_, ())})
        yield Row(method, own, found, len(tested), sum(map(_is_recorded, tested)))


def _is_from(clause: Clause, method: str) -> bool:
    owner, _, name = method.partition(".")
    mentioned = rf"\b{owner}\b" if owner == name else rf"\b{owner}\.{name}\b"
    return re.search(mentioned, clause.source) is not None


def _is_recorded(fixture: Fixture) -> bool:
    return fixture.recorded is not None


def page(every: Sequence[Fixture]) -> str:
    """Return the page about ``every`` fixture, as Markdown."""
    lines = [
        "# Coverage",
        "",
        "For each method of DL4J that decides how parameters change, this page lists the clauses that describe it, the",
        "rules that implement them and the number of cases that test them. The last column says whether the real DL4J",
        "gave the expected results. Methods stand in the order in which DL4J calls them.",
        "",
        "The page is generated by `python -m dl4j_conformance.reporting.specification_coverage docs/specification`. A",
        "test fails if it is out of date.",
        "",
        "| method | clauses | rules | cases | verified against the real DL4J |",
        "| --- | --- | --- | ---: | --- |",
    ]
    for row in rows(every):
        verified = "yes" if row.cases and row.recorded == row.cases else f"{row.recorded} of {row.cases}"
        shown = ", ".join(f"`{rule}`" for rule in row.rules)
        lines.append(f"| `{row.method}` | {', '.join(row.clauses)} | {shown} | {row.cases} | {verified} |")
    lines += walked_classes.section()
    lines += setting_coverage.section(setting_coverage.count(fixture.case for fixture in every))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    destination(Path(sys.argv[1]) / "coverage.md").write(page(fixtures(Selection())).encode())
