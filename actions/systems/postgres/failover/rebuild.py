"""Rebuilds a server as a copy of its new primary: beside its data, compared, and swapped by two renames."""

from __future__ import annotations

from collections.abc import Sequence

from actions.machine.directories import inspect_directories
from actions.machine.machine import last_words
from actions.machine.room import SpaceNeed, require_room
from actions.outcome import ActionFailed, Finding
from actions.systems.postgres.failover.following import settings_text
from actions.systems.postgres.failover.spaces import Space, keep_aside, mapping, put_in_place, require_places
from actions.systems.postgres.fence_guard import put
from actions.systems.postgres.hba import config_file
from actions.systems.postgres.server import Server
from actions.systems.postgres.verified_connection import connect_verified

_SIZE = """
    SELECT (SELECT sum(pg_tablespace_size(oid)) FROM pg_tablespace WHERE spcname IN ('pg_default', 'pg_global'))
           + (SELECT sum(size) FROM pg_ls_waldir())
"""
_CLEAR = 'rm -rf -- "$1" && mkdir -p -m 700 -- "$1" && sync "${1%/*}"'
_OWN = r"""
set -e
for name in postgresql.conf pg_hba.conf pg_ident.conf; do
    [ ! -f "$1/$name" ] || cp -p -- "$1/$name" "$2/$name"
done
rm -f -- "$2/recovery.signal" "$2/postmaster.pid" "$2/postmaster.opts"
: >"$2/standby.signal"
sync "$2/standby.signal" "$2"
"""
_AWAY = 'mv -T --no-clobber -- "$1" "$2" && [ ! -e "$1" ] && sync "${2%/*}"'


def staged(server: Server) -> str:
    """Return where the copy lies until it takes the place of the old data."""
    return f"{server.data}.rejoining"


def require_place(server: Server, primary: Server, spaces: Sequence[Space]) -> int:
    """Look whether a copy fits beside the data, and can take its place; return its bytes.

    Raises:
        ActionFailed: it cannot.
        GateClosed: there is no room, and nobody decided to try.
    """
    with connect_verified(primary, deadline_s=60) as session:
        size = int((session.execute(_SIZE).fetchone() or (0,))[0])
    needs = require_places(server, primary, spaces)
    (here,) = inspect_directories(server, server.data)
    if here.is_mount or not here.above or here.real != server.data:
        why = "is a mount point" if here.is_mount else "is a link, or its folder cannot be written"
        raise ActionFailed(
            f"{server.data} on {server.host} {why}: no copy can take its place by a rename.",
            "Move what is in it aside by hand, copy the primary into it (y shows how), then run this again.",
            left_behind="Nothing was changed.",
        )
    require_room(server, [SpaceNeed(here, size, f"the copy of {primary.name}"), *needs])
    return size + sum(space.size for space in spaces)


def lost_settings(server: Server, primary: Server) -> list[Finding]:
    """Return that a server comes up with the primary's settings, because its own were lost with its data."""
    if config_file(server) or server.exists(f"{server.data}/postgresql.conf"):
        return []
    text = f"its postgresql.conf is lost: it runs with a copy of {primary.name}'s, but for the port"
    cure = "Correct it and restart: listen_addresses, unix_socket_directories, archive_command, paths, memory."
    return [Finding(severity="warning", about=server.name, text=text, cure=cure)]


def copy(server: Server, conninfo: str, slot: str, spaces: Sequence[Space] = ()) -> None:
    """Copy the primary beside the data, and compare it with the manifest that the primary made of it.

    Call it only where ``effect`` said True.

    Raises:
        ActionFailed: the primary does not let it, or what came is not what was sent. The old data are as they were.
    """
    place = staged(server)
    left = f"The old data are as they were; {place} may hold a part of a copy."
    for path in (place, *(space.staged for space in spaces)):
        _do(server, f"clear{path.replace('/', '-')}", ["sh", "-c", _CLEAR, "sh", path], "cannot be made", left)
    argv = [server.program("pg_basebackup"), "-D", place, "-d", conninfo, "-X", "stream", "-c", "fast", "-S", slot]
    done = server.run("copy", [*argv, *mapping(spaces), "--no-password", "-v"])
    if done.code != 0:
        raise ActionFailed(
            f"The primary could not be copied: {last_words(done)}",
            "It must let that role log in for replication from this host (pg_hba.conf), and have a free walsender.",
            left_behind=left,
        )
    _do(server, "compare", [server.program("pg_verifybackup"), "-q", place], "is not what the primary sent", left)


def make_standby_of_copy(server: Server, conninfo: str, slot: str) -> None:
    """Give the copy the server's own configuration, and have it start as a standby and as nothing else."""
    place = staged(server)
    _do(server, "own-settings", ["sh", "-c", _OWN, "sh", server.data, place], "cannot be given its settings")
    own = server.read(f"{server.data}/postgresql.auto.conf")
    base = own if own is not None else f"port = {server.settings.port}\n"
    server.write(f"{place}/postgresql.auto.conf", settings_text(base, conninfo, slot))


def swap(server: Server, aside: str, spaces: Sequence[Space] = ()) -> None:
    """Put the copy where the old data are, which are kept aside and refuse to start. Run again, it goes on.

    Raises:
        ActionFailed: it cannot be moved.
    """
    place = staged(server)
    if server.exists(place) and server.exists(server.data) and not server.exists(aside):
        put(server, f"incident {server.ctx.incident.id}: old data, kept aside")
        keep_aside(server, aside.rpartition("-")[2])
        put_in_place(server, place, spaces)
        _do(server, "aside", ["sh", "-c", _AWAY, "sh", server.data, aside], f"cannot be moved to {aside}")
    if server.exists(place):
        _do(server, "in-place", ["sh", "-c", _AWAY, "sh", place, server.data], f"cannot be moved to {server.data}")


def _do(server: Server, key: str, argv: list[str], trouble: str, left: str = "") -> None:
    done = server.run(key, argv)
    if done.code != 0:
        about = staged(server) if key != "aside" else server.data
        raise ActionFailed(f"{about} {trouble}: {last_words(done)}", left_behind=left)
