"""The loops that Numba compiles: single roundings in the machine's code, and the bits of single operations."""

from __future__ import annotations

import platform
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from dl4j_backends.engine.execution import Execution
from dl4j_backends.engine.formulae import Numbers
from dl4j_backends.engine.post_apply import PostApply
from dl4j_backends.engine.updater_call import UpdaterCall
from dl4j_backends.engine.updaters import UPDATERS
from dl4j_backends.interface import Floats
from dl4j_conformance.cli.main import cli
from toolchains import required_module

torch = required_module("torch", "torch")
numba = required_module("numba", "torch")

from test_torch_backend import DTYPES, bits  # noqa: E402

from dl4j_backends.torch import backend, compiled_loops, loops  # noqa: E402
from dl4j_backends.torch.backend import TorchBackend, execution_on  # noqa: E402
from dl4j_backends.torch.compiled_loops import LoopExecution  # noqa: E402
from dl4j_backends.torch.execution import Target, single_operations  # noqa: E402
from dl4j_backends.torch.nd4j import TorchNd4j  # noqa: E402
from dl4j_backends.torch.scalars import Scalars  # noqa: E402

CPU = torch.device("cpu")

#: A product and a sum in one instruction: x86, Arm.
FUSED = r"\bv?fn?m(?:add|sub)\w*|\bfml[as]\b"
#: An operation on several numbers at a time.
PACKED = {"x86_64": r"\bv?{0}p[sd]\b", "AMD64": r"\bv?{0}p[sd]\b", "aarch64": r"\bf{0}\s+v", "arm64": r"\bf{0}\s+v"}
#: What each updater does of that which takes long.
OPERATIONS = dict.fromkeys(UPDATERS, "mul div sqrt") | {"SGD": "mul", "NONE": "mul", "NESTEROVS": "mul"}


#: Of loops, whether they regularize and move. Adam has each of them, the others the one that does most.
VARIANTS = [(updater, True, True) for updater in UPDATERS]
VARIANTS += [("ADAM", False, False), ("ADAM", False, True), ("ADAM", True, False)]


def assembly(updater: str, regularizes: bool, moves: bool, dtype: str) -> str:
    """The machine's code of a loop. Of what was kept there is none to be read, so it is compiled once more."""
    function = loops.compiled(loops.loop(updater, regularizes, moves).py_func)
    arrays = [np.ones(8, dtype) for _ in loops.COLUMNS[1:]]
    rows = np.array([[8, *(array.ctypes.data for array in arrays)]])
    function(rows, np.ones(len(Scalars._fields), dtype), True, True, True)
    return str(function.inspect_asm(function.signatures[0]))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("updater", "regularizes", "moves"), VARIANTS)
def test_loops_round_every_operation_by_itself(updater: str, regularizes: bool, moves: bool, dtype: str) -> None:
    code = assembly(updater, regularizes, moves, dtype)
    assert not re.findall(FUSED, code)
    assert "svml" not in code
    if packed := PACKED.get(platform.machine()):
        missing = {name for name in OPERATIONS[updater].split() if not re.search(packed.format(name), code)}
        assert not missing, "on one number at a time"


def test_an_unknown_updater_has_no_loop() -> None:
    function = loops.compiled(loops.loop("SOMETHING", False, False).py_func)
    array, scalars = np.ones(2, "f4"), np.ones(len(Scalars._fields), "f4")
    with pytest.raises(NotImplementedError, match="no loop for this updater"):
        function(np.array([[2, *[array.ctypes.data] * 4]]), scalars, False, False, False)


def test_a_loop_that_may_be_contracted_is_found() -> None:
    def product_and_sum(x: Any, y: Any, z: Any) -> Any:
        return x * y + z

    function = numba.njit(product_and_sum, fastmath={"contract"})
    for one in (np.float32(1), np.float64(1)):
        function(one, one, one)
    assert all(re.search(FUSED, code) for code in function.inspect_asm().values()), "this processor has no such thing"


numbers = st.one_of(st.floats(), st.floats(1e-3, 1), st.sampled_from([0.9, 0.999, 1e-8, 1e-300, -0.0]))
sizes = st.sampled_from([1.0, 2.0, 3.0, 32.0, -4.0, 7.0, 2.0**-149, 2.0**130])


@st.composite
def steps(draw: st.DrawFn) -> UpdaterCall:
    """Any step on any bits: subnormal numbers, infinities, NaN, zeros of both signs."""
    dtype, length = draw(st.sampled_from(DTYPES)), draw(st.sampled_from([2, 7, 64, 200]))
    updater, seed = UPDATERS[draw(st.sampled_from(sorted(UPDATERS)))], draw(st.integers(0, 1 << 32))
    special = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1e-45, -1e-310, 1.0], dtype)

    def array(index: int) -> Any:
        """Three kinds of numbers, mixed: any bits, special ones, and such as training has."""
        random = np.random.default_rng([seed, index])
        kinds = [bits(dtype, length, seed + index), random.choice(special, length), random.normal(size=length)]
        with np.errstate(all="ignore"):
            return torch.from_numpy(np.choose(random.integers(0, 3, length), kinds).astype(dtype))

    keeps = updater.leaves_view and draw(st.booleans())
    state = tuple(array(2 + index) for index in range(len(updater.state) + keeps))
    after = PostApply(array(1), draw(numbers), draw(numbers), draw(sizes))
    return UpdaterCall(updater, array(0), state, Numbers(*(draw(numbers) for _ in range(6))), after)


def results(execution: Execution, step: UpdaterCall) -> list[Floats]:
    """All arrays after ``step``, which is done to copies of them."""
    after = replace(step.post_apply, weights=step.post_apply.weights.clone())
    copy = replace(step, gradient=step.gradient.clone(), state=tuple(x.clone() for x in step.state), post_apply=after)
    with execution.nd4j.silently():
        execution.update(copy)
    return [x.numpy() for x in (copy.gradient, *copy.state, after.weights)]


def assert_same_bits(step: UpdaterCall, target: Target = Target.GRADIENT) -> None:
    """Every NaN is the same."""
    dtype = str(step.gradient.dtype).removeprefix("torch.")
    nd4j = TorchNd4j(dtype, CPU)
    pairs = zip(results(LoopExecution(nd4j, target), step), results(single_operations(nd4j, target), step), strict=True)
    for seen, wanted in pairs:
        np.testing.assert_array_equal(seen, wanted)
        np.testing.assert_array_equal(np.signbit(seen[seen == 0]), np.signbit(wanted[wanted == 0]))


@given(steps(), st.sampled_from(Target))
def test_loops_have_the_bits_of_single_operations(step: UpdaterCall, target: Target) -> None:
    with np.errstate(all="ignore"):
        assert_same_bits(step, target)


def step_of(length: int, **changes: Any) -> UpdaterCall:
    """An Adam step."""
    state = (torch.linspace(1, 2, length), torch.linspace(2, 1, length))
    after = PostApply(torch.ones(length), 0.1, 0.2, 3.0)
    numbers = Numbers(0.1, 0.9, 0.9, 0.999, 0.1, 1.0)
    step = UpdaterCall(UPDATERS["ADAM"], torch.linspace(-1, 1, length), state, numbers, after)
    return replace(step, **changes)


@pytest.mark.parametrize("changed", ["mean_decay", "decay", "alpha", "l2"])
def test_a_loop_that_computes_something_else_is_found(changed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the last bit."""

    class Other(Scalars):
        @classmethod
        def of(cls, step: UpdaterCall) -> Scalars:
            exact = Scalars.of(step)
            return exact._replace(**{changed: float(np.nextafter(np.float32(getattr(exact, changed)), np.float32(2)))})

    monkeypatch.setattr(compiled_loops, "Scalars", Other)
    with pytest.raises(AssertionError):
        assert_same_bits(step_of(1000))


def test_what_loops_do_not_know_goes_through_single_operations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(compiled_loops, "loop")
    assert_same_bits(step_of(1, gradient=torch.full((1,), torch.nan)))
    LoopExecution(TorchNd4j("float32", CPU)).update(step_of(4, gradient=torch.ones(8)[::2]))
    unknown = UpdaterCall(UPDATERS["NONE"], torch.ones(4), (), Numbers(*[0.0] * 6), PostApply())
    LoopExecution(TorchNd4j("float32", CPU)).update(unknown)


def test_arrays_of_other_lengths_are_refused() -> None:
    """A loop would go past the end."""
    with pytest.raises(RuntimeError):
        LoopExecution(TorchNd4j("float32", CPU)).update(step_of(4, gradient=torch.ones(5)))


class SingleElements(LoopExecution):
    """Takes arrays of one element through the loops, in which NaN stays NaN."""

    def update(self, step: UpdaterCall) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(compiled_loops, "fits", lambda *_: True)
            super().update(step)


class Wrong(TorchBackend):
    def execution(self, dtype: str) -> Execution:
        return SingleElements(TorchNd4j(dtype, self.device))


def test_run_finds_a_wrong_one() -> None:
    result = CliRunner().invoke(
        cli, ["run", f"python:{__name__}:Wrong", "--in-process", "--case", "*-one-element-nan-*"]
    )
    assert result.exit_code == 1


def _refused(name: str) -> Any:
    raise ImportError(f"{name} needs another NumPy")


def test_without_numba_it_is_single_operations(monkeypatch: pytest.MonkeyPatch) -> None:
    assert type(execution_on(CPU, "float32")) is LoopExecution
    monkeypatch.setattr(backend, "import_module", _refused)
    assert type(execution_on(CPU, "float32")) is Execution


def test_where_nothing_can_be_kept_it_is_compiled_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    njit, asked = numba.njit, []

    def without_a_place(function: Any, cache: bool, **options: Any) -> Any:
        asked.append(cache)
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return njit(function, **options)

    monkeypatch.setattr(loops, "njit", without_a_place)
    loops.loop.cache_clear()
    try:
        assert_same_bits(step_of(10))
    finally:
        loops.loop.cache_clear()
    assert asked == [True, False]
