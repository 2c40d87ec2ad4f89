"""The libraries that have counterparts of DL4J's updaters."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

from dl4j_conformance.migration import keras, optax, torch
from dl4j_conformance.migration.counterpart import Library


def _template(name: str) -> str:
    return files("dl4j_conformance.migration").joinpath("templates", f"{name}.txt").read_text(encoding="utf-8")


#: The libraries, by the names that ``suggest --to`` takes.
LIBRARIES: Mapping[str, Library] = {
    "torch": Library(
        "torch.optim",
        "torch.optim",
        _template("torch"),
        """\
        with torch.no_grad():
            for parameter in group["params"]:
                if parameter.grad is not None:
                    parameter.sub_(($terms) / batch_size)
""",
        "parameter",
        "parameter.sign()",
        torch.COUNTERPARTS,
    ),
    "optax": Library(
        "Optax",
        "optax",
        _template("optax"),
        """\
        optax.stateless(
            lambda updates, params: jax.tree.map(lambda u, w: u - ($terms), updates, params)
        ),
""",
        "w",
        "jnp.sign(w)",
        optax.COUNTERPARTS,
    ),
    "keras": Library(
        "Keras",
        "keras",
        _template("keras"),
        """\
    for variable in variables:
        variable.assign_sub(($terms) / batch_size)
""",
        "variable",
        "keras.ops.sign(variable)",
        keras.COUNTERPARTS,
    ),
}
