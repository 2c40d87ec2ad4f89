"""What is compiled for a GPU: every operation rounded by itself, and what that costs on paper."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from toolchains import required_module

required_module("torch", "torch")
triton = required_module("triton", "torch")

import triton.language as tl  # noqa: E402
from triton.compiler import ASTSource  # noqa: E402

from dl4j_backends.torch import cost_model  # noqa: E402
from dl4j_backends.torch.compile_ahead import Kernel, all_kernels, compiled  # noqa: E402
from dl4j_backends.torch.ptx import violations  # noqa: E402


@pytest.mark.parametrize("kernel", list(all_kernels()), ids=str)
def test_kernels_round_every_operation_by_itself(kernel: Kernel) -> None:
    code = kernel.code(90)
    assert violations(code["ptx"]) == []
    assert ".rn." in code["ptx"]
    assert code["cubin"]


@pytest.mark.parametrize("is_aligned", [False, True])
@pytest.mark.parametrize(("dtype", "wide"), [("float32", "v4.b32"), ("float64", "v2.b64")])
def test_aligned_arrays_move_16_bytes_at_a_time(dtype: str, wide: str, is_aligned: bool) -> None:
    """Adam's gradient and two arrays of state; four elements a thread are one access of float32, two of float64."""
    ptx = Kernel("ADAM", dtype, is_aligned).code(90)["ptx"]
    accesses = {name: len(re.findall(rf"{name}\.global\.{wide}", ptx)) for name in ("ld", "st")}
    assert (accesses["ld"] > 0, accesses["st"] > 0) == (is_aligned, is_aligned)
    assert not is_aligned or accesses["ld"] >= 3 * (1 if dtype == "float32" else 2)


@pytest.mark.parametrize("name", ["ADAM", "norms", "normalizers"])
def test_so_they_do_on_the_generation_before(name: str) -> None:
    assert violations(Kernel(name, "float32").code(80)["ptx"]) == []


@triton.jit
def product_and_sum(x):
    tl.store(x, tl.load(x) * tl.load(x + 1) + tl.load(x + 2))


@triton.jit
def plain_quotient(x):
    tl.store(x, tl.load(x) / tl.load(x + 1))


@triton.jit
def plain_root(x):
    tl.store(x, tl.sqrt(tl.load(x)))


@triton.jit
def power_of_two(x):
    tl.store(x, tl.exp2(tl.load(x)))


def _ptx(function: Any, **options: Any) -> str:
    return str(compiled(ASTSource(function, {"x": "*fp32"}, {}), 90, num_warps=1, **options)["ptx"])


@pytest.mark.parametrize(
    ("function", "options", "problem"),
    [
        (product_and_sum, {"enable_fp_fusion": True}, "fma.rn.f32: rounds a product and a sum together"),
        (plain_quotient, {}, "div.full.f32: is an approximation"),
        (plain_root, {}, "flushes subnormal numbers to zero"),
        (power_of_two, {}, "ex2.approx"),
    ],
)
def test_the_checker_fails_what_triton_makes_of_others(function: Any, options: Any, problem: str) -> None:
    assert any(problem in violation for violation in violations(_ptx(function, **options)))


@pytest.mark.parametrize(
    ("instruction", "problem"),
    [
        ("fma.rn.f64 %fd1, %fd2, %fd3, %fd4;", "rounds a product and a sum together"),
        ("@%p1 mad.rn.f32 %f1, %f2, %f3, %f4;", "rounds a product and a sum together"),
        ("mul.f32 %f1, %f2, %f3;", "may be contracted"),
        ("add.f64 %fd1, %fd2, %fd3;", "may be contracted"),
        ("{ sub.f32 %f1, %f2, %f3; }", "may be contracted"),
        ("add.rz.f32 %f1, %f2, %f3;", "is not known to round to nearest"),
        ("mul.rn.ftz.f32 %f1, %f2, %f3;", "flushes subnormal numbers"),
        ("setp.lt.ftz.f32 %p1, %f1, %f2;", "flushes subnormal numbers"),
        ("div.full.f32 %f1, %f2, %f3;", "is an approximation"),
        ("div.approx.f32 %f1, %f2, %f3;", "is an approximation"),
        ("sqrt.approx.f32 %f1, %f2;", "is an approximation"),
        ("rcp.approx.f32 %f1, %f2;", "is an approximation"),
        ("rsqrt.approx.f32 %f1, %f2;", "is an approximation"),
        ("cvt.rz.f32.f64 %f1, %fd1;", "is not known to round to nearest"),
        ("min.f32 %f1, %f2, %f3;", "is not known to round to nearest"),
        ("mul.rn.bf16x2 %r1, %r2, %r3;", "is not known to round to nearest"),
        ("call.uni (retval0), __nv_sqrtf, (param0);", "calls code"),
    ],
)
def test_the_checker_fails_each_of_these(instruction: str, problem: str) -> None:
    (violation,) = violations(f"$L__BB0_2: // mul.rn.f32\n\t{instruction}\n\tret;")
    assert problem in violation


@pytest.mark.parametrize(
    "instruction",
    [
        "add.rn.f32 %f1, %f2, %f3;",
        "mul.rn.f64 %fd1, %fd2, %fd3;",
        "div.rn.f32 %f1, %f2, %f3;",
        "sqrt.rn.f64 %fd1, %fd2;",
        "@!%p1 selp.f32 %f1, %f2, %f3, %p2;",
        "setp.nan.f32 %p1, %f1, %f1;",
        "cvt.rn.f32.f64 %f1, %fd1;",
        "mad.lo.s32 %r1, %r2, %r3, %r4; // fma.rn.f32",
        "/* add.f32 */ ld.global.f32 %f1, [%rd1];",
    ],
)
def test_the_checker_passes_what_is_rounded_by_itself(instruction: str) -> None:
    assert violations(f"\t{instruction}\n") == []


@pytest.mark.parametrize(("fused", "expected"), [(False, {"FMUL", "FADD"}), (True, {"FFMA"})])
def test_the_assembler_keeps_them_apart(fused: bool, expected: set[str], tmp_path: Path) -> None:
    """In the machine's code: two instructions, and one if fusion is allowed."""
    code = compiled(ASTSource(product_and_sum, {"x": "*fp32"}, {}), 90, num_warps=1, enable_fp_fusion=fused)
    cubin = tmp_path / "kernel.cubin"
    cubin.write_bytes(code["cubin"])
    tool = triton.knobs.nvidia.cuobjdump.path
    listing = subprocess.run([tool, "-sass", cubin], check=True, capture_output=True, text=True).stdout  # noqa: S603
    assert {name for name in ("FMUL", "FADD", "FFMA") if f" {name} " in listing} == expected


@pytest.mark.parametrize(("registers", "warps"), [(32, 64), (33, 48), (40, 48), (48, 40), (128, 16), (255, 8)])
def test_warps_that_fit(registers: int, warps: int) -> None:
    """As NVIDIA's occupancy calculator says for blocks of 128 threads, without shared memory."""
    assert cost_model.resident_warps(registers, 4) == warps


@pytest.mark.parametrize(
    ("updater", "dtype", "expected"),
    [("SGD", "float32", 8), ("NESTEROVS", "float32", 16), ("ADAM", "float64", 48)],
)
def test_bytes_of_an_element(updater: str, dtype: str, expected: int) -> None:
    assert cost_model.bytes_per_element(updater, dtype) == expected


def test_the_table_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost_model, "all_kernels", lambda: [Kernel("SGD", "float32")])
    monkeypatch.setattr(cost_model, "UPDATERS", ["SGD"])
    result = CliRunner().invoke(cost_model.main)
    assert result.exit_code == 0
    assert "The PTX of every kernel rounds each operation by itself" in result.stdout


def test_the_table_fails_for_a_wrong_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost_model, "all_kernels", lambda: [Kernel("SGD", "float32")])
    monkeypatch.setattr(cost_model, "UPDATERS", ["SGD"])
    monkeypatch.setattr(cost_model, "violations", lambda _: ["fma.rn.f32: wrong"])
    result = CliRunner().invoke(cost_model.main)
    assert result.exit_code == 1
    assert "SGD, float32: fma.rn.f32: wrong" in result.output
