"""Reads an append-only file of several parts to its end, with the program of Redis or of Valkey.

valkey-check-aof (seen: 9.1.2) takes a base in Valkey's own format for one of commands, and calls it damaged at its
first byte: there the base is read by the program for RDB files, and each file behind it alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from actions.systems.redis.aof import AofCheck, AofPart, parse_aof_check, readable_in
from actions.systems.redis.rdb import SOUND

_VALID = " is valid"


def check_aof(
    ran: Callable[[Sequence[str]], str], check: str, check_rdb: str, manifest: str, parts: Sequence[AofPart]
) -> AofCheck:
    """Return what is found of the parts that a manifest names. Nothing is changed.

    Args:
        ran: runs a program, and returns what it printed, both streams.
        check: the path of ``redis-check-aof``.
        check_rdb: the path of ``redis-check-rdb``.
        manifest: the manifest's path.
        parts: what it names.
    """
    found = parse_aof_check(ran([check, manifest]), parts)
    if not is_own_base(found, parts):
        return found
    folder = manifest.rpartition("/")[0]
    if SOUND not in ran([check_rdb, f"{folder}/{parts[0].name}"]):
        return found
    readable = dict[str, int]()
    for part in parts[1:]:
        printed = ran([check, f"{folder}/{part.name}"])
        readable[part.name] = max(readable_in(printed).values(), default=0)
        if _VALID not in printed:
            one = parse_aof_check(printed, ())
            return replace(one, broken=part.name, last=part is parts[-1], readable=readable)
    return AofCheck(sound=True, readable=readable)


def is_own_base(found: AofCheck, parts: Sequence[AofPart]) -> bool:
    """Whether the first part is called damaged at its first byte, as a base in Valkey's own format is."""
    return bool(parts) and parts[0].type == "b" and found.broken == parts[0].name and found.good == 0
