"""The NumPy backend behind the stdio protocol, every capability: what a complete adapter looks like from outside.

With ``moving`` as an argument it moves parameters, and shows no updates. With ``flush`` updates below the smallest
normal number become zero, with ``declared`` it says so. With ``base64``
arrays travel so.
"""

from __future__ import annotations

import base64
import json
import sys
from typing import Any

import numpy as np
from moving_ports import Moving

from dl4j_backends.engine.session import EngineSession
from dl4j_backends.interface import Dl4jException, Network, Observation, Search
from dl4j_backends.numpy import NumpyBackend
from dl4j_backends.topology import Topology, Vertex

BACKEND: Any = Moving() if "moving" in sys.argv else NumpyBackend()


def array(sent: Any, dtype: str) -> Any:
    if "base64" in sys.argv:
        data = base64.b64decode(sent["base64"], validate=True)
        return np.frombuffer(data, np.dtype(dtype).newbyteorder("<")).astype(dtype)
    return of_hex(sent, dtype)


def of_hex(patterns: list[str], dtype: str) -> Any:
    return np.frombuffer(bytes.fromhex("".join(patterns)), np.dtype(dtype).newbyteorder(">")).astype(dtype)


def written(values: Any, dtype: str) -> Any:
    if "base64" in sys.argv:
        little = np.asarray(values).astype(np.dtype(dtype).newbyteorder("<"))
        return {"base64": base64.b64encode(little.tobytes()).decode()}
    return hexed(values, dtype)


def hexed(values: Any, dtype: str) -> list[str]:
    big = np.asarray(values).astype(np.dtype(dtype).newbyteorder(">"))
    return [big[i : i + 1].tobytes().hex() for i in range(big.size)]


def doubles(values: Any) -> dict[str, str]:
    return {key: hexed([value], "float64")[0] for key, value in values.items()}


def double(pattern: str) -> float:
    return float(of_hex([pattern], "float64")[0])


def given(request: dict[str, Any], dtype: str) -> dict[str, np.ndarray]:
    return {entry["key"]: array(entry["values"], dtype) for entry in request["gradients"]}


def shape(told: dict[str, Any]) -> Topology:
    return Topology(told["inputs"], [Vertex(**vertex) for vertex in told["vertices"]], told["outputs"])


def searched(search: dict[str, Any], dtype: str) -> Search:
    step = double(search["step"]) if "step" in search else None
    return Search(given(search, dtype), double(search["score"]), step, tuple(map(double, search.get("tries", ()))))


class Adapter:
    def __init__(self) -> None:
        self.sessions: dict[int, tuple[EngineSession, str]] = {}

    def state(self, number: int) -> Any:
        session, dtype = self.sessions[number]
        state = session.state()
        return None if state is None else written(state, dtype)

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        number = request.get("session", 0)
        match request["op"]:
            case "hello":
                named = {"name": "numpy", "version": "1", "language": "Python", "homepage": "https://example.org"}
                can = dict.fromkeys(sorted(BACKEND.capabilities), True)
                can["subnormals"] = "declared" not in sys.argv
                form = {"arrays": "base64"} if "base64" in sys.argv else {}
                return {"protocol": 1, "implementation": named, "capabilities": can | form}
            case "open":
                described = request["network"]
                dtype = described["dtype"]
                state = described.get("state")
                network = Network(
                    dtype,
                    described["conf"],
                    described["layers"],
                    {key: array(values, dtype) for key, values in described["params"].items()},
                    "state" in described,
                    None if state is None else array(state, dtype),
                    described.get("gradient_view", False),
                    tuple(described.get("vertices", ())),
                    described.get("bare", False),
                    tuple(described.get("chain", ())),
                    shape(described["topology"]) if "topology" in described else None,
                )
                self.sessions[number] = BACKEND.open(network), dtype
            case "iterate":
                session, dtype = self.sessions[number]
                search = "search" in request and searched(request["search"], dtype)
                further = tuple(searched(one, dtype) for one in request.get("further", ()))
                scored = double(request["score"]), request["batch_size"]
                seen = session.iterate(given(request, dtype), *scored, search or None, further)
                return {
                    **self.shown(seen, number),
                    "params": {key: written(values, dtype) for key, values in seen.params.items()},
                    "heard": {key: written(values, dtype) for key, values in seen.heard.items()},
                    "iteration_done": seen.iteration_done,
                    "iteration_count": seen.iteration_count,
                }
            case "update":
                session, dtype = self.sessions[number]
                gradients = given(request, dtype)
                seen = session.update(gradients, request["iteration"], request["batch_size"])
                if "flush" in sys.argv:
                    for values in gradients.values():
                        values[np.abs(values) < np.finfo(dtype).smallest_normal] = 0
                return self.shown(seen, number)
            case "state":
                return {"state": self.state(number)}
            case "set_state":
                session, dtype = self.sessions[number]
                session.set_state(array(request["state"], dtype))
            case "set_params":
                session, dtype = self.sessions[number]
                session.set_params({key: array(values, dtype) for key, values in request["params"].items()})
            case "set_learning_rate":
                self.sessions[number][0].set_learning_rate(request["key"], double(request["learning_rate"]))
            case "average":
                others = [self.sessions[other][0] for other in request["others"]]
                self.sessions[number][0].average(others, request["combined"])
            case "compare":
                equal, same_hash = self.sessions[number][0].compare(self.sessions[request["other"]][0])
                return {"equal": equal, "same_hash": same_hash}
            case "close":
                del self.sessions[number]
            case op:
                session, dtype = self.sessions[number]
                fields = {name: value for name, value in request.items() if name not in ("seq", "op", "session", "as")}
                made = getattr(session, op)(**fields)
                if "as" in request:
                    self.sessions[request["as"]] = made, dtype
        return {}

    def shown(self, seen: Observation, number: int) -> dict[str, Any]:
        name, arrays = ("params", seen.params) if seen.updates is None else ("updates", seen.updates)
        return {
            name: {key: written(values, self.sessions[number][1]) for key, values in arrays.items()},
            "state": self.state(number),
            "learning_rates": doubles(seen.learning_rates),
            "momentum": doubles(seen.momentum),
        }

    def reply(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            reply = {"reply": "ok", **self.answer(request)}
        except Dl4jException as error:
            reply = {"reply": "error", "kind": error.kind, "message": error.message}
        return {"seq": request["seq"], **reply}


def main() -> None:
    adapter = Adapter()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(adapter.reply(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
