"""The examples of README and docs: what they show is what the commands print.

A ``console`` block has commands after ``$`` and their output; a line ``...`` stands for any lines, and ``...`` at
the start of a line for any beginning. A ``python`` or ``toml`` block begins with ``# NAME.py`` or ``# NAME.toml`` and
becomes that file, and a ``diff`` block changes one. After ``cd`` all this happens in another folder.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from dl4j_backends.stdio.faults import KINDS
from dl4j_backends.stdio.schemas import problem
from dl4j_conformance.cli.main import cli
from toolchains import required, required_module

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(console|python|toml|diff)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
#: Pages whose examples need a module, and the extra that has it.
_EXTRAS = {
    "models.md": ("torch", "torch"),
    "torch.md": ("torch", "torch"),
    "frameworks-as-backends.md": ("torch", "torch"),
    "dl4j.md": ("matplotlib", "plot"),
}
LINK = re.compile(r"\]\((?!http)([^)#]+)\)")


def _commands(text: str) -> Iterator[tuple[str, list[str]]]:
    command, output = "", []
    for line in text.splitlines():
        if line.startswith("$ "):
            if command:
                yield command, output
            command, output = line[2:], []
        else:
            output.append(line)
    if command:
        yield command, output


def _pattern(expected: list[str]) -> str:
    parts = []
    for line in expected:
        if line == "...":
            parts.append(r"(?:.*\n)*?")
        elif line.startswith("..."):
            parts.append(".*" + re.escape(line[3:]) + r"\s*\n")
        else:
            parts.append(re.escape(line.rstrip()) + r"\s*\n")
    return "".join(parts)


def _run(command: str, folder: Path) -> str:
    program, *arguments = shlex.split(command)
    start = {
        "dl4j-conformance": [sys.executable, "-c", "from dl4j_conformance.cli.main import main; main()"],
        "python": [sys.executable],
    }[program]
    # Adapters are started by the name `python` too.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(  # noqa: S603
        [*start, *arguments],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.stdout


@pytest.mark.parametrize("page", [p for p in PAGES if "```console" in p.read_text()], ids=lambda p: p.name)
def test_examples(page: Path, tmp_path: Path) -> None:
    if page.name in _EXTRAS:
        required_module(*_EXTRAS[page.name])
    ran, folder = 0, tmp_path
    for kind, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        if kind in ("python", "toml"):
            name = re.match(r"# (\w+\.(?:py|toml))\n", text)
            assert name, f"a {kind} block begins with the name of its file"
            (folder / name[1]).write_text(text)
            continue
        if kind == "diff":
            subprocess.run([required("git"), "apply", "-"], cwd=folder, input=text, text=True, check=True)  # noqa: S603
            continue
        for command, expected in _commands(text):
            if command.startswith("cd "):
                folder = folder / command.removeprefix("cd ")
                continue
            output = _run(command, folder)
            assert re.fullmatch(_pattern(expected), output), f"{command}\nprinted\n{output}"
            ran += 1
    assert ran


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_protocol_page_lists_every_fault_with_its_hint() -> None:
    text = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| (.*) \|$", text.partition("## Faults")[2], re.MULTILINE)
    assert dict(rows) == {kind.name: kind.hint for kind in KINDS.values()}


def test_protocol_pages_examples_follow_the_schemas() -> None:
    text = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\{.*\})` \| `(\{.*\})` \|$", text, re.MULTILINE)
    assert len(rows) == 12
    for request, reply in rows:
        assert problem("requests", json.loads(request)) is None
        assert problem("replies", json.loads(reply)) is None
    # The others are of a session of a later version.
    rows = rows[:9]
    adapter = [sys.executable, str(ROOT / "tests" / "backends" / "numpy_adapter.py")]
    sent = "".join(f"{request}\n" for request, _ in rows)
    done = subprocess.run(adapter, input=sent, capture_output=True, text=True, check=True)  # noqa: S603
    for line, (_, reply) in zip(done.stdout.splitlines()[1:], rows[1:], strict=True):
        shown = json.loads(reply)
        assert {name: json.loads(line)[name] for name in shown} == shown


def test_readme_names_every_command() -> None:
    (named,) = re.findall(r"lists the commands: ([^.]*)\.", (ROOT / "README.md").read_text())
    assert re.findall(r"`(\S+)`", named) == cli.list_commands(click.Context(cli))


def test_readme_has_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text()
    assert "pip install . && dl4j-conformance run numpy" in text
    assert "pip install tox && tox" in text
    assert (ROOT / ".ci" / "run").read_text().rstrip().endswith("tox")
