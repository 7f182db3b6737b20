"""``redis.warm_cache``: keys that PostgreSQL can tell are put into Redis, before users ask for each of them."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import msgspec

from actions.action import action
from actions.context import ActionContext, Progress
from actions.outcome import ActionFailed, Cure, Outcome
from actions.systems.redis.config_file import Wanted
from actions.systems.redis.counts import Counted, count_keys
from actions.systems.redis.identity import identity
from actions.systems.redis.memory import require_memory
from actions.systems.redis.resp import estimate_query, payload_query, size_query
from actions.systems.redis.server import Server, find_server
from actions.systems.redis.settings import Warming, WarmKeys
from actions.systems.redis.verified_connection import connect_verified
from actions.systems.redis.warm_source import reading, source_settings
from actions.systems.redis.writers import writers_kept_out
from journal.wording.counting import count

if TYPE_CHECKING:
    import socket

    import psycopg

_DEADLINE_S = 3600.0
_ROWS = 2000
"""Keys that are read from the database, and sent, at a time."""
_SAMPLE = 500
_OVERHEAD = 1.3
_PER_KEY = 120
"""Bytes that a key takes beside its own (dictionary entry, object, expiry)."""
_LOOK_S = 1.0


class _Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How many keys the database expects, and how many bytes they take in memory."""

    keys: int
    size: int


@action(
    "redis.warm_cache",
    script="dr_warm_cache.sh",
    probe="redis.verify",
    resumable=True,
    gates=("sound-data",),
    touches=("data directory",),
    target=identity,
)
def warm_cache(ctx: ActionContext) -> Outcome:
    """Fill the cache from PostgreSQL.

    Streams the keys that the inventory's queries tell, with their TTLs. While the application writes, a key that is
    there stays as it is.

    Needs: `warm:` in the inventory; that PostgreSQL up, with a user who may read the tables; memory for the keys.

    Leaves: the keys. It ends where Redis begins to evict.

    Killed half way: some keys are there and others not, each of them whole; run it again.
    """
    server, begun = find_server(ctx), time.monotonic()
    keep = writers_kept_out(ctx) is not None
    warm = _warming(server)
    source_settings(ctx, warm.system)
    before = _count(server)
    with reading(ctx, warm.system, _DEADLINE_S) as session:
        plans = [_estimate(session, keys) for keys in warm.keys]
        expected = sum(plan.keys for plan in plans)
        _require_room(server, sum(plan.size for plan in plans), warm)
        names = ", ".join(keys.name for keys in warm.keys)
        if not ctx.effect(f"read about {expected} keys ({names}) from {warm.system}, and put them into {server.name}"):
            return Outcome(ok=True, summary=f"would warm {server.name} from {warm.system}")
        if keep:
            ctx.log("The application writes meanwhile: a key that is there already stays as it is.")
        sent = {keys.name: _warm(server, session, keys, expected, before, keep=keep) for keys in warm.keys}
    after = _count(server)
    return _outcome(server, warm, sent, before, after, time.monotonic() - begun)


def _warming(server: Server) -> Warming:
    """Return what it is warmed with, from whoever serves in the place of the system that the inventory names."""
    warm = server.settings.warm
    if warm is None or not warm.keys:
        raise ActionFailed(
            f"The inventory does not say what {server.name} is warmed with.",
            "Name the system and the queries of its keys (warm:), or leave this step out: the cache fills by itself.",
        )
    return msgspec.structs.replace(warm, system=server.ctx.incident.serving(warm.system))


def _count(server: Server) -> Counted:
    with connect_verified(server) as client:
        return count_keys(client)


def _estimate(session: psycopg.Connection[Any], keys: WarmKeys) -> _Plan:
    planned = session.execute(estimate_query(keys.sql)).fetchone()
    mean = session.execute(size_query(keys.sql, _SAMPLE)).fetchone()
    rows = int(planned[0][0]["Plan"]["Plan Rows"]) if planned else 0
    return _Plan(keys=rows, size=int(rows * (float((mean or [0])[0] or 0) * _OVERHEAD + _PER_KEY)))


def _require_room(server: Server, size: int, warm: Warming) -> None:
    """What does not fit pushes out what is there, and no command says so."""
    with connect_verified(server) as client:
        info: Any = client.info("memory")
    wanted = Wanted(maxmemory=int(info["maxmemory"]), policy=str(info["maxmemory_policy"]))
    require_memory(server, int(info["used_memory"]) + size, wanted, f"what is there, with what {warm.system} adds,")


def _warm(
    server: Server, session: psycopg.Connection[Any], keys: WarmKeys, expected: int, before: Counted, *, keep: bool
) -> int:
    """Stream one kind of keys from the database into Redis; return how many.

    Raises:
        ActionFailed: Redis refuses a command, or begins to evict.
    """
    with connect_verified(server, deadline_s=_DEADLINE_S, database=keys.database) as client:
        held: Any = client.connection
        pipe = _Pipe(held._sock)  # the library has no other way to send what is made already
        sent, looked = 0, time.monotonic()
        with session.cursor(name="warm", binary=True) as rows:
            rows.execute(payload_query(keys.sql, keys.type, keep=keep))
            while batch := rows.fetchmany(_ROWS):
                server.ctx.check_cancelled()
                pipe.send([row[0] for row in batch])
                sent += len(batch)
                if time.monotonic() - looked > _LOOK_S:
                    looked = time.monotonic()
                    _show(server, sent, expected)
                    _require_none_evicted(server, before)
        held_back = pipe.end(held.pack_command("ECHO", _Pipe.END))
    if held_back:
        raise ActionFailed(f"{server.name} refused {count(pipe.errors, 'command')}: {held_back}.", cures=[_room()])
    return sent


def _show(server: Server, sent: int, expected: int) -> None:
    share = min(1.0, sent / expected) if expected else None
    server.ctx.progress(Progress(fraction=share, text=f"{sent} keys"))


def _require_none_evicted(server: Server, before: Counted) -> None:
    evicted = _count(server).evicted - before.evicted
    if evicted:
        raise ActionFailed(
            f"{server.name} has begun to evict: {count(evicted, 'key')}.",
            left_behind="A part of the keys is there; it serves what it has.",
            cures=[_room()],
        )


def _room() -> Cure:
    return Cure(words="Raise maxmemory, or warm fewer keys; then run it again.", action="redis.warm_cache")


class _Pipe:
    """Sends commands without waiting for each one's reply, and reads the replies beside it, as ``redis-cli --pipe``.

    Args:
        link: a socket that is logged in.
    """

    END = "cleo: the end of what was warmed"

    def __init__(self, link: socket.socket) -> None:
        self._link, self._tail, self.errors, self._first = link, b"", 0, ""
        self._broken: OSError | None = None
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def send(self, commands: list[bytes]) -> None:
        """Send whole commands."""
        if self._broken:
            raise self._broken
        self._link.sendall(b"".join(commands))

    def end(self, last: list[bytes]) -> str:
        """Send the last command, wait for its reply, and return the first error; empty: there was none."""
        self._link.sendall(b"".join(last))
        self._reader.join()
        if self._broken:
            raise self._broken
        return self._first

    def _read(self) -> None:
        try:
            while True:
                piece = self._link.recv(1 << 16)
                if not piece:
                    raise ConnectionResetError("Redis closed the connection")
                lines = (self._tail + piece).split(b"\r\n")
                self._tail = lines.pop()
                if b"\n-" in b"\n" + b"\n".join(lines):
                    self._note([line for line in lines if line.startswith(b"-")])
                if lines and lines[-1] == self.END.encode():
                    return
        except OSError as error:
            self._broken = error

    def _note(self, errors: list[bytes]) -> None:
        self.errors += len(errors)
        self._first = self._first or errors[0][1:].decode("utf-8", "replace")


def _outcome(
    server: Server, warm: Warming, sent: dict[str, int], before: Counted, after: Counted, seconds: float
) -> Outcome:
    total, evicted = sum(sent.values()), after.evicted - before.evicted
    facts = {
        "warmed": sent,
        "keys_before": before.keys,
        "keys": after.keys,
        "evicted_keys": evicted,
        "seconds": round(seconds, 2),
    }
    if evicted:
        raise ActionFailed(
            f"{count(total, 'key was', 'keys were')} put into {server.name}, which evicted {evicted} meanwhile.",
            facts=facts,
            cures=[_room()],
        )
    if after.keys + after.expired - before.expired < max(sent.values(), default=0):
        raise ActionFailed(
            f"{total} keys were put into {server.name}, and it has {after.keys}: somebody removes them.", facts=facts
        )
    return Outcome(
        ok=True,
        summary=f"{server.name} is warmed from {warm.system} with {count(total, 'key')} in {seconds:.1f} s; it has "
        f"{after.words()}, none was evicted.",
        facts=facts,
    )
