"""An adapter that does SGD, and one thing wrong: ``faulty_adapter.py MODE PIDS``.

Most modes go wrong in float64 networks only, so that a float32 case shows that other results stand. The process,
and every child, writes its id to PIDS.
"""

from __future__ import annotations

import base64
import ctypes
import json
import os
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

MODE, PIDS = sys.argv[1], Path(sys.argv[2])

HELLO: dict[str, Any] = {
    "reply": "ok",
    "protocol": 1,
    "implementation": {"name": "faulty", "version": "1", "language": "Python", "homepage": ""},
    "capabilities": {"updaters": ["SGD"]},
}


def note_pid(pid: int) -> None:
    with PIDS.open("a") as file:
        file.write(f"{pid}\n")


def write(text: str | bytes) -> None:
    data = text.encode() if isinstance(text, str) else text
    while data:
        data = data[os.write(1, data) :]


def complain(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def say(message: Any) -> None:
    write(json.dumps(message) + "\n")


def little_endian(text: str, size: int) -> list[str]:
    """The patterns of base64, as hex has them."""
    data = base64.b64decode(text)
    return [data[at : at + size][::-1].hex() for at in range(0, len(data), size)]


def sgd(network: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    updates: dict[str, Any] = {}
    code = {"float32": ">f", "float64": ">d"}[network["dtype"]]
    narrow = ctypes.c_float if code == ">f" else ctypes.c_double
    for entry in request["gradients"]:
        rate = narrow(network["layers"][0].get("learning_rate", 0.1)).value
        if MODE == "hex-despite-base64":
            entry["values"] = little_endian(entry["values"]["base64"], struct.calcsize(code))
        gradient = [struct.unpack(code, bytes.fromhex(v))[0] for v in entry["values"]]
        values = [narrow(narrow(g * rate).value / request["batch_size"]).value for g in gradient]
        updates[entry["key"]] = [struct.pack(code, x).hex() for x in values]
        if MODE == "hex-despite-base64" and code == ">f":
            data = b"".join(struct.pack("<f", x) for x in values)
            updates[entry["key"]] = {"base64": base64.b64encode(data).decode()}
    return {"seq": request["seq"], "reply": "ok", "updates": updates}


def child(*, detached: bool, environment: dict[str, str] | None = None) -> None:
    """Start a process that goes on for a minute and holds the pipes."""
    started = subprocess.Popen(
        [sys.executable, "-S", "-c", "import time; time.sleep(60)"], start_new_session=detached, env=environment
    )
    note_pid(started.pid)


def happens_first(what: str) -> bool:
    """Whether no process of this test has done it before."""
    marker = PIDS.with_name(f"{PIDS.name}.{what}")
    if marker.exists():
        return False
    marker.touch()
    return True


def answer_hello(request: dict[str, Any]) -> None:
    hello = {"seq": request["seq"], **HELLO}
    match MODE:
        case "exit-at-hello":
            sys.exit("no licence")
        case "hang-at-hello":
            time.sleep(60)
        case "other-protocol":
            say({**hello, "protocol": 2})
        case "refuses":
            say({"seq": 0, "reply": "unsupported", "reason": "no such device"})
        case "nameless":
            say({**hello, "implementation": {"version": "1"}})
        case "bad-capabilities":
            say({**hello, "capabilities": {"state_out": "yes"}})
        case "misspelt-capability":
            say({**hello, "capabilities": {"updaters": ["SGD"], "state_uot": True}})
        case "misspelt-updater":
            say({**hello, "capabilities": {"updaters": ["SGD", "ADMA"]}})
        case "one-key-twice-at-hello":
            write(json.dumps(hello)[:-1] + ', "protocol": 1}\n')
        case "changes-its-mind" if not happens_first("hello"):
            say({**hello, "capabilities": {"updaters": ["SGD", "ADAM"]}})
        case "hex-despite-base64":
            say({**hello, "capabilities": {"updaters": ["SGD"], "arrays": "base64"}})
        case "unknown-array-form":
            say({**hello, "capabilities": {"updaters": ["SGD"], "arrays": "base-64"}})
        case "banner":
            write("Welcome to the port!\n")
            say(hello)
        case _:
            say(hello)


def answer_update(network: dict[str, Any], request: dict[str, Any]) -> None:
    reply = sgd(network, request)
    seq = request["seq"]
    if network["dtype"] == "float32":
        say(reply)
        return
    complain(f"about to do {MODE}\n")
    match MODE:
        case "exit":
            sys.exit(3)
        case "exit-holding-pipes":
            child(detached=False)
            os._exit(3)
        case "changes-its-mind":
            sys.exit(3)
        case "one-key-twice":
            write(json.dumps(reply)[:-1] + ', "updates": {}}\n')
        case "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "crash-once" | "crash-once-and-differ":
            if happens_first("crash"):
                os.kill(os.getpid(), signal.SIGKILL)
            say(reply)
        case "hang":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            child(detached=True)
            time.sleep(60)
        case "hang-hiding-child":
            child(detached=True, environment={})
            time.sleep(60)
        case "garbage":
            write("Segmentation fault\n")
            time.sleep(60)
        case "endless-garbage":
            while True:
                write(b"blah\n" * 10000)
        case "endless-line":
            while True:
                write(b"[" * 65536)
        case "binary":
            write(b"\x80\xff\x00\x9f\n")
        case "print-before":
            write("step 1 done\n")
            say(reply)
        case "print-after":
            write(json.dumps(reply) + "\nstep 1 done\n")
        case "empty-line":
            write("\n" + json.dumps(reply) + "\n")
        case "list":
            say([reply])
        case "nan":
            write(json.dumps({**reply, "updates": {"0_W": [float("nan")]}}) + "\n")
        case "wrong-seq":
            say({**reply, "seq": seq + 7})
        case "old-seq":
            say({**reply, "seq": 0})
        case "twice":
            write(2 * (json.dumps(reply) + "\n"))
        case "early":
            write(json.dumps(reply) + "\n" + json.dumps({"seq": seq + 1, "reply": "ok"}) + "\n")
        case "no-seq":
            say({"reply": "ok", "updates": reply["updates"]})
        case "seq-as-text":
            say({**reply, "seq": str(seq)})
        case "no-reply":
            say({"seq": seq, "updates": reply["updates"]})
        case "unknown-reply":
            say({**reply, "reply": "fine"})
        case "no-updates":
            say({"seq": seq, "reply": "ok"})
        case "no-reason":
            say({"seq": seq, "reply": "unsupported"})
        case "decimal-values":
            say({**reply, "updates": {"0_W": [0.5], "0_b": [0.25]}})
        case "capital-hex":
            say({**reply, "updates": {key: [v.upper() for v in values] for key, values in reply["updates"].items()}})
        case "extra-field":
            say({**reply, "loss": 0.5})
        case "half-and-exit":
            write(json.dumps(reply)[:40])
            os._exit(0)
        case "no-newline":
            write(json.dumps(reply))
            time.sleep(60)
        case "close-stdout":
            os.close(1)
            time.sleep(60)
        case "close-stdin":
            os.close(0)
            say(reply)
            time.sleep(60)
        case "pieces":
            for piece in json.dumps(reply).encode() + b"\n":
                write(bytes([piece]))
        case "slow":
            time.sleep(0.3)
            say(reply)
        case "carriage-return":
            write(json.dumps(reply) + "\r\n")
        case "much-stderr":
            for _ in range(100):
                complain("x" * 10000 + "\n")
            say(reply)
        case _:
            say(reply)


def answer_close(network: dict[str, Any], request: dict[str, Any]) -> None:
    if network["dtype"] == "float64":
        match MODE:
            case "exit-at-close":
                sys.exit(0)
            case "error-at-close":
                say({"seq": request["seq"], "reply": "error", "kind": "IOException", "message": "cannot close"})
                return
    say({"seq": request["seq"], "reply": "ok"})


def main() -> None:
    note_pid(os.getpid())
    networks = {}
    for line in sys.stdin:
        request = json.loads(line)
        match request["op"]:
            case "hello":
                answer_hello(request)
            case "open":
                networks[request["session"]] = request["network"]
                float64 = request["network"]["dtype"] == "float64"
                changed = MODE == "crash-once-and-differ" and float64 and not happens_first("open")
                say({"seq": request["seq"], "reply": "ok", **({"note": "again"} if changed else {})})
            case "update":
                answer_update(networks[request["session"]], request)
            case "close":
                answer_close(networks.pop(request["session"]), request)
    match MODE:
        case "outlives-stdin":
            time.sleep(60)
        case "exit-status":
            sys.exit(5)
        case "leaves-child":
            child(detached=False)
        case "leaves-daemon":
            child(detached=True)


main()
