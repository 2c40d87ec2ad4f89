"""Addresses: what they resolve to, and what is said when they do not."""

from __future__ import annotations

import sys

import pytest

from dl4j_backends.addresses import UnknownAddressError, resolve
from dl4j_backends.interface import BackendUnavailableError
from dl4j_backends.numpy import NumpyBackend
from dl4j_backends.stdio.options import WireOptions


def test_numpy() -> None:
    assert isinstance(resolve("numpy"), NumpyBackend)


@pytest.mark.parametrize("object_name", ["NumpyBackend", "NUMPY"])
def test_python_class_or_object(object_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import dl4j_backends.numpy as module

    monkeypatch.setattr(module, "NUMPY", NumpyBackend(), raising=False)
    assert resolve(f"python:dl4j_backends.numpy:{object_name}", WireOptions(in_process=True)).name == "numpy"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nump",
        "numpy:x",
        "python:",
        "python:module",
        "python:a:b:c",
        "python::b",
        "torch:device=",
        "torch:device=tpu",
        "torch:device=cuda:",
        "torch:kernels=compiled",
        "torch:x",
        "dl4j:threads=0",
        "stdio: ",
    ],
)
def test_malformed(address: str) -> None:
    with pytest.raises(UnknownAddressError, match="unknown backend"):
        resolve(address)


def test_an_unknown_address_is_told_all_kinds() -> None:
    with pytest.raises(UnknownAddressError) as raised:
        resolve("nump")
    assert "an address is numpy, torch, torch.optim, optax, keras, python:MODULE:OBJECT, dl4j or stdio:COMMAND" in str(
        raised.value
    )


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


@pytest.mark.parametrize("address", ["torch", "torch:device=cpu", "torch:kernels=interpreted"])
def test_without_torch(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(sys.modules):
        if name.startswith("dl4j_backends.torch"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(BackendUnavailableError, match=r"not installed: pip install 'dl4j-conformance\[torch\]'"):
        resolve(address)
