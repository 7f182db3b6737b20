"""Redis and Valkey: which of the two a server or a file is of, and which can load what the other wrote.

Both wrote the same formats up to Redis 7.2. Redis has had later ones since 7.4, Valkey one of its own since 9.0.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

REDIS, VALKEY = "Redis", "Valkey"
SIGNATURE = 9
"""Bytes at the beginning of an RDB file that say of which format it is: ``REDIS0011``, ``VALKEY080``."""
OTHER_VERSION = "Install the product and version that wrote it, or restore another backup."
_NUMBER = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")
_FORMAT = re.compile(r"(?:Can't handle RDB format version|Foreign RDB version) (\d+)")
_STRANGE = "Wrong signature"
_OWN_FORMATS: Mapping[str, tuple[int, int]] = {REDIS: (7, 4), VALKEY: (9, 0)}
"""From which version on each writes what the other cannot load."""
_SHARED = (7, 2)
"""The version of Redis that writes, and loads, what Valkey wrote before 9.0."""


def of_server(info: Mapping[str, Any]) -> tuple[str, str]:
    """Return a server's product and version, by INFO: Valkey also says which Redis it is compatible with."""
    valkey = str(info.get("valkey_version", ""))
    return (VALKEY, valkey) if valkey else (REDIS, str(info.get("redis_version", "")))


def of_program(printed: str) -> tuple[str, str]:
    """Return a program's product and version, by what it prints for ``--version``; empty: it does not say."""
    version = re.search(r"v=(\S+)", printed)
    return VALKEY if printed.startswith(VALKEY) else REDIS, version[1] if version else ""


def cannot_load(here: tuple[str, str], wrote: tuple[str, str]) -> bool:
    """Return whether a server cannot load what another wrote (each product and version); False where nobody knows."""
    own, its = _numbers(here[1]), _numbers(wrote[1])
    if not own or not its:
        return False
    if here[0] == wrote[0]:
        return its > own
    return its[:2] >= _OWN_FORMATS[wrote[0]] or (here[0] == REDIS and own[:2] < _SHARED)


def unreadable_format(printed: str, head: Callable[[], bytes]) -> str:
    """Return which format a file has that a program cannot read, which is no damage; empty: it is not for that.

    Args:
        printed: what ``redis-check-rdb`` or ``valkey-check-rdb`` printed of it.
        head: returns the file's first `SIGNATURE` bytes.
    """
    if number := _FORMAT.search(printed):
        return f"an RDB file of format {number[1]}, which the server here cannot load"
    if _STRANGE in printed and head().startswith(b"VALKEY"):
        return "an RDB file of Valkey's own format (9.0 or newer), which Redis cannot load"
    return ""


def _numbers(version: str) -> tuple[int, ...]:
    found = _NUMBER.match(version)
    return tuple(int(each or 0) for each in found.groups()) if found else ()
