"""The port behind the protocol of dl4j-conformance. It refuses what the port does not know."""

import json
import struct
import sys

import port

HELLO = {
    "protocol": 1,
    "implementation": {"name": "foreign-port", "version": "1.0", "language": "Python", "homepage": ""},
    "capabilities": {"updaters": ["SGD"], "types": ["float64"]},
}
KNOWN = {"updater", "learning_rate", "bias_learning_rate", "n_in", "n_out"}
sessions = {}


class Unsupported(Exception):  # noqa: N818
    """Something that the port does not know."""


def opened(network):
    if network["conf"] or any(set(layer) - KNOWN for layer in network["layers"]):
        raise Unsupported("other settings")
    if any(layer.get("updater", "SGD") != "SGD" for layer in network["layers"]):
        raise Unsupported("other updaters")
    if any(isinstance(layer.get("learning_rate"), str) for layer in network["layers"]):
        raise Unsupported("learning rates of NaN or infinity")
    return network["layers"]


def updates(layers, request):
    if request["batch_size"] == 0:
        raise Unsupported("empty batches")
    for entry in request["gradients"]:
        number, _, name = entry["key"].partition("_")
        if name not in ("W", "b"):
            raise Unsupported("other parameters")
        gradient = [struct.unpack(">d", bytes.fromhex(bits))[0] for bits in entry["values"]]
        update = port.update(layers[int(number)], gradient, request["batch_size"])
        yield entry["key"], [struct.pack(">d", value).hex() for value in update]


def answer(request):
    match request["op"]:
        case "hello":
            return HELLO
        case "open":
            sessions[request["session"]] = opened(request["network"])
        case "update":
            return {"updates": dict(updates(sessions[request["session"]], request))}
    return {}


for line in sys.stdin:
    asked = json.loads(line)
    try:
        reply = {"reply": "ok", **answer(asked)}
    except Unsupported as error:
        reply = {"reply": "unsupported", "reason": str(error)}
    sys.stdout.write(json.dumps({"seq": asked["seq"], **reply}) + "\n")
    sys.stdout.flush()
