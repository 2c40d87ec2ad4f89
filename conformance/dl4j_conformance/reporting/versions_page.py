"""The page about the versions of DL4J: aspect by aspect from the profiles, and the numbers that show the differences.

``python -m dl4j_conformance.reporting.versions_page docs`` writes it into ``versions.md``.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dl4j_backends.block_interface import BlockNetwork, BlockStep
from dl4j_backends.interface import Network
from dl4j_conformance.cases.values import Floats, decimal_at
from dl4j_conformance.diagnosis.identification import told_apart
from dl4j_conformance.execution.block_session import OracleBlockBackend
from dl4j_conformance.execution.oracle_backend import OracleBackend
from dl4j_fixtures import destination
from dl4j_oracle import configuration, state_layout
from dl4j_oracle.arithmetic.norm_order import nd4j_native
from dl4j_oracle.blocks.iupdater import DEFAULTS, UpdaterClass
from dl4j_oracle.blocks.profile import BLOCK_VERSIONS, BlockRules
from dl4j_oracle.clauses import VERSIONS
from dl4j_oracle.configuration import GradientNormalization, Updater
from dl4j_oracle.learning_rate import POLICIES
from dl4j_oracle.profile import DL4J_0_8_0, Stage

_OLD_NAMES = {
    UpdaterClass.SGD: Updater.SGD,
    UpdaterClass.ADAM: Updater.ADAM,
    UpdaterClass.ADA_DELTA: Updater.ADADELTA,
    UpdaterClass.ADA_GRAD: Updater.ADAGRAD,
    UpdaterClass.NESTEROVS: Updater.NESTEROVS,
    UpdaterClass.RMS_PROP: Updater.RMSPROP,
    UpdaterClass.NO_OP: Updater.NONE,
}
#: What a version does not have.
_NONE = "-"


def _sentence(rule: Any) -> str:
    """Return what a rule does in a sentence: the first of its docstring."""
    text = " ".join((inspect.getdoc(rule) or "").split("\n\n")[0].split())
    text = re.sub(r"^Return (whether )?", lambda found: found[1] or "", text)
    text = re.sub(r":(?:func|class|meth):`[~.\w]*?(\w+)`", r"`\1`", text).replace("``", "`")
    return text.removesuffix(".").replace("|", "\\|")


def _stages(rules: BlockRules) -> str:
    return ", then ".join(stage.value for stage in rules.stages)


def _old_stages() -> str:
    words = {
        Stage.NORMALIZATION: "gradient normalisation, layer by layer",
        Stage.UPDATER: "of each parameter rate and updater",
        Stage.L2: "L2",
        Stage.L1: "L1",
        Stage.DIVISION: "division by the batch size",
    }
    return ", then ".join(words[stage] for stage in DL4J_0_8_0.stages)


def _before(rules: BlockRules) -> str:
    kinds = sorted(kind.value.removesuffix("Regularization") for kind in rules.before_updater)
    return f"{' and '.join(kinds)} come before the updater" if kinds else "all follows the updater"


#: An aspect: its name, a cell for 0.8.0, and what makes the cell of a later version.
Aspect = tuple[str, str, Callable[[BlockRules], str]]


def _aspects() -> Iterator[Aspect]:
    old = DL4J_0_8_0
    yield "configuration", _sentence(configuration.inherit), lambda r: _sentence(sys.modules[r.build.__module__])
    yield "what shares an updater", "nothing: each parameter has its own", lambda r: _sentence(r.joins)
    yield "state view", _sentence(state_layout.blocks_per_parameter), lambda r: "block by block, each array whole"
    yield "order", _old_stages(), _stages
    yield "regularization", "all follows the updater", _before
    yield "division", _sentence(old.divide_by_batch_size), lambda r: _sentence(r.is_divided)
    yield "a NaN number meets an array", _sentence(old.nan_scalar), lambda r: _sentence(r.nan_in_updater)
    yield "settings of an updater", "Java doubles", lambda r: _sentence(r.setting)
    yield (
        "sum of a norm's squares",
        _sentence(nd4j_native),
        lambda r: _sentence(getattr(r.norm_order, "func", r.norm_order)),
    )
    for strategy in GradientNormalization:
        if strategy is not GradientNormalization.NONE:
            yield str(strategy), _sentence(old.normalization(strategy)), _normalization(strategy)
    rates = f"policies ({', '.join(policy for policy in POLICIES)}), parameter by parameter"
    yield "learning rate and momentum", rates, lambda r: _sentence(r.rates)
    yield "L2", _sentence(old.l2), lambda r: _sentence(r.l2)
    yield "L1", _sentence(old.l1), lambda r: _sentence(r.l1)
    yield "weight decay", _NONE, lambda r: _sentence(r.weight_decay) if r.weight_decay else _NONE
    for updater in BLOCK_VERSIONS["1.0.0-M2.1"].updaters:
        known = _OLD_NAMES.get(updater)
        before = _sentence(old.updater(known).step) if known else _NONE
        yield str(updater), before, _updater(updater)


def _normalization(strategy: GradientNormalization) -> Callable[[BlockRules], str]:
    return lambda rules: _sentence(rules.normalization(strategy))


def _updater(updater: UpdaterClass) -> Callable[[BlockRules], str]:
    return lambda rules: _sentence(rules.updaters[updater].step) if updater in rules.updaters else _NONE


def changes(version: str, updaters: Sequence[Updater] | None = None) -> Iterator[tuple[str, str, str]]:
    """Yield the aspects in which a later version differs from 0.8.0: name, then that of 0.8.0, and of the version.

    With ``updaters``, of the rules of updaters only theirs. Raises ``KeyError`` for a version that is not modelled.
    """
    rules = BLOCK_VERSIONS[version]
    of_updaters = {str(updater) for updater in rules.updaters} | {str(updater) for updater in UpdaterClass}
    asked = {str(new) for new, old in _OLD_NAMES.items() if updaters is None or old in updaters}
    for name, before, later in _aspects():
        after = later(rules)
        if after != before and (name not in of_updaters or updaters is None or name in asked):
            yield name, before.replace("\\|", "|"), after.replace("\\|", "|")


def _row(name: str, cells: Sequence[str]) -> str:
    """Return a row; a cell that is that of the version before says so."""
    shown = [cells[0]]
    for number in range(1, len(cells)):
        same = cells[number] == cells[number - 1] and cells[number] != _NONE
        shown.append(f"as {VERSIONS[number - 1]}" if same else cells[number])
    return f"| {name} | {' | '.join(shown)} |"


#: The gradients of 0_W in the three updates of the numbers.
_GRADIENT = (0.1, -0.2, 0.3)


def _third_update(version: str, updater: UpdaterClass, dtype: str) -> str:
    """Return the first element of the third update of a dense layer with learning rate 0.01."""
    params = {"0_W": np.zeros(3, dtype), "0_b": np.zeros(1, dtype)}
    gradients = {"0_W": np.array(_GRADIENT, dtype), "0_b": np.zeros(1, dtype)}
    layer: dict[str, Any] = {"n_in": 3, "n_out": 1}
    if version == VERSIONS[0]:
        if updater not in _OLD_NAMES:
            return _NONE
        layer |= {"updater": str(_OLD_NAMES[updater]), "learning_rate": 0.01}
        session = OracleBackend().open(Network(dtype, {}, [layer], params))
        seen = [session.update(gradients, t, 1).updates for t in range(3)]
        return _first(seen[-1] or {})
    if updater not in BLOCK_VERSIONS[version].updaters:
        return _NONE
    settings: dict[str, Any] = {"type": str(updater)}
    if version == "0.9.1":
        layer |= {"learning_rate": 0.01}
    elif "learning_rate" in DEFAULTS[updater]:
        settings |= {"learning_rate": 0.01}
    network = BlockNetwork(version, dtype, {}, [{**layer, "updater": settings}], params)
    blocks = OracleBlockBackend().open(network)
    return _first([blocks.update(BlockStep(t, 0, 1, gradients)).updates for t in range(3)][-1])


def _first(updates: Mapping[str, Floats]) -> str:
    return decimal_at(updates["0_W"], 0)


def page() -> str:
    """Return the page, as Markdown."""
    lines = [
        "# Versions of DL4J",
        "",
        "DL4J 0.8.0 updates parameter by parameter. Since 0.9.1 parameters that share an updater form a block, and in",
        "1.0.0-M2.1, the last release, an updater is one native operation. The specification has these versions in",
        "[Blocks](specification/14-blocks.md), [Updates of 1.0.0-M2.1](specification/15-native.md) and",
        "[Schedules](specification/16-schedules.md).",
        "",
        "```sh",
        "dl4j-conformance list clauses --dl4j 1.0.0-M2.1",
        "dl4j-conformance replay fixtures/dl4j_fixtures/recordings/dl4j-1.0.0-M2.1-sample.jsonl.gz oracle numpy torch",
        "# every intermediate of one of these networks: exactly, as bits, in an enclosure, and of a backend",
        "dl4j-conformance explain --dl4j 1.0.0-M2.1 m21-11-0000 torch",
        "# the same as a program that needs nothing of this package",
        "dl4j-conformance repro --dl4j 1.0.0-M2.1 m21-11-0000 --language c > repro.c",
        "```",
        "",
        "The first command lists the clauses that hold in a version. The second holds the oracle and the NumPy backend",
        "against 60 networks that the jars of 1.0.0-M2.1 updated.",
        "",
        "## Is a port right, and of which version is it?",
        "",
        "```sh",
        "dl4j-conformance run numpy --dl4j 1.0.0-M2.1",
        "dl4j-conformance run numpy:dl4j=0.8.0 --dl4j 1.0.0-M2.1 --quiet",
        "dl4j-conformance identify 'stdio:node adapter.js'",
        "dl4j-conformance list misreadings --dl4j 0.9.1",
        "```",
        "",
        "`run --dl4j` judges a backend by the fixtures of a version, at the same levels as those of 0.8.0, and names",
        "misreadings: among them are the rules of other versions. A backend of another version is asked in its own",
        "words, where it has some, and the verdict says which version it follows. `numpy:dl4j=V` and `oracle:dl4j=V`",
        "are such backends. `identify` says of each part of a backend which version it follows, with a case that shows",
        "it.",
        "",
        "This page is generated from the profiles by `python -m dl4j_conformance.reporting.versions_page docs`. A test",
        "fails if it is out of date.",
        "",
        "## Aspect by aspect",
        "",
        f"| aspect | {' | '.join(VERSIONS)} |",
        "| --- | --- | --- | --- |",
    ]
    for name, before, later in _aspects():
        lines.append(_row(name, [before, *(later(BLOCK_VERSIONS[version]) for version in VERSIONS[1:])]))
    lines += [
        "",
        "## In numbers",
        "",
        "The gradient of three weights is 0.1, -0.2, 0.3 in three updates, and the learning rate is 0.01. This is the",
        "first weight's third update, in float32 and in float64, as the evaluation model has it.",
        "",
        f"| updater | type | {' | '.join(VERSIONS)} |",
        "| --- | --- | ---: | ---: | ---: |",
    ]
    for updater in BLOCK_VERSIONS["1.0.0-M2.1"].updaters:
        for dtype in ("float32", "float64"):
            cells = [_third_update(version, updater, dtype) for version in VERSIONS]
            lines.append(f"| {updater} | {dtype} | {' | '.join(cells)} |")
    lines += [
        "",
        "## Told apart by running",
        "",
        "These are the cases of `identify`. Each is one network in the words of every version. A value is that of the",
        "oracle, at the first place where versions differ.",
        "",
        f"| part | case | place | {' | '.join(VERSIONS)} |",
        "| --- | --- | --- | ---: | ---: | ---: |",
    ]
    for case, one in told_apart():
        cells = [one.by_version.get(version, _NONE).replace(" | ", ", ") for version in VERSIONS]
        lines.append(f"| {case.part} | `{case.id}` | {one.place} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    destination(Path(sys.argv[1]) / "versions.md").write(page().encode())
