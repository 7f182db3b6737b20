"""What a lab's mongod is doing at this moment."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from cleo_console.lab.mongodb import backups
from cleo_console.lab.mongodb.cluster import DATABASE, Member
from cleo_console.lab.mongodb.server import process
from cleo_console.lab.service import ServiceStatus
from journal.errors import CleoError


def read_status(member: Member, address: str, helpers: dict[str, int | None]) -> ServiceStatus:
    """Look at a mongod.

    Args:
        member: the mongod.
        address: where it listens.
        helpers: the programs that belong to it beside the server, with their pids.

    Among the facts are `state` in the set, `database` (documents a collection, newest heartbeat in UTC), `held`
    (whether backups are on hold), `last_backup` (label, type, end in UTC, the oplog's position that it leads to) and
    `backups` (how many there are). What could not be read is None.
    """
    trouble: list[str] = []
    server = process(member.data_directory)
    facts: dict[str, Any] = {"held": member.hold_file.exists(), "state": None, "database": None}
    if server:
        facts |= _ask(member, trouble)
    facts |= _backups(member, trouble)
    pids = {"server": server.pid if server else None, **helpers}
    return ServiceStatus("mongodb", address, pids, facts, _lines(pids, facts, address), trouble)


def _ask(member: Member, trouble: list[str]) -> dict[str, Any]:
    try:
        with member.session(deadline_s=10) as client:
            state = client.admin.command("replSetGetStatus")["members"]
            database = client[DATABASE]
            found = database.list_collections(filter={"type": "collection"})
            names = [each["name"] for each in found if not each["name"].startswith("system.")]
            newest = database["heartbeat"].find_one({}, sort=[("at", -1)])
            counts = {name: database[name].estimated_document_count() for name in sorted(names)}
    except CleoError as error:
        trouble.append(error.message)
        return {}
    at = newest["at"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if newest else None
    own = next((each["stateStr"] for each in state if each.get("self")), None)
    return {"state": own, "database": {"documents": counts, "heartbeat": at}}


def _backups(member: Member, trouble: list[str]) -> dict[str, Any]:
    try:
        found = backups.list_backups(member)
    except CleoError as error:
        trouble.append(error.message)
        return {"last_backup": None, "backups": None}
    return {"last_backup": found[-1] if found else None, "backups": len(found)}


def _lines(pids: dict[str, int | None], facts: dict[str, Any], address: str) -> list[tuple[str, str]]:
    database = facts["database"] or {}
    counts = ", ".join(f"{name} {count:,}" for name, count in (database.get("documents") or {}).items())
    said = f", {facts['state']}" if facts["state"] else ""
    lines = [("MongoDB", f"{_described(pids['server'])}, {address}{said}")]
    lines += [(name, _described(pid)) for name, pid in pids.items() if name != "server"]
    return [
        *lines,
        ("documents", counts or "not measured"),
        ("newest write", database.get("heartbeat") or "not measured"),
        ("backups", "on hold" if facts["held"] else "not on hold"),
        (
            "last backup",
            f"{last['label']}, ended {last['ended']}" if (last := facts["last_backup"]) else "not measured",
        ),
    ]


def _described(pid: int | None) -> str:
    return "does not run" if pid is None else f"runs (pid {pid})"
