"""Backends by address: a scheme such as ``numpy`` or ``stdio``, and what it needs to know after a colon."""

from __future__ import annotations

import os.path
import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from dl4j_backends.block_interface import BLOCK_VERSIONS, BlockBackend
from dl4j_backends.declaration import check_capabilities
from dl4j_backends.interface import Backend, BackendUnavailableError
from dl4j_backends.stdio.options import WireOptions

if TYPE_CHECKING:
    from dl4j_backends.stdio.connection import ReplayingConnection
    from dl4j_backends.stdio.wire import Handshake


class UnknownAddressError(ValueError):
    """An address that names no kind of backend."""


@dataclass(frozen=True)
class Scheme:
    """A kind of address, as error texts, ``list backends`` and ``--help`` show it.

    ``address`` is its general form, such as ``python:MODULE:OBJECT``. ``load`` gets the parameters, all that follows
    the first colon, if they match the regular expression ``parameters`` as a whole. ``load_blocks`` is the same for
    DL4J 0.9.1 and 1.0.0-M2.1; a kind without it implements 0.8.0 alone.
    """

    address: str
    parameters: str
    meaning: str
    load: Callable[[str, WireOptions], Backend]
    load_blocks: Callable[[str, WireOptions], BlockBackend] | None = None

    @property
    def name(self) -> str:
        """The part of an address before the first colon."""
        return self.address.partition(":")[0]


def forms(schemes: Sequence[Scheme]) -> str:
    """Return the general forms of addresses as words: ``numpy, torch or stdio:COMMAND``."""
    *most, last = (scheme.address for scheme in schemes)
    return f"{', '.join(most)} or {last}"


def _numpy(_: str, __: WireOptions) -> Backend:
    from dl4j_backends.numpy import NumpyBackend

    return NumpyBackend()


def _numpy_blocks(_: str, __: WireOptions) -> BlockBackend:
    from dl4j_backends.blocks import NumpyBlockBackend

    return NumpyBlockBackend()


def _torch(parameters: str, _: WireOptions) -> Backend:
    with _extra_torch():
        from dl4j_backends.torch.backend import InterpretedBackend, TorchBackend
    if parameters == _INTERPRETED:
        return InterpretedBackend()
    return TorchBackend(parameters.removeprefix("device=") or "cpu")


def _torch_blocks(parameters: str, _: WireOptions) -> BlockBackend:
    with _extra_torch():
        from dl4j_backends.torch.block_backend import TorchBlockBackend
    if parameters == _INTERPRETED:
        raise BackendUnavailableError(
            "there are no kernels for versions after 0.8.0: `torch` and `torch:device=cuda` run them"
        )
    return TorchBlockBackend(parameters.removeprefix("device=") or "cpu")


_INTERPRETED = "kernels=interpreted"


@contextmanager
def _extra_torch() -> Iterator[None]:
    """Raise BackendUnavailableError if torch is missing in the block."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise BackendUnavailableError("torch is not installed: pip install 'dl4j-conformance[torch]'") from error


def _framework(module: str, library: str, extra: str) -> Callable[[str, WireOptions], Backend]:
    """Return what loads a class of ``dl4j_backends.frameworks``; its library comes with an extra of this package."""

    def load(mode: str, _: WireOptions) -> Backend:
        from dl4j_backends.frameworks.backend import FrameworkBackend
        from dl4j_backends.frameworks.construction import Mode

        try:
            found = getattr(import_module(f"dl4j_backends.frameworks.{module}"), library)()
        except ModuleNotFoundError as error:
            if error.name is None or error.name.startswith("dl4j_backends"):
                raise
            install = f"pip install 'dl4j-conformance[{extra}]'"
            raise BackendUnavailableError(f"{error.name} is not installed: {install}") from error
        return FrameworkBackend(found, Mode(mode or Mode.ALONE))

    return load


def _dl4j(parameters: str, options: WireOptions) -> Backend:
    version = parameters.removeprefix("version=")
    if version in BLOCK_VERSIONS:
        raise BackendUnavailableError(f"dl4j:version={version} implements DL4J {version}, and 0.8.0 is asked for")
    from dl4j_backends.dl4j import Dl4jBackend

    return Dl4jBackend(int(parameters.removeprefix("threads=") or 1) if version != "0.8.0" else 1, options)


def _dl4j_blocks(parameters: str, options: WireOptions) -> BlockBackend:
    version = parameters.removeprefix("version=")
    if version not in BLOCK_VERSIONS:
        others = " or ".join(f"dl4j:version={version}" for version in BLOCK_VERSIONS)
        raise BackendUnavailableError(f"this is DL4J 0.8.0; write {others} for a later version")
    from dl4j_backends.dl4j import Dl4jBlockBackend

    return Dl4jBlockBackend(version, options)


def _stdio(command: str, options: WireOptions) -> Backend:
    from dl4j_backends.stdio.backend import StdioBackend

    backend = StdioBackend(_connected(command, options))
    if "0.8.0" not in backend.handshake.versions:
        backend.close()
        named = ", ".join(sorted(backend.handshake.versions))
        raise BackendUnavailableError(f"{backend.name} implements DL4J {named} (`dl4j`), and 0.8.0 is asked for")
    return backend


def _stdio_blocks(command: str, options: WireOptions) -> BlockBackend:
    from dl4j_backends.stdio.block_backend import StdioBlockBackend

    return StdioBlockBackend(_connected(command, options))


def _connected(command: str, options: WireOptions) -> ReplayingConnection[Handshake]:
    from dl4j_backends.stdio.backend import split_command
    from dl4j_backends.stdio.connection import STDIO, ReplayingConnection

    try:
        argv = split_command(command)
    except ValueError as error:
        raise UnknownAddressError(f"stdio:{command}: {error}") from error
    return ReplayingConnection(argv, STDIO, options)


def _python(parameters: str, options: WireOptions) -> Backend:
    if options.in_process:
        from dl4j_backends.python.loading import load_in_ieee_mode

        return load_in_ieee_mode(parameters)
    from dl4j_backends.python.backend import connected

    return connected(parameters, options)


#: What follows the address of a framework.
_MODES = "(alone|matched|as-used)?"

#: The kinds of backends that this package has, in the order of ``list backends``.
SCHEMES = (
    Scheme("numpy", "", "the NumPy implementation that comes with this package", _numpy, _numpy_blocks),
    Scheme(
        "torch",
        r"(device=(cpu|cuda(:\d{1,3})?)|kernels=interpreted)?",
        "the same on torch's tensors (extra `torch`); `torch:device=cuda` or `torch:device=cuda:N` on a GPU,"
        " `torch:kernels=interpreted` for the GPU's kernels without one",
        _torch,
        _torch_blocks,
    ),
    Scheme(
        "torch.optim",
        _MODES,
        "the optimizers of PyTorch (extra `torch`) in DL4J's pipeline; `torch.optim:matched` with the settings that"
        " bring them nearest to DL4J, `torch.optim:as-used` with their own clipping, decay and schedules",
        _framework("torch_optim", "TorchOptim", "torch"),
    ),
    Scheme(
        "optax",
        _MODES,
        "the optimizers of Optax on JAX (extra `optax`), in the same modes",
        _framework("optax", "Optax", "optax"),
    ),
    Scheme(
        "keras",
        _MODES,
        "the optimizers of Keras 3 on torch (extra `keras`), in the same modes",
        _framework("keras", "Keras", "keras"),
    ),
    Scheme(
        "python:MODULE:OBJECT",
        r"[^:]+:[^:]+",
        "a backend object, or a class or function that makes one, from an importable module; in a process of its own",
        _python,
    ),
    Scheme(
        "dl4j",
        rf"(threads=0*[1-9][0-9]*|version=({'|'.join(map(re.escape, ('0.8.0', *BLOCK_VERSIONS)))}))?",
        "the real DL4J 0.8.0, built on first use with a JDK and Maven; `dl4j:threads=N` for more than one thread,"
        " `dl4j:version=0.9.1` and `dl4j:version=1.0.0-M2.1` for later versions",
        _dl4j,
        _dl4j_blocks,
    ),
    Scheme(
        "stdio:COMMAND",
        r"(?s:.*\S.*)",
        "a program in any language that speaks the protocol: `dl4j-conformance docs protocol`",
        _stdio,
        _stdio_blocks,
    ),
)


def _meant(address: str, name: str, parameters: str) -> str | None:
    """Return what somebody who wrote this address probably meant."""
    if name == "stdio" and not parameters.strip():
        return "the command is missing; write for example 'stdio:node adapter.js'"
    if name == "python":
        return "write python:MODULE:OBJECT, for example python:my_port:Backend"
    first = address.split()[0] if address.split() else ""
    if os.path.isfile(first) or "/" in first or " " in address.strip():
        return f"a program has stdio: before it: {shlex.quote(f'stdio:{address}')}"
    return None


def resolve(
    address: str,
    options: WireOptions = WireOptions(),  # noqa: B008 - frozen
    schemes: Sequence[Scheme] = SCHEMES,
) -> Backend:
    """Return the backend at ``address``, which is of one of ``schemes``; ``options`` are for those that are processes.

    Raises :class:`UnknownAddressError` for a malformed address and :class:`BackendUnavailableError` for one
    whose backend cannot be had here. The current folder is importable.
    """
    scheme, parameters = _found(address, schemes)
    backend = scheme.load(parameters, options)
    check_capabilities(backend.capabilities)
    return backend


def resolve_blocks(
    address: str,
    options: WireOptions = WireOptions(),  # noqa: B008 - frozen
    schemes: Sequence[Scheme] = SCHEMES,
) -> BlockBackend:
    """Return the backend of DL4J 0.9.1 and 1.0.0-M2.1 at ``address``.

    Raises as :func:`resolve` does, and :class:`BackendUnavailableError` for a kind that implements 0.8.0 alone.
    """
    scheme, parameters = _found(address, schemes)
    if scheme.load_blocks is None:
        others = forms([scheme for scheme in schemes if scheme.load_blocks])
        raise BackendUnavailableError(f"{address} implements DL4J 0.8.0 alone; later versions are in {others}")
    return scheme.load_blocks(parameters, options)


def _found(address: str, schemes: Sequence[Scheme]) -> tuple[Scheme, str]:
    """Return the kind of an address, and the parameters. Raises :class:`UnknownAddressError`."""
    name, _, parameters = address.partition(":")
    for scheme in schemes:
        if scheme.name == name and re.fullmatch(scheme.parameters, parameters):
            return scheme, parameters
    if hint := _meant(address, name, parameters):
        raise UnknownAddressError(f"unknown backend {address!r}: {hint}")
    raise UnknownAddressError(
        f"unknown backend {address!r}: an address is {forms(schemes)} (`dl4j-conformance list backends`)"
    )
