"""The fixtures of a folder are replaced all at once, also by a process that is killed on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import dl4j_fixtures

#: The file operations of this replacement.
_OPERATIONS = 13


class KilledError(BaseException):
    """The end of the process: nobody cleans up after it."""


def files_of(topic: str, *, most: int) -> Mapping[str, bytes]:
    return dl4j_fixtures.render({topic: list(dl4j_fixtures.load("keys"))[:most]}, {}, {})


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("operations", range(_OPERATIONS + 1))
def test_killed_on_the_way_it_leaves_all_or_nothing(
    operations: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever file operation is the last: the folder is the old one or the new one for the next who reads it."""
    folder = tmp_path / "data"
    old, new = files_of("keys", most=4), files_of("other", most=6)
    dl4j_fixtures.write(old, folder)
    left = iter(range(operations))
    monkeypatch.setattr("shutil.rmtree", lambda *_, **__: None)
    for name in ("mkdir", "write_bytes", "write_text", "rename", "replace", "unlink", "rmdir"):
        monkeypatch.setattr(Path, name, _mortal(getattr(Path, name), left))
    if operations == _OPERATIONS:
        dl4j_fixtures.write(new, folder)
    else:
        with pytest.raises(KilledError):
            dl4j_fixtures.write(new, folder)
    monkeypatch.undo()
    names = [fixture["id"] for fixture in dl4j_fixtures.load(folder=folder)]
    assert content(folder) in (old, new)
    assert len(names) == (4 if content(folder) == old else 6)
    dl4j_fixtures.write(new, folder)
    assert content(folder) == new
    assert not (tmp_path / ".data.replacement").exists()


def _mortal(operation: Callable[..., Any], left: Iterator[int]) -> Callable[..., Any]:
    def perform(*arguments: Any, **named: Any) -> Any:
        if next(left, None) is None:
            raise KilledError
        return operation(*arguments, **named)

    return perform


def test_what_fails_is_cleaned_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "data"
    old = files_of("keys", most=4)
    dl4j_fixtures.write(old, folder)

    def full(path: Path, content: str, encoding: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space left"):
        dl4j_fixtures.write(files_of("other", most=6), folder)
    monkeypatch.undo()
    assert content(folder) == old
    assert list(tmp_path.iterdir()) == [folder]


def test_only_what_changed_is_written_and_permissions_stay(tmp_path: Path) -> None:
    files = files_of("keys", most=4)
    dl4j_fixtures.write(files, tmp_path / "data")
    changed, same = (tmp_path / "data" / name for name in ("manifest.json", "kills.json"))
    before = same.stat().st_ino
    changed.chmod(0o600)
    dl4j_fixtures.write({**files, "manifest.json": b"{}"}, tmp_path / "data")
    assert changed.read_bytes() == b"{}"
    assert changed.stat().st_mode & 0o777 == 0o600
    assert same.stat().st_ino == before
