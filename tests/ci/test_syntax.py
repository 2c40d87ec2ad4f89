"""The files for CI have the syntax of the services that read them, and no text of theirs becomes code.

The schemas are those of SchemaStore, as check-jsonschema ships them. actionlint is built from Go's modules.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from composite_action import ACTION, ROOT, yaml

from toolchains import downloaded, required, required_module

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FOREIGN = ROOT / "tests" / "foreign" / ".github" / "workflows" / "conformance.yml"
HOOKS = ROOT / ".pre-commit-hooks.yaml"
#: The header with the inputs, and the job.
GITLAB_INPUTS, GITLAB_JOBS = yaml.safe_load_all((ROOT / ".ci" / "gitlab.yml").read_text(encoding="utf-8"))
_ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"
#: Newer than this version of actionlint: the repository and the commit of a reusable workflow.
_NEWER = 'property "workflow_(repository|sha)" is not defined'


def scripts() -> Iterator[tuple[str, str]]:
    """Yield the shell scripts of the action, the workflows and the template, with their names."""
    for step in ACTION["runs"]["steps"]:
        if "run" in step:
            yield f"action: {step['name']}", step["run"]
    for path in WORKFLOWS:
        for job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values():
            yield from ((f"{path.name}: {step['run']}", step["run"]) for step in job["steps"] if "run" in step)
    job = GITLAB_JOBS["dl4j-conformance"]
    yield "gitlab", "\n".join(job["before_script"] + job["script"])
    yield "gitlab, after", "\n".join(job["after_script"])


@pytest.mark.parametrize(
    ("schema", "paths"),
    [("github-actions", [ROOT / "action.yml"]), ("github-workflows", [*WORKFLOWS, FOREIGN])],
    ids=["action", "workflows"],
)
def test_github_knows_the_files(schema: str, paths: list[Path]) -> None:
    assert problems(schema, *paths) == ""


def test_gitlab_knows_the_template(tmp_path: Path) -> None:
    """Its two documents, which the schema describes as one."""
    path = tmp_path / "gitlab.yml"
    path.write_text(yaml.safe_dump(GITLAB_INPUTS | GITLAB_JOBS), encoding="utf-8")
    assert problems("gitlab-ci", path) == ""


def test_a_key_that_nobody_knows_is_found(tmp_path: Path) -> None:
    path = tmp_path / "action.yml"
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    path.write_text(text.replace("working-directory: ${{", "working-folder: ${{"), encoding="utf-8")
    assert "working-folder" in problems("github-actions", path)


def problems(schema: str, *paths: Path) -> str:
    """Return what one of the schemas that check-jsonschema ships has against files; empty if nothing."""
    required_module("check_jsonschema", "ci")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout + done.stderr if done.returncode else ""


def test_actionlint_finds_nothing(tmp_path: Path) -> None:
    go = required("go")
    downloaded("env", f"GOBIN={tmp_path}", go, "install", _ACTIONLINT, folder=tmp_path)
    command = [str(tmp_path / "actionlint"), "-no-color", "-ignore", _NEWER, *map(str, [*WORKFLOWS, FOREIGN])]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)  # noqa: S603
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_shellcheck_finds_nothing(tmp_path: Path) -> None:
    for number, (name, script) in enumerate(scripts()):
        (tmp_path / f"{number}.sh").write_text(f"# {name}\n{script}\n", encoding="utf-8")
    command = [required("shellcheck"), "--shell=bash", *map(str, sorted(tmp_path.glob("*.sh")))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout


def test_scripts_have_no_expressions() -> None:
    """An expression in a script would be replaced by somebody's text before the shell reads it."""
    every = dict(scripts())
    assert len(every) > 6
    assert [name for name, script in every.items() if "${{" in script or "$[[" in script] == []


def test_the_ways_in_have_the_same_inputs() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/conformance.yml").read_text(encoding="utf-8"))
    # YAML 1.1 reads the key `on` as true.
    reusable = workflow[True]["workflow_call"]["inputs"]
    *_, step = workflow["jobs"]["judge"]["steps"]
    judged = {"backend", "level", "deviations", "case"}
    assert step["with"] == {name: f"${{{{ inputs.{name} }}}}" for name in judged}
    assert judged <= reusable.keys() & GITLAB_INPUTS["spec"]["inputs"].keys()
    for name in judged - {"backend"}:
        defaults = {
            ACTION["inputs"][name]["default"],
            reusable[name]["default"],
            GITLAB_INPUTS["spec"]["inputs"][name]["default"],
        }
        assert len(defaults) == 1, name


def test_pre_commit_knows_the_hook() -> None:
    clientlib = required_module("pre_commit.clientlib", "ci")
    (hook,) = clientlib.load_manifest(str(HOOKS))
    assert (hook["language"], hook["pass_filenames"]) == ("python", False)


def test_the_hook_judges_a_port(tmp_path: Path) -> None:
    (hook,) = yaml.safe_load(HOOKS.read_text(encoding="utf-8"))
    program, *arguments = hook["entry"].split()
    command = [str(Path(sys.executable).parent / program), *arguments, "numpy", "--case=sgd-first-step-float64"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)  # noqa: S603
    assert done.returncode == 0
    assert "numpy conforms" in done.stdout


def test_gitlabs_job_judges_a_port(tmp_path: Path) -> None:
    """Its scripts, without the installation."""
    job = GITLAB_JOBS["dl4j-conformance"]
    given = {name: entry.get("default", "numpy") for name, entry in GITLAB_INPUTS["spec"]["inputs"].items()}
    given["case"] = "sgd-first-step-float64"
    variables = {
        name: re.sub(r"\$\[\[ inputs\.(.*?) \]\]", lambda found: given[found[1]], variable["value"])
        for name, variable in job["variables"].items()
    }
    (tmp_path / ".dl4j-conformance").mkdir()
    (tmp_path / ".dl4j-conformance" / "bin").symlink_to(Path(sys.executable).parent)
    done = subprocess.run(  # noqa: S603
        [required("bash"), "-eo", "pipefail", "-c", "\n".join(job["script"])],
        cwd=tmp_path,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert "numpy conforms" in done.stdout
    assert (tmp_path / job["artifacts"]["paths"][0]).exists()


def test_hadolint_finds_nothing_in_the_dockerfile() -> None:
    command = [required("hadolint"), "--no-color", str(ROOT / ".ci" / "Dockerfile")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_has_what_the_wheel_is_made_of() -> None:
    ignored = (ROOT / ".ci" / "Dockerfile.dockerignore").read_text(encoding="utf-8").split()
    assert not {"oracle", "backends", "conformance", "fixtures", "docs", "README.md", "LICENSE"} & set(ignored)
