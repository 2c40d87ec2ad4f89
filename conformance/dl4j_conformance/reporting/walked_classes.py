"""The classes of DL4J that an update goes through, and those of their methods that decide nothing about it.

Every other method has a row in the table of :mod:`dl4j_conformance.reporting.specification_coverage`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

#: The classes by package. An updater's rows are those of ``GradientUpdater``, beside its own, and so with aggregators.
WALKED: Mapping[str, tuple[str, ...]] = {
    "org.deeplearning4j.nn.updater": ("LayerUpdater", "MultiLayerUpdater", "UpdaterCreator"),
    "org.deeplearning4j.nn.updater.graph": ("ComputationGraphUpdater",),
    "org.deeplearning4j.optimize.solvers": (
        "BaseOptimizer",
        "StochasticGradientDescent",
        "LineGradientDescent",
        "ConjugateGradient",
        "LBFGS",
        "BackTrackLineSearch",
    ),
    "org.deeplearning4j.optimize.stepfunctions": (
        "StepFunctions",
        "DefaultStepFunction",
        "GradientStepFunction",
        "NegativeDefaultStepFunction",
        "NegativeGradientStepFunction",
    ),
    "org.deeplearning4j.optimize.terminations": ("EpsTermination", "ZeroDirection"),
    "org.nd4j.linalg.learning": (
        "Sgd",
        "Adam",
        "AdaDelta",
        "Nesterovs",
        "AdaGrad",
        "RmsProp",
        "NoOpUpdater",
        "Sgd$SgdAggregator",
        "Adam$AdamAggregator",
        "AdaDelta$AdaDeltaAggregator",
        "Nesterovs$NesterovsAggregator",
        "AdaGrad$AdaGradAggregator",
        "RmsProp$RmsPropAggregator",
        "NoOpUpdater$NoOpUpdaterAggregator",
    ),
}

#: Why a method has no row, and the methods, of the class that declares them.
WITHOUT_ROW: Mapping[str, tuple[str, ...]] = {
    "They are empty.": (
        "Sgd.setStateViewArray",
        "NoOpUpdater.setStateViewArray",
        "NoOpUpdater.update",
        "BaseOptimizer.postFirstStep",
        "BaseOptimizer.preProcessLine",
        "BaseOptimizer.postStep",
        "StochasticGradientDescent.preProcessLine",
        "StochasticGradientDescent.postStep",
    ),
    "They give or set a field, or make what there is none of yet.": (
        "MultiLayerUpdater.getLayerUpdaters",
        "MultiLayerUpdater.getViewArray",
        "BaseOptimizer.getUpdater",
        "BaseOptimizer.setUpdater",
        "BaseOptimizer.getComputationGraphUpdater",
        "BaseOptimizer.setUpdaterComputationGraph",
        "BaseOptimizer.setListeners",
        "BaseOptimizer.getConf",
        "BaseOptimizer.batchSize",
        "BaseOptimizer.setBatchSize",
        "BackTrackLineSearch.getStepMax",
        "BackTrackLineSearch.getMaxIterations",
    ),
    "Nothing in the way of an update calls them.": (
        "MultiLayerUpdater.stateSizeForLayer",
        "BaseOptimizer.score",
        "BackTrackLineSearch.setRelTolx",
        "BackTrackLineSearch.setAbsTolx",
        "AdaGrad.createSubset",
        "GradientUpdaterAggregator.equals",
        "GradientUpdaterAggregator.canEqual",
        "GradientUpdaterAggregator.hashCode",
    ),
    "The optimizer calls them once, with constants and with a setting that the search reads by itself too.": (
        "BackTrackLineSearch.setStepMax",
        "BackTrackLineSearch.setMaxIterations",
    ),
    "It has the network compute its score, which is given.": ("BackTrackLineSearch.setScoreFor",),
    "The hash codes of updaters show in those of networks alone, and the text of an updater nowhere.": (
        "GradientUpdater.toString",
        "GradientUpdater.canEqual",
        "GradientUpdater.hashCode",
    ),
}


def section() -> Iterator[str]:
    """Yield the lines of the section about :data:`WITHOUT_ROW`, as Markdown."""
    yield from ("", "## Methods without a row", "")
    yield "Of the classes that an update goes through, these methods decide nothing. Getters and setters of updaters"
    yield "are not listed. A test holds the rows and this list against the classes in the jars: no method is left out."
    yield ""
    for reason, methods in WITHOUT_ROW.items():
        yield f"- {reason}"
        yield from (f"  - `{method}`" for method in methods)
