"""The floating-point mode of a thread: IEEE 754's defaults, whatever a backend or a library sets.

A library built with ``-Ofast``, or ``torch.set_flush_denormal``, makes the processor replace subnormal numbers by zero.
The mode belongs to the thread, so the oracle would then compute the same wrong values as the backend.
"""

from __future__ import annotations

import ctypes
import sys
from functools import cache

from dl4j_backends.interface import BackendUnavailableError

# The compiler folds constants, and must not: these are variables.
_one, _half = 1.0, 0.5
_smallest, _smallest_normal = 2.0**-1074, 2.0**-1022
#: Half an ulp of 1, and a little more than that.
_tie, _above_tie = 2.0**-53, 1.5 * 2.0**-53

#: Room for any C library's ``fenv_t``.
_ENVIRONMENT_BYTES = 256


def is_ieee() -> bool:
    """Return whether this thread computes with subnormal numbers and rounds to nearest, ties to even."""
    return (
        _smallest * _one > 0  # subnormal operands
        and _smallest_normal * _half > 0  # subnormal results
        and _one + _tie == _one
        and _one + _above_tie > _one
        and -_one - _above_tie < -_one
    )


def restore() -> bool:
    """Set the mode of this thread to IEEE 754's defaults; return whether it was another.

    Raises :class:`BackendUnavailableError` if it was, and cannot be set on this platform.
    """
    if is_ieee():
        return False
    library = _library()
    if library is None or library.fesetenv(_clean_environment()) or not is_ieee():
        raise BackendUnavailableError(
            "it changed the floating-point mode of this process, which cannot be set back on this platform"
        )
    return True


@cache
def _clean_environment() -> ctypes.Array[ctypes.c_char] | ctypes.c_void_p:
    """Return the mode as it was when this module was imported, or the C library's default if that was changed."""
    library = _library()
    environment = ctypes.create_string_buffer(_ENVIRONMENT_BYTES)
    if library is not None and is_ieee() and library.fegetenv(environment) == 0:
        return environment
    return ctypes.c_void_p(-1)  # FE_DFL_ENV of glibc, musl and Windows' UCRT


@cache
def _library() -> ctypes.CDLL | None:
    name = "ucrtbase" if sys.platform == "win32" else None
    try:
        library = ctypes.CDLL(name)
        return library if hasattr(library, "fegetenv") and hasattr(library, "fesetenv") else None
    except (OSError, TypeError):
        return None


_clean_environment()
