"""The manifest beside a backup: count and digest of every table, and what a recovered database must hold of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from actions.outcome import ActionFailed
from actions.postgres.server import Server
from actions.postgres.tables import SETTINGS, Counted
from journal.counting import count


class TableState(msgspec.Struct, frozen=True, kw_only=True):
    """One table. ``stable``: it did not change while the backup was taken; ``growing``: it did, and has no digest."""

    count: int
    digest: str | None = None
    state: Literal["stable", "growing"] = "stable"


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """Every table of the inventory's database at the time of one backup. ``lsn`` is the backup's end."""

    label: str
    taken_at: str
    lsn: str
    settings: dict[str, str] = msgspec.field(default_factory=lambda: dict(SETTINGS))
    tables: dict[str, TableState]


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
    text = server.read(path) if path else None
    if text is None:
        return None
    try:
        return msgspec.json.decode(text, type=Manifest)
    except msgspec.DecodeError as error:
        raise ActionFailed(f"The manifest {path} cannot be understood: {error}", "Take a new backup.") from None


def between(before: Mapping[str, Counted], after: Mapping[str, Counted]) -> dict[str, TableState]:
    """Return the tables' states from a count before and one after a backup."""
    states = {}
    for name, was in before.items():
        if was == after.get(name):
            states[name] = TableState(count=was.count, digest=was.digest)
        elif name in after:
            states[name] = TableState(count=was.count, state="growing")
    return states


def compare(manifest: Manifest, found: Mapping[str, Counted]) -> list[str]:
    """Return what the database lacks of the manifest, a line each.

    A stable table must be the same. Of a growing one all that can be said is that rows must not be missing.
    """
    wrong = []
    for name, expected in manifest.tables.items():
        have = found.get(name)
        if have is None:
            wrong.append(f"{name} is missing ({count(expected.count, 'row')})")
        elif have.damage:
            continue  # said already, with the page
        elif expected.state == "growing" and have.count < expected.count:
            wrong.append(f"{name} has {count(have.count, 'row')}, fewer than the backup's {expected.count:,}")
        elif expected.state == "stable" and have.count != expected.count:
            wrong.append(f"{name} has {count(have.count, 'row')}, the backup {expected.count:,}")
        elif expected.state == "stable" and have.digest != expected.digest:
            wrong.append(f"{name} has the backup's {count(have.count, 'row')}, but not the same content")
    return wrong
