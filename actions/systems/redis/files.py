"""What lies in a Redis server's data directory, and what a start would load from it.

Two ways lead to an empty server, which overwrites its RDB file at its next save (seen on 7.0.15): append-only files are
on and there are none, and there are some without their manifest. And old ones win over a newer RDB file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

import msgspec

from actions.machine.directories import size_words
from actions.machine.machine import last_words
from actions.outcome import ActionFailed
from actions.systems.redis.configuration import Configuration
from actions.systems.redis.server import Server
from journal.wording.durations import rough_duration
from journal.wording.instants import utc

_LOOK = r"""
cd -- "$1" 2>/dev/null || { [ -e "$1" ] && exit 4; echo gone; exit 0; }
find . -maxdepth 2 -type f -printf 'F %s %T@ %P\n'
"""
_FILE = re.compile(r"F (\d+) ([0-9.]+) (.*)")
_ENTRY = re.compile(r"file (\S+) seq (\d+) type ([bih])")
EMPTY_DUMP = 150
"""Bytes: an RDB file without a key takes fewer (89 by Redis 7.0)."""
STALE_S = 60.0
"""Seconds by which an RDB file may be younger than the last write to the append-only files of a quiet server."""

Source = Literal["append-only files", "RDB file", "master", "nothing", "unknown"]


class File(msgspec.Struct, frozen=True):
    """One file: its path in the data directory, its size in bytes, when it was last written to."""

    name: str
    size: int
    at: datetime

    def __str__(self) -> str:
        return f"{self.name} ({size_words(self.size)}, written {utc(self.at)})"


class AppendOnly(msgspec.Struct, frozen=True, kw_only=True):
    """The append-only files.

    Attributes:
        folder: where they lie, in the data directory; empty: it is one file of a version before 7.
        manifest: whether their manifest is there and names a file; without it none is loaded.
        files: those that the manifest names, in the order in which they are loaded; without a manifest, all there are.
        missing: names that the manifest has and nothing lies at: the server refuses to start.
    """

    folder: str
    manifest: bool
    files: Sequence[File] = ()
    missing: Sequence[str] = ()

    @property
    def at(self) -> datetime | None:
        """When one of them was last written to."""
        return max((file.at for file in self.files), default=None)

    @property
    def size(self) -> int:
        """Bytes of all of them."""
        return sum(file.size for file in self.files)


class DataFiles(msgspec.Struct, frozen=True, kw_only=True):
    """What lies in the data directory; ``there`` is False where there is no such directory."""

    there: bool
    dump: File | None = None
    append_only: AppendOnly | None = None

    @property
    def last_write(self) -> datetime | None:
        """When any of it was last written to."""
        return max(
            (at for at in (self.dump and self.dump.at, self.append_only and self.append_only.at) if at), default=None
        )

    def words(self) -> str:
        """Return what there is, in words."""
        if not self.there:
            return "missing"
        found = [str(self.dump)] if self.dump else []
        if log := self.append_only:
            wrong = "" if log.manifest else " WITHOUT a manifest"
            wrong += f", of which {', '.join(log.missing)} is missing" if log.missing else ""
            found.append(
                f"append-only files ({size_words(log.size)}, written {utc(log.at) if log.at else 'never'}){wrong}"
            )
        return "; ".join(found) or "empty: neither an RDB file nor append-only files"


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """What a start would load.

    Attributes:
        source: where from.
        why_not: why the server must not be started so; empty: nothing speaks against it.
        stale: what speaks for the append-only files being older than the RDB file, in words.
    """

    source: Source
    why_not: str = ""
    stale: str = ""


def look_at_files(server: Server, conf: Configuration, folder: str = "") -> DataFiles:
    """Look at the data files of a server, or at those that are kept in another folder.

    Raises:
        ActionFailed: nobody can look.
    """
    data = folder or server.data
    done = server.query(["sh", "-c", _LOOK, "sh", data])
    if done.code != 0:
        raise ActionFailed(f"{data} cannot be looked at: {last_words(done)}", "Check who may read it (run_as:).")
    if done.out.startswith("gone"):
        return DataFiles(there=False)
    found = {file.name: file for file in map(_file, done.out.splitlines()) if file}
    return DataFiles(there=True, dump=found.get(conf.dump_name), append_only=_append_only(server, conf, data, found))


def _file(line: str) -> File | None:
    found = _FILE.fullmatch(line)
    return File(found[3], int(found[1]), datetime.fromtimestamp(float(found[2]), UTC)) if found else None


def _append_only(server: Server, conf: Configuration, data: str, found: dict[str, File]) -> AppendOnly | None:
    folder, manifest = conf.append_folder, f"{conf.append_folder}/{conf.append_name}.manifest"
    inside = [file for name, file in sorted(found.items()) if name.startswith(f"{folder}/") and name != manifest]
    if manifest in found:
        named = [
            one[1]
            for one in map(_ENTRY.match, (server.read(f"{data}/{manifest}") or "").splitlines())
            if one and one[3] != "h"
        ]
        files = [found[f"{folder}/{name}"] for name in named if f"{folder}/{name}" in found]
        missing = [name for name in named if f"{folder}/{name}" not in found]
        return AppendOnly(folder=folder, manifest=bool(named), files=files if named else inside, missing=missing)
    if conf.append_name in found and not inside:
        return AppendOnly(folder="", manifest=True, files=[found[conf.append_name]])
    return AppendOnly(folder=folder, manifest=False, files=inside) if inside else None


def what_loads(conf: Configuration, files: DataFiles) -> Loaded:
    """Return what a start would load, and what speaks against starting."""
    if not conf.known:
        return Loaded(source="unknown")
    if conf.append_only:
        return _with_append_only(conf, files)
    if files.dump:
        return Loaded(source="RDB file")
    return _without_data(conf, files)


def _with_append_only(conf: Configuration, files: DataFiles) -> Loaded:
    log, dump = files.append_only, files.dump
    if log and log.missing:
        return Loaded(
            source="nothing",
            why_not=f"the manifest of its append-only files names {', '.join(log.missing)}, and that is not there",
        )
    if log and log.manifest:
        return Loaded(source="append-only files", stale=_stale(log, dump))
    if log and log.size:
        return Loaded(
            source="nothing",
            why_not="its append-only files have no manifest: it would come up empty, and overwrite what is there",
        )
    if dump and dump.size > EMPTY_DUMP:
        return Loaded(
            source="nothing",
            why_not=f"appendonly is yes and there are no append-only files: it would come up empty beside {dump}, "
            "and its next save would overwrite that",
        )
    return _without_data(conf, files)


def _without_data(conf: Configuration, files: DataFiles) -> Loaded:
    """Nothing is there: that is as it should be where nothing is kept, or where all of it comes from a master."""
    if conf.follows:
        return Loaded(source="master")
    if not conf.append_only and not conf.saves and files.there:
        return Loaded(source="nothing")
    where = (
        "its data directory is missing" if not files.there else "neither an RDB file nor append-only files are there"
    )
    return Loaded(source="nothing", why_not=f"{where}: it would come up empty, and empty every replica that follows it")


def _stale(log: AppendOnly, dump: File | None) -> str:
    if not dump or dump.size <= EMPTY_DUMP or not log.at:
        return ""
    gap = (dump.at - log.at).total_seconds()
    if gap <= STALE_S:
        return ""
    return (
        f"the append-only files end {rough_duration(gap)} before the RDB file was written ({utc(log.at)} and "
        f"{utc(dump.at)}), and a start loads them alone: what was written between is lost, unless nothing was"
    )
