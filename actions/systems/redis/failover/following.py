"""How it is proven that a server follows its master: it is linked, a key arrives, and a write to it is refused."""

from __future__ import annotations

import time
from typing import Any

from actions.context import Progress
from actions.outcome import ActionFailed, Cancelled, Cure, Finding
from actions.systems.redis.connection import CannotConnect
from actions.systems.redis.failover.replicas import Reached, reached
from actions.systems.redis.launch import newest_lines, went_down
from actions.systems.redis.login_block import load_barred
from actions.systems.redis.server import Server
from actions.systems.redis.verified_connection import connect_verified

_HOURS_S, _STUCK_S, _ARRIVES_S, _APPEARS_S, _PAUSE_S = 12 * 3600.0, 75.0, 10.0, 3.0, 0.2
_PROOF_MS = 60_000


def barred_still(server: Server) -> list[Finding]:
    """Return who is kept out of a replica still: users are not replicated, nor what keeps them out."""
    barred = load_barred(server)
    if not barred or not barred.lines:
        return []
    text = f"{', '.join(barred.lines)}: switched off in it still, since users are not replicated"
    cure = f"Where the application reads from it: redis.allow_writers --on {server.name}."
    return [Finding(severity="note", about=server.name, text=text, cure=cure)]


def follows(seen: Reached, master: Server) -> bool:
    """Return whether a replica has a whole copy of a master, and is linked to it."""
    at = f"{master.settings.address}:{master.settings.port}"
    return seen.replica and seen.linked and not seen.copying and seen.follows == at


def wait_until_it_follows(server: Server, master: Server, left: str, again: str) -> None:
    """Wait until it has a whole copy and follows.

    Args:
        server: the replica.
        master: whom it is to follow.
        left: what is left behind where it does not.
        again: the action that goes on from there.

    Raises:
        ActionFailed: it ended, or gets nothing of its master.
    """
    begun = heard = time.monotonic()
    while time.monotonic() < begun + _HOURS_S:
        if server.ctx.cancelled:
            raise Cancelled(f"{server.name} goes on copying from {master.name} by itself.")
        try:
            seen = reached(server, 5)
        except CannotConnect as error:
            if not server.process() and time.monotonic() > begun + _APPEARS_S:
                raise went_down(server, left) from error
            time.sleep(_PAUSE_S)
            continue
        if follows(seen, master):
            return
        if seen.copying:
            heard = time.monotonic()
            missing = int(seen.info.get("master_sync_left_bytes", -1))
            server.ctx.progress(
                Progress(text=f"copying from {master.name}{f', {missing:,} bytes left' if missing > 0 else ''}")
            )
        if time.monotonic() > heard + _STUCK_S:
            break
        time.sleep(_PAUSE_S)
    said = next((line for line in reversed(newest_lines(server)) if "MASTER" in line or "AUTH" in line), "")
    raise ActionFailed(
        f"{server.name} gets nothing of {master.name}: {said.strip() or 'its log does not say why'}",
        "masteruser and masterauth must be a user of the new master that may replicate (+psync +replconf +ping).",
        left_behind=left,
        cures=[Cure(words="Once that is mended: it goes on from there.", action=again)],
    )


def prove_that_it_follows(server: Server, master: Server) -> None:
    """Have a key written at the master arrive, and a write to the replica refused.

    Raises:
        ActionFailed: it does not arrive, or is not refused.
    """
    from redis import ResponseError

    key, value = f"cleo:rejoined:{server.ctx.incident.id}", server.name
    with connect_verified(master) as session:
        there: Any = session
        there.set(key, value, px=_PROOF_MS)
    end = time.monotonic() + _ARRIVES_S
    with connect_verified(server, deadline_s=_ARRIVES_S + 5) as session:
        here: Any = session
        while here.get(key) != value:
            if time.monotonic() > end:
                raise ActionFailed(
                    f"{server.name} says that it follows, and a key written at {master.name} does not arrive.",
                    "See its log (redis.log); then run this again.",
                )
            time.sleep(_PAUSE_S)
        try:
            here.set(key, value, px=_PROOF_MS)
        except ResponseError as error:
            if str(error).upper().startswith("READONLY") or "read only" in str(error):
                return
            raise
    raise ActionFailed(
        f"{server.name} follows, and takes writes (replica-read-only is off).",
        "CONFIG SET replica-read-only yes, and in its configuration; then run this again.",
    )
