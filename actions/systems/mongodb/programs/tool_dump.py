"""A dump by MongoDB's own mongodump, and what it holds, counted from its files.

It reads several collections at once, and is the faster engine. It reads each as it is when its turn comes: its dump is
of one moment once its oplog is replayed.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from actions.systems.mongodb.contents import BrokenDocument, Contents
from actions.systems.mongodb.dump_layout import NOT_USERS, OPLOG, DumpedCollection, NoDump, read_dump
from actions.systems.mongodb.mongodump import MONGODUMP, mongodump_argv
from actions.systems.mongodb.oplog_position import parse_position
from actions.systems.mongodb.programs.bson_files import CutShort, read_batches
from actions.systems.mongodb.programs.dumped import NewDump, state_of, undone
from actions.systems.mongodb.programs.oplog_slice import read_slice
from actions.systems.mongodb.programs.request import Request
from actions.systems.mongodb.programs.source import Source

_BATCH_BYTES, _BATCH_DOCUMENTS = 8 << 20, 20_000
_TELL_EVERY_S = 2.0


class ToolFailed(Exception):
    """mongodump made no dump that can be used; what it said last is in the message."""


def dump_by_tool(source: Source, request: Request, dump: Path, size: int) -> NewDump:
    """Have mongodump write a dump, and count what it holds.

    Args:
        source: the server.
        request: how it is reached, and where mongodump lies.
        dump: the folder, which is not there yet.
        size: about how many bytes of documents there are.

    Raises:
        ToolFailed: it failed, or its dump is not whole.
        CannotBackUp: the server went away, or a majority of its set does not come to have what was dumped.
    """
    _run(request, dump, size)
    for name in NOT_USERS:
        shutil.rmtree(dump / name, ignore_errors=True)
    try:
        slice_ = read_slice(dump / OPLOG)
        source.await_majority(parse_position(slice_.last))  # it may have read what would be rolled back
        found = read_dump(dump)
        states = {one.namespace: state_of(one, _contents(one), slice_) for one in found}
    except (OSError, CutShort, BrokenDocument, ValueError, NoDump) as error:
        raise ToolFailed(str(error)) from error
    return NewDump(
        at=slice_.first,
        slice=slice_,
        states=states,
        later=[name for name in states if slice_.changed.get(name)],
        undone=undone(states, slice_),
        heartbeat=_heartbeat(request, found),
        tool=MONGODUMP,
    )


def _contents(what: DumpedCollection) -> Contents | None:
    """Return what a collection's file holds; None of a view."""
    if what.data is None:
        return None
    contents = Contents(in_order=what.capped)
    for batch in read_batches(what.data, most_bytes=_BATCH_BYTES, most_documents=_BATCH_DOCUMENTS):
        contents.add(b"".join(each.raw for each in batch.documents))
    return contents


def _heartbeat(request: Request, found: Sequence[DumpedCollection]) -> datetime | None:
    """Return the newest heartbeat among the dumped documents."""
    data = next((one.data for one in found if one.namespace == request.heartbeat), None)
    if data is None:
        return None
    batches = read_batches(data, most_bytes=_BATCH_BYTES, most_documents=_BATCH_DOCUMENTS)
    beats = (each.get("at") for batch in batches for each in batch.documents)
    newest = max((at for at in beats if isinstance(at, datetime)), default=None)
    return newest.astimezone(UTC) if newest else None


def _run(request: Request, dump: Path, size: int) -> None:
    argv = mongodump_argv(request.tool, request, str(dump))
    log = dump.with_name("mongodump.log")
    try:
        with log.open("wb") as said:
            process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=said, stderr=said)
            _hand_password(process, request.password)
            while process.poll() is None:
                written = sum(path.stat().st_size for path in dump.rglob("*.bson")) if dump.exists() else 0
                print(json.dumps({"read": min(written, size), "of": size, "what": "mongodump"}), flush=True)
                _wait(process)
        if process.returncode:
            raise ToolFailed(_last_words(log))
    except OSError as error:
        raise ToolFailed(f"it cannot be started: {error.strerror}") from error
    finally:
        log.unlink(missing_ok=True)


def _hand_password(process: subprocess.Popen[bytes], password: str) -> None:
    if process.stdin:
        try:
            process.stdin.write(password.encode() + b"\n")
            process.stdin.close()
        except BrokenPipeError:
            pass  # it has ended already, and says why


def _wait(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_TELL_EVERY_S)
    except subprocess.TimeoutExpired:
        return


def _last_words(log: Path) -> str:
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return lines[-1].partition("\t")[2] or lines[-1] if lines else "it said nothing"
