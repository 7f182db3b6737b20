"""Writes one acknowledged document a second, as the application would; what is missing after a recovery was lost.

``heartbeat.py SECRET SET HOST:PORT[,HOST:PORT…]``: the application's password file, the replica set, its members. The
server's clock stamps each document; the set has it on a majority before it counts as written.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from bson import ObjectId
from pymongo import MongoClient, WriteConcern
from pymongo.errors import PyMongoError


def beat(secret: Path, set_name: str, members: list[str]) -> None:
    """Write until the login fails or the set is away, then raise."""
    client: MongoClient[dict[str, Any]] = MongoClient(
        members,
        replicaSet=set_name,
        username="cleo_app",
        password=secret.read_text().strip(),
        appname="heartbeat",
        serverSelectionTimeoutMS=3000,
        socketTimeoutMS=5000,
    )
    with client:
        beats = client.cleoai.get_collection("heartbeat", write_concern=WriteConcern("majority", wtimeout=5000))
        while True:
            beats.update_one({"_id": ObjectId()}, {"$currentDate": {"at": True}}, upsert=True)
            time.sleep(1)


def main() -> None:
    """Write for ever, and connect again where that fails."""
    secret, set_name, members = Path(sys.argv[1]), sys.argv[2], sys.argv[3].split(",")
    while True:
        try:
            beat(secret, set_name, members)
        except PyMongoError as error:
            print(f"not written: {str(error).partition(', Timeout:')[0]}", flush=True)
            time.sleep(1)


if __name__ == "__main__":
    main()
