"""Data as structs, in whichever threads that is done first: all of the program reads typed data through here.

msgspec describes a struct to itself as it is first needed, in Python code that other threads interrupt. What is half
described then is seen by them, and takes the process down with a segmentation fault. Here each type is described
under a lock, with all that it names, before it is used.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_describing = RLock()
_described = set[Any]()


def to_struct(
    data: Any, wanted: type[T], *, dec_hook: Callable[[type, Any], Any] | None = None, strict: bool = True
) -> T:
    """Return plain data as the type ``wanted``, as `msgspec.convert` does.

    Raises:
        msgspec.ValidationError: it does not fit.
    """
    return msgspec.convert(data, _ready(wanted), dec_hook=dec_hook, strict=strict)


def from_json(text: bytes | bytearray | memoryview | str, wanted: type[T]) -> T:
    """Return JSON as the type ``wanted``, as `msgspec.json.decode` does.

    Raises:
        msgspec.DecodeError: it is no JSON, or (`msgspec.ValidationError`) does not fit.
    """
    return msgspec.json.decode(text, type=_ready(wanted))


def plain_json(text: bytes | bytearray | memoryview | str) -> Any:
    """Return JSON as plain data, as `msgspec.json.decode` does.

    Raises:
        msgspec.DecodeError: it is no JSON.
    """
    return msgspec.json.decode(text)


def decoder(wanted: type[T]) -> msgspec.json.Decoder[T]:
    """Return a decoder of JSON for a type."""
    with _describing:
        return msgspec.json.Decoder(wanted)


def _ready(wanted: type[T]) -> type[T]:
    """Return a type once it is described."""
    if wanted not in _described:
        with _describing:
            msgspec.json.Decoder(wanted)
            _described.add(wanted)
    return wanted
