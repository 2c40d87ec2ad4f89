"""The kernels compiled for an architecture that need not be here: the code that a GPU would run, for reading."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from tempfile import NamedTemporaryFile
from typing import Any

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from dl4j_backends.engine.updaters import UPDATERS, updater_named
from dl4j_backends.torch import kernels
from dl4j_backends.torch.launches import ROUNDED, TILE, UNROLL

_TYPES = {"float32": "fp32", "float64": "fp64"}


@dataclass(frozen=True)
class Kernel:
    """One specialisation of a function of ``kernels``: its name (an updater's, or the function's) and type.

    An updater's is for segments that are aligned, or for any.
    """

    name: str
    dtype: str
    is_aligned: bool = False

    @property
    def warps(self) -> int:
        """The warps in a block: norms have one thread's work."""
        return 4 if self.name in UPDATERS else 1

    def source(self) -> Any:
        """Return the function with the types of its arguments."""
        floats, integers, doubles = f"*{_TYPES[self.dtype]}", "*i64", "*fp64"
        tables = {"layout": integers, "scalars": floats}
        match self.name:
            case "norms":
                types = {**tables, "results": doubles, "UNROLL": "constexpr"}
                return ASTSource(kernels.norms, types, {"UNROLL": UNROLL})
            case "normalizers":
                types = {"groups": integers, "thresholds": doubles, "results": doubles, "factors": floats}
                return ASTSource(kernels.normalizers, tables | types, {})
            case name:
                updater = updater_named(name)
                constants = {"UPDATER": updater.name, "ARRAYS": len(updater.state)}
                constants |= {"TILE": TILE, "ALIGNED": self.is_aligned}
                types = {"factors": floats, "tiles": integers, **dict.fromkeys(constants, "constexpr")}
                return ASTSource(kernels.update, tables | types, constants)

    def code(self, architecture: int) -> Any:
        """Return what Triton compiles it to: ``"ptx"`` (text), ``"cubin"`` (bytes)."""
        return compiled(self.source(), architecture, num_warps=self.warps)


def all_kernels() -> Iterator[Kernel]:
    """Yield every specialisation that a network may launch."""
    for dtype in _TYPES:
        for name in (*UPDATERS, "norms", "normalizers"):
            yield Kernel(name, dtype)
        for updater in UPDATERS:
            yield Kernel(updater, dtype, is_aligned=True)


def compiled(source: Any, architecture: int, **options: Any) -> Any:
    """Return what Triton compiles a function to, for ``sm_NN``; ``options`` replace those of a launch."""
    target = GPUTarget("cuda", architecture, 32)
    return triton.compile(source, target=target, options={**ROUNDED, **options}).asm


def registers(cubin: bytes) -> int:
    """Return the number of registers that a thread takes, by the ``cuobjdump`` that comes with Triton."""
    with NamedTemporaryFile(suffix=".cubin") as file:
        file.write(cubin)
        file.flush()
        tool = triton.knobs.nvidia.cuobjdump.path
        listing = subprocess.run(  # noqa: S603 - Triton's own tool, on a file of ours
            [tool, "--dump-resource-usage", file.name], check=True, capture_output=True, text=True
        ).stdout
    return max(int(number) for number in re.findall(r"REG:(\d+)", listing))
