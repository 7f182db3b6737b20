"""Stands in for mongodump, which Debian does not have: understands the same arguments, writes the same layout.

It reads the password from its standard input, as mongodump does, and dumps documents as they are when their turn comes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pymongo import MongoClient

from actions.systems.mongodb.dump_layout import OPLOG, data_file, write_definition
from actions.systems.mongodb.programs.definitions import read_definitions


def main() -> None:
    """Dump everything, and the newest entry of the oplog."""
    parser = argparse.ArgumentParser()
    for name in ("host", "port", "username", "authenticationDatabase", "out"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--oplog", action="store_true", required=True)
    asked = parser.parse_args()
    client: MongoClient[dict[str, object]] = MongoClient(
        asked.host,
        int(asked.port),
        directConnection=True,
        username=asked.username,
        password=sys.stdin.readline().rstrip("\n"),
        authSource=asked.authenticationDatabase,
    )
    dump = Path(asked.out)
    newest = client.local["oplog.rs"].find_raw_batches({}, sort=[("$natural", -1)], limit=1)
    dump.mkdir()
    (dump / OPLOG).write_bytes(next(iter(newest)))
    for one in read_definitions(client, "here"):
        write_definition(dump, one.what)
        if one.what.kind != "view":
            found = client[one.what.database][one.what.into].find_raw_batches()
            data_file(dump, one.what.database, one.what.into).write_bytes(b"".join(found))


if __name__ == "__main__":
    main()
