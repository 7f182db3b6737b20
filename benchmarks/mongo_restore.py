"""Restoring a MongoDB dump by our own program, compared with the engine alone: mongorestore where it is on PATH.

Where it is not, with what it does: insert the dump's documents, in batches by one client. Both ways begin with an empty
data directory and end with a server that ended cleanly.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from actions.systems.mongodb.dump_layout import DumpedCollection, data_file, read_dump, write_definition
from actions.systems.mongodb.programs.bson_files import read_batches
from actions.systems.mongodb.programs.private_server import private_server
from actions.systems.mongodb.programs.restore import Order
from benchmarks.stand import folder
from benchmarks.table import Row, not_measured
from cleo_console.lab.mongodb.programs import find_mongod
from journal.errors import CleoError

LIMIT = 1.2
SIZE = int(os.environ.get("BENCH_MONGODB_MB", "1000")) * 10**6
TURNS = 2
_FIGURE = f"restore {SIZE // 10**6} MB of MongoDB"
_OPTIONS = ("--wiredTigerCacheSizeGB", "1")
_COLLECTIONS = ("conversations", "episodic_memories")


def run() -> Row:
    """Restore both ways in turns; the fastest of each counts."""
    limit = f"≤ {LIMIT:g} ×"
    try:
        mongod = str(find_mongod())
    except CleoError as error:
        return not_measured(_FIGURE, limit, str(error))
    with folder() as place:
        dump = place / "dump"
        _write_dump(dump)
        tool = shutil.which("mongorestore") or ""
        both = [
            (_through(mongod, dump, place / "through"), _alone(mongod, dump, place / "alone", tool))
            for _ in range(TURNS)
        ]
    through, alone = (min(one) for one in zip(*both, strict=True))
    ratio = through / alone
    reference = f"{'mongorestore' if tool else 'plain insertions'} {alone:.1f} s"
    return Row(_FIGURE, f"{through:.1f} s = {ratio:.2f} ×", reference, limit, ratio <= LIMIT)


def _write_dump(dump: Path) -> None:
    """Write a dump of two collections of documents of about a kilobyte."""
    from bson import ObjectId, encode

    chance = random.Random(1)
    for name in _COLLECTIONS:
        write_definition(dump, DumpedCollection(database="cleoai", name=name))
        written = 0
        with data_file(dump, "cleoai", name).open("wb") as file:
            while written < SIZE // len(_COLLECTIONS):
                text = chance.randbytes(400).hex()
                one = encode({"_id": ObjectId(), "user_id": chance.randrange(10**6), "text": text, "tags": ["a", "b"]})
                written += file.write(one)


def _through(mongod: str, dump: Path, place: Path) -> float:
    """Return how many seconds our program takes."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    order = Order(
        mongod=mongod,
        data=str(place / "db"),
        log=str(place / "log"),
        dump=str(dump),
        indexes=str(place / "indexes.json"),
        options=_OPTIONS,
    )
    (place / "order.json").write_bytes(msgspec.json.encode(order))
    argv = [sys.executable, "-m", "actions.systems.mongodb.programs.restore", str(place / "order.json")]
    began = time.monotonic()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


def _alone(mongod: str, dump: Path, place: Path, tool: str) -> float:
    """Return how many seconds the engine takes, from an empty server's start to its clean end."""
    shutil.rmtree(place, ignore_errors=True)
    (place / "db").mkdir(parents=True)
    began = time.monotonic()
    with private_server(mongod, place / "db", place / "log", _OPTIONS) as server:
        if tool:
            argv = [tool, "--uri", server.address, "--noIndexRestore", "--dir", str(dump)]
            subprocess.run(argv, check=True, stderr=subprocess.DEVNULL)
        else:
            _insert(server.address, dump)
        server.stop()
    return time.monotonic() - began


def _insert(address: str, dump: Path) -> None:
    from pymongo import MongoClient

    client: MongoClient[dict[str, Any]]
    with MongoClient(address, directConnection=True) as client:
        for one in read_dump(dump):
            assert one.data
            for batch in read_batches(one.data, most_bytes=8 << 20, most_documents=1000):
                client[one.database][one.into].insert_many(batch.documents)
