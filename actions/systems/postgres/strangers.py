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

if TYPE_CHECKING:
    import psycopg

_FIRST_NORMAL_OID = 16384
_ROLES = """
    SELECT rolname, quote_ident(rolname), rolcanlogin, rolsuper, rolcreaterole, rolreplication, rolbypassrls, oid::int8,
           (SELECT array_agg(g.rolname ORDER BY 1) FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
            WHERE m.member = r.oid)
    FROM pg_roles r WHERE rolname !~ '^pg_' ORDER BY 1
"""
_POWERS = ("superuser", "may create roles", "may replicate", "bypasses row security")


def find_strangers(server: Server, session: psycopg.Connection[Any]) -> tuple[Sequence[Stranger], str]:
    """Return the roles that nobody vouches for, those that were changed, and what they were compared with."""
    rows = session.execute(_ROLES.encode()).fetchall()
    clean = clean_manifest(server)
    settings = server.settings
    ours = vouched_for(settings, settings.user, *settings.app_roles)
    if clean is None or not clean.roles:
        found = [_stranger(row) for row in rows if row[0] not in ours and row[7] >= _FIRST_NORMAL_OID]
        return found, "the inventory alone: no manifest of a backup from before tells which roles there were"
    now = role_digests(session)
    return list(_compared(rows, clean.roles, now, ours)), f"backup {clean.label}"


def _compared(rows: Sequence[Any], before: Mapping[str, str], now: Mapping[str, str], ours: set[str]) -> list[Stranger]:
    found = []
    for row in rows:
        name = f"role {row[1]}"
        if name not in before and row[0] not in ours and row[7] >= _FIRST_NORMAL_OID:
            found.append(_stranger(row))
        elif name in before and before[name] != now.get(name):
            what = f"its attributes or memberships are others than in that backup ({_what(row)})"
            found.append(Stranger(name=row[0], what=what, known=True, disabled=not row[2]))
    return found


def _stranger(row: Any) -> Stranger:
    return Stranger(name=row[0], what=_what(row), disabled=not row[2])


def _what(row: Any) -> str:
    powers = [word for word, has in zip(_POWERS, row[3:7], strict=True) if has]
    member = [f"member of {', '.join(row[8])}"] if row[8] else []
    return ", ".join([*powers, *member, "can log in" if row[2] else "cannot log in"])


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
        return msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        return None
