"""Encode requests and decode replies about networks of DL4J 0.9.1 and 1.0.0-M2.1, whose updaters work in blocks."""

from __future__ import annotations

from typing import Any

from dl4j_backends.block_interface import BlockNetwork, BlockObservation, BlockPlace, BlockStep
from dl4j_backends.interface import Failure
from dl4j_backends.stdio.array_form import ArrayForm
from dl4j_backends.stdio.faults import AdapterFault
from dl4j_backends.stdio.wire import (
    Message,
    by_key,
    field,
    in_order,
    read_array,
    read_arrays,
    read_state,
    settings,
)


def open_network(session: int, network: BlockNetwork, form: ArrayForm) -> Message:
    """Return the request ``open``: the network, with settings as in recordings, and arrays in this form."""
    described: dict[str, Any] = {
        "dl4j": network.version,
        "dtype": network.dtype,
        "conf": settings(network.conf),
        "layers": [settings(layer) for layer in network.layers],
        "params": by_key(network.params, form),
    }
    if network.gradient != "own":
        described["gradient"] = network.gradient
    return {"op": "open", "session": session, "network": described}


def update(session: int, step: BlockStep, form: ArrayForm) -> Message:
    """Return the request ``update_blocks``, with gradients in flat order."""
    asked: dict[str, Any] = {
        "op": "update_blocks",
        "session": session,
        "iteration": step.iteration,
        "epoch": step.epoch,
        "batch_size": step.batch_size,
        "gradients": in_order(step.gradients, form),
    }
    if step.own_gradients is not None:
        asked["own_gradients"] = in_order(step.own_gradients, form)
    return asked


def read_blocks(reply: Message) -> list[BlockPlace]:
    """Return the blocks of a reply; raises :class:`AdapterFault`."""
    return [_block(block, f"blocks[{i}]") for i, block in enumerate(field(reply, "blocks", list))]


_OFFSETS = ("param_offset_start", "param_offset_end", "updater_view_offset_start", "updater_view_offset_end")


def _block(block: Any, where: str) -> BlockPlace:
    if not isinstance(block, dict):
        raise AdapterFault("wrong-type", f"{where}: is no object")
    params = field(block, "params", list, where)
    if not all(isinstance(key, str) for key in params):
        raise AdapterFault("wrong-type", f"{where}.params: is no array of strings")
    offsets = (field(block, name, int, where) for name in _OFFSETS)
    return BlockPlace(tuple(params), field(block, "updater", str, where), *offsets)


def read_seen(reply: Message, network: BlockNetwork, form: ArrayForm) -> BlockObservation:
    """Return what the reply to ``update_blocks`` shows; raises :class:`AdapterFault`."""
    seen, dtype = field(reply, "seen", dict), network.dtype
    is_first = network.version == "0.9.1"
    return BlockObservation(
        updates=read_arrays(seen, "updates", dtype, form),
        state=read_state(seen, dtype, form),
        learning_rates=_doubles(seen, "learning_rates", dict if is_first else list),
        momentum=_doubles(seen, "momentum", dict if is_first else list),
        updater_learning_rates=_doubles(seen, "updater_learning_rates", list) if is_first else None,
        own_gradients=None if network.gradient == "own" else read_arrays(seen, "own_gradients", dtype, form),
        failure=_failure(seen),
    )


def _doubles(seen: Message, name: str, kind: type[dict[str, Any]] | type[list[Any]]) -> Any:
    """Return Java doubles, by key or in order; null is none."""
    found = field(seen, name, kind)
    if isinstance(found, dict):
        return {key: _double(value, f"{name}.{key}") for key, value in found.items()}
    return [_double(value, f"{name}[{i}]") for i, value in enumerate(found)]


def _double(value: Any, where: str) -> float | None:
    return None if value is None else float(read_array([value], "float64", where)[0])


def _failure(seen: Message) -> Failure | None:
    if "failure" not in seen:
        return None
    thrown = field(seen, "failure", dict)
    return Failure(field(thrown, "kind", str, "failure"), field(thrown, "message", str, "failure"))
