"""The programs of this folder and of ``docs/examples/fixtures``, built once."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from toolchains import downloaded, required

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "docs" / "examples" / "fixtures"


@dataclass(frozen=True)
class Programs:
    """The commands that read files strictly and that load an export."""

    strict: Sequence[str]
    load: Sequence[str]


def _javascript(folder: Path) -> Programs:
    node = required("node")
    return Programs([node, str(HERE / "strict.js")], [node, str(EXAMPLES / "load.js")])


def _go(folder: Path) -> Programs:
    go = required("go")
    for source in (HERE / "strict.go", EXAMPLES / "load.go"):
        subprocess.run([go, "build", "-o", str(folder / source.stem), str(source)], cwd=folder, check=True)  # noqa: S603
    return Programs([str(folder / "strict")], [str(folder / "load")])


def _rust(folder: Path) -> Programs:
    shutil.copytree(EXAMPLES / "rust", folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("target"))
    (folder / "src" / "bin").mkdir()
    shutil.copy(HERE / "strict.rs", folder / "src" / "bin")
    cargo = required("cargo")
    downloaded(cargo, "fetch", "--quiet", folder=folder)
    subprocess.run([cargo, "build", "--quiet", "--offline", "--target-dir", "target"], cwd=folder, check=True)  # noqa: S603
    return Programs([str(folder / "target" / "debug" / "strict")], [str(folder / "target" / "debug" / "load")])


def _java(folder: Path) -> Programs:
    shutil.copy(HERE / "pom.xml", folder)
    javac, java = required("javac"), required("java")
    downloaded(required("mvn"), "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=jackson", folder=folder)
    libraries = f"{folder / 'jackson'}/*"
    sources = [str(HERE / "Strict.java"), str(EXAMPLES / "Load.java")]
    subprocess.run([javac, "-d", str(folder), "-cp", libraries, *sources], check=True)  # noqa: S603
    start = [java, "-XX:TieredStopAtLevel=1", "-cp", f"{folder}:{libraries}"]
    return Programs([*start, "Strict"], [*start, "Load"])


#: What builds the programs of each language in a folder.
LANGUAGES: Mapping[str, Callable[[Path], Programs]] = {
    "javascript": _javascript,
    "go": _go,
    "rust": _rust,
    "java": _java,
}
