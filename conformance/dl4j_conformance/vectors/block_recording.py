"""Recordings of DL4J 0.9.1 and 1.0.0-M2.1: JSON lines ``{"version": ..., "case": input, "dl4j": what it printed}``.

Everything that a line holds is read, and what is not known is refused.
"""

from __future__ import annotations

import reprlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dl4j_backends.bits import ValuesError, double_of_hex
from dl4j_backends.block_interface import BLOCK_VERSIONS, BlockNetwork, BlockPlace, BlockStep
from dl4j_backends.interface import Dl4jException, Failure
from dl4j_conformance.cases.block_case import BlockCase
from dl4j_conformance.cases.json_form import CaseError
from dl4j_conformance.cases.values import DL4J_DTYPES, Floats, from_hex
from dl4j_conformance.execution.block_outcome import Doubles, RecordedOutcome, RecordedStep
from dl4j_conformance.execution.block_session import OracleBlockBackend
from dl4j_conformance.vectors.json_lines import UnreadableFileError, json_lines
from dl4j_oracle.errors import ConfigurationError
from dl4j_oracle.suggestion import did_you_mean

_FORMS = ("flat", "map")


@dataclass(frozen=True, eq=False)
class BlockRecording:
    """A network, the steps that it made, and what DL4J printed of them."""

    id: str
    network: BlockNetwork
    steps: tuple[BlockStep, ...]
    #: None if they were not recorded.
    blocks: tuple[BlockPlace, ...] | None
    initial_state: Floats | None
    recorded: tuple[RecordedStep, ...]
    #: The exception of the construction.
    failure: Failure | None

    @property
    def case(self) -> BlockCase:
        """The network and its steps, as a case."""
        return BlockCase(self.id, self.network, self.steps)

    @property
    def outcome(self) -> RecordedOutcome:
        """Whatever was recorded of the case."""
        return RecordedOutcome(self.failure, self.blocks, self.initial_state, self.recorded)


def is_block_recording(path: Path) -> bool:
    """Return whether a file begins with a record of a version of DL4J, other than 0.8.0."""
    try:
        return bool(next(json_lines(path), (0, {}))[1].get("version", "0.8.0") != "0.8.0")
    except UnreadableFileError:
        return False


def read_block_recordings(path: Path) -> Iterator[BlockRecording]:
    """Yield the networks of a recording. Raises :class:`UnreadableFileError` with file, line and place."""
    for number, record in json_lines(path):
        try:
            yield read_block_record(record)
        except (CaseError, ValuesError, ConfigurationError) as error:
            raise UnreadableFileError(f"{path}:{number}: {error}") from error


def read_block_record(record: Mapping[str, Any]) -> BlockRecording:
    """Return the network of one record. Raises CaseError, ValuesError and ConfigurationError."""
    _object(record, "record", ("version", "case", "dl4j"), ("version", "case", "dl4j"))
    version = record["version"]
    if version not in BLOCK_VERSIONS:
        raise CaseError(f"version: must be one of {', '.join(BLOCK_VERSIONS)}, not {reprlib.repr(version)}")
    seen = _object(record["dl4j"], "dl4j", ("id", "blocks", "initial_state", "steps", "error", "message"), ())
    failure = _failure(seen, "dl4j")
    # Of a network that DL4J refuses neither parameters nor steps are needed.
    case = _object(record["case"], "case", _CASE, _CASE[: 4 if failure else 6])
    network = _read_network(case, version)
    steps = () if failure else tuple(_read_steps(case["steps"], network))
    recorded = tuple(
        _read_recorded(one, f"dl4j.steps[{i}]", network.dtype)
        for i, one in enumerate(_array(seen.get("steps", []), "dl4j.steps"))
    )
    if not failure and len(recorded) != len(steps):
        raise CaseError(f"dl4j.steps: has {len(recorded)} steps, needs {len(steps)}")
    blocks, initial = seen.get("blocks"), seen.get("initial_state")
    return BlockRecording(
        _text(case["id"], "case.id"),
        network,
        steps,
        None if blocks is None else tuple(_read_blocks(blocks)),
        None if seen.get("initial_state") is None else _bits(initial, "dl4j.initial_state", network.dtype),
        recorded,
        failure,
    )


_CASE = ("id", "dtype", "conf", "layers", "params", "steps", "gradient")
_PLACES = tuple(BlockPlace.__annotations__)


def _read_network(case: Mapping[str, Any], version: str) -> BlockNetwork:
    dtype = DL4J_DTYPES.get(_text(case["dtype"], "case.dtype"))
    if dtype is None:
        raise CaseError(f"case.dtype: must be one of {', '.join(DL4J_DTYPES)}, not {reprlib.repr(case['dtype'])}")
    form = case.get("gradient")
    if form is not None and form not in _FORMS:
        raise CaseError(f"case.gradient: must be one of {', '.join(_FORMS)}, not {reprlib.repr(form)}")
    network = BlockNetwork(
        version,
        dtype,
        _mapping(case["conf"], "case.conf"),
        [_mapping(layer, f"case.layers[{i}]") for i, layer in enumerate(_array(case["layers"], "case.layers"))],
        _arrays(case.get("params", {}), "case.params", dtype),
        form or "own",
    )
    _check(network)
    return network


def _read_steps(data: Any, network: BlockNetwork) -> Iterator[BlockStep]:
    own = () if network.gradient == "own" else ("own_gradients",)
    counts = ("iteration", "batch_size") if network.version == "0.9.1" else ("iteration", "epoch", "batch_size")
    names = (*counts, "gradients", *own)
    for i, one in enumerate(_array(data, "case.steps")):
        where = f"case.steps[{i}]"
        step = _object(one, where, names, names)
        numbers = {name: _int(step[name], f"{where}.{name}") for name in counts}
        arrays = {name: _gradients(step[name], f"{where}.{name}", network) for name in ("gradients", *own)}
        yield BlockStep(numbers["iteration"], numbers.get("epoch", 0), numbers["batch_size"], **arrays)


def _check(network: BlockNetwork) -> None:
    """Raise ConfigurationError unless the parts of a network fit together; DL4J may refuse it all the same."""
    try:
        OracleBlockBackend().open(network)
    except Dl4jException:
        return
    except ConfigurationError as error:
        raise ConfigurationError(f"case.{error.where}", error.problem) from error


def _gradients(data: Any, where: str, network: BlockNetwork) -> Mapping[str, Floats]:
    """Return gradients that have a value for every value of the parameters. Raises CaseError for others."""
    arrays = _arrays(data, where, network.dtype)
    for key, array in network.params.items():
        if key not in arrays:
            raise CaseError(f"{where}.{key}: missing: what the flat array holds there is not recorded")
        if len(arrays[key]) != len(array):
            raise CaseError(f"{where}.{key}: has {len(arrays[key])} values, needs {len(array)}")
    for key in arrays:
        if key not in network.params:
            raise CaseError(f"{where}.{key}: no such parameter; the network has {', '.join(network.params)}")
    return arrays


def _read_recorded(data: Any, where: str, dtype: str) -> RecordedStep:
    doubles = ("learning_rates", "momentum", "updater_learning_rates")
    known = ("updates", "own_gradients_after", "state", *doubles, "error", "message")
    step = _object(data, where, known, ())
    rates, momentum, of_updaters = (
        None if step.get(name) is None else _doubles(step[name], f"{where}.{name}") for name in doubles
    )
    updates, own = (
        None if step.get(name) is None else _arrays(step[name], f"{where}.{name}", dtype)
        for name in ("updates", "own_gradients_after")
    )
    state = None if step.get("state") is None else _bits(step["state"], f"{where}.state", dtype)
    return RecordedStep(updates, state, rates, momentum, of_updaters, own, _failure(step, where))


def _read_blocks(data: Any) -> Iterator[BlockPlace]:
    for i, one in enumerate(_array(data, "dl4j.blocks")):
        where = f"dl4j.blocks[{i}]"
        block = _object(one, where, _PLACES, _PLACES)
        params = tuple(_text(key, f"{where}.params") for key in _array(block["params"], f"{where}.params"))
        offsets = (_int(block[name], f"{where}.{name}") for name in _PLACES[2:])
        yield BlockPlace(params, _text(block["updater"], f"{where}.updater"), *offsets)


def _failure(data: Mapping[str, Any], where: str) -> Failure | None:
    """Return a recorded exception: the simple name of its class, and its message."""
    if data.get("error") is None:
        return None
    message = data.get("message")
    name = _text(data["error"], f"{where}.error").rpartition(".")[2]
    return Failure(name, "" if message is None else _text(message, f"{where}.message"))


def _object(data: Any, where: str, known: Collection[str], needed: Collection[str]) -> Mapping[str, Any]:
    """Return a JSON object with ``known`` keys alone, and all of those that are ``needed``. Raises CaseError."""
    found = _mapping(data, where)
    for key in found:
        if key not in known:
            hint = did_you_mean(key, known, f"known keys are {', '.join(known)}")
            raise CaseError(f"{where}.{key}: unknown key; {hint}")
    for key in needed:
        if key not in found:
            raise CaseError(f"{where}.{key}: missing")
    return found


def _mapping(data: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise CaseError(f"{where}: must be an object, not {reprlib.repr(data)}")
    return data


def _array(data: Any, where: str) -> list[Any]:
    if not isinstance(data, list):
        raise CaseError(f"{where}: must be an array, not {reprlib.repr(data)}")
    return data


def _text(data: Any, where: str) -> str:
    if not isinstance(data, str):
        raise CaseError(f"{where}: must be a string, not {reprlib.repr(data)}")
    return data


def _int(data: Any, where: str) -> int:
    # For the last int DL4J's updates do not return.
    if isinstance(data, bool) or not isinstance(data, int) or not -(1 << 31) <= data < (1 << 31) - 1:
        raise CaseError(f"{where}: must be an integer from -2^31 to 2^31 - 2, not {reprlib.repr(data)}")
    return data


def _bits(data: Any, where: str, dtype: str) -> Floats:
    try:
        return from_hex(data, dtype)
    except ValuesError as error:
        raise CaseError(f"{where}: {error}") from error


def _arrays(data: Any, where: str, dtype: str) -> dict[str, Floats]:
    return {key: _bits(bits, f"{where}.{key}", dtype) for key, bits in _mapping(data, where).items()}


def _doubles(data: Any, where: str) -> Doubles:
    if isinstance(data, list):
        return [_double(value, f"{where}[{i}]") for i, value in enumerate(data)]
    return {key: _double(value, f"{where}.{key}") for key, value in _mapping(data, where).items()}


def _double(data: Any, where: str) -> float | None:
    try:
        return None if data is None else double_of_hex(data)
    except ValuesError as error:
        raise CaseError(f"{where}: {error}") from error
