"""The check of a kernel's PTX: every operation on floats is rounded by itself, to nearest.

PTX says with ``.rn`` that an operation stands alone. Where ``add`` and ``mul`` have no rounding of their own, ``ptxas``
may join them in an ``fma``; where they have, it treats them conservatively (PTX ISA, ``add`` and ``mul`` of floats).
"""

from __future__ import annotations

import re

_INSTRUCTION = re.compile(r"^\s*(?:\{\s*)?(?:@!?%\w+\s+)?([a-z][a-z0-9_]*(?:\.[a-z0-9_:]+)*)\b", re.MULTILINE)
_FLOAT = re.compile(r"\.(?:f16|f16x2|bf16|bf16x2|tf32|f32|f32x2|f64|e4m3|e5m2)")

#: Floats come and go, are compared and chosen; signs change; float32 becomes float64.
_EXACT = re.compile(r"(?:ld|st|mov|setp|selp|abs|neg)\b(?!.*\.ftz)|cvt\.f64\.f32")
_ROUNDED_TO_NEAREST = re.compile(r"(?:add|sub|mul|div|sqrt)\.rn\.(?:f32|f64)|cvt\.rn\.(?:f32\.f64|f(?:32|64)\.[su]\d+)")


def violations(ptx: str) -> list[str]:
    """Return the forbidden instructions, each once, with what is wrong with it."""
    found = dict.fromkeys(_INSTRUCTION.findall(_code(ptx)))
    return [f"{instruction}: {problem}" for instruction in found if (problem := _problem(instruction))]


def _code(ptx: str) -> str:
    """Return the PTX without comments, one instruction to a line."""
    text = re.sub(r"//[^\n]*|/\*.*?\*/", "", ptx, flags=re.DOTALL)
    return text.replace(";", "\n")


def _problem(instruction: str) -> str:
    """Return what is wrong with an instruction, or nothing."""
    if instruction.startswith("call"):
        return "calls code that is not here to be read"
    if not _FLOAT.search(instruction):
        return ""
    if _ROUNDED_TO_NEAREST.fullmatch(instruction) or _EXACT.match(instruction):
        return ""
    if ".ftz" in instruction:
        return "flushes subnormal numbers to zero"
    if ".approx" in instruction or ".full" in instruction:
        return "is an approximation"
    if instruction.startswith(("fma", "mad")):
        return "rounds a product and a sum together"
    if instruction.startswith(("add", "sub", "mul")) and not re.search(r"\.r[nzmp]", instruction):
        return "may be contracted: it has no rounding of its own"
    return "is not known to round to nearest, with subnormal numbers"
