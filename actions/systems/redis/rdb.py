"""What an RDB file holds, as ``redis-check-rdb`` reads it: whether it is sound, and how many keys of which database.

The counts are of the file: keys whose time had passed when it was written are among them, and vanish as a master loads
it (seen: 151 in the file, 101 after the load). Where a database begins the file says how many keys it had.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from actions.machine.machine import Machine, last_words
from actions.outcome import ActionFailed
from actions.systems.redis.product import OTHER_VERSION, REDIS, SIGNATURE, VALKEY, unreadable_format

SOUND = "RDB looks OK!"
"""What the program says of a file that it could read to its end."""
_AUX = re.compile(r"AUX FIELD (\S+) = '(.*)'")
_DATABASE = re.compile(r"\[offset (\d+)\] Selecting DB ID (\d+)")
_INFO = re.compile(r"\[info\] (\d+) (keys read|expires|already expired)")
_ERROR = re.compile(r"--- RDB ERROR DETECTED ---\n\[offset (\d+)\] (.*)")
HEAD = 24
"""Bytes behind a database's beginning that hold its two counts: RDB_OPCODE_RESIZEDB and two lengths (rdb.h)."""
_RESIZE = 0xFB
_CHECK_S = 3600.0


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """How many keys a database has, and how many of them expire some day."""

    keys: int
    expires: int


class RdbFile(msgspec.Struct, frozen=True, kw_only=True):
    """What was read from an RDB file that is sound.

    Attributes:
        made_at: when it was begun to be written, by the server's clock, in UTC; None: it does not say.
        version: of the server that wrote it; ``product``: what that was.
        keys: all keys in it; ``expires``: those that expire some day; ``expired``: those whose time has passed by now.
        databases: how many keys each database had as it was written; empty where it does not say.
        memory: bytes that the data took in the server that wrote it; 0: it does not say.
        base: whether it is the base of an append-only file.
        size: in bytes; 0: not measured.
    """

    made_at: datetime | None
    version: str
    product: str
    keys: int
    expires: int
    expired: int
    databases: Mapping[str, Keys] = {}
    memory: int = 0
    base: bool = False
    size: int = 0


class DamagedRdb(ActionFailed):
    """An RDB file is not sound: it is restored from by nobody."""


def parse_check(printed: str, peek: Callable[[int], bytes]) -> RdbFile | None:
    """Return what ``redis-check-rdb`` printed of a file; None where it does not call that sound.

    Args:
        printed: its output.
        peek: returns `HEAD` bytes of the file from an offset.
    """
    if SOUND not in printed:
        return None
    said = dict(_AUX.findall(printed))
    counted = {name: int(number) for number, name in _INFO.findall(printed)}
    made = said.get("ctime", "")
    databases = {f"db{number}": _counts(peek(int(at))) for at, number in _DATABASE.findall(printed)}
    return RdbFile(
        made_at=datetime.fromtimestamp(int(made), UTC) if made.isdigit() else None,
        version=said.get("valkey-ver", "") or said.get("redis-ver", ""),
        product=VALKEY if "valkey-ver" in said else REDIS,
        keys=counted.get("keys read", 0),
        expires=counted.get("expires", 0),
        expired=counted.get("already expired", 0),
        databases={name: keys for name, keys in databases.items() if keys},
        memory=int(said["used-mem"]) if said.get("used-mem", "").isdigit() else 0,
        base=said.get("aof-base") == "1",
    )


def _counts(head: bytes) -> Keys | None:
    """Return the counts at the beginning of a database; None where an older server wrote none."""
    if not head or head[0] != _RESIZE:
        return None
    keys, at = _length(head, 1)
    expires, _ = _length(head, at)
    return Keys(keys=keys, expires=expires)


def _length(data: bytes, at: int) -> tuple[int, int]:
    """Return a length as an RDB file writes it, and where what follows begins (rdbLoadLen in rdb.c)."""
    first = data[at]
    if first >> 6 == 0:
        return first & 0x3F, at + 1
    if first >> 6 == 1:
        return (first & 0x3F) << 8 | data[at + 1], at + 2
    width = 8 if first == 0x81 else 4
    return int.from_bytes(data[at + 1 : at + 1 + width], "big"), at + 1 + width


def read_rdb(machine: Machine, program: str, path: str) -> RdbFile:
    """Read an RDB file to its end. It changes nothing.

    Args:
        machine: the host that has it, with the account that may read it.
        program: the path of ``redis-check-rdb``.
        path: the file.

    Raises:
        DamagedRdb: it is not sound.
        ActionFailed: it cannot be read.
    """
    done = machine.query([program, path], timeout_s=_CHECK_S)
    if foreign := unreadable_format(done.out, lambda: _head(machine, path)):
        raise ActionFailed(f"{path} is {foreign}.", OTHER_VERSION)
    if (found := parse_check(done.out, lambda at: _peek(machine, path, at))) is None or done.code != 0:
        raise DamagedRdb(f"{path} is no sound RDB file: {why_unsound(done.out) or last_words(done)}")
    size = machine.query(["stat", "-Lc", "%s", "--", path]).out.strip()
    return msgspec.structs.replace(found, size=int(size) if size.isdigit() else 0)


def why_unsound(printed: str) -> str:
    """Return what ``redis-check-rdb`` found wrong, in its own words; empty: it says nothing of the kind."""
    found = _ERROR.search(printed)
    return f"{found[2]} (at byte {found[1]})" if found else ""


def _head(machine: Machine, path: str) -> bytes:
    return _bytes(machine.query(["od", "-An", "-v", "-tx1", "-N", str(SIGNATURE), "--", path]).out)


def _peek(machine: Machine, path: str, at: int) -> bytes:
    done = machine.query(["od", "-An", "-v", "-tx1", "-j", str(at), "-N", str(HEAD), "--", path])
    return _bytes(done.out)


def _bytes(printed: str) -> bytes:
    return bytes.fromhex("".join(printed.split()))


def facts_of(found: RdbFile) -> dict[str, Any]:
    """Return what a backup's entry keeps of it."""
    return {
        "keys": found.keys,
        "expires": found.expires,
        "databases": msgspec.to_builtins(found.databases),
        "memory": found.memory,
    }
