"""The forms in which arrays cross the wire: hex text, or base64 where an adapter declares it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, assert_never

from dl4j_backends.bits import ValuesError, base64_of, from_base64, from_hex, hex_of
from dl4j_backends.interface import Floats


class ArrayForm(Enum):
    """A form of arrays, by the name with which the handshake declares it (``arrays``)."""

    #: A list of big-endian bit patterns: ``["3f800000"]``.
    HEX = "hex"
    #: Little-endian bytes: ``{"base64":"AACAPw=="}``. An object, since a string alone is a Java double.
    BASE64 = "base64"

    def written(self, array: Floats) -> Any:
        """Return what a message has for ``array`` (1-D, float32 or float64)."""
        match self:
            case ArrayForm.HEX:
                return hex_of(array)
            case ArrayForm.BASE64:
                return {"base64": base64_of(array)}
            case _:
                assert_never(self)

    def read(self, sent: Any, dtype: str) -> Floats:
        """Return the array (1-D, of ``dtype``) that a message has as ``sent``; raises :class:`ValuesError`."""
        match self:
            case ArrayForm.HEX:
                return from_hex(sent, dtype)
            case ArrayForm.BASE64:
                if not isinstance(sent, Mapping) or set(sent) != {"base64"}:
                    raise ValuesError('must be {"base64":"..."} and nothing else: capabilities.arrays is "base64"')
                return from_base64(sent["base64"], dtype)
            case _:
                assert_never(self)
