"""Everything an adapter can do wrong, by name, with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from dl4j_backends import plain_text

_LONGEST_DETAIL = 1000

#: The requests that DL4J answers without exceptions.
NEVER_ERRORS = (
    "hello",
    "state",
    "compare",
    "clear",
    "blocks",
    "update_blocks",
    "close",
    "environment",
    "java_math",
    "time",
)


@dataclass(frozen=True)
class Kind:
    """A kind of fault. After a ``death`` the session is replayed once on a new process, since it may be an accident."""

    name: str
    hint: str
    death: bool = False


#: What helps where the printing code cannot be changed.
_NATIVE = (
    "For a library that prints by itself, start the adapter from a script with `exec 3>&1 1>&2`,"
    " and write the replies to file descriptor 3."
)

_ALL = (
    Kind("did-not-start", "Run the command by hand in the same folder. It is split into words, no shell reads it."),
    Kind("refused", "The adapter says itself that it cannot run here."),
    Kind("unknown-protocol-version", 'This suite speaks version 1: answer hello with "protocol": 1.'),
    Kind("exited", "The process must run until its stdin is closed. Its stderr may say why it ended.", death=True),
    Kind("killed-by-signal", "A crash, or somebody ended it (out of memory?). See its stderr.", death=True),
    Kind("cut-off", "The process ended in the middle of a reply. See its stderr.", death=True),
    Kind("timed-out", "Flush stdout after every reply. If the adapter is just slow, give it more --timeout."),
    Kind("no-newline", "Every reply is one line: end it with a newline, then flush."),
    Kind("closed-stdout", "Keep stdout open until stdin is closed."),
    Kind("closed-stdin", "Read requests from stdin until it ends."),
    Kind("not-utf8", "Only JSON in UTF-8 goes to stdout: no binary data, no other encoding."),
    Kind("not-json", f"Every line on stdout is one JSON object. Write everything else to stderr. {_NATIVE}"),
    Kind("extra-output", f"Something prints to stdout between the replies: write it to stderr. {_NATIVE}"),
    Kind("duplicate-key", "A JSON object has each key once: which value counts is not defined."),
    Kind("json-nan", "JSON has no NaN or Infinity: values travel as hex bit patterns."),
    Kind("not-an-object", "A reply is a JSON object, one on a line."),
    Kind("too-large", "A reply may have 64 MiB, 4,000,000 values and 64 levels. Is something written without end?"),
    Kind("early-reply", "Write a reply only after you have read its request, and only one."),
    Kind("repeated-seq", "One request has one reply: do not answer it again."),
    Kind("wrong-seq", "Copy `seq` from the request into its reply."),
    Kind("missing-field", "Add the field; `dl4j-conformance docs protocol` shows every reply."),
    Kind("wrong-type", "`dl4j-conformance docs protocol` shows the type of every field."),
    Kind("unknown-capability", "Declare the names of `dl4j-conformance docs protocol`, spelt as there, and no others."),
    Kind("unknown-reply", '"reply" is "ok", "unsupported" or "error".'),
    Kind("unexpected-reply", f'{", ".join(NEVER_ERRORS[:-1])} and {NEVER_ERRORS[-1]} cannot be answered with "error".'),
    Kind(
        "bad-values",
        "Values are arrays of lower-case hex: 8 digits for float32, 16 for float64, big-endian;"
        ' with "arrays": "base64" they are {"base64":"..."} of little-endian bytes.',
    ),
    Kind("wrong-shape", "`updates` has every key of the request, with as many values as its gradient."),
    Kind("not-in-schema", "The reply breaks the JSON Schema (--strict-wire); see replies.schema.json."),
    Kind(
        "not-deterministic",
        "The same requests must have the same replies. Random numbers, globals, threads?",
    ),
    Kind("changed-handshake", "Every process of an adapter gives the same reply to hello as the first."),
    Kind("did-not-exit", "End when stdin ends."),
    Kind("exit-status", "End with status 0 when stdin ends."),
    Kind("left-children", "End the processes that you start before you end. They were killed."),
)

#: By name, in the order of a session.
KINDS = {kind.name: kind for kind in _ALL}


class AdapterFault(Exception):  # noqa: N818 - the term of the protocol
    """The adapter broke the protocol. ``stderr`` is the end of what it wrote there."""

    def __init__(self, name: str, detail: str, stderr: str = "") -> None:
        # It quotes the adapter: for people, on one line.
        detail = plain_text.line(detail, _LONGEST_DETAIL)
        super().__init__(f"{name}: {detail}")
        self.kind = KINDS[name]
        self.detail = detail
        self.stderr = stderr

    def __reduce__(self) -> tuple[type[AdapterFault], tuple[str, str, str]]:
        return type(self), (self.name, self.detail, self.stderr)

    @property
    def name(self) -> str:
        """The kind's name."""
        return self.kind.name

    def explained(self) -> str:
        """Return the whole fault on several lines, for people."""
        tail = "\n".join(f"  | {line}" for line in self.stderr.splitlines()[-10:])
        stderr = f"\n  its stderr ends with:\n{tail}" if tail else "\n  it wrote nothing to stderr"
        return f"the adapter: {self}\n  {self.kind.hint}{stderr}"
