"""Building the adapter: once, whole or not at all, and with words for people. No Java is needed here."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from dl4j_backends.addresses import UnknownAddressError, resolve
from dl4j_backends.dl4j import build
from dl4j_backends.interface import BackendUnavailableError

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the tools of these tests are shell scripts")

_BUILDS = (
    "mkdir -p target/lib target/classes; echo x >> $LOG; ls pom.xml src/main/java/dl4jconformance/Main.java >> $LOG"
)


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and a path with nothing of Java on it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", os.pathsep.join([str(folder), "/bin", "/usr/bin"]))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOG", str(tmp_path / "log"))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(build, "_native_platform", lambda version: "linux-x86_64")
    found = build.shutil.which
    monkeypatch.setattr(build.shutil, "which", lambda name, path=None: found(name, path=path or str(folder)))
    return folder


def _tool(folder: Path, name: str, script: str = "") -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_it_is_built_once_with_visible_progress(
    tools: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _tool(tools, "javac")
    _tool(tools, "mvn", f'echo "Downloaded from central: https://example.invalid/a.jar (1 kB)"; {_BUILDS}')
    folder = build.built()
    assert (folder / "lib").is_dir()
    shown = capsys.readouterr().err
    assert "building the adapter of 0.8.0, once: 25 MB" in shown
    assert "a.jar" in shown
    assert str(folder) in shown
    (tools / "mvn").unlink()
    (tools / "javac").unlink()
    assert build.built() == folder
    assert capsys.readouterr().err == ""
    assert (tmp_path / "log").read_text().count("x\n") == 1
    assert list((tmp_path / "cache" / "dl4j-conformance").iterdir()) == [folder]


_CLASS = "mkdir -p target/lib target/classes; echo code > target/classes/Main.class; echo x >> $LOG"


@pytest.mark.parametrize("damage", ["change", "remove", "add", "hashes", "no hashes"])
def test_a_damaged_adapter_is_built_again(tools: Path, tmp_path: Path, damage: str) -> None:
    _tool(tools, "javac")
    _tool(tools, "mvn", _CLASS)
    folder = build.built()
    built = folder / "classes" / "Main.class"
    match damage:
        case "change":
            built.write_text("c0de\n")
        case "remove":
            built.unlink()
        case "add":
            (folder / "lib" / "other.jar").write_bytes(b"")
        case "hashes":
            (folder / "hashes.json").write_bytes(b"\xff")
        case "no hashes":
            (folder / "hashes.json").unlink()
    assert build.built() == folder
    assert built.read_text() == "code\n"
    assert not (folder / "lib" / "other.jar").exists()
    assert (tmp_path / "log").read_text().count("x\n") == 2
    assert list(folder.parent.iterdir()) == [folder]
    build.built()
    assert (tmp_path / "log").read_text().count("x\n") == 2


def test_a_download_that_was_cut_off(tools: Path, tmp_path: Path) -> None:
    _tool(tools, "javac")
    _tool(tools, "mvn", "mkdir -p target/lib target/classes; echo PK > target/lib/nd4j.jar")
    with pytest.raises(BackendUnavailableError, match=r"nd4j.jar is damaged.*try again"):
        build.built()
    assert list((tmp_path / "cache" / "dl4j-conformance").iterdir()) == []


def test_another_process_that_was_faster(tools: Path) -> None:
    _tool(tools, "javac")
    _tool(tools, "mvn", _CLASS)
    folder = build.built()
    other = folder.with_name("other")
    build.shutil.copytree(folder, other)
    build._move(other, folder, folder.with_name("damaged"))
    assert build.built() == folder


@pytest.mark.skipif(getattr(os, "geteuid", int)() == 0, reason="root may write everywhere")
def test_a_cache_that_cannot_be_written(tools: Path, tmp_path: Path) -> None:
    _tool(tools, "javac")
    _tool(tools, "mvn", _CLASS)
    tmp_path.joinpath("cache").mkdir(mode=0o500)
    with pytest.raises(BackendUnavailableError, match="cannot be built in"):
        build.built()


def test_a_cache_whose_place_is_a_file(tools: Path, tmp_path: Path) -> None:
    _tool(tools, "javac")
    _tool(tools, "mvn", _CLASS)
    tmp_path.joinpath("cache").write_text("")
    with pytest.raises(BackendUnavailableError, match="cannot be built in"):
        build.built()


@pytest.mark.parametrize("missing", ["javac", "mvn"])
def test_what_is_missing_is_named_with_what_to_install(tools: Path, missing: str) -> None:
    _tool(tools, "javac" if missing == "mvn" else "mvn")
    with pytest.raises(BackendUnavailableError, match=rf"`{missing}` was not found: install a JDK.* and Maven"):
        build.built()


def test_java_of_java_home_comes_first(tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "jdk"
    (home / "bin").mkdir(parents=True)
    _tool(home / "bin", "java")
    _tool(tools, "java")
    assert build.java() == str(tools / "java")
    monkeypatch.setenv("JAVA_HOME", str(home))
    assert build.java() == str(home / "bin" / "java")


def test_a_failed_build_leaves_nothing_and_says_why(tools: Path, tmp_path: Path) -> None:
    _tool(tools, "javac")
    _tool(tools, "mvn", 'mkdir -p target/lib; echo "[ERROR] Could not transfer artifact: Unknown host"; exit 1')
    with pytest.raises(BackendUnavailableError, match="Unknown host"):
        build.built()
    assert list((tmp_path / "cache" / "dl4j-conformance").iterdir()) == []


def test_other_sources_are_another_adapter(tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _tool(tools, "javac")
    _tool(tools, "mvn", _BUILDS)
    first = build.built()
    changed = tmp_path / "jvm"
    build.shutil.copytree(build._sources_folder() / "src", changed / "src")
    (changed / "pom.xml").write_text("<project/>")
    monkeypatch.setattr(build, "_sources_folder", lambda: changed)
    assert build.built() != first


def test_a_machine_without_nd4j_s_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build.platform, "machine", lambda: "riscv64")
    with pytest.raises(BackendUnavailableError, match=r"no native library for .* riscv64, only for linux-x86_64"):
        build.built()


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [("/x", "/x/dl4j-conformance"), ("", "/home/me/.cache/dl4j-conformance")],
)
@pytest.mark.skipif(sys.platform != "linux", reason="each platform has a folder of its own")
def test_the_cache_is_where_the_platform_wants_it(chosen: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", chosen)
    monkeypatch.setenv("HOME", "/home/me")
    assert build.cache_folder() == Path(expected)


@pytest.mark.parametrize("address", ["dl4j:threads=0", "dl4j:threads=two", "dl4j:2", "dl4j:threads"])
def test_addresses_that_make_no_sense(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dl4j_backends.dl4j.Dl4jBackend", lambda *_: pytest.fail("was made"))
    with pytest.raises(UnknownAddressError):
        resolve(address)
