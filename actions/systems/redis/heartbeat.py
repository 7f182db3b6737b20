"""The heartbeat: a key that receives the time once a second tells the newest write, and so how much was lost."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from actions.systems.redis.measures import instant
from actions.systems.redis.settings import RedisSettings

if TYPE_CHECKING:
    from redis import Redis

STALE_S = 60
"""Seconds without a heartbeat from which nothing is being written."""


def newest_write(client: Redis, settings: RedisSettings) -> tuple[datetime | None, str]:
    """Return the newest heartbeat, and what keeps it from being read; without a heartbeat key: neither.

    Args:
        client: a session in database 0.
        settings: the server.
    """
    from redis import ResponseError

    if not settings.heartbeat:
        return None, ""
    try:
        said: Any = client.get(settings.heartbeat)
    except ResponseError as error:
        return None, str(error)
    if said is None:
        return None, f"there is no key {settings.heartbeat}"
    found = instant(said)
    return found, "" if found else f"{settings.heartbeat} holds no time with a zone"
