"""Wrong ports that lose bits of numbers, or track of layers, keys and events. They are made from tables.

``python:mutants.wrong_counters:NAME`` is the address of one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

import numpy as np

from dl4j_backends.engine.session import EngineSession
from dl4j_backends.interface import ALL_CAPABILITIES, Floats, Network, Observation
from dl4j_backends.numpy import NumpyBackend
from dl4j_conformance.execution.oracle_backend import OracleBackend
from dl4j_conformance.execution.oracle_session import OracleSession
from dl4j_oracle.arithmetic.norm_order import sequential
from dl4j_oracle.cloning import LayerSnapshot
from dl4j_oracle.network.multi_layer_updater import MultiLayerUpdater
from dl4j_oracle.profile import DL4J_0_8_0, Rules
from dl4j_oracle.state_layout import Block

Change = Callable[[Network], Network]


@dataclass(frozen=True)
class WrongCounter:
    """A wrong port, and the beginning of the ids of the cases that are made for it."""

    backend: Any
    shown_by: str


# --- Numbers that lose bits


def _float32(number: float) -> float:
    with np.errstate(all="ignore"):
        return float(np.float32(number))


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


def _unchanged(number: int) -> int:
    return number


class _Narrowed:
    """The oracle, given iterations and batch sizes that a narrower type changed."""

    name = "narrowed"
    capabilities = ALL_CAPABILITIES

    def __init__(
        self,
        iteration: Callable[[int], int] = _unchanged,
        batch_size: Callable[[int], int] = _unchanged,
        rules: Rules = DL4J_0_8_0,
    ) -> None:
        self._iteration, self._batch_size = iteration, batch_size
        self._oracle = OracleBackend(rules)

    def open(self, network: Network) -> OracleSession:
        return _NarrowedSession(self._oracle.open(network).updater, self._iteration, self._batch_size)


class _NarrowedSession(OracleSession):
    def __init__(
        self, updater: MultiLayerUpdater, iteration: Callable[[int], int], batch_size: Callable[[int], int]
    ) -> None:
        super().__init__(updater)
        self._iteration, self._batch_size = iteration, batch_size

    def with_updater(self, updater: MultiLayerUpdater) -> Self:
        return type(self)(updater, self._iteration, self._batch_size)

    def update(self, gradients: Mapping[str, Floats], iteration: int, batch_size: int) -> Observation:
        return super().update(gradients, self._iteration(iteration), self._batch_size(batch_size))


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
        momentum_policy=lambda momentum, iteration, schedule: rule(momentum, narrow(iteration), schedule),
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


def _narrowings() -> Iterator[tuple[str, WrongCounter]]:
    for name, (narrow, limit) in NARROWINGS.items():
        for policy, slug in _POLICIES.items():
            if (name, policy) == ("never_negative", "torch_step"):
                continue  # it does nothing before iteration 2
            wrong = _Narrowed(rules=_narrowed_policy(policy, narrow))
            yield f"iteration_{name}_{policy}", WrongCounter(wrong, f"limit-{limit}-{slug}-")
        adam, momentum = _Narrowed(rules=_narrowed_adam(narrow)), _Narrowed(rules=_narrowed_momentum(narrow))
        yield f"iteration_{name}_adam", WrongCounter(adam, f"limit-{limit}-adam-")
        yield f"iteration_{name}_momentum", WrongCounter(momentum, f"limit-{limit}-schedules-")
        if name not in ("never_negative", "saturated_at_2_24"):
            wrong = _Narrowed(batch_size=narrow)
            yield f"batch_size_{name}", WrongCounter(wrong, f"limit-{limit}-batch-size-")
    yield "batch_size_never_negative", WrongCounter(_Narrowed(batch_size=_never_negative), "limit-int32-batch-size-")


# --- Settings that lose bits


class _Rewriting(NumpyBackend):
    """The NumPy backend in front of which a port changes the network."""

    def __init__(self, change: Change) -> None:
        self._change = change

    def open(self, network: Network) -> EngineSession:
        return super().open(self._change(network))


def _rounded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _rounded(entry) for key, entry in value.items()}
    return _float32(float(value)) if value is not None else None


def _with_rounded(name: str, network: Network) -> Network:
    def changed(settings: Mapping[str, Any]) -> dict[str, Any]:
        return {key: _rounded(value) if key == name else value for key, value in settings.items()}

    return replace(network, conf=changed(network.conf), layers=[changed(layer) for layer in network.layers])


#: Settings, and the beginning of the ids of cases with values that float32 rounds.
ROUNDED: Mapping[str, str] = {
    "learning_rate": "double-learning-rate-",
    "bias_learning_rate": "double-bias-learning-rate-",
    "momentum": "double-momentum-float",
    "momentum_schedule": "double-momentum-schedule-",
    "adam_mean_decay": "double-adam-mean-decay-",
    "adam_var_decay": "double-adam-var-decay-",
    "rho": "double-rho-",
    "rms_decay": "double-rms-decay-",
    "epsilon": "double-epsilon-",
    "gradient_normalization_threshold": "double-threshold-",
    "l1": "double-l1-float",
    "l2": "double-l2-float",
    "l1_bias": "double-l1-bias-",
    "l2_bias": "double-l2-bias-",
    "lr_policy_decay_rate": "double-policy-",
    "lr_policy_power": "double-policy-",
    "lr_policy_steps": "double-policy-",
    "learning_rate_schedule": "double-policy-schedule-",
}


class _RoundedRates(_Narrowed):
    """The oracle in which a rate set from outside is rounded."""

    def open(self, network: Network) -> OracleSession:
        return _RoundedRatesSession(self._oracle.open(network).updater, _unchanged, _unchanged)


class _RoundedRatesSession(_NarrowedSession):
    def set_learning_rate(self, key: str, learning_rate: float) -> None:
        super().set_learning_rate(key, _float32(learning_rate))


def _roundings() -> Iterator[tuple[str, WrongCounter]]:
    for name, shown_by in ROUNDED.items():
        yield f"{name}_rounded", WrongCounter(_Rewriting(partial(_with_rounded, name)), shown_by)
    for strategy in ("clip_l2_per_layer", "clip_l2_per_param_type"):
        rule = getattr(DL4J_0_8_0, strategy)
        changed = partial(_with_rounded_threshold, rule)
        wrong = OracleBackend(replace(DL4J_0_8_0, id="rounded", **{strategy: changed}))
        shown_by = f"double-threshold-{strategy.replace('_l2', '').replace('_', '-')}-float"
        yield f"threshold_of_{strategy}_rounded", WrongCounter(wrong, shown_by)
    yield "set_learning_rate_rounded", WrongCounter(_RoundedRates(), "double-rate-from-outside-")


def _with_rounded_threshold(rule: Any, gradients: Any, threshold: Any, arithmetic: Any) -> Any:
    return rule(gradients, arithmetic.scalar(_float32(float(threshold.value))), arithmetic)


# --- Events


class _Late(_Narrowed):
    """The oracle whose iterations are late by ``late`` after an event, for so many updates as ``lasting``."""

    def __init__(self, event: str, late: int, lasting: int) -> None:
        super().__init__()
        self._event, self._late, self._lasting = event, late, lasting

    def open(self, network: Network) -> OracleSession:
        return _LateSession(self._oracle.open(network).updater, self._event, self._late, self._lasting)


class _LateSession(OracleSession):
    def __init__(self, updater: MultiLayerUpdater, event: str, late: int, lasting: int) -> None:
        super().__init__(updater)
        self._event, self._late, self._lasting = event, late, lasting
        self._left = 0

    def with_updater(self, updater: MultiLayerUpdater) -> Self:
        return type(self)(updater, self._event, self._late, self._lasting)

    def update(self, gradients: Mapping[str, Floats], iteration: int, batch_size: int) -> Observation:
        is_late, self._left = self._left > 0, self._left - 1
        return super().update(gradients, iteration - self._late if is_late else iteration, batch_size)

    def _after(self, event: str, session: Self | None = None) -> None:
        if event == self._event:
            (session or self)._left = self._lasting

    def clone(self) -> Self:
        twin = super().clone()
        twin._left = self._left
        self._after("clone", twin)
        return twin

    def restore(self, with_updater: bool) -> Self:
        twin = super().restore(with_updater)
        self._after("restore", twin)
        return twin

    def set_state(self, state: Floats) -> None:
        super().set_state(state)
        self._after("set_state")

    def set_learning_rate(self, key: str, learning_rate: float) -> None:
        super().set_learning_rate(key, learning_rate)
        self._after("set_learning_rate")

    def freeze(self, layer: int) -> None:
        super().freeze(layer)
        self._after("freeze")

    def clone_updater(self) -> None:
        super().clone_updater()
        self._after("clone_updater")

    def average(self, others: Sequence[Self], combined: bool) -> None:
        super().average(others, combined)
        self._after("average")


#: Operations after which a port's schedules are late, and the cases with them.
EVENTS = {
    "restore": "schedules-restore-",
    "clone": "schedules-clone-",
    "set_state": "schedules-set-state-",
    "set_learning_rate": "schedules-set-rate-",
    "freeze": "schedules-freeze-",
    "clone_updater": "schedules-clone-updater-",
    "average": "schedules-average-",
}


def _lost_momentum(seen: LayerSnapshot, new: LayerSnapshot) -> LayerSnapshot:
    return replace(DL4J_0_8_0.restored(seen, new), momentum=new.momentum)


def _lost_rates(seen: LayerSnapshot, new: LayerSnapshot) -> LayerSnapshot:
    return replace(DL4J_0_8_0.restored(seen, new), learning_rates=new.learning_rates)


def _events() -> Iterator[tuple[str, WrongCounter]]:
    for event, shown_by in EVENTS.items():
        for said, late, lasting in (("late", 1, 99), ("once_late", 1, 1), ("early", -1, 99)):
            yield f"schedule_{said}_after_{event}", WrongCounter(_Late(event, late, lasting), shown_by)
    for name, field, change, shown_by in (
        ("momentum_lost_by_restore", "restored", _lost_momentum, "schedules-restore-"),
        ("momentum_lost_by_clone", "clone", _lost_momentum, "schedules-clone-before"),
        ("rates_lost_by_restore", "restored", _lost_rates, "*-restore-before-every-"),
        ("rates_lost_by_clone", "clone", _lost_rates, "*-clone-before-every-"),
    ):
        wrong = OracleBackend(replace(DL4J_0_8_0, id="lost", **{field: change}))
        yield name, WrongCounter(wrong, shown_by)


# --- Iterations that come twice


class _Remembering(_Narrowed):
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

        return _NarrowedSession(self._oracle.open(network).updater, chosen, _unchanged)


def _own_count(seen: list[int], iteration: int) -> int:
    return len(seen) + (seen[0] if seen else iteration)


def _largest(seen: list[int], iteration: int) -> int:
    return max((*seen, iteration))


def _next_if_repeated(seen: list[int], iteration: int) -> int:
    return iteration + 1 if iteration in seen else iteration


def _repeats() -> Iterator[tuple[str, WrongCounter]]:
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
        yield f"iterations{choose.__name__}_{order}", WrongCounter(wrong, f"iterations-{order}-")


# --- Layers, keys and the places of state


def _one_digit(key: str, layers: int) -> tuple[int, str]:
    index, name = DL4J_0_8_0.split_key(key, layers)
    return int(str(index)[0]), name


def _last_digit(key: str, layers: int) -> tuple[int, str]:
    index, name = DL4J_0_8_0.split_key(key, layers)
    return index % 10, name


def _in_order_of_text(added: Sequence[int], fed: Sequence[int]) -> Sequence[int]:
    return sorted(DL4J_0_8_0.order_of_state(added, fed), key=str)


def _text_within(blocks: Sequence[Block]) -> Sequence[Block]:
    return sorted(blocks, key=lambda block: f"{block.layer}_")


class _Shared(_Narrowed):
    """The oracle in which layers that look alike have one updater for each parameter."""

    def __init__(self, alike: Callable[[int, str, int, str], object]) -> None:
        super().__init__()
        self._alike = alike

    def open(self, network: Network) -> OracleSession:
        session = self._oracle.open(network)
        kept: dict[object, Any] = {}
        for index, layer in enumerate(session.updater.layers):
            for name, parameter in layer.parameters.items():
                alike = self._alike(index, name, parameter.length, str(parameter.updater))
                layer.updaters[name] = kept.setdefault(alike, layer.updaters[name])
        return session


def _layers() -> Iterator[tuple[str, WrongCounter]]:
    for name, field, change, shown_by in (
        ("first_digit_of_layer", "split_key", _one_digit, "twelve-layers-"),
        ("last_digit_of_layer", "split_key", _last_digit, "twelve-layers-"),
        ("state_in_order_of_text", "order_of_state", _in_order_of_text, "twelve-layers-"),
        ("blocks_in_order_of_text", "state_layout", _text_within, "twelve-layers-"),
    ):
        wrong = OracleBackend(replace(DL4J_0_8_0, id="layers", **{field: change}))
        yield name, WrongCounter(wrong, shown_by)
    for said, alike in {
        "class": lambda layer, name, length, updater: (updater, length),
        "class_and_name": lambda layer, name, length, updater: (updater, name, length),
        "layer_and_shape": lambda layer, name, length, updater: (layer, length),
        "name": lambda layer, name, length, updater: (name, length),
    }.items():
        shown_by = "weights-as-long-as-bias-" if said == "layer_and_shape" else "two-alike-"
        yield f"updater_per_{said}", WrongCounter(_Shared(alike), shown_by)


# --- Long arrays


def _lanes(width: int, squares: Floats, offset: int) -> Any:
    """Return the sum in lanes beyond 64 elements, what is left over at the end."""
    whole = len(squares) // width * width
    if len(squares) <= 64:
        return sequential(squares)
    lanes = np.add.accumulate(squares[:whole].reshape(-1, width), axis=0)[-1]
    return sequential(np.concatenate([lanes, squares[whole:]]))


def _without_rest(width: int, squares: Floats, offset: int) -> Any:
    """Return the sum of whole lanes beyond 64 elements."""
    whole = len(squares) // width * width
    return sequential(squares[:whole] if len(squares) > 64 else squares)


def _pairs_beyond(squares: Floats, offset: int) -> Any:
    return squares.sum() if len(squares) > 128 else sequential(squares)


class _Blocks(NumpyBackend):
    """The NumPy backend that updates whole blocks of so many elements."""

    def __init__(self, width: int) -> None:
        self._width = width

    def open(self, network: Network) -> EngineSession:
        session = super().open(network)
        update = session.update

        def changed(gradients: Mapping[str, Floats], iteration: int, batch_size: int) -> Observation:
            given = {key: array.copy() for key, array in gradients.items()}
            seen = update(gradients, iteration, batch_size)
            kept = {key: self._whole(given[key], array) for key, array in seen.updates.items()}
            return replace(seen, updates=kept)

        session.update = changed  # type: ignore[method-assign]
        return session

    def _whole(self, gradient: Floats, update: Floats) -> Floats:
        whole = len(update) // self._width * self._width
        return update if len(update) <= 64 else np.concatenate([update[:whole], gradient[whole:]])


def _lengths() -> Iterator[tuple[str, WrongCounter]]:
    for width in (2, 4, 8, 16):
        wrong = OracleBackend(norm_order=partial(_lanes, width))
        yield f"norm_in_{width}_lanes_beyond_64", WrongCounter(wrong, "length-")
        rest = OracleBackend(norm_order=partial(_without_rest, width))
        yield f"norm_without_rest_of_{width}", WrongCounter(rest, "length-")
        yield f"update_without_rest_of_{width}", WrongCounter(_Blocks(width), "length-")
    yield "norm_in_pairs_beyond_128", WrongCounter(OracleBackend(norm_order=_pairs_beyond), "length-")


_TABLES: Iterable[Callable[[], Iterator[tuple[str, WrongCounter]]]] = (
    _narrowings,
    _roundings,
    _events,
    _repeats,
    _layers,
    _lengths,
)

WRONG_COUNTERS: Mapping[str, WrongCounter] = {name: wrong for table in _TABLES for name, wrong in table()}

globals().update({name: wrong.backend for name, wrong in WRONG_COUNTERS.items()})
