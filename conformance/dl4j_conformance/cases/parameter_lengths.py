"""The lengths of a layer's parameters, stated apart from the oracle, and the length of a network's updater state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import prod
from typing import Any

from dl4j_oracle.updaters import UPDATERS

#: The number of state arrays of every updater.
STATE_ARRAYS = {str(name): len(updater.state) for name, updater in UPDATERS.items()}

#: Parameters whose updater is NONE whatever the layer's is.
_STATELESS = ("mean", "var", "cL")


def parameter_lengths(layer: Mapping[str, Any]) -> dict[str, int]:
    """Names and lengths of a layer's parameters, in DL4J's order."""
    n_in, n_out = layer.get("n_in", 0), layer.get("n_out", 0)
    match layer.get("type", "dense"):
        case "dense" | "embedding":
            return {"W": n_in * n_out, "b": n_out}
        case "convolution":
            return {"b": n_out, "W": n_in * n_out * prod(layer.get("kernel_size", (2, 2)))}
        case "graves_lstm":
            return _lstm_lengths("", n_in, n_out)
        case "graves_bidirectional_lstm":
            return {**_lstm_lengths("F", n_in, n_out), **_lstm_lengths("B", n_in, n_out)}
        case "center_loss_output":
            return {"W": n_in * n_out, "b": n_out, "cL": n_in * n_out}
        case "variational_autoencoder":
            return _variational_lengths(layer, n_in, n_out)
        case "auto_encoder":
            return {"W": n_in * n_out, "b": n_out, "vb": n_in}
        case "batch_normalization":
            names = ("mean", "var") if layer.get("lock_gamma_beta") else ("gamma", "beta", "mean", "var")
            return dict.fromkeys(names, n_out)
        case "activation":
            return {}
        case other:
            raise ValueError(f"unknown layer type {other!r}")


def _lstm_lengths(direction: str, n_in: int, n_out: int) -> dict[str, int]:
    return {
        f"W{direction}": 4 * n_in * n_out,
        f"RW{direction}": n_out * (4 * n_out + 3),
        f"b{direction}": 4 * n_out,
    }


def _variational_lengths(layer: Mapping[str, Any], n_in: int, n_out: int) -> dict[str, int]:
    encoder, decoder = ([*layer.get(f"{name}_layer_sizes", (2,))] for name in ("encoder", "decoder"))
    sizes = {f"e{i}": pair for i, pair in enumerate(pairwise([n_in, *encoder]))}
    sizes |= dict.fromkeys(("pZXMean", "pZXLogStd2"), (encoder[-1], n_out))
    sizes |= {f"d{i}": pair for i, pair in enumerate(pairwise([n_out, *decoder]))}
    sizes["pXZ"] = (decoder[-1], layer.get("distribution_size") or 2 * n_in)
    return {f"{name}{kind}": {"W": i * o, "b": o}[kind] for name, (i, o) in sizes.items() for kind in "Wb"}


def state_size(
    described: Sequence[Mapping[str, Any]], lengths: Sequence[Mapping[str, int]], common: str = "SGD"
) -> int:
    """Return the length of the state view of layers whose parameters have these lengths.

    ``common`` is the updater of the network, which those have that name none.
    """
    return sum(
        STATE_ARRAYS[layer.get("updater", common)] * length
        for layer, own in zip(described, lengths, strict=True)
        for name, length in own.items()
        if name not in _STATELESS
    )
