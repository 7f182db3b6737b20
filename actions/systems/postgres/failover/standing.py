"""Whether a server can write, told by its host, by its address, and by those that follow it.

What cannot be reached is never taken for dead: it is fenced only where a device says so, or where a person did.
"""

from __future__ import annotations

import socket
from typing import NamedTuple

from actions.outcome import ActionFailed
from actions.systems.postgres.connection import CannotConnect, connect
from actions.systems.postgres.cures import NO_DATABASE
from actions.systems.postgres.failover.commands import says_fenced
from actions.systems.postgres.failover.fence_record import FenceRecord
from actions.systems.postgres.fence_guard import refused, stands
from actions.systems.postgres.process import describe_data, postmaster
from actions.systems.postgres.server import Server, server_of
from actions.systems.postgres.settings import PostgresSettings
from actions.transport import DeadlineExceeded, NothingStarted, TransportLost

UNSEEN = (NothingStarted, TransportLost, DeadlineExceeded)
"""How a host fails to be looked at."""

_RECEIVES = """
    SELECT pg_is_in_recovery() AND EXISTS (
        SELECT FROM pg_stat_wal_receiver
        WHERE status = 'streaming' AND clock_timestamp() - last_msg_receipt_time < %s * interval '1 second')
"""
_JUST_NOW_S = 5.0
_ASK_S = 5.0


class Standing(NamedTuple):
    """Whether a server is fenced.

    Attributes:
        fenced: it is proven that it cannot write, or a person answers for it.
        words: what tells so.
        alive: it is proven that it can.
    """

    fenced: bool
    words: str
    alive: bool = False


class Answer(NamedTuple):
    """What answers at a server's address, in words; ``writes``: it was asked, and takes writes."""

    words: str
    writes: bool = False


def standing(server: Server) -> Standing:
    """Look whether a server is fenced. Changes nothing.

    Raises:
        ActionFailed: what is written down of it cannot be read.
    """
    if seen := answers(server):
        return Standing(False, seen.words, alive=seen.writes)
    record = FenceRecord.of(server.ctx.files, server.name)
    if record and record.means == "network":  # its host may answer by another way, and its server run on, cut off
        cut = _by_device(server, record)
        if cut.fenced and not receiving(server):
            return cut
    try:
        return _on_its_host(server)
    except UNSEEN as error:
        return _from_elsewhere(server, record, error.message)


def answers(server: Server) -> Answer | None:
    """Return what at the server's address may be writing; None where nothing there is seen to."""
    where = f"{server.settings.address}:{server.settings.port}"
    try:
        with connect(server.settings, deadline_s=_ASK_S) as session:
            row = session.execute("SELECT pg_is_in_recovery()").fetchone()
    except CannotConnect as error:
        if error.why not in ("refused", "timeout") and _listens(server.settings):
            return Answer(f"something answers at {where}, and cannot be asked: {error.message}")
        server.ctx.log(f"Seen from here: {error.message}")
        return None
    if row and row[0]:
        server.ctx.log(f"Seen from here: who answers at {where} is a standby, which takes no writes.")
        return None
    return Answer(f"it answers at {where}, and takes writes", writes=True)


def _listens(settings: PostgresSettings) -> bool:
    try:
        with socket.create_connection((settings.address, settings.port), timeout=_ASK_S):
            return True
    except OSError:
        return False


def followers(server: Server) -> list[Server]:
    """Return the inventory's standbys of a server."""
    found = server.ctx.inventory.systems.items()
    return [
        server_of(server.ctx, n) for n, s in found if isinstance(s, PostgresSettings) and s.standby_of == server.name
    ]


def receiving(server: Server, within_s: float = _JUST_NOW_S) -> str:
    """Return in words that a standby heard of its primary in the last seconds; empty where none said so."""
    for standby in followers(server):
        try:
            with connect(standby.settings, deadline_s=_ASK_S) as session:
                row = session.execute(_RECEIVES, [within_s]).fetchone()
        except CannotConnect as error:
            server.ctx.log(f"Not seen from {standby.name}: {error.message}")
            continue
        if row and row[0]:
            return f"its standby {standby.name} heard of it in the last {within_s:.0f} s"
        server.ctx.log(f"Seen from {standby.name}: nothing comes from it.")
    return ""


def _on_its_host(server: Server) -> Standing:
    if pid := postmaster(server):
        return Standing(False, f"it runs on {server.host} (pid {pid})", alive=True)
    if stands(server) and (said := refused(server)):
        return Standing(True, f"it is down on {server.host}, and refuses to start: {said}")
    if (data := describe_data(server)) in NO_DATABASE:
        return Standing(True, f"on {server.host} nothing is left to start: its data directory is {data}")
    return Standing(False, f"it is down on {server.host}, and whoever starts it, or a reboot, has it write again")


def _from_elsewhere(server: Server, record: FenceRecord | None, why: str) -> Standing:
    """Judge a server whose host cannot be looked at."""
    unseen = f"{server.host} cannot be looked at ({why})"
    if seen := receiving(server):
        return Standing(False, f"{unseen}, and {seen}", alive=True)
    if record and record.means == "word":
        return Standing(True, f"on the word of a person: {record.reason}. {unseen}")
    if record and record.means in ("power", "network"):
        seen_by = _by_device(server, record)
        return seen_by if seen_by.fenced else Standing(False, f"{unseen}, and {seen_by.words}")
    return Standing(False, f"{unseen}: unreachable is not dead, it may be writing, and come back")


def _by_device(server: Server, record: FenceRecord) -> Standing:
    commands = server.settings.fence.commands(record.means)
    if commands is None:
        return Standing(False, f"the inventory names no command any more that tells its {record.means}")
    try:
        said = says_fenced(server.ctx, commands)
    except (*UNSEEN, ActionFailed) as error:
        return Standing(False, f"its {record.means} cannot be asked: {error.message}")
    if said:
        return Standing(True, f"by {record.means}: `{' '.join(commands.state)}` says {said!r}")
    return Standing(False, f"its {record.means} is not off any more")
