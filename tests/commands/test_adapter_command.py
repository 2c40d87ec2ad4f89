"""``adapter``: every skeleton is built and checked by its own printed steps; what `check` and `bench` say."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dl4j_backends.stdio.skeleton import skeletons
from dl4j_conformance.cli.main import cli
from toolchains import required

BACKENDS = Path(__file__).parents[1] / "backends"
NUMPY_ADAPTER = shlex.join([sys.executable, str(BACKENDS / "numpy_adapter.py")])

WRONG_SHAPE = """
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    reply = {"seq": request["seq"], "reply": "ok"}
    match request["op"]:
        case "hello":
            who = {"name": "n", "version": "1", "language": "Python", "homepage": ""}
            reply |= {"protocol": 1, "implementation": who, "capabilities": {"updaters": ["SGD"], "types": ["float32"]}}
        case "update":
            reply |= {"updates": UPDATES}
        case "open":
            assert OPENS
    print(json.dumps(reply), flush=True)
"""


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


@pytest.mark.parametrize("language", skeletons())
def test_the_printed_steps_lead_to_a_first_verdict(language: str, tmp_path: Path) -> None:
    if language != "python":
        required(skeletons()[language].tool)
    made = invoke("adapter", "new", language, str(tmp_path / "port"))
    assert made.exit_code == 0
    steps = [line.strip() for line in made.stdout.splitlines() if line.startswith("  ")]
    change, *rest = (shlex.split(step) for step in steps)
    assert change == ["cd", str(tmp_path / "port")]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    start = [sys.executable, "-c", "from dl4j_conformance.cli.main import main; main()"]
    for program, *arguments in rest:
        command = start if program == "dl4j-conformance" else [program]
        done = subprocess.run(  # noqa: S603
            [*command, *arguments],
            cwd=change[1],
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"conforms: ([1-9]\d*) of \1 cases passed, 0 failed", done.stdout)


def test_new_leaves_what_is_there_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("")
    result = invoke("adapter", "new", "python", str(tmp_path))
    assert result.exit_code == 2
    assert "is not empty" in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]
    assert invoke("adapter", "new", "cobol", str(tmp_path / "new")).exit_code == 2


def test_new_fills_an_empty_folder(tmp_path: Path) -> None:
    assert invoke("adapter", "new", "python", str(tmp_path)).exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["adapter.py"]


def test_check_of_every_capability() -> None:
    result = invoke("adapter", "check", NUMPY_ADAPTER)
    assert result.exit_code == 0
    for said in ("numpy 1 (Python)", "float64", "two sessions apart", "takes a state in", "clones", "ends when"):
        assert said in result.stdout
    assert "the maths" not in result.output
    assert "base64" not in result.stdout


def test_check_of_arrays_in_base64() -> None:
    result = invoke("adapter", "check", f"{NUMPY_ADAPTER} base64")
    assert result.exit_code == 0
    assert "ok  the adapter carries arrays in base64, of 100,000 values too" in result.stdout


@pytest.mark.parametrize(
    ("mode", "name"),
    [
        ("exit-at-hello", "exited"),
        ("banner", "extra-output"),
        ("exit", "exited"),
        ("nan", "json-nan"),
        ("extra-field", "not-in-schema"),
        ("leaves-daemon", "left-children"),
        ("exit-status", "exit-status"),
    ],
)
def test_check_says_what_is_wrong_with_the_adapter(mode: str, name: str, tmp_path: Path) -> None:
    command = shlex.join([sys.executable, "-S", str(BACKENDS / "faulty_adapter.py"), mode, str(tmp_path / "pids")])
    result = invoke("adapter", "check", command, "--timeout", "2")
    assert result.exit_code == 3
    assert f"the adapter: {name}: " in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("updates", "opens", "name"),
    [
        ('{"0_W": []}', "True", "wrong-shape"),
        ("{}", "True", "wrong-shape"),
        ('{"0_W": 6 * ["00000000"], "0_b": 2 * ["%08x" % request["seq"]]}', "True", "not-deterministic"),
        ("{}", "False", "exited"),
    ],
)
def test_check_of_shapes_and_sessions(updates: str, opens: str, name: str, tmp_path: Path) -> None:
    script = tmp_path / "adapter.py"
    script.write_text(WRONG_SHAPE.replace("UPDATES", updates).replace("OPENS", opens))
    result = invoke("adapter", "check", shlex.join([sys.executable, "-S", str(script)]))
    assert result.exit_code == 3
    assert f"the adapter: {name}: " in result.stderr


def test_bench_prints_both_speeds_and_the_overhead() -> None:
    result = invoke("adapter", "bench", NUMPY_ADAPTER, "--seconds", "0.1")
    assert result.exit_code == 0
    assert "sessions/s" in result.stdout
    assert "numpy, in this process" in result.stdout
    assert re.search(r"overhead per update: \d+\.\d us", result.stdout)


def test_bench_of_what_does_not_start() -> None:
    result = invoke("adapter", "bench", "no-such-program")
    assert result.exit_code == 3
    assert "did-not-start" in result.stderr


def test_a_skeleton_in_the_current_folder_leaves_that_folder_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, link = tmp_path / "here", tmp_path / "link"
    here.mkdir()
    link.symlink_to("here")
    monkeypatch.chdir(here)
    before = here.stat().st_ino
    assert CliRunner().invoke(cli, ["adapter", "new", "python", ""]).exit_code == 2
    assert CliRunner().invoke(cli, ["adapter", "new", "python", "a\0b"]).exit_code == 2
    assert CliRunner().invoke(cli, ["adapter", "new", "python", str(link)]).exit_code == 0
    assert (here.stat().st_ino, link.is_symlink()) == (before, True)
    assert (here / "adapter.py").is_file()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["here", "link"]
