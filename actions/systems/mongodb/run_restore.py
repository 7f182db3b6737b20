"""Runs the program that restores and replays, and reads what came of it."""

from __future__ import annotations

import re

import msgspec

from actions.context import ActionContext, Progress
from actions.machine.machine import last_words
from actions.machine.room import full
from actions.outcome import ActionFailed, Cure
from actions.systems.mongodb.backup_chain import Chain
from actions.systems.mongodb.backup_selection import Chosen, place_of, stock_of
from actions.systems.mongodb.dump_layout import OPLOG
from actions.systems.mongodb.programs.restore import SAYS, Order, Restored
from actions.systems.mongodb.restore_record import RestoreRecord, indexes_path, keeping_place
from actions.systems.mongodb.restored_server import program_lines, storage_options
from actions.systems.mongodb.server import Server
from actions.transport import Completed
from journal.structs import from_json

_DAY_S = 24 * 3600.0
_PROGRESS = re.compile(r"(\d+) of (\d+) MB: (.*)")
HALF_DONE = "What was restored so far lies beside the data directory; the old data is kept. Run the step again."


def restored_data(server: Server) -> str:
    """Return where data is restored before it is put into its place: on the same file system."""
    return f"{server.data}.restoring"


def run_restore(server: Server, record: RestoreRecord, chosen: Chosen) -> RestoreRecord:
    """Run the program that restores and replays, in a server that nobody else reaches."""
    if not server.ctx.effect(f"restore backup {record.backup} into {restored_data(server)} and replay its oplog"):
        return record
    order = _order(server, record, chosen)
    path = f"{keeping_place(server)}.cleo-order.json"
    server.write(path, msgspec.json.encode(order).decode())
    line = program_lines(server, "actions.systems.mongodb.programs.restore", path)
    done = server.run("restore", line, timeout_s=_DAY_S, on_line=lambda _, text: show_progress(server.ctx, text))
    result = restored_by(done)
    if result is None:
        cure = full(server, server.data) or "Mend what it says; run the step again."
        raise ActionFailed(
            f"Backup {record.backup} could not be restored: {last_words(done)}",
            left_behind=HALF_DONE,
            cures=[Cure(words=cure, action="mongodb.restore")],
            facts={"backup": record.backup, "exit": done.code},
        )
    return msgspec.structs.replace(record, state="restored", result=result)


def _order(server: Server, record: RestoreRecord, chosen: Chosen) -> Order:
    folder, chain, point = place_of(server).folder, chosen.chain, record.recovery_point
    dump = f"{folder}/{chain.full.id}/dump"
    return Order(
        mongod=server.program("mongod"),
        data=restored_data(server),
        log=f"{keeping_place(server)}.cleo-restore.log",
        dump=dump,
        indexes=indexes_path(server),
        options=storage_options(server),
        bucket=stock_of(server, chain),
        oplog=oplog_files(server, chain),
        consistent_at=chain.begins,
        through=point.value if point.kind == "oplog" else "",
        before=point.instant,
        fcv=record.fcv,
        kept_out=[f"{user.database}.{user.user}" for user in server.settings.app_users],
        incident=server.ctx.incident.id,
        mongorestore=mongorestore_of(server),
    )


def restored_by(done: Completed) -> Restored | None:
    """Return what the program said of its restore; None where it failed."""
    said = [text.removeprefix(SAYS) for text in done.out.splitlines() if text.startswith(SAYS)]
    return from_json(said[-1], Restored) if done.code == 0 and said else None


def oplog_files(server: Server, chain: Chain) -> list[str]:
    """Return the files of oplog entries of some backups, in their order."""
    folder = place_of(server).folder
    return [
        f"{folder}/{entry.id}/{file.name}"
        for entry in chain.backups
        for file in entry.files
        if file.name.rpartition("/")[2] == OPLOG
    ]


def mongorestore_of(server: Server) -> str:
    """Return MongoDB's own tool on the server's host; empty: it is not there, or the backups lie in no folder."""
    if place_of(server).in_bucket:
        return ""
    tool = server.program("mongorestore")
    return tool if server.query(["sh", "-c", 'command -v "$1"', "sh", tool]).code == 0 else ""


def show_progress(ctx: ActionContext, text: str) -> None:
    """Show how far the program says it is."""
    if found := _PROGRESS.fullmatch(text):
        of = max(1, int(found[2]))
        ctx.progress(Progress(fraction=min(1.0, int(found[1]) / of), text=found[3]))
