"""Holds a server's backups: a file that scheduled backups check, and a configuration block that suspends expiry.

A repository host may keep the backups of several servers in one configuration, with one hold file: both name the
stanza.
"""

from __future__ import annotations

from actions.backups.hold_file import part_of, with_holder, without_holder
from actions.backups.holding import Hold, HoldPart
from actions.systems.postgres.backups.expiry_block import (
    block_file,
    give_up_expiry,
    read_expiry,
    require_obeyed,
    suspend_expiry,
)
from actions.systems.postgres.pgbackrest.backup_host import backup_host, host_lock, require_reached
from actions.systems.postgres.pgbackrest.command import read_repository
from actions.systems.postgres.server import Server

_NO_FILE = "the inventory names no hold_file"


def read_hold(server: Server) -> Hold:
    """Return for whom a server's backups are held now."""
    server = backup_host(server)
    hold_file, stanza = server.settings.backups.hold_file, server.settings.backups.stanza
    schedule = part_of(server.read(hold_file), stanza) if hold_file else HoldPart(cannot=_NO_FILE)
    return Hold(schedule=schedule, expiry=read_expiry(server, schedule.incidents))


def hold_backups(asked: Server, found: Hold) -> None:
    """Hold for this incident what is not held for it yet (see `actions.backups.engine.BackupEngine.hold`)."""
    keys = read_repository(asked).keys
    for key in keys:
        require_reached(asked, key, "backups are held")
    server, me = backup_host(asked), asked.ctx.incident.id
    if found.schedule and not found.schedule.cannot and me not in found.schedule.incidents:
        _write_file(server, me)
    suspended_for = found.expiry.incidents if found.expiry else []
    if me in suspended_for:
        require_obeyed(server, keys, "The block stands in it; backups may expire.")
    elif server.ctx.effect(f"suspend expiry in {block_file(server)}{_on(server)}"):
        suspend_expiry(server, keys, [*suspended_for, me])


def release_backups(asked: Server, found: Hold) -> None:
    """Give up this incident's hold (see `actions.backups.engine.BackupEngine.release`)."""
    server, me = backup_host(asked), asked.ctx.incident.id
    if found.expiry and me in found.expiry.incidents:
        left, config = found.expiry.without(me), f"{block_file(server)}{_on(server)}"
        words = f"give up this incident's hold in {config}" if left else f"let backups expire again ({config})"
        if server.ctx.effect(words):
            give_up_expiry(server, left)
    if found.schedule and me in found.schedule.incidents:
        hold_file = f"{server.settings.backups.hold_file}{_on(server)}"
        words = f"give up this incident's hold in {hold_file}" if found.schedule.without(me) else f"remove {hold_file}"
        if server.ctx.effect(words):
            _leave_file(server, me)


def _write_file(server: Server, incident: str) -> None:
    backups = server.settings.backups
    if server.ctx.effect(f"write {backups.hold_file}{_on(server)}, which scheduled backups obey"):
        with host_lock(server):
            text = with_holder(server.read(backups.hold_file), incident, backups.stanza)
            server.write(backups.hold_file, text)


def _leave_file(server: Server, incident: str) -> None:
    backups = server.settings.backups
    with host_lock(server):
        rest = without_holder(server.read(backups.hold_file) or "", incident, backups.stanza)
        if rest:
            server.write(backups.hold_file, rest)
        else:
            server.remove(backups.hold_file)


def _on(server: Server) -> str:
    host = server.settings.backups.host
    return f" on {host}" if host else ""
