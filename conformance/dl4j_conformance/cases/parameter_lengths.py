"""The lengths of a layer's parameters, stated apart from the oracle, and the length of a network's updater state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
            return {"b": n_out, "W": 4 * n_in * n_out}
        case "graves_lstm":
            return _lstm_lengths("", n_in, n_out)
        case "graves_bidirectional_lstm":
            return {**_lstm_lengths("F", n_in, n_out), **_lstm_lengths("B", n_in, n_out)}
        case "center_loss_output":
            return {"W": n_in * n_out, "b": n_out, "cL": n_in * n_out}
        case "variational_autoencoder":
            wide = {"e0": (n_in, 2), "pZXMean": (2, n_out), "pZXLogStd2": (2, n_out), "d0": (n_out, 2)}
            sizes = {**wide, "pXZ": (2, 2 * n_in)}
            return {f"{name}{kind}": {"W": i * o, "b": o}[kind] for name, (i, o) in sizes.items() for kind in "Wb"}
        case "auto_encoder":
            return {"W": n_in * n_out, "b": n_out, "vb": n_in}
        case "batch_normalization":
            return {"gamma": n_out, "beta": n_out, "mean": n_out, "var": n_out}
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
