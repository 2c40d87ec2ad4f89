"""The composite action: its scripts do what they say with any inputs, and install the suite."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from composite_action import ACTION, ROOT, run_action

from toolchains import required


@pytest.mark.parametrize(
    "inputs",
    [
        {"backend": "numpy", "case": "sgd-first-step-*"},
        {"backend": "numpy", "case": "sgd-first-step-*", "level": "bounded", "artifact": ""},
    ],
)
def test_a_port_that_conforms(inputs: dict[str, str], tmp_path: Path) -> None:
    ran = run_action(inputs, tmp_path, tmp_path / "runner")
    assert ran.codes["judge"] == 0
    assert "numpy conforms" in ran.log
    assert (ran.reports / "report.jsonl").exists()
    assert [upload["path"] for upload in ran.uploads] == ([str(ran.reports)] if "artifact" not in inputs else [])


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({"backend": "--help"}, 2),
        ({"backend": "stdio:$(touch hacked)", "level": "bounded", "case": "sgd-first-step-*"}, 3),
        ({"backend": "numpy; touch hacked", "level": '"; touch hacked; "', "case": "$(touch hacked)"}, 2),
    ],
)
def test_no_input_becomes_code(inputs: dict[str, str], code: int, tmp_path: Path) -> None:
    ran = run_action(inputs, tmp_path, tmp_path / "runner")
    assert ran.codes["judge"] == code
    assert not ran.succeeded
    assert not list(tmp_path.rglob("hacked"))


def test_the_port_is_started_in_its_folder(tmp_path: Path) -> None:
    (tmp_path / "port").mkdir()
    (tmp_path / "port" / "mine.py").write_text("from dl4j_backends.numpy import NumpyBackend\nit = NumpyBackend()\n")
    inputs = {"backend": "python:mine:it", "case": "sgd-first-step-float64", "working-directory": "port"}
    assert "python:mine:it conforms" in run_action(inputs, tmp_path, tmp_path / "runner").log


@pytest.mark.parametrize(("name", "folder"), [("python3", "bin"), ("python", "Scripts")])
def test_the_suite_is_installed_from_the_action(name: str, folder: str, tmp_path: Path) -> None:
    """A stand-in for Python makes the environment, and writes down what it is asked for."""
    commands = tmp_path / "commands"
    commands.mkdir()
    stand_in = f"""#!/bin/sh
if [ "$1" = -c ]; then exit 0; fi
echo "$0 $*" >> {tmp_path}/asked
if [ "$2" = venv ]; then for place; do :; done; mkdir -p "$place/{folder}"; cp "$0" "$place/{folder}/python"; fi
"""
    # As on Windows, python3 is there and is none.
    for program, text in {"python3": "#!/bin/sh\nexit 49\n", name: stand_in}.items():
        (commands / program).write_text(text)
        (commands / program).chmod(0o755)
    (install,) = (step for step in ACTION["runs"]["steps"] if step.get("id") == "install")
    subprocess.run(  # noqa: S603
        [required("bash"), "-eo", "pipefail", "-c", install["run"]],
        env={
            "PATH": f"{commands}:/usr/bin:/bin",
            "RUNNER_TEMP": f"{tmp_path}/a place",
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_OUTPUT": f"{tmp_path}/output",
        },
        check=True,
    )
    place = f"{tmp_path}/a place/dl4j-conformance"
    asked = [line.removeprefix(f"{commands}/") for line in (tmp_path / "asked").read_text().splitlines()]
    assert asked == [
        f"{name} -m venv --system-site-packages {place}",
        f"{place}/{folder}/python -m pip install --quiet --disable-pip-version-check {ROOT}[html]",
    ]
    assert (tmp_path / "output").read_text() == f"programs={place}/{folder}\n"
