"""The benchmark of the plugin: pairs of runs in two environments that differ in this package alone."""

from __future__ import annotations

from importlib.metadata import PathDistribution, distribution
from pathlib import Path

import pytest
from click.testing import CliRunner

from dl4j_conformance.benchmark import plugin
from dl4j_conformance.benchmark.plugin import Pair, Seconds, command, later, measure, processor, run_pytest, wall


def test_pairs_begin_in_turns_and_the_first_does_not_count(tmp_path: Path) -> None:
    asked: list[str] = []

    def run(environment: Path, project: Path) -> Seconds:
        asked.append(environment.name)
        assert [path.name for path in project.iterdir()] == ["test_unrelated.py"]
        return Seconds(len(asked), 2.0 * (environment.name == "with"))

    pairs = list(measure(3, tmp_path, run))
    assert asked == ["with", "without", "without", "with"] * 2
    assert pairs == [
        Pair(Seconds(3, 0.0), Seconds(4, 2.0)),
        Pair(Seconds(6, 0.0), Seconds(5, 2.0)),
        Pair(Seconds(7, 0.0), Seconds(8, 2.0)),
    ]
    assert later(pairs, wall) == 1000
    assert later(pairs, processor) == 2000


def test_the_environments_differ_in_this_package_alone(tmp_path: Path) -> None:
    list(measure(0, tmp_path, lambda environment, project: Seconds(0, 0)))
    without, beside = ({path.name for path in (tmp_path / name).iterdir()} for name in ("without", "with"))
    assert {"pytest", "_pytest", "pluggy"} <= without
    assert not [name for name in without if "dl4j" in name or name.startswith("hypothesis")]
    packages = {"dl4j_backends", "dl4j_conformance", "dl4j_fixtures", "dl4j_oracle"}
    (metadata,) = (tmp_path / "with").glob("dl4j_conformance-*.dist-info")
    added = packages | {metadata.name, "pytest_dl4j_conformance.egg-info"}
    assert beside - without == added
    installed = PathDistribution(metadata)
    assert installed.read_text("RECORD") == distribution("dl4j-conformance").read_text("RECORD")
    # pytest reads the list of files of what has the entry point: it has none.
    entry = PathDistribution(tmp_path / "with" / "pytest_dl4j_conformance.egg-info")
    assert [point.value for point in entry.entry_points.select(group="pytest11")] == ["dl4j_conformance.plugin"]
    assert not entry.files


def test_a_run_loads_the_plugin_where_it_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its project has a test that says so, in place of the one that says nothing."""
    ran = []

    def run(environment: Path, project: Path) -> Seconds:
        has = f"'dl4j_conformance.plugin' {'in' if environment.name == 'with' else 'not in'} sys.modules"
        (project / "test_unrelated.py").write_text(f"import sys\ndef test():\n    assert {has}\n")
        ran.append(run_pytest(environment, project))
        return ran[-1]

    list(measure(0, tmp_path, run))
    assert len(ran) == 2
    assert all(seconds.processor > 0 and seconds.wall > 0 for seconds in ran)


@pytest.mark.parametrize(("milliseconds", "code"), [(4.0, 0), (6.0, 1)])
def test_five_milliseconds_are_allowed(monkeypatch: pytest.MonkeyPatch, milliseconds: float, code: int) -> None:
    pair = Pair(Seconds(0.1, 0.1), Seconds(0.1, 0.1 + milliseconds / 1000))
    monkeypatch.setattr(plugin, "measure", lambda pairs, folder, run: [pair] * pairs)
    done = CliRunner().invoke(command, ["--pairs", "3"])
    assert done.exit_code == code
    assert f"{milliseconds:.2f}" in done.output
    assert ("early enough" if code == 0 else "too late") in done.output


def test_the_modules_that_every_run_imports_import_nothing() -> None:
    """A statement that imports costs every project time; the only one is for the names of types."""
    import ast

    import dl4j_conformance
    import dl4j_conformance.plugin

    for module in (dl4j_conformance, dl4j_conformance.plugin):
        tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
        imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        assert [node.module for node in imports if isinstance(node, ast.ImportFrom)] in ([], ["__future__"])
        assert not [node for node in imports if isinstance(node, ast.Import)]
