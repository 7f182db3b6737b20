"""How a standby is told whom it follows, and the proof that it does: streaming, caught up, and taking no writes."""

from __future__ import annotations

import re
import time
from typing import Any, NamedTuple

from actions.machine.machine import last_words
from actions.outcome import ActionFailed, Cancelled, Cure
from actions.systems.postgres.configured import configured
from actions.systems.postgres.connection import CannotConnect
from actions.systems.postgres.failover.divergence import Position, position
from actions.systems.postgres.fence_guard import guard_file, without_guard
from actions.systems.postgres.hba import config_file
from actions.systems.postgres.restore_command import fetch_words, in_configuration
from actions.systems.postgres.server import Server
from actions.systems.postgres.verified_connection import connect_verified
from actions.systems.postgres.wal import format_lsn

_BEGIN = "# cleo: whom this standby follows (begin)"
_END = "# cleo: whom this standby follows (end)"
_BLOCK = re.compile(rf"^{re.escape(_BEGIN)}\n.*?^{re.escape(_END)}\n?", re.MULTILINE | re.DOTALL)
_STALE = re.compile(r"^\s*(?:primary_conninfo|primary_slot_name|recovery_target\w*)\s*=?.*\n?", re.MULTILINE)
"""What an earlier life of the server left there: it would follow its old primary, or stop at an old target."""
_FETCHES = re.compile(r"^\s*restore_command\s*=?\s*'[^']", re.MULTILINE)
_SLOT = """
    SELECT pg_create_physical_replication_slot(%(slot)s, true)
    WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = %(slot)s)
"""
_SEEN = """
    SELECT pg_is_in_recovery(), coalesce((SELECT status FROM pg_stat_wal_receiver), ''),
           coalesce((SELECT received_tli FROM pg_stat_wal_receiver), 0),
           coalesce(pg_last_wal_replay_lsn() - '0/0', 0), (SELECT system_identifier::text FROM pg_control_system()),
           coalesce((SELECT slot_name FROM pg_stat_wal_receiver), '')
"""
_FOLLOW_S = 120.0
_LOOK_FIRST = Cure(
    words="Its log (L) says why: the slot, the replication role, pg_hba.conf of the primary. Then run it again."
)
_STOP = "Where its primary was restored, or keeps no log for it any more: stop {}, and run it again."
_TRY_S = 20.0
_PAUSE_S = 0.2


class Following(NamedTuple):
    """What a server says of whom it follows."""

    recovering: bool
    status: str
    timeline: int
    replayed: int
    cluster: str
    slot: str

    def of(self, new: Position) -> bool:
        """Whether it streams from that primary's history."""
        return (
            self.recovering
            and self.status == "streaming"
            and (self.cluster, self.timeline) == (new.cluster, new.timeline)
        )


def slot_of(server: Server) -> str:
    """Return the name of the slot that keeps log for a server on its primary."""
    return "cleo_" + re.sub(r"[^a-z0-9_]", "_", server.name.lower())[:50]


def make_slot(primary: Server, slot: str) -> None:
    """Have the primary keep log for a standby from now on. Call it only where ``effect`` said True."""
    with connect_verified(primary, deadline_s=30) as session:
        session.execute(_SLOT, {"slot": slot})


def way_to(primary: Server, server: Server) -> str:
    """Return how a server reaches its primary, as libpq has it; it holds no password.

    Raises:
        ActionFailed: nobody says it.
    """
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    given = primary.settings.replication
    with connect_verified(primary, deadline_s=30) as session:
        row = session.execute("SELECT current_setting('primary_conninfo')").fetchone()
    words: dict[str, Any] = conninfo_to_dict(given or str(row[0] if row else "") or _own_way(server))
    hint = (
        f"Name it in the inventory, at {primary.name}: `replication: host=… port=… user=… passfile=…` (a file on "
        f"{server.host} that its account can read; no password)."
    )
    if not words.get("user"):
        raise ActionFailed(
            f"Nobody says as whom {server.name} may follow {primary.name}.", hint, left_behind="Nothing was changed."
        )
    if "password" in words:
        raise ActionFailed(
            f"How {primary.name}, or {server.name}, followed a primary holds a password, which is not copied.",
            hint,
            left_behind="Nothing was changed.",
        )
    if not given:
        words |= {"host": primary.settings.address, "port": primary.settings.port}
        if primary.settings.address in ("127.0.0.1", "::1", "localhost") and primary.host != server.host:
            raise ActionFailed(
                f"How {server.host} reaches {primary.name} is not known: {primary.settings.address} is here.",
                hint,
                left_behind="Nothing was changed.",
            )
    return make_conninfo(**{**words, "application_name": slot_of(server)})


def _own_way(server: Server) -> str:
    """Return how a standby reaches its primary by its own files; empty where it is none, or they cannot be read."""
    if not server.exists(f"{server.data}/standby.signal"):
        return ""
    try:
        return configured(server, "primary_conninfo")
    except ActionFailed as error:
        server.ctx.log(error.message, "err")
        return ""


def require_way(server: Server, conninfo: str, new: Position) -> None:
    """Try from the server's host whether it may replicate from its primary, and whether that is the one meant.

    Raises:
        ActionFailed: it may not, or another server answers there.
    """
    argv = [server.program("psql"), "-XAtqw", "-d", f"{conninfo} replication=true", "-c", "IDENTIFY_SYSTEM"]
    done = server.query(argv, timeout_s=_TRY_S, env={"PGCONNECT_TIMEOUT": "10"})
    said = last_words(done)
    left = "Nothing was changed by this step."
    if done.code != 0:
        raise ActionFailed(
            f"{server.host} may not replicate from {server.settings.standby_of}: {said}",
            f"Its pg_hba.conf must let that role in (replication) from {server.host}, and the passfile have a line for "
            "that host and port. Or name another way (`replication:` in the inventory).",
            left_behind=left,
        )
    if done.out.partition("|")[0] != new.cluster:
        raise ActionFailed(
            f"What {server.host} reaches there is another cluster ({said}), not {new.cluster}.",
            "Correct `replication:` in the inventory.",
            left_behind=left,
        )


def settings_text(before: str, conninfo: str, slot: str, fetch: str = "") -> str:
    """Return ``postgresql.auto.conf`` as a standby has it: without fence, old primary and old targets.

    Args:
        before: as it was.
        conninfo: how it reaches its primary.
        slot: the slot that keeps log for it there.
        fetch: the shell's words by which it fetches log that its primary has no more; empty: its own settings say it.
    """
    kept = _STALE.sub("", _BLOCK.sub("", without_guard(before)))
    parted = kept if not kept or kept.endswith("\n") else f"{kept}\n"
    said = conninfo.replace("'", "''")
    lines = [f"primary_conninfo = '{said}'", f"primary_slot_name = '{slot}'", "recovery_target_timeline = 'latest'"]
    lines += [f"restore_command = '{in_configuration(fetch)}'"] if fetch else []
    return parted + "\n".join([_BEGIN, *lines, _END]) + "\n"


def have_it_follow(server: Server, conninfo: str, slot: str) -> None:
    """Have a server that is down start as a standby, and as nothing else. Call it only where ``effect`` said True.

    Between the promotion and its slot nobody kept log for it: what the primary removed by then (a backup's checkpoint
    is enough) is in the archive alone.
    """
    make = 'set -e; : >"$1/standby.signal"; sync "$1/standby.signal"; rm -f "$1/recovery.signal"; sync "$1"'
    done = server.run("standby-signal", ["sh", "-c", make, "sh", server.data], timeout_s=60)
    if done.code != 0:
        raise ActionFailed(f"{server.data}/standby.signal cannot be made: {done.err.strip()}")
    before = server.read(guard_file(server)) or ""
    fetches = _BLOCK.sub("", before), server.read(config_file(server) or f"{server.data}/postgresql.conf") or ""
    own = any(_FETCHES.search(text) for text in fetches)
    fetch = "" if own else fetch_words(server.settings.backups, {0: []})
    server.write(guard_file(server), settings_text(before, conninfo, slot, fetch))


def asked(server: Server) -> Following | None:
    """Ask a server whom it follows; None where it does not answer."""
    try:
        with connect_verified(server, deadline_s=5) as session:
            row = session.execute(_SEEN).fetchone()
    except CannotConnect as error:
        server.ctx.log(f"{server.name} cannot be asked: {error.message}")
        return None
    return Following(bool(row[0]), str(row[1]), int(row[2]), int(row[3]), str(row[4]), str(row[5])) if row else None


def prove(server: Server, primary: Server, deadline_s: float = _FOLLOW_S) -> str:
    """Wait until a standby streams from its primary and has all that this one had; return that in words.

    Raises:
        ActionFailed: it does not come to that, or takes writes.
    """
    new, end = position(primary), time.monotonic() + deadline_s
    while True:
        seen = asked(server)
        if seen and not seen.recovering:
            raise ActionFailed(
                f"{server.name} is NO standby: it takes writes.", f"Fence it at once: --on {server.name}."
            )
        if seen and seen.of(new) and seen.replayed >= new.end:
            _require_read_only(server)
            return f"it streams from {primary.name} on timeline {new.timeline}, and has all up to {format_lsn(new.end)}"
        if server.ctx.cancelled:
            raise Cancelled(f"{server.name} runs as a standby, and goes on catching up.")
        if time.monotonic() > end:
            raise ActionFailed(
                f"{server.name} does not follow {primary.name} after {deadline_s:.0f} s: {_words(seen, new)}.",
                left_behind=f"{server.name} runs as a standby, and takes no writes.",
                cures=[_LOOK_FIRST, Cure(words=_STOP.format(server.name), action="postgres.stop")],
            )
        time.sleep(_PAUSE_S)


def _words(seen: Following | None, new: Position) -> str:
    if seen is None:
        return "it does not answer"
    if seen.cluster != new.cluster:
        return f"it is of the cluster {seen.cluster}, not {new.cluster}"
    missing = f"{max(0, new.end - seen.replayed):,} bytes of log are missing"
    return f"its receiver is {seen.status or 'not there'}, timeline {seen.timeline} of {new.timeline}, {missing}"


def _require_read_only(server: Server) -> None:
    """Try a write, which must be refused.

    Raises:
        ActionFailed: it was taken.
    """
    try:
        with connect_verified(server, deadline_s=10) as session:
            session.execute("SELECT pg_logical_emit_message(true, 'cleo', 'a standby takes none')")
    except CannotConnect as error:
        if "recovery" in error.message or "read-only" in error.message:
            return
        raise
    raise ActionFailed(f"{server.name} took a write.", f"Fence it at once: --on {server.name}.")
