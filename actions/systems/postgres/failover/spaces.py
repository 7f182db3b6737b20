"""The tablespaces of a new primary, on a server that becomes its copy: each beside what lies there, which is kept.

A copy goes to ``rejoining`` within the tablespace's directory, which may be a mount point, and takes its place by
renames. What lies there moves to ``aside-…`` within it, as a restore keeps it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from actions.machine.directories import Directory, inspect_directories
from actions.machine.room import SpaceNeed
from actions.outcome import ActionFailed
from actions.systems.postgres.layout import present_tablespaces, version_folder
from actions.systems.postgres.mount_check import require_mounted
from actions.systems.postgres.preserve import preserve_tablespace, redirect_links
from actions.systems.postgres.server import Server
from actions.systems.postgres.verified_connection import connect_verified

_SPACES = """
    SELECT oid::text, spcname, pg_tablespace_location(oid), pg_tablespace_size(oid),
           format('PG_%s_%s', current_setting('server_version_num')::int / 10000,
                  (SELECT catalog_version_no FROM pg_control_system()))
    FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global') ORDER BY oid
"""
_PLACE = """
set -e
if [ -e "$3/$1" ]; then mv -T --no-clobber -- "$3/$1" "$2/$1"; [ ! -e "$3/$1" ]; fi
ln -sfnT -- "$2" "$4"
rmdir -- "$3" 2>/dev/null || true
sync -f "$2"
"""
_MAP = "Name another place in the inventory (tablespaces: NAME: /PATH), at {name}, then run this again."
_NOTHING = "Nothing was changed."


class Space(NamedTuple):
    """One tablespace: its number and name, where it lies on the primary, and is to lie here; its bytes; its folder."""

    oid: str
    name: str
    there: str
    here: str
    size: int
    folder: str

    @property
    def staged(self) -> str:
        """Where its copy lies until it takes its place."""
        return f"{self.here}/rejoining"


def spaces_of(server: Server, primary: Server) -> list[Space]:
    """Return the primary's tablespaces: here as the inventory says, else where this server has them, else as there."""
    with connect_verified(primary, deadline_s=60) as session:
        rows = session.execute(_SPACES).fetchall()
    named, own = server.settings.tablespaces, {space.oid: space.path for space in present_tablespaces(server)}
    return [
        Space(oid, name, there, (named.get(name) or own.get(oid) or there).rstrip("/"), int(size), folder)
        for oid, name, there, size, folder in rows
    ]


def require_places(server: Server, primary: Server, spaces: Sequence[Space]) -> list[SpaceNeed]:
    """Look whether each tablespace can be copied to where it goes; return the room that they want.

    Raises:
        ActionFailed: one cannot: it would be written over somebody else's, or may not be written.
        GateClosed: a file system there is not mounted, and nobody decided to go on.
    """
    if not spaces:
        return []
    looked = inspect_directories(server, *(space.here for space in spaces))
    require_mounted(server, *looked)
    own = {space.path for space in present_tablespaces(server)}
    places = dict(zip(spaces, looked, strict=True))
    if why := next(_wrong(server, primary, places, own), ""):
        raise ActionFailed(why, _MAP.format(name=server.name), left_behind=_NOTHING)
    return [SpaceNeed(at, space.size, f"the tablespace {space.name}") for space, at in places.items()]


def _wrong(server: Server, primary: Server, places: Mapping[Space, Directory], own: set[str]) -> Iterator[str]:
    taken = dict[str, str]()
    for space, at in places.items():
        words = f"The tablespace {space.name} cannot go to {space.here} on {server.host}: "
        if not at.writes:
            yield f"{words}{server.account} may not write in {at.nearest}."
        if f"{at.real}/".startswith(f"{server.data}/"):
            yield f"{words}that is in the data directory, which is moved aside."
        if (other := taken.setdefault(at.real, space.name)) != space.name:
            yield f"{words}the tablespace {other} goes there."
        if server.host == primary.host and space.here == space.there:
            yield f"{words}{primary.name}, on the same host, has its own there."
        if space.here not in own and server.exists(f"{space.here}/{space.folder}"):
            yield f"{words}a server's files lie there ({space.folder}), and not those of {server.name}."


def require_replayable(server: Server, spaces: Sequence[Space]) -> None:
    """Look whether tablespaces that the primary made since can be made here by replay, which goes where they lie there.

    Replay removes what lies there by that name, also where that is another server's.

    Raises:
        ActionFailed: it cannot.
    """
    own = {space.oid for space in present_tablespaces(server)}
    for space in (space for space in spaces if space.oid not in own):
        (at,) = inspect_directories(server, space.there)
        foreign = server.exists(f"{space.there}/{space.folder}")
        if not at.there or not at.writes or foreign:
            why = "holds a server's files" if foreign else "cannot be written" if at.there else "does not exist"
            raise ActionFailed(
                f"The tablespace {space.name}, made since by the new primary, lies in {space.there}, which {why} on "
                f"{server.host}: replay would end there, or remove what lies there.",
                f"Make it there, empty and owned by {server.account}; or copy anew (p: copy), to a place that the "
                "inventory names (tablespaces:).",
                left_behind=_NOTHING,
            )


def mapping(spaces: Sequence[Space]) -> list[str]:
    """Return the options by which ``pg_basebackup`` puts each tablespace beside what lies there."""
    return [f"--tablespace-mapping={_escaped(space.there)}={_escaped(space.staged)}" for space in spaces]


def keep_aside(server: Server, stamp: str) -> None:
    """Keep what the old data have in tablespaces, and lead their links there. Call it where ``effect`` said True.

    All of them: a tablespace that only the old data have would be removed by a later replay that makes one there.
    """
    folder = version_folder(server)
    for space in present_tablespaces(server) if folder else []:
        if space.path.endswith(f"/aside-{stamp}"):
            continue  # done before this was killed
        aside = f"{space.path}/aside-{stamp}"
        preserve_tablespace(server, f"{space.path}/{folder}", f"{aside}/{folder}")
        redirect_links(server, server.data, space.path, aside)


def put_in_place(server: Server, staged: str, spaces: Sequence[Space]) -> None:
    """Put each copy where it belongs, and have the staged data lead there. Run again, it goes on.

    Raises:
        ActionFailed: one cannot be moved; nothing was overwritten.
    """
    for space in spaces:
        link = f"{staged}/pg_tblspc/{space.oid}"
        argv = ["sh", "-c", _PLACE, "sh", space.folder, space.here, space.staged, link]
        done = server.run(f"space-{space.oid}", argv)
        if done.code != 0:
            raise ActionFailed(
                f"The tablespace {space.name} cannot be put in {space.here}: {done.err.strip() or done.out.strip()}",
                "Mend what it says, then run this again: it goes on.",
            )


def in_words(spaces: Sequence[Space], stamp: str) -> str:
    """Say where tablespaces go; empty where there are none."""
    if not spaces:
        return ""
    went = ", ".join(f"{space.name} to {space.here}" for space in spaces)
    return f"; its tablespaces: {went} (what lies there is kept in aside-{stamp} within)"


def _escaped(path: str) -> str:
    return path.replace("=", r"\=")
