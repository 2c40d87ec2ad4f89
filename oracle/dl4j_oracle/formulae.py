"""The formulae of the specification, which are rendered from the rules: what each clause shows of which rule.

``python -m dl4j_oracle.formulae FOLDER`` writes them into the pages of FOLDER.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import assert_never

from dl4j_oracle.arithmetic.interface import Array, nan_scalar
from dl4j_oracle.arithmetic.trace import TracedArray
from dl4j_oracle.formula_rendering import Formula, Inputs, Results, Statement, render
from dl4j_oracle.learning_rate import PolicySettings
from dl4j_oracle.profile import Rules, Stage
from dl4j_oracle.updaters import Call, Memory, UpdaterSettings


def _settings(inputs: Inputs) -> UpdaterSettings:
    beta1, beta2, rho, decay, epsilon = map(inputs.scalar, ("beta1", "beta2", "rho", "decay", "epsilon"))
    return UpdaterSettings(beta1, beta2, rho, decay, epsilon)


def _updater(name: str) -> Callable[[Rules, Inputs], Results]:
    def run(rules: Rules, inputs: Inputs) -> Results:
        rate, mu = inputs.scalar("lr"), inputs.scalar("mu")
        call = Call(inputs.count("t"), rate, mu, _settings(inputs), inputs.arithmetic)
        updater = getattr(rules, name)
        memory = Memory({array: inputs.array(array) for array in updater.state})
        update, after = updater.step(inputs.array("g"), memory, call)
        return {"update": update, **{f"view {name}": array for name, array in after.view.items()}}

    return run


def _policy(name: str) -> Callable[[Rules, Inputs], Results]:
    def run(rules: Rules, inputs: Inputs) -> Results:
        settings = PolicySettings(
            decay_rate=inputs.scalar("d"),
            power=inputs.scalar("p"),
            steps=inputs.scalar("s"),
            num_iterations=inputs.count("N"),
            schedule={},
            arithmetic=inputs.arithmetic,
            initial=inputs.scalar("initial"),
        )
        return {"rate": getattr(rules, name).rule(inputs.scalar("lr"), inputs.count("t"), settings)}

    return run


def _normalization(rule: str, *labels: str, length: int = 2) -> Callable[[Rules, Inputs], Results]:
    def run(rules: Rules, inputs: Inputs) -> Results:
        gradients = {label: inputs.array(label, length) for label in labels}
        normalized = getattr(rules, rule)(gradients, inputs.scalar("t"), inputs.arithmetic)
        return {"gradient": normalized[labels[0]]}

    return run


def _penalty(rule: str) -> Callable[[Rules, Inputs], Results]:
    def run(rules: Rules, inputs: Inputs) -> Results:
        penalty = getattr(rules, rule)
        update = penalty(inputs.array("g"), inputs.array("w"), inputs.scalar(rule), inputs.scalar("lr"))
        return {"gradient": update}

    return run


def _division(rules: Rules, inputs: Inputs) -> Results:
    return {"gradient": rules.divide_by_batch_size(inputs.array("g"), inputs.scalar("B"))}


def _post_apply(rules: Rules, inputs: Inputs) -> Results:
    """Run the stages after the updater, in their order, for a parameter that has L2 and L1."""
    update: Array = inputs.array("g")
    for stage in rules.stages[rules.stages.index(Stage.UPDATER) + 1 :]:
        match stage:
            case Stage.L2:
                update = rules.l2(update, inputs.array("w"), inputs.positive("l2"), inputs.scalar("lr"))
            case Stage.L1:
                update = rules.l1(update, inputs.array("w"), inputs.positive("l1"), inputs.scalar("lr"))
            case Stage.DIVISION:
                update = rules.divide_by_batch_size(update, inputs.scalar("B"))
            case Stage.NORMALIZATION | Stage.UPDATER:
                raise ValueError(f"{stage} does not follow the updater")
            case _:
                assert_never(stage)
    return {"gradient": update}


def _starts(*updaters: str) -> Callable[[Rules, Inputs], Results]:
    def run(rules: Rules, inputs: Inputs) -> Results:
        started: dict[str, TracedArray] = {}
        for name in updaters:
            updater = getattr(rules, name)
            start = updater.initial(_settings(inputs), inputs.arithmetic)
            started |= {state: inputs.arithmetic.full(2, start) for state in updater.state}
        return started

    return run


def _nan_scalar(rules: Rules, inputs: Inputs) -> Results:
    scalar = nan_scalar(inputs.scalar("s"), inputs.arithmetic)
    return {"scalar": scalar}


def _result(left: str, wanted: str) -> tuple[Statement, ...]:
    return (Statement(left, wanted),)


#: The formula of each clause, by id. Inputs have the names of the specification.
FORMULAE: Mapping[str, Formula] = {
    "NORM-1": Formula(_normalization("no_normalization", "g"), _result("g <-", "gradient")),
    "NORM-2": Formula(_normalization("renormalize_l2_per_layer", "g"), _result("g <-", "gradient")),
    "NORM-3": Formula(
        _normalization("renormalize_l2_per_param_type", "g"),
        (Statement("norm =", "norm"), Statement("g <-", "gradient")),
    ),
    "NORM-4": Formula(_normalization("clip_element_wise_absolute_value", "g"), _result("g <-", "gradient")),
    "NORM-5": Formula(
        _normalization("clip_l2_per_layer", "g"), (Statement("factor =", "factor"), Statement("g <-", "gradient"))
    ),
    "NORM-6": Formula(
        _normalization("clip_l2_per_param_type", "g"), (Statement("factor =", "factor"), Statement("g <-", "gradient"))
    ),
    "NORM-8": Formula(_normalization("renormalize_l2_per_layer", "gW", "gb"), _result("norm =", "norm")),
    "NORM-9": Formula(_normalization("clip_l2_per_param_type", "g", length=1), _result("norm =", "norm")),
    "NORM-11": Formula(_normalization("clip_l2_per_layer", "g")),
    "LR-3": Formula(_policy("no_policy"), _result("lr <-", "rate")),
    "LR-4": Formula(_policy("exponential"), _result("lr <-", "rate")),
    "LR-5": Formula(_policy("inverse"), (Statement("growth =", "growth"), Statement("lr <-", "rate"))),
    "LR-6": Formula(_policy("step"), _result("lr <-", "rate")),
    "LR-7": Formula(_policy("torch_step"), _result("lr <-", "rate")),
    "LR-8": Formula(_policy("poly"), (Statement("rest =", "rest"), Statement("lr <-", "rate"))),
    "LR-9": Formula(_policy("sigmoid"), (Statement("distance =", "distance"), Statement("lr <-", "rate"))),
    "SGD-1": Formula(_updater("sgd"), _result("g <-", "update")),
    "NONE-1": Formula(_updater("none"), _result("g <-", "update")),
    "ADAM-1": Formula(_updater("adam"), (Statement("m <-", "view m"), Statement("v <-", "view v"))),
    "ADAM-2": Formula(_updater("adam"), (Statement("g <-", "update", alternatives=False),)),
    "ADAM-3": Formula(_updater("adam"), (Statement("alphat =", "alphat", alternatives=False),)),
    "ADAM-5": Formula(_updater("adam"), _result("alphat =", "alphat")),
    "ADADELTA-1": Formula(
        _updater("adadelta"),
        (Statement("msg <-", "view msg"), Statement("update =", "update"), Statement("msdx <-", "view msdx")),
    ),
    "NESTEROVS-1": Formula(
        _updater("nesterovs"), (Statement("velocity =", "velocity"), Statement("update =", "update"))
    ),
    "NESTEROVS-2": Formula(_updater("nesterovs"), (Statement("update =", "update"), Statement("v <-", "view v"))),
    "ADAGRAD-1": Formula(_updater("adagrad"), (Statement("h <-", "view h"), Statement("g <-", "update"))),
    "RMSPROP-1": Formula(_updater("rmsprop"), (Statement("c <-", "view c"), Statement("g <-", "update"))),
    "POST-1": Formula(
        _post_apply,
        (Statement("with_l2 =", "with_l2"), Statement("with_l1 =", "with_l1"), Statement("g <-", "gradient")),
    ),
    "POST-2": Formula(_penalty("l2"), _result("g <-", "gradient")),
    "POST-3": Formula(_penalty("l1"), _result("g <-", "gradient")),
    "POST-4": Formula(_division, _result("g <-", "gradient")),
    "STATE-4": Formula(_starts("adagrad", "rmsprop"), (Statement("h =", "h"), Statement("c =", "c"))),
    "STATE-5": Formula(
        _starts("adam", "adadelta", "nesterovs"),
        tuple(Statement(f"{name} =", name) for name in ("m", "msg", "msdx", "v")),
    ),
    "ARITH-2": Formula(_nan_scalar, _result("s =", "scalar")),
}

_FIELD = re.compile(r"(?m)^- Formula: `.*`$")


def written_into(page: str) -> str:
    """Return ``page`` of the specification (Markdown) with its formulae rendered from the rules."""
    parts = re.split(r"(?m)^(?=### )", page)
    return "".join(_with_formula(part) for part in parts)


def _with_formula(part: str) -> str:
    heading = re.match(r"### ([A-Z0-9]+-\d+):", part)
    if heading is None or heading[1] not in FORMULAE:
        return part
    line = f"- Formula: `{render(FORMULAE[heading[1]])}`"
    return _FIELD.sub(lambda _: line, part)


def main(folder: Path) -> None:
    """Write the formulae into the pages of ``folder``."""
    for path in sorted(folder.glob("*.md")):
        page = path.read_text(encoding="utf-8")
        if (new := written_into(page)) != page:
            path.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
