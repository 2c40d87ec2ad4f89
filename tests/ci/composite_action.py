"""Runs the steps of the composite action as a runner would: the scripts of ``action.yml``, with bash, in a folder.

Steps that use other actions are not run; what they would be given is kept.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from toolchains import required, required_module

yaml = required_module("yaml", "ci")
ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
_EXPRESSION = re.compile(r"\$\{\{ *(.*?) *\}\}")
#: The step that installs the suite. In tests it is installed already.
_INSTALLED = {"programs": str(Path(sys.executable).parent)}


@dataclass(frozen=True)
class Ran:
    """The steps that ran, with their exit codes and their output, and what they left."""

    summary: str
    outputs: Mapping[str, Mapping[str, str]]
    codes: Mapping[str, int]
    log: str
    uploads: Sequence[Mapping[str, str]]

    @property
    def succeeded(self) -> bool:
        """Return whether the job would go on."""
        return not any(self.codes.values())

    @property
    def reports(self) -> Path:
        """Return the folder of the reports."""
        return Path(self.outputs["judge"]["reports"])


@dataclass
class _Job:
    """A job that runs the action's steps."""

    inputs: Mapping[str, str]
    folder: Path
    temporary: Path
    outputs: dict[str, Mapping[str, str]] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    uploads: list[Mapping[str, str]] = field(default_factory=list)

    def run(self, step: Mapping[str, Any]) -> None:
        if not self._is_due(step.get("if", "success()")):
            return
        if "uses" in step:
            self.uploads.append({name: self._filled(str(value)) for name, value in step["with"].items()})
            return
        name, written = step.get("id", step["name"]), self.temporary / f"output-{len(self.codes)}"
        done = subprocess.run(  # noqa: S603
            [required("bash"), "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.folder / self._filled(step.get("working-directory", ".")),
            env=self._environment(step, written),
            capture_output=True,
            text=True,
            check=False,
        )
        self.codes[name] = done.returncode
        self.log += [done.stdout, done.stderr]
        lines = written.read_text(encoding="utf-8").splitlines() if written.exists() else []
        self.outputs[name] = dict(line.split("=", 1) for line in lines)

    def _environment(self, step: Mapping[str, Any], written: Path) -> Mapping[str, str]:
        return {
            **os.environ,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "CI": "true",
            "RUNNER_TEMP": str(self.temporary),
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_OUTPUT": str(written),
            "GITHUB_STEP_SUMMARY": str(self.temporary / "summary.md"),
            **{name: self._filled(value) for name, value in step.get("env", {}).items()},
        }

    def _is_due(self, condition: str) -> bool:
        """Return the value of a condition: terms such as ``always()`` and ``inputs.case != ''``, all of which hold."""
        terms = condition.split(" && ")
        failed = any(self.codes.values())
        return (not failed or "always()" in terms) and all(
            self._value(term.removesuffix(" != ''")) for term in terms if not term.endswith("()")
        )

    def _filled(self, text: str) -> str:
        return _EXPRESSION.sub(lambda found: self._value(found[1]), text)

    def _value(self, expression: str) -> str:
        match expression.split("."):
            case ["inputs", name]:
                return self.inputs[name]
            case ["steps", step, "outputs", name]:
                return self.outputs.get(step, {}).get(name, "")
        raise AssertionError(f"the tests do not know the expression {expression}")


def run_action(inputs: Mapping[str, str], folder: Path, temporary: Path) -> Ran:
    """Run the action in ``folder`` with ``inputs``, and return what its steps did."""
    assert inputs.keys() <= ACTION["inputs"].keys()
    given = {name: inputs.get(name, entry.get("default")) for name, entry in ACTION["inputs"].items()}
    assert None not in given.values()
    temporary.mkdir(exist_ok=True)
    job = _Job(given, folder, temporary, outputs={"install": _INSTALLED})
    for step in ACTION["runs"]["steps"]:
        if step.get("id") != "install":
            job.run(step)
    summary = temporary / "summary.md"
    shown = summary.read_text(encoding="utf-8") if summary.exists() else ""
    return Ran(shown, job.outputs, job.codes, "\n".join(job.log), job.uploads)
