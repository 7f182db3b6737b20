"""Takes a backup of a MongoDB server into a repository: ``python -m …programs.dump [--once] REQUEST``.

It runs on the repository's host, and prints a JSON object a line: ``{"read": BYTES, "of": BYTES, "what": NAMESPACE}``
while it reads, and at last ``{"backup": ID, …}`` or ``{"failed": WORDS, "hint": WORDS, "why": KIND}``. Exit status 0:
the backup is in the repository, whole; 1: it is not, and nothing of it is. ``--once`` removes the request, which may
hold a password, as soon as it is read. Killed half way, it leaves a folder that is no backup, and that the next backup
removes. Into a bucket it goes as it is read: no room is needed here.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from actions.backups.repository.entry import Entry
from actions.backups.repository.new_backup import new_backup
from actions.systems.mongodb.programs.full_backup import write_full
from actions.systems.mongodb.programs.incremental_backup import write_incremental
from actions.systems.mongodb.programs.request import CannotBackUp, Request, client_of, read_request, refusal
from actions.systems.mongodb.programs.source import open_source
from journal.errors import CleoError


def main(arguments: list[str]) -> int:
    """Take the backup that a request file asks for; return the exit status."""
    parser = argparse.ArgumentParser(prog="dump")
    parser.add_argument("--once", action="store_true", help="remove the request as soon as it is read")
    parser.add_argument("request", type=Path)
    asked = parser.parse_args(arguments)
    try:
        entry = take(read_request(asked.request, once=asked.once))
    except CannotBackUp as error:
        return _failed(error, error.why)
    except CleoError as error:
        return _failed(error, "")
    say(
        {
            "backup": entry.id,
            "size": entry.size,
            "covers": [entry.covers.from_, entry.covers.to] if entry.covers else [],
        }
    )
    return 0


def take(request: Request) -> Entry:
    """Take the backup, and return its entry.

    Raises:
        CleoError: there is none; the repository holds what it held before.
    """
    from pymongo.errors import PyMongoError

    write = write_incremental if request.kind == "incremental" else write_full
    client = client_of(request)
    try:
        source = open_source(client, request)
        with new_backup(request.into, request.system, request.kind) as backup:
            for name in backup.removed:
                say({"removed": name})
            return write(source, request, backup)
    except PyMongoError as error:
        raise refusal(error, request.where) from error
    finally:
        client.close()


def say(what: dict[str, Any]) -> None:
    """Print one line."""
    print(json.dumps(what), flush=True)


def _failed(error: CleoError, why: str) -> int:
    say({"failed": error.message, "hint": error.hint, "why": why})
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
