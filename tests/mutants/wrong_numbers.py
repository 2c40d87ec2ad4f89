"""Wrong ports whose iterations and batch sizes lose bits, or that remember iterations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from dl4j_backends.interface import Network
from dl4j_conformance.execution.oracle_session import OracleSession
from dl4j_oracle.profile import DL4J_0_8_0, Rules
from mutants.changed_oracle import Named, Narrowed, NarrowedSession, WrongPort, unchanged


def _int_by_float32(number: int) -> int:
    return int(np.float32(number))


def _unsigned_16(number: int) -> int:
    return number & 0xFFFF


def _signed_16(number: int) -> int:
    return (number + (1 << 15)) % (1 << 16) - (1 << 15)


def _saturated(number: int) -> int:
    return min(number, 1 << 24)


def _never_negative(number: int) -> int:
    return max(number, 0)


#: From an int to the one that a narrower type makes of it, and the beginning of the ids of cases with its limit.
NARROWINGS: Mapping[str, tuple[Callable[[int], int], str]] = {
    "float32": (_int_by_float32, "float32"),
    "uint16": (_unsigned_16, "uint16"),
    "int16": (_signed_16, "int16"),
    "saturated_at_2_24": (_saturated, "float32"),
    "never_negative": (_never_negative, "negative"),
}


def _narrowed_policy(name: str, narrow: Callable[[int], int]) -> Rules:
    """Return the rules in which one policy alone gets a narrowed iteration."""
    policy = getattr(DL4J_0_8_0, name)
    rule = policy.rule
    changed = replace(policy, rule=lambda lr, iteration, settings: rule(lr, narrow(iteration), settings))
    return replace(DL4J_0_8_0, id="narrowed", **{name: changed})


def _narrowed_adam(narrow: Callable[[int], int]) -> Rules:
    step = DL4J_0_8_0.adam.step
    changed = replace(
        DL4J_0_8_0.adam, step=lambda g, memory, call: step(g, memory, replace(call, iteration=narrow(call.iteration)))
    )
    return replace(DL4J_0_8_0, id="narrowed", adam=changed)


def _narrowed_momentum(narrow: Callable[[int], int]) -> Rules:
    rule = DL4J_0_8_0.momentum_policy
    return replace(
        DL4J_0_8_0,
        id="narrowed",
        momentum_policy=lambda momentum, iteration, *given: rule(momentum, narrow(iteration), *given),
    )


#: Policies by their rule's name, and the ends of the ids of cases.
_POLICIES = {
    "exponential": "exponential",
    "inverse": "inverse",
    "step": "step",
    "torch_step": "torchstep",
    "poly": "poly",
    "sigmoid": "sigmoid",
    "schedule": "schedules",
}


def narrowings() -> Named:
    for name, (narrow, limit) in NARROWINGS.items():
        for policy, slug in _POLICIES.items():
            if (name, policy) == ("never_negative", "torch_step"):
                continue  # it does nothing before iteration 2
            wrong = Narrowed(rules=_narrowed_policy(policy, narrow))
            yield f"iteration_{name}_{policy}", WrongPort(wrong, f"limit-{limit}-{slug}-")
        adam, momentum = Narrowed(rules=_narrowed_adam(narrow)), Narrowed(rules=_narrowed_momentum(narrow))
        yield f"iteration_{name}_adam", WrongPort(adam, f"limit-{limit}-adam-")
        yield f"iteration_{name}_momentum", WrongPort(momentum, f"limit-{limit}-schedules-")
        if name not in ("never_negative", "saturated_at_2_24"):
            wrong = Narrowed(batch_size=narrow)
            yield f"batch_size_{name}", WrongPort(wrong, f"limit-{limit}-batch-size-")
    yield "batch_size_never_negative", WrongPort(Narrowed(batch_size=_never_negative), "limit-int32-batch-size-")


# --- Iterations that come twice


class _Remembering(Narrowed):
    """The oracle in front of which a port remembers the iterations that it has seen."""

    def __init__(self, choose: Callable[[list[int], int], int]) -> None:
        super().__init__()
        self._choose = choose

    def open(self, network: Network) -> OracleSession:
        seen: list[int] = []

        def chosen(iteration: int) -> int:
            result = self._choose(seen, iteration)
            seen.append(iteration)
            return result

        return NarrowedSession(self._oracle.open(network).updater, chosen, unchanged)


def _own_count(seen: list[int], iteration: int) -> int:
    return len(seen) + (seen[0] if seen else iteration)


def _largest(seen: list[int], iteration: int) -> int:
    return max((*seen, iteration))


def _next_if_repeated(seen: list[int], iteration: int) -> int:
    return iteration + 1 if iteration in seen else iteration


def repeats() -> Named:
    for order, choose in (
        ("twice", _own_count),
        ("back", _own_count),
        ("skipping", _own_count),
        ("restarting", _own_count),
        ("back", _largest),
        ("restarting", _largest),
        ("twice", _next_if_repeated),
    ):
        wrong = _Remembering(choose)
        yield f"iterations{choose.__name__}_{order}", WrongPort(wrong, f"iterations-{order}-")
