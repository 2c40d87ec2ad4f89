"""The cost of the compiled kernels on paper: ``python -m dl4j_backends.torch.cost_model``.

Updaters do little with much: what bounds them is memory. The table has the bytes that an element moves, the time that
takes at the bandwidth of an H100, and how many warps the kernel's registers leave room for.
"""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table

from dl4j_backends.engine.updaters import UPDATERS, updater_named
from dl4j_backends.torch.compile_ahead import Kernel, all_kernels, registers
from dl4j_backends.torch.ptx import violations

#: NVIDIA H100 Tensor Core GPU data sheet, SXM5: 3.35 TB/s.
BYTES_PER_SECOND = 3.35e12

#: CUDA C++ Programming Guide, technical specifications of compute capabilities 8.0 and 9.0.
REGISTERS_PER_MULTIPROCESSOR = 65536
WARPS_PER_MULTIPROCESSOR = 64
BLOCKS_PER_MULTIPROCESSOR = 32
#: A warp gets its registers in portions of this many.
REGISTERS_PER_PORTION = 256

_SIZES = {"float32": 4, "float64": 8}


def bytes_per_element(updater: str, dtype: str) -> int:
    """Return the bytes of the gradient and every state array, each read and written once.

    Regularization reads the weights on top of it.
    """
    return 2 * _SIZES[dtype] * (1 + len(updater_named(updater).state))


def resident_warps(registers_per_thread: int, warps_per_block: int) -> int:
    """Return the number of warps that a multiprocessor holds at a time, as far as registers decide it."""
    per_warp = -(-registers_per_thread * 32 // REGISTERS_PER_PORTION) * REGISTERS_PER_PORTION
    blocks = REGISTERS_PER_MULTIPROCESSOR // (per_warp * warps_per_block)
    return min(blocks, BLOCKS_PER_MULTIPROCESSOR, WARPS_PER_MULTIPROCESSOR // warps_per_block) * warps_per_block


@click.command(help=__doc__)
@click.option("--architecture", type=click.Choice(["80", "90"]), default="90", show_default=True, help="sm_NN.")
def main(architecture: str) -> None:
    """Print the table, and what the checker says of all kernels."""
    table = Table("updater", "type", title=f"sm_{architecture}, at 3.35 TB/s")
    for heading in ("bytes", "ps", "registers", "warps", "occupancy"):
        table.add_column(heading, justify="right")
    for dtype in _SIZES:
        for updater in UPDATERS:
            table.add_row(*_row(Kernel(updater, dtype, is_aligned=True), int(architecture)))
    Console().print(table)
    for kernel in all_kernels():
        for problem in violations(kernel.code(int(architecture))["ptx"]):
            raise click.ClickException(f"{kernel.name}, {kernel.dtype}: {problem}")
    click.echo("The PTX of every kernel rounds each operation by itself, to nearest, with subnormal numbers.")


def _row(kernel: Kernel, architecture: int) -> list[str]:
    """Return the row of one updater and type: bytes and picoseconds per element, registers per thread."""
    moved, used = bytes_per_element(kernel.name, kernel.dtype), registers(kernel.code(architecture)["cubin"])
    warps = resident_warps(used, kernel.warps)
    share = f"{warps / WARPS_PER_MULTIPROCESSOR:.0%}"
    time = f"{moved / BYTES_PER_SECOND * 1e12:.1f}"
    return [kernel.name, kernel.dtype, str(moved), time, str(used), str(warps), share]


if __name__ == "__main__":
    main()
