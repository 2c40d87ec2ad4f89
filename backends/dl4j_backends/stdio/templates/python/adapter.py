"""An adapter for dl4j-conformance that does SGD. Replace `Session` by calls of your port.

One JSON request per line on stdin, one reply per line on stdout; anything else goes to stderr.
"""

import base64
import ctypes
import json
import math
import struct
import sys

HELLO = {
    "protocol": 1,
    "implementation": {"name": "my-port", "version": "0.1", "language": "Python", "homepage": ""},
    "capabilities": {"updaters": ["SGD"], "types": ["float32", "float64"], "unchained": True, "arrays": "base64"},
}

FORMATS = {"float32": "f", "float64": "d"}


class UnsupportedError(Exception):
    """What this port does not do: the case is reported as not run."""


class Session:
    """An open network."""

    def __init__(self, network):
        refuse_what_is_not_sgd(network)
        self.dtype = network["dtype"]
        self.conf = network["conf"]
        self.layers = network["layers"]

    def update(self, key, gradient, batch_size):
        """The update of one parameter, a list of floats like its gradient."""
        rate = self.learning_rate(key)
        update = [self.rounded(g * self.scalar(rate)) for g in gradient]
        if self.conf.get("mini_batch", True):
            update = [self.rounded(quotient(u, self.scalar(float(batch_size)))) for u in update]
        return update

    def learning_rate(self, key):
        """Of the layer, else of the network, else 0.1; a bias may have its own."""
        number, _, name = key.partition("_")
        if not (number in map(str, range(len(self.layers))) and name in ("W", "b")):
            raise UnsupportedError("this gradient key")
        layer = self.layers[int(number)]
        rate = double(layer, "learning_rate")
        if math.isnan(rate):
            rate = float(self.conf.get("learning_rate", 0.1))
        bias_rate = double(layer, "bias_learning_rate")
        return bias_rate if name == "b" and not math.isnan(bias_rate) else rate

    def scalar(self, x):
        """A Java double that meets an array: NaN becomes 1e-5, then it is rounded to the array's type."""
        return self.rounded(1e-5 if math.isnan(x) else x)

    def rounded(self, x):
        """The result of an operation, in the array's type."""
        return ctypes.c_float(x).value if self.dtype == "float32" else x


def refuse_what_is_not_sgd(network):
    """Raise UnsupportedError for settings that need more than this file has."""
    conf = network["conf"]
    if conf.get("use_regularization"):
        raise UnsupportedError("penalties")
    if any(name.startswith(("lr_policy", "learning_rate_schedule")) for name in conf):
        raise UnsupportedError("learning-rate policies")
    for layer in network["layers"]:
        if (layer.get("updater") or conf.get("updater") or "SGD") != "SGD":
            raise UnsupportedError("updaters other than SGD")
        if layer.get("type", "dense") != "dense" or layer.get("frozen") or layer.get("pretrain"):
            raise UnsupportedError("layers other than dense ones")
        if (layer.get("gradient_normalization") or conf.get("gradient_normalization") or "None") != "None":
            raise UnsupportedError("gradient normalisation")


def double(settings, name):
    """A setting: a number or "NaN", "Infinity", "-Infinity"; absent is NaN, which means unset."""
    return float(settings.get(name, "NaN"))


def quotient(x, y):
    """The quotient as IEEE 754 has it."""
    if y != 0:
        return x / y
    return math.nan if math.isnan(x) or x == 0 else math.copysign(math.inf, x) * math.copysign(1, y)


def from_wire(values, dtype):
    """The floats of an array, which travels as little-endian bytes in base64."""
    data = base64.b64decode(values["base64"], validate=True)
    return [x for (x,) in struct.iter_unpack("<" + FORMATS[dtype], data)]


def to_wire(array, dtype):
    """The array as it travels."""
    data = struct.pack(f"<{len(array)}{FORMATS[dtype]}", *array)
    return {"base64": base64.b64encode(data).decode()}


def answer(request, sessions):
    """The reply, without seq."""
    match request["op"]:
        case "hello":
            return {"reply": "ok", **HELLO}
        case "open":
            sessions[request["session"]] = Session(request["network"])
            return {"reply": "ok"}
        case "update":
            session = sessions[request["session"]]
            updates = {}
            for entry in request["gradients"]:
                gradient = from_wire(entry["values"], session.dtype)
                update = session.update(entry["key"], gradient, request["batch_size"])
                updates[entry["key"]] = to_wire(update, session.dtype)
            return {"reply": "ok", "updates": updates}
        case "close":
            del sessions[request["session"]]
            return {"reply": "ok"}
        case op:
            raise UnsupportedError(op)


def main():
    """Answer until stdin ends."""
    sessions = {}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = answer(request, sessions)
        except UnsupportedError as error:
            reply = {"reply": "unsupported", "reason": str(error)}
        sys.stdout.write(json.dumps({"seq": request["seq"], **reply}) + "\n")
        sys.stdout.flush()


main()
