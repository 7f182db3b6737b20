"""Starts a server on restored data so that it can neither come up empty nor save over them, and gives it back its life.

It starts without an append-only file and without save points, by our block at the end of its configuration. What it
loaded is compared with the file; only then the append-only file is begun anew, and the block taken out.
"""

from __future__ import annotations

import time
from typing import Any

import msgspec

from actions.context import Progress
from actions.machine.room import full
from actions.outcome import ActionFailed, Cure
from actions.systems.redis.config_file import has_block, with_block, without_block
from actions.systems.redis.counts import Counted, count_keys, differences
from actions.systems.redis.launch import launch, wait_until_loaded
from actions.systems.redis.restore_record import RestoreRecord, save_record
from actions.systems.redis.server import Server
from actions.systems.redis.verified_connection import connect_verified

AGAIN_S = 10.0
"""Seconds after which keys are counted again: what is evicted or expires at once is seen by then."""
_REWRITE_S = 2 * 3600.0
_PAUSE_S = 0.1


def take_over(server: Server, record: RestoreRecord) -> Counted:
    """Start the server, compare what it loaded, and have it keep that. It goes on where it was interrupted.

    Raises:
        ActionFailed: it does not start, or what it loaded is not what was restored; it saves nothing then.
    """
    if not server.process():
        _write_block(server, record)
        launch(server, "start-restored")
    wait_until_loaded(server)
    first = _require_equal(server, record)
    save_record(server, msgspec.structs.replace(record, loaded=first.keys))
    _keep_from_now_on(server, record)
    return _again(server, record)


def _config(server: Server) -> str:
    """Return the configuration file's text: it was there when the restore began."""
    text = server.read(server.settings.config_file)
    if text is None:
        raise ActionFailed(
            f"{server.settings.config_file} is gone.", "Bring it back, then run the step again: it goes on."
        )
    return text


def _write_block(server: Server, record: RestoreRecord) -> None:
    lines = ["appendonly no" if record.source.kind == "rdb" else "appendonly yes", 'save ""']
    text = _config(server)
    if (wanted := with_block(text, record.incident, lines)) != text:
        server.write(server.settings.config_file, wanted, user="")


def _require_equal(server: Server, record: RestoreRecord) -> Counted:
    """Compare what the server has with what was restored.

    Raises:
        ActionFailed: it is not the same.
    """
    source = record.source
    with connect_verified(server) as client:
        found = count_keys(client)
        said: Any = client.config_get("appendonly", "save", "dir")
    wrong = list(differences(found, source.databases, source.keys)) if source.kind == "rdb" else []
    if source.kind == "rdb" and said["appendonly"] == "yes" and not found.keys:
        wrong.append("it was started with appendonly yes by its command line, and so without the RDB file")
    if wrong:
        raise ActionFailed(
            f"{server.name} did not come up with what was restored: {'; '.join(wrong)}.",
            left_behind=f"It runs with {found.words()}, and saves nothing; backup and old data are untouched.",
            facts={"keys": found.keys, "evicted_keys": found.evicted},
            cures=[
                Cure(
                    words="Stop it without letting it write, correct what is named, and restore again.",
                    action="redis.stop",
                    params={"immediate": True},
                ),
            ],
        )
    expired = f", {found.load_expired} had expired" if found.load_expired else ""
    server.ctx.log(f"{server.name} loaded {found.words()}{expired}.")
    return found


def _keep_from_now_on(server: Server, record: RestoreRecord) -> None:
    """Begin the append-only file anew where one is wanted, take the block out, and set the save points."""
    wanted = record.wanted
    with connect_verified(server) as client:
        on: Any = client.config_get("appendonly")
        if wanted.appendonly and on["appendonly"] != "yes":
            client.config_set("appendonly", "yes")
    if wanted.appendonly:
        _wait_for_rewrite(server)
    text = _config(server)
    if has_block(text):
        server.write(server.settings.config_file, without_block(text), user="")
    with connect_verified(server) as client:
        client.config_set("save", wanted.save)


def _wait_for_rewrite(server: Server) -> None:
    end = time.monotonic() + _REWRITE_S
    while True:
        server.ctx.check_cancelled()
        with connect_verified(server) as client:
            said: Any = client.info("persistence")
        if not (said.get("aof_rewrite_in_progress") or said.get("aof_rewrite_scheduled")):
            break
        if time.monotonic() > end:
            raise ActionFailed(f"{server.name} has not written its append-only file in {_REWRITE_S / 3600:.0f} hours.")
        total, done = said.get("current_save_keys_total", 0), said.get("current_save_keys_processed", 0)
        if total:
            server.ctx.progress(Progress(fraction=min(1.0, done / total), text="writing the append-only file"))
        time.sleep(_PAUSE_S)
    if not said.get("aof_enabled") or said.get("aof_last_bgrewrite_status") != "ok":
        raise ActionFailed(
            f"{server.name} could not begin its append-only file.",
            full(server, server.data) or "Its log says why (redis.log): correct that, then run the step again.",
            left_behind="It runs with the restored data; a start loads them from the RDB file, which stays as it is.",
        )


def _again(server: Server, record: RestoreRecord) -> Counted:
    """Count once more after ten seconds: by then it is seen what is evicted, or expires at once."""
    end = time.monotonic() + AGAIN_S
    while time.monotonic() < end:
        server.ctx.check_cancelled()
        server.ctx.progress(Progress(text="waiting, to count the keys again"))
        time.sleep(min(0.5, max(0.0, end - time.monotonic())))
    return _require_equal(server, record)
