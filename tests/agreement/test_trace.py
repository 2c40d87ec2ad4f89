"""The trace changes nothing of what is computed, and knows what each value is made of."""

from __future__ import annotations

from hypothesis import given, settings

from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.drawn.cases import cases
from dl4j_conformance.cases.operations import SetLearningRate, Update
from dl4j_conformance.cases.values import hex_of
from dl4j_conformance.execution.observe import observe
from dl4j_conformance.execution.oracle_backend import OracleBackend
from dl4j_conformance.execution.oracle_session import description, given_state
from dl4j_oracle.arithmetic.ieee import IeeeArithmetic, IeeeArray
from dl4j_oracle.arithmetic.trace import Following, Trace, joint_owner
from dl4j_oracle.errors import Dl4jError
from dl4j_oracle.network.network_description import Description
from dl4j_oracle.network.traced_updater import TracedUpdater


@settings(max_examples=60, deadline=None)
@given(cases())
def test_traced_updates_have_the_bits_of_the_untraced(case: Case) -> None:
    seen = observe(OracleBackend(), case)
    if seen.failure:
        return
    updater = TracedUpdater(description(case.network), IeeeArithmetic(case.dtype), state=given_state(case.network))
    for operation, step in zip(case.script, seen.steps, strict=True):
        try:
            match operation:
                case Update(gradients, iteration, batch_size):
                    lists = {key: array.tolist() for key, array in gradients.items()}
                    updates = updater.update(lists, iteration, batch_size)
                    assert {key: _bits(array.value) for key, array in updates.items()} == {
                        key: hex_of(array) for key, array in (step.updates or {}).items()
                    }
                case SetLearningRate(key, learning_rate):
                    updater.updater.set_learning_rate(key, learning_rate)
                case _:
                    break
        except Dl4jError as error:
            thrown = error.kind
            assert step.failure is not None, thrown
            assert thrown == step.failure.kind


def _bits(array: object) -> list[str]:
    assert isinstance(array, IeeeArray)
    return hex_of(array.values)


def _updater(conf: dict[str, object], trace: Trace | None = None) -> TracedUpdater:
    layer = {"n_in": 1, "n_out": 2, "updater": "ADAM"}
    network = Description(conf, [layer], {"0_W": [1.0, 2.0], "0_b": [0.5, 0.25]})
    return TracedUpdater(network, IeeeArithmetic("float64"), trace=trace)


_GRADIENTS = {"0_W": [3.0, 4.0], "0_b": [1.0, 1.0]}


def test_a_layers_norm_is_the_layers_and_what_follows_is_each_parameters() -> None:
    updater = _updater({"gradient_normalization": "RenormalizeL2PerLayer"})
    updater.update(_GRADIENTS, 0, 1)
    owners = {(named.rule, named.name, named.owner) for named in updater.intermediates}
    assert ("renormalize_l2_per_layer", "norm", "0") in owners
    assert {("adam", "m", "0_W"), ("adam", "m", "0_b"), ("adam", "alphat", "0_b")} <= owners


def test_the_graph_leads_from_an_update_to_its_own_gradient_only() -> None:
    updater = _updater({})
    updates = updater.update(_GRADIENTS, 0, 1)
    pending, labels = [updates["0_W"].node], set()
    while pending:
        node = pending.pop()
        labels.add((node.label, node.owner))
        pending += node.operands
    assert ("g", "0_W") in labels
    assert ("lr", "0_W") in labels
    assert not any(owner == "0_b" for _, owner in labels)


def test_a_follower_takes_the_decisions_of_the_one_ahead() -> None:
    """With a threshold that the norm exceeds, and one that it does not: the follower clips all the same."""
    conf = {"gradient_normalization": "ClipL2PerLayer"}
    ahead, behind = Trace(), None
    first = _updater({**conf, "gradient_normalization_threshold": 1.0}, ahead)
    first.update(_GRADIENTS, 0, 1)
    behind = _updater({**conf, "gradient_normalization_threshold": 100.0}, Following(ahead))
    behind.update(_GRADIENTS, 0, 1)
    assert [named.name for named in behind.intermediates] == [named.name for named in first.intermediates]
    assert "factor" in {named.name for named in behind.intermediates}


def test_joint_owners() -> None:
    assert joint_owner(["0_W", ""]) == "0_W"
    assert joint_owner(["0_W", "0"]) == "0_W"
    assert joint_owner(["0_W", "0_b"]) == "0"
    assert joint_owner(["0_W", "1_W"]) == ""
