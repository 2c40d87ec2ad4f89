"""Addresses: what they resolve to, and what is said when they do not."""

from __future__ import annotations

import pytest

from dl4j_backends.addresses import UnknownAddressError, resolve
from dl4j_backends.interface import BackendUnavailableError
from dl4j_backends.numpy import NumpyBackend


def test_numpy() -> None:
    assert isinstance(resolve("numpy"), NumpyBackend)


@pytest.mark.parametrize("object_name", ["NumpyBackend", "NUMPY"])
def test_python_class_or_object(object_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import dl4j_backends.numpy as module

    monkeypatch.setattr(module, "NUMPY", NumpyBackend(), raising=False)
    assert resolve(f"python:dl4j_backends.numpy:{object_name}").name == "numpy"


@pytest.mark.parametrize("address", ["", "nump", "numpy:x", "python:", "python:module", "python:a:b:c", "python::b"])
def test_malformed(address: str) -> None:
    with pytest.raises(UnknownAddressError, match="unknown backend"):
        resolve(address)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("python:no_such_module:X", "ModuleNotFoundError"),
        ("python:math:no_such_name", "AttributeError"),
        ("python:fractions:Fraction", "has no `name`"),
    ],
)
def test_unavailable(address: str, reason: str) -> None:
    with pytest.raises(BackendUnavailableError, match=reason):
        resolve(address)
