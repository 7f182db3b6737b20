"""Loads one backup into a server of its own and counts its keys: ``python -m …redis.backups.scratch ORDER``.

It prints one JSON object: what was loaded (`Loaded`). Exit status 1: it could not be loaded, with the reason on
standard error.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import msgspec

from actions.systems.redis.backups.order import Loaded, ScratchOrder
from actions.systems.redis.backups.scratch_server import scratch_server
from actions.systems.redis.config import databases
from journal.errors import CleoError
from journal.structs import from_json

if TYPE_CHECKING:
    from redis import Redis


def main(order: str) -> int:
    """Load what ``order`` (a `ScratchOrder` in JSON) says; return the exit status."""
    wanted = from_json(order, ScratchOrder)
    try:
        with scratch_server(wanted) as (client, info, seconds):
            loaded = _counted(wanted, client, info, seconds)
    except (CleoError, OSError) as error:
        print(str(error), file=sys.stderr)
        return 1
    print(msgspec.json.encode(loaded).decode(), flush=True)
    return 0


def _counted(wanted: ScratchOrder, client: Redis, info: Any, seconds: float) -> Loaded:
    beat: Any = client.get(wanted.heartbeat) if wanted.heartbeat else None
    return Loaded(
        databases=databases(info),
        loaded=int(info.get("rdb_last_load_keys_loaded", 0)),
        load_expired=int(info.get("rdb_last_load_keys_expired", 0)),
        expired=int(info.get("expired_keys", 0)),
        newest_write=str(beat) if beat else "",
        seconds=round(seconds, 2),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
