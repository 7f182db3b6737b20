"""A cluster's data directory and tablespaces, as they are on disk and as a backup restores them."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from actions.machine.machine import last_words
from actions.outcome import ActionFailed
from actions.systems.postgres.pgbackrest.command import Backup, command, hint_at, parse_info
from actions.systems.postgres.pgbackrest.options import said_options
from actions.systems.postgres.process import control
from actions.systems.postgres.server import Server

_SIZES = r"""
"$@" | awk '
    /^\[/ { files = ($0 == "[target:file]") }
    files && match($0, /^(pg_data|pg_tblspc\/[0-9]+)\//) {
        of = substr($0, 1, RLENGTH - 1)
        if (split($0, parts, "/") > 2 && parts[3] ~ /^PG_/) version = parts[3]
        if (match($0, /"size":[0-9]+/)) size[of] += substr($0, RSTART + 7, RLENGTH - 7)
    }
    END { for (of in size) printf "%s %.0f\n", of, size[of]; if (version) print "version " version }
'
"""
"""Sums up files by what they lie in; a line: ``pg_tblspc/16469/PG_15_202209061/16386/16470={…"size":8192…}``."""
_LINKS = r"""
for link in "$1"/pg_tblspc/*; do [ -L "$link" ] && printf '%s\t%s\n' "${link##*/}" "$(readlink -- "$link")"; done
exit 0
"""
_CATALOG = re.compile(r"^Catalog version number:\s+(\d+)", re.MULTILINE)
_INFO_S = 60


class Tablespace(msgspec.Struct, frozen=True, kw_only=True):
    """One tablespace: its number and name, where it is, and how much of it a restore brings (None: not measured)."""

    oid: str
    name: str = ""
    path: str
    size: int | None = 0

    def __str__(self) -> str:
        return f"tablespace {self.name or self.oid}"


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """What a restore of one backup brings, and where to.

    Attributes:
        data: bytes that go into the data directory.
        tablespaces: those of the backup.
        version: the name of this cluster's folder in every tablespace; empty where nobody can tell.
        links: what is restored elsewhere, as a link in the data directory, and where to.
    """

    data: int
    tablespaces: list[Tablespace]
    version: str
    links: dict[str, str] = {}


class _Maps(msgspec.Struct, frozen=True):
    """Where pgBackRest's configuration has things restored to, other than where they were."""

    tablespaces: dict[str, str]
    links: dict[str, str]
    every: str
    link_all: bool

    def place(self, oid: str, name: str, path: str) -> str:
        other = (
            self.tablespaces.get(name) or self.tablespaces.get(oid) or (f"{self.every}/{name}" if self.every else "")
        )
        return (other or path).rstrip("/")


def backup_layout(server: Server, backup: Backup) -> Layout:
    """Return what a backup brings. How its size parts into places its manifest tells, where that can be read.

    Raises:
        ActionFailed: the repository does not tell where its tablespaces are.
    """
    label, ask = backup.label, command(server, repository=backup.repository)
    done = server.query([*ask, "info", f"--set={label}", "--output=json", "--log-level-console=off"], timeout_s=_INFO_S)
    if done.code != 0:
        raise ActionFailed(f"pgBackRest cannot tell what backup {label} holds: {last_words(done)}", hint_at(server))
    sets: list[dict[str, Any]] = [one for stanza in parse_info(done.out) for one in stanza.get("backup", [])]
    found = next((one for one in sets if one["label"] == label), {})
    sizes, version = _sizes(server, label, ask)
    maps = _read_maps(server)
    spaces = [
        Tablespace(
            oid=str(space["oid"]),
            name=space["name"],
            path=maps.place(str(space["oid"]), space["name"], space["destination"]),
            size=sizes.get(f"pg_tblspc/{space['oid']}", 0) if sizes else None,
        )
        for space in found.get("tablespace") or []
    ]
    known = {link["name"]: link["destination"] for link in found.get("link") or [] if maps.link_all}
    return Layout(
        data=sizes.get("pg_data", backup.size), tablespaces=spaces, version=version, links={**known, **maps.links}
    )


def _read_maps(server: Server) -> _Maps:
    """Return what pgBackRest says that it would do; asked for a set and a place that cannot be, it does nothing."""
    nothing = ("--set=none", "--pg1-path=/nonexistent", "--log-level-console=info", "--log-level-file=off")
    done = server.query(command(server, "restore", *nothing), timeout_s=_INFO_S)
    found = said_options(done)
    if found is None:
        server.ctx.log(f"pgBackRest does not say whether tablespaces are restored elsewhere: {last_words(done)}", "err")
    maps: dict[str, dict[str, str]] = {"tablespace-map": {}, "link-map": {}}
    said = found or []
    for name, value in said:
        if name in maps:
            what, _, where = value.partition("=")
            maps[name][what] = where
    every = dict(said).get("tablespace-map-all", "").rstrip("/")
    return _Maps(maps["tablespace-map"], maps["link-map"], every, ("link-all", "") in said)


def _sizes(server: Server, label: str, ask: list[str]) -> tuple[dict[str, int], str]:
    path = f"backup/{server.settings.backups.stanza}/{label}/backup.manifest"
    done = server.query(["sh", "-c", _SIZES, "sh", *ask, "repo-get", path], timeout_s=_INFO_S)
    rows = dict(line.split(" ", 1) for line in done.out.splitlines() if " " in line)
    version = rows.pop("version", "")
    return {name: int(size) for name, size in rows.items()}, version


def present_tablespaces(server: Server) -> list[Tablespace]:
    """Return the tablespaces that the data directory links to now."""
    out = server.query(["sh", "-c", _LINKS, "sh", server.data]).out
    rows = (line.split("\t", 1) for line in out.splitlines() if "\t" in line)
    return [Tablespace(oid=oid, path=path.rstrip("/")) for oid, path in rows]


def version_folder(server: Server) -> str:
    """Return the name of the folder that the cluster that lies here has in each tablespace; empty where it is lost."""
    done = server.query([server.program("pg_controldata"), "-D", server.data])
    major = (server.read(f"{server.data}/PG_VERSION") or "").strip() if control(server) else ""
    catalog = _CATALOG.search(done.out)
    return f"PG_{major}_{catalog[1]}" if major and catalog else ""
