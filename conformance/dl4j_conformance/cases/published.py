"""Writes the operations and the methods of sessions into the schemas and pages that show them.

``python -m dl4j_conformance.cases.published`` does so in a checkout; a test holds them together.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Self, get_args, get_origin, get_type_hints

from dl4j_backends.interface import AnySession, Search
from dl4j_conformance.cases.operations import OPERATIONS, Operation
from dl4j_conformance.cases.values import Floats

#: The requests that are no methods of sessions.
_BEFORE = ("hello", "open")
_AFTER = ("blocks", "update_blocks", "close", "environment", "java_math", "time")

_MARK = re.compile(r"(<!-- (\w+), written by .*? -->\n).*?(<!-- end -->)", re.DOTALL)


def published(root: Path) -> dict[Path, str]:
    """Return the files of a checkout that show operations, as they should be."""
    fixtures = root / "fixtures/dl4j_fixtures/schema/fixtures.schema.json"
    requests = root / "backends/dl4j_backends/stdio/schema/requests.schema.json"
    pages = [root / "docs" / name for name in ("backends.md", "fixtures.md", "protocol.md")]
    ops = json.dumps([*_BEFORE, *_requests(), *_AFTER])
    asked = re.sub(r'("op": \{"enum": )\[.*?\]', lambda found: found[1] + ops, _text(requests))
    return {
        fixtures: _with_alternatives(_text(fixtures), "operation", map(_operation_schema, OPERATIONS.values())),
        requests: _with_alternatives(asked, "session_request", map(_request_schema, _requests().values())),
        root / "fixtures/dl4j_fixtures/schema/trace.schema.json": _trace_schema(json.loads(asked)["$defs"]),
        **{page: _MARK.sub(_part, _text(page)) for page in pages},
    }


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _requests() -> dict[str, Callable[..., Any]]:
    """Return the methods of a session that are requests of the protocol, by name."""
    methods = inspect.getmembers(AnySession, inspect.isfunction)
    lines = {name: method.__code__.co_firstlineno for name, method in methods}
    return {name: method for name, method in sorted(methods, key=lambda m: lines[m[0]]) if _is_request(name)}


def _is_request(name: str) -> bool:
    return not name.startswith("_") and name not in _AFTER


def _with_alternatives(text: str, name: str, schemas: Iterator[dict[str, Any]]) -> str:
    """Return a schema file in which the definition ``name`` has these alternatives, each on a line."""
    lines = ",\n".join(f"        {json.dumps(schema, ensure_ascii=False)}" for schema in schemas)
    begin = f'    "{name}": {{\n      "oneOf": [\n'
    start = text.index(begin) + len(begin)
    return f"{text[:start]}{lines}\n{text[text.index('      ]', start) :]}"


def _trace_schema(requests: Mapping[str, Any]) -> str:
    """Return the schema of a line of a trace (docs/trace.md): its network and values are those of ``requests``."""
    of_settings = ("network", "topology", "conf", "layer", "settings", "setting", "sizes", "by_param", "schedule")
    names = (*of_settings, "params", "values", "double", "int")
    shared = {name: requests["hex" if name == "values" else name] for name in names}
    shared["arrays"] = {**requests["params"], "description": "By parameter key"}
    shared["doubles"] = {"type": "object", "additionalProperties": _DOUBLE}
    first = {
        "description": "The first line. Other fields, such as the version of Java, are for people",
        "required": ["trace", "network"],
        "properties": {"trace": {"description": "The version of the format", "const": 1}, "network": _ref("network")},
    }
    iteration = {
        "description": "An iteration: the gradients, then what was recorded after it. An absent field is not judged",
        "required": ["iteration", "batch_size", "gradients"],
        "anyOf": [{"required": [name]} for name in ("updates", "params", "state", "learning_rates", "momentum")],
        "properties": {
            "trace": False,
            "iteration": {"description": "One more than that of the line before", **_ref("int")},
            "batch_size": _ref("int"),
            "score": {"description": "Needed under policy Score", **_DOUBLE},
            "gradients": {"description": "In DL4J's order", **_ref("arrays")},
            "updates": {"description": "The gradients, as the updater left them", **_ref("arrays")},
            "params": {"description": "After the step", **_ref("arrays")},
            "state": {"description": "The state view; null if there is none", "anyOf": [_VALUES, {"type": "null"}]},
            "learning_rates": {"description": "By parameter key", **_ref("doubles")},
            "momentum": {"description": "By layer", **_ref("doubles")},
        },
    }
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://dl4j-conformance.invalid/schema/trace.schema.json",
        "title": "A line of the trace of a training run",
        "type": "object",
        "oneOf": [first, iteration],
        "$defs": shared,
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def _operation_schema(kind: type[Operation]) -> dict[str, Any]:
    """Return the schema of an operation's JSON form, from its fields."""
    hints = get_type_hints(kind, include_extras=True)
    named = {field.name: _schema(hints[field.name]) for field in fields(kind)}  # type: ignore[arg-type]
    required = [field.name for field in fields(kind) if field.default is MISSING]  # type: ignore[arg-type]
    return _object({"op": {"const": kind.op}, **named}, ["op", *required], _doc(kind))


def _request_schema(method: Callable[..., Any]) -> dict[str, Any]:
    """Return the schema of a request, from the parameters of a session's method."""
    hints = get_type_hints(method)
    session = {"$ref": "#/$defs/session"}
    new = {"as": {"description": "The number of the new session", **session}} if hints["return"] is Self else {}
    parameters = list(inspect.signature(method).parameters.values())[1:]
    named = {
        parameter.name: _BY_KEY if parameter.name == "params" else _schema(hints[parameter.name], _IN_REQUESTS)
        for parameter in parameters
    }
    required = [parameter.name for parameter in parameters if parameter.default is parameter.empty]
    properties = {"op": {"const": method.__name__}, "session": session, **new, **named}
    return {
        "description": _doc(method),
        "required": ["session", *new, *required],
        "properties": properties,
    }


_VALUES, _DOUBLE = {"$ref": "#/$defs/values"}, {"$ref": "#/$defs/double"}
_NUMBER = {"type": "integer", "minimum": 0}
#: Parameters by key, as ``open`` has them. Gradients are in an order, which counts.
_BY_KEY = {"$ref": "#/$defs/params"}
_IN_SCRIPTS: Mapping[Any, dict[str, Any]] = {
    int: _NUMBER,
    tuple[int, ...]: {"type": "array", "items": _NUMBER},
    Mapping[str, Floats]: {"description": "In this order", "type": "object", "additionalProperties": _VALUES},
}
_IN_REQUESTS: Mapping[Any, dict[str, Any]] = {
    int: {"$ref": "#/$defs/int"},
    Mapping[str, Floats]: {"$ref": "#/$defs/gradients"},
    Any: {"$ref": "#/$defs/session"},
    Sequence[Any]: {"type": "array", "items": {"$ref": "#/$defs/session"}},
}
_ANYWHERE: Mapping[Any, dict[str, Any]] = {
    bool: {"type": "boolean"},
    str: {"type": "string"},
    float: _DOUBLE,
    Floats: _VALUES,
}


def _schema(kind: Any, own: Mapping[Any, dict[str, Any]] = _IN_SCRIPTS) -> dict[str, Any]:
    if kind in own:
        return own[kind]
    if kind in _ANYWHERE:
        return _ANYWHERE[kind]
    if get_origin(kind) is Annotated:
        return {"type": "integer"}
    if NoneType in get_args(kind):
        return _schema(get_args(kind)[0], own)
    if get_origin(kind) is tuple:
        return {"type": "array", "items": _schema(get_args(kind)[0], own)}
    if kind is Search:
        hints = get_type_hints(kind)
        required = [field.name for field in fields(kind) if field.default is MISSING]
        return _object({name: _schema(hint, own) for name, hint in hints.items()}, required, _doc(kind))
    raise TypeError(f"no schema is known for fields of type {kind!r}")


def _object(properties: dict[str, Any], required: list[str], description: str) -> dict[str, Any]:
    return {
        "description": description,
        "type": "object",
        "required": required,
        "additionalProperties": False,
        "properties": properties,
    }


def _part(found: re.Match[str]) -> str:
    """Return the marked part of a page, written anew."""
    rows = {"operations": _operation_rows, "methods": _method_rows, "requests": _request_rows}[found[2]]()
    return "\n".join((found[1].rstrip(), *rows, found[3]))


def _operation_rows() -> Iterator[str]:
    yield "| operation | fields | meaning |"
    yield "| --- | --- | --- |"
    for op, kind in OPERATIONS.items():
        names = ", ".join(f"`{field.name}`" for field in fields(kind))  # type: ignore[arg-type]
        yield f"| `{op}` | {names} | {_doc(kind, quote='`')} |"


def _method_rows() -> Iterator[str]:
    yield "| method | meaning |"
    yield "| --- | --- |"
    for name, method in _requests().items():
        parameters = ", ".join(list(inspect.signature(method).parameters)[1:])
        yield f"| `{name}({parameters})` | {_doc(method, quote='`')} |"


def _request_rows() -> Iterator[str]:
    yield "| request | fields besides `session` | meaning |"
    yield "| --- | --- | --- |"
    for name, method in _requests().items():
        properties = list(_request_schema(method)["properties"])[2:]
        yield f"| `{name}` | {', '.join(f'`{field}`' for field in properties)} | {_doc(method, quote='`')} |"


def _doc(documented: object, quote: str = "") -> str:
    """Return a docstring in one line, its names in quotes."""
    text = re.sub(r":\w+:`([^`]*)`", r"``\1``", inspect.getdoc(documented) or "")
    return " ".join(text.split()).replace("``", quote)


def main() -> None:
    """Write the files of the checkout that this module lies in."""
    for path, text in published(Path(__file__).parents[3]).items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
