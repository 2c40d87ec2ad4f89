"""The changes between two sets of fixtures, from their manifests: the changelog of fixtures."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dl4j_fixtures
from dl4j_conformance.cases.values import DTYPES
from dl4j_fixtures import FixtureError

_IN_REPOSITORY = "fixtures/dl4j_fixtures/data/manifest.json"

Manifest = Mapping[str, Any]
#: Hashes of cases by topic, without the type, and id.
_Topics = dict[str, dict[str, str]]


@dataclass(frozen=True)
class TopicChanges:
    """The cases of a topic that were added, changed and removed, by id."""

    topic: str
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]


def read_manifest(source: str) -> Manifest:
    """Return the manifest of a file, of a folder, or of a git revision of the repository around the current folder.

    Raises :class:`dl4j_fixtures.FixtureError`.
    """
    path = Path(source)
    if path.is_dir():
        return dl4j_fixtures.manifest(path)
    if path.is_file():
        return dl4j_fixtures.read_manifest(dl4j_fixtures.read(path), path)
    where = f"{source}:{_IN_REPOSITORY}"
    command = ["git", "show", "--end-of-options", f"{source}:./{_IN_REPOSITORY}"]
    try:
        done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - git, with a revision
    except (OSError, ValueError) as error:
        raise FixtureError(f"{source}: is no file, and git cannot be asked for a revision: {error}") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise FixtureError(f"{source}: is neither a file, a folder nor a revision of a checkout here: {said}")
    return dl4j_fixtures.read_manifest(done.stdout, Path(where))


def changes(old: Manifest, new: Manifest) -> list[TopicChanges]:
    """Return the topics in which the cases differ, in the order of the new manifest; removed topics come last."""
    before, after = _topics(old), _topics(new)
    found = []
    for topic in dict.fromkeys((*after, *before)):
        a, b = before.get(topic, {}), after.get(topic, {})
        added, removed = tuple(id_ for id_ in b if id_ not in a), tuple(id_ for id_ in a if id_ not in b)
        changed = tuple(id_ for id_ in b if id_ in a and a[id_] != b[id_])
        if added or changed or removed:
            found.append(TopicChanges(topic, added, changed, removed))
    return found


def _topics(manifest: Manifest) -> _Topics:
    topics: _Topics = {}
    for entry in manifest["files"].values():
        topics.setdefault(entry["topic"], {}).update(entry["cases"])
    return topics


def markdown(old: Manifest, new: Manifest, found: Iterable[TopicChanges]) -> Iterator[str]:
    """Yield the lines of the changelog's entry."""
    yield f"## {dl4j_fixtures.version(new)}"
    yield ""
    yield f"Changes of the fixtures since {dl4j_fixtures.version(old)}:"
    yield ""
    nothing = True
    for topic in found:
        for word, ids in (("added", topic.added), ("changed", topic.changed), ("removed", topic.removed)):
            if ids:
                nothing = False
                yield f"- {topic.topic}: {len(ids)} {word}: {', '.join(_folded(ids))}"
    if nothing:
        yield "- none"


def _folded(ids: Iterable[str]) -> list[str]:
    """Return ids, those of both types as one without the type."""
    types: dict[str, list[str]] = {}
    for id_ in ids:
        stem, _, dtype = id_.rpartition("-")
        types.setdefault(stem, []).append(dtype)
    return [
        name
        for stem, of in types.items()
        for name in ([stem] if sorted(of) == sorted(DTYPES) else [f"{stem}-{dtype}" for dtype in of])
    ]


def least_release(old: Manifest, found: Iterable[TopicChanges]) -> str:
    """Return the lowest release, by Semantic Versioning, that fixtures with these changes since ``old`` may have."""
    topics = list(found)
    major, minor, patch = map(int, dl4j_fixtures.release(old).split("."))
    if any(topic.changed or topic.removed for topic in topics):
        return f"{major + 1}.0.0"
    return f"{major}.{minor + 1}.0" if topics else f"{major}.{minor}.{patch}"


def is_below(release: str, least: str) -> bool:
    """Return whether a release is lower than another."""
    return [*map(int, release.split("."))] < [*map(int, least.split("."))]
