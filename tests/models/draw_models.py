"""Draws networks over all types of layers and settings with a version of DL4J, and holds ports against 0.8.0.

    python tests/models/draw_models.py FOLDER --dl4j 0.7.1 --type float64 --seed 1 --count 60
    python tests/models/draw_models.py FOLDER --selected # writes the selection that is committed

DL4J of that version (0.6.0, 0.7.1, 0.7.2 or 0.8.0) writes the models. Then DL4J 0.8.0 restores them and makes the next
ten updates, which the oracle and NumPy must make too; JSON and YAML beside a zip must describe the same network. It
needs a JDK and Maven (docs/dl4j.md). Older versions are fetched from Maven Central; it has no 0.5.0.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from dl4j_backends.dl4j import build
from dl4j_backends.model_files import ModelFileError, read_model
from dl4j_backends.numpy import NumpyBackend
from dl4j_conformance.execution.oracle_backend import OracleBackend

sys.path.insert(0, str(Path(__file__).parents[1]))
from models.write_models import problems, run_java, write_updates

VERSIONS = ("0.6.0", "0.7.1", "0.7.2", "0.8.0")
#: The models that are committed: version, seed and type.
SELECTED = (
    ("0.6.0", 14, "float32"),
    ("0.7.1", 37, "float32"),
    ("0.7.2", 24, "float64"),
)
#: Their files, without the ending.
NAMES = tuple(f"drawn-{version}-{seed}" for version, seed, _ in SELECTED)
_JAVA_TYPES = {"float32": "float", "float64": "double"}
#: The bill of materials of an older version: all that DL4J needs on this platform.
_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>older</groupId><artifactId>older</artifactId><version>1</version>
  <properties><javacpp.platform>linux-x86_64</javacpp.platform></properties>
  <dependencies>
    <dependency>
      <groupId>org.deeplearning4j</groupId><artifactId>deeplearning4j-nn</artifactId><version>{version}</version>
    </dependency>
    <dependency>
      <groupId>org.nd4j</groupId><artifactId>nd4j-native</artifactId><version>{version}</version>
    </dependency>
    <dependency>
      <groupId>org.nd4j</groupId><artifactId>nd4j-native</artifactId><version>{version}</version>
      <classifier>linux-x86_64</classifier>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.10</version>
    </dependency>
  </dependencies>
</project>
"""
_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.7.1:copy-dependencies"
_SINCE = re.compile(r"// since (\d+\.\d+\.\d+)(:?)$")


def draw(folder: Path, version: str, dtype: str, seed: int, count: int) -> list[Path]:
    """Write models with DL4J of a version: zips, and beside them JSON and YAML. Return the zips."""
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / "DrawModels.java"
    text = Path(__file__).with_name("DrawModels.java").read_text(encoding="utf-8")
    source.write_text("\n".join(lines_of(text, version)), encoding="utf-8")
    run_java(source, jars(version), str(folder), _JAVA_TYPES[dtype], str(seed), str(count))
    source.unlink()
    return sorted(folder.glob("*.zip"))


def jars(version: str) -> Path:
    """Return the folder with the jars of a version of DL4J, fetched by Maven first if need be."""
    if version == "0.8.0":
        return build.built() / "lib"
    folder = build.cache_folder() / f"dl4j-{version}"
    if not (folder / "lib").is_dir():
        with tempfile.TemporaryDirectory() as scratch:
            (Path(scratch) / "pom.xml").write_text(_POM.format(version=version), encoding="utf-8")
            command = ["mvn", "-q", "-B", _COPY, "-DincludeScope=runtime", "-DoutputDirectory=lib"]
            subprocess.run(command, cwd=scratch, check=True)  # noqa: S603 - no shell, arguments of our own
            folder.mkdir(parents=True, exist_ok=True)
            shutil.move(os.fspath(Path(scratch) / "lib"), folder)
    return folder / "lib"


def lines_of(text: str, version: str) -> Iterator[str]:
    """Yield the lines of a program that a version compiles: without those that need a later one.

    Such a line ends with `// since 0.7.2`. Several lines stand between `// since 0.7.2:` and `// end`.
    """
    leaves_out = False
    for line in text.split("\n"):
        since = _SINCE.search(line)
        is_later = bool(since and _numbers(since[1]) > _numbers(version))
        if since and since[2]:
            leaves_out = is_later
        elif line.strip() == "// end":
            leaves_out = False
        elif not leaves_out and not is_later:
            yield line


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def wrong(zips: list[Path], dtype: str) -> Iterator[str]:
    """Yield what is read or updated otherwise than DL4J 0.8.0 does it, model by model."""
    readable = []
    for path in zips:
        try:
            one = read_model(path)
        except ModelFileError as error:
            yield f"not read: {error}"
            continue
        readable.append(path)
        for other in (path.with_suffix(".json"), path.with_suffix(".yaml")):
            if other.exists() and repr(read_model(other).configuration.layers) != repr(one.configuration.layers):
                yield f"{other}: describes other layers than the zip"
    write_updates(readable, dtype)
    for path in readable:
        for backend in (OracleBackend(), NumpyBackend()):
            yield from problems(path, backend)


def main() -> int:
    """Draw models and check them, or write the selection; return how many things are wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--dl4j", choices=VERSIONS, default="0.8.0")
    parser.add_argument("--type", dest="dtype", choices=_JAVA_TYPES, default="float32")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--selected", action="store_true")
    given = parser.parse_args()
    if given.selected:
        for version, seed, dtype in SELECTED:
            with tempfile.TemporaryDirectory() as scratch:
                (drawn,) = draw(Path(scratch), version, dtype, seed, 1)
                model = drawn.rename(drawn.with_name(f"drawn-{version}-{seed}.zip"))
                write_updates([model], dtype)
                for ending in (".zip", ".jsonl.gz"):
                    shutil.copy(model.with_name(f"drawn-{version}-{seed}{ending}"), given.folder)
        return 0
    found = list(wrong(draw(given.folder, given.dl4j, given.dtype, given.seed, given.count), given.dtype))
    print("\n".join([*found, f"{given.count} models, {len(found)} things are wrong"]))  # noqa: T201
    return len(found)


if __name__ == "__main__":
    sys.exit(bool(main()))
