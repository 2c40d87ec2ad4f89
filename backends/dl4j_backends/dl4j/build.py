"""The build of the adapters in ``backends/jvm``, one for each version of DL4J, done once, into the user's cache folder.

It takes a JDK, Maven and, the first time, Maven Central. Afterwards a Java runtime is enough. The folder
is named by a hash of the sources, so that a changed adapter is built anew and an old one never used. The hashes of what
was built lie beside it: a damaged adapter is noticed, and built again.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from platformdirs import user_cache_path

from dl4j_backends import plain_text
from dl4j_backends.interface import BackendUnavailableError

_NAME = "dl4j-conformance"
_HASHES = "hashes.json"
#: Platforms that ND4J 0.8.0 has native libraries for: (system, machine) as Python names them, and javacpp's name.
_PLATFORMS = {
    ("Linux", "x86_64"): "linux-x86_64",
    ("Linux", "ppc64le"): "linux-ppc64le",
    ("Darwin", "x86_64"): "macosx-x86_64",
    ("Windows", "AMD64"): "windows-x86_64",
}
#: Where the bits of later versions were seen; elsewhere nothing is known of them.
_LATER_PLATFORMS = {("Linux", "x86_64"): "linux-x86_64"}


@dataclass(frozen=True)
class _Project:
    """The Maven project of a version's adapter: its folder below ``backends/jvm``, and the size of its jars."""

    folder: str
    platforms: Mapping[tuple[str, str], str]
    megabytes: int


_PROJECTS = {
    "0.8.0": _Project("", _PLATFORMS, 25),
    "0.9.1": _Project("blocks", _LATER_PLATFORMS, 26),
    "1.0.0-M2.1": _Project("blocks", _LATER_PLATFORMS, 146),
}
_INSTALL = (
    "install a JDK (8 or later, such as https://adoptium.net) and Maven (https://maven.apache.org);"
    " on Debian and Ubuntu: apt install default-jdk-headless maven"
)


def built(version: str = "0.8.0") -> Path:
    """Return the folder with ``classes`` and ``lib`` of the adapter of a version, built first if need be.

    Raises :class:`BackendUnavailableError` if it cannot be built here.
    """
    place = _native_platform(version)
    sources = _sources_folder() / _PROJECTS[version].folder
    folder = cache_folder() / f"dl4j-adapter-{_fingerprint(sources, place, version)}"
    if not _is_intact(folder):
        _build(sources, place, folder, version)
    return folder


def _is_intact(folder: Path) -> bool:
    """Return whether every file is there as it was built, and no other."""
    try:
        hashes = json.loads((folder / _HASHES).read_text(encoding="utf-8"))
        return bool(hashes == _hashes(folder))
    except (OSError, ValueError):
        return False


def _hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every class and jar of an adapter, by its path."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for part in ("classes", "lib")
        for path in sorted((folder / part).rglob("*"))
        if path.is_file()
    }


def java() -> str:
    """Return the ``java`` command: of ``JAVA_HOME``, or on the path."""
    return _tool("java")


def cache_folder() -> Path:
    """Return the folder for what can be built again: below ``XDG_CACHE_HOME`` if it is set, else by the platform."""
    if chosen := os.environ.get("XDG_CACHE_HOME"):
        return Path(chosen) / _NAME
    return user_cache_path(_NAME, appauthor=False, opinion=False)


def _sources_folder() -> Path:
    """Return the folder of the sources: inside this package when installed, beside it in a checkout."""
    installed = Path(__file__).parent / "jvm"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "jvm"


def _sources(folder: Path) -> list[Path]:
    return [folder / "pom.xml", *sorted((folder / "src").rglob("*.java"))]


def _fingerprint(folder: Path, place: str, version: str) -> str:
    digest = hashlib.sha256(f"{version} for {place}, with {_HASHES}".encode())
    for path in _sources(folder):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _native_platform(version: str) -> str:
    found, known = (platform.system(), platform.machine()), _PROJECTS[version].platforms
    if found not in known:
        raise BackendUnavailableError(
            f"ND4J {version} has no native library for {' '.join(found)}, only for {', '.join(known.values())}"
            if version == "0.8.0"
            else f"the adapter of DL4J {version} runs on {', '.join(known.values())} alone, not on {' '.join(found)}"
        )
    return known[found]


def _build(sources: Path, place: str, folder: Path, version: str) -> None:
    """Build with Maven in a scratch folder, and move the result to ``folder`` when it is complete."""
    maven = _tool("mvn")
    _tool("javac")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="building-", dir=folder.parent) as scratch:
            for path in _sources(sources):
                copy = Path(scratch) / path.relative_to(sources)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)
            settings = [f"-Djavacpp.platform={place}", f"-Ddl4j.version={version}"]
            _run_maven([maven, "--batch-mode", *settings, "package"], Path(scratch), version)
            target = Path(scratch) / "target"
            _check_jars(target)
            (target / _HASHES).write_text(json.dumps(_hashes(target), indent=1), encoding="utf-8")
            _move(target, folder, Path(scratch) / "damaged")
    except OSError as error:
        raise BackendUnavailableError(f"the adapter cannot be built in {folder.parent}: {error}") from error
    print(f"dl4j: built {folder}", file=sys.stderr)  # noqa: T201 - progress


def _check_jars(target: Path) -> None:
    """Raise :class:`BackendUnavailableError` for a jar that is none, as a download leaves it that was cut off."""
    for path in sorted((target / "lib").glob("*.jar")):
        if not zipfile.is_zipfile(path):
            raise BackendUnavailableError(
                f"{path.name} is damaged, as after a download that was cut off: remove it from Maven's repository"
                " (~/.m2/repository) and try again"
            )


def _move(target: Path, folder: Path, damaged: Path) -> None:
    """Put what was built in its place. What is ``damaged`` there is moved away, and goes with the scratch folder."""
    try:
        if folder.exists() and not _is_intact(folder):
            folder.rename(damaged)
        target.rename(folder)
    except OSError:
        # Another process was faster: what it built is the same.
        if not _is_intact(folder):
            raise


def _run_maven(command: list[str], folder: Path, version: str) -> None:
    size = f"{_PROJECTS[version].megabytes} MB from Maven Central"
    print(f"dl4j: building the adapter of {version}, once: {size}", file=sys.stderr)  # noqa: T201 - progress
    said: list[str] = []
    with subprocess.Popen(  # noqa: S603 - no shell, arguments of our own
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as maven:
        assert maven.stdout is not None  # noqa: S101 - it is a pipe
        try:
            for line in maven.stdout:
                said.append(line.rstrip())
                _show_progress(said[-1])
        except BaseException:  # a signal: Maven would build on
            for process in psutil.Process(maven.pid).children(recursive=True):
                with suppress(psutil.Error):
                    process.kill()
            maven.kill()
            raise
    if maven.returncode:
        problems = list(_problems(said)) or said[-5:]
        raise BackendUnavailableError(
            "Maven could not build the adapter (the first time it needs a JDK and Maven Central):\n"
            + "\n".join(f"  {line}" for line in problems)
        )


def _show_progress(line: str) -> None:
    """Print a line of Maven's if it names a downloaded jar or a step of the build."""
    if (line.startswith("Downloaded from") and ".jar" in line) or line.startswith("[INFO] --- "):
        print(f"  {plain_text.line(line)}", file=sys.stderr)  # noqa: T201 - progress


def _problems(lines: list[str]) -> Iterator[str]:
    for line in lines:
        if line.startswith("[ERROR]") and not line.startswith(("[ERROR] [Help", "[ERROR] For more", "[ERROR] Re-run")):
            text = line.removeprefix("[ERROR]").strip()
            if text:
                yield text[:300]


def _tool(name: str) -> str:
    home = os.environ.get("JAVA_HOME")
    places = os.pathsep.join([str(Path(home) / "bin")] if home and name != "mvn" else []) or None
    found = (shutil.which(name, path=places) if places else None) or shutil.which(name)
    if not found:
        raise BackendUnavailableError(f"`{name}` was not found: {_INSTALL}")
    return found
