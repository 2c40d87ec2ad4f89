"""An overview of a model as text for people, line by line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dl4j_conformance.cases.values import decimal_of
from dl4j_conformance.models.overview import LayerOverview, ModelOverview, SettingInForce, StatePart

_NOT_FILLED = (
    "DL4J's build would not leave the settings so: the file is of a version before 0.8.0, or was changed.",
    "Nothing is filled when it is loaded.",
)


def lines_of(found: ModelOverview) -> Iterator[str]:
    """Yield the lines of an overview."""
    counts = (
        _counted(found.parameter_count, "parameters", is_there=found.has_parameters),
        _counted(found.state_size, "values of updater state", is_there=found.has_state),
    )
    yield f"{found.kind}, {len(found.layers)} layers, {found.dtype}: {'; '.join(counts)}"
    yield f"iteration count {found.iteration_count}: the next update is that of iteration {found.iteration_count}"
    if not found.is_filled:
        yield from _NOT_FILLED
    yield ""
    yield "settings of the network"
    yield from _settings(found.settings)
    for layer in found.layers:
        yield ""
        yield from _layer(layer)
    if found.state:
        yield ""
        yield "state of the updaters"
        yield from _table(["", "place", "minimum", "maximum", "mean", "zeros"], map(_state_row, found.state))


def _counted(count: int, what: str, *, is_there: bool) -> str:
    return f"{count:,} {what}" + ("" if is_there or not count else " (not in the file)")


def _layer(layer: LayerOverview) -> Iterator[str]:
    named = f" {layer.name!r}" if layer.name and layer.name != layer.layer else ""
    sizes = "".join(f", {name} {size}" for name, size in (("n_in", layer.n_in), ("n_out", layer.n_out)) if size)
    yield f"layer {layer.layer}: {layer.type}{named}{sizes}" + ("" if layer.parameters else ", without parameters")
    yield from _settings(layer.settings)
    rows = [
        [
            f"  {p.key}",
            " x ".join(map(str, p.shape)),
            p.updater,
            decimal_of(p.learning_rate),
            decimal_of(p.l1),
            decimal_of(p.l2),
        ]
        for p in layer.parameters
    ]
    if rows:
        yield from _table(["", "shape", "updater", "learning rate", "l1", "l2"], rows)


def _settings(settings: Sequence[SettingInForce]) -> Iterator[str]:
    width = max((len(setting.name) for setting in settings), default=0)
    for setting in settings:
        yield f"  {setting.name:<{width}}  {_value(setting.value)}  ({setting.source})"


def _value(value: object) -> str:
    match value:
        case dict():
            return ", ".join(f"{key}: {entry}" for key, entry in value.items()) or "none"
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)


def _state_row(part: StatePart) -> list[str]:
    place = [f"  {part.key} {part.name}", f"{part.start} to {part.stop - 1}"]
    if part.values is None:
        return [*place, "", "", "", ""]
    numbers = (part.values.minimum, part.values.maximum, part.values.mean)
    shown = ["-" if number is None else f"{number:.6g}" for number in numbers]
    zeros = f"{part.values.zeros}" + (f", {part.values.not_finite} not finite" if part.values.not_finite else "")
    return [*place, *shown, zeros]


def _table(head: Sequence[str], rows: Iterator[list[str]] | Sequence[list[str]]) -> Iterator[str]:
    yield from aligned([head, *rows])


def aligned(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table whose columns are as wide as what stands in them."""
    every = [list(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*every, strict=True)]
    for row in every:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
