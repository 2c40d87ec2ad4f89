"""Cases of the parameters of each layer type: place, updater, learning rate and coefficients.

Layers have many parameters, so their numbers are multiples of 1/8, whose sums and products are short in every file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.handwritten.sketch import Sketch, Step
from dl4j_conformance.cases.parameter_lengths import parameter_lengths

#: Different for weights and biases, so that every update shows which a parameter gets.
_COEFFICIENTS = {
    "learning_rate": 0.5,
    "bias_learning_rate": 0.125,
    "l1": 0.0625,
    "l2": 0.25,
    "l1_bias": 0.03125,
    "l2_bias": 0.5,
}

#: Per type its sizes, clause, and what is to be seen.
_TYPES = {
    "embedding": (2, 1, "PARAM-1", "An embedding layer is as a dense one."),
    "convolution": (1, 1, "PARAM-2", "The bias comes before the weights."),
    "graves_lstm": (1, 1, "PARAM-3", "Recurrent weights are weights: the layer's rate, l1 and l2."),
    "graves_bidirectional_lstm": (1, 1, "PARAM-4", "Forward, then backward; bF and bB are biases."),
    "center_loss_output": (2, 1, "PARAM-5", "The centres are neither updated nor penalised, only divided by B."),
    "variational_autoencoder": (1, 1, "PARAM-6", "What ends with b is a bias."),
    "batch_normalization": (0, 2, "PARAM-7", "gamma and beta learn at the layer's rate; nothing is penalised."),
}


def _layer(layer_type: str, updater: str, **settings: Any) -> dict[str, Any]:
    n_in, n_out, _, _ = _TYPES[layer_type]
    sizes = {"n_in": n_in, "n_out": n_out} if n_in else {"n_out": n_out}
    return {"type": layer_type, **sizes, "updater": updater, **settings}


def _eighths(layers: Sequence[Mapping[str, Any]], salt: int, *only: str) -> dict[str, tuple[float, ...]]:
    """Return odd multiples of 1/8 for every parameter, or for some."""
    lengths = {
        f"{i}_{name}": length for i, layer in enumerate(layers) for name, length in parameter_lengths(layer).items()
    }
    return {
        key: tuple((2 * ((5 * i + 3 * (salt + number)) % 8) - 7) / 8 for i in range(length))
        for number, (key, length) in enumerate(lengths.items())
        if not only or key in only
    }


def _sketch(
    slug: str,
    comment: str,
    clauses: Sequence[str],
    layers: Sequence[Mapping[str, Any]],
    only: Sequence[str] = (),
    conf: Mapping[str, Any] | None = None,
) -> Sketch:
    """Return a case with one update of these parameters' gradients, or of all."""
    step = Step(_eighths(layers, 1, *only), batch_size=2, only=True)
    settings = {"use_regularization": True, **(conf or {})}
    return Sketch(slug, comment, clauses, layers, [step], settings, _eighths(layers, 0))


def _tables() -> Iterator[Sketch]:
    """Yield each layer type with every gradient; the rates decay by themselves."""
    for layer_type, (_, _, clause, comment) in _TYPES.items():
        yield _sketch(
            f"{layer_type.replace('_', '-')}-table",
            comment,
            (clause, "LAYER-5", "STATE-2"),
            [_layer(layer_type, "NESTEROVS", momentum=0.5, **_COEFFICIENTS)],
            conf={"lr_policy": "Exponential", "lr_policy_decay_rate": 0.5},
        )


def _parts() -> Iterator[Sketch]:
    """Yield each layer type with some gradients only: the part of the state that changes shows the order."""
    for layer_type, updater, only in (
        ("convolution", "ADAGRAD", ("0_b",)),
        ("convolution", "RMSPROP", ("0_b",)),
        ("graves_lstm", "ADAGRAD", ("0_b",)),
        ("graves_lstm", "RMSPROP", ("0_RW",)),
        ("graves_bidirectional_lstm", "ADAGRAD", ("0_bF",)),
        ("graves_bidirectional_lstm", "RMSPROP", ("0_bF",)),
        ("center_loss_output", "SGD", ("0_cL", "0_b")),
        ("center_loss_output", "ADAM", ("0_cL",)),
        ("variational_autoencoder", "SGD", ("0_e0b", "0_d0W", "0_pXZb")),
        ("variational_autoencoder", "NONE", ("0_pZXMeanb", "0_d0b")),
    ):
        yield _sketch(
            f"{layer_type.replace('_', '-')}-part-{updater.lower()}",
            "Only what has a gradient changes.",
            (_TYPES[layer_type][2], "STATE-1"),
            [_layer(layer_type, updater, epsilon=0.25, **_COEFFICIENTS)],
            only,
        )


def _statistics() -> Iterator[Sketch]:
    """Yield ``mean`` and ``var``: normalised like ``gamma`` and ``beta``, and nothing else."""
    zeros = {"0_mean": (0.0, 0.0), "0_var": (0.0, 0.0)}
    for updater in ("SGD", "ADAM"):
        layers = [_layer("batch_normalization", updater, **_COEFFICIENTS)]
        yield Sketch(
            f"statistics-become-nan-{updater.lower()}",
            "Backpropagation gives running mean and variance zeros, which RenormalizeL2PerParamType makes NaN.",
            ("PARAM-7", "NORM-3"),
            layers,
            [Step({**_eighths(layers, 1), **zeros}, batch_size=2)],
            {"gradient_normalization": "RenormalizeL2PerParamType", "use_regularization": True},
            _eighths(layers, 0),
            quirks=(19,),
        )
    layers = [_layer("batch_normalization", "SGD", gradient_normalization="ClipL2PerLayer")]
    yield Sketch(
        "statistics-count-in-the-norm",
        "Running mean and variance count in the layer's norm, and are clipped with the others.",
        ("PARAM-7", "NORM-5"),
        layers,
        [Step({**zeros, "0_gamma": (3.0, 0.0), "0_beta": (0.0, 0.0), "0_mean": (0.0, 4.0)})],
        params=_eighths(layers, 0),
    )


def cases() -> Iterator[Case]:
    """Yield the cases of this topic."""
    for sketches in (_tables(), _parts(), _statistics()):
        for sketch in sketches:
            yield from sketch.cases()
