"""Long arrays: kernels, in machine code and in NumPy's blocks, give the bits of operations one by one.

Short ones: so does each operation on Python's numbers.
"""

from __future__ import annotations

import sys
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dl4j_oracle import arithmetic
from dl4j_oracle.arithmetic import interval_operations as operations
from dl4j_oracle.arithmetic import intervals, kernels, long_arrays, short_arrays
from dl4j_oracle.arithmetic.enclosure import EnclosedArray, EnclosureArithmetic
from dl4j_oracle.arithmetic.error_model import error_model
from dl4j_oracle.arithmetic.formula import Formula
from dl4j_oracle.arithmetic.intervals import Interval, Intervals
from dl4j_oracle.configuration import Updater
from dl4j_oracle.updaters import UPDATERS, Call, GradientUpdater, Memory, UpdaterSettings

_SIZE = 70_000
_ENDS = [0.0, 5e-324, 1e-45, 1e-40, 1e-20, 0.1, 1.0, 1.0000001, 3.4e38, 3.5e38, 1e39, 1.7e308, np.inf]
_ENDS = [*sorted({*_ENDS, *(-end for end in _ENDS)}), -0.0]
_MODELS = {
    "float32": error_model("float32"),
    "float64": error_model("float64"),
    "flushing": error_model("float32", flush_to_zero=True, division_ulps=2.5),
    "coarse": error_model("float32", digits=11),
}


@pytest.fixture(params=["machine code", "NumPy"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "NumPy":
        monkeypatch.setattr(kernels, "_compiler", lambda: None)
    elif kernels._compiler() is None:
        pytest.skip("Numba is not installed")
    return str(request.param)


def _random(seed: int) -> Intervals:
    """Intervals between edges: points, wide ones, with NaN and without, certainly NaN, and empty."""
    rng = np.random.default_rng(seed)
    ends = rng.choice(_ENDS, (2, _SIZE))
    low, high, nan = ends.min(axis=0), ends.max(axis=0), rng.random(_SIZE) < 0.2
    point, empty = rng.random(_SIZE) < 0.3, rng.random(_SIZE) < 0.1
    high = np.where(point, low, high)
    return Intervals(np.where(empty, np.inf, low), np.where(empty, -np.inf, high), nan)


def _late(x: Any) -> Any:
    """An operand as a long array has it."""
    is_array = isinstance(x, Intervals) and x.length == _SIZE
    return Formula(Intervals, tuple(x), _SIZE) if is_array else x


def _same_bits(x: Intervals, y: Intervals) -> bool:
    ends = ((x.low, y.low), (x.high, y.high))
    same = [np.array_equal(a, b) and np.array_equal(np.signbit(a), np.signbit(b)) for a, b in ends]
    return all(same) and np.array_equal(x.nan, y.nan)


def _every_operation(model: str, read: Any) -> list[tuple[Any, ...]]:
    """Operations with their operands."""
    bounds, smallest = _MODELS[model].map(read), _MODELS[model].multiplication.smallest
    x, y = _random(1), _random(2)
    seen = np.random.default_rng(3).choice([*_ENDS, np.nan], _SIZE)
    limit = Interval(1.0, 1.0, False)
    return [
        (operations.add, x, y, bounds.addition),
        (operations.subtract, x, y, bounds.addition),
        (operations.multiply, x, y, bounds.multiplication),
        (operations.square, x, bounds.multiplication),
        (operations.divide, x, y, bounds.division),
        (operations.square_root, x, bounds.square_root),
        (operations.sign, x),
        (operations.maximum, x, y),
        (operations.clip_above, x, limit),
        (operations.clip_below, x, limit),
        (operations.observed, x, seen, bounds.addition, smallest),
        (intervals.hull, x, y),
        (intervals.flushed, x, smallest),
    ]


@pytest.mark.parametrize("read", [intervals.inner, intervals.outer])
@pytest.mark.parametrize("model", _MODELS)
def test_every_operation_gives_the_same_bits(model: str, read: Any, engine: str) -> None:
    every = _every_operation(model, read)
    late = [long_arrays.apply(function, *map(_late, operands)) for function, *operands in every]
    for (function, *operands), found in zip(every, kernels.run(late), strict=True):
        assert _same_bits(function(*operands), Intervals(*found)), function.__name__


@pytest.mark.parametrize("read", [intervals.inner, intervals.outer])
@pytest.mark.parametrize("model", _MODELS)
def test_every_operation_on_a_short_array_gives_the_same_bits(
    model: str, read: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = 3000
    bound = _MODELS[model].map(read).scalars.power
    x, numbers = _random(5), np.random.default_rng(6).choice([*_ENDS, np.nan], _SIZE)
    every = [
        *_every_operation(model, read),
        (operations.absolute, x),
        (operations.larger, x, _random(7)),
        (operations.add_in_double, x, _random(8), bound, _MODELS[model].map(read).multiplication),
        (operations.preimage, x, bound),
        (operations.rounded, x, bound),
        (operations.image, x, bound, numbers > 0),
        (intervals.negate, x),
        (intervals.settle, x, bound),
        (intervals.contains, x, numbers),
        (intervals.nearness, x, numbers),
    ]
    monkeypatch.setattr(short_arrays, "SHORT", few)
    for function, *operands in every:
        cut = [long_arrays.part(x, slice(few)) if isinstance(x, Intervals) else x for x in operands]
        cut = [x[:few] if isinstance(x, np.ndarray) else x for x in cut]
        with np.errstate(all="ignore"):
            expected = function(*cut)
        found = short_arrays.apply(function, *cut)
        if isinstance(expected, Intervals):
            assert _same_bits(expected, found), function.__name__
        else:
            assert np.array_equal(expected, found, equal_nan=expected.dtype == np.float64), function.__name__


def _step(
    updater: GradientUpdater, arithmetic: EnclosureArithmetic, given: list[np.ndarray]
) -> dict[str, EnclosedArray]:
    gradient, *state = (arithmetic.array(values) for values in given)
    settings = UpdaterSettings(*map(arithmetic.scalar, (0.9, 0.999, 0.95, 0.95, 1e-8)))
    memory = Memory(dict(zip(updater.state, state, strict=False)))
    call = Call(3, arithmetic.scalar(1e-3), arithmetic.scalar(0.9), settings, arithmetic)
    update, after = updater.step(gradient, memory, call)
    return {"update": EnclosedArray.own(update), **{n: EnclosedArray.own(a) for n, a in after.view.items()}}


def _values(dtype: str, count: int) -> list[np.ndarray]:
    """Random bits: every exponent, NaN and infinities too."""
    bits = np.random.default_rng(4).integers(0, 2 ** (8 * np.dtype(dtype).itemsize), (3, count), np.uint64)
    return list(bits.astype(np.dtype(dtype).str.replace("f", "u")).view(dtype))


@pytest.mark.parametrize(("dtype", "updaters"), [("float32", list(Updater)), ("float64", [Updater.ADAM])])
def test_a_whole_update_gives_the_same_bits(
    dtype: str, updaters: list[Updater], engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = _values(dtype, 20_000)
    records = [record for name, record in UPDATERS.items() if name in updaters]
    for updater, read in product(records, (intervals.inner, intervals.outer)):
        enclosing = EnclosureArithmetic(error_model(dtype), read)
        late = _step(updater, enclosing, given)
        assert not any(isinstance(array.values, Intervals) for array in late.values())
        with monkeypatch.context() as patch:
            patch.setattr(long_arrays, "LONG", 1 << 60)
            at_once = _step(updater, enclosing, given)
        for key, array in at_once.items():
            assert _same_bits(array.intervals, late[key].intervals), (updater.name, read, key)


def test_values_are_looked_for_in_their_sets_together(engine: str) -> None:
    enclosing = EnclosureArithmetic(error_model("float32"))
    given = _values("float32", 40_000)
    sets = _step(UPDATERS[Updater.ADAM], enclosing, given)
    values = dict.fromkeys(sets, given[1])
    found = long_arrays.containing({key: array.values for key, array in sets.items()}, values)
    for key, array in sets.items():
        assert np.array_equal(found[key], array.intervals.contains(values[key]))


def test_parts_and_joined_arrays(engine: str) -> None:
    x, y = _random(5), _random(6)
    whole = long_arrays.join([_late(x), _late(y)])
    root = long_arrays.apply(operations.sign, whole)
    expected = operations.sign(intervals.join([x, y]))
    assert _same_bits(long_arrays.computed(root), expected)
    for which in (slice(5, 20), slice(_SIZE - 3, _SIZE + 4), slice(_SIZE, 2 * _SIZE), slice(0, 0)):
        assert _same_bits(long_arrays.computed(long_arrays.part(root, which)), expected.part(which))
    indices = np.array([0, 7, _SIZE - 1, _SIZE, 2 * _SIZE - 1])
    assert _same_bits(long_arrays.computed(long_arrays.part(root, indices)), expected.part(indices))
    found = long_arrays.containing({"x": root}, {"x": np.ones(2 * _SIZE, np.float32)})
    assert np.array_equal(found["x"], expected.contains(np.ones(2 * _SIZE)))


def test_a_numba_that_does_not_work_here_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numba raises an ImportError beside a NumPy that it does not know."""
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.delitem(sys.modules, "dl4j_oracle.arithmetic.compiled", raising=False)
    monkeypatch.delattr(arithmetic, "compiled", raising=False)
    kernels._compiler.cache_clear()
    formula = long_arrays.apply(operations.sign, _late(_random(7)))
    assert _same_bits(Intervals(*kernels.run([formula])[0]), operations.sign(_random(7)))
    assert kernels._compiler() is None
    kernels._compiler.cache_clear()


def test_a_kernel_of_another_text_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = pytest.importorskip("dl4j_oracle.arithmetic.compiled")
    monkeypatch.setattr(compiled, "user_cache_path", lambda *_, **__: tmp_path)
    compiled._load.cache_clear()
    formula = long_arrays.apply(operations.sign, _late(_random(7)))
    kernels.run([formula])
    (file,) = (tmp_path / "kernels").glob("*.py")
    file.write_text("def kernel(*arrays): raise AssertionError\n")
    compiled._load.cache_clear()
    sys.modules.pop(file.stem)
    assert _same_bits(Intervals(*kernels.run([formula])[0]), operations.sign(_random(7)))
    compiled._load.cache_clear()


def test_without_a_cache_kernels_are_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = pytest.importorskip("dl4j_oracle.arithmetic.compiled")

    def refuse(*_: object, **__: object) -> Path:
        raise PermissionError("read-only")

    monkeypatch.setattr(compiled, "user_cache_path", refuse)
    compiled._load.cache_clear()
    formula = long_arrays.apply(intervals.hull, _late(_random(8)), _late(_random(9)))
    assert _same_bits(Intervals(*kernels.run([formula])[0]), intervals.hull(_random(8), _random(9)))
    compiled._load.cache_clear()
