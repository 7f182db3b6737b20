"""Loads one backup into a server of its own and tells what an intruder may have left in it.

``python -m …redis.backups.scan ORDER``, a `ScratchOrder` in JSON. It prints one JSON object: things by their names.
Exit status 1: it could not be loaded, with the reason on standard error.
"""

from __future__ import annotations

import sys

import msgspec

from actions.intrusion.traces import Holding
from actions.systems.redis.backups.order import ScratchOrder
from actions.systems.redis.backups.scratch_server import scratch_server
from actions.systems.redis.config import databases
from actions.systems.redis.traces import functions, keys
from journal.errors import CleoError
from journal.structs import from_json

_ALL_S = 4 * 3600.0


def main(order: str) -> int:
    """Load what ``order`` says; return the exit status."""
    wanted = from_json(order, ScratchOrder)
    try:
        with scratch_server(wanted) as (client, info, _):
            found, left = keys(client, [int(name[2:]) for name in databases(info)], _ALL_S)
            found |= functions(client)
    except (CleoError, OSError) as error:
        print(str(error), file=sys.stderr)
        return 1
    print(msgspec.json.encode(Holding(things=found, unseen=[left] if left else [])).decode(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
