"""Reads some users' keys from a backup, in a server of its own: ``python -m …redis.backups.user_dump ORDER-FILE``.

What it reads goes into a file that its owner alone may read (see `UserOrder`); it prints how many keys. Exit status 1:
it could not be done, with the reason on standard error.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from actions.systems.redis.backups.order import UserKey, UserOrder
from actions.systems.redis.backups.scratch_server import scratch_server
from actions.systems.redis.chosen_keys import find_keys, place
from journal.errors import CleoError
from journal.structs import from_json


def main(order: str) -> int:
    """Do what the file ``order`` says; return the exit status."""
    wanted, number = from_json(Path(order).read_bytes(), UserOrder), 0
    try:
        with scratch_server(wanted.scratch) as (client, _, _), _private(wanted.result) as file:
            for one in _read(client, wanted):
                file.write(msgspec.json.encode(one) + b"\n")
                number += 1
    except (CleoError, OSError) as error:
        print(str(error), file=sys.stderr)
        return 1
    print(f"{number} keys", flush=True)
    return 0


def _private(path: str) -> Any:
    Path(path).unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")


def _read(client: Any, wanted: UserOrder) -> Iterator[UserKey]:
    for number, name, key in list(find_keys(client, wanted.chosen)):
        client.execute_command("SELECT", number)
        dump = client.execute_command("DUMP", key, NEVER_DECODE=True)
        if dump is not None:  # else its time is up by now
            yield UserKey(
                database=number, place=place(number, name), key=key, dump=dump, expires_ms=_expires(client, key)
            )


def _expires(client: Any, key: bytes) -> int:
    """Return when a key's time is up, in milliseconds since 1970; 0: never."""
    from redis import ResponseError

    try:
        return max(0, int(client.pexpiretime(key)))
    except ResponseError:  # before 7.0
        left = int(client.pttl(key))
        return int(time.time() * 1000) + left if left > 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
