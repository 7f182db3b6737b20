"""The faults that can be injected into a Redis server of a lab. Each is done for real."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from signal import SIGKILL
from typing import Any

from cleo_console.lab.clock import DAY_S, day_ahead, forget_ended
from cleo_console.lab.fault_log import utc_now
from cleo_console.lab.processes import signal_process
from cleo_console.lab.redis import server
from cleo_console.lab.redis.intruder import intrude
from cleo_console.lab.redis.node import APPLICATION, DATABASES, HEARTBEAT, Node
from cleo_console.lab.service import Done, FaultKind
from journal.errors import CleoError

_STALE_S = 3600.0
"""Seconds by which stale append-only files are older than the RDB file."""
_LATER = 200
"""Keys that are written after append-only files were switched off."""


def kill(node: Node) -> Done:
    """Kill the server."""
    details = _last_write(node)
    pid = _killed(node)
    return f"Killed {node.name} (process {pid}).", details


def lose_data(node: Node) -> Done:
    """Kill the server and remove its data directory."""
    details = _last_write(node)
    pid = _killed(node)
    shutil.rmtree(node.data_directory)
    return f"Killed {node.name} (process {pid}) and removed {node.data_directory}.", details


def flip_byte(node: Node) -> Done:
    """Have it save, kill it, and flip a byte in the middle of the RDB file."""
    server.save(node)
    details = _last_write(node)
    _killed(node)
    offset = _flip(node.dump, node.dump.stat().st_size // 2)
    return f"Killed {node.name} and flipped the byte at {offset} of {node.dump}.", {**details, "offset": offset}


def torn_aof(node: Node) -> Done:
    """Kill the server and damage its append-only file in the middle: commands that are whole follow."""
    server.require_running(node)
    with node.client(APPLICATION) as client:
        for number in range(_LATER):
            client.set(f"limit:torn:{number}", "1")
    details = _last_write(node)
    _killed(node)
    path = max(node.append_only.glob("*.incr.aof"))
    data = path.read_bytes()
    begins = data.index(b"\r\n*", len(data) // 2) + 2  # within a value nobody would notice
    with path.open("r+b") as file:
        file.seek(begins)
        file.write(b"\0" * 8)
    return f"Killed {node.name} and overwrote a command at {begins} of {path}.", {**details, "offset": begins}


def stale_aof(node: Node) -> Done:
    """Have the append-only files end an hour before the RDB file: a start loads them alone.

    That is what is left where somebody switches them off at run time, and the configuration still says yes.
    """
    server.require_running(node)
    with node.client() as client:
        client.config_set("appendonly", "no")
        for number in range(_LATER):
            client.set(f"conversation:later:{number}:messages", "written after append-only files were switched off")
        client.save()
    details = _last_write(node)
    _killed(node)
    for path in node.append_only.iterdir():
        at = node.dump.stat().st_mtime - _STALE_S
        os.utime(path, (at, at))
    what = f"Switched append-only files off, wrote {_LATER} keys, saved, and killed {node.name}: its append-only files"
    return f"{what} are an hour older than {node.dump}.", {**details, "keys": _LATER}


def maxmemory_too_small(node: Node) -> Done:
    """Lower maxmemory below what is used, so that keys are evicted, now and after a restart."""
    server.require_running(node)
    with node.client() as client:
        used = int(client.info("memory")["used_memory"])
        client.config_set("maxmemory", int(used * 0.8))
        client.config_rewrite()
        client.set(f"{HEARTBEAT}:full", "1")
        evicted = int(client.info("stats")["evicted_keys"])
    what = f"Lowered maxmemory of {node.name} to 80 % of what it used; {evicted} keys were evicted at once."
    return what, {"used": used, "evicted": evicted}


def flush_all(node: Node) -> Done:
    """Remove all keys of all databases, as an administrator would by mistake; the RDB file is then empty, too."""
    server.require_running(node)
    before = utc_now()
    details = _last_write(node)
    keys = {name: found["keys"] for name, found in node.info("keyspace").items()}
    with node.client() as client:
        client.flushall()
    return f"Ran FLUSHALL: {sum(keys.values()):,} keys are gone. Just before it was {before}.", {
        **details,
        "at": before,
        "keys": keys,
    }


def clock_ahead(node: Node) -> Done:
    """Remove every key that has less than a day to live, as a server does whose clock is a day ahead for a moment."""
    server.require_running(node)
    before, gone = utc_now(), 0
    for database in range(DATABASES):
        with node.client(database=database) as client:
            near = [key for key in client.scan_iter(count=1000) if 0 <= int(client.ttl(key)) <= DAY_S]
            gone += int(client.unlink(*near)) if near else 0
    what = f"Removed {gone} keys that had less than a day to live, as if the clock of {node.name} had been a day ahead."
    return what, {**_last_write(node), "at": before, "keys": gone}


def clock_runs_ahead(node: Node) -> Done:
    """Start it anew with a clock that is a day ahead: what expires within a day goes as it loads its data.

    libfaketime and jemalloc wait for each other; glibc's own malloc is preloaded before that.
    """
    environment = day_ahead("libfaketime.so.1", "libc_malloc_debug.so.0")
    details, before = _last_write(node), node.info("keyspace")
    server.stop(node)
    at = utc_now()
    server.start(node, environment)
    forget_ended(node.account.uid)
    gone = sum(each["keys"] for each in before.values()) - sum(each["keys"] for each in node.info("keyspace").values())
    what = f"Started {node.name} with a clock that is a day ahead, and so it goes on: {gone} keys are gone."
    return what, {**details, "at": at, "keys": gone, "ahead_s": DAY_S}


def cut_replication(replica: Node) -> Done:
    """Send the replica to an address where no master answers."""
    server.require_running(replica)
    with replica.client() as client:
        client.replicaof("127.0.0.1", 1)
    return f"Cut {replica.name} off from its master; it serves on.", {"at": utc_now()}


def _killed(node: Node) -> int:
    process = server.require_running(node)
    signal_process(process, SIGKILL, node.directory)
    server.wait_until_gone(node)
    return process.pid


def _last_write(node: Node) -> dict[str, Any]:
    """The newest heartbeat, so that the loss can be counted afterwards."""
    server.require_running(node)
    try:
        with node.client() as client:
            return {"last_heartbeat": client.get(HEARTBEAT)}
    except CleoError:
        return {"last_heartbeat": None}


def _flip(path: Path, offset: int) -> int:
    with path.open("r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([(byte + 1) % 256]))  # inverted, a second time would repair it
    return offset


_KILL = FaultKind("kill", "kill the server (SIGKILL)", kill)
_LOSE_DATA = FaultKind("lose-data", "kill the server and delete all of its data directory", lose_data, total=True)

SERVER_FAULTS = (
    _KILL,
    _LOSE_DATA,
    FaultKind("flip-byte", "kill the server and flip a byte of the RDB file", flip_byte),
    FaultKind("torn-aof", "kill the server and damage the append-only file in the middle", torn_aof),
    FaultKind("stale-aof", "leave append-only files an hour older than the RDB file; the server is killed", stale_aof),
    FaultKind("maxmemory-too-small", "lower maxmemory, so that keys are evicted", maxmemory_too_small),
    FaultKind("clock-ahead", "remove what expires within a day, as a clock a day ahead would have", clock_ahead),
    FaultKind(
        "clock-runs-ahead", "start it with a clock a day ahead: what expires within a day goes", clock_runs_ahead
    ),
    FaultKind("intruder", "make a user with every command, and sessions, as an intruder", intrude),
    FaultKind("flush-all", "remove all keys (FLUSHALL), as by mistake", flush_all),
)
REPLICA_FAULTS = (
    FaultKind("cut-replication", "cut the replica off from its master; it serves on", cut_replication),
    _KILL,
    _LOSE_DATA,
)
