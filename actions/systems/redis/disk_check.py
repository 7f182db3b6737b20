"""Reads a Redis server's RDB file and append-only files to their ends, as they lie there; nothing is changed."""

from __future__ import annotations

from typing import Literal

import msgspec

from actions.systems.redis.aof import AofCheck, parse_aof_check, parse_manifest, tail_is_torn
from actions.systems.redis.configuration import Configuration
from actions.systems.redis.files import DataFiles
from actions.systems.redis.rdb import DamagedRdb, read_rdb
from actions.systems.redis.server import Server, printed
from journal.errors import CleoError
from journal.wording.counting import count

_READ_S = 300.0
_TAIL = 1 << 20
"""Bytes behind the last whole command that are looked at, to tell what was cut off from what is damaged."""

State = Literal["sound", "torn", "damaged", "not read", "none"]


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in a file, or in several.

    Attributes:
        state: ``torn``: the end of the last command is missing, which a start cuts off.
        words: the same for people.
        keys: how many keys are in it; None: not counted.
    """

    state: State
    words: str
    keys: int | None = None


def check_dump(server: Server, files: DataFiles) -> Checked:
    """Read the RDB file to its end."""
    if not files.dump:
        return Checked(state="none", words="there is no RDB file")
    name = files.dump.name
    try:
        found = read_rdb(server, server.program("redis-check-rdb"), f"{server.data}/{name}")
    except DamagedRdb as error:
        return Checked(state="damaged", words=f"{name} is damaged: {error.message.partition('RDB file: ')[2]}")
    except CleoError as error:
        return Checked(state="not read", words=f"{name} was not read: {error.message}")
    expired = f", of which {found.expired:,} have expired" if found.expired else ""
    return Checked(state="sound", words=f"{name} is sound: {count(found.keys, 'key')}{expired}", keys=found.keys)


def check_append_only(server: Server, conf: Configuration, files: DataFiles, *, running: bool) -> Checked:
    """Read the append-only files to their end, by their manifest.

    Args:
        server: the server.
        conf: its configuration.
        files: what lies there.
        running: whether the server is writing to them: then their end may be half a command.
    """
    log = files.append_only
    if not log:
        return Checked(state="none", words="there are no append-only files")
    if not log.manifest:
        return Checked(state="damaged", words="the append-only files have no manifest: none of them would be loaded")
    if log.missing:
        return Checked(state="damaged", words=f"the manifest names {', '.join(log.missing)}, and that is not there")
    folder = f"{server.data}/{log.folder}".rstrip("/")
    manifest = f"{folder}/{conf.append_name}.manifest" if log.folder else f"{server.data}/{log.files[0].name}"
    try:
        found = _read(server, folder, manifest, single=not log.folder)
        torn = not found.sound and found.last and tail_is_torn(_tail(server, f"{folder}/{found.broken}", found))
    except CleoError as error:
        return Checked(state="not read", words=f"the append-only files were not read: {error.message}")
    if found.sound:
        return Checked(state="sound", words="the append-only files are sound")
    at = f"{found.broken} from byte {found.good:,} of {found.size:,} on" if found.broken else "a file of them"
    if torn:
        writing = " (it is being written to)" if running else ": a start cuts that off"
        return Checked(state="torn", words=f"the append-only files end in the middle of a command, {at}{writing}")
    words = f"the append-only files are damaged: {at} ({found.why}); a repair would throw away {found.cut:,} bytes"
    return Checked(state="damaged", words=words)


def _read(server: Server, folder: str, manifest: str, *, single: bool) -> AofCheck:
    if single:
        said = printed(server, [server.program("redis-check-aof"), manifest], _READ_S)
        return AofCheck(sound=True) if "is valid" in said else parse_aof_check(said, [])
    return server.check_aof(server, manifest, parse_manifest(server.read(manifest) or ""), _READ_S)


def _tail(server: Server, path: str, found: AofCheck) -> bytes:
    argv = [
        "sh",
        "-c",
        'tail -c +"$1" -- "$2" | head -c "$3" | od -An -v -tx1',
        "sh",
        str(found.good + 1),
        path,
        str(_TAIL),
    ]
    return bytes.fromhex("".join(server.query(argv).out.split()))
