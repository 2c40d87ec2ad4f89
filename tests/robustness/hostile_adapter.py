"""An adapter whose every word is hostile; its argument says in which reply."""

import json
import sys

from hostile import HOSTILE

where = sys.argv[1]
said = HOSTILE.replace("\ud800", "")
sys.stderr.write(f"{said}\n")
sys.stderr.flush()
for line in sys.stdin:
    request = json.loads(line)
    reply = {"seq": request["seq"], "reply": "ok"}
    if request["op"] == "hello":
        who = dict.fromkeys(("name", "version", "language", "homepage"), HOSTILE if where == "name" else "x")
        reply |= {"protocol": 1, "implementation": who, "capabilities": {}}
        if where == "hello":
            reply |= {"reply": "unsupported", "reason": HOSTILE}
    elif request["op"] == "open":
        match where:
            case "reason":
                reply |= {"reply": "unsupported", "reason": HOSTILE}
            case "kind":
                reply |= {"reply": "error", "kind": HOSTILE, "message": HOSTILE}
            case "reply":
                reply |= {"reply": HOSTILE}
            case "line":
                sys.stdout.write(said.replace("\n", " ") + "\n")
            case "death":
                sys.exit(said)
    elif request["op"] == "update":
        reply |= {"updates": {HOSTILE: []}}
    sys.stdout.write(json.dumps(reply) + "\n")
    sys.stdout.flush()
