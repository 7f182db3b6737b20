"""Roles that no backup of before the break-in has, and roles that are not as that had them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from actions.credentials.own_login import vouched_for
from actions.credentials.store import Stranger
from actions.systems.postgres.definitions import roles as role_digests
from actions.systems.postgres.manifest import Manifest, load_manifest
from actions.systems.postgres.server import Server
from actions.systems.postgres.traces import FIRST_NORMAL_OID, ROLES, role_words
from journal.structs import to_struct

if TYPE_CHECKING:
    import psycopg


def find_strangers(server: Server, session: psycopg.Connection[Any]) -> tuple[Sequence[Stranger], str]:
    """Return the roles that nobody vouches for, those that were changed, and what they were compared with."""
    rows = _rows(session)
    clean = clean_manifest(server)
    settings = server.settings
    ours = vouched_for(settings, settings.user, *settings.app_roles)
    if clean is None or not clean.roles:
        found = [_stranger(row) for row in rows if row["name"] not in ours and row["oid"] >= FIRST_NORMAL_OID]
        return found, "the inventory alone: no manifest of a backup from before tells which roles there were"
    now = role_digests(session)
    return list(_compared(rows, clean.roles, now, ours)), f"backup {clean.label}"


def _compared(
    rows: Sequence[Mapping[str, Any]], before: Mapping[str, str], now: Mapping[str, str], ours: set[str]
) -> list[Stranger]:
    found = []
    for row in rows:
        name = f"role {row['quoted']}"
        if name not in before and row["name"] not in ours and row["oid"] >= FIRST_NORMAL_OID:
            found.append(_stranger(row))
        elif name in before and before[name] != now.get(name):
            what = f"its attributes or memberships are others than in that backup ({role_words(row)})"
            found.append(Stranger(name=row["name"], what=what, known=True, disabled=not row["login"]))
    return found


def _stranger(row: Mapping[str, Any]) -> Stranger:
    return Stranger(name=row["name"], what=role_words(row), disabled=not row["login"])


def _rows(session: psycopg.Connection[Any]) -> list[Mapping[str, Any]]:
    cursor = session.execute(ROLES.encode())
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def clean_manifest(server: Server) -> Manifest | None:
    """Return the newest manifest with roles of a backup from before the break-in; None where nobody can tell one.

    Before it is what ended before the damage began, as far as that is known, and before the recovery point.
    """
    limit = clean_until(server)
    folder = server.settings.backups.manifests
    if limit is None or not folder:
        return None
    names = server.query(
        ["find", folder, "-maxdepth", "1", "-name", "*[FDI].json", "-printf", "%f\\n"]
    ).out.splitlines()
    for name in sorted(names, reverse=True):
        found = load_manifest(server, name.removesuffix(".json"))
        if found and found.roles and (taken := _instant(found.taken_at)) and taken < limit:
            return found
    return None


def clean_until(server: Server) -> datetime | None:
    """Return the moment before which everything counts as clean in this incident; None: nobody said."""
    incident = server.ctx.incident
    point = incident.recovery_point.of(server.name) if incident.recovery_point else None
    known = [at for at in (incident.damage_began, point.instant if point else None) if at]
    return min(known, default=None)


def _instant(text: str) -> datetime | None:
    try:
        return to_struct(text, datetime)
    except msgspec.ValidationError:
        return None
