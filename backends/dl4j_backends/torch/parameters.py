"""Parameters of torch and their groups, as DL4J sees them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

#: The entries of a group besides its layer's settings; a ``layer`` has them all, from a model of DL4J.
OWN = {"params", "param_names", "dl4j", "conf", "iteration", "epoch", "layer"}

#: The types of parameters.
DTYPES = {torch.float32: "float32", torch.float64: "float64"}


def flat(gradient: torch.Tensor) -> torch.Tensor:
    """Return a gradient of any shape as a 1-D tensor of the same dtype. Raises RuntimeError for a sparse one."""
    if gradient.is_sparse:
        raise RuntimeError("Dl4jOptimizer does not support sparse gradients")
    return gradient.detach().reshape(-1)


def addresses(group: Mapping[str, Any]) -> list[int]:
    """Return the places in memory of a group's parameters."""
    return [p.data_ptr() for p in group["params"]]


def names(group: Mapping[str, Any]) -> list[str | None]:
    """Return the names of a group's parameters; None where none was given."""
    return list(group.get("param_names", [None] * len(group["params"])))


def is_bias(p: torch.Tensor, name: str | None) -> bool:
    """Return whether a parameter (of any shape and dtype) is a bias: by its name, else by its dimensions."""
    return p.dim() <= 1 if name is None else name.rpartition(".")[2].startswith("bias")


def check_group(group: Mapping[str, Any]) -> None:
    """Raise ValueError unless the parameters of a group can be those of a layer."""
    if not group["params"]:
        raise ValueError("a group needs parameters")
    first = group["params"][0]
    for p in group["params"]:
        if p.dtype not in DTYPES:
            raise ValueError(f"parameters must be float32 or float64, not {p.dtype}")
        if (p.dtype, p.device) != (first.dtype, first.device):
            raise ValueError("the parameters of a group must be of one type, on one device: make it two groups")
        if not p.is_contiguous():
            raise ValueError("parameters must be contiguous: call .contiguous() on them first")
