"""``redis.start``, ``redis.stop``, ``redis.is_running``."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from actions.action import action
from actions.context import ActionContext
from actions.gate import decide
from actions.machine.clock import require_clock
from actions.machine.shutdown import stoppable_again
from actions.outcome import ActionFailed, Cure, Finding, GateClosed, Outcome
from actions.systems.redis import by_hand
from actions.systems.redis.configuration import read_configuration
from actions.systems.redis.connection import CannotConnect
from actions.systems.redis.fence_guard import require_not_fenced
from actions.systems.redis.files import DataFiles, Loaded, look_at_files, what_loads
from actions.systems.redis.identity import identity
from actions.systems.redis.launch import RESTORE, launch, newest_lines, wait_until_loaded
from actions.systems.redis.managers import unmanaged
from actions.systems.redis.measures import Info, keyspace, troubles
from actions.systems.redis.restore_record import load_record
from actions.systems.redis.server import Server, find_server
from actions.systems.redis.shutdown import (
    forbid_save,
    keep_dump,
    saving_forbidden,
    seen_before,
    stop_server,
    what_a_stop_writes,
)
from actions.systems.redis.verified_connection import connect_verified
from journal.events.measured import Measured
from journal.wording.counting import count

STALE = "stale-aof"
LOADED = "would be removed as it loads its data"
"""What becomes of keys that are past their time by the host's clock."""


@action("redis.is_running", target=identity, by_hand=by_hand.is_running)
def is_running(ctx: ActionContext) -> Outcome:
    """Tell whether the server runs, and what lies in its data directory.

    Needs: its host.
    """
    server = find_server(ctx)
    found, files = server.process(), look_at_files(server, read_configuration(server))
    facts = {"running": bool(found), "data_directory": files.words()}
    state = f"runs (pid {found.pid})" if found else "is down"
    return Outcome(ok=bool(found), summary=f"{server.name} {state}; its data: {files.words()}.", facts=facts)


@action(
    "redis.start",
    script="systemctl start redis-server",
    probe="redis.is_running",
    resumable=True,
    live={"managed": unmanaged},
    touches=("data directory",),
    target=identity,
    by_hand=by_hand.start,
)
def start(ctx: ActionContext) -> Outcome:
    """Start Redis: it loads what lies on disk.

    What that will be is told before. Refused where it would come up empty or elsewhere, in half a restore, and where
    another server has its address.

    Needs: its data directory and configuration; the right to start it as `service` says.

    Leaves: the server running, and how many keys it loaded from which file.

    Killed half way: the server goes on loading by itself; run again, it waits for it.
    """
    server = find_server(ctx)
    if found := server.process():
        info = wait_until_loaded(server)
        keys = count(sum(keyspace(info).values()), "key")
        return Outcome(
            ok=True,
            summary=f"{server.name} was already up (pid {found.pid}), {keys}.",
            facts={"seconds": 0},
            settles=stoppable_again("redis.stop"),
        )
    files, loaded = require_startable(server)
    require_nobody_answers(server)
    require_clock(server, server.name, LOADED, "keys")
    if not ctx.effect(f"start {server.name}: it loads its {loaded.source} ({files.words()})"):
        return Outcome(ok=True, summary=f"would start {server.name}")
    begun, launched_at = time.monotonic(), datetime.now(UTC)
    launch(server)
    info = wait_until_loaded(server)
    _require_not_empty(server, info, files, loaded)
    return Outcome(
        ok=True,
        summary=f"{server.name} is up with {count(sum(keyspace(info).values()), 'key')} from its {loaded.source}.",
        facts={
            "seconds": round(time.monotonic() - begun, 1),
            "keys": sum(keyspace(info).values()),
            "keyspace": keyspace(info),
            "loaded_from": loaded.source,
            **_came_back(server, files, launched_at).facts(),
        },
        findings=_findings(server, info),
        settles=stoppable_again("redis.stop"),
    )


@action(
    "redis.stop",
    script="systemctl stop redis-server",
    destructive=True,
    probe="redis.is_running",
    resumable=True,
    live={"managed": unmanaged},
    touches=("data directory",),
    target=identity,
    params={"immediate": "end it without letting it write anything, however much was not saved yet"},
    by_hand=by_hand.stop,
)
def stop(ctx: ActionContext, *, immediate: bool = False) -> Outcome:
    """Stop Redis.

    What a stop would overwrite is kept first: with append-only files it does not save, without them the RDB file gets a
    second name.

    Needs: the right to stop it as `service` says; a user who may CONFIG SET.

    Leaves: the server down; perhaps `<RDB file>.kept-<time>`. Immediately: what it had not written yet is lost.

    Killed half way: what was told to stop goes on stopping; redis.is_running tells. A server that goes on all the same
    may save nothing by itself until it is started anew.
    """
    server = find_server(ctx)
    found = server.process()
    if not found:
        return Outcome(ok=True, summary=f"{server.name} was already down.", facts={"was_running": False})
    seen = seen_before(server, 2 if immediate else 5)
    leaves, dump = ("nothing is written", "") if immediate else what_a_stop_writes(server, seen)
    if not ctx.effect(f"stop {server.name} (pid {found.pid}): {leaves}"):
        return Outcome(ok=True, summary=f"would stop {server.name}: {leaves}")
    kept = keep_dump(server, dump) if dump else ""
    with saving_forbidden(server, wanted=not immediate and not dump):
        stop_server(server, found.pid, immediate=immediate)
    newest = seen.get("newest")
    measured = Measured(newest_commit_at=newest, no_commit_after=datetime.now(UTC) if newest else None)
    named = f" The RDB file from before is kept as {kept}." if kept else ""
    return Outcome(
        ok=True,
        summary=f"{server.name} is stopped; {leaves}.{named}",
        facts={"was_running": True, **({"aside": kept} if kept else {}), **measured.facts()},
    )


def require_startable(server: Server) -> tuple[DataFiles, Loaded]:
    """Return what lies in the data directory and what a start will load from it.

    Raises:
        ActionFailed: it is fenced, or would come up empty, or somewhere else, or not at all.
        GateClosed: its append-only files seem older than its RDB file.
    """
    require_not_fenced(server)
    _require_whole_restore(server)
    conf = read_configuration(server)
    files = look_at_files(server, conf)
    _require_same_directory(server, conf.last("dir"))
    loaded = what_loads(conf, files)
    if loaded.why_not:
        raise ActionFailed(
            f"{server.name} must not be started: {loaded.why_not}.",
            left_behind="Nothing was changed; the server is down.",
            cures=[
                restore_cure(f"Restore it: that finds what can be recovered, and starts it on that ({files.words()}).")
            ],
            facts={"data_directory": files.words()},
        )
    if loaded.stale:
        closed = GateClosed(
            STALE,
            f"{server.name}: {loaded.stale}.",
            cures=[
                restore_cure("Restore from the RDB file: its backup, or this one."),
                Cure(words="Or start it all the same.", override=STALE, cost="what only the RDB file holds"),
            ],
        )
        decide(server.ctx, closed, f"Starts from the append-only files ({loaded.stale})")
    return files, loaded


def _require_whole_restore(server: Server) -> None:
    """A half restored server would be started without what makes it keep its data: the restore goes on instead."""
    record = load_record(server)
    if record and record.state != "recovered":
        raise ActionFailed(
            f"A restore of {server.name} is half done (incident {record.incident}).",
            left_behind="Nothing was changed; the server is down.",
            cures=[Cure(words="Run the restore again: it goes on from there.", action=RESTORE)],
        )


def require_nobody_answers(server: Server) -> None:
    """Where another server has the address, ours could not take it, and every look would go to that one.

    Raises:
        CannotConnect: one answers there.
    """
    try:
        with connect_verified(server, deadline_s=5):
            pass  # it came up this moment: whoever starts it sees that
    except CannotConnect as error:
        if error.why in ("another", "unproven"):
            raise


def restore_cure(words: str) -> Cure:
    """Return the cure that is a restore."""
    return Cure(words=words, action=RESTORE, cost="what was written since the backup")


def _require_same_directory(server: Server, said: str) -> None:
    """A server whose configuration names another directory would come up there, with other data or none."""
    if not said.startswith("/"):
        return
    done = server.query(["readlink", "-m", "--", said, server.data])
    real = done.out.split("\n")
    if done.code == 0 and len(real) > 1 and real[0] != real[1]:
        raise ActionFailed(
            f"{server.name} would start in {said} (dir in its configuration), and the inventory names {server.data}.",
            "Correct the one that is wrong: data_directory: in the inventory, or dir.",
            left_behind="Nothing was changed; the server is down.",
        )


def _require_not_empty(server: Server, info: Info, files: DataFiles, loaded: Loaded) -> None:
    """Belt and braces: where it came up empty after all, it must not save over what lies there."""
    held = max(files.dump.size if files.dump else 0, files.append_only.size if files.append_only else 0)
    if sum(keyspace(info).values()) or loaded.source in ("master", "nothing") or held < _TELLING_BYTES:
        return
    trouble = forbid_save(server)
    raise ActionFailed(
        f"{server.name} came up without a key, beside {files.words()}.",
        "Have all its keys expired, or did it load something else? Its log (redis.log) tells.",
        left_behind=f"It runs, empty; it {f'may save ({trouble})' if trouble else 'saves nothing by itself any more'}.",
        cures=[restore_cure("Stop it without letting it write anything, then restore.")],
    )


_TELLING_BYTES = 10_000
"""Files below that may hold a function or an expired key, and no more."""


def _came_back(server: Server, files: DataFiles, launched_at: datetime) -> Measured:
    """Return the newest write that came back: the heartbeat, unless somebody wrote again since."""
    newest = seen_before(server).get("newest")
    if newest and newest < launched_at:
        return Measured(recovered_to=newest, newest_commit_at=newest)
    last = files.last_write
    known = server.ctx.incident.newest_known.get(server.name)
    if not newest or not last:
        return Measured()
    at = known if known and known <= last + timedelta(seconds=1) else last
    return Measured(recovered_to=at)


def _findings(server: Server, info: Info) -> list[Finding]:
    found = [Finding(severity="warning", about=server.name, text=text) for text in troubles(info)]
    said = [line for line in newest_lines(server) if "AOF loaded anyway" in line or "Truncating the AOF" in line]
    if said:
        text = f"the end of the append-only file was cut off as it was loaded: {said[-1].rpartition(' # ')[2]}"
        cure = "What the last second before it went down wrote may be missing: compare with what is known."
        found.append(Finding(severity="warning", about=server.name, text=text, cure=cure))
    return found
