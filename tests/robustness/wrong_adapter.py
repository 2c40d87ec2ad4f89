"""An adapter that is right but for one fault: ``wrong_adapter.py OP FAULT SEED`` has it at every request OP."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

if __name__ == "__main__":
    # Python puts this folder there; the other adapter is imported from the one above, and its neighbours from its own.
    TESTS = Path(__file__).resolve().parents[1]
    sys.path[:1] = [str(TESTS), str(TESTS / "backends")]

Reply = dict[str, Any]
#: A fault: it writes the reply, or something else. It gets the request too.
Fault = Callable[[Reply, dict[str, Any], Random], object]

#: Faults by name, and the exit codes of `run` that are right.
FAULTS: dict[str, tuple[Fault, tuple[int, ...]]] = {}

#: A file by which an adapter knows that it was started before.
RESTARTED = "restarted"

_HOSTILE = "\x1b[2J\x07\u202e\ud800```|<script>\r\n::error::x"


def write(data: bytes | str) -> None:
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    while raw:
        raw = raw[os.write(1, raw) :]


def say(reply: Any) -> None:
    write(json.dumps(reply) + "\n")


def fault(*codes: int) -> Callable[[Fault], Fault]:
    """Return the decorator that enters a fault by its name."""

    def enter(function: Fault) -> Fault:
        FAULTS[function.__name__.replace("_", "-")] = function, codes
        return function

    return enter


def _enter(name: str, codes: tuple[int, ...], function: Fault) -> None:
    FAULTS[name] = function, codes


# --- ends of the process

for name, end in {
    "exit-0": lambda: os._exit(0),
    "exit-7": lambda: os._exit(7),
    "killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "crash": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    "terminated": lambda: os.kill(os.getpid(), signal.SIGTERM),
    "hang": lambda: time.sleep(60),
    "stopped": lambda: os.kill(os.getpid(), signal.SIGSTOP),
    "exception": lambda: 1 // 0,
}.items():
    _enter(name, (3,), lambda reply, request, random, end=end: end())


@fault(3)
def hang_deaf(reply: Reply, request: dict[str, Any], random: Random) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    time.sleep(60)


@fault(3)
def exit_holding_pipes(reply: Reply, request: dict[str, Any], random: Random) -> None:
    _child()
    os._exit(0)


@fault(3)
def hang_with_hidden_child(reply: Reply, request: dict[str, Any], random: Random) -> None:
    _child(env={}, start_new_session=True)
    time.sleep(60)


@fault(3)
def child_goes_on(reply: Reply, request: dict[str, Any], random: Random) -> None:
    """Leave a child behind that has closed everything."""
    if not getattr(child_goes_on, "done", False):
        _child(stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        child_goes_on.done = True  # type: ignore[attr-defined]
    say(reply)


def _child(**options: Any) -> None:
    subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(60)"], **options)


# --- lines that are no replies

for name, line in {
    "garbage": b"Segmentation fault\n",
    "binary": b"\x80\xff\x00\x9f\n",
    "empty-line": b"\n",
    "null": b"null\n",
    "number": b"1\n",
    "text": b'"ok"\n',
    "deep": b"[" * 100_000 + b"\n",
    "deep-object": b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"\n",
    "nul-bytes": b"\0" * 1000 + b"\n",
    "utf-16": '{"seq": 1}\n'.encode("utf-16"),
    "escape-sequences": _HOSTILE.encode("utf-8", "replace") + b"\n",
    "empty-object": b"{}\n",
}.items():
    _enter(name, (3,), lambda reply, request, random, line=line: write(line))
    if name not in ("deep", "deep-object", "empty-object"):
        _enter(f"{name}-first", (3,), lambda reply, request, random, line=line: write(line + _line(reply)))


def _line(reply: Reply) -> bytes:
    return json.dumps(reply).encode() + b"\n"


for name, change in {
    "no-newline": lambda line: line[:-1],
    "half": lambda line: line[: len(line) // 2],
    "half-line": lambda line: line[: len(line) // 2] + b"\n",
    "byte-order-mark": lambda line: b"\xef\xbb\xbf" + line,
    "twice": lambda line: line * 2,
    "not-utf-8": lambda line: line[:-2] + b',"note":"\xff"}\n',
    "lone-brace": lambda line: line[:-1] + b"}\n",
    "comment": lambda line: line[:-1] + b" // fine\n",
    "trailing-comma": lambda line: line[:-2] + b",}\n",
    "single-quotes": lambda line: line.replace(b'"', b"'"),
    "nan": lambda line: line[:-2] + b',"loss":NaN}\n',
    "infinity": lambda line: line[:-2] + b',"loss":-Infinity}\n',
    "many-digits": lambda line: line[:-2] + b',"loss":' + b"7" * 100_000 + b"}\n",
    "seq-twice": lambda line: line[:-2] + b',"seq":-1}\n',
    "reply-twice": lambda line: line[:-2] + b',"reply":"ok"}\n',
}.items():
    _enter(name, (3,), lambda reply, request, random, change=change: write(change(_line(reply))))

for name, change in {
    "carriage-return": lambda line: line[:-1] + b"\r\n",
    "blanks": lambda line: b"  " + line[:-1] + b"   \n",
    "extra-field": lambda line: line[:-2] + b',"loss":0.5}\n',
    "none": lambda line: line,
}.items():
    _enter(name, (0,), lambda reply, request, random, change=change: write(change(_line(reply))))


@fault(3)
def endless_line(reply: Reply, request: dict[str, Any], random: Random) -> None:
    while True:
        write(b"[" * 65536)


@fault(3)
def endless_lines(reply: Reply, request: dict[str, Any], random: Random) -> None:
    while True:
        write(_line(reply) * 1000)


@fault(0, 3)
def sixty_megabytes(reply: Reply, request: dict[str, Any], random: Random) -> None:
    write(_line(reply)[:-2] + b',"note":"' + b"x" * 60_000_000 + b'"}\n')


@fault(0, 3)
def many_small_lists(reply: Reply, request: dict[str, Any], random: Random) -> None:
    write(_line(reply)[:-2] + b',"note":[' + b"[]," * 20_000_000 + b"0]}\n")


@fault(0, 3)
def many_keys(reply: Reply, request: dict[str, Any], random: Random) -> None:
    keys = b",".join(b'"%d":0' % number for number in range(3_000_000))
    write(_line(reply)[:-2] + b',"note":{' + keys + b"}}\n")


@fault(0)
def pieces(reply: Reply, request: dict[str, Any], random: Random) -> None:
    for byte in _line(reply):
        write(bytes([byte]))


@fault(0)
def much_stderr(reply: Reply, request: dict[str, Any], random: Random) -> None:
    os.write(2, (_HOSTILE * 20_000).encode("utf-8", "replace"))
    say(reply)


@fault(3)
def closed_stdout(reply: Reply, request: dict[str, Any], random: Random) -> None:
    os.close(1)
    time.sleep(60)


# --- replies that are none

for name, changes in {
    "wrong-seq": {"seq": 999},
    "negative-seq": {"seq": -1},
    "seq-as-text": {"seq": "1"},
    "seq-as-truth": {"seq": True},
    "seq-as-fraction": {"seq": 1.5},
    "seq-null": {"seq": None},
    "unknown-reply": {"reply": "fine"},
    "reply-null": {"reply": None},
    "reply-list": {"reply": ["ok"]},
    "unsupported-without-reason": {"reply": "unsupported"},
    "unsupported-for-a-number": {"reply": "unsupported", "reason": 1},
    "error-without-kind": {"reply": "error"},
    "error-of-a-list": {"reply": "error", "kind": [], "message": {}},
}.items():
    _enter(name, (3,), lambda reply, request, random, changes=changes: say({**reply, **changes}))


@fault(3)
def no_seq(reply: Reply, request: dict[str, Any], random: Random) -> None:
    say({key: value for key, value in reply.items() if key != "seq"})


@fault(3, 4)
def unsupported(reply: Reply, request: dict[str, Any], random: Random) -> None:
    say({"seq": reply["seq"], "reply": "unsupported", "reason": _HOSTILE})


@fault(1, 3)
def error(reply: Reply, request: dict[str, Any], random: Random) -> None:
    say({"seq": reply["seq"], "reply": "error", "kind": _HOSTILE, "message": _HOSTILE})


@fault(1, 3)
def odd_value(reply: Reply, request: dict[str, Any], random: Random) -> None:
    """Put an odd value in the place of any value."""
    from robustness.mutations import ODD, places

    target = random.choice([place for place in places(reply) if place and place[0] != "implementation"])
    *parent, last = target
    holder: Any = reply
    for key in parent:
        holder = holder[key]
    # JSON's true is not 1.
    other = [odd for odd in ODD if json.dumps(odd) != json.dumps(holder[last])]
    holder[last] = random.choice(other)
    say(reply)


# --- the wrong answer


@fault(1)
def flipped_bit(reply: Reply, request: dict[str, Any], random: Random) -> None:
    _change_values(reply, lambda values: [f"{int(values[0], 16) ^ 1:0{len(values[0])}x}", *values[1:]])


@fault(1)
def other_sign(reply: Reply, request: dict[str, Any], random: Random) -> None:
    _change_values(reply, lambda values: [f"{int(v, 16) ^ 1 << 4 * len(v) - 1:0{len(v)}x}" for v in values])


@fault(1, 3)
def one_value_less(reply: Reply, request: dict[str, Any], random: Random) -> None:
    _change_values(reply, lambda values: values[:-1])


@fault(1, 3)
def one_value_more(reply: Reply, request: dict[str, Any], random: Random) -> None:
    _change_values(reply, lambda values: [*values, values[-1]])


@fault(3)
def capital_letters(reply: Reply, request: dict[str, Any], random: Random) -> None:
    _change_values(reply, lambda values: [f"{v[:-1]}A" for v in values])


@fault(3)
def too_few_digits(reply: Reply, request: dict[str, Any], random: Random) -> None:
    _change_values(reply, lambda values: [v[1:] for v in values])


@fault(1, 3)
def nothing_updated(reply: Reply, request: dict[str, Any], random: Random) -> None:
    say({**reply, "updates": {}})


@fault(1, 3)
def unknown_key(reply: Reply, request: dict[str, Any], random: Random) -> None:
    first = next(iter(reply["updates"].values()))
    say({**reply, "updates": {**reply["updates"], "9_W": first}})


@fault(1, 3)
def no_rates(reply: Reply, request: dict[str, Any], random: Random) -> None:
    say({**reply, "learning_rates": {}})


@fault(0)
def other_order(reply: Reply, request: dict[str, Any], random: Random) -> None:
    say({**reply, "updates": dict(reversed(reply["updates"].items()))})


def _change_values(reply: Reply, change: Callable[[list[str]], list[str]]) -> None:
    say({**reply, "updates": {key: change(values) for key, values in reply["updates"].items()}})


# --- the wrong greeting

for name, changed in {
    "misspelt-capability": {"state_uot": True},
    "capability-of-another-case": {"State_Out": True},
    "capability-as-text": {"state_out": "yes"},
    "capability-as-number": {"clone": 1},
    "unknown-updater": {"updaters": ["SDG"]},
    "updaters-as-text": {"updaters": "SGD"},
    "unknown-type": {"types": ["float16"]},
}.items():
    _enter(
        name,
        (3,),
        lambda reply, request, random, changed=changed: say(
            {**reply, "capabilities": {**reply["capabilities"], **changed}}
        ),
    )

for name, changed in {"no-updater": {"updaters": []}, "no-type": {"types": []}}.items():
    _enter(
        name,
        (3, 4),
        lambda reply, request, random, changed=changed: say(
            {**reply, "capabilities": {**reply["capabilities"], **changed}}
        ),
    )

for name, changed in {
    "other-protocol": {"protocol": 2},
    "protocol-as-text": {"protocol": "1"},
    "protocol-as-truth": {"protocol": True},
    "nameless": {"implementation": {}},
    "no-implementation": {"implementation": None},
    "capabilities-as-list": {"capabilities": ["clone"]},
}.items():
    _enter(name, (3,), lambda reply, request, random, changed=changed: say({**reply, **changed}))


@fault(0, 3)
def hostile_name(reply: Reply, request: dict[str, Any], random: Random) -> None:
    say({**reply, "implementation": dict.fromkeys(reply["implementation"], _HOSTILE)})


@fault(3)
def other_greeting_after_a_restart(reply: Reply, request: dict[str, Any], random: Random) -> None:
    """Die at the first request, and be another adapter then."""
    if Path(RESTARTED).exists():
        say({**reply, "capabilities": {**reply["capabilities"], "state_out": False}})
        return
    Path(RESTARTED).touch()
    say(reply)
    sys.stdin.readline()
    os._exit(1)


#: Faults that only replies to `hello` can have, and those that only an update's can have.
OF_HELLO = (
    *("misspelt-capability", "capability-of-another-case", "capability-as-text", "capability-as-number"),
    *("unknown-updater", "updaters-as-text", "unknown-type", "no-updater", "no-type", "other-protocol"),
    *("protocol-as-text", "protocol-as-truth", "nameless", "no-implementation", "capabilities-as-list", "hostile-name"),
    "other-greeting-after-a-restart",
)
OF_UPDATE = (
    *("flipped-bit", "other-sign", "one-value-less", "one-value-more", "capital-letters", "too-few-digits"),
    *("nothing-updated", "unknown-key", "no-rates", "other-order"),
)


def main() -> None:
    from backends.numpy_adapter import Adapter

    op, name, seed = sys.argv[1:4]
    sys.argv[1:] = []
    adapter, random = Adapter(), Random(seed)  # noqa: S311
    for line in sys.stdin:
        request = json.loads(line)
        reply = adapter.reply(request)
        if request["op"] == op:
            FAULTS[name][0](reply, request, random)
        else:
            say(reply)


if __name__ == "__main__":
    main()
