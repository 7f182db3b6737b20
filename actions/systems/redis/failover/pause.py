"""Has an old master take no writes before it is stopped, so that its replicas can have all that it took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from actions.failover.fence_record import FenceRecord
from actions.outcome import ActionFailed, Cancelled
from actions.systems.redis.measures import replicas
from actions.systems.redis.server import Server
from actions.systems.redis.verified_connection import connect_verified
from journal.errors import CleoError

_PAUSED_MS = 120_000
"""Milliseconds for which the old master takes no writes while it is stopped; one that is not stopped goes on then."""
_CAUGHT_UP_S, _PAUSE_S = 3.0, 0.1


@contextmanager
def paused(server: Server, unknown: FenceRecord) -> Iterator[FenceRecord]:
    """Have it take no writes, let its replicas catch up, and yield how far it came; it goes on where it is not stopped.

    What cannot be paused (it hangs, or is older than 6.2) is stopped all the same, and its position is not known.
    """
    try:
        record = _pause(server)
    except CleoError as error:
        server.ctx.log(f"Its writes are not paused, and how far it came is not known: {error.message}", "err")
        yield unknown
        return
    try:
        yield record
    except (ActionFailed, Cancelled):
        go_on(server)
        raise


def _pause(server: Server) -> FenceRecord:
    with connect_verified(server, deadline_s=_CAUGHT_UP_S + 5) as session:
        client: Any = session
        client.execute_command("CLIENT", "PAUSE", _PAUSED_MS, "WRITE")
        end = time.monotonic() + _CAUGHT_UP_S
        while True:
            said = client.info("replication")
            position = int(said["master_repl_offset"])
            behind = [one for one in replicas(said) if one.state == "online" and one.position < position]
            if not behind or time.monotonic() > end:
                break
            time.sleep(_PAUSE_S)
    words = (
        f"its replicas have all of it ({len(replicas(said))})" if not behind else f"{len(behind)} replicas have less"
    )
    server.ctx.log(f"{server.name} takes no writes; it came to {position:,} of its replication stream, {words}.")
    return FenceRecord(means="service", position=position, history=str(said["master_replid"]))


def go_on(server: Server) -> None:
    """Have the writes of a server that holds them go on."""
    try:
        with connect_verified(server) as client:
            client.client_unpause()
    except CleoError as error:
        server.ctx.log(f"Its writes go on by themselves within two minutes: {error.message}", "err")


def position_of(server: Server) -> FenceRecord:
    """Return how far a server came that runs on, as a record; where nobody can tell, without."""
    try:
        with connect_verified(server, deadline_s=5) as client:
            said: Any = client.info("replication")
    except CleoError as error:
        server.ctx.log(f"How far it came is not known: {error.message}", "err")
        return FenceRecord(means="service")
    return FenceRecord(
        means="service", position=int(said["master_repl_offset"]), history=str(said.get("master_replid", ""))
    )
