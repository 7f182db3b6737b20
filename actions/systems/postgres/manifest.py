"""The manifest beside a backup: every database and relation that the backup must contain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from actions.outcome import ActionFailed
from actions.systems.postgres.cluster import Cluster, Database
from actions.systems.postgres.relations import SETTINGS, Relation
from actions.systems.postgres.server import Server
from journal.structs import from_json


class TableState(msgspec.Struct, frozen=True, kw_only=True):
    """One table of an older manifest, or of the lab's own script."""

    count: int
    digest: str | None = None
    state: Literal["stable", "growing"] = "stable"
    oid: int = 0


class Manifest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A cluster at the time of one backup.

    Attributes:
        label: the backup's.
        taken_at: when it ended.
        lsn: the log's position at its end.
        counted_lsn: the position, in bytes, up to which what is stable was seen to be so; 0: not known.
        quiet: whether no transaction was open then, which could commit later what it wrote before.
        settings: those under which digests were taken.
        databases: each with every relation; a relation without a digest changed while the backup was taken.
        roles: roles and tablespaces.
        tables: of an older manifest, the tables of the inventory's database; nothing else is known there.
    """

    label: str
    taken_at: str
    lsn: str
    counted_lsn: int = 0
    quiet: bool = False
    settings: dict[str, str]
    databases: dict[str, Database] = {}
    roles: dict[str, str] = {}
    tables: dict[str, TableState] = {}

    @property
    def whole(self) -> bool:
        """Whether it knows of every database and definition."""
        return bool(self.databases)

    def known(self, database: str) -> dict[str, Database]:
        """Return every database that it knows; the tables of an older one are those of ``database``."""
        if self.whole:
            return self.databases
        relations = {
            name: Relation(
                count=table.count, digest=(table.digest or "") if table.state == "stable" else "", oid=table.oid
            )
            for name, table in self.tables.items()
        }
        return {database: Database(relations=relations)}


def manifest_path(server: Server, label: str) -> str:
    """Return where the manifest of a backup is, or an empty string where manifests are not kept."""
    folder = server.settings.backups.manifests
    return f"{folder.rstrip('/')}/{label}.json" if folder else ""


def load_manifest(server: Server, label: str) -> Manifest | None:
    """Return the manifest of a backup, or None where there is none.

    Raises:
        ActionFailed: it is there and cannot be understood.
    """
    path = manifest_path(server, label)
    text = server.read(path) if path and label else None
    if text is None:
        return None
    try:
        return from_json(text, Manifest)
    except msgspec.DecodeError as error:
        raise ActionFailed(f"The manifest {path} cannot be understood: {error}", "Take a new backup.") from None


def make_manifest(label: str, taken_at: str, lsn: str, before: Cluster, after: Cluster) -> Manifest:
    """Return the manifest of a backup from a look before it and one after it: what stayed the same it must hold."""
    return Manifest(
        label=label,
        taken_at=taken_at,
        lsn=lsn,
        counted_lsn=after.lsn,
        quiet=after.quiet,
        settings=dict(SETTINGS),
        databases={
            name: _between(before.databases[name], found)
            for name, found in after.databases.items()
            if name in before.databases
        },
        roles=_same(before.roles, after.roles),
    )


def _between(before: Database, after: Database) -> Database:
    relations = {}
    for name, now in after.relations.items():
        was = before.relations.get(name)
        if was is None or not (was.read or not was.holds):
            continue
        stable = (was.kind, was.count, was.digest) == (now.kind, now.count, now.digest)
        relations[name] = now if stable else msgspec.structs.replace(now, digest="", damage="")
    return Database(
        relations=relations, definitions=_same(before.definitions, after.definitions), skipped=after.skipped
    )


def _same(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    return {name: digest for name, digest in after.items() if before.get(name) == digest}
