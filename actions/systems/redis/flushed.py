"""Finds in the append-only files the command that removed all keys (FLUSHALL, FLUSHDB), and when that was.

The heartbeat that was written last before it tells the time: the files have none of their own, unless
``aof-timestamp-enabled`` puts some in. A rewrite of the files takes the command, and what was before it, out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from actions.systems.redis.files import DataFiles
from actions.systems.redis.measures import instant
from actions.systems.redis.server import Server
from journal.errors import CleoError
from journal.events.damage import DamageBegan

_FIND = r"""LC_ALL=C grep -aboiE '^(flushall|flushdb).?$' -- "$1" | tail -n 5"""
_FOUND = re.compile(r"(\d+):(flushall|flushdb)", re.IGNORECASE)
_BEFORE = 'tail -c +"$1" -- "$2" | head -c "$3" | od -An -v -tx1'
_WINDOW = 1 << 20
"""Bytes before the command in which a heartbeat is looked for."""
_SCAN_S = 120.0
_TIMESTAMP = re.compile(rb"#TS:(\d+)\r\n")


def find_flushes(server: Server, files: DataFiles) -> list[DamageBegan]:
    """Return the commands that removed all keys, the earliest first, as far as a time can be told for them."""
    log = files.append_only
    if not log:
        return []
    try:
        return [one for file in log.files for one in _in_file(server, file.name)]
    except CleoError as error:
        server.ctx.log(f"What removed the keys was not looked for: {error.message}", "err")
        return []


def _in_file(server: Server, name: str) -> Iterator[DamageBegan]:
    path = f"{server.data}/{name}"
    done = server.query(["sh", "-c", _FIND, "sh", path], timeout_s=_SCAN_S)
    for at, command in _FOUND.findall(done.out):
        before = _window(server, path, int(at))
        if when := _time_before(before, server.settings.heartbeat):
            text = f"{command.upper()} removed all keys{'' if command.upper() == 'FLUSHALL' else ' of a database'}"
            seen = f"{name}, byte {int(at):,}, after the heartbeat of {when:%Y-%m-%d %H:%M:%S} UTC"
            yield DamageBegan(at=when, text=text, seen=seen)


def _window(server: Server, path: str, at: int) -> bytes:
    """Return what the file holds right before a position."""
    begin = max(0, at - _WINDOW)
    done = server.query(["sh", "-c", _BEFORE, "sh", str(begin + 1), path, str(at - begin)])
    return bytes.fromhex("".join(done.out.split()))


def _time_before(data: bytes, heartbeat: str) -> datetime | None:
    """Return the last time that is told in a piece of an append-only file."""
    beats = re.compile(rb"\r\n\$\d+\r\n" + re.escape(heartbeat.encode()) + rb"\r\n\$\d+\r\n([^\r\n]+)\r\n")
    told = [instant(text.decode("ascii", "replace")) for text in beats.findall(data)[-1:]] if heartbeat else []
    stamps = [instant(int(text)) for text in _TIMESTAMP.findall(data)[-1:]]
    return max((at for at in (*told, *stamps) if at), default=None)
