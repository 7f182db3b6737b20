"""Takes a backup of MongoDB: a dump of everything, or the oplog since the last backup."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from actions.backups.engine import BackupSet, Taken
from actions.backups.printed import json_objects
from actions.backups.repository.place import Listing, Place
from actions.context import Progress
from actions.machine.machine import last_words
from actions.outcome import ActionFailed, Cure, Finding
from actions.systems.mongodb.backup_chain import Chain, chains
from actions.systems.mongodb.backups.failure import FULL, UNTOUCHED, failure
from actions.systems.mongodb.hand_over import hand_over, take_back
from actions.systems.mongodb.mongodump import MONGODUMP
from actions.systems.mongodb.programs.request import LogEnd, Request
from actions.systems.mongodb.programs.source import process_of, require_member
from actions.systems.mongodb.server import Server
from actions.systems.mongodb.server_log import log_size
from actions.systems.mongodb.verified_connection import connect_verified
from actions.transport import LocalHost

KINDS = ("full", "incremental")
_MODULE = "actions.systems.mongodb.programs.dump"
_HOURS_S = 12 * 3600.0


def take_backup(server: Server, place: Place, kind: str) -> Taken:
    """Take a backup (see `actions.backups.engine.BackupEngine.take`).

    Args:
        server: the server.
        place: where its backups lie.
        kind: one of `KINDS`.
    """
    place = place.here
    program, asked = place.program(_MODULE), request_for(server, place, kind, place.listing())
    what = "take a full backup" if kind == "full" else f"save the oplog since {asked.since[0].position}"
    if not server.ctx.effect(f"{what} into {place.folder}"):
        return Taken(set=None)
    told = run_dump(server, place, program, asked)
    label = str(told["backup"])
    entry = next((one.entry for one in place.listing().stored if one.entry.id == label), None)
    if entry is None:
        cures = [Cure(words="Look which backups there are.", action="backups.verify")]
        raise ActionFailed(f"The backup {label} was taken and is not in the repository any more.", cures=cures)
    taken = BackupSet(label=label, kind=kind, started_at=entry.started_at, ended_at=entry.ended_at, size=entry.size)
    return Taken(set=taken, manifest=True, findings=_findings(label, entry.facts))


def request_for(server: Server, place: Place, kind: str, listing: Listing) -> Request:
    """Return what the program that takes the backup is asked to do; all that stands in its way is said before.

    Raises:
        ActionFailed: the program cannot reach the server from the repository's host, or there is no backup to follow.
        CleoError: the server cannot be talked to, or is none that can be backed up.
    """
    settings = server.settings
    _require_reachable(server, place)
    with connect_verified(server) as client:
        process = process_of(require_member(client, server.where))
    found = chains(listing.stored)
    if kind == "incremental" and not found:
        raise ActionFailed(f"{server.name} has no full backup that an incremental one could follow.", cures=[FULL])
    return Request(
        repository=place.settings.repository,
        bucket=place.where if place.in_bucket else None,
        system=server.name,
        kind=kind,
        address=settings.address,
        port=settings.port,
        user=settings.user,
        auth_database=settings.auth_database,
        password=settings.password.read() if settings.password else "",
        tls=settings.tls,
        tls_ca_file=settings.tls_ca_file,
        tls_certificate_file=settings.tls_certificate_file,
        process=process,
        heartbeat=settings.heartbeat,
        tool=_tool(server, place),
        since=log_ends(found),
        builds_on=found[0].full.id if kind == "incremental" else "",
    )


def _tool(server: Server, place: Place) -> str:
    """Return where mongodump lies on the repository's host; empty: it is not there."""
    argv = ["sh", "-c", 'command -v -- "$1"', "sh", server.program(MONGODUMP)]
    done = server.ctx.query(place.host, argv, user=place.settings.run_as)
    return done.out.strip() if done.code == 0 else ""


def log_ends(found: Sequence[Chain]) -> list[LogEnd]:
    """Return where the saved log ends; the first of them that the server's oplog still has is where it goes on.

    Behind a new full backup it goes on where it ended before that was taken: so a point between the two is reached by
    the older one, and later ones are, too, should the newest be damaged. Where the older one is of another history, or
    too long ago, it goes on behind the newest.
    """
    if not found:
        return []
    newest, older = found[0], found[1:2]
    wanted = [newest] if newest.slices else [*older, newest]
    ends = {chain.ends: chain.backups[-1] for chain in wanted}
    return [LogEnd(position=position, entry=str(last.facts.get("last_entry", ""))) for position, last in ends.items()]


def _require_reachable(server: Server, place: Place) -> None:
    """A server that listens on loopback alone is not reached from another host."""
    if place.host == server.settings.host or not _is_loopback(server.settings.address):
        return
    if isinstance(server.ctx.inventory.host(place.host), LocalHost) and isinstance(
        server.ctx.inventory.host(server.settings.host), LocalHost
    ):
        return
    raise ActionFailed(
        f"The backup is written on {place.host}, and {server.name} is known by {server.settings.address} alone, which "
        "leads elsewhere from there.",
        f"Give the address by which {place.host} reaches it in the inventory.",
    )


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def run_dump(
    server: Server, place: Place, program: Sequence[str], asked: Request, key: str = "dump"
) -> Mapping[str, Any]:
    """Run the program and return what it said of the backup. Call it only where ``effect`` said True.

    Args:
        server: the server.
        place: the repository that it writes into.
        program: its command line, to which the request is added.
        asked: the request.
        key: its name within the run.

    Raises:
        ActionFailed: no backup was taken, and why.
    """
    account = place.settings.run_as
    path = hand_over(place.ctx, place.host, account, msgspec.json.encode(asked))
    log_from = log_size(server)
    try:
        done = server.ctx.run(
            key,
            place.host,
            [*program, "--once", path],
            timeout_s=_HOURS_S,
            user=account,
            on_line=lambda stream, lines: _tell(server, stream, lines),
        )
    finally:
        take_back(place.ctx, place.host, account, path)
    said = {key: one for one in json_objects(done.out) for key in ("backup", "failed") if key in one}
    if done.code == 0 and "backup" in said:
        return said["backup"]
    if "failed" in said:
        raise failure(server, said["failed"], log_from)
    raise ActionFailed(f"No backup was taken: {last_words(done)}", "Its output says why (o).", left_behind=UNTOUCHED)


def _tell(server: Server, stream: str, lines: str) -> None:
    """Show how far the program says it is."""
    read = [one for one in json_objects(lines) if "read" in one] if stream == "out" else []
    if read and (of := read[-1]["of"]):
        server.ctx.progress(Progress(fraction=min(1.0, read[-1]["read"] / of), text=f"reading {read[-1]['what']}"))


def _findings(label: str, facts: Mapping[str, Any]) -> list[Finding]:
    gap = str(facts.get("gap", ""))
    if not gap:
        return []
    text = f"{gap} A recovery point between the two is not reached."
    return [Finding(severity="warning", about=f"backup {label}", text=text, cure=_MORE_OFTEN)]


_MORE_OFTEN = "Take incremental backups more often, or enlarge the oplog (replSetResizeOplog)."
