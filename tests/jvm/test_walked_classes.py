"""Every method of the classes that an update goes through stands in the table of coverage, or in the list below it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dl4j_backends.dl4j import Dl4jBackend, build
from dl4j_conformance.reporting.specification_coverage import METHODS
from dl4j_conformance.reporting.walked_classes import WALKED, WITHOUT_ROW
from toolchains import required

_KNOWN = {*METHODS, *(method for methods in WITHOUT_ROW.values() for method in methods)}
#: A method as `javap` shows it, whose parameters are those of no constructor.
_METHOD = re.compile(r"^  .*[\w>\]] ([\w$]+)\(.*\)")
#: Getters and setters that Lombok made for the fields of an updater, and Java's access to private ones.
_OF_FIELDS = re.compile(r"(get|set)[A-Z]\w*|access\$\d+")


def _methods(jars: Path, package: str, name: str) -> Iterator[str]:
    """Yield the names of the methods that a class declares."""
    listed = subprocess.check_output([required("javap"), "-p", "-cp", str(jars / "*"), f"{package}.{name}"], text=True)  # noqa: S603
    for line in listed.splitlines():
        if found := _METHOD.match(line):
            yield found[1]


def _is_known(package: str, name: str, method: str) -> bool:
    if not package.endswith("learning"):
        return f"{name}.{method}" in _KNOWN
    shared = "GradientUpdaterAggregator" if "$" in name else "GradientUpdater"
    is_known = f"{name}.{method}" in _KNOWN or f"{shared}.{method}" in _KNOWN
    return is_known or bool(_OF_FIELDS.fullmatch(method) and method not in ("getGradient", "setStateViewArray"))


@pytest.mark.parametrize("package", WALKED)
def test_every_method_has_a_row_or_a_reason(dl4j: Dl4jBackend, package: str) -> None:
    jars = build.built() / "lib"
    methods = {
        f"{name}.{method}": (name, method) for name in WALKED[package] for method in _methods(jars, package, name)
    }
    assert methods
    assert [method for method, parts in methods.items() if not _is_known(package, *parts)] == []


def test_a_method_that_is_left_out_is_missed() -> None:
    assert not _is_known("org.deeplearning4j.nn.updater", "LayerUpdater", "nothing")
    assert not _is_known("org.nd4j.linalg.learning", "Sgd", "nothing")
    assert _METHOD.match("  public void init();")
    assert not _METHOD.match("  public org.nd4j.linalg.learning.Sgd(double);")


def test_every_reason_is_of_methods_that_there_are(dl4j: Dl4jBackend) -> None:
    jars = build.built() / "lib"
    found = {
        f"{name}.{method}"
        for package, names in WALKED.items()
        for name in names
        for method in _methods(jars, package, name)
    }
    shared = {
        f"{'GradientUpdaterAggregator' if '$' in method else 'GradientUpdater'}.{method.partition('.')[2]}"
        for method in found
    }
    assert [method for methods in WITHOUT_ROW.values() for method in methods if method not in found | shared] == []
