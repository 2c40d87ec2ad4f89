"""An adapter of DL4J 0.9.1 and 1.0.0-M2.1 over the NumPy backend; arguments are the versions that it implements.

With ``base64`` among them arrays travel so, with ``wrong`` updates are negated.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

import numpy as np

from dl4j_backends.block_interface import BlockNetwork, BlockSession, BlockStep
from dl4j_backends.blocks import NumpyBlockBackend
from dl4j_backends.interface import Dl4jException
from dl4j_backends.stdio.array_form import ArrayForm

VERSIONS = [argument for argument in sys.argv[1:] if argument not in ("base64", "wrong")]
SIGN = -1 if "wrong" in sys.argv else 1
FORM = ArrayForm.BASE64 if "base64" in sys.argv else ArrayForm.HEX
sessions: dict[int, tuple[BlockNetwork, BlockSession]] = {}


def double(value: float | None) -> str | None:
    return None if value is None else ArrayForm.HEX.written(np.array([value], "float64"))[0]


def doubles(values: Any) -> Any:
    return {k: double(x) for k, x in values.items()} if isinstance(values, dict) else [double(x) for x in values]


def open_network(network: dict[str, Any]) -> tuple[BlockNetwork, BlockSession]:
    params = {key: FORM.read(sent, network["dtype"]) for key, sent in network["params"].items()}
    form = network.get("gradient", "own")
    opened = BlockNetwork(network["dl4j"], network["dtype"], network["conf"], network["layers"], params, form)
    return opened, NumpyBlockBackend().open(opened)


def update(request: dict[str, Any]) -> dict[str, Any]:
    network, session = sessions[request["session"]]
    read = {
        name: {entry["key"]: FORM.read(entry["values"], network.dtype) for entry in request[name]}
        for name in ("gradients", "own_gradients")
        if name in request
    }
    seen = session.update(BlockStep(request["iteration"], request["epoch"], request["batch_size"], **read))
    shown: dict[str, Any] = {
        "updates": {key: FORM.written(SIGN * array) for key, array in seen.updates.items()},
        "state": None if seen.state is None else FORM.written(seen.state),
        "learning_rates": doubles(seen.learning_rates),
        "momentum": doubles(seen.momentum),
    }
    if seen.updater_learning_rates is not None:
        shown["updater_learning_rates"] = doubles(seen.updater_learning_rates)
    if seen.own_gradients is not None:
        shown["own_gradients"] = {key: FORM.written(array) for key, array in seen.own_gradients.items()}
    if seen.failure:
        shown["failure"] = {"kind": seen.failure.kind, "message": seen.failure.message}
    return shown


def answer(request: dict[str, Any]) -> dict[str, Any]:
    match request["op"]:
        case "hello":
            who = {"name": "blocks", "version": "1", "language": "Python", "homepage": ""}
            can = {"state_out": True, "learning_rates": True, "arrays": FORM.value}
            return {"protocol": 1, "implementation": who, "capabilities": can, "dl4j": VERSIONS}
        case "open":
            sessions[request["session"]] = open_network(request["network"])
        case "blocks":
            return {"blocks": [asdict(block) for block in sessions[request["session"]][1].blocks()]}
        case "state":
            state = sessions[request["session"]][1].state()
            return {"state": None if state is None else FORM.written(state)}
        case "update_blocks":
            return {"seen": update(request)}
        case "close":
            del sessions[request["session"]]
    return {}


for line in sys.stdin:
    request = json.loads(line)
    try:
        reply = {"reply": "ok", **answer(request)}
    except Dl4jException as error:
        reply = {"reply": "error", "kind": error.kind, "message": error.message}
    print(json.dumps({"seq": request["seq"], **reply}), flush=True)  # noqa: T201 - the protocol
