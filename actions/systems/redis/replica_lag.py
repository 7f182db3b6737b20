"""How far Redis' nearest replica is behind: measured by its master, by the position that the replica confirms.

No figure of INFO says it: ``lag`` of a replica, and ``master_last_io_seconds_ago``, are how long nothing was heard over
a link, and stay at 0 or 1 however far behind a replica is. What a replica lacks its master alone can tell; a replica's
own newest heartbeat says what it has.
"""

from __future__ import annotations

import time
from typing import Any

from actions.systems.redis.measures import Info, confirmed, position_of, replicas, role_of

_LONGEST_S, _PAUSE_S = 1.5, 0.1
"""A replica confirms its position once a second."""


def lag_s(client: Any, info: Info) -> float | None:
    """Return how many seconds it takes until a replica confirms all that its master has by now; None: not known.

    0 where one has it already. Where none confirms it in a second and a half, what it lacks is not told in seconds.

    Args:
        client: a session with the server.
        info: what that said of itself.
    """
    if role_of(info) != "master" or not any(one.state == "online" for one in replicas(info)):
        return None
    begun, wanted = time.monotonic(), position_of(info)
    while not confirmed(info, wanted):
        if time.monotonic() > begun + _LONGEST_S:
            return None
        time.sleep(_PAUSE_S)
        info = client.info("replication")
    return round(time.monotonic() - begun, 1)
