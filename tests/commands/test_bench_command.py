"""``bench``: statistics, paired rounds under a clock of the test's own, tables, reports, rows that did not run."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from math import comb
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator
from rich.console import Console

from dl4j_backends import workload
from dl4j_backends.interface import BackendUnavailableError, UnsupportedError
from dl4j_backends.numpy import NumpyBackend
from dl4j_backends.workload import LocalWorkload
from dl4j_conformance.benchmark import measurement, peers, report
from dl4j_conformance.benchmark.contest import COPY, Contest, run_contest
from dl4j_conformance.benchmark.measurement import NotRun, measure
from dl4j_conformance.benchmark.statistics import Ratio, Spread, ratio, spread
from dl4j_conformance.cases.case import UPDATERS
from dl4j_conformance.cases.values import DTYPES
from dl4j_conformance.cli.main import cli
from toolchains import required_module


class Clock:
    """Time passes when somebody sleeps, and not otherwise."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        return self.now

    def sleep(self, nanoseconds: int) -> None:
        self.now += nanoseconds


@dataclass
class Sleeping:
    """A backend whose update takes as long as it is told; restoring the gradient takes longer, and does not count."""

    clock: Clock
    nanoseconds: int
    updates: int = 0

    def prepare(self, updater: str, size: int, dtype: str) -> LocalWorkload:
        return LocalWorkload(restore=lambda: self.clock.sleep(1_000_000), update=self._update)

    def _update(self) -> None:
        self.updates += 1
        self.clock.sleep(self.nanoseconds)


class Breaking(Sleeping):
    """It fails in the middle of a round."""

    def _update(self) -> None:
        super()._update()
        if self.updates > 4 * measurement.WARM_UP_UPDATES:
            raise ZeroDivisionError("the device has gone")


@pytest.fixture(autouse=True)
def _short_warm_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measurement, "WARM_UP_UPDATES", 12)
    monkeypatch.setattr(measurement, "MOST_UPDATES", 5)


def bench(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["bench", *arguments])


def fast(*arguments: str) -> Result:
    return bench(*arguments, "--size", "100", "--rounds", "6")


def test_the_spread_of_given_samples() -> None:
    assert spread([1, 2, 3, 4, 100]) == Spread(median=3, mad=1, first_quartile=2, third_quartile=4)


def test_an_outlier_moves_neither_median_nor_deviation() -> None:
    calm = spread([10.0, 11, 12, 13, 14, 15, 16])
    disturbed = spread([10.0, 11, 12, 13, 14, 15, 1e9])
    assert (calm.median, calm.mad) == (disturbed.median, disturbed.mad)


def test_ratios_are_paired_by_round() -> None:
    """Both get slower in the same rounds: the ratio does not notice."""
    assert ratio([20, 40, 200, 20, 60, 20], [10, 20, 100, 10, 30, 10]) == Ratio(2, 2, 2)


@pytest.mark.parametrize(("n", "outside"), [(6, 0), (8, 0), (9, 1), (11, 1), (12, 2), (25, 7)])
def test_intervals_are_those_of_the_tables_of_the_sign_test(n: int, outside: int) -> None:
    found = ratio([float(i) for i in range(1, n + 1)], [1.0] * n)
    assert (found.low, found.high) == (1 + outside, n - outside)
    coverage = 1 - 2 * sum(comb(n, k) for k in range(outside + 1)) / 2**n
    assert coverage >= 0.95
    assert 1 - 2 * sum(comb(n, k) for k in range(outside + 2)) / 2**n < 0.95


def test_fewer_samples_have_no_interval() -> None:
    with pytest.raises(ValueError, match="at least 6"):
        ratio([1.0] * 5, [1.0] * 5)


def _compared(*contenders: tuple[str, object], rounds: int = 6, clock: Clock | None = None) -> Contest:
    return run_contest(dict(contenders), "SGD", 1000, "float32", rounds, clock or Clock())


def test_who_sleeps_longer_takes_longer() -> None:
    clock = Clock()
    compared = _compared(("quick", Sleeping(clock, 1000)), ("slow", Sleeping(clock, 2500)), clock=clock)
    rows = {row["name"]: row for row in report.document([compared], 6)["comparisons"][0]["rows"]}
    assert rows["quick"]["nanoseconds_per_element"]["median"] == 1
    assert rows["slow"]["nanoseconds_per_element"]["median"] == 2.5
    assert rows["slow"]["times_reference"] == {"median": 2.5, "low": 2.5, "high": 2.5}
    assert rows["quick"]["gigabytes_per_second"] == 8


def test_who_does_nothing_has_no_bandwidth() -> None:
    clock = Clock()
    compared = _compared(("nothing", Sleeping(clock, 0)), ("something", Sleeping(clock, 1)), clock=clock)
    document = report.document([compared], 6)
    Draft202012Validator(report.schema()).validate(document)
    nothing, something, _ = document["comparisons"][0]["rows"]
    assert nothing["gigabytes_per_second"] is None
    assert something["times_reference"] is None
    json.dumps(document, allow_nan=False)


def test_contenders_take_turns() -> None:
    clock, order = Clock(), []

    def noting(name: str) -> LocalWorkload:
        def update() -> None:
            order.append(name)
            clock.sleep(measurement.BURST)

        return LocalWorkload(restore=lambda: None, update=update)

    found = measure({"a": lambda: noting("a"), "b": lambda: noting("b")}, 6, clock)
    assert {name: len(list(values)) for name, values in found.items() if not isinstance(values, NotRun)} == {
        "a": 6,
        "b": 6,
    }
    turns = [name for name, before in zip(order, ["", *order], strict=False) if name != before]
    assert turns == ["a", "b"] * 7


def test_who_fails_does_not_run_and_the_others_do() -> None:
    clock = Clock()
    compared = _compared(("broken", Breaking(clock, 5)), ("fine", Sleeping(clock, 5)), clock=clock, rounds=30)
    assert compared.found["broken"] == NotRun("ZeroDivisionError: the device has gone")
    assert compared.reference == "fine"
    assert list(report.not_run([compared])) == ["not run: broken: ZeroDivisionError: the device has gone"]


def test_reasons_say_where() -> None:
    def refuses(updater: str, size: int, dtype: str) -> LocalWorkload:
        raise UnsupportedError("no room")

    backend = NumpyBackend()
    fine = run_contest({"it": backend}, "SGD", 10, "float32", 6, Clock())
    backend.prepare = refuses  # type: ignore[method-assign]
    failed = run_contest({"it": backend}, "ADAM", 10, "float32", 6, Clock())
    assert list(report.not_run([fine, failed])) == ["not run: it (ADAM float32 10): no room"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("updater", UPDATERS)
def test_a_copy_moves_the_bytes_of_the_gradient_and_of_the_state(updater: str, dtype: str) -> None:
    compared = run_contest({}, updater, 10, dtype, 6, Clock())
    session = NumpyBackend().open(workload.network(updater, 10, dtype))
    state = session.state()
    arrays = 1 + (0 if state is None else state.size // 20)
    assert compared.bytes_per_element == 2 * arrays * np.dtype(dtype).itemsize
    assert compared.reference == COPY


def test_numpy_updates_from_a_fresh_gradient() -> None:
    """Twice the same bits: the gradient was put back."""
    prepared = NumpyBackend().prepare("SGD", 50, "float32")
    seen = []

    def clock() -> int:
        seen.append(1)
        return len(seen)

    assert list(prepared.nanoseconds(3, clock)) == [1, 1, 1]
    assert len(seen) == 6


def test_the_table_and_the_report(tmp_path: Path) -> None:
    file = tmp_path / "bench.json"
    result = fast("numpy", "oracle", "--updater", "adam", "--updater", "NONE", "--report", str(file))
    assert result.exit_code == 0, result.output
    assert "ADAM float32, 100 elements, 24 bytes each" in result.stdout
    assert "NONE float32, 100 elements, 8 bytes each" in result.stdout
    assert "not run: oracle: it offers no `prepare(updater, size, dtype)`" in result.stderr
    document = json.loads(file.read_text())
    Draft202012Validator(report.schema()).validate(document)
    assert [c["updater"] for c in document["comparisons"]] == ["ADAM", "NONE"]
    rows = document["comparisons"][0]["rows"]
    assert [(row["name"], row["status"]) for row in rows] == [
        ("numpy", "measured"),
        ("oracle", "not run"),
        (COPY, "measured"),
    ]
    assert len(rows[0]["values"]) == 6
    assert rows[0]["times_reference"] == {"median": 1, "low": 1, "high": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["bench.json"]


def test_the_schema_refuses_a_row_without_values() -> None:
    document = report.document([_compared()], 6)
    validator = Draft202012Validator(report.schema())
    validator.validate(document)
    del document["comparisons"][0]["rows"][0]["values"]
    assert not validator.is_valid(document)


def test_rows_that_did_not_run_stand_in_the_table() -> None:
    console = Console(width=120, record=True, quiet=False, file=sys.stderr)
    console.print(report.table(_compared(("absent[1]", BackendUnavailableError("no device")))))
    text = console.export_text()
    assert "absent[1]" in text
    assert "not run" in text


def test_a_missing_library_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("torch", "jax", "optax"):
        monkeypatch.setitem(sys.modules, module, None)
    result = fast("numpy", *peers.ADDRESSES, "--updater", "SGD")
    assert result.exit_code == 0
    for address in peers.ADDRESSES:
        assert f"not run: {address}: " in result.stderr
    assert "pip install torch" in result.stderr


def test_nobody_ran() -> None:
    result = fast("misreading:no-l1", "--updater", "SGD")
    assert result.exit_code == 3
    assert "copy" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "unknown backend 'nowhere'"),
        (["nowhere"], "peers are torch.optim:foreach"),
        (["numpy", "--updater", "ADAMW"], "'ADAMW' is not one of"),
        (["numpy", "--size", "0"], "0 is not in the range x>=1"),
        (["numpy", "--rounds", "5"], "5 is not in the range x>=6"),
        (["numpy", "--type", "float16"], "'float16' is not one of"),
        ([], "Missing argument 'BACKEND...'"),
    ],
)
def test_wrong_input(arguments: list[str], message: str) -> None:
    result = bench(*arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())


def test_a_report_that_cannot_be_written(tmp_path: Path) -> None:
    result = fast("numpy", "--updater", "SGD", "--report", str(tmp_path / "missing" / "file"))
    assert result.exit_code == 2
    assert "there is no folder" in result.stderr
    assert not result.stdout, "it was found out after the measurement"


PEERS = {"torch.optim:foreach": "torch", "torch.optim:fused": "torch", "optax": "optax"}


#: What peers have nothing for, and say so.
_LACKING = {
    "NONE": "nothing like NONE",
    "torch.optim:fused ADADELTA": "has no implementation fused",
    "torch.optim:fused RMSPROP": "has no implementation fused",
}


@pytest.mark.parametrize("updater", UPDATERS)
@pytest.mark.parametrize("address", PEERS)
def test_peers_run_what_they_have(updater: str, address: str) -> None:
    required_module(PEERS[address], "bench")
    peer = peers.peer(address)
    if reason := _LACKING.get(updater) or _LACKING.get(f"{address} {updater}"):
        with pytest.raises(UnsupportedError, match=reason):
            peer.prepare(updater, 100, "float32")
        return
    prepared = peer.prepare(updater, 100, "float32")
    assert len(prepared.nanoseconds(3, Clock())) == 3


def test_torch_and_the_copy_are_measured_where_the_backend_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a GPU none of them can be: they were not measured on the CPU in place of it."""
    torch = required_module("torch", "torch")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    result = CliRunner().invoke(
        cli,
        ["bench", "torch:device=cuda:999", "torch.optim:foreach", "--updater", "SGD", "--size", "10", "--rounds", "6"],
    )
    assert result.exit_code == 3
    for name in ("torch:device=cuda:999", "torch.optim:foreach", COPY):
        assert f"not run: {name}: " in result.stderr
