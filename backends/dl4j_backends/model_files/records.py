"""The objects of DL4J's ``configuration.json``, as Jackson reads them in 0.8.0: names, types, and values where absent.

Only what the update depends on is kept. As in DL4J, other keys are passed over, a number may stand in a string, and
null is 0 where Java has a primitive type.
"""

from __future__ import annotations

import math
import reprlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, is_dataclass
from functools import partial
from operator import eq
from typing import Any, TypeVar

from cattrs import BaseValidationError, Converter
from cattrs.dispatch import StructureHook
from cattrs.errors import AttributeValidationNote, IterableValidationNote
from cattrs.gen import make_dict_structure_fn, override

from dl4j_backends.model_files.errors import ModelFileError

T = TypeVar("T")

#: The place of an object in a file, such as ``$.confs[0].layer``.
Path = str

Schedule = Mapping[int, float]


@dataclass(frozen=True)
class LayerRecord:
    """The fields of ``org.deeplearning4j.nn.conf.layers.Layer`` and its subclasses."""

    nin: int = 0
    nout: int = 0
    layer_name: str | None = None
    updater: str | None = None
    learning_rate: float = 0.0
    bias_learning_rate: float = 0.0
    learning_rate_schedule: Schedule | None = None
    momentum: float = 0.0
    momentum_schedule: Schedule | None = None
    l1: float = 0.0
    l2: float = 0.0
    l1_bias: float = 0.0
    l2_bias: float = 0.0
    rho: float = 0.0
    epsilon: float = 0.0
    rms_decay: float = 0.0
    adam_mean_decay: float = 0.0
    adam_var_decay: float = 0.0
    gradient_normalization: str | None = "None"
    gradient_normalization_threshold: float = 1.0
    kernel_size: tuple[int, ...] | None = None
    encoder_layer_sizes: tuple[int, ...] | None = None
    decoder_layer_sizes: tuple[int, ...] | None = None
    output_distribution: dict[str, Any] | None = None
    lock_gamma_beta: bool = False


@dataclass(frozen=True)
class ConfRecord:
    """The fields of ``org.deeplearning4j.nn.conf.NeuralNetConfiguration``; ``layer`` is read by itself."""

    layer: dict[str, Any] | None = None
    variables: tuple[str, ...] = ()
    learning_rate_by_param: Mapping[str, float] = field(default_factory=dict)
    l1_by_param: Mapping[str, float] = field(default_factory=dict)
    l2_by_param: Mapping[str, float] = field(default_factory=dict)
    use_regularization: bool = False
    mini_batch: bool = True
    minimize: bool = True
    num_iterations: int = 0
    optimization_algo: str | None = None
    step_function: dict[str, Any] | None = None
    learning_rate_policy: str | None = "None"
    lr_policy_decay_rate: float = 0.0
    lr_policy_power: float = 0.0
    lr_policy_steps: float = 0.0
    pretrain: bool = False


@dataclass(frozen=True)
class MultiLayerRecord:
    """The fields of ``org.deeplearning4j.nn.conf.MultiLayerConfiguration``."""

    confs: tuple[dict[str, Any], ...]
    iteration_count: int = 0


@dataclass(frozen=True)
class GraphRecord:
    """The fields of ``org.deeplearning4j.nn.conf.ComputationGraphConfiguration``."""

    vertices: Mapping[str, dict[str, Any]]
    vertex_inputs: Mapping[str, tuple[str, ...]]
    network_inputs: tuple[str, ...]
    network_outputs: tuple[str, ...]
    default_configuration: dict[str, Any]
    iteration_count: int = 0


def read_record(kind: type[T], data: Any, path: Path) -> T:
    """Return the record that an object of a file describes. Raises :class:`ModelFileError`, which names the place."""
    try:
        return _CONVERTER.structure(data, kind)
    except (BaseValidationError, ValueError) as error:
        raise _first_problem(error, path) from error


def problem(path: Path, text: str) -> ModelFileError:
    """Return the error of what stands at a place of a configuration."""
    return ModelFileError(f"{path} {text}")


def shown(value: Any) -> str:
    """Return a value of a file as a message shows it: not all of it, if it is long."""
    return reprlib.repr(value)


def whole_number(value: Any) -> int:
    """Return an int as Jackson reads it, also from a string; 0 for what is none."""
    try:
        return _int(value)
    except ValueError:
        return 0


def json_name(name: str) -> str:
    """Return the name that a field has in the file: ``learningRate`` of ``learning_rate``."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def _first_problem(error: BaseException, path: Path) -> ModelFileError:
    while isinstance(error, BaseValidationError):
        error = error.exceptions[0]
        # The outermost place was noted last.
        for note in reversed(getattr(error, "__notes__", ())):
            match note:
                case AttributeValidationNote():
                    path = f"{path}.{json_name(note.name)}"
                case IterableValidationNote():
                    path = f"{path}.{note.index}" if isinstance(note.index, str) else f"{path}[{note.index}]"
    return problem(path, "is missing" if isinstance(error, KeyError) else str(error))


@contextmanager
def _at(index: int | str) -> Iterator[None]:
    """Note the place of an error in an array or an object."""
    try:
        yield
    except ValueError as error:
        error.add_note(IterableValidationNote("", index, None))
        raise


#: What Jackson takes for doubles that JSON has no numbers for.
_NAMED = {"NaN": math.nan, "Infinity": math.inf, "INF": math.inf, "-Infinity": -math.inf, "-INF": -math.inf, "": 0.0}
_INT = range(-(1 << 31), 1 << 31)


def _double(data: Any, _: Any = float) -> float:
    """Return a Java double: a number, one in a string, or null for 0."""
    if data is None:
        return 0.0
    if isinstance(data, str) and data.strip() in _NAMED:
        return _NAMED[data.strip()]
    if isinstance(data, bool) or not isinstance(data, str | int | float):
        raise ValueError(f"must be a number, not {shown(data)}")
    try:
        return float(data)
    except (ValueError, OverflowError):
        raise ValueError(f"must be a number, not {shown(data)}") from None


def _int(data: Any, _: Any = int) -> int:
    number = _double(data)
    if math.isnan(number) or int(max(min(number, 1e18), -1e18)) not in _INT:
        raise ValueError(f"must be a number that fits a Java int, not {shown(data)}")
    return int(number)


def _bool(data: Any, _: Any = bool) -> bool:
    match data:
        case bool():
            return data
        case None | "":
            return False
        case int():
            return data != 0
        case str() if data.lower() in ("true", "false"):
            return data.lower() == "true"
    raise ValueError(f"must be true or false, not {shown(data)}")


def _text(data: Any, _: Any = str) -> str:
    if not isinstance(data, str):
        raise ValueError(f"must be a string, not {shown(data)}")
    return data


def _object(data: Any, _: Any = dict) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise ValueError(f"must be an object, not {shown(data)}")
    return data


def _array(item: StructureHook) -> StructureHook:
    def hook(data: Any, _: Any) -> tuple[Any, ...]:
        if not isinstance(data, list):
            raise ValueError(f"must be an array, not {shown(data)}")
        found = []
        for index, entry in enumerate(data):
            with _at(index):
                found.append(item(entry, None))
        return tuple(found)

    return hook


def _map(key: StructureHook, entry: StructureHook) -> StructureHook:
    def hook(data: Any, _: Any) -> Mapping[Any, Any]:
        found = {}
        for name, value in _object(data).items():
            with _at(name[:100]):
                if value is not None:
                    found[key(name, None)] = entry(value, None)
        return found

    return hook


def _record(converter: Converter, kind: type[Any]) -> StructureHook:
    """Return what reads a record: null is the type's own value where it is not an object's."""
    renamed: dict[str, Any] = {f.name: override(rename=json_name(f.name)) for f in fields(kind)}
    structured = make_dict_structure_fn(kind, converter, **renamed)
    return lambda data, as_: structured(_object(data), as_)


def _converter() -> Converter:
    converter = Converter()
    strings = _array(_text)
    doubles_by_name = _map(_text, _double)
    plain: Mapping[Any, StructureHook] = {float: _double, int: _int, bool: _bool, str: _text}
    for kind, hook in plain.items():
        converter.register_structure_hook(kind, hook)
    compound: Sequence[tuple[Any, StructureHook]] = (
        (dict[str, Any], _object),
        (tuple[int, ...], _array(_int)),
        (tuple[str, ...], lambda data, _: () if data is None else strings(data, _)),
        (tuple[dict[str, Any], ...], _array(_object)),
        (Mapping[int, float], _map(_int, _double)),
        (Mapping[str, float], lambda data, _: {} if data is None else doubles_by_name(data, _)),
        (Mapping[str, dict[str, Any]], _map(_text, _object)),
        (Mapping[str, tuple[str, ...]], _map(_text, strings)),
    )
    for kind, hook in compound:
        converter.register_structure_hook_func(partial(eq, kind), hook)
    converter.register_structure_hook_factory(is_dataclass, lambda kind: _record(converter, kind))
    return converter


_CONVERTER = _converter()
