"""Numbers that stand on a command line: arrays, and schedules."""

from __future__ import annotations

from collections.abc import Mapping

import click
import numpy as np

from dl4j_conformance.cases.values import Floats, ValuesError, from_decimal, from_hex


def read_array(text: str, dtype: str, option: str) -> Floats:
    """Return comma-separated numbers as a 1-D array of ``dtype``: each rounded once; hex is taken as bits.

    Raises :class:`click.UsageError`.
    """
    values = []
    for part in text.replace(" ", "").split(","):
        try:
            values.append(from_hex([part[2:]], dtype)[0] if part.startswith("0x") else from_decimal(part, dtype))
        except (ValueError, ValuesError) as error:
            raise click.UsageError(f"{option}: {part!r} is not a number: {error}") from error
    return np.array(values)


def read_params(text: str | None, length: int, dtype: str, option: str) -> Floats:
    """Return a parameter's values (1-D, of ``dtype``), zeros if none are given. Raises :class:`click.UsageError`."""
    array = np.zeros(length, dtype) if text is None else read_array(text, dtype, option)
    if len(array) != length:
        raise click.UsageError(f"{option}: {len(array)} values for {length} gradients")
    return array


def read_schedule(text: str, option: str) -> Mapping[str, float]:
    """Return the values of a schedule by iteration, as cases have it. Raises :class:`click.UsageError`."""
    schedule = {}
    for part in text.split(","):
        iteration, _, value = part.partition(":")
        try:
            schedule[str(int(iteration))] = float(value)
        except ValueError:
            raise click.UsageError(f"{option}: {part!r} is not ITERATION:VALUE") from None
    return schedule
