"""Whether a server can write, told by its host, by its address, and by those that follow it.

What cannot be reached is never taken for dead: it is fenced only where a device says so, or where a person did.
"""

from __future__ import annotations

import socket

from actions.failover.fence_record import FenceRecord
from actions.failover.standing import UNSEEN, Answer, FencedServer, Standing, by_device, from_elsewhere
from actions.systems.postgres.connection import CannotConnect, connect
from actions.systems.postgres.cures import NO_DATABASE
from actions.systems.postgres.fence_guard import refused, stands
from actions.systems.postgres.process import describe_data, postmaster
from actions.systems.postgres.server import Server, server_of
from actions.systems.postgres.settings import PostgresSettings

FENCE = "postgres.fence"
_RECEIVES = """
    SELECT pg_is_in_recovery() AND EXISTS (
        SELECT FROM pg_stat_wal_receiver
        WHERE status = 'streaming' AND clock_timestamp() - last_msg_receipt_time < %s * interval '1 second')
"""
_JUST_NOW_S = 5.0
_ASK_S = 5.0


def fenced(server: Server) -> FencedServer:
    """Return the server as it is fenced."""
    return FencedServer(server.ctx, server.name, server.settings.host, server.settings.fence, FENCE)


def standing(server: Server) -> Standing:
    """Look whether a server is fenced. Changes nothing.

    Raises:
        ActionFailed: what is written down of it cannot be read.
    """
    if seen := answers(server):
        return Standing(False, seen.words, alive=seen.writes)
    record = FenceRecord.of(server.ctx.files, server.name)
    if record and record.means == "network":  # its host may answer by another way, and its server run on, cut off
        cut = by_device(fenced(server), record)
        if cut.fenced and not receiving(server):
            return cut
    try:
        return _on_its_host(server)
    except UNSEEN as error:
        return from_elsewhere(fenced(server), error.message, receiving(server))


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
