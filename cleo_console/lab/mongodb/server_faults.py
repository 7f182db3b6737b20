"""Faults of the server and its data. Each is done for real, and returns what it did, and figures on it."""

from __future__ import annotations

import os
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from signal import SIGKILL
from typing import TYPE_CHECKING, Any

from cleo_console.lab import processes
from cleo_console.lab.clock import DAY_S, day_ahead, forget_ended
from cleo_console.lab.fault_log import utc_now
from cleo_console.lab.mongodb import server
from cleo_console.lab.mongodb.cluster import APPLICATION, DATABASE, Member
from cleo_console.lab.mongodb.intruder import intrude
from cleo_console.lab.service import Done, FaultKind
from journal.errors import CleoError

if TYPE_CHECKING:
    from pymongo import MongoClient

_BLOCK = 4096
_SOON_S = 60
_SIGNED_S = 15


def kill(member: Member) -> Done:
    """Kill the server (SIGKILL); its lock file stays as it was."""
    before, found = _newest(member), server.process(member.data_directory)
    if found is None:
        raise CleoError(f"{member.name} does not run in the lab.", server.RECOVER)
    processes.signal_process(found, SIGKILL, member.directory)
    server.wait_until_ended(member, found)
    return f"Killed the server (pid {found.pid}, SIGKILL).", {"at": utc_now(), "pid": found.pid, **before}


def lose_data(member: Member) -> Done:
    """Kill the server and delete everything in its data directory; an empty directory stays, like a new disk."""
    data = member.data_directory
    if not data.is_dir() or not any(data.iterdir()):
        raise CleoError(f"{data} is lost already.", server.RECOVER)
    found = server.process(data)
    before = _newest(member) if found else {}
    if found:
        processes.signal_process(found, SIGKILL, member.directory)
        server.wait_until_ended(member, found)
    at = utc_now()
    for entry in data.iterdir():
        shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    what = f"Killed the server and deleted everything in {data}."
    return what, {"at": at, "data_directory": str(data), **before}


def flip_byte(member: Member) -> Done:
    """Change a byte inside the documents of conversations, on disk; the server is stopped meanwhile.

    A mongod that reads such a block ends itself (seen on 6.0.5), whoever makes it read: it starts again, until then.
    """
    server.require_running(member)
    with member.session() as client:
        _require(client, "conversations")
        uri = client[DATABASE].command("collStats", "conversations")["wiredTiger"]["uri"]
    path = member.data_directory / f"{uri.rpartition(':')[2]}.wt"
    server.stop(member)
    place = path.stat().st_size // 2 // _BLOCK * _BLOCK + 200
    _change(path, place)
    server.start(member)
    what = f"Changed the byte at {place} of {path} (collection conversations); the server was restarted."
    return what, {"collection": f"{DATABASE}.conversations", "file": str(path), "offset": place}


def drop_collection(member: Member) -> Done:
    """Drop the collection episodic_memories as the application; `at` is the server's clock just before."""
    server.require_running(member)
    with member.session(APPLICATION) as client:
        count = _require(client, "episodic_memories")
        at = _clock(client)
        _until_positions_are_told(client)
        dropped = client[DATABASE].command("drop", "episodic_memories")
    details = {"at": at, "documents": count, **_position(dropped)}
    return f"Dropped the collection episodic_memories with its {count:,} documents. Just before it was {at}.", details


def drop_index(member: Member) -> Done:
    """Drop the unique index of conversations as the application."""
    server.require_running(member)
    with member.session(APPLICATION) as client:
        at = _clock(client)
        position = _drop_unique(client)
    return "Dropped the unique index `conversation` of the collection conversations.", {"at": at, **position}


def duplicate_keys(member: Member) -> Done:
    """Drop the unique index of conversations, and let the application write three of them a second time."""
    server.require_running(member)
    with member.session(APPLICATION) as client:
        at = _clock(client)
        position = _drop_unique(client)
        conversations = client[DATABASE]["conversations"]
        twice = list(conversations.find({}, {"_id": 0}).sort("conversation_id", 1).limit(3))
        conversations.insert_many([{**each, "title": "written twice"} for each in twice])
    keys = [each["conversation_id"] for each in twice]
    what = f"Dropped the unique index of conversations, and wrote {', '.join(keys)} a second time."
    return what, {"at": at, "keys": keys, **position}


def expire_soon(member: Member) -> Done:
    """Let the application set a time to a hundred memories that never expire: they go a minute from now.

    The server deletes them itself within a minute of that (the TTL monitor); a backup of before has them.
    """
    at = datetime.now(UTC) + timedelta(seconds=_SOON_S)
    number = _have_memories_expire(member, at)
    what = f"Set expires_at of {number} memories to {_iso(at)}: the server deletes them then."
    return what, {"expires_at": _iso(at), "documents": number}


def _have_memories_expire(member: Member, at: datetime) -> int:
    """Let the application set a time to a hundred memories that never expire; return how many there were."""
    server.require_running(member)
    with member.session(APPLICATION) as client:
        _require(client, "episodic_memories")
        memories = client[DATABASE]["episodic_memories"]
        lasting = [each["_id"] for each in memories.find({"expires_at": None}, {"_id": 1}).sort("_id", 1).limit(100)]
        memories.update_many({"_id": {"$in": lasting}}, {"$set": {"expires_at": at}})
    return len(lasting)


def clock_ahead(member: Member) -> Done:
    """Set the clock that stamps the oplog a day ahead: as it stays where the machine's was, and was corrected.

    Positions in the oplog are a day ahead of the time at which they were written from then on; they never go back.
    """
    from bson import Binary, Int64, Timestamp

    server.require_running(member)
    with member.session() as client:
        at = _clock(client)
        ahead = Timestamp(int(datetime.now(UTC).timestamp()) + DAY_S, 1)
        unsigned = {"hash": Binary(bytes(20)), "keyId": Int64(0)}
        with client.start_session() as session:
            session.advance_cluster_time({"clusterTime": ahead, "signature": unsigned})
            client.admin.command("appendOplogNote", data={"lab": "the clock is a day ahead"}, session=session)
    what = "The clock that stamps the oplog is a day ahead from now on, as after a machine's clock was corrected."
    return what, {"at": at, "ahead_s": DAY_S}


def clock_runs_ahead(member: Member) -> Done:
    """Start it anew with a clock that is a day ahead: the TTL monitor deletes what expires within a day.

    That are a hundred memories, whose time is set to half a day from now. A backup of before has them.
    """
    environment, expire = day_ahead("libfaketimeMT.so.1"), datetime.now(UTC) + timedelta(seconds=DAY_S / 2)
    number, before = _have_memories_expire(member, expire), _newest(member)
    server.stop(member)
    at = utc_now()
    server.start(member, environment)
    forget_ended(member.account.uid)
    server.wait_until_primary(member)
    what = (
        f"Started {member.name} with a clock that is a day ahead, and so it goes on: {number} memories expire at once."
    )
    return what, {"at": at, "ahead_s": DAY_S, "documents": number, **before}


MEMBER_FAULTS = (
    FaultKind("kill", "kill the server (SIGKILL)", kill),
    FaultKind("lose-data", "kill the server and delete all of its data directory", lose_data, total=True),
)
FAULTS = (
    *MEMBER_FAULTS,
    FaultKind("flip-byte", "change a byte on disk inside the collection conversations", flip_byte),
    FaultKind("intruder", "make a user with the role root and rewrite memories, as an intruder", intrude),
    FaultKind("drop-collection", "drop the collection episodic_memories, as the application", drop_collection),
    FaultKind("drop-index", "drop the unique index of conversations, as the application", drop_index),
    FaultKind("duplicate-keys", "drop the unique index of conversations, and write some of them twice", duplicate_keys),
    FaultKind("expire-soon", "have a hundred memories expire a minute from now, as the application", expire_soon),
    FaultKind(
        "clock-runs-ahead", "start it with a clock a day ahead: what expires within a day goes", clock_runs_ahead
    ),
    FaultKind("clock-ahead", "the clock that stamps the oplog is a day ahead from then on", clock_ahead),
)
"""Each is done for real."""


def _newest(member: Member) -> dict[str, Any]:
    """The newest heartbeat, so that the loss can be counted afterwards."""
    with member.session(deadline_s=10) as client:
        beat = client[DATABASE]["heartbeat"].find_one({}, sort=[("at", -1)])
    return {"last_heartbeat": _iso(beat["at"]) if beat else None}


def _require(client: MongoClient[dict[str, Any]], collection: str) -> int:
    """How many documents a collection has.

    Raises:
        CleoError: it is not there any more.
    """
    if collection not in client[DATABASE].list_collection_names():
        raise CleoError(f"The collection {collection} is not there any more.", server.RECOVER)
    return client[DATABASE][collection].count_documents({})


def _drop_unique(client: MongoClient[dict[str, Any]]) -> dict[str, Any]:
    _require(client, "conversations")
    if "conversation" not in client[DATABASE]["conversations"].index_information():
        raise CleoError("The unique index of conversations is not there any more.", server.RECOVER)
    _until_positions_are_told(client)
    return _position(client[DATABASE].command("dropIndexes", "conversations", index="conversation"))


def _until_positions_are_told(client: MongoClient[dict[str, Any]]) -> None:
    """Wait until answers to the application hold positions: just after a start the keys that sign them are not loaded.

    Raises:
        CleoError: they do not within some seconds.
    """
    deadline = time.monotonic() + _SIGNED_S
    while "operationTime" not in client.admin.command("ping"):
        if time.monotonic() > deadline:
            raise CleoError("The server tells the application no positions of its oplog.", "Repeat the fault.")
        time.sleep(0.05)


def _position(answer: dict[str, Any]) -> dict[str, Any]:
    """The oplog position of what a command did."""
    at = answer["operationTime"]
    return {"position": f"{at.time}:{at.inc}"}


def _clock(client: MongoClient[dict[str, Any]]) -> str:
    return _iso(client.admin.command("hello", codec_options=client.codec_options)["localTime"])


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _change(path: Path, place: int) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        (byte,) = os.pread(descriptor, 1, place)
        os.pwrite(descriptor, bytes([(byte + 1) % 256]), place)  # inverted, a second time would repair it
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
