"""Files and replies beyond every limit: refused by name, in little memory, and never a traceback."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import dl4j_fixtures
from dl4j_backends.bounded_json import JsonError, parse
from dl4j_backends.stdio import wire
from dl4j_backends.stdio.faults import AdapterFault
from dl4j_conformance.cli.main import cli
from dl4j_conformance.vectors import golden
from dl4j_conformance.vectors.json_lines import UnreadableFileError
from dl4j_conformance.vectors.recording import read_recording

MEMORY = 1 << 30


def invoke(*arguments: object) -> Result:
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    """The shortest recording of the real DL4J."""
    with gzip.open(dl4j_fixtures.recordings()[0], "rt") as lines:
        found: dict[str, Any] = json.loads(min(lines, key=len))
    return found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"[" * 65 + b"]" * 65, "nested too deeply: 64 levels"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "nested too deeply"),
        (b"[" + b"[]," * 600_000 + b"1]", "600,001, and 500,000 are allowed"),
        (b"[" + b"1," * 4_000_001 + b"1]", "too many values"),
        (b"{" + b'"a":1,' * 500_001 + b'"b":1}', "too many keys"),
        (b"1" * 1001, "1,001 digits: 1,000 are allowed"),
        (b"-0." + b"1" * 1_000_000, "digits"),
        (b"1e999", "does not fit a double"),
        (b" " * ((64 << 20) + 1), "too large: more than 64 MiB"),
        (b"\xef\xbb\xbf1", "byte order mark"),
        ("1".encode("utf-16"), "byte order mark"),
        ("{}".encode("utf-16-le"), "not JSON"),
        (b'"\xff"', "no UTF-8"),
        (b'{"a"\x00:1}', "not JSON"),
        (b"", "not JSON"),
    ],
)
def test_texts_beyond_a_limit(text: bytes, message: str) -> None:
    with pytest.raises(JsonError, match=message):
        parse(text)


def test_texts_at_the_limits() -> None:
    assert parse(b"[" * 64 + b"]" * 64)
    assert parse(b'"' + b"[" * 1000 + b'"') == "[" * 1000
    assert parse(b"1" * 1000) == int("1" * 1000)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (b'{"a":[' + b"[]," * 600_000 + b"[]]}", "too-large"),
        (b"[" * 100, "too-large"),
        (b'{"seq":' + b"1" * 5000 + b"}", "too-large"),
        (b"\xff", "not-utf8"),
        (b'{"a":NaN}', "json-nan"),
    ],
)
def test_replies_beyond_a_limit(line: bytes, fault: str) -> None:
    with pytest.raises(AdapterFault) as caught:
        wire.decode(line)
    assert caught.value.name == fault
    assert len(str(caught.value)) < 1100


COMMANDS = (("replay",), ("explain",), ("repro",), ("promote", "--folder", "."))
ZIPPED = gzip.compress(b'{"case":{}}\n' * 50)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n" * 200_000,
        ZIPPED[:30],
        ZIPPED[:-4],
        ZIPPED[:10] + b"\xff" * 20 + ZIPPED[30:],
        ZIPPED[:-8] + bytes(8),
        b"\x1f\x8b",
        b"\x1f\x8b\x08" + bytes(40),
        b"\xef\xbb\xbf{}",
        b'{"case": "\\ud800", "dl4j": {}}',
        b"{}\n" * 100_001,
        b"[" * 100_000,
        gzip.compress(b" " * (65 << 20), 1),
    ],
    ids=range(13),
)
def test_files_that_are_none(content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("file.jsonl")
    path.write_bytes(content)
    for command in COMMANDS:
        result = invoke(command[0], path, *command[1:])
        assert (result.exit_code, "file.jsonl" in result.output) == (5, True), (command, result.output)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a platform without FIFOs")
def test_what_is_no_regular_file(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo.jsonl"
    os.mkfifo(fifo)
    folder = tmp_path / "folder.jsonl"
    folder.mkdir()
    null = tmp_path / "null.jsonl"
    null.symlink_to("/dev/zero")
    for path in (fifo, folder, null):
        for command in ("explain", "repro"):
            result = invoke(command, path)
            assert (result.exit_code, "no regular file" in result.output) == (5, True)
    for path in (fifo, null):
        assert invoke("replay", path).exit_code == 5
        assert invoke("promote", path, "--folder", tmp_path).exit_code == 5
    os.mkfifo(tmp_path / "manifest.json")
    for command in (("run", "numpy"), ("fixtures", "verify")):
        assert invoke(*command, "--folder", tmp_path).exit_code == 5


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (("conf", "num_iterations"), 10**400, "conf.num_iterations: .* does not fit a Java int"),
        (("conf", "lr_policy_steps"), 10**400, "conf.lr_policy_steps: .* does not fit a double"),
        (("conf", "unheard"), 1, "conf.unheard: unknown key"),
        (("layers", 0, "n_out"), 10**9, r"network.layers\[0\]: .* 1,000,000 are allowed"),
        (("layers", 0, "n_in"), -1, r"layers\[0\].n_in: must be at least 1"),
        (("layers", 0, "n_in"), True, r"layers\[0\].n_in: must be an integer"),
        (("layers",), [{}] * 2000, "network.layers: 2,000 are too many"),
        (("steps", 0, "iteration"), 10**400, r"script\[0\].iteration: must be an integer from"),
        (("steps", 0, "batch_size"), 1 << 31, r"script\[0\].batch_size: must be an integer from"),
        (("steps", 0, "gradients", "0_W"), [], r"script\[0\].gradients.0_W: has 0 values"),
        (("steps", 0, "gradients"), [], r"script\[0\].gradients"),
        (("steps",), [], "steps: must be 0, as many as operations"),
        (("steps",), [{"op": "clone"}] * 1001, "script: 1,001 clones and restores"),
        (("params", "0_W"), ["00000000"] * 999, r"network.params.0_W: has 999 values"),
        (("params", "zz"), [], r"network.params.zz: no layer has"),
        (("id",), 7, "id: must be a string"),
    ],
)
def test_values_that_no_case_has(
    place: tuple[Any, ...], value: Any, message: str, record: dict[str, Any], tmp_path: Path
) -> None:
    changed = json.loads(json.dumps(record))
    at = changed["case"]
    for part in place[:-1]:
        at = at[part]
    at[place[-1]] = value
    path = tmp_path / "file.jsonl"
    path.write_text(json.dumps(changed))
    with pytest.raises(UnreadableFileError, match=message) as caught:
        list(read_recording(path))
    assert len(str(caught.value)) < 1500


@pytest.mark.parametrize("topic", ["../escaped", "a/b", "A", ""])
def test_a_manifest_cannot_name_files_elsewhere(topic: str, tmp_path: Path) -> None:
    fixtures = list(dl4j_fixtures.load("keys", "float32"))[:1]
    rows = {fixture["id"]: dl4j_fixtures.kills()[fixture["id"]] for fixture in fixtures}
    files = dl4j_fixtures.render({"keys": fixtures}, golden.ABOUT, rows)
    manifest = json.loads(files["manifest.json"])
    (entry,) = manifest["files"].values()
    manifest["files"] = {f"{topic}-float32.json": {**entry, "topic": topic}}
    dl4j_fixtures.write({**files, "manifest.json": json.dumps(manifest).encode()}, tmp_path / "folder")
    with pytest.raises(dl4j_fixtures.FixtureError, match="a file is named by topic and type"):
        dl4j_fixtures.manifest(tmp_path / "folder")


#: Each is near the limits, or beyond them: what is read takes the most memory that a text can take.
GREEDY = {
    "blanks": "gzip.compress(b' ' * (200 << 20), 1)",
    "small arrays": "b'[' + b'[],' * 20_000_000 + b'1]'",
    "arrays": "b'{\"a\":[' + b'[0],' * 499_000 + b'1]}'",
    "strings": "b'{\"a\":[' + b'\"abcdefgh\",' * 3_999_000 + b'1]}'",
    "keys": "b'{' + b','.join(b'\"%x\":{}' % i for i in range(490_000)) + b'}'",
    "wide text": "b'{\"a\":\"' + '\\U0001f600'.encode() * 15_000_000 + b'\"}'",
    "lines": "b'{\"case\":{}}\\n' * 90_000",
}


@pytest.mark.skipif(sys.platform != "linux", reason="other platforms count memory otherwise")
@pytest.mark.parametrize("greedy", GREEDY.values(), ids=GREEDY)
def test_memory(greedy: str, tmp_path: Path) -> None:
    path = tmp_path / "file.jsonl"
    path.write_bytes(eval(greedy))  # noqa: S307 - our own
    # VmHWM is the most that this program took; ru_maxrss would have what the test's own process takes.
    program = (
        "import atexit, sys; from pathlib import Path; from dl4j_conformance.cli.main import cli;"
        "atexit.register(lambda: sys.stdout.write(Path('/proc/self/status').read_text()));"
        f"cli(['replay', {str(path)!r}])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 5, done.stderr
    (most,) = re.findall(r"VmHWM:\s+(\d+) kB", done.stdout)
    assert int(most) * 1024 < MEMORY
