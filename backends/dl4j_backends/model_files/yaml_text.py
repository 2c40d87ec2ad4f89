"""YAML as DL4J's ``toYaml`` writes it, read as JSON data; needs the extra ``yaml``."""

from __future__ import annotations

from functools import cache
from typing import Any

from dl4j_backends.bounded_json import MOST_DEPTH
from dl4j_backends.model_files.errors import ModelFileError

#: PyYAML takes a hundred times as much memory while it reads.
_MOST_BYTES = 2 << 20
_PREFIX = "tag:yaml.org,2002:"
_NULLS = ("", "null", "~")


def parse(raw: bytes) -> Any:
    """Return the data of a text of YAML: objects, arrays, strings and None.

    Numbers are strings, which configurations may have in place of numbers. What has a tag, as a layer has that of its
    type, becomes an object with the tag as its only key, as it is in JSON. Raises :class:`ModelFileError`, also for
    anchors and aliases, with which a short text can stand for an endless one.
    """
    try:
        import yaml
    except ImportError as error:
        raise ModelFileError("is YAML, for which PyYAML is needed: pip install 'dl4j-conformance[yaml]'") from error
    if len(raw) > _MOST_BYTES:
        raise ModelFileError(f"is too large for YAML: more than {_MOST_BYTES >> 20} MiB")
    try:
        return yaml.load(raw, Loader=_loader())  # noqa: S506 - it makes strings, lists and dicts only
    except yaml.YAMLError as error:
        raise ModelFileError(f"is no YAML: {' '.join(str(error).split())[:300]}") from error
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        raise ModelFileError(f"is no YAML: {error}") from error


@cache
def _loader() -> Any:
    """Return the class of what loads YAML: PyYAML's safest loader, which gives strings only, without aliases."""
    import yaml

    class Loader(yaml.BaseLoader):  # type: ignore[misc]
        depth = 0

        def compose_node(self, parent: Any, index: Any) -> Any:
            event = self.peek_event()
            if getattr(event, "anchor", None):
                raise yaml.YAMLError(f"line {event.start_mark.line + 1}: anchors and aliases are not read")
            self.depth += 1
            if self.depth > MOST_DEPTH:
                raise yaml.YAMLError(f"it is nested too deeply: {MOST_DEPTH} levels are allowed")
            node = super().compose_node(parent, index)
            self.depth -= 1
            return node

        def construct_object(self, node: Any, deep: bool = False) -> Any:
            match node:
                case yaml.ScalarNode():
                    found: Any = None if node.value in _NULLS and node.style is None else node.value
                case yaml.SequenceNode():
                    found = [self.construct_object(entry) for entry in node.value]
                case _:
                    found = self._unique(node)
            return found if node.tag.startswith(_PREFIX) else {node.tag: found or {}}

        def _unique(self, node: Any) -> dict[str, Any]:
            data: dict[str, Any] = {}
            for key, value in node.value:
                name = str(key.value)
                if name in data:
                    raise yaml.YAMLError(f"line {key.start_mark.line + 1}: the key {name[:100]!r} stands twice")
                data[name] = self.construct_object(value)
            return data

    return Loader
