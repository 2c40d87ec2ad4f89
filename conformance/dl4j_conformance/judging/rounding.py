"""The rounding that levels bounded and reading allow a backend: its declared accuracy as error bounds of operations."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from dl4j_backends.interface import Accuracy
from dl4j_oracle.arithmetic.error_model import ErrorBound, ErrorModel, error_model

#: The binary digits of a result that level reading wants if nothing is declared, by type: about half of the type's,
#: and those of the next smaller type.
READING_DIGITS = {"float32": 11, "float64": 24}


def bounded_model(dtype: str, accuracy: Accuracy) -> ErrorModel[ErrorBound]:
    """Return the error bounds of level bounded for networks of ``dtype``."""
    return error_model(dtype, **_operations(accuracy))


def reading_model(dtype: str, accuracy: Accuracy) -> ErrorModel[ErrorBound]:
    """Return the error bounds of level reading for networks of ``dtype``: those of bounded, with fewer digits.

    Scalars may be computed in float32.
    """
    digits = READING_DIGITS[dtype] if accuracy.reading_digits is None else accuracy.reading_digits
    return error_model(dtype, **{**_operations(accuracy), "scalars": "float32"}, digits=digits)


def _operations(accuracy: Accuracy) -> dict[str, Any]:
    return {name: value for name, value in asdict(accuracy).items() if name != "reading_digits"}
